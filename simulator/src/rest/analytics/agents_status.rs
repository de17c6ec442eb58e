//! `agents/status/query` and `/counts`, and one agent's status: what agents are doing, with their
//! conversations and how they keep to their schedules.

mod body;
mod user_filter;

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use self::{
    body::{AgentStatus, Session, sessions_of},
    user_filter::UserDimension,
};
use super::{Order, candidates, filter::Filter};
use crate::{
    refusal::Refusal,
    rest::{Query, TypedBody},
    shared::Shared,
    world::{AgentIx, RoutingStatus, World, adherence::category_of},
};

/// The query answers so many agents and no more. Source: description of the call, "top 50".
const AGENTS_MAX: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::rest) struct Question {
    user_filter: Option<Filter<UserDimension>>,
    session_filter: Option<Filter<SessionDimension>>,
    #[serde(default)]
    user_order_by: UserOrderBy,
    #[serde(default)]
    user_order: Order,
    #[serde(default)]
    session_order_by: SessionOrderBy,
    #[serde(default)]
    session_order: Order,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::rest) struct CountsQuestion {
    user_filter: Option<Filter<UserDimension>>,
    session_filter: Option<Filter<SessionDimension>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SessionDimension {
    MediaType,
    OriginatingDirection,
    RequestedLanguageId,
    RequestedRoutingSkillId,
    RoutedQueueId,
    SegmentType,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum UserOrderBy {
    #[default]
    UserName,
    SegmentStart,
    SessionStart,
    PresenceDate,
    RoutingStatusDate,
    SystemPresence,
    RoutingStatus,
    OrganizationPresenceId,
    AdherenceDate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SessionOrderBy {
    #[default]
    SegmentStart,
    SessionStart,
}

#[derive(Serialize)]
struct Answer<'a> {
    entities: Vec<AgentStatus<'a>>,
}

/// `POST /api/v2/analytics/agents/status/query`
pub(in crate::rest) async fn post_query(
    State(shared): State<Arc<Shared>>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let mut found = agents_of(world, question.user_filter.as_ref(), question.session_filter.as_ref())?;
    let mut order = |one: &(AgentIx, Vec<Session<'_>>), other: &(AgentIx, Vec<Session<'_>>)| {
        let order = question.user_order_by.compare(world, one, other);
        let order = if question.user_order == Order::Desc { order.reverse() } else { order };
        order.then(one.0.cmp(&other.0))
    };
    if found.len() > AGENTS_MAX {
        found.select_nth_unstable_by(AGENTS_MAX, &mut order);
        found.truncate(AGENTS_MAX);
    }
    found.sort_by(order);
    let entities = found
        .into_iter()
        .map(|(agent, mut sessions)| {
            sessions.sort_by_key(|session| match question.session_order_by {
                SessionOrderBy::SegmentStart => session.segment_start,
                SessionOrderBy::SessionStart => session.session_start,
            });
            if question.session_order == Order::Desc {
                sessions.reverse();
            }
            AgentStatus::of(world, agent, sessions)
        })
        .collect();
    Ok(Json(Answer { entities }).into_response())
}

/// `GET /api/v2/analytics/agents/{userId}/status`
pub(in crate::rest) async fn get_status(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let agent = world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    Ok(Json(AgentStatus::of(world, agent, sessions_of(world, agent))).into_response())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    segment_counts: Option<Vec<SegmentCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_counts: Option<Vec<PresenceCount<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_status_counts: Option<Vec<RoutingStatusCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_out_of_office_counts: Option<Vec<OutOfOfficeCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adherence_state_counts: Option<Vec<AdherenceCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_activity_category_counts: Option<Vec<CategoryCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual_activity_category_counts: Option<Vec<CategoryCount>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SegmentCount {
    segment_type: &'static str,
    count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PresenceCount<'a> {
    system_presence: &'static str,
    organization_presence_id: &'a str,
    count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoutingStatusCount {
    routing_status: &'static str,
    count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutOfOfficeCount {
    is_out_of_office: bool,
    count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AdherenceCount {
    adherence_state: &'static str,
    count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CategoryCount {
    activity_category: &'static str,
    count: usize,
}

/// `POST /api/v2/analytics/agents/status/counts`: all counts, unless groupBy names some. Absent
/// means zero.
pub(in crate::rest) async fn post_counts(
    State(shared): State<Arc<Shared>>,
    query: Query,
    TypedBody(question): TypedBody<CountsQuestion>,
) -> Result<Response, Refusal> {
    const KNOWN: [&str; 4] = ["segmentType", "presence", "routingStatus", "isOutOfOffice"];
    let group_by = query.list("groupBy");
    if group_by.iter().any(|name| !KNOWN.contains(name)) {
        return Err(Refusal::invalid_value(format!("groupBy: expected some of {}", KNOWN.join(", "))));
    }
    let wants = |name| group_by.is_empty() || group_by.contains(&name);
    let state = shared.enter();
    let world = &state.world;
    let found = agents_of(world, question.user_filter.as_ref(), question.session_filter.as_ref())?;
    let mut segments: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut presences: BTreeMap<usize, usize> = BTreeMap::new();
    let mut statuses: BTreeMap<RoutingStatus, usize> = BTreeMap::new();
    let mut absent: BTreeMap<bool, usize> = BTreeMap::new();
    let mut adherences: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut scheduled: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut actual: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (agent, sessions) in &found {
        let adherence = world.adherence(*agent);
        *absent.entry(world.agents[agent.0].out_of_office.active).or_default() += 1;
        *adherences.entry(adherence.state.as_str()).or_default() += 1;
        *scheduled.entry(category_of(adherence.scheduled).as_str()).or_default() += 1;
        *actual.entry(adherence.actual.as_str()).or_default() += 1;
        let who = &world.agents[agent.0];
        *presences.entry(who.presence.definition.0).or_default() += 1;
        *statuses.entry(who.routing.status).or_default() += 1;
        for session in sessions {
            *segments.entry(session.segment_type).or_default() += 1;
        }
    }
    let counts = Counts {
        segment_counts: wants("segmentType").then(|| {
            segments.into_iter().map(|(segment_type, count)| SegmentCount { segment_type, count }).collect()
        }),
        presence_counts: wants("presence").then(|| {
            let of = |(definition, count): (usize, usize)| {
                let definition = &world.definitions[definition];
                PresenceCount {
                    system_presence: definition.system.shouted(),
                    organization_presence_id: definition.id.as_str(),
                    count,
                }
            };
            presences.into_iter().map(of).collect()
        }),
        routing_status_counts: wants("routingStatus").then(|| {
            let of = |(status, count): (RoutingStatus, usize)| RoutingStatusCount {
                routing_status: status.as_str(),
                count,
            };
            statuses.into_iter().map(of).collect()
        }),
        is_out_of_office_counts: wants("isOutOfOffice").then(|| {
            let of = |(is_out_of_office, count)| OutOfOfficeCount { is_out_of_office, count };
            absent.into_iter().map(of).collect()
        }),
        // groupBy has no names for these: they come when it names none.
        adherence_state_counts: group_by.is_empty().then(|| {
            let of = |(adherence_state, count)| AdherenceCount { adherence_state, count };
            adherences.into_iter().map(of).collect()
        }),
        scheduled_activity_category_counts: group_by.is_empty().then(|| categories(scheduled)),
        actual_activity_category_counts: group_by.is_empty().then(|| categories(actual)),
    };
    Ok(Json(counts).into_response())
}

fn categories(counts: BTreeMap<&'static str, usize>) -> Vec<CategoryCount> {
    let of = |(activity_category, count)| CategoryCount { activity_category, count };
    counts.into_iter().map(of).collect()
}

/// The agents whom the filters let through, with those of their sessions that pass. With a filter of
/// sessions only agents who have one.
fn agents_of<'a>(
    world: &'a World,
    users: Option<&Filter<UserDimension>>,
    sessions: Option<&Filter<SessionDimension>>,
) -> Result<Vec<(AgentIx, Vec<Session<'a>>)>, Refusal> {
    let asked: Vec<AgentIx> = match users {
        None => world.people().collect(),
        Some(filter) => {
            filter.check()?;
            let passes = |agent: &AgentIx| {
                filter.lets_through(|&dimension, value| user_filter::is(world, *agent, dimension, value))
            };
            let asked = candidates(world, filter, |dimension| *dimension == UserDimension::UserId);
            asked.into_iter().filter(passes).collect()
        }
    };
    let of = |agent| (agent, sessions_of(world, agent));
    let Some(filter) = sessions else { return Ok(asked.into_iter().map(of).collect()) };
    filter.check()?;
    let mut found = Vec::new();
    for agent in asked {
        let mut of_agent = sessions_of(world, agent);
        of_agent.retain(|session| filter.lets_through(|dimension, value| dimension.is(session, value)));
        if !of_agent.is_empty() {
            found.push((agent, of_agent));
        }
    }
    Ok(found)
}

impl SessionDimension {
    fn is(self, session: &Session<'_>, value: Option<&str>) -> bool {
        let text = match self {
            Self::MediaType => session.media_type,
            Self::OriginatingDirection => session.originating_direction,
            Self::RoutedQueueId => session.routed_queue_id.as_str(),
            Self::SegmentType => session.segment_type,
            // Conversations of this world ask for neither language nor skill.
            Self::RequestedLanguageId | Self::RequestedRoutingSkillId => return false,
        };
        value.is_none_or(|value| value.eq_ignore_ascii_case(text))
    }
}

impl UserOrderBy {
    /// Agents without a session come last.
    fn compare(
        self,
        world: &World,
        one: &(AgentIx, Vec<Session<'_>>),
        other: &(AgentIx, Vec<Session<'_>>),
    ) -> Ordering {
        let (a, b) = (&world.agents[one.0.0], &world.agents[other.0.0]);
        let (a_definition, b_definition) = (world.definition_of(one.0), world.definition_of(other.0));
        let first = |start: fn(&Session<'_>) -> protocol::Timestamp| {
            let of = |sessions: &[Session<'_>]| {
                let first = sessions.iter().map(start).min();
                (first.is_none(), first)
            };
            of(&one.1).cmp(&of(&other.1))
        };
        match self {
            Self::UserName => a.name.cmp(&b.name),
            Self::SegmentStart => first(|session| session.segment_start),
            Self::SessionStart => first(|session| session.session_start),
            Self::PresenceDate => a.presence.modified.cmp(&b.presence.modified),
            Self::RoutingStatusDate => a.routing.start.cmp(&b.routing.start),
            Self::SystemPresence => a_definition.system.shouted().cmp(b_definition.system.shouted()),
            Self::RoutingStatus => a.routing.status.as_str().cmp(b.routing.status.as_str()),
            Self::OrganizationPresenceId => a_definition.id.as_str().cmp(b_definition.id.as_str()),
            Self::AdherenceDate => world.adherence(one.0).since.cmp(&world.adherence(other.0).since),
        }
    }
}
