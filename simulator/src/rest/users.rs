//! `/api/v2/users`

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    Query,
    body::{Expand, UserBody},
    page::Page,
};
use crate::{refusal::Refusal, shared::Shared, world::AgentIx};

/// A page of users; 500 is what official code is seen to ask for.
const PAGE_MAX: usize = 500;
/// Ids that one call may name.
const IDS_MAX: usize = 100;

/// `GET /api/v2/users`
pub(super) async fn get_users(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let expand = Expand::of(&query.list("expand"));
    let ids: BTreeSet<&str> = query.list("id").into_iter().collect();
    if ids.len() > IDS_MAX {
        let message = format!("id: expected at most {IDS_MAX} ids");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "max.user.ids", message));
    }
    let everybody = match query.text("state").unwrap_or("active") {
        "active" | "any" => true,
        "inactive" | "deleted" => false,
        _ => return Err(Refusal::invalid_value("state: expected active, inactive, deleted or any")),
    };
    let mut state = shared.enter();
    let world = &mut state.world;
    let asked: Vec<AgentIx> = if !everybody {
        Vec::new()
    } else if query.text("id").is_some() {
        ids.iter().filter_map(|id| world.user(id)).collect()
    } else {
        (0..world.agents.len()).map(AgentIx).collect()
    };
    let listing = page.with_total(&query, &asked, |agent| UserBody::of(world, *agent, expand));
    Ok(Json(listing).into_response())
}

/// `GET /api/v2/users/{userId}`
pub(super) async fn get_user(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let expand = Expand::of(&query.list("expand"));
    let state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    Ok(Json(UserBody::of(&state.world, agent, expand)).into_response())
}
