//! The client secret becomes a token: minted once for all, renewed early, never logged.

use std::sync::Arc;

use protocol::{Clock, Timestamp};
use serde::Deserialize;
use tokio::sync::Mutex;
use tracing::info;

use super::UpstreamError;
use crate::{
    config::{ClientConfig, Secret},
    metrics::UpstreamMetrics,
};

/// A token is renewed after this share of its life.
const RENEW_AT_PERCENT: i64 = 90;

/// A token endpoint that names no life gets the vendor's default.
const DEFAULT_LIFE_S: i64 = 86_400;

/// A token; prints as nothing.
#[derive(Clone, Debug)]
pub struct Token {
    value: Secret,
    renew_at: Timestamp,
}

impl Token {
    /// For the Authorization header alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.value.expose()
    }
}

/// Holds the token and mints it.
pub struct Tokens {
    http: reqwest::Client,
    login_url: String,
    client: ClientConfig,
    clock: Arc<dyn Clock>,
    metrics: UpstreamMetrics,
    held: Mutex<Option<Token>>,
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
    /// Makes a holder without a token.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        login_url: String,
        client: ClientConfig,
        clock: Arc<dyn Clock>,
        metrics: UpstreamMetrics,
    ) -> Self {
        Self { http, login_url, client, clock, metrics, held: Mutex::new(None) }
    }

    /// The token, minted when there is none or it is old. Callers at the same time wait for one mint.
    ///
    /// # Errors
    /// When the token endpoint refuses or cannot be reached.
    pub async fn get(&self) -> Result<Token, UpstreamError> {
        let mut held = self.held.lock().await;
        if let Some(token) = held.as_ref()
            && self.clock.now() < token.renew_at
        {
            return Ok(token.clone());
        }
        let token = self.mint().await?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// Forgets a token that upstream did not accept, unless it was replaced meanwhile.
    pub async fn refuse(&self, token: &Token) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|h| h.value.is(token.expose())) {
            *held = None;
        }
    }

    async fn mint(&self) -> Result<Token, UpstreamError> {
        let url = format!("{}/oauth/token", self.login_url);
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
            self.metrics.tokens.inc();
            info!(life_s = life_ms / 1_000, "token minted");
            return Ok(Token {
                value: Secret::new(granted.access_token),
                renew_at: self.clock.now().plus_ms(life_ms / 100 * RENEW_AT_PERCENT),
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
