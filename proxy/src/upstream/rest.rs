//! Calls upstream: one place that waits its turn, authenticates, retries a stale token once and what upstream put
//! off, and turns every failure into an [`UpstreamError`].

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use protocol::{Clock, Timestamp};
use reqwest::{Method, RequestBuilder, Response, Url, header::HeaderMap};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument as _;

use super::{
    Purpose, UpstreamError,
    budget::{Budget, BudgetView, Limits, Place},
    token::{Token, Tokens},
};
use crate::{
    config::{ClientConfig, GenesysConfig},
    metrics::{Call, UpstreamMetrics},
    traces,
};

/// A call that takes longer has failed.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Time to reach the host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers above this are refused: a page of 500 users is about 1 MB.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A call that upstream put off this often is given up: its asker has other things to do. What was put off was not
/// done, so that it can be repeated, whatever it is.
const TRIES_MAX: u32 = 4;

/// Calls to Genesys Cloud in the name of one OAuth client.
#[derive(Clone)]
pub struct Rest(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    api_url: String,
    tokens: Tokens,
    budget: Budget,
    clock: Arc<dyn Clock>,
    /// When upstream last answered a call with the token.
    last_answer: Mutex<Timestamp>,
    metrics: UpstreamMetrics,
}

impl Rest {
    /// Makes the caller of the client in this place of the configuration.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        config: &GenesysConfig,
        (place, client): (usize, &ClientConfig),
        clock: Arc<dyn Clock>,
        metrics: UpstreamMetrics,
    ) -> Self {
        let login_url = config.login_url.clone();
        let tokens =
            Tokens::new(http.clone(), login_url, (place, client.clone()), clock.clone(), metrics.clone());
        let (api_url, budget) = (config.api_url.clone(), Budget::new(clock.clone(), crate::random::seed()));
        let last_answer = Mutex::default();
        Self(Arc::new(Inner { http, api_url, tokens, budget, clock, last_answer, metrics }))
    }

    /// Whether the credentials are good; a token is held afterwards.
    ///
    /// # Errors
    /// As the token endpoint answers.
    pub async fn sign_in(&self) -> Result<(), UpstreamError> {
        self.0.tokens.get().await.map(drop)
    }

    /// How its budget stands.
    #[must_use]
    pub fn budget(&self) -> BudgetView {
        self.0.budget.view()
    }

    /// A GET. `path` begins with `/api/v2/`.
    ///
    /// # Errors
    /// As upstream answers.
    pub async fn get<T: DeserializeOwned>(&self, purpose: Purpose, path: &str) -> Result<T, UpstreamError> {
        call(&[self], Asked { purpose, method: Method::GET, path, body: None }).await.ended
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
        call(&[self], Asked { purpose, method, path, body: Some(body) }).await.ended
    }

    /// What an answer left at another address. It is asked without the token, as addresses that are signed want it. Whether Genesys'
    /// are is UNVERIFIED: where that is refused, a host of Genesys Cloud gets the token, and no other.
    ///
    /// # Errors
    /// When it cannot be had, or is not what was expected.
    pub async fn download<T: DeserializeOwned>(&self, url: &str) -> Result<T, UpstreamError> {
        const ROUTE: &str = "a download";
        let send = async |request: RequestBuilder| {
            request.send().await.map_err(|error| unreachable("the download's host", &error))
        };
        let mut answer = send(self.0.http.get(url)).await?;
        if matches!(answer.status().as_u16(), 401 | 403) && is_beside(&self.0.api_url, url) {
            let (token, _) = self.0.tokens.get().await?;
            answer = send(self.0.http.get(url).bearer_auth(token.expose())).await?;
        }
        let status = answer.status();
        if !status.is_success() {
            let reason = format!("answered {}", status.as_u16());
            return Err(UpstreamError::Unexpected { route: ROUTE.to_owned(), reason });
        }
        let body = body(answer, ROUTE).await?;
        serde_json::from_slice(&body)
            .map_err(|error| UpstreamError::Unexpected { route: ROUTE.to_owned(), reason: error.to_string() })
    }

    /// Asks whether the token is good; the answer says that it is in use.
    ///
    /// # Errors
    /// As upstream answers.
    pub async fn probe(&self) -> Result<(), UpstreamError> {
        let asked =
            Asked { purpose: Purpose::Probe, method: Method::HEAD, path: "/api/v2/tokens/me", body: None };
        call(&[self], asked).await.ended
    }

    /// When upstream last answered a call with the token.
    #[must_use]
    pub fn last_answer(&self) -> Timestamp {
        *self.0.last_answer.lock().expect("nobody panics while holding a date")
    }

    /// Renews the token when it is old; until that succeeds the old one serves.
    ///
    /// # Errors
    /// As the token endpoint answers.
    pub async fn renew(&self) -> Result<(), UpstreamError> {
        self.0.tokens.renew_early().await
    }

    /// When the token that it calls with is over, on the steady clock.
    pub(super) fn token_ends(&self) -> Option<Timestamp> {
        self.0.tokens.ends()
    }

    /// Whether it has a token to call with.
    pub(super) fn is_signed_in(&self) -> bool {
        self.0.tokens.is_held()
    }

    /// The calls that it could make now.
    pub(super) fn free(&self) -> i64 {
        self.0.budget.free()
    }

    pub(super) async fn take(&self, purpose: Purpose) -> Place {
        self.0.budget.take(purpose).await
    }

    async fn once<T: DeserializeOwned>(&self, place: Place, asked: &Asked<'_>) -> Once<T> {
        let (token, is_new) = match self.0.tokens.get().await {
            Ok(token) => token,
            Err(error) => return Once::Ended(Answer { ended: Err(error), correlation_id: None }),
        };
        if is_new {
            self.0.budget.renew();
        }
        self.once_with(place, asked, &token).await
    }

    async fn once_with<T: DeserializeOwned>(
        &self,
        mut place: Place,
        asked: &Asked<'_>,
        token: &Token,
    ) -> Once<T> {
        let url = format!("{}{}", self.0.api_url, asked.path);
        let mut request = self.0.http.request(asked.method.clone(), &url).bearer_auth(token.expose());
        if let Some(body) = asked.body {
            request = request.json(body);
        }
        place.send();
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                self.count(asked, "unreachable");
                let ended = Err(unreachable(&self.0.api_url, &error));
                return Once::Ended(Answer { ended, correlation_id: None });
            }
        };
        let correlation_id = correlation_id(response.headers());
        let (status, limits) = (response.status().as_u16(), limits(response.headers()));
        if status == 401 {
            // What it tells of limits is not of this token.
            place.answered(None);
            self.count(asked, "unauthorized");
            self.0.tokens.refuse(token);
            let error = failed(asked, status, response).await;
            return Once::Unauthorized(Answer { ended: Err(error), correlation_id });
        }
        *self.0.last_answer.lock().expect("nobody panics while holding a date") = self.0.clock.now();
        if status == 429 {
            self.count(asked, "rate limited");
            let retry_after_ms = place.refused(limits, retry_after_ms(response.headers()));
            let error = UpstreamError::RateLimited { retry_after_ms };
            return Once::PutOff(Answer { ended: Err(error), correlation_id });
        }
        place.answered(limits);
        if !(200..300).contains(&status) {
            self.count(asked, if status >= 500 { "server error" } else { "refused" });
            let error = failed(asked, status, response).await;
            return Once::Ended(Answer { ended: Err(error), correlation_id });
        }
        self.count(asked, "ok");
        Once::Ended(Answer { ended: read(asked, response).await, correlation_id })
    }

    fn count(&self, asked: &Asked<'_>, outcome: &'static str) {
        self.0.metrics.calls.get_or_create(&Call { purpose: asked.purpose.name(), outcome }).inc();
    }
}

/// What is asked of upstream.
pub(super) struct Asked<'a> {
    pub(super) purpose: Purpose,
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: Option<&'a Value>,
}

/// How a call ended, and upstream's own name for it.
pub struct Answer<T> {
    /// What was answered.
    pub ended: Result<T, UpstreamError>,
    /// By which upstream's support finds the call; none when nothing was answered.
    pub correlation_id: Option<String>,
}

impl<T> Answer<T> {
    pub(crate) fn map<U>(self, made: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { ended: self.ended.map(made), correlation_id: self.correlation_id }
    }
}

/// How an attempt ended.
enum Once<T> {
    Ended(Answer<T>),
    /// The token is not good, or no longer.
    Unauthorized(Answer<T>),
    /// Not now; nothing was done.
    PutOff(Answer<T>),
}

/// Makes a call as whichever of the clients may go first.
pub(super) async fn call<T: DeserializeOwned>(clients: &[&Rest], asked: Asked<'_>) -> Answer<T> {
    let span = tracing::info_span!(
        target: traces::TARGET,
        "call",
        otel.kind = "client",
        otel.name = format!("{} {}", asked.method, route_of(asked.path)),
        otel.status_description = tracing::field::Empty,
        otel.status_code = tracing::field::Empty,
        http.request.method = %asked.method,
        http.route = route_of(asked.path),
        purpose = asked.purpose.name(),
    );
    let answer = waits_and_asks(clients, asked).instrument(span.clone()).await;
    if let Err(error) = &answer.ended {
        span.record("otel.status_code", "ERROR");
        span.record("otel.status_description", tracing::field::display(error));
    }
    answer
}

async fn waits_and_asks<T: DeserializeOwned>(clients: &[&Rest], asked: Asked<'_>) -> Answer<T> {
    let (mut tries, mut second_token) = (1, false);
    loop {
        let (rest, place) = first_place(clients, asked.purpose).await;
        match rest.once(place, &asked).await {
            Once::Unauthorized(_) if !second_token => second_token = true,
            Once::PutOff(_) if tries < TRIES_MAX => tries += 1,
            Once::Ended(answer) | Once::Unauthorized(answer) | Once::PutOff(answer) => return answer,
        }
    }
}

/// A place in the line of the client that gives one first, of several at once the one with most calls left. A client
/// without a token is asked only when none has one.
async fn first_place<'a>(clients: &[&'a Rest], purpose: Purpose) -> (&'a Rest, Place) {
    let mut able: Vec<(i64, &Rest)> =
        clients.iter().filter(|rest| rest.is_signed_in()).map(|rest| (rest.free(), *rest)).collect();
    if able.is_empty() {
        able = clients.iter().map(|rest| (rest.free(), *rest)).collect();
    }
    able.sort_by_key(|(free, _)| std::cmp::Reverse(*free));
    let places = able.into_iter().map(|(_, rest)| Box::pin(async move { (rest, rest.take(purpose).await) }));
    // Asked in this order; who is not needed leaves the line.
    futures_util::future::select_all(places).await.0
}

/// Whether an address is at the API's host, or in its domain.
fn is_beside(api_url: &str, url: &str) -> bool {
    let (Ok(api), Ok(url)) = (Url::parse(api_url), Url::parse(url)) else { return false };
    let (Some(api_host), Some(host)) = (api.host_str(), url.host_str()) else { return false };
    let is_in = |domain: &str| host.strip_suffix(domain).is_some_and(|name| name.ends_with('.'));
    let is_same = url.scheme() == api.scheme() && url.port_or_known_default() == api.port_or_known_default();
    is_same && (host == api_host || api_host.strip_prefix("api.").is_some_and(is_in))
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn limits(headers: &HeaderMap) -> Option<Limits> {
    Some(Limits {
        count: number(headers, "inin-ratelimit-count")?,
        allowed: number(headers, "inin-ratelimit-allowed")?,
        reset_s: number(headers, "inin-ratelimit-reset")?,
    })
}

/// Longer is no id; it would stand in every record.
const CORRELATION_ID_MAX: usize = 100;

fn correlation_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("inin-correlation-id")?.to_str().ok()?.trim();
    (1..=CORRELATION_ID_MAX).contains(&id.len()).then(|| id.to_owned())
}

fn retry_after_ms(headers: &HeaderMap) -> Option<i64> {
    number(headers, "retry-after").map(|seconds| seconds.saturating_mul(1_000))
}

async fn read<T: DeserializeOwned>(asked: &Asked<'_>, response: Response) -> Result<T, UpstreamError> {
    let route = route_of(asked.path);
    let bytes = body(response, &route).await?;
    let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
    serde_json::from_slice(text).map_err(|e| UpstreamError::Unexpected {
        route,
        reason: format!("not the expected JSON (line {}, column {})", e.line(), e.column()),
    })
}

/// An answer that is an error, in words.
async fn failed(asked: &Asked<'_>, status: u16, response: Response) -> UpstreamError {
    let route = route_of(asked.path);
    let bytes = match body(response, &route).await {
        Ok(bytes) => bytes,
        Err(error) => return error,
    };
    let error: protocol::ErrorBody = serde_json::from_slice(&bytes).unwrap_or_default();
    UpstreamError::Refused {
        method: asked.method.to_string(),
        route,
        status,
        code: words(&error.code),
        message: words(&error.message),
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
pub(crate) fn words(text: &str) -> String {
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
    fn the_token_goes_to_hosts_of_genesys_cloud_alone() {
        let api = "https://api.usw2.pure.cloud";
        for beside in ["https://api.usw2.pure.cloud/x", "https://downloads.usw2.pure.cloud/x?y=z"] {
            assert!(is_beside(api, beside), "{beside}");
        }
        for elsewhere in [
            "http://api.usw2.pure.cloud/x",
            "https://api.usw2.pure.cloud:8443/x",
            "https://evil-usw2.pure.cloud.example/x",
            "https://evilusw2.pure.cloud/x",
            "https://usw2.pure.cloud@evil.example/x",
            "https://bucket.s3.amazonaws.com/x",
            "/x",
        ] {
            assert!(!is_beside(api, elsewhere), "{elsewhere}");
        }
        assert!(is_beside("http://127.0.0.1:8080", "http://127.0.0.1:8080/downloads/x"));
        assert!(!is_beside("http://127.0.0.1:8080", "http://127.0.0.1:8081/downloads/x"));
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
