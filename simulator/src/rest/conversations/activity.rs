//! `POST /api/v2/analytics/conversations/activity/query`: what goes on at this moment.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

use super::filter::{self, Filter, check_dimension};
use crate::{
    refusal::Refusal,
    rest::{Query, TypedBody},
    shared::Shared,
    world::{Conversation, Metric, Stage, World},
};

/// Dimensions by which conversations can be grouped and filtered.
const DIMENSIONS: &[&str] = &["queueId", "userId", "mediaType", "direction", "teamId", "conversationId"];
const METRICS: [Metric; 5] = [
    Metric::Alerting,
    Metric::Interacting,
    Metric::LongestInteracting,
    Metric::LongestWaiting,
    Metric::Waiting,
];
/// Groups a page when the call does not say, and at most.
const PAGE_SIZE: (usize, usize) = (25, 1_000);
/// Beyond this number a page is refused rather than counted.
const PAGE_NUMBER_MAX: usize = 1_000_000;
/// Entities of a group; of more, the oldest half and the newest half are answered.
const ENTITIES_MAX: usize = 100;

/// What is asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::rest) struct Question {
    metrics: Vec<AskedMetric>,
    group_by: Vec<String>,
    filter: Option<Filter>,
    #[serde(default)]
    order: Order,
}

#[derive(Deserialize)]
struct AskedMetric {
    metric: String,
    #[serde(default)]
    details: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Asc,
    Desc,
    Unordered,
}

#[derive(Serialize)]
struct Answer<'a> {
    results: Vec<ResultBody<'a>>,
}

#[derive(Serialize)]
struct ResultBody<'a> {
    group: BTreeMap<&'a str, &'a str>,
    data: Vec<DataBody>,
    truncated: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entities: Vec<EntityBody<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DataBody {
    metric: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calculated_metric_value: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntityBody<'a> {
    activity_date: Timestamp,
    metric: &'static str,
    conversation_id: &'a str,
    direction: &'static str,
    media_type: &'static str,
    queue_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<&'a str>,
}

/// `POST /api/v2/analytics/conversations/activity/query`
pub(in crate::rest) async fn post_query(
    State(shared): State<Arc<Shared>>,
    query: Query,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    let size = query.number("pageSize", PAGE_SIZE.0, 1, PAGE_SIZE.1)?;
    let number = query.number("pageNumber", 1, 1, PAGE_NUMBER_MAX)?;
    let metrics = metrics_of(&question.metrics)?;
    for dimension in &question.group_by {
        check_dimension("groupBy", dimension, DIMENSIONS)?;
    }
    if let Some(filter) = &question.filter {
        filter::check(filter, DIMENSIONS)?;
    }
    let state = shared.enter();
    let world = &state.world;
    let mut groups: BTreeMap<Vec<Option<&str>>, Vec<&Conversation>> = BTreeMap::new();
    for conversation in world.conversations.values() {
        let value_of = |dimension: &str| value_of(world, conversation, dimension);
        if question.filter.as_ref().is_none_or(|filter| filter::lets_through(filter, value_of)) {
            let group = question.group_by.iter().map(|dimension| value_of(dimension)).collect();
            groups.entry(group).or_default().push(conversation);
        }
    }
    let mut results: Vec<ResultBody<'_>> = groups
        .into_iter()
        .filter_map(|(group, conversations)| {
            let keys = question.group_by.iter().map(String::as_str).zip(group);
            let group = keys.filter_map(|(name, value)| Some((name, value?))).collect();
            ResultBody::of(world, group, &conversations, &metrics)
        })
        .collect();
    if question.order == Order::Desc {
        results.reverse();
    }
    let results = results.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect();
    Ok(Json(Answer { results }).into_response())
}

impl<'a> ResultBody<'a> {
    /// `None` when nothing of what was asked goes on.
    fn of(
        world: &'a World,
        group: BTreeMap<&'a str, &'a str>,
        conversations: &[&'a Conversation],
        metrics: &[(Metric, bool)],
    ) -> Option<Self> {
        let mut data = Vec::new();
        let mut entities = Vec::new();
        for (metric, details) in metrics {
            let counted: Vec<_> = conversations
                .iter()
                .copied()
                .filter(|conversation| counts(*metric, conversation.stage))
                .collect();
            let since = |conversation: &&Conversation| activity_date(conversation);
            let Some(first) = counted.iter().map(since).min() else { continue };
            let is_longest = matches!(metric, Metric::LongestWaiting | Metric::LongestInteracting);
            data.push(DataBody {
                metric: metric.as_str(),
                count: (!is_longest).then_some(counted.len()),
                calculated_metric_value: is_longest.then(|| world.now.ms_since(first).max(0)),
            });
            if *details {
                entities
                    .extend(counted.iter().map(|conversation| EntityBody::of(world, *metric, conversation)));
            }
        }
        entities.sort_by_key(|entity| entity.activity_date);
        let truncated = entities.len() > ENTITIES_MAX;
        if truncated {
            entities.drain(ENTITIES_MAX / 2..entities.len() - ENTITIES_MAX / 2);
        }
        (!data.is_empty()).then_some(Self { group, data, truncated, entities })
    }
}

impl<'a> EntityBody<'a> {
    fn of(world: &'a World, metric: Metric, conversation: &'a Conversation) -> Self {
        let value_of = |dimension| value_of(world, conversation, dimension);
        Self {
            activity_date: activity_date(conversation),
            metric: metric.as_str(),
            conversation_id: &conversation.id,
            direction: "inbound",
            media_type: conversation.media.as_str(),
            queue_id: world.queues[conversation.queue.0].id.as_str(),
            user_id: value_of("userId"),
            team_id: value_of("teamId"),
        }
    }
}

/// Waiting counts from the arrival in the queue, everything else from when it began.
fn activity_date(conversation: &Conversation) -> Timestamp {
    match conversation.stage {
        Stage::Waiting { .. } => conversation.arrived,
        Stage::Alerting(_) | Stage::Interacting(_) | Stage::AfterCallWork(_) => conversation.since,
    }
}

fn counts(metric: Metric, stage: Stage) -> bool {
    match stage {
        Stage::Waiting { .. } => matches!(metric, Metric::Waiting | Metric::LongestWaiting),
        Stage::Alerting(_) => metric == Metric::Alerting,
        Stage::Interacting(_) => matches!(metric, Metric::Interacting | Metric::LongestInteracting),
        Stage::AfterCallWork(_) => false,
    }
}

fn value_of<'a>(world: &'a World, conversation: &'a Conversation, dimension: &str) -> Option<&'a str> {
    let agent = || conversation.stage.agent();
    match dimension {
        "queueId" => Some(world.queues[conversation.queue.0].id.as_str()),
        "userId" => agent().map(|agent| world.agents[agent.0].id.as_str()),
        "mediaType" => Some(conversation.media.as_str()),
        "direction" => Some("inbound"),
        "teamId" => world.team_of(agent()?).map(|team| team.id.as_str()),
        "conversationId" => Some(&conversation.id),
        _ => None,
    }
}

fn metrics_of(asked: &[AskedMetric]) -> Result<Vec<(Metric, bool)>, Refusal> {
    if asked.is_empty() {
        return Err(Refusal::bad_request("metrics: expected at least one"));
    }
    let find = |asked: &AskedMetric| {
        let metric = METRICS.into_iter().find(|metric| metric.as_str() == asked.metric);
        metric.map(|metric| (metric, asked.details)).ok_or_else(|| {
            let known = METRICS.map(Metric::as_str).join(", ");
            Refusal::invalid_value(format!("metrics: {} is not one of {known}", asked.metric))
        })
    };
    asked.iter().map(find).collect()
}
