//! `POST /api/v2/analytics/users/aggregates/query`: how long users had which presence and which
//! routing status, in parts of an interval. Absent means zero.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use protocol::{PresenceDefinitionId, UserId};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{UserDimension, filter::Filter, interval::Interval, system_to_organization, users_of};
use crate::{
    refusal::Refusal,
    rest::TypedBody,
    shared::Shared,
    world::{AgentIx, Stretch, World},
};

/// More parts of users than this are refused.
const PARTS_OF_ALL_MAX: usize = 200_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::rest) struct Question {
    interval: String,
    granularity: Option<String>,
    time_zone: Option<String>,
    #[serde(default)]
    group_by: Vec<UserDimension>,
    filter: Option<Filter<UserDimension>>,
    metrics: Vec<String>,
    /// Users have no dimension of several values, so that it makes no difference.
    #[serde(rename = "flattenMultivaluedDimensions")]
    _flatten: Option<bool>,
    views: Option<Vec<IgnoredAny>>,
    #[serde(rename = "alternateTimeDimension")]
    _time_dimension: Option<TimeDimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum TimeDimension {
    EventTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Metric {
    AgentRoutingStatus,
    OrganizationPresence,
    SystemPresence,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    system_to_organization_mappings: BTreeMap<&'static str, Vec<&'a PresenceDefinitionId>>,
    results: Vec<Container<'a>>,
}

#[derive(Serialize)]
struct Container<'a> {
    group: Group<'a>,
    data: Vec<Part<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
}

#[derive(Serialize)]
struct Part<'a> {
    interval: String,
    metrics: Vec<Sum<'a>>,
}

#[derive(Serialize)]
struct Sum<'a> {
    metric: &'static str,
    qualifier: &'a str,
    stats: Stats,
}

#[derive(Serialize)]
struct Stats {
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    sum: i64,
}

/// Of each part: milliseconds, and in how many stretches, by metric and qualifier.
type Sums<'a> = Vec<BTreeMap<(Metric, &'a str), (i64, u32)>>;

/// `POST /api/v2/analytics/users/aggregates/query`
pub(in crate::rest) async fn post_query(
    State(shared): State<Arc<Shared>>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    let interval = Interval::read(&question.interval)?;
    let part_ms = interval.part_ms(question.granularity.as_deref(), question.time_zone.as_deref())?;
    let metrics = metrics_of(&question.metrics)?;
    if let Some(filter) = &question.filter {
        filter.check()?;
    }
    if question.views.is_some_and(|views| !views.is_empty()) {
        return Err(Refusal::invalid_value("views: not imitated, leave them out"));
    }
    let parts: Vec<Interval> = interval.parts(part_ms).collect();
    let state = shared.enter();
    let world = &state.world;
    let users = users_of(world, question.filter.as_ref());
    if users.len().saturating_mul(parts.len()) > PARTS_OF_ALL_MAX {
        let message = format!(
            "{} users with {} parts each are more than {PARTS_OF_ALL_MAX}: expected a filter on userId, a shorter interval or a coarser granularity",
            users.len(),
            parts.len()
        );
        return Err(Refusal::bad_request(message));
    }
    let with_count = shared.config.answers.count_in_user_aggregates;
    let sums_of = |users: &[AgentIx]| {
        let mut sums: Sums<'_> = vec![BTreeMap::new(); parts.len()];
        for user in users {
            sum_up(world, *user, interval, &parts, &metrics, &mut sums);
        }
        sums
    };
    let results = if question.group_by.is_empty() {
        container(None, &parts, sums_of(&users), with_count).into_iter().collect()
    } else {
        users
            .iter()
            .filter_map(|user| {
                let sums = sums_of(std::slice::from_ref(user));
                container(Some(&world.agents[user.0].id), &parts, sums, with_count)
            })
            .collect()
    };
    Ok(Json(Answer { system_to_organization_mappings: system_to_organization(world), results })
        .into_response())
}

/// A group's numbers; nothing when all of them are zero.
fn container<'a>(
    user_id: Option<&'a UserId>,
    parts: &[Interval],
    sums: Sums<'a>,
    with_count: bool,
) -> Option<Container<'a>> {
    let data: Vec<Part<'a>> = parts
        .iter()
        .zip(sums)
        .filter(|(_, sums)| !sums.is_empty())
        .map(|(part, sums)| Part {
            interval: part.to_string(),
            metrics: sums
                .into_iter()
                .map(|((metric, qualifier), (sum, count))| Sum {
                    metric: metric.as_str(),
                    qualifier,
                    stats: Stats { count: with_count.then_some(count), sum },
                })
                .collect(),
        })
        .collect();
    (!data.is_empty()).then_some(Container { group: Group { user_id }, data })
}

fn sum_up<'a>(
    world: &'a World,
    user: AgentIx,
    interval: Interval,
    parts: &[Interval],
    metrics: &[Metric],
    sums: &mut Sums<'a>,
) {
    let mut add = |metric, qualifier, start, end: Option<_>| {
        let stretch = Stretch { is: (), start, end };
        let first = parts.partition_point(|part| part.end <= start);
        for (part, sums) in parts.iter().zip(&mut *sums).skip(first) {
            if part.start >= end.unwrap_or(world.now) {
                break;
            }
            let ms = stretch.overlap_ms(part.start, part.end, world.now);
            if ms > 0 {
                let (sum, count) = sums.entry((metric, qualifier)).or_default();
                *sum += ms;
                *count += 1;
            }
        }
    };
    for metric in metrics {
        match metric {
            Metric::AgentRoutingStatus => {
                for stretch in world.histories.routing_in(user, interval.start, interval.end) {
                    add(*metric, stretch.is.as_str(), stretch.start, stretch.end);
                }
            }
            Metric::OrganizationPresence | Metric::SystemPresence => {
                for stretch in world.histories.presences_in(user, interval.start, interval.end) {
                    let definition = &world.definitions[stretch.is.0];
                    let qualifier = if *metric == Metric::SystemPresence {
                        definition.system.shouted()
                    } else {
                        definition.id.as_str()
                    };
                    add(*metric, qualifier, stretch.start, stretch.end);
                }
            }
        }
    }
}

impl Metric {
    const ALL: [Self; 3] = [Self::AgentRoutingStatus, Self::OrganizationPresence, Self::SystemPresence];

    fn as_str(self) -> &'static str {
        match self {
            Self::AgentRoutingStatus => "tAgentRoutingStatus",
            Self::OrganizationPresence => "tOrganizationPresence",
            Self::SystemPresence => "tSystemPresence",
        }
    }
}

fn metrics_of(names: &[String]) -> Result<Vec<Metric>, Refusal> {
    let known = || Metric::ALL.map(Metric::as_str).join(", ");
    if names.is_empty() {
        return Err(Refusal::bad_request(format!("metrics: expected at least one of {}", known())));
    }
    Metric::ALL
        .into_iter()
        .filter(|metric| names.iter().any(|name| name == metric.as_str()))
        .map(Ok)
        .chain(
            names
                .iter()
                .filter(|name| Metric::ALL.iter().all(|metric| metric.as_str() != name.as_str()))
                .map(|_| Err(Refusal::invalid_value(format!("metrics: expected some of {}", known())))),
        )
        .collect()
}
