//! A JSON body, or the refusal that says what is wrong with it.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use super::BODY_MAX_BYTES;
use crate::refusal::Refusal;

/// A body of this type.
pub(crate) struct TypedBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for TypedBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let content_type =
            request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("").to_owned());
        if content_type.is_some_and(|value| !value.to_ascii_lowercase().starts_with("application/json")) {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported.media.type",
                "expected Content-Type application/json",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let message = format!("a body holds at most {BODY_MAX_BYTES} bytes");
                Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request.entity.too.large", message)
            } else {
                Refusal::bad_request("the body did not arrive whole")
            }
        })?;
        read(&bytes).map(Self)
    }
}

/// Reads a body; the refusal names the member that is missing or wrong.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let body = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        fault(bytes, &path, error.inner())
    })?;
    reader.end().map_err(|error| fault(bytes, "", &error))?;
    Ok(body)
}

fn fault(bytes: &[u8], path: &str, error: &serde_json::Error) -> Refusal {
    let place = format!("line {}, column {}", error.line(), error.column());
    let what = match error.classify() {
        Category::Io => "it did not arrive".to_owned(),
        // Where an enum is expected, an array counts as a fault of syntax.
        Category::Syntax if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() => {
            fault_of_member(path, "expected another kind of value")
        }
        Category::Syntax => "it is not JSON".to_owned(),
        Category::Eof => "it ends too early".to_owned(),
        Category::Data => fault_of_member(path, &error.to_string()),
    };
    Refusal::bad_request(format!("the body cannot be read: {what} ({place})"))
}

/// What was expected of which member. The value that came is not repeated, being as long as it likes.
fn fault_of_member(path: &str, text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text);
    let path = if path == "." { "" } else { path };
    if let Some(name) = text.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let dot = if path.is_empty() { "" } else { "." };
        return format!("{path}{dot}{name} is missing");
    }
    let expected = text.split_once("expected ").map_or("something else", |(_, expected)| expected);
    // The names of our own types say nothing to a caller.
    let expected = if expected.starts_with("struct ") { "an object" } else { expected };
    let whose = if path.is_empty() { String::new() } else { format!("{path}: ") };
    format!("{whose}expected {expected}")
}

#[cfg(test)]
mod tests {
    use protocol::Timestamp;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Body {
        _start_date: Timestamp,
        #[serde(default)]
        _items: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Item {
        _user_id: String,
        _kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    enum Kind {
        Exact,
        Contains,
    }

    fn check(text: &str, expected: &str) {
        let refusal = read::<Body>(text.as_bytes()).unwrap_err();
        let message = refusal.message().strip_prefix("the body cannot be read: ").unwrap();
        assert_eq!(message.split(" (line").next(), Some(expected), "{text}: {message}");
    }

    #[test]
    fn the_member_that_is_wrong_is_named() {
        let date = r#""startDate": "2026-01-02T03:04:05.678Z""#;
        check("{}", "startDate is missing");
        check(
            r#"{"startDate": "today"}"#,
            "startDate: expected ISO 8601 in UTC, such as 2026-01-02T03:04:05.678Z",
        );
        check(&format!(r#"{{{date}, "items": [{{}}]}}"#), "items[0].userId is missing");
        check(&format!(r#"{{{date}, "items": [{{"userId": 7}}]}}"#), "items[0].userId: expected a string");
        check(
            &format!(r#"{{{date}, "items": [{{"userId": "a", "kind": "LIKE"}}]}}"#),
            "items[0].kind: expected `EXACT` or `CONTAINS`",
        );
        check(&format!(r#"{{{date}, "item": []}}"#), "item: expected `startDate` or `items`");
        check("7", "expected an object");
    }

    #[test]
    fn what_is_no_json_is_told_apart() {
        check("{,}", "it is not JSON");
        check(r#"{"startDate""#, "it ends too early");
        check(r#"{"startDate": "2026-01-02T03:04:05.678Z"} {}"#, "it is not JSON");
    }
}
