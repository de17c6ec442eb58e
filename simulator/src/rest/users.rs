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
use crate::{
    refusal::Refusal,
    shared::Shared,
    world::{AgentIx, UserState},
};

/// A page of users; 500 is what official code is seen to ask for.
const PAGE_MAX: usize = 500;
/// A page with presences of another product. Source: UsersApi, getUsers.
const INTEGRATION_PAGE_MAX: usize = 100;
/// Users who are not active, as far as pages go. Source: the Terraform provider, DEVTOOLING-862.
const INACTIVE_MAX: usize = 10_000;
/// Ids that one call may name.
const IDS_MAX: usize = 100;

/// `GET /api/v2/users`
pub(super) async fn get_users(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    let page = page_of(&query)?;
    let expand = Expand::of(&query.list("expand"));
    let descending = query.is_descending()?;
    let ids: BTreeSet<&str> = query.list("id").into_iter().collect();
    if ids.len() > IDS_MAX {
        let message = format!("id: expected at most {IDS_MAX} ids");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "max.user.ids", message));
    }
    let wanted = StateAsked::of(&query)?;
    let state = shared.enter();
    let world = &state.world;
    let is_asked = |agent: &AgentIx| wanted.includes(world.agents[agent.0].state);
    let mut asked: Vec<AgentIx> = if query.text("id").is_some() {
        ids.iter().filter_map(|id| world.known_user(id)).filter(is_asked).collect()
    } else {
        (0..world.agents.len()).map(AgentIx).filter(is_asked).collect()
    };
    if descending {
        asked.reverse();
    }
    let listing = page.with_total(&query, &asked, |agent| UserBody::of(world, *agent, expand));
    Ok(Json(listing).into_response())
}

/// Users of which state a call asks for.
#[derive(Clone, Copy)]
pub(super) enum StateAsked {
    Any,
    Only(UserState),
}

impl StateAsked {
    /// What a query says; active ones when it says nothing.
    pub(super) fn of(query: &Query) -> Result<Self, Refusal> {
        match query.text("state").unwrap_or("active") {
            "any" => Ok(Self::Any),
            name => UserState::named(name)
                .map(Self::Only)
                .ok_or_else(|| Refusal::invalid_value("state: expected active, inactive, deleted or any")),
        }
    }

    /// Whether users of this state are asked for.
    pub(super) fn includes(self, state: UserState) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => only == state,
        }
    }
}

/// Where presences of another product are asked for too, pages are short. There are none of it here.
fn page_of(query: &Query) -> Result<Page, Refusal> {
    let page = Page::of(query, PAGE_MAX)?;
    let page = match query.text("integrationPresenceSource") {
        None => page,
        Some("MicrosoftTeams" | "ZoomPhone" | "EightByEight" | "RingCentral") => {
            page.at_most(INTEGRATION_PAGE_MAX)
        }
        Some(_) => {
            return Err(Refusal::invalid_value(
                "integrationPresenceSource: expected MicrosoftTeams, ZoomPhone, EightByEight or RingCentral",
            ));
        }
    };
    if matches!(query.text("state"), Some("inactive" | "deleted")) && page.reaches_beyond(INACTIVE_MAX) {
        return Err(Refusal::bad_request(format!(
            "pageNumber: of users who are not active the first {INACTIVE_MAX} can be read in pages; \
             use /api/v2/users/query for more"
        )));
    }
    Ok(page)
}

/// `GET /api/v2/users/{userId}`: with the state `deleted` a deleted user, else any other.
pub(super) async fn get_user(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let left_out = shared.config.answers.users_come_bare;
    let expand = if left_out { Expand::default() } else { Expand::of(&query.list("expand")) };
    let state = shared.enter();
    let deleted = match query.text("state").unwrap_or("active") {
        "active" => false,
        "deleted" => true,
        _ => return Err(Refusal::invalid_value("state: expected active or deleted")),
    };
    let is_asked = |agent: &AgentIx| (state.world.agents[agent.0].state == UserState::Deleted) == deleted;
    let agent = state.world.known_user(&id).filter(is_asked);
    let agent = agent.ok_or_else(|| Refusal::not_found("The user"))?;
    Ok(Json(UserBody::of(&state.world, agent, expand)).into_response())
}
