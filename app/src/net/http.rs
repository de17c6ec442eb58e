//! Requests to the proxy that served the page.

use gloo_net::http::{Request, RequestBuilder, Response};
use protocol::{
    WallId,
    wall::{WallList, WallRequest},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, RequestCredentials};

use crate::embed;

/// The proxy asks for it on every unsafe request: another site's page cannot send it.
const OWN_PAGE: (&str, &str) = ("x-rollcall", "1");

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
    let answer = post(&address, request, Some(signal)).await;
    match answer {
        // A token that was bought before the proxy's keys changed, or that slept too long.
        Err(Failure::Refused { status: 401, .. }) if embed::forget_token() => {
            post(&address, request, Some(signal)).await
        }
        answer => answer,
    }
}

/// Posts something, as whoever the page is.
///
/// # Errors
/// When there is no answer or it is a refusal.
pub async fn post(
    address: &str,
    body: &impl Serialize,
    signal: Option<&AbortSignal>,
) -> Result<String, Failure> {
    let request = Request::post(address).header(OWN_PAGE.0, OWN_PAGE.1).abort_signal(signal);
    let request = match embed::bearer().await? {
        // A frame of the same site has the cookie of somebody else.
        Some(token) => {
            request.header("authorization", &format!("Bearer {token}")).credentials(RequestCredentials::Omit)
        }
        None => request,
    };
    let request = request.json(body).map_err(|_| Failure::Unreachable)?;
    text(request.send().await).await
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
    let request = Request::post("/rollcall/token")
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .credentials(RequestCredentials::Omit)
        .json(&Purse { key, wall })
        .map_err(|_| Failure::Unreachable)?;
    let text = text(request.send().await).await?;
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
    post(&address, &(), None).await.map(drop)
}

/// The walls that may be opened.
///
/// # Errors
/// When there is no answer or it is a refusal.
pub async fn walls() -> Result<WallList, Failure> {
    let request: RequestBuilder = Request::get("/rollcall/walls");
    let text = text(request.send().await).await?;
    protocol::json::from_str(&text).map_err(|_| Failure::Unreachable)
}

/// A file of the app, decoded by the browser.
///
/// # Errors
/// When it does not come or is not JSON.
pub async fn json(address: &str) -> Result<JsValue, Failure> {
    let text = text(Request::get(address).send().await).await?;
    js_sys::JSON::parse(&text).map_err(|_| Failure::Unreachable)
}

async fn text(answer: Result<Response, gloo_net::Error>) -> Result<String, Failure> {
    let answer = answer.map_err(|_| Failure::Unreachable)?;
    let body = answer.text().await;
    if answer.ok() {
        return body.map_err(|_| Failure::Unreachable);
    }
    let retry_after_ms = answer.headers().get("retry-after").and_then(|after| retry_after_ms(&after));
    // Of the whole ErrorBody only the message is for people.
    let words = body.ok().and_then(|body| {
        let body = js_sys::JSON::parse(&body).ok()?;
        js_sys::Reflect::get(&body, &"message".into()).ok()?.as_string()
    });
    Err(Failure::Refused { status: answer.status(), words: words.unwrap_or_default(), retry_after_ms })
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
    fn the_wish_to_be_asked_later_is_bounded() {
        assert_eq!(retry_after_ms(" 2 "), Some(2_000));
        assert_eq!(retry_after_ms("86400"), Some(300_000));
        assert_eq!(retry_after_ms("-1"), Some(0));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}
