//! What the console asks of the proxy, and what it is answered. Walls ask for one thing; the console reads and writes, and has
//! to know the code of a refusal, what would be accepted, and the version of what it read.

use std::collections::BTreeMap;

use leptos::prelude::window;
use serde::Deserialize;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Headers, RequestInit, Response};

use crate::words::{Say, say};

/// The proxy asks for it on every unsafe request: another site's page cannot send it.
const OWN_PAGE: (&str, &str) = ("x-rollcall", "1");

/// An answer that is no refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The body.
    pub text: String,
    /// The version of what was read or written.
    pub etag: Option<String>,
}

impl Answer {
    /// The body as what it should be.
    ///
    /// # Errors
    /// When it is something else, which is told as no answer.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, No> {
        serde_json::from_str(&self.text).map_err(|_| No::default())
    }
}

/// Why there is no answer: a refusal, or silence, which has neither status nor code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct No {
    /// The HTTP status; 0 when nothing came back.
    pub status: u16,
    /// The stable word for it.
    pub code: String,
    /// The proxy's words.
    pub words: String,
    /// What would be accepted.
    pub accepted: Vec<String>,
}

impl No {
    /// Why not, for whoever asked.
    #[must_use]
    pub fn said(&self) -> String {
        if self.words.is_empty() { say(Say::NoAnswer).to_owned() } else { self.words.clone() }
    }

    /// Nothing came back, so that nobody knows what became of it.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        self.status == 0
    }

    fn of(status: u16, body: &str) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Body {
            code: String,
            message: String,
            message_params: BTreeMap<String, String>,
        }
        let body: Body = serde_json::from_str(body).unwrap_or_default();
        let accepted = body.message_params.get("accepted").map(String::as_str).unwrap_or_default();
        let accepted = accepted.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned);
        Self { status, code: body.code, accepted: accepted.collect(), words: body.message }
    }
}

impl From<JsValue> for No {
    /// What the browser throws is for its console, where it stands already.
    fn from(_: JsValue) -> Self {
        Self::default()
    }
}

/// Reads something.
///
/// # Errors
/// When there is no answer or it is a refusal.
pub async fn get(address: &str) -> Result<Answer, No> {
    send("GET", address, &[], None).await
}

/// Reads something as it is at Genesys Cloud at this moment.
///
/// # Errors
/// As [`get`].
pub async fn get_fresh(address: &str) -> Result<Answer, No> {
    send("GET", address, &[("cache-control", "no-cache")], None).await
}

/// Writes something; if there is a tag, only while what stands has it.
///
/// # Errors
/// As [`get`].
pub async fn write(
    method: &str,
    address: &str,
    body: Option<&str>,
    if_match: Option<&str>,
) -> Result<Answer, No> {
    let condition = if_match.map(|tag| ("if-match", tag));
    send(method, address, condition.as_slice(), body).await
}

/// A part of an address.
#[must_use]
pub fn escaped(text: &str) -> String {
    String::from(js_sys::encode_uri_component(text))
}

async fn send(method: &str, address: &str, more: &[(&str, &str)], body: Option<&str>) -> Result<Answer, No> {
    let headers = Headers::new()?;
    headers.set(OWN_PAGE.0, OWN_PAGE.1)?;
    for (name, value) in more {
        headers.set(name, value)?;
    }
    let request = RequestInit::new();
    request.set_method(method);
    if let Some(body) = body {
        headers.set("content-type", "application/json")?;
        request.set_body(&body.into());
    }
    request.set_headers(&headers);
    let answer: Response = window().fetch_with_str_and_init(address, &request).await?.unchecked_into();
    let text = answer.text()?.await?.as_string().unwrap_or_default();
    if answer.ok() {
        return Ok(Answer { text, etag: answer.headers().get("etag")? });
    }
    Err(No::of(answer.status(), &text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_its_code_its_words_and_what_is_accepted() {
        let body = r#"{"message":"no","code":"presence.unknown","status":400,"messageParams":{"accepted":"Away, Break"},"details":[]}"#;
        let no = No::of(400, body);
        assert_eq!((no.status, no.code.as_str(), no.words.as_str()), (400, "presence.unknown", "no"));
        assert_eq!(no.accepted, ["Away", "Break"]);
        assert!(!no.is_silence() && No::default().is_silence());
        assert_eq!(No::of(502, "<html>"), No { status: 502, ..No::default() }, "of something on the way");
    }
}
