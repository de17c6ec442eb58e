//! `/api/v2/routing/queues/{queueId}/members`

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use protocol::UserId;
use serde::Serialize;

use super::{
    Query,
    body::{Expand, RoutingStatusBody, UserBody},
    page::Page,
};
use crate::{
    refusal::Refusal,
    shared::Shared,
    world::{AgentIx, Membership, QueueIx, World},
};

/// A page of members. Source: RoutingApi, getRoutingQueueMembers.
const PAGE_MAX: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberBody<'a> {
    id: &'a UserId,
    name: &'a str,
    user: UserBody<'a>,
    ring_number: u8,
    joined: bool,
    member_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_status: Option<RoutingStatusBody<'a>>,
    self_uri: String,
}

/// `GET /api/v2/routing/queues/{queueId}/members`: paging without a total.
pub(super) async fn get_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let expand = Expand::of(&query.list("expand"));
    let joined = query.flag("joined")?;
    let by_user = match query.text("memberBy") {
        None | Some("user") => true,
        Some("group") => false,
        Some(_) => return Err(Refusal::invalid_value("memberBy: expected user or group")),
    };
    let state = shared.enter();
    let world = &state.world;
    let queue = world.queue(&id).ok_or_else(|| Refusal::not_found("The queue"))?;
    let asked: Vec<(AgentIx, Membership)> = world.queues[queue.0]
        .members
        .iter()
        .filter_map(|agent| Some((*agent, membership(world, *agent, queue)?)))
        .filter(|(agent, membership)| {
            by_user
                && joined.is_none_or(|joined| joined == membership.joined)
                && is_wanted(world, *agent, &query)
        })
        .collect();
    let listing = page.without_total(&query, &asked, |(agent, membership)| {
        let who = &world.agents[agent.0];
        MemberBody {
            id: &who.id,
            name: &who.name,
            user: UserBody::of(world, *agent, expand),
            ring_number: 1,
            joined: membership.joined,
            member_by: "user",
            routing_status: expand.routing_status.then(|| RoutingStatusBody::of(who)),
            self_uri: format!("/api/v2/routing/queues/{}/members/{}", world.queues[queue.0].id, who.id),
        }
    });
    Ok(Json(listing).into_response())
}

fn membership(world: &World, agent: AgentIx, queue: QueueIx) -> Option<Membership> {
    world.agents[agent.0].memberships.iter().find(|membership| membership.queue == queue).copied()
}

fn is_wanted(world: &World, agent: AgentIx, query: &Query) -> bool {
    let who = &world.agents[agent.0];
    let definition = world.definition_of(agent);
    let (statuses, presences) = (query.list("routingStatus"), query.list("presence"));
    let is_status = |status: &&str| status.eq_ignore_ascii_case(who.routing.status.as_str());
    let is_presence = |presence: &&str| {
        *presence == definition.id.as_str()
            || presence.eq_ignore_ascii_case(definition.system.spaced())
            || presence.eq_ignore_ascii_case(definition.system.compact())
            || presence.eq_ignore_ascii_case(definition.system.shouted())
    };
    (statuses.is_empty() || statuses.iter().any(is_status))
        && (presences.is_empty() || presences.iter().any(is_presence))
        && query.text("name").is_none_or(|name| who.name.to_lowercase().contains(&name.to_lowercase()))
}
