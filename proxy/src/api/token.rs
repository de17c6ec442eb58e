//! `POST /oauth/token`: short-lived tokens for the machine clients of the configuration.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, header::AUTHORIZATION},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{App, caller::TOKEN_LIFE_MS, problem::Problem};

/// A token request is a short form.
const FORM_BYTES_MAX: usize = 8_192;

/// Client credentials, by Basic authentication or in the form.
pub async fn post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let form = to_bytes(body, FORM_BYTES_MAX).await.map_err(|_| Problem::TooLarge)?;
    let field = |name: &str| {
        form_urlencoded::parse(&form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if field("grant_type").as_deref() != Some("client_credentials") {
        return Err(Problem::BadGrant);
    }
    let (id, secret) = basic(&headers)
        .or_else(|| Some((field("client_id")?, field("client_secret")?)))
        .ok_or(Problem::WrongClient)?;
    let token = app.callers.new_token(&id, &secret).ok_or(Problem::WrongClient)?;
    Ok(Json(json!({ "access_token": token, "token_type": "bearer", "expires_in": TOKEN_LIFE_MS / 1_000 })))
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
