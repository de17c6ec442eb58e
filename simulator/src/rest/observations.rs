//! `POST /api/v2/analytics/queues/observations/query`: absent means zero.

mod detail;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use protocol::{PresenceDefinitionId, QueueId};
use serde::{Deserialize, Serialize};

use self::detail::Observation;
use super::{TypedBody, analytics::system_to_organization};
use crate::{
    notify::{GroupBody, MetricBody},
    refusal::Refusal,
    shared::Shared,
    world::{Group, MediaType, Metric, Queue, Reading, Value},
};

/// What is asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Question {
    filter: Filter,
    metrics: Vec<String>,
    #[serde(default)]
    detail_metrics: Vec<String>,
}

#[derive(Deserialize)]
struct Filter {
    #[serde(rename = "type")]
    joint: Joint,
    #[serde(default)]
    clauses: Vec<Clause>,
    #[serde(default)]
    predicates: Vec<Predicate>,
}

#[derive(Deserialize)]
struct Clause {
    #[serde(rename = "type")]
    joint: Joint,
    predicates: Vec<Predicate>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Joint {
    And,
    Or,
}

#[derive(Deserialize)]
struct Predicate {
    dimension: Dimension,
    #[serde(default)]
    operator: Operator,
    value: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Dimension {
    QueueId,
    MediaType,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Operator {
    #[default]
    Matches,
    Exists,
    NotExists,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    system_to_organization_mappings: BTreeMap<&'static str, Vec<&'a PresenceDefinitionId>>,
    results: Vec<ResultBody<'a>>,
}

#[derive(Serialize)]
struct ResultBody<'a> {
    group: GroupBody<'a>,
    data: Vec<NumberBody<'a>>,
}

/// A number and, on demand, what stands behind it.
#[derive(Serialize)]
struct NumberBody<'a> {
    #[serde(flatten)]
    number: MetricBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    observations: Vec<Observation<'a>>,
}

/// `POST /api/v2/analytics/queues/observations/query`
pub(super) async fn post_query(
    State(shared): State<Arc<Shared>>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    if question.metrics.is_empty() {
        return Err(Refusal::bad_request("metrics: expected at least one"));
    }
    if question.filter.says_nothing() {
        return Err(Refusal::bad_request(
            "filter: expected at least one predicate, such as \
             {\"dimension\": \"queueId\", \"value\": \"<id of a queue>\"}",
        ));
    }
    let details = metrics_of("detailMetrics", &question.detail_metrics, &DETAIL_METRICS)?;
    let mut metrics = metrics_of("metrics", &question.metrics, &Metric::ALL)?;
    metrics.extend(&details);
    let state = shared.enter();
    let world = &state.world;
    let answers = &shared.config.answers;
    let mut results = Vec::new();
    for queue in &world.queues {
        for group in MediaType::ALL.map(Group::Media).into_iter().chain([Group::Users]) {
            if !question.filter.lets_through(&queue.id, group) {
                continue;
            }
            let mut readings = queue.readings(group);
            if group == Group::Users && answers.media_totals_in_observations {
                readings.splice(0..0, media_totals(queue));
            }
            let data: Vec<NumberBody<'_>> = readings
                .iter()
                .filter(|reading| metrics.contains(&reading.metric) && !reading.value.is_zero())
                .map(|reading| {
                    let number = MetricBody::of(world, reading, world.now, answers.longest_in_max);
                    let (observations, truncated) = if details.contains(&reading.metric) {
                        detail::of(world, queue, group, reading)
                    } else {
                        (Vec::new(), false)
                    };
                    NumberBody { number, truncated: truncated.then_some(true), observations }
                })
                .collect();
            if !data.is_empty() {
                results.push(ResultBody { group: GroupBody::of(&queue.id, group), data });
            }
        }
    }
    let system_to_organization_mappings = system_to_organization(world);
    Ok(Json(Answer { system_to_organization_mappings, results }).into_response())
}

/// The metrics that can be asked for in detail.
const DETAIL_METRICS: [Metric; 9] = [
    Metric::Waiting,
    Metric::Alerting,
    Metric::Interacting,
    Metric::MemberUsers,
    Metric::ActiveUsers,
    Metric::OffQueueUsers,
    Metric::OnQueueUsers,
    Metric::UserRoutingStatuses,
    Metric::UserPresences,
];

fn metrics_of(member: &str, names: &[String], known: &[Metric]) -> Result<Vec<Metric>, Refusal> {
    let of = |name: &String| {
        known.iter().copied().find(|metric| metric.as_str() == name).ok_or_else(|| {
            let known: Vec<&str> = known.iter().map(|metric| metric.as_str()).collect();
            Refusal::invalid_value(format!("{member}: expected some of {}", known.join(", ")))
        })
    };
    names.iter().map(of).collect()
}

/// The numbers of all media types together: counts added up, the longest of the longest.
fn media_totals(queue: &Queue) -> Vec<Reading> {
    let mut totals: Vec<Reading> = Vec::new();
    for reading in MediaType::ALL.into_iter().flat_map(|media| queue.readings(Group::Media(media))) {
        match totals.iter_mut().find(|total| total.metric == reading.metric) {
            None => totals.push(reading),
            Some(total) => {
                total.value = match (total.value, reading.value) {
                    (Value::Count(one), Value::Count(other)) => Value::Count(one.saturating_add(other)),
                    (Value::Since(one), Value::Since(other)) => {
                        Value::Since(one.into_iter().chain(other).min())
                    }
                    (one, _) => one,
                };
            }
        }
    }
    totals
}

impl Filter {
    fn says_nothing(&self) -> bool {
        self.predicates.is_empty() && self.clauses.iter().all(|clause| clause.predicates.is_empty())
    }

    fn lets_through(&self, queue: &QueueId, group: Group) -> bool {
        let clauses = self.clauses.iter().map(|clause| clause.holds(queue, group));
        let predicates = self.predicates.iter().map(|predicate| predicate.holds(queue, group));
        self.joint.of(clauses.chain(predicates)).unwrap_or(true)
    }
}

impl Clause {
    fn holds(&self, queue: &QueueId, group: Group) -> Option<bool> {
        self.joint.of(self.predicates.iter().map(|predicate| predicate.holds(queue, group)))
    }
}

impl Joint {
    /// Of those parts that concern the group; `None` when none does.
    fn of(self, parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
        parts.flatten().reduce(|joined, part| match self {
            Self::And => joined && part,
            Self::Or => joined || part,
        })
    }
}

impl Predicate {
    /// Members have no media type, so that a predicate on it does not concern their numbers.
    fn holds(&self, queue: &QueueId, group: Group) -> Option<bool> {
        let is = match (self.dimension, group) {
            (Dimension::QueueId, _) => queue.as_str(),
            (Dimension::MediaType, Group::Media(media)) => media.as_str(),
            (Dimension::MediaType, Group::Users) => return None,
        };
        Some(match self.operator {
            Operator::Matches => self.value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(is)),
            Operator::Exists => true,
            Operator::NotExists => false,
        })
    }
}
