//! Calls upstream: one place that authenticates, waits its turn, retries a stale token once and
//! turns every failure into an [`UpstreamError`].

use std::{sync::Arc, time::Duration};

use protocol::Clock;
use reqwest::{Method, Response, header::HeaderMap};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Purpose, UpstreamError, budget::Budget, token::Tokens};
use crate::{
    config::{ClientConfig, GenesysConfig},
    metrics::{Outcome, UpstreamMetrics},
};

/// A call that takes longer has failed.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Time to reach the host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers above this are refused: a page of 500 users is about 1 MB.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Calls to Genesys Cloud in the name of one OAuth client.
#[derive(Clone)]
pub struct Rest(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    api_url: String,
    tokens: Tokens,
    budget: Budget,
    metrics: UpstreamMetrics,
}

impl Rest {
    /// Makes the caller of a client.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        config: &GenesysConfig,
        client: &ClientConfig,
        clock: Arc<dyn Clock>,
        metrics: UpstreamMetrics,
    ) -> Self {
        let login_url = config.login_url.clone();
        let tokens = Tokens::new(http.clone(), login_url, client.clone(), clock, metrics.clone());
        let api_url = config.api_url.clone();
        Self(Arc::new(Inner { http, api_url, tokens, budget: Budget::default(), metrics }))
    }

    /// How many calls it can make before upstream would refuse one, as far as is known.
    #[must_use]
    pub fn calls_left(&self) -> i64 {
        self.0.budget.left()
    }

    /// Whether the credentials are good; a token is held afterwards.
    ///
    /// # Errors
    /// As the token endpoint answers.
    pub async fn sign_in(&self) -> Result<(), UpstreamError> {
        self.0.tokens.get().await.map(drop)
    }

    /// A GET. `path` begins with `/api/v2/`.
    ///
    /// # Errors
    /// As upstream answers.
    pub async fn get<T: DeserializeOwned>(&self, purpose: Purpose, path: &str) -> Result<T, UpstreamError> {
        self.call(purpose, Method::GET, path, None).await
    }

    /// A call with a body.
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
        self.call(purpose, method, path, Some(body)).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, UpstreamError> {
        let _place = self.0.budget.take(purpose).await;
        let mut second_token = false;
        loop {
            let token = self.0.tokens.get().await?;
            let url = format!("{}{path}", self.0.api_url);
            let mut request = self.0.http.request(method.clone(), &url).bearer_auth(token.expose());
            if let Some(body) = body {
                request = request.json(body);
            }
            let answered = request.send().await;
            let response = answered.map_err(|e| {
                self.count("unreachable");
                unreachable(&self.0.api_url, &e)
            })?;
            let status = response.status().as_u16();
            self.note_limits(response.headers());
            if status == 401 && !second_token {
                second_token = true;
                self.0.tokens.refuse(&token).await;
                self.count("unauthorized");
                continue;
            }
            return self.answer(&method, path, response).await;
        }
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        response: Response,
    ) -> Result<T, UpstreamError> {
        let status = response.status().as_u16();
        if status == 429 {
            self.count("rate limited");
            let seconds =
                response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
            let wait = self.0.budget.pause(seconds.map(Duration::from_secs));
            return Err(UpstreamError::RateLimited { retry_after_ms: wait.as_millis() as i64 });
        }
        let route = route_of(path);
        let bytes = body(response, &route).await?;
        if (200..300).contains(&status) {
            self.count("ok");
            let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
            return serde_json::from_slice(text).map_err(|e| UpstreamError::Unexpected {
                route,
                reason: format!("not the expected JSON (line {}, column {})", e.line(), e.column()),
            });
        }
        self.count(if status >= 500 { "server error" } else { "refused" });
        let error: protocol::ErrorBody = serde_json::from_slice(&bytes).unwrap_or_default();
        Err(UpstreamError::Refused {
            method: method.to_string(),
            route,
            status,
            code: words(&error.code),
            message: words(&error.message),
        })
    }

    fn count(&self, outcome: &'static str) {
        self.0.metrics.calls.get_or_create(&Outcome { outcome }).inc();
    }

    fn note_limits(&self, headers: &HeaderMap) {
        let number = |name| headers.get(name).and_then(|v| v.to_str().ok()?.parse::<i64>().ok());
        if let (Some(count), Some(allowed)) =
            (number("inin-ratelimit-count"), number("inin-ratelimit-allowed"))
        {
            self.0.budget.note(allowed - count);
            self.0.metrics.calls_left.set(allowed - count);
        }
    }
}

/// The HTTP client of all OAuth clients.
///
/// # Errors
/// When the TLS set-up of this machine is unusable.
pub fn http(is_loopback: bool) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .timeout(CALL_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        // Credentials go to the configured host and nowhere else.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("rollcall/", env!("CARGO_PKG_VERSION")));
    if is_loopback {
        builder = builder.no_proxy();
    }
    builder.build()
}

/// A path with ids and query taken out, for logs and errors.
#[must_use]
pub fn route_of(path: &str) -> String {
    let bare = path.split('?').next().unwrap_or_default().trim_start_matches('/');
    let parts = bare.split('/').map(|part| {
        let is_id = part.len() >= 20 && part.bytes().any(|b| b.is_ascii_digit());
        if is_id { "{id}" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// More of upstream's words helps nobody.
const WORDS_MAX: usize = 300;

/// A text of upstream's for logs and callers: one short line. It may quote a token or a channel, so that
/// whatever looks like one is taken out.
pub(super) fn words(text: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_+/=".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next().filter(|_| out.len() < WORDS_MAX) {
        let end = rest.find(|c| is_name(c) != is_name(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let is_id =
            |part: &str| part.len() >= 40 || part.len() >= 20 && part.contains(|c: char| c.is_ascii_digit());
        if is_name(first) {
            let parts = run.split('/').map(|part| if is_id(part) { "{id}" } else { part });
            out.push_str(&parts.collect::<Vec<_>>().join("/"));
        } else {
            out.extend(run.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        rest = after;
    }
    out.chars().take(WORDS_MAX).collect()
}

/// A connection error in words, without the address's secrets (there are none) or the body.
pub(super) fn unreachable(base: &str, error: &reqwest::Error) -> UpstreamError {
    let mut reason = if error.is_timeout() { "no answer in time".to_owned() } else { String::new() };
    if reason.is_empty() {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        reason = cause.to_string();
    }
    UpstreamError::Unreachable { host: base.to_owned(), reason }
}

/// An answer's body, up to the bound.
pub(super) async fn body(mut response: Response, route: &str) -> Result<Vec<u8>, UpstreamError> {
    let unexpected = |reason: String| UpstreamError::Unexpected { route: route.to_owned(), reason };
    let mut bytes = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|_| unexpected("the answer broke off".to_owned()))?
    {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(unexpected(format!("more than {ANSWER_BYTES_MAX} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_in_logs_hold_no_ids() {
        let path = "/api/v2/users/3f2504e0-4f89-41d3-9a0c-0305e82c3301/presences/purecloud?x=1";
        assert_eq!(route_of(path), "api/v2/users/{id}/presences/purecloud");
    }

    #[test]
    fn what_upstream_says_is_one_line_without_credentials() {
        let check = |said: &str, kept: &str| assert_eq!(words(said), kept);
        check("missing permission routing:queue:view", "missing permission routing:queue:view");
        check("Bearer yWcFDmQ7YwQ74nV_3sEZhwGT-8FQ may not", "Bearer {id} may not");
        check("no\nchannel /channels/streaming-1-darr5mek8wzbjn9uxa7amcwaea.", "no channel /channels/{id}.");
        check(&"long ".repeat(1_000), &"long ".repeat(60));
    }
}
