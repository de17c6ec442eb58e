//! `POST /api/v2/analytics/users/observations/query`: of how many queues users are members. Not
//! what they are doing. Absent means zero.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use protocol::UserId;
use serde::{Deserialize, Serialize};

use super::{UserDimension, filter::Filter, users_of};
use crate::{refusal::Refusal, rest::TypedBody, shared::Shared};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::rest) struct Question {
    filter: Filter<UserDimension>,
    metrics: Vec<Metric>,
    #[serde(default)]
    detail_metrics: Vec<Metric>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
enum Metric {
    OActiveQueues,
    OMemberQueues,
}

#[derive(Serialize)]
struct Answer<'a> {
    results: Vec<Container<'a>>,
}

#[derive(Serialize)]
struct Container<'a> {
    group: Group<'a>,
    data: Vec<Number>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    user_id: &'a UserId,
}

#[derive(Serialize)]
struct Number {
    metric: Metric,
    stats: Stats,
}

#[derive(Serialize)]
struct Stats {
    count: usize,
}

/// `POST /api/v2/analytics/users/observations/query`
pub(in crate::rest) async fn post_query(
    State(shared): State<Arc<Shared>>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    question.filter.check()?;
    if question.metrics.is_empty() {
        return Err(Refusal::bad_request("metrics: expected oActiveQueues, oMemberQueues or both"));
    }
    if !question.detail_metrics.is_empty() {
        return Err(Refusal::invalid_value("detailMetrics: not imitated for users, leave it out"));
    }
    let state = shared.enter();
    let world = &state.world;
    let results = users_of(world, Some(&question.filter))
        .into_iter()
        .map(|user| {
            let who = &world.agents[user.0];
            let data = question.metrics.iter().map(|metric| Number {
                metric: *metric,
                stats: Stats {
                    count: match metric {
                        Metric::OActiveQueues => who.joined_queues().count(),
                        Metric::OMemberQueues => who.memberships.len(),
                    },
                },
            });
            Container {
                group: Group { user_id: &who.id },
                data: data.filter(|number| number.stats.count > 0).collect(),
            }
        })
        .filter(|container| !container.data.is_empty())
        .collect();
    Ok(Json(Answer { results }).into_response())
}
