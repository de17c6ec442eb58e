//! A JSON body, or the refusal that says what is wrong with it.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
};
use serde::de::DeserializeOwned;

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
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Refusal::bad_request(format!("the body cannot be read: {} ({place})", kind_of(&error)))
        })
    }
}

fn kind_of(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io => "it did not arrive",
        serde_json::error::Category::Syntax => "it is not JSON",
        serde_json::error::Category::Data => "a member is missing or of the wrong type",
        serde_json::error::Category::Eof => "it ends too early",
    }
}
