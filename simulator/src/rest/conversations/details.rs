//! `POST /api/v2/analytics/conversations/details/query`: what has become of each conversation.

pub(crate) mod jobs;

use std::{cmp::Reverse, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    filter::{self, Filter, read_interval},
    history::{ConversationBody, SEGMENT_DIMENSIONS, value_of},
};
use crate::{
    refusal::Refusal,
    rest::TypedBody,
    shared::Shared,
    world::{ConversationKey, Record, World},
};

const DIMENSIONS: &[&str] = &["conversationId", "conversationEnd", "divisionId", "originatingDirection"];
const PAGE_DEFAULT: Paging = Paging { page_size: 25, page_number: 1 };
/// Conversations a page at most.
const PAGE_MAX: usize = 100;
const DAY_MS: i64 = 24 * 3_600_000;

/// What is asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::rest) struct Question {
    interval: String,
    #[serde(default)]
    conversation_filters: Vec<Filter>,
    #[serde(default)]
    segment_filters: Vec<Filter>,
    #[serde(default)]
    evaluation_filters: Vec<Value>,
    #[serde(default)]
    survey_filters: Vec<Value>,
    #[serde(default)]
    resolution_filters: Vec<Value>,
    #[serde(default)]
    aggregations: Vec<Value>,
    #[serde(default)]
    order: Order,
    #[serde(default)]
    order_by: OrderBy,
    paging: Option<Paging>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Asc,
    Desc,
    Unordered,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum OrderBy {
    #[default]
    ConversationStart,
    ConversationEnd,
    SegmentStart,
    SegmentEnd,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paging {
    page_size: usize,
    page_number: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    conversations: Vec<ConversationBody<'a>>,
    total_hits: usize,
}

/// `POST /api/v2/analytics/conversations/details/query`
pub(in crate::rest) async fn post_query(
    State(shared): State<Arc<Shared>>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    let interval = read_interval(&question.interval)?;
    question.check()?;
    let paging = question.paging.unwrap_or(PAGE_DEFAULT);
    let page_max = if shared.config.answers.cut_detail_pages { usize::MAX } else { PAGE_MAX };
    if !(1..=page_max).contains(&paging.page_size) || paging.page_number < 1 {
        return Err(Refusal::bad_request(format!(
            "paging: expected a pageSize from 1 to {PAGE_MAX} and a pageNumber of at least 1"
        )));
    }
    let size = paging.page_size.min(PAGE_MAX);
    let state = shared.enter();
    let world = &state.world;
    let hits = question.hits(world, interval, true);
    let page = hits.iter().skip((paging.page_number - 1).saturating_mul(size)).take(size);
    let conversations = page.map(|(_, record)| ConversationBody::of(world, record)).collect();
    Ok(Json(Answer { conversations, total_hits: hits.len() }).into_response())
}

/// It went on in the interval and, where the start of the day counts, began on a day that the interval
/// touches.
fn touches(record: &Record, (start, end): (Timestamp, Timestamp), from_start_of_day: bool) -> bool {
    let day = Timestamp::from_ms(start.as_ms() - start.as_ms().rem_euclid(DAY_MS));
    let is_of_day = !from_start_of_day || record.begun >= day;
    is_of_day && record.begun < end && record.ended.is_none_or(|ended| ended >= start)
}

impl Question {
    /// All that is found, in the order that is asked for.
    fn hits<'a>(
        &self,
        world: &'a World,
        interval: (Timestamp, Timestamp),
        from_start_of_day: bool,
    ) -> Vec<(ConversationKey, &'a Record)> {
        let mut hits: Vec<(ConversationKey, &Record)> = world
            .ledger
            .records()
            .filter(|(_, record)| touches(record, interval, from_start_of_day) && self.finds(world, record))
            .collect();
        // Records come in the order of their keys, which is kept among equals.
        match self.order {
            Order::Asc => hits.sort_by_key(|(_, record)| self.order_by.of(record)),
            Order::Desc => hits.sort_by_key(|(_, record)| Reverse(self.order_by.of(record))),
            Order::Unordered => {}
        }
        hits
    }

    fn check(&self) -> Result<(), Refusal> {
        for filter in &self.conversation_filters {
            filter::check(filter, DIMENSIONS)?;
        }
        for filter in &self.segment_filters {
            filter::check(filter, SEGMENT_DIMENSIONS)?;
        }
        for (name, list) in [
            ("evaluationFilters", &self.evaluation_filters),
            ("surveyFilters", &self.survey_filters),
            ("resolutionFilters", &self.resolution_filters),
            ("aggregations", &self.aggregations),
        ] {
            if !list.is_empty() {
                return Err(Refusal::invalid_value(format!("{name}: not simulated, expected none")));
            }
        }
        Ok(())
    }

    /// Every filter of segments is met by one of the segments.
    fn finds(&self, world: &World, record: &Record) -> bool {
        if self.conversation_filters.is_empty() && self.segment_filters.is_empty() {
            return true;
        }
        let body = ConversationBody::of(world, record);
        let by_conversation = self.conversation_filters.iter().all(|filter| {
            // A conversation of several divisions is found under each.
            body.division_ids.iter().any(|division| {
                filter::lets_through(filter, |dimension: &str| match dimension {
                    "conversationId" => Some(body.conversation_id),
                    "conversationEnd" => body.conversation_end.map(|_| ""),
                    "divisionId" => Some(*division),
                    "originatingDirection" => Some("inbound"),
                    _ => None,
                })
            })
        });
        by_conversation
            && self.segment_filters.iter().all(|filter| {
                body.participants.iter().any(|participant| {
                    participant.sessions[0].segments.iter().any(|segment| {
                        filter::lets_through(filter, |dimension: &str| {
                            value_of(participant, segment, dimension)
                        })
                    })
                })
            })
    }
}

impl OrderBy {
    /// What has not ended comes after everything that has.
    fn of(self, record: &Record) -> Timestamp {
        match self {
            Self::ConversationStart | Self::SegmentStart => record.begun,
            Self::ConversationEnd => record.ended.unwrap_or(Timestamp::from_ms(i64::MAX)),
            Self::SegmentEnd => record.steps.last().map_or(record.begun, |step| step.at),
        }
    }
}
