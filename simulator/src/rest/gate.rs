//! What every call passes through: it gets a correlation id, is counted, must carry a token where
//! one is needed, meets the faults that were ordered, and leaves with the headers of the limit.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{ConnectInfo, FromRequest, MatchedPath, Request, State, rejection::BytesRejection},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, DATE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
use rand::Rng;

use super::{BODY_MAX_BYTES, permission};
use crate::{
    config::Grant,
    fault::{Call, CallRefusal},
    oauth::{self, Caller, Usage},
    refusal::{Refusal, render},
    shared::{Shared, State as Inside},
    world::guid,
};

const CORRELATION_ID: &str = "inin-correlation-id";
const LIMIT_COUNT: &str = "inin-ratelimit-count";
const LIMIT_ALLOWED: &str = "inin-ratelimit-allowed";
const LIMIT_RESET: &str = "inin-ratelimit-reset";

/// What the headers say when no token was counted.
const UNCOUNTED: Usage = Usage { count: 1, reset_s: 60 };

/// The passage in and out.
pub(super) async fn pass(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("(unknown)", MatchedPath::as_str);
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let call = format!("{} {route}", method_of(&request));
    let (mut request, whole) = with_whole_body(request).await;
    let (now, correlation_id, context_id, admission, late) = {
        let mut state = shared.enter();
        let correlation_id = guid::of(state.secrets.random());
        let context_id = match shared.config.answers.context_id_is_its_own {
            true => guid::of(state.secrets.random()),
            false => correlation_id.clone(),
        };
        let asked = Call { method: method_of(&request), path: request.uri().path() };
        let mut admission = admit(&shared, &mut state, route, peer, request.headers());
        permit(&shared, (method_of(&request), route), request.uri().path(), &mut admission);
        let late = strike(&mut state, &shared, asked, &mut admission);
        // Methods are names from a fixed list and routes are templates, so this stays small.
        *state.calls.entry(call.clone()).or_default() += 1;
        (state.world.now, correlation_id, context_id, admission, late)
    };
    let usage = admission.usage;
    let response = match admission.verdict {
        Ok(caller) => match whole {
            Ok(()) => {
                if let Some(caller) = caller {
                    request.extensions_mut().insert(caller);
                }
                match late.acts {
                    None => next.run(request).await,
                    Some(moment) => run_later(&shared, moment, request, next).await,
                }
            }
            Err(refusal) => refusal.into_response(),
        },
        Err(refusal) if route == "/oauth/token" => oauth::refused(&refusal),
        Err(refusal) => refusal.into_response(),
    };
    if let Some(moment) = late.answers {
        shared.wait_until(moment).await;
    }
    let mut response = render(response, &context_id);
    tracing::debug!(
        call,
        http.status = response.status().as_u16(),
        correlation.id = correlation_id,
        "answered"
    );
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let headers = response.headers_mut();
        // Clients that set their clock by it get the time that everything else goes by.
        if let Some(date) = http_date(now) {
            headers.insert(DATE, date);
        }
        if let Ok(value) = HeaderValue::try_from(correlation_id) {
            headers.insert(CORRELATION_ID, value);
        }
        headers.insert(LIMIT_COUNT, HeaderValue::from(usage.count));
        headers.insert(LIMIT_ALLOWED, HeaderValue::from(shared.config.calls_per_minute));
        headers.insert(LIMIT_RESET, HeaderValue::from(usage.reset_s));
    }
    response
}

/// A call that is done at a later moment, even when whoever asked has gone by then.
async fn run_later(shared: &Arc<Shared>, moment: Timestamp, request: Request, next: Next) -> Response {
    let shared = shared.clone();
    let done = tokio::spawn(async move {
        shared.wait_until(moment).await;
        next.run(request).await
    });
    done.await.unwrap_or_else(|_| Refusal::server_error(500).into_response())
}

fn http_date(now: Timestamp) -> Option<HeaderValue> {
    let now = jiff::Timestamp::from_millisecond(now.as_ms()).ok()?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()?;
    HeaderValue::try_from(text).ok()
}

/// Takes the whole body in. A connection whose request was answered before it had arrived would be closed
/// behind the answer, and the client's next call on it fail.
async fn with_whole_body(request: Request) -> (Request, Result<(), Refusal>) {
    if request.body().size_hint().exact() == Some(0) {
        return (request, Ok(()));
    }
    let (parts, body) = request.into_parts();
    // The extractor knows the limit of bodies.
    let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
    match whole {
        Ok(whole) => (Request::from_parts(parts, Body::from(whole)), Ok(())),
        Err(rejection) => (Request::from_parts(parts, Body::empty()), Err(not_whole(&rejection))),
    }
}

fn not_whole(rejection: &BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("a body holds at most {BODY_MAX_BYTES} bytes");
        return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request.entity.too.large", message);
    }
    Refusal::bad_request("the body did not arrive whole")
}

struct Admission {
    verdict: Result<Option<Caller>, Refusal>,
    usage: Usage,
}

fn admit(
    shared: &Shared,
    state: &mut Inside,
    route: &str,
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
) -> Admission {
    let uncounted = |verdict| Admission { verdict, usage: UNCOUNTED };
    if route.starts_with("/simulator/") {
        let near = shared.config.control_from_anywhere || peer.is_some_and(|peer| peer.ip().is_loopback());
        return uncounted(if near { Ok(None) } else { Err(not_from_here()) });
    }
    let is_download = route.starts_with("/downloads/") && shared.config.answers.downloads_need_a_token;
    if !route.starts_with("/api/") && !is_download {
        return uncounted(Ok(None));
    }
    let Some(token) = bearer(headers) else { return uncounted(Err(Refusal::authentication_required())) };
    let now = state.world.now;
    let Some(caller) = state.tokens.caller(token, now) else {
        return uncounted(Err(Refusal::bad_credentials()));
    };
    let usage = state.tokens.count(&caller, now);
    let strikes = shared.config.faults_strike_all || state.tokens.has_opened_channel(&caller);
    let limit = shared.config.calls_per_minute;
    let verdict = if strikes && shared.config.enforce_call_limits && usage.count > limit {
        Err(Refusal::too_many_requests(limit, usage.reset_s).of_limit(rate_limit_key(caller.grant)))
    } else {
        Ok(Some(caller))
    };
    Admission { verdict, usage }
}

/// Until when a call is held up.
#[derive(Clone, Copy, Debug, Default)]
struct Late {
    /// Before anything is done.
    acts: Option<Timestamp>,
    /// Before it is answered.
    answers: Option<Timestamp>,
}

/// Lets faults have their way with an admitted call.
fn strike(state: &mut Inside, shared: &Shared, call: Call<'_>, admission: &mut Admission) -> Late {
    let in_reach = match &admission.verdict {
        Err(_) => false,
        Ok(Some(caller)) => shared.config.faults_strike_all || state.tokens.has_opened_channel(caller),
        // The token endpoint and upgrades, when an order names them.
        Ok(None) => !call.path.starts_with("/simulator/"),
    };
    if !in_reach {
        return Late::default();
    }
    let now = state.world.now;
    let fate = state.faults.strike_call(now, call);
    if let Some(refusal) = fate.refusal {
        admission.verdict = Err(match refusal {
            CallRefusal::TooMany { retry_after_s: Some(seconds) } => {
                Refusal::too_many_requests(shared.config.calls_per_minute, seconds)
            }
            CallRefusal::TooMany { retry_after_s: None } => Refusal::too_many_requests_without_end(),
            CallRefusal::ServerError(status) => Refusal::server_error(status),
        });
    }
    let late = |ms: i64| (ms > 0).then(|| now.plus_ms(ms));
    Late { acts: late(fate.stall_ms), answers: late(fate.delay_ms) }
}

/// Refuses an admitted caller who lacks a permission.
fn permit(shared: &Shared, route: (&str, &str), path: &str, admission: &mut Admission) {
    let Ok(Some(caller)) = &admission.verdict else { return };
    if let Err(refusal) = permission::check(&shared.config.answers, caller, route, path) {
        admission.verdict = Err(refusal);
    }
}

/// The limit that counts the calls of a token.
/// Source: developer center, organization limits.
pub(super) fn rate_limit_key(grant: Grant) -> &'static str {
    match grant {
        Grant::ClientCredentials => "client.credentials.token.rate.per.minute",
        Grant::Code | Grant::Token => "token.rate.per.minute",
    }
}

fn not_from_here() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "not.authorized", "/simulator is answered to this machine only")
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn method_of(request: &Request) -> &'static str {
    const NAMES: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    NAMES.into_iter().find(|name| *name == request.method().as_str()).unwrap_or("OTHER")
}
