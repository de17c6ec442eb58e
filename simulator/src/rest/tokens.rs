//! Tokens, the caller's own and those of others, and the server's date.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{Query, scopes};
use crate::{
    audit::{Author, deed},
    config::Grant,
    oauth::Caller,
    refusal::Refusal,
    shared::Shared,
    world::World,
};

/// `GET /api/v2/date`
pub(super) async fn get_date(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "currentDate": shared.enter().world.now }))
}

/// `GET /api/v2/tokens/me`
pub(super) async fn get_token(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    // Tokens do not idle here, so there is nothing to preserve.
    query.flag("preserveIdleTTL")?;
    let state = shared.enter();
    Ok(Json(token_info(&state.world, &caller)))
}

/// What the holder of a token is told about it.
pub(super) fn token_info(world: &World, caller: &Caller) -> Value {
    let organisation = json!({ "id": world.organisation.id, "name": world.organisation.name });
    let scope = match caller.grant {
        Grant::ClientCredentials => Vec::new(),
        Grant::Code | Grant::Token => scopes::ids().collect(),
    };
    json!({
        "organization": organisation,
        "homeOrganization": organisation,
        "authorizedScope": scope,
        "OAuthClient": {
            "id": &*caller.client,
            "name": &*caller.client,
            "authorizedGrantType": caller.grant.as_str(),
            "scope": scope,
            "state": "active",
            "organization": organisation,
        },
    })
}

/// `HEAD /api/v2/tokens/me`: whether the token is valid. That it is, the gate has seen.
pub(super) async fn head_token() -> StatusCode {
    StatusCode::OK
}

/// `DELETE /api/v2/tokens/me`: the caller's own token, and all that a person has.
pub(super) async fn delete_token(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    author: Author,
) -> StatusCode {
    let mut state = shared.enter();
    match &caller.user {
        Some(user) => {
            state.revoke_user(user);
            state.audit(&author, deed::tokens_of_user(user));
        }
        None => {
            state.tokens.revoke(&caller);
            state.hub.token_revoked(&caller.token);
            state.audit(&author, deed::token_of_client(&caller.client));
        }
    }
    StatusCode::OK
}

/// `DELETE /api/v2/tokens/{userId}`: all tokens of a person.
pub(super) async fn delete_tokens_of_user(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    author: Author,
) -> Result<StatusCode, Refusal> {
    let mut state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    let user = state.world.agents[agent.0].id.clone();
    state.revoke_user(&user);
    state.audit(&author, deed::tokens_of_user(&user));
    Ok(StatusCode::OK)
}
