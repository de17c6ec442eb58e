//! `POST /oauth/token`: something that proves a client or a person becomes a token.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, Form, FromRequest, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::AUTHORIZATION, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use protocol::UserId;
use serde_json::json;

use super::{Holder, Rights, Role, pledge::Refresh, pledge::proves};
use crate::{
    config::{Client, Grant},
    refusal::Refusal,
    shared::{Shared, State as Inside},
};

type Fields = BTreeMap<String, String>;

/// A refusal in this endpoint's own form: error and description.
pub(super) struct Denied(pub(super) StatusCode, pub(super) &'static str, pub(super) String);

impl Denied {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, error, description.into())
    }

    fn invalid_grant(description: &str) -> Self {
        Self::new("invalid_grant", description)
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let Self(status, error, description) = self;
        let body = json!({ "error": error, "description": description, "error_description": description });
        (status, Json(body)).into_response()
    }
}

/// A refusal from elsewhere, a fault, in the form of this endpoint: who comes too often is told so with
/// 400 here.
pub(crate) fn refused(refusal: &Refusal) -> Response {
    let said = refusal.message();
    match refusal.status() {
        StatusCode::TOO_MANY_REQUESTS => {
            Denied::new("invalid_request", format!("rate limit exceeded; {said}")).into_response()
        }
        status @ (StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT) => {
            Denied(status, "temporarily_unavailable", said.to_owned()).into_response()
        }
        status => Denied(status, "server_error", said.to_owned()).into_response(),
    }
}

/// What was granted.
pub(super) struct Granted {
    pub(super) token: Arc<str>,
    pub(super) seconds: u32,
    refresh: Option<Arc<str>>,
}

/// `POST /oauth/token`
pub(crate) async fn post_token(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let Ok(Form(form)) = Form::<Fields>::from_request(request, &()).await else {
        return Denied::new("invalid_request", "expected a form (application/x-www-form-urlencoded)")
            .into_response();
    };
    let granted = match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => client_credentials(&shared, &headers, &form),
        Some("authorization_code") => authorization_code(&shared, &headers, &form),
        Some("refresh_token") => refresh_token(&shared, &headers, &form),
        None => Err(Denied::new("invalid_request", "grant_type is missing")),
        Some(_) => Err(Denied::new(
            "unsupported_grant_type",
            "grant_type: expected client_credentials, authorization_code or refresh_token",
        )),
    };
    match granted {
        Ok(granted) => {
            shared.enter().audit_new_token(&granted.token, peer.ip());
            let mut body = json!({
                "access_token": &*granted.token,
                "token_type": "bearer",
                "expires_in": granted.seconds,
            });
            if let Some(refresh) = granted.refresh {
                body["refresh_token"] = json!(&*refresh);
            }
            ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response()
        }
        Err(denied) => denied.into_response(),
    }
}

fn client_credentials(shared: &Shared, headers: &HeaderMap, form: &Fields) -> Result<Granted, Denied> {
    let Who { client, proven } = identify(shared, headers, form)?;
    if !proven {
        return Err(invalid_client(shared));
    }
    if !client.grants.contains(&Grant::ClientCredentials) {
        return Err(Denied::new("unauthorized_client", "the client is not given this grant"));
    }
    let mut state = shared.enter();
    may_mint(shared, &mut state, client)?;
    let holder = Holder {
        client: client.id.as_str().into(),
        grant: Grant::ClientCredentials,
        user: None,
        rights: Rights::of_list(client.permissions.as_ref()),
    };
    Ok(mint(shared, &mut state, client, holder, None))
}

fn authorization_code(shared: &Shared, headers: &HeaderMap, form: &Fields) -> Result<Granted, Denied> {
    let who = identify(shared, headers, form)?;
    let (text, redirect_uri) = (needed(form, "code")?, needed(form, "redirect_uri")?);
    let verifier = form.get("code_verifier");
    if !who.proven && verifier.is_none() {
        return Err(invalid_client(shared));
    }
    let mut state = shared.enter();
    may_mint(shared, &mut state, who.client)?;
    let now = state.world.now;
    let code = state.pledges.take_code(text, now);
    let code = code
        .filter(|code| *code.client == *who.client.id)
        .ok_or_else(|| Denied::invalid_grant("the code is not valid, or no longer: it lives 60 s, once"))?;
    if code.redirect_uri != *redirect_uri {
        return Err(Denied::invalid_grant("redirect_uri: expected the one that the code was asked with"));
    }
    match (verifier, &code.challenge) {
        (None, None) => {}
        (Some(verifier), Some(challenge)) if proves(verifier, challenge) => {}
        (Some(_), Some(_)) => {
            return Err(Denied::invalid_grant("code_verifier: its SHA-256 is not the code_challenge"));
        }
        (None, Some(_)) => return Err(Denied::invalid_grant("code_verifier is missing")),
        (Some(_), None) => {
            return Err(Denied::invalid_grant("code_verifier: the code was asked without code_challenge"));
        }
    }
    let refresh = Refresh { client: code.client, user: code.user.clone(), confidential: who.proven };
    grant_to_person(shared, &mut state, who.client, refresh)
}

fn refresh_token(shared: &Shared, headers: &HeaderMap, form: &Fields) -> Result<Granted, Denied> {
    let who = identify(shared, headers, form)?;
    let text = needed(form, "refresh_token")?;
    let mut state = shared.enter();
    let refresh = state.pledges.refresh(text).filter(|refresh| *refresh.client == *who.client.id).cloned();
    let refresh = refresh.ok_or_else(|| {
        Denied::invalid_grant("the refresh token is not valid, or no longer: it can be used once")
    })?;
    if refresh.confidential && !who.proven {
        return Err(invalid_client(shared));
    }
    may_mint(shared, &mut state, who.client)?;
    state.pledges.take_refresh(text);
    grant_to_person(shared, &mut state, who.client, refresh)
}

fn grant_to_person(
    shared: &Shared,
    state: &mut Inside,
    client: &Client,
    refresh: Refresh,
) -> Result<Granted, Denied> {
    let holder = holder_of_person(state, client, Grant::Code, &refresh.user)
        .ok_or_else(|| Denied::invalid_grant("the person has left the organisation"))?;
    Ok(mint(shared, state, client, holder, Some(refresh)))
}

/// A person as the holder of a token; none when there is no such person any more.
pub(super) fn holder_of_person(
    state: &Inside,
    client: &Client,
    grant: Grant,
    user: &UserId,
) -> Option<Holder> {
    let agent = state.world.user(user.as_str()).filter(|agent| state.world.agents[agent.0].is_active())?;
    Some(Holder {
        client: client.id.as_str().into(),
        grant,
        user: Some(user.clone()),
        rights: Role::of(&state.world, agent).rights(),
    })
}

/// Gives out a token, and a refresh token when there is something to refresh.
pub(super) fn mint(
    shared: &Shared,
    state: &mut Inside,
    client: &Client,
    holder: Holder,
    refresh: Option<Refresh>,
) -> Granted {
    let seconds = client.token_seconds.unwrap_or(shared.config.token_seconds);
    let token = state.tokens.mint(holder, state.world.now, seconds, &mut state.secrets);
    let refresh = refresh.map(|refresh| state.pledges.give_refresh(refresh, &mut state.secrets));
    Granted { token, seconds, refresh }
}

/// A client that mints too fast is told so with 400, not 429.
pub(super) fn may_mint(shared: &Shared, state: &mut Inside, client: &Client) -> Result<(), Denied> {
    let (now, limit) = (state.world.now, shared.config.token_mints_per_minute);
    state.tokens.may_mint(&client.id, now, limit).map_err(|usage| {
        let description = format!(
            "rate limit exceeded; a client may ask for {limit} tokens a minute, ask again in {} s",
            usage.reset_s
        );
        Denied::new("invalid_request", description)
    })
}

/// Which client asks, and whether it has proved it.
struct Who<'a> {
    client: &'a Client,
    proven: bool,
}

/// By a Basic header, by id and secret in the form, or by the id alone, which proves nothing.
fn identify<'a>(shared: &'a Shared, headers: &HeaderMap, form: &Fields) -> Result<Who<'a>, Denied> {
    let (id, secret) = match basic(headers) {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (form.get("client_id").cloned(), form.get("client_secret").cloned()),
    };
    let client = id.and_then(|id| shared.config.clients.iter().find(|client| client.id == id));
    match (client, secret) {
        (Some(client), Some(secret)) if client.secret == secret => Ok(Who { client, proven: true }),
        (Some(client), None) => Ok(Who { client, proven: false }),
        (Some(_), Some(_)) | (None, _) => Err(invalid_client(shared)),
    }
}

fn invalid_client(shared: &Shared) -> Denied {
    let status = if shared.config.answers.invalid_client_is_bad_request {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::UNAUTHORIZED
    };
    Denied(status, "invalid_client", "client not found or invalid client credentials".to_owned())
}

fn needed<'a>(form: &'a Fields, name: &str) -> Result<&'a String, Denied> {
    let given = form.get(name).filter(|value| !value.is_empty());
    given.ok_or_else(|| Denied::new("invalid_request", format!("{name} is missing")))
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
