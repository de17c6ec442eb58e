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
use super::{
    TypedBody,
    analytics::{filter::Filter, system_to_organization},
};
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
    filter: Filter<Dimension>,
    metrics: Vec<String>,
    #[serde(default)]
    detail_metrics: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Dimension {
    QueueId,
    MediaType,
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
    question.filter.check()?;
    if question.filter.dimensions().next().is_none() {
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
            let is = |dimension: &Dimension, value: Option<&str>| dimension.is(value, &queue.id, group);
            if !question.filter.lets_through_if(is) {
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

impl Dimension {
    /// Whether it has this value, or any. Members have no media type, so that a predicate on it does not
    /// concern their numbers.
    fn is(self, value: Option<&str>, queue: &QueueId, group: Group) -> Option<bool> {
        let is = match (self, group) {
            (Self::QueueId, _) => queue.as_str(),
            (Self::MediaType, Group::Media(media)) => media.as_str(),
            (Self::MediaType, Group::Users) => return None,
        };
        Some(value.is_none_or(|value| value.eq_ignore_ascii_case(is)))
    }
}
