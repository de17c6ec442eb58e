//! `/api/v2/users/{userId}/queues`: the same memberships, seen from the user.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, patch},
};
use serde::{Deserialize, Serialize};

use super::{
    Query, TypedBody,
    body::QueueBody,
    me::person,
    members::{JoinBody, joining, malformed, whole_ms},
    page::Page,
};
use crate::{
    audit::Author,
    oauth::Caller,
    refusal::Refusal,
    shared::Shared,
    world::{Agent, Membership, World},
};

/// A page of a user's queues, and queues that one call may name, as of members.
const PAGE_MAX: usize = 100;

/// The routes of this file.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/routing/queues/me", get(get_my_queues))
        .route("/api/v2/users/{userId}/queues", get(get_user_queues).patch(patch_user_queues))
        .route("/api/v2/users/{userId}/queues/{queueId}", patch(patch_user_queue))
}

/// A queue, and whether the user has joined it.
#[derive(Serialize)]
struct UserQueueBody<'a> {
    #[serde(flatten)]
    queue: QueueBody<'a>,
    joined: bool,
}

impl<'a> UserQueueBody<'a> {
    fn of(world: &'a World, membership: &Membership) -> Self {
        let queue = &world.queues[membership.queue.0];
        Self { queue: QueueBody::of(world, queue), joined: membership.joined }
    }
}

/// `GET /api/v2/users/{userId}/queues`: those that the user has joined, unless others are asked for.
async fn get_user_queues(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let joined = query.flag("joined")?.unwrap_or(true);
    let state = shared.enter();
    let world = &state.world;
    let agent = world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    let mut asked = in_divisions(world, &world.agents[agent.0], &query.list("divisionId"));
    asked.retain(|membership| membership.joined == joined);
    let listing = page.with_total(&query, &asked, |membership| UserQueueBody::of(world, membership));
    Ok(Json(listing).into_response())
}

/// `GET /api/v2/routing/queues/me`: of the person who calls, joined or not, unless one of the two is asked
/// for; by name.
async fn get_my_queues(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let joined = query.flag("joined")?;
    let descending = query.is_descending()?;
    let user = person(&shared, &caller)?;
    let state = shared.enter();
    let world = &state.world;
    let agent = world.user(user.as_str()).ok_or_else(|| Refusal::not_found("The user"))?;
    let mut asked: Vec<Membership> = world.agents[agent.0]
        .memberships
        .iter()
        .filter(|membership| joined.is_none_or(|joined| joined == membership.joined))
        .copied()
        .collect();
    asked.sort_by(|a, b| world.queues[a.queue.0].name.cmp(&world.queues[b.queue.0].name));
    if descending {
        asked.reverse();
    }
    let listing = page.with_total(&query, &asked, |membership| UserQueueBody::of(world, membership));
    Ok(Json(listing).into_response())
}

/// `PATCH /api/v2/users/{userId}/queues`: joins and leaves; takes effect later, and passes over queues
/// that the user is no member of.
async fn patch_user_queues(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
    author: Author,
    TypedBody(bodies): TypedBody<Vec<JoinBody>>,
) -> Result<Response, Refusal> {
    if bodies.len() > PAGE_MAX {
        return Err(malformed(format!("expected at most {PAGE_MAX} queues a call, not {}", bodies.len())));
    }
    let delay_ms = whole_ms(shared.config.member_patch_delay);
    let mut state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    let allowed = in_divisions(&state.world, &state.world.agents[agent.0], &query.list("divisionId"));
    let (mut named, mut deeds) = (Vec::with_capacity(bodies.len()), Vec::new());
    for body in &bodies {
        let Some(queue) = state.world.queue(&body.id) else { continue };
        if allowed.iter().any(|membership| membership.queue == queue) {
            deeds.extend(joining(&shared, &state.world, queue, agent, body.joined));
            state.world.join_later(agent, queue, body.joined, delay_ms);
            named.push(queue);
        }
    }
    state.tell();
    state.audit(&author, deeds);
    let world = &state.world;
    let are: Vec<Membership> =
        named.into_iter().filter_map(|queue| world.agents[agent.0].membership(queue)).collect();
    let listing =
        Page::first(PAGE_MAX).with_total(&query, &are, |membership| UserQueueBody::of(world, membership));
    Ok(Json(listing).into_response())
}

#[derive(Deserialize)]
struct OneBody {
    joined: bool,
}

/// `PATCH /api/v2/users/{userId}/queues/{queueId}`: joins or leaves one; takes effect later.
async fn patch_user_queue(
    State(shared): State<Arc<Shared>>,
    Path((id, queue)): Path<(String, String)>,
    author: Author,
    TypedBody(body): TypedBody<OneBody>,
) -> Result<Response, Refusal> {
    let delay_ms = whole_ms(shared.config.member_patch_delay);
    let mut state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    let queue = state.world.queue(&queue).ok_or_else(|| Refusal::not_found("The queue"))?;
    if state.world.agents[agent.0].membership(queue).is_none() {
        return Err(Refusal::not_found("The member"));
    }
    let deeds = joining(&shared, &state.world, queue, agent, body.joined);
    state.world.join_later(agent, queue, body.joined, delay_ms);
    state.tell();
    state.audit(&author, deeds);
    let world = &state.world;
    let is = world.agents[agent.0].membership(queue).ok_or_else(|| Refusal::not_found("The member"))?;
    Ok(Json(UserQueueBody::of(world, &is)).into_response())
}

fn in_divisions(world: &World, who: &Agent, divisions: &[&str]) -> Vec<Membership> {
    let is_wanted = |membership: &&Membership| {
        let division = world.queues[membership.queue.0].division;
        divisions.is_empty() || divisions.contains(&world.divisions[division].id.as_str())
    };
    who.memberships.iter().filter(is_wanted).copied().collect()
}
