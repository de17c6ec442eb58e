//! The caller's own token, and the server's date.

use std::sync::Arc;

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use crate::{oauth::Caller, shared::Shared};

/// `GET /api/v2/date`
pub(super) async fn get_date(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "currentDate": shared.enter().world.now }))
}

/// `GET /api/v2/tokens/me`
pub(super) async fn get_token(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Json<Value> {
    let state = shared.enter();
    let organisation = json!({ "id": state.world.organisation.id, "name": state.world.organisation.name });
    Json(json!({
        "organization": organisation,
        "homeOrganization": organisation,
        "authorizedScope": [],
        "OAuthClient": {
            "id": &*caller.client,
            "name": &*caller.client,
            "authorizedGrantType": "CLIENT-CREDENTIALS",
            "scope": [],
            "state": "active",
            "organization": organisation,
        },
    }))
}

/// `HEAD /api/v2/tokens/me`: whether the token is valid. That it is, the gate has seen.
pub(super) async fn head_token() -> StatusCode {
    StatusCode::OK
}

/// `DELETE /api/v2/tokens/me`
pub(super) async fn delete_token(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> StatusCode {
    let mut state = shared.enter();
    state.tokens.revoke(&caller);
    state.hub.token_revoked(&caller.token);
    StatusCode::OK
}
