//! A JSON body, or the refusal that says what is wrong with it.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::{BODY_MAX_BYTES, complaint};
use crate::refusal::Refusal;

/// A body of this type. A member that is null is as good as absent, as with Genesys.
pub(crate) struct TypedBody<T>(pub(crate) T);

/// No body, `null`, or any JSON, at which nobody looks: SDKs send something where nothing is meant.
pub(crate) struct AnyBody;

/// A body of this type in which a null is something that is said.
pub(crate) struct ExactBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for TypedBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        json_of(&bytes_of(request, state).await?).map(Self)
    }
}

/// A body that two types share, member by member. One type that flattens the other could not say in which
/// member it cannot be read.
pub(crate) struct SharedBody<A, B>(pub(crate) A, pub(crate) B);

impl<S: Send + Sync, A: DeserializeOwned, B: DeserializeOwned> FromRequest<S> for SharedBody<A, B> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = bytes_of(request, state).await?;
        Ok(Self(json_of(&bytes)?, json_of(&bytes)?))
    }
}

/// Reads JSON as a [`TypedBody`] does.
pub(super) fn json_of<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| complaint::not_json(&error))?;
    leave_out_nulls(&mut value);
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        complaint::about(&path, &error.into_inner().to_string())
    })
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ExactBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = bytes_of(request, state).await?;
        let mut text = serde_json::Deserializer::from_slice(&bytes);
        let body = serde_path_to_error::deserialize(&mut text).map_err(|error| {
            let path = error.path().to_string();
            let error = error.into_inner();
            if error.is_data() {
                // The place in the text says less than the path.
                let place = format!(" at line {} column {}", error.line(), error.column());
                complaint::about(&path, error.to_string().trim_end_matches(&place))
            } else {
                complaint::not_json(&error)
            }
        })?;
        text.end().map_err(|error| complaint::not_json(&error))?;
        Ok(Self(body))
    }
}

impl<S: Send + Sync> FromRequest<S> for AnyBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = whole(request, state).await?;
        if !bytes.is_empty() {
            let _: IgnoredAny =
                serde_json::from_slice(&bytes).map_err(|error| complaint::not_json(&error))?;
        }
        Ok(Self)
    }
}

/// The bytes of a body that says that it is JSON, or says nothing.
async fn bytes_of<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    let content_type =
        request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("").to_owned());
    if content_type.is_some_and(|value| !value.to_ascii_lowercase().starts_with("application/json")) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported.media.type",
            "expected Content-Type application/json",
        ));
    }
    whole(request, state).await
}

async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let message = format!("a body holds at most {BODY_MAX_BYTES} bytes");
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request.entity.too.large", message)
        } else {
            Refusal::bad_request("the body did not arrive whole")
        }
    })
}

fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(entries) => entries.iter_mut().for_each(leave_out_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
