//! The OAuth clients that speak for Rollcall: each has its own token, its own channels and its own budget.
//!
//! What belongs to a channel is called with the token of the channel's own client; what any client may read is
//! read by the one with most calls left.

use std::sync::Arc;

use protocol::Clock;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Purpose, Rest, UpstreamError,
    budget::BudgetView,
    rest::{self, Answer, Asked},
};
use crate::{
    config::{CHANNELS_FOR_MOVES, ClientConfig, GenesysConfig},
    metrics::UpstreamMetrics,
};

/// All clients of the configuration, in its order; there is at least one.
#[derive(Clone)]
pub struct Clients(Arc<[Member]>);

struct Member {
    rest: Rest,
    channels: u16,
}

impl Clients {
    /// Makes a caller for each client of the configuration.
    ///
    /// # Errors
    /// When the TLS set-up of this machine is unusable.
    pub fn new(
        config: &GenesysConfig,
        clock: &Arc<dyn Clock>,
        metrics: &UpstreamMetrics,
    ) -> Result<Self, reqwest::Error> {
        let http = rest::http(config.is_loopback)?;
        let member = |(place, client): (usize, &ClientConfig)| {
            let rest = Rest::new(http.clone(), config, (place, client), clock.clone(), metrics.clone());
            Member { rest, channels: client.channels }
        };
        Ok(Self(config.clients.iter().enumerate().map(member).collect()))
    }

    /// How many clients there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// A client by its place in the configuration; 0 is the one of `[genesys]`.
    ///
    /// # Panics
    /// When there is no such client: places come from [`Clients::channels`].
    #[must_use]
    pub fn client(&self, place: usize) -> &Rest {
        &self.0[place].rest
    }

    /// All of them, in their order.
    pub fn all(&self) -> impl Iterator<Item = &Rest> {
        self.0.iter().map(|member| &member.rest)
    }

    /// How many channels of each client may carry topics: what it may have, without those that are kept for moves.
    #[must_use]
    pub fn channels(&self) -> Vec<u16> {
        self.0.iter().map(|member| member.channels.saturating_sub(CHANNELS_FOR_MOVES)).collect()
    }

    /// The place of the client to which a channel belongs, when channels are numbered client by client.
    #[must_use]
    pub fn place_of_channel(&self, channel: u16) -> usize {
        place_of_channel(&self.channels(), channel)
    }

    /// Whether the credentials of all are good; each holds a token afterwards.
    ///
    /// # Errors
    /// As the token endpoint answers; wrong credentials before any other trouble.
    pub async fn sign_in(&self) -> Result<(), UpstreamError> {
        let signed_in = futures_util::future::join_all(self.all().map(Rest::sign_in)).await;
        let mut trouble = Ok(());
        for answer in signed_in {
            match answer {
                Ok(()) => {}
                Err(wrong @ UpstreamError::WrongCredentials { .. }) => return Err(wrong),
                Err(other) => trouble = Err(other),
            }
        }
        trouble
    }

    /// A GET by whoever has most calls left. `path` begins with `/api/v2/`.
    ///
    /// # Errors
    /// As upstream answers.
    pub async fn get<T: DeserializeOwned>(&self, purpose: Purpose, path: &str) -> Result<T, UpstreamError> {
        self.call(Asked { purpose, method: Method::GET, path, body: None }).await.ended
    }

    /// A read with a body by whoever has most calls left.
    ///
    /// # Errors
    /// As upstream answers.
    pub async fn send<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T, UpstreamError> {
        self.call(Asked { purpose, method, path, body: Some(body) }).await.ended
    }

    /// A call that changes something, by whoever has most calls left, with upstream's name for it.
    pub async fn change<T: DeserializeOwned>(&self, method: Method, path: &str, body: &Value) -> Answer<T> {
        self.call(Asked { purpose: Purpose::Write, method, path, body: Some(body) }).await
    }

    /// What an answer left at another address. Its link is the permission: no token goes along.
    ///
    /// # Errors
    /// When it cannot be had, or is not what was expected.
    pub async fn download<T: DeserializeOwned>(&self, url: &str) -> Result<T, UpstreamError> {
        self.client(0).download(url).await
    }

    async fn call<T: DeserializeOwned>(&self, asked: Asked<'_>) -> Answer<T> {
        let clients: Vec<&Rest> = self.all().collect();
        rest::call(&clients, asked).await
    }

    /// How the budget of each stands.
    #[must_use]
    pub fn budgets(&self) -> Vec<BudgetView> {
        self.all().map(Rest::budget).collect()
    }
}

/// Channels beyond the last client's are its own all the same: nobody else is there.
fn place_of_channel(channels: &[u16], channel: u16) -> usize {
    let mut first_of_next = 0;
    let within = channels.iter().position(|count| {
        first_of_next += count;
        channel < first_of_next
    });
    within.unwrap_or(channels.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_belong_to_one_client_after_the_other() {
        let places: Vec<_> = (0..7).map(|channel| place_of_channel(&[2, 3, 1], channel)).collect();
        assert_eq!(places, [0, 0, 1, 1, 1, 2, 2]);
    }
}
