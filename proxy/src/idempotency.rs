//! `Idempotency-Key`: a write that is asked for twice with the same key is made once, and answered twice alike. Genesys Cloud has
//! no such thing; this is ours, for every route that writes.
//!
//! A key belongs to its caller and to one request: the first body that comes with it. Answers are kept for a day, on the disk.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};
use tracing::warn;

use crate::{
    App, BODY_MAX_BYTES,
    caller::Caller,
    gate, guard,
    problem::Problem,
    store::{Claim, KeptAnswer, OwnedKey},
};

/// The header.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is one that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// More than any program's own number or UUID.
const KEY_MAX: usize = 255;

/// Headers of an answer that are part of it.
const KEPT_HEADERS: [&str; 3] = ["content-type", "etag", "preference-applied"];

/// Headers of a request by which it asks for something else.
const ASKING_HEADERS: [&str; 2] = ["if-match", "prefer"];

/// Marks an answer to several writes of which not all were decided, whatever its status says of the first.
#[derive(Clone, Copy, Debug)]
pub struct Undecided;

/// Keys whose request is under way.
#[derive(Debug, Default)]
pub struct UnderWay(Mutex<HashSet<OwnedKey>>);

/// A key that nobody else works on; it is free again when this is dropped.
struct Turn {
    app: Arc<App>,
    owned: OwnedKey,
}

impl Turn {
    fn of(app: &Arc<App>, owned: OwnedKey) -> Option<Self> {
        let is_free = app.under_way.lock().insert(owned.clone());
        is_free.then(|| Self { app: app.clone(), owned })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.app.under_way.lock().remove(&self.owned);
    }
}

impl UnderWay {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<OwnedKey>> {
        self.0.lock().expect("nobody panics while holding the keys under way")
    }
}

/// Around every route that writes.
pub async fn once(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let key = match key(request.headers()) {
        Ok(Some(key)) if request.method() != Method::GET => key,
        Ok(_) => return next.run(request).await,
        Err(problem) => return problem.into_response(),
    };
    let Some(caller) = request.extensions().get::<Caller>() else {
        // The route says what is missing.
        return next.run(request).await;
    };
    let owned = (caller.owner().name.to_string(), key);
    // It goes on when the caller goes away: the answer is kept for the next time.
    let answered = tokio::spawn(gate::with_same_id(answer(app, owned, request, next))).await;
    answered.unwrap_or_else(|error| Problem::Unsettled(error.to_string()).into_response())
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(&KEY).iter();
    let Some(key) = given.next() else { return Ok(None) };
    let is_text = |key: &HeaderValue| key.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte));
    if given.next().is_some() || key.is_empty() || key.len() > KEY_MAX || !is_text(key) {
        let words = format!("Idempotency-Key is one text of 1 to {KEY_MAX} ASCII characters, such as a UUID");
        return Err(Problem::BadRequest(words));
    }
    Ok(key.to_str().ok().map(str::to_owned))
}

async fn answer(app: Arc<App>, owned: OwnedKey, request: Request, next: Next) -> Response {
    let Some(turn) = Turn::of(&app, owned) else { return Problem::KeyUnderWay.into_response() };
    match first_or_again(&app, &turn.owned, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn first_or_again(
    app: &App,
    owned: &OwnedKey,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX_BYTES).await.map_err(|_| Problem::TooLarge)?;
    let mut print = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), b" ", parts.uri.to_string().as_bytes(), b"\n"] {
        print.update(part);
    }
    for name in ASKING_HEADERS {
        for value in parts.headers.get_all(name) {
            print.update(value.as_bytes());
            print.update(b"\n");
        }
        print.update(b"\n");
    }
    // What is filed under something else is another request. Only where there is a tag: answers that are kept stay those of
    // their requests.
    for tag in parts.headers.get_all(guard::tag::HEADER) {
        print.update(tag.as_bytes());
        print.update(b"\n");
    }
    print.update(&body);
    let print: [u8; 32] = print.finalize().into();
    let unrecorded = |error: crate::store::StoreError| Problem::NotRecorded(error.to_string());
    match app.store.claim(owned.clone(), print, app.clock.now()).await.map_err(unrecorded)? {
        Claim::Other => return Err(Problem::KeyOfAnother),
        Claim::Answered(kept) => return Ok(again(kept)),
        // An earlier run of the proxy ended while it was at work on it: the write's rules find what stands.
        Claim::First | Claim::LeftOpen => {}
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, BODY_MAX_BYTES).await.map_err(|error| Problem::Unsettled(error.to_string()))?;
    let is_decided = is_final(parts.status, &parts.headers) && parts.extensions.get::<Undecided>().is_none();
    let kept = is_decided.then(|| KeptAnswer {
        status: parts.status.as_u16(),
        headers: KEPT_HEADERS
            .iter()
            .filter_map(|name| {
                Some(((*name).to_owned(), parts.headers.get(*name)?.to_str().ok()?.to_owned()))
            })
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    if let Err(error) = app.store.answered(owned.clone(), kept).await {
        // It is asked for again as one that was left open.
        warn!(%error, "the answer to an Idempotency-Key could not be kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Whether it was decided. What was not even tried, and what nobody knows, is asked for again with the same key.
fn is_final(status: StatusCode, headers: &HeaderMap) -> bool {
    is_decided(status) && !headers.contains_key(RETRY_AFTER)
}

/// Whether a status says that it was decided.
#[must_use]
pub fn is_decided(status: StatusCode) -> bool {
    let is_of_caller = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    !status.is_server_error() && !is_of_caller
}

fn again(kept: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = (status, kept.body).into_response();
    response.headers_mut().remove(CONTENT_TYPE);
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
