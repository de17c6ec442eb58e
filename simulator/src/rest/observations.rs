//! `POST /api/v2/analytics/queues/observations/query`: absent means zero.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use protocol::QueueId;
use serde::{Deserialize, Serialize};

use super::TypedBody;
use crate::{
    notify::{GroupBody, MetricBody},
    refusal::Refusal,
    shared::Shared,
    world::{Group, MediaType, Metric, World},
};

/// What is asked.
#[derive(Deserialize)]
pub(super) struct Question {
    filter: Filter,
    metrics: Vec<String>,
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
    system_to_organization_mappings: BTreeMap<&'static str, Vec<&'a str>>,
    results: Vec<ResultBody<'a>>,
}

#[derive(Serialize)]
struct ResultBody<'a> {
    group: GroupBody<'a>,
    data: Vec<MetricBody<'a>>,
}

/// `POST /api/v2/analytics/queues/observations/query`
pub(super) async fn post_query(
    State(shared): State<Arc<Shared>>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    let metrics = metrics_of(&question.metrics)?;
    let state = shared.enter();
    let world = &state.world;
    let mut results = Vec::new();
    for queue in &world.queues {
        for group in MediaType::ALL.map(Group::Media).into_iter().chain([Group::Users]) {
            if !question.filter.lets_through(&queue.id, group) {
                continue;
            }
            let data: Vec<MetricBody<'_>> = queue
                .readings(group)
                .iter()
                .filter(|reading| metrics.contains(&reading.metric) && !reading.value.is_zero())
                .map(|reading| MetricBody::of(world, reading, world.now))
                .collect();
            if !data.is_empty() {
                results.push(ResultBody { group: GroupBody::of(&queue.id, group), data });
            }
        }
    }
    Ok(Json(Answer { system_to_organization_mappings: mappings(world), results }).into_response())
}

fn metrics_of(names: &[String]) -> Result<Vec<Metric>, Refusal> {
    if names.is_empty() {
        return Err(Refusal::bad_request("metrics: expected at least one"));
    }
    names
        .iter()
        .map(|name| {
            Metric::ALL.into_iter().find(|metric| metric.as_str() == name).ok_or_else(|| {
                let known = Metric::ALL.map(Metric::as_str).join(", ");
                Refusal::invalid_value(format!("metrics: expected some of {known}"))
            })
        })
        .collect()
}

fn mappings(world: &World) -> BTreeMap<&'static str, Vec<&str>> {
    let mut mappings: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    for definition in &world.definitions {
        mappings.entry(definition.system.shouted()).or_default().push(definition.id.as_str());
    }
    mappings
}

impl Filter {
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
