//! The token endpoint: the grant of machine clients. People's grants come later.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Form, FromRequest, Request, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use protocol::Timestamp;
use rand::Rng;
use serde_json::json;

use crate::shared::Shared;

/// So many tokens are kept; a client that mints without end loses its oldest.
const TOKENS_MAX: usize = 10_000;
/// Letters of a token.
const TOKEN_LENGTH: usize = 86;
/// The window in which the calls of a token are counted.
const WINDOW_MS: i64 = 60_000;
/// Calls a minute that a client credentials token may make.
/// Source: developer center, organization limits, `client.credentials.token.rate.per.minute`.
pub(crate) const CALLS_PER_MINUTE: u32 = 300;

/// Who calls: a token, and the client that it was given to.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) token: Arc<str>,
    pub(crate) client: Arc<str>,
}

/// The tokens that were given out.
#[derive(Default)]
pub(crate) struct Tokens {
    by_text: BTreeMap<Arc<str>, Token>,
    minted: u64,
}

struct Token {
    client: Arc<str>,
    order: u64,
    expires: Timestamp,
    opened_channel: bool,
    window_since: Timestamp,
    calls: u32,
}

/// The calls of a token in the present minute, as the three headers say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) count: u32,
    pub(crate) reset_s: i64,
}

impl Tokens {
    /// Gives out a token.
    pub(crate) fn mint(
        &mut self,
        client: &str,
        now: Timestamp,
        seconds: u32,
        rng: &mut impl Rng,
    ) -> Arc<str> {
        self.by_text.retain(|_, token| token.expires > now);
        if self.by_text.len() >= TOKENS_MAX {
            let oldest =
                self.by_text.iter().min_by_key(|(_, token)| token.order).map(|(text, _)| text.clone());
            if let Some(oldest) = oldest {
                self.by_text.remove(&oldest);
            }
        }
        self.minted += 1;
        let text: Arc<str> = (0..TOKEN_LENGTH).map(|_| letter(rng)).collect::<String>().into();
        self.by_text.insert(
            text.clone(),
            Token {
                client: client.into(),
                order: self.minted,
                expires: now.plus_ms(i64::from(seconds) * 1_000),
                opened_channel: false,
                window_since: now,
                calls: 0,
            },
        );
        text
    }

    /// Who calls with this token, if it is valid.
    pub(crate) fn caller(&self, text: &str, now: Timestamp) -> Option<Caller> {
        let (text, token) = self.by_text.get_key_value(text)?;
        (token.expires > now).then(|| Caller { token: text.clone(), client: token.client.clone() })
    }

    /// Counts a call.
    pub(crate) fn count(&mut self, caller: &Caller, now: Timestamp) -> Usage {
        let Some(token) = self.by_text.get_mut(&caller.token) else { return Usage { count: 1, reset_s: 60 } };
        if now.ms_since(token.window_since) >= WINDOW_MS {
            token.window_since = now;
            token.calls = 0;
        }
        token.calls = token.calls.saturating_add(1);
        let rest_ms = WINDOW_MS - now.ms_since(token.window_since);
        Usage { count: token.calls, reset_s: (rest_ms + 999) / 1_000 }
    }

    /// Whether the token has opened a channel, so that faults strike it.
    pub(crate) fn has_opened_channel(&self, caller: &Caller) -> bool {
        self.by_text.get(&caller.token).is_some_and(|token| token.opened_channel)
    }

    /// Remembers that the token has opened a channel.
    pub(crate) fn opened_channel(&mut self, caller: &Caller) {
        if let Some(token) = self.by_text.get_mut(&caller.token) {
            token.opened_channel = true;
        }
    }

    /// Takes a token back.
    pub(crate) fn revoke(&mut self, caller: &Caller) {
        self.by_text.remove(&caller.token);
    }

    /// The callers whom faults reach: those that have opened a channel, or all.
    pub(crate) fn in_reach(&self, now: Timestamp, all: bool) -> Vec<Caller> {
        let reached = self.by_text.iter().filter(|(_, token)| all || token.opened_channel);
        reached.filter_map(|(text, _)| self.caller(text, now)).collect()
    }

    /// How many tokens are valid.
    pub(crate) fn len(&self, now: Timestamp) -> usize {
        self.by_text.values().filter(|token| token.expires > now).count()
    }
}

/// `POST /oauth/token`
pub(crate) async fn post_token(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let Ok(Form(form)) = Form::<BTreeMap<String, String>>::from_request(request, &()).await else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "expected a form (application/x-www-form-urlencoded)",
        );
    };
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        None => return refuse(StatusCode::BAD_REQUEST, "invalid_request", "grant_type is missing"),
        Some(_) => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "the simulator grants client_credentials only, so far",
            );
        }
    }
    let given = basic(&headers)
        .or_else(|| Some((form.get("client_id")?.clone(), form.get("client_secret")?.clone())));
    let known = given.filter(|(id, secret)| {
        shared.config.clients.iter().any(|client| (&client.0, &client.1) == (id, secret))
    });
    let Some((client, _)) = known else {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "client not found or invalid client credentials",
        );
    };
    let seconds = shared.config.token_seconds;
    let mut state = shared.enter();
    let state = &mut *state;
    let token = state.tokens.mint(&client, state.world.now, seconds, &mut state.secrets);
    Json(json!({ "access_token": &*token, "token_type": "bearer", "expires_in": seconds })).into_response()
}

/// Errors of this endpoint have a form of their own.
fn refuse(status: StatusCode, error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "description": description, "error_description": description });
    (status, Json(body)).into_response()
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn letter(rng: &mut impl Rng) -> char {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char::from(LETTERS[rng.random_range(0..LETTERS.len())])
}
