//! `routing/`, `teams/` and `users/activity/query`: who is where at this moment, by queue, by team
//! and by user, and on demand each of them with presence and routing status.

mod body;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use protocol::{QueueId, UserId};
use serde::Deserialize;

use self::body::{Answer, Data, Entity, Group, MetricValue};
use super::{Order, candidates, cut_to_ends, filter::Filter};
use crate::{
    config::Answers,
    refusal::Refusal,
    rest::{Query, TypedBody, page::Page},
    shared::Shared,
    world::{Agent, AgentIx, Membership, QueueIx, SystemPresence, World},
};

/// Groups of a page.
const PAGE_MAX: usize = 100;
/// Entities that a group shows; beyond it the oldest half and the newest half.
const ENTITIES_MAX: usize = 100;

/// What is asked. The three queries differ in metrics and in what they group by.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::rest) struct Question<Metric, By> {
    metrics: Vec<Asked<Metric>>,
    group_by: Vec<By>,
    filter: Option<Filter<Dimension>>,
    #[serde(default)]
    order: Order,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked<Metric> {
    metric: Metric,
    #[serde(default)]
    details: bool,
}

#[derive(Clone, Copy, Deserialize)]
pub(in crate::rest) enum RoutingMetric {
    #[serde(rename = "oActiveUsers")]
    Active,
    #[serde(rename = "oMemberUsers")]
    Member,
    #[serde(rename = "oOffQueueUsers")]
    OffQueue,
    #[serde(rename = "oOnQueueUsers")]
    OnQueue,
    #[serde(rename = "oUserPresences")]
    Presences,
    #[serde(rename = "oUserRoutingStatuses")]
    RoutingStatuses,
}

#[derive(Clone, Copy, Deserialize)]
pub(in crate::rest) enum TeamMetric {
    #[serde(rename = "oTeamOffQueueUsers")]
    OffQueue,
    #[serde(rename = "oTeamOnQueueUsers")]
    OnQueue,
    #[serde(rename = "oTeamPresences")]
    Presences,
    #[serde(rename = "oTeamRoutingStatuses")]
    RoutingStatuses,
}

#[derive(Clone, Copy, Deserialize)]
pub(in crate::rest) enum UserMetric {
    #[serde(rename = "oActiveQueues")]
    Active,
    #[serde(rename = "oMemberQueues")]
    Member,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::rest) enum ByQueue {
    QueueId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::rest) enum ByTeam {
    TeamId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::rest) enum ByUser {
    UserId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Dimension {
    OrganizationPresenceId,
    PresenceDate,
    QueueId,
    QueueMembershipStatus,
    RoutingStatus,
    RoutingStatusDate,
    SystemPresence,
    TeamId,
    UserId,
}

/// What is counted of users, in a queue or a team.
#[derive(Clone, Copy)]
enum Count {
    All,
    Active,
    OffQueue,
    OnQueue,
    Presences,
    RoutingStatuses,
}

/// A user, and as member of which queue.
#[derive(Clone, Copy)]
struct Row(AgentIx, Option<Membership>);

/// `POST /api/v2/analytics/routing/activity/query`
pub(in crate::rest) async fn post_routing(
    State(shared): State<Arc<Shared>>,
    query: Query,
    TypedBody(question): TypedBody<Question<RoutingMetric, ByQueue>>,
) -> Result<Response, Refusal> {
    let page = question.check(&query)?;
    let counts: Vec<(&'static str, Count, bool)> = question.asked(RoutingMetric::count);
    let state = shared.enter();
    let world = &state.world;
    let queues = question.page(page, question.queues(world));
    let answers = &shared.config.answers;
    let results = queues.into_iter().map(|queue| {
        let group = Group::Queue { queue_id: &world.queues[queue.0].id };
        let rows: Vec<Row> = question.members(world, queue).collect();
        count(world, answers, question.order, group, &rows, &counts)
    });
    Ok(Json(Answer { results: results.collect(), entity_id_dimension: "userId" }).into_response())
}

/// `POST /api/v2/analytics/teams/activity/query`
pub(in crate::rest) async fn post_teams(
    State(shared): State<Arc<Shared>>,
    query: Query,
    TypedBody(question): TypedBody<Question<TeamMetric, ByTeam>>,
) -> Result<Response, Refusal> {
    let page = question.check(&query)?;
    let counts: Vec<(&'static str, Count, bool)> = question.asked(TeamMetric::count);
    let state = shared.enter();
    let world = &state.world;
    let mut teams: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
    for agent in question.candidates(world) {
        if let Some(team) = world.agents[agent.0].team
            && question.lets_through(world, Row(agent, None))
        {
            teams.entry(team).or_default().push(Row(agent, None));
        }
    }
    let groups = teams
        .into_iter()
        .filter_map(|(team, rows)| Some((Group::Team { team_id: &world.teams.get(team)?.id }, rows)));
    let data = question.page(page, groups.collect());
    let answers = &shared.config.answers;
    let results =
        data.into_iter().map(|(group, rows)| count(world, answers, question.order, group, &rows, &counts));
    Ok(Json(Answer { results: results.collect(), entity_id_dimension: "userId" }).into_response())
}

/// `POST /api/v2/analytics/users/activity/query`
pub(in crate::rest) async fn post_users(
    State(shared): State<Arc<Shared>>,
    query: Query,
    TypedBody(question): TypedBody<Question<UserMetric, ByUser>>,
) -> Result<Response, Refusal> {
    let page = question.check(&query)?;
    let state = shared.enter();
    let world = &state.world;
    let mut users = question.candidates(world);
    if question.filter.is_some() {
        users.retain(|user| !question.rows_of(world, *user).is_empty());
    }
    let results = question.page(page, users).into_iter().map(|user| question.user(world, user)).collect();
    Ok(Json(Answer { results, entity_id_dimension: "queueId" }).into_response())
}

impl<Metric: Copy, By> Question<Metric, By> {
    fn check(&self, query: &Query) -> Result<Page, Refusal> {
        if self.metrics.is_empty() || self.group_by.is_empty() {
            return Err(Refusal::bad_request("metrics, groupBy: expected at least one of each"));
        }
        if let Some(filter) = &self.filter {
            filter.check()?;
        }
        Page::of(query, PAGE_MAX)
    }

    fn asked(&self, count: impl Fn(Metric) -> (&'static str, Count)) -> Vec<(&'static str, Count, bool)> {
        let of = |asked: &Asked<Metric>| {
            let (name, count) = count(asked.metric);
            (name, count, asked.details)
        };
        self.metrics.iter().map(of).collect()
    }

    /// The groups of a page, in the order that is asked for.
    fn page<T: Clone>(&self, page: Page, mut groups: Vec<T>) -> Vec<T> {
        if self.order == Order::Desc {
            groups.reverse();
        }
        page.of_list(&groups).to_vec()
    }

    fn candidates(&self, world: &World) -> Vec<AgentIx> {
        match &self.filter {
            Some(filter) => candidates(world, filter, |dimension| *dimension == Dimension::UserId),
            None => world.people().collect(),
        }
    }

    /// The queues with members whom the filter lets through; when it names queues, only these are
    /// looked at.
    fn queues(&self, world: &World) -> Vec<QueueIx> {
        let is_queue_id = |dimension: &Dimension| *dimension == Dimension::QueueId;
        let named = self.filter.as_ref().and_then(|filter| filter.only_values(is_queue_id));
        let mut queues: BTreeSet<QueueIx> = match named {
            Some(ids) => ids.into_iter().filter_map(|id| world.queue(id)).collect(),
            None => (0..world.queues.len()).map(QueueIx).collect(),
        };
        queues.retain(|queue| self.members(world, *queue).next().is_some());
        queues.into_iter().collect()
    }

    /// The members of a queue whom the filter lets through.
    fn members<'a>(&'a self, world: &'a World, queue: QueueIx) -> impl Iterator<Item = Row> + 'a {
        let of_queue = move |agent: &AgentIx| {
            let memberships = &world.agents[agent.0].memberships;
            let membership = memberships.iter().find(|membership| membership.queue == queue)?;
            Some(Row(*agent, Some(*membership)))
        };
        let members = world.queues[queue.0].members.iter();
        members.filter_map(of_queue).filter(|row| self.lets_through(world, *row))
    }

    fn lets_through(&self, world: &World, row: Row) -> bool {
        let who = &world.agents[row.0.0];
        self.filter.as_ref().is_none_or(|filter| {
            filter.lets_through(|&dimension, value| match row.1 {
                Some(membership) => is(world, who, membership, dimension, value),
                None if matches!(dimension, Dimension::QueueId | Dimension::QueueMembershipStatus) => {
                    who.memberships.iter().any(|membership| is(world, who, *membership, dimension, value))
                }
                None => is_user(world, who, dimension, value),
            })
        })
    }

    /// The queues of a user that the filter lets through; a user without any counts as one.
    fn rows_of(&self, world: &World, user: AgentIx) -> Vec<Row> {
        let memberships = &world.agents[user.0].memberships;
        let rows = memberships.iter().map(|membership| Row(user, Some(*membership)));
        let alone = memberships.is_empty().then_some(Row(user, None));
        rows.chain(alone).filter(|row| self.lets_through(world, *row)).collect()
    }
}

impl<By> Question<UserMetric, By> {
    fn user<'a>(&self, world: &'a World, user: AgentIx) -> Data<'a> {
        let rows = self.rows_of(world, user);
        let mut data = Vec::new();
        let mut details = false;
        for asked in &self.metrics {
            let (metric, joined_only) = match asked.metric {
                UserMetric::Active => ("oActiveQueues", true),
                UserMetric::Member => ("oMemberQueues", false),
            };
            let queues: Vec<&QueueId> = rows
                .iter()
                .filter_map(|row| row.1)
                .filter(|membership| membership.joined || !joined_only)
                .map(|membership| &world.queues[membership.queue.0].id)
                .collect();
            details |= asked.details;
            if !queues.is_empty() {
                let ids = queues.iter().map(|queue| queue.as_str());
                let entity_ids = if asked.details { ids.collect() } else { Vec::new() };
                data.push(MetricValue {
                    metric,
                    qualifier: None,
                    secondary_qualifier: None,
                    entity_ids,
                    count: queues.len(),
                });
            }
        }
        let shown: &[Row] = if details { &rows } else { &[] };
        let (entities, truncated) = entities(world, self.order, shown);
        Data { group: Group::User { user_id: &world.agents[user.0].id }, data, truncated, entities }
    }
}

/// The numbers of a group of users.
fn count<'a>(
    world: &'a World,
    answers: &Answers,
    order: Order,
    group: Group<'a>,
    rows: &[Row],
    counts: &[(&'static str, Count, bool)],
) -> Data<'a> {
    let mut data = Vec::new();
    let mut shown: BTreeMap<AgentIx, Row> = BTreeMap::new();
    for (metric, count, details) in counts {
        type Key<'a> = (Option<&'a str>, Option<&'a str>);
        let mut found: BTreeMap<Key<'a>, Vec<&'a UserId>> = BTreeMap::new();
        for row in rows {
            let who = &world.agents[row.0.0];
            if let Some(key) = count.qualifiers(world, answers, who, row.1) {
                found.entry(key).or_default().push(&who.id);
                if *details {
                    shown.insert(row.0, *row);
                }
            }
        }
        data.extend(found.into_iter().map(|((qualifier, secondary_qualifier), users)| MetricValue {
            metric,
            qualifier,
            secondary_qualifier,
            count: users.len(),
            entity_ids: if *details { users.into_iter().map(UserId::as_str).collect() } else { Vec::new() },
        }));
    }
    let shown: Vec<Row> = shown.into_values().collect();
    let (entities, truncated) = entities(world, order, &shown);
    Data { group, data, truncated, entities }
}

fn entities<'a>(world: &'a World, order: Order, rows: &[Row]) -> (Vec<Entity<'a>>, Option<bool>) {
    let mut entities: Vec<Entity<'a>> = rows.iter().map(|row| Entity::of(world, row.0, row.1)).collect();
    let cut = cut_to_ends(&mut entities, ENTITIES_MAX, Entity::date);
    if order == Order::Desc {
        entities.reverse();
    }
    (entities, cut.then_some(true))
}

impl Count {
    /// Whether a user is counted, and under which qualifiers.
    fn qualifiers<'a>(
        self,
        world: &'a World,
        answers: &Answers,
        who: &'a Agent,
        membership: Option<Membership>,
    ) -> Option<(Option<&'a str>, Option<&'a str>)> {
        let definition = &world.definitions[who.presence.definition.0];
        let on_queue = definition.system == SystemPresence::OnQueue;
        let status = Some(who.routing.status.as_str());
        match self {
            Self::All => Some((None, None)),
            Self::Active => membership.is_some_and(|membership| membership.joined).then_some((None, None)),
            Self::OffQueue => (!on_queue).then_some((None, None)),
            Self::OnQueue => on_queue.then_some((status, None)),
            Self::RoutingStatuses => Some((status, None)),
            Self::Presences if answers.presence_id_as_activity_qualifier => {
                Some((Some(definition.id.as_str()), None))
            }
            Self::Presences => Some((Some(definition.system.shouted()), Some(definition.id.as_str()))),
        }
    }
}

impl RoutingMetric {
    fn count(self) -> (&'static str, Count) {
        match self {
            Self::Active => ("oActiveUsers", Count::Active),
            Self::Member => ("oMemberUsers", Count::All),
            Self::OffQueue => ("oOffQueueUsers", Count::OffQueue),
            Self::OnQueue => ("oOnQueueUsers", Count::OnQueue),
            Self::Presences => ("oUserPresences", Count::Presences),
            Self::RoutingStatuses => ("oUserRoutingStatuses", Count::RoutingStatuses),
        }
    }
}

impl TeamMetric {
    fn count(self) -> (&'static str, Count) {
        match self {
            Self::OffQueue => ("oTeamOffQueueUsers", Count::OffQueue),
            Self::OnQueue => ("oTeamOnQueueUsers", Count::OnQueue),
            Self::Presences => ("oTeamPresences", Count::Presences),
            Self::RoutingStatuses => ("oTeamRoutingStatuses", Count::RoutingStatuses),
        }
    }
}

/// Whether a dimension of a user has this value or, without one, any.
fn is_user(world: &World, who: &Agent, dimension: Dimension, value: Option<&str>) -> bool {
    let definition = &world.definitions[who.presence.definition.0];
    let text = match dimension {
        Dimension::QueueId | Dimension::QueueMembershipStatus => return false,
        Dimension::OrganizationPresenceId => definition.id.as_str(),
        Dimension::PresenceDate => return value.is_none_or(|v| v.parse() == Ok(who.presence.modified)),
        Dimension::RoutingStatusDate => return value.is_none_or(|v| v.parse() == Ok(who.routing.start)),
        Dimension::RoutingStatus => who.routing.status.as_str(),
        Dimension::SystemPresence => definition.system.shouted(),
        Dimension::TeamId => match who.team {
            Some(team) => &world.teams[team].id,
            None => return false,
        },
        Dimension::UserId => who.id.as_str(),
    };
    value.is_none_or(|value| value.eq_ignore_ascii_case(text))
}

/// The same of a member of a queue.
fn is(world: &World, who: &Agent, membership: Membership, dimension: Dimension, value: Option<&str>) -> bool {
    match dimension {
        Dimension::QueueId => value.is_none_or(|value| value == world.queues[membership.queue.0].id.as_str()),
        Dimension::QueueMembershipStatus => {
            value.is_none_or(|value| value.eq_ignore_ascii_case(body::membership_status(membership)))
        }
        Dimension::OrganizationPresenceId
        | Dimension::PresenceDate
        | Dimension::RoutingStatus
        | Dimension::RoutingStatusDate
        | Dimension::SystemPresence
        | Dimension::TeamId
        | Dimension::UserId => is_user(world, who, dimension, value),
    }
}
