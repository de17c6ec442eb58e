//! `/api/v2/routing/queues/{queueId}/members`: who serves a queue

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, patch},
};
use protocol::UserId;
use serde::{Deserialize, Serialize};

use super::{
    Query, TypedBody,
    body::{Expand, RoutingStatusBody, UserBody},
    page::Page,
};
use crate::{
    audit::{
        Author, Deed,
        deed::{self, Member},
    },
    refusal::Refusal,
    shared::Shared,
    world::{
        AbilityKind, AgentIx, Definition, MemberBy, Membership, QueueIx, RoutingStatus, SystemPresence, World,
    },
};

/// A page of members, and members that one call may name. Source: RoutingApi, getRoutingQueueMembers.
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

impl<'a> MemberBody<'a> {
    fn of(world: &'a World, agent: AgentIx, membership: &Membership, expand: Expand) -> Self {
        let who = &world.agents[agent.0];
        Self {
            id: &who.id,
            name: &who.name,
            user: UserBody::of(world, agent, expand),
            ring_number: membership.ring,
            joined: membership.joined,
            member_by: membership.by.as_str(),
            routing_status: expand.routing_status.then(|| RoutingStatusBody::of(who)),
            self_uri: format!(
                "/api/v2/routing/queues/{}/members/{}",
                world.queues[membership.queue.0].id, who.id
            ),
        }
    }
}

/// The routes of members, and their deprecated twins.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/api/v2/routing/queues/{queueId}/members",
            get(get_members).post(post_members).patch(patch_members),
        )
        .route(
            "/api/v2/routing/queues/{queueId}/members/{memberId}",
            patch(patch_member).delete(delete_member),
        )
        .route(
            "/api/v2/routing/queues/{queueId}/users",
            get(get_queue_users).post(post_members).patch(patch_queue_users),
        )
        .route("/api/v2/routing/queues/{queueId}/users/{memberId}", patch(patch_member).delete(delete_member))
}

/// `GET /api/v2/routing/queues/{queueId}/members`: sorted by name, paging without a total.
async fn get_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let expand = Expand::of(&query.list("expand"));
    let by_user = match query.text("memberBy") {
        None => None,
        Some("user") => Some(true),
        Some("group") => Some(false),
        Some(_) => return Err(Refusal::invalid_value("memberBy: expected user or group")),
    };
    let state = shared.enter();
    let world = &state.world;
    let mut asked = asked_members(world, &id, &query)?;
    asked
        .retain(|(_, membership)| by_user.is_none_or(|by_user| by_user == (membership.by == MemberBy::User)));
    let listing = page.without_total(&query, &asked, |(agent, membership)| {
        MemberBody::of(world, *agent, membership, expand)
    });
    Ok(Json(listing).into_response())
}

/// `GET /api/v2/routing/queues/{queueId}/users`, deprecated: the same with a total.
async fn get_queue_users(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let expand = Expand::of(&query.list("expand"));
    let state = shared.enter();
    let world = &state.world;
    let asked = asked_members(world, &id, &query)?;
    let listing = page
        .with_total(&query, &asked, |(agent, membership)| MemberBody::of(world, *agent, membership, expand));
    Ok(Json(listing).into_response())
}

fn asked_members(world: &World, id: &str, query: &Query) -> Result<Vec<(AgentIx, Membership)>, Refusal> {
    let joined = query.flag("joined")?;
    let descending = query.is_descending()?;
    let queue = find_queue(world, id)?;
    check_wanted(world, query)?;
    let mut asked: Vec<(AgentIx, Membership)> = world.queues[queue.0]
        .members
        .iter()
        .filter_map(|agent| Some((*agent, world.agents[agent.0].membership(queue)?)))
        .filter(|(agent, membership)| {
            joined.is_none_or(|joined| joined == membership.joined) && is_wanted(world, *agent, query)
        })
        .collect();
    asked.sort_by(|(a, _), (b, _)| world.agents[a.0].name.cmp(&world.agents[b.0].name));
    if descending {
        asked.reverse();
    }
    Ok(asked)
}

/// A user who is to be added or removed.
#[derive(Deserialize)]
struct WritableEntity {
    id: String,
}

/// `POST /api/v2/routing/queues/{queueId}/members?delete=`: adds up to 100 users, or removes them;
/// answers nothing. Who is a member already stays one, and who is none is not missed.
async fn post_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
    author: Author,
    TypedBody(users): TypedBody<Vec<WritableEntity>>,
) -> Result<StatusCode, Refusal> {
    let removes = query.flag("delete")?.unwrap_or(false);
    check_count(users.len())?;
    let mut state = shared.enter();
    let queue = find_queue(&state.world, &id)?;
    // All are found before the first is written, so that a refused call changes nothing.
    let mut agents = Vec::with_capacity(users.len());
    for user in &users {
        let agent = state.world.user(&user.id);
        let agent = agent.ok_or_else(|| malformed(format!("id: there is no user {}", user.id)))?;
        not_by_group(&state.world, agent, queue)?;
        let is_member = state.world.agents[agent.0].membership(queue).is_some();
        if is_member && !removes && shared.config.answers.member_added_again_is_refused {
            return Err(malformed(format!("id: {} is a member of the queue already", user.id)));
        }
        agents.push(agent);
    }
    let mut deeds = Vec::new();
    for agent in agents {
        let (is_new, became) = if removes {
            (state.world.remove_member(agent, queue), Member::Removed)
        } else {
            (state.world.add_member(agent, queue, MemberBy::User), Member::Added)
        };
        if is_new {
            deeds.extend(deed::member(&shared.config.answers, &state.world, queue, agent, became));
        }
    }
    state.tell();
    state.audit(&author, deeds);
    Ok(StatusCode::OK)
}

/// Whether a member joins; more is passed over.
#[derive(Deserialize)]
pub(super) struct JoinBody {
    /// Of the user, or of the queue where the user is the one in the path.
    pub(super) id: String,
    pub(super) joined: bool,
}

/// `PATCH /api/v2/routing/queues/{queueId}/members`: takes effect later; who is no member, or is one
/// by group, is dropped in silence.
async fn patch_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
    author: Author,
    TypedBody(bodies): TypedBody<Vec<JoinBody>>,
) -> Result<Response, Refusal> {
    patch_many(&shared, &author, (&id, &query), &bodies, false)
}

/// `PATCH /api/v2/routing/queues/{queueId}/users`, deprecated: the same with a total.
async fn patch_queue_users(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
    author: Author,
    TypedBody(bodies): TypedBody<Vec<JoinBody>>,
) -> Result<Response, Refusal> {
    patch_many(&shared, &author, (&id, &query), &bodies, true)
}

fn patch_many(
    shared: &Shared,
    author: &Author,
    (id, query): (&str, &Query),
    bodies: &[JoinBody],
    with_total: bool,
) -> Result<Response, Refusal> {
    check_count(bodies.len())?;
    let delay_ms = whole_ms(shared.config.member_patch_delay);
    let mut state = shared.enter();
    let queue = find_queue(&state.world, id)?;
    let (mut members, mut deeds) = (Vec::with_capacity(bodies.len()), Vec::new());
    for body in bodies {
        let Some(agent) = state.world.user(&body.id) else { continue };
        let is = state.world.agents[agent.0].membership(queue);
        if is.is_some_and(|membership| membership.by != MemberBy::User) {
            continue;
        }
        deeds.extend(joining(shared, &state.world, queue, agent, body.joined));
        state.world.join_later(agent, queue, body.joined, delay_ms);
        members.push(agent);
    }
    state.tell();
    state.audit(author, deeds);
    let world = &state.world;
    let are: Vec<(AgentIx, Membership)> = members
        .into_iter()
        .filter_map(|agent| Some((agent, world.agents[agent.0].membership(queue)?)))
        .collect();
    let body = |(agent, membership): &(AgentIx, Membership)| {
        MemberBody::of(world, *agent, membership, Expand::default())
    };
    let page = Page::first(PAGE_MAX);
    let listing =
        if with_total { page.with_total(query, &are, body) } else { page.without_total(query, &are, body) };
    Ok(Json(listing).into_response())
}

/// What changes of one member: one of the two.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MemberPatch {
    joined: Option<bool>,
    ring_number: Option<u8>,
}

/// `PATCH /api/v2/routing/queues/{queueId}/members/{memberId}`: joins, leaves, or moves to a ring.
async fn patch_member(
    State(shared): State<Arc<Shared>>,
    Path((id, member)): Path<(String, String)>,
    author: Author,
    TypedBody(body): TypedBody<MemberPatch>,
) -> Result<StatusCode, Refusal> {
    let mut state = shared.enter();
    let (agent, queue) = find_member(&shared, &state.world, &id, &member)?;
    let deeds = match (body.joined, body.ring_number) {
        (Some(joined), None) => {
            let deeds = joining(&shared, &state.world, queue, agent, joined);
            let delay_ms = whole_ms(shared.config.member_patch_delay);
            state.world.join_later(agent, queue, joined, delay_ms);
            deeds
        }
        (None, Some(ring)) => {
            let rings = state.world.queues[queue.0].rings;
            if !(1..=rings).contains(&ring) {
                return Err(malformed(format!("ringNumber: this queue has the rings 1 to {rings}")));
            }
            let was = state.world.agents[agent.0].membership(queue).map_or(ring, |is| is.ring);
            state.world.set_ring(agent, queue, ring);
            let became = Member::Ring { was, is: ring };
            deed::member(&shared.config.answers, &state.world, queue, agent, became)
        }
        (None, None) | (Some(_), Some(_)) => return Err(malformed("expected either joined or ringNumber")),
    };
    state.tell();
    state.audit(&author, deeds);
    Ok(StatusCode::OK)
}

/// `DELETE /api/v2/routing/queues/{queueId}/members/{memberId}`
async fn delete_member(
    State(shared): State<Arc<Shared>>,
    Path((id, member)): Path<(String, String)>,
    author: Author,
) -> Result<StatusCode, Refusal> {
    let mut state = shared.enter();
    let (agent, queue) = find_member(&shared, &state.world, &id, &member)?;
    state.world.remove_member(agent, queue);
    let deeds = deed::member(&shared.config.answers, &state.world, queue, agent, Member::Removed);
    state.tell();
    state.audit(&author, deeds);
    Ok(StatusCode::OK)
}

/// What is audited of a call to join or leave: told when it is accepted, although it takes effect later.
pub(super) fn joining(
    shared: &Shared,
    world: &World,
    queue: QueueIx,
    agent: AgentIx,
    joins: bool,
) -> Vec<Deed> {
    let was = world.will_be_joined(agent, queue);
    was.map_or_else(Vec::new, |was| {
        deed::member(&shared.config.answers, world, queue, agent, Member::Joined { was, is: joins })
    })
}

/// A member who may be managed; one who was just added is not found yet.
fn find_member(
    shared: &Shared,
    world: &World,
    queue: &str,
    user: &str,
) -> Result<(AgentIx, QueueIx), Refusal> {
    let queue = find_queue(world, queue)?;
    let hidden_ms = whole_ms(shared.config.member_hidden_for);
    let agent = world.user(user).filter(|agent| {
        let membership = world.agents[agent.0].membership(queue);
        membership.is_some_and(|is| is.added.is_none_or(|added| world.now.ms_since(added) >= hidden_ms))
    });
    let agent = agent.ok_or_else(|| Refusal::not_found("The member"))?;
    not_by_group(world, agent, queue)?;
    Ok((agent, queue))
}

fn not_by_group(world: &World, agent: AgentIx, queue: QueueIx) -> Result<(), Refusal> {
    match world.agents[agent.0].membership(queue).map(|membership| membership.by) {
        Some(MemberBy::UserGroup(group)) => Err(malformed(format!(
            "{} is a member through the group {}, and is added and removed with the group",
            world.agents[agent.0].id, world.groups[group].id
        ))),
        Some(MemberBy::User) | None => Ok(()),
    }
}

fn find_queue(world: &World, id: &str) -> Result<QueueIx, Refusal> {
    world.queue(id).ok_or_else(|| Refusal::not_found("The queue"))
}

fn check_count(count: usize) -> Result<(), Refusal> {
    if count > PAGE_MAX {
        return Err(malformed(format!("expected at most {PAGE_MAX} users a call, not {count}")));
    }
    Ok(())
}

/// 400 as members answer it.
pub(super) fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "general.bad.request", message)
}

/// A time as the world counts it.
pub(super) fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Refuses routing statuses and presences that nobody can have.
fn check_wanted(world: &World, query: &Query) -> Result<(), Refusal> {
    let statuses = RoutingStatus::ALL.map(RoutingStatus::as_str);
    let is_status = |wanted: &str| statuses.iter().any(|is| is.eq_ignore_ascii_case(wanted));
    if !query.list("routingStatus").into_iter().all(is_status) {
        let message = format!("routingStatus: expected some of {}", statuses.join(", "));
        return Err(Refusal::invalid_value(message));
    }
    let is_presence = |wanted: &str| world.definitions.iter().any(|is| is_called(is, wanted));
    if !query.list("presence").into_iter().all(is_presence) {
        let names = SystemPresence::ALL.map(SystemPresence::spaced).join(", ");
        let message = format!("presence: expected ids of presence definitions, or some of {names}");
        return Err(Refusal::invalid_value(message));
    }
    Ok(())
}

/// Whether the definition is the one of this id, or of the system presence of this name in any spelling.
fn is_called(definition: &Definition, name: &str) -> bool {
    let system = definition.system;
    let names = [definition.id.as_str(), system.spaced(), system.compact(), system.shouted()];
    names.iter().any(|is| is.eq_ignore_ascii_case(name))
}

fn is_wanted(world: &World, agent: AgentIx, query: &Query) -> bool {
    let who = &world.agents[agent.0];
    let definition = world.definition_of(agent);
    let (statuses, presences) = (query.list("routingStatus"), query.list("presence"));
    let is_status = |status: &&str| status.eq_ignore_ascii_case(who.routing.status.as_str());
    let is_presence = |presence: &&str| is_called(definition, presence);
    let has = |kind: AbilityKind, wanted: &[&str]| {
        wanted.iter().all(|wanted| {
            who.abilities(kind).all().iter().any(|ability| {
                let subject = &world.subjects(kind)[ability.subject];
                ability.active && (subject.id == *wanted || subject.name.eq_ignore_ascii_case(wanted))
            })
        })
    };
    has(AbilityKind::Skill, &query.list("skills"))
        && has(AbilityKind::Language, &query.list("languages"))
        && query.list("profileSkills").is_empty()
        && (statuses.is_empty() || statuses.iter().any(is_status))
        && (presences.is_empty() || presences.iter().any(is_presence))
        && query.text("name").is_none_or(|name| who.name.to_lowercase().contains(&name.to_lowercase()))
}
