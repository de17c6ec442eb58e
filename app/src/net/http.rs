//! Requests to the proxy that served the page.

use leptos::prelude::window;
use protocol::{
    WallId,
    wall::{WallList, WallRequest},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{AbortSignal, Headers, RequestCredentials, RequestInit, Response};

use crate::embed;

/// The proxy asks for it on every unsafe request: another site's page cannot send it.
const OWN_PAGE: (&str, &str) = ("x-rollcall", "1");

/// The body of a request whose address says it all.
const NOTHING: &str = "null";

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing came back, or nothing that can be read.
    Unreachable,
    /// The proxy said no, with its reason in words.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The proxy's words; empty when it had none.
        words: String,
        /// When to ask again.
        retry_after_ms: Option<i64>,
    },
}

impl From<JsValue> for Failure {
    /// What the browser throws is for its console, where it stands already.
    fn from(_: JsValue) -> Self {
        Self::Unreachable
    }
}

/// Asks for a wall's snapshot and channel; the answer is left as text, because decoding borrows from it.
///
/// # Errors
/// When there is no answer or it is a refusal.
pub async fn make_channel(
    wall: &WallId,
    request: &WallRequest,
    signal: &AbortSignal,
) -> Result<String, Failure> {
    let wall = String::from(js_sys::encode_uri_component(wall.as_str()));
    let address = format!("/rollcall/walls/{wall}/channel");
    let body = written(request)?;
    let answer = send(&address, &body, Some(signal)).await;
    match answer {
        // A token that was bought before the proxy's keys changed, or that slept too long.
        Err(Failure::Refused { status: 401, .. }) if embed::forget_token() => {
            send(&address, &body, Some(signal)).await
        }
        answer => answer,
    }
}

/// Posts something, as whoever the page is; with an empty body it gets.
async fn send(address: &str, body: &str, signal: Option<&AbortSignal>) -> Result<String, Failure> {
    let Post { request, headers } = Post::of(body)?;
    if body.is_empty() {
        request.set_method("GET");
        request.set_body(&JsValue::UNDEFINED);
    }
    request.set_signal(signal);
    if let Some(token) = embed::bearer().await? {
        headers.set("authorization", &format!("Bearer {token}"))?;
        // A frame of the same site has the cookie of somebody else.
        request.set_credentials(RequestCredentials::Omit);
    }
    fetch(address, &request).await
}

/// A request that changes something.
struct Post {
    request: RequestInit,
    headers: Headers,
}

impl Post {
    fn of(body: &str) -> Result<Self, JsValue> {
        let headers = Headers::new()?;
        headers.set("content-type", "application/json")?;
        headers.set(OWN_PAGE.0, OWN_PAGE.1)?;
        let request = RequestInit::new();
        request.set_method("POST");
        request.set_headers(&headers);
        request.set_body(&body.into());
        Ok(Self { request, headers })
    }
}

fn written(body: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(body).map_err(|_| Failure::Unreachable)
}

/// What a token is bought with.
#[derive(Serialize)]
struct Purse<'a> {
    key: &'a str,
    wall: &'a WallId,
}

/// What a key buys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bought {
    /// The token.
    pub token: String,
    /// How long it holds.
    pub expires_in_s: f64,
    /// Whose pages may hear what happens here.
    pub parents: Vec<String>,
}

/// Buys a token for a framed page.
///
/// # Errors
/// When there is no answer, or the key opens nothing.
pub async fn buy_token(wall: &WallId, key: &str) -> Result<Bought, Failure> {
    let Post { request, .. } = Post::of(&written(&Purse { key, wall })?)?;
    request.set_credentials(RequestCredentials::Omit);
    let text = fetch("/rollcall/token", &request).await?;
    protocol::json::from_str(&text).map_err(|_| Failure::Unreachable)
}

/// Takes note of an alarm of a wall.
///
/// # Errors
/// When there is no answer or it is a refusal: the alarm is over, or the session may not.
pub async fn acknowledge(wall: &WallId, alarm: &str) -> Result<(), Failure> {
    let wall = String::from(js_sys::encode_uri_component(wall.as_str()));
    let alarm = String::from(js_sys::encode_uri_component(alarm));
    let address = format!("/rollcall/walls/{wall}/alarms/{alarm}/acknowledge");
    send(&address, NOTHING, None).await.map(drop)
}

/// The walls that may be opened.
///
/// # Errors
/// When there is no answer or it is a refusal.
pub async fn walls() -> Result<WallList, Failure> {
    let text = fetch("/rollcall/walls", &RequestInit::new()).await?;
    protocol::json::from_str(&text).map_err(|_| Failure::Unreachable)
}

/// How the proxy is, decoded by the browser.
///
/// # Errors
/// When there is no answer or it is a refusal.
pub async fn status(signal: &AbortSignal) -> Result<JsValue, Failure> {
    let text = send("/rollcall/status", "", Some(signal)).await?;
    js_sys::JSON::parse(&text).map_err(|_| Failure::Unreachable)
}

/// A file of the app, decoded by the browser.
///
/// # Errors
/// When it does not come or is not JSON.
pub async fn json(address: &str) -> Result<JsValue, Failure> {
    let text = fetch(address, &RequestInit::new()).await?;
    js_sys::JSON::parse(&text).map_err(|_| Failure::Unreachable)
}

/// Sends a request; answers with what comes back as text.
async fn fetch(address: &str, request: &RequestInit) -> Result<String, Failure> {
    let answer: Response = window().fetch_with_str_and_init(address, request).await?.unchecked_into();
    let body = answer.text()?.await;
    if answer.ok() {
        return body?.as_string().ok_or(Failure::Unreachable);
    }
    let retry_after_ms = answer.headers().get("retry-after")?.and_then(|after| retry_after_ms(&after));
    let body = body.ok().and_then(|body| js_sys::JSON::parse(&body.as_string()?).ok()).unwrap_or_default();
    let member = |name: &str| js_sys::Reflect::get(&body, &name.into()).ok();
    // Of the whole ErrorBody only the message is for people.
    let words = member("message").and_then(|message| message.as_string()).unwrap_or_default();
    // Many are told so at the same time; each takes a moment of its own.
    let spread = member("retryAfterMs").and_then(|spread| spread.as_f64());
    let retry_after_ms = spread.map(|spread| within(spread, js_sys::Math::random())).or(retry_after_ms);
    Err(Failure::Refused { status: answer.status(), words, retry_after_ms })
}

/// A moment within so many milliseconds, at a part between 0 and 1 of them.
#[must_use]
pub fn within(spread_ms: f64, part: f64) -> i64 {
    /// Nobody is asked to stay away for longer.
    const SPREAD_MAX_MS: f64 = 60_000.0;
    // What is no number becomes 0.
    (spread_ms.clamp(0.0, SPREAD_MAX_MS) * part) as i64
}

/// Seconds only: the proxy never writes the other form, a date.
fn retry_after_ms(text: &str) -> Option<i64> {
    /// A slip of the server's must not silence a wall for a day.
    const MAX_S: i64 = 300;
    text.trim().parse::<i64>().ok().map(|seconds| seconds.clamp(0, MAX_S) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_takes_a_moment_within_the_spread() {
        assert_eq!((within(4_000.0, 0.0), within(4_000.0, 0.999)), (0, 3_996));
        assert_eq!((within(1e12, 0.5), within(-5.0, 0.5), within(f64::NAN, 0.5)), (30_000, 0, 0));
    }

    #[test]
    fn the_wish_to_be_asked_later_is_bounded() {
        assert_eq!(retry_after_ms(" 2 "), Some(2_000));
        assert_eq!(retry_after_ms("86400"), Some(300_000));
        assert_eq!(retry_after_ms("-1"), Some(0));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}
