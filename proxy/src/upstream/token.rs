//! The client secret becomes a token: minted once for all, renewed early, never logged.
//!
//! A token that is good serves, whatever happens to the renewal: nobody waits for it. Where there is none, callers at
//! the same time wait for one attempt and share its outcome; between failed attempts there is a wait, in which the last
//! failure is the answer.

use std::sync::{Arc, Mutex, MutexGuard};

use protocol::{Clock, Timestamp};
use serde::Deserialize;
use tracing::info;

use super::{UpstreamError, backoff::Backoff, budget::turns::PROBE_MS};
use crate::{
    config::{ClientConfig, Secret},
    metrics::{OfClient, UpstreamMetrics},
};

/// A token is renewed after this share of its life.
const RENEW_AT_PERCENT: i64 = 90;

/// A token endpoint that names no life gets the vendor's default.
const DEFAULT_LIFE_S: i64 = 86_400;

/// A token; prints as nothing.
#[derive(Clone, Debug)]
pub struct Token(Secret);

impl Token {
    /// For the Authorization header alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Holds the token and mints it.
pub struct Tokens {
    http: reqwest::Client,
    login_url: String,
    client: ClientConfig,
    /// The client's place in the configuration.
    place: usize,
    clock: Arc<dyn Clock>,
    metrics: UpstreamMetrics,
    held: Mutex<Held>,
    minting: tokio::sync::Mutex<()>,
}

/// What is held.
struct Held {
    token: Option<Life>,
    /// Whether nobody called with the token yet.
    is_new: bool,
    /// Attempts to mint so far: who waited for one knows that it was made.
    attempts: u64,
    /// The last attempt's failure, and when the next may be made.
    failed: Option<(UpstreamError, Timestamp)>,
    backoff: Backoff,
}

/// A token with its dates.
struct Life {
    token: Token,
    renew_at: Timestamp,
    ends: Timestamp,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Denied {
    error: String,
    description: String,
    error_description: String,
}

impl Tokens {
    /// Makes a holder without a token, for the client in this place of the configuration.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        login_url: String,
        (place, client): (usize, ClientConfig),
        clock: Arc<dyn Clock>,
        metrics: UpstreamMetrics,
    ) -> Self {
        let backoff = Backoff::new(PROBE_MS.0, PROBE_MS.1, crate::random::seed());
        let held = Held { token: None, is_new: false, attempts: 0, failed: None, backoff };
        let (held, minting) = (Mutex::new(held), tokio::sync::Mutex::default());
        Self { http, login_url, client, place, clock, metrics, held, minting }
    }

    /// The token, minted when there is none that is good, and whether this is its first use.
    ///
    /// # Errors
    /// When there is none and the token endpoint refuses or cannot be reached.
    pub async fn get(&self) -> Result<(Token, bool), UpstreamError> {
        if let Some(token) = self.good() {
            return Ok(token);
        }
        self.mint_once(|life, now| now < life.ends).await?;
        // Lost again at once only when upstream took it back meanwhile.
        self.good().ok_or_else(|| UpstreamError::Unexpected {
            route: "oauth/token".to_owned(),
            reason: "a token that was not good for a moment".to_owned(),
        })
    }

    /// Mints a new token when the old one's time has come. Until that succeeds the old one serves.
    ///
    /// # Errors
    /// When the token endpoint refuses or cannot be reached.
    pub async fn renew_early(&self) -> Result<(), UpstreamError> {
        self.mint_once(|life, now| now < life.renew_at).await
    }

    /// Whether there is a token that is good.
    pub fn is_held(&self) -> bool {
        let now = self.clock.now();
        self.held().token.as_ref().is_some_and(|life| now < life.ends)
    }

    /// When the token that is held is over, on the clock of this holder.
    pub fn ends(&self) -> Option<Timestamp> {
        self.held().token.as_ref().map(|life| life.ends)
    }

    /// Forgets a token that upstream did not accept, unless it was replaced meanwhile.
    pub fn refuse(&self, token: &Token) {
        let mut held = self.held();
        if held.token.as_ref().is_some_and(|life| life.token.0.is(token.expose())) {
            held.token = None;
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("nobody panics while holding the token")
    }

    fn good(&self) -> Option<(Token, bool)> {
        let now = self.clock.now();
        let mut held = self.held();
        let token = held.token.as_ref().filter(|life| now < life.ends)?.token.clone();
        Some((token, std::mem::take(&mut held.is_new)))
    }

    /// Mints unless what is held will do; one attempt at a time, shared by all who waited for it.
    async fn mint_once(&self, will_do: impl Fn(&Life, Timestamp) -> bool) -> Result<(), UpstreamError> {
        let attempts = self.held().attempts;
        let _one = self.minting.lock().await;
        {
            let (held, now) = (self.held(), self.clock.now());
            if held.token.as_ref().is_some_and(|life| will_do(life, now)) {
                return Ok(());
            }
            if let Some((error, until)) = &held.failed
                && (held.attempts != attempts || now < *until)
            {
                return Err(error.clone());
            }
        }
        let minted = self.mint().await;
        let mut held = self.held();
        held.attempts += 1;
        match minted {
            Ok(life) => {
                (held.token, held.is_new, held.failed) = (Some(life), true, None);
                held.backoff.succeed();
                Ok(())
            }
            Err(error) => {
                let wait = held.backoff.fail();
                held.failed = Some((error.clone(), self.clock.now().plus_ms(wait)));
                Err(error)
            }
        }
    }

    async fn mint(&self) -> Result<Life, UpstreamError> {
        let url = format!("{}/oauth/token", self.login_url);
        let asked = self.clock.now();
        let request = self
            .http
            .post(&url)
            .basic_auth(&self.client.id, Some(self.client.secret.expose()))
            .form(&[("grant_type", "client_credentials")]);
        let response = request.send().await.map_err(|e| super::rest::unreachable(&self.login_url, &e))?;
        let status = response.status();
        let body = super::rest::body(response, "oauth/token").await?;
        if status.is_success() {
            let granted: Granted = serde_json::from_slice(&body).map_err(|_| UpstreamError::Unexpected {
                route: "oauth/token".to_owned(),
                reason: "no access_token in the answer".to_owned(),
            })?;
            let life_ms = granted.expires_in.unwrap_or(DEFAULT_LIFE_S).clamp(60, 7 * DEFAULT_LIFE_S) * 1_000;
            self.metrics.tokens.get_or_create(&OfClient::at(self.place)).inc();
            info!(client = self.place, life_s = life_ms / 1_000, "token minted");
            return Ok(Life {
                token: Token(Secret::new(granted.access_token)),
                renew_at: asked.plus_ms(life_ms / 100 * RENEW_AT_PERCENT),
                ends: asked.plus_ms(life_ms),
            });
        }
        let denied: Denied = serde_json::from_slice(&body).unwrap_or_default();
        let words =
            if denied.error_description.is_empty() { denied.description } else { denied.error_description };
        let (error, words) = (super::rest::words(&denied.error), super::rest::words(&words));
        // Minting too fast is answered with 400 invalid_request, not 429.
        let wrong = status.as_u16() == 401 || (status.as_u16() == 400 && error != "invalid_request");
        if wrong {
            return Err(UpstreamError::WrongCredentials {
                client_id: self.client.id.clone(),
                reason: if error.is_empty() { words } else { error },
            });
        }
        Err(UpstreamError::Refused {
            method: "POST".to_owned(),
            route: "oauth/token".to_owned(),
            status: status.as_u16(),
            code: error,
            message: words,
        })
    }
}
