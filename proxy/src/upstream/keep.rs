//! Keeps the clients signed in, whatever else goes on.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::{sync::watch, time::sleep};
use tracing::warn;

use super::{Clients, Rest, UpstreamError};

/// Between attempts; asking for a token creates no channel.
const RETRY_MIN: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(4);

/// Signs in every client that could not be signed in at the start. Wrong credentials are told to `refuse`.
pub async fn run(clients: Clients, refuse: watch::Sender<Option<UpstreamError>>) {
    join_all(clients.all().map(|rest| sign_in(rest, &refuse))).await;
}

async fn sign_in(rest: &Rest, refuse: &watch::Sender<Option<UpstreamError>>) {
    let mut wait = RETRY_MIN;
    while let Err(error) = rest.sign_in().await {
        warn!(%error, "no token; trying again");
        if matches!(error, UpstreamError::WrongCredentials { .. }) {
            refuse.send_replace(Some(error));
        }
        sleep(wait).await;
        wait = (wait * 2).min(RETRY_MAX);
    }
}
