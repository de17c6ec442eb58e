//! `/api/v2/users/{userId}/routingstatus`

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{TypedBody, body::RoutingStatusBody};
use crate::{act::IllegalTransition, refusal::Refusal, shared::Shared, world::RoutingStatus};

/// `GET /api/v2/users/{userId}/routingstatus`
pub(super) async fn get_routing_status(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    Ok(Json(RoutingStatusBody::of(&state.world.agents[agent.0])).into_response())
}

/// What a PUT of a routing status holds; more is passed over.
#[derive(Deserialize)]
pub(super) struct PutBody {
    status: String,
}

/// `PUT /api/v2/users/{userId}/routingstatus`: from NOT_RESPONDING to IDLE, or to
/// OFF_QUEUE, which ends On Queue.
pub(super) async fn put_routing_status(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    TypedBody(body): TypedBody<PutBody>,
) -> Result<Response, Refusal> {
    let known = RoutingStatus::ALL.into_iter().find(|status| status.as_str() == body.status);
    let status = known.ok_or_else(|| {
        let names = RoutingStatus::ALL.map(RoutingStatus::as_str).join(", ");
        Refusal::invalid_value(format!("status: expected one of {names}"))
    })?;
    let mut state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    state.world.put_routing_status(agent, status).map_err(|IllegalTransition| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "general.bad.request",
            "the routing status can be set from NOT_RESPONDING to IDLE or OFF_QUEUE only",
        )
    })?;
    state.tell();
    Ok(Json(RoutingStatusBody::of(&state.world.agents[agent.0])).into_response())
}
