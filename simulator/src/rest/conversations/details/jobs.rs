//! `/api/v2/analytics/conversations/details/jobs`: the same question for a long interval, answered later
//! and read page by page. A job holds which conversations were found and when; they are told as they were
//! at that moment.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use protocol::Timestamp;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{super::history::ConversationBody, Question, read_interval};
use crate::{
    refusal::Refusal,
    rest::{Query, SharedBody},
    shared::Shared,
    world::{ConversationKey, guid},
};

const PATH: &str = "/api/v2/analytics/conversations/details/jobs";
/// How long an answer takes, by the clock.
const TAKES_MS: i64 = 2_000;
/// How long an answer can be read.
const KEPT_MS: i64 = 24 * 3_600_000;
/// So many are remembered; the oldest goes first.
const JOBS_MAX: usize = 100;
/// Conversations a page, at most and when nothing is said.
const PAGE_MAX: usize = 1_000;

/// What was asked lately.
#[derive(Default)]
pub(crate) struct DetailJobs {
    by_id: BTreeMap<String, Job>,
    order: VecDeque<String>,
}

struct Job {
    submitted: Timestamp,
    found: Vec<ConversationKey>,
}

impl Job {
    fn completes(&self) -> Timestamp {
        self.submitted.plus_ms(TAKES_MS)
    }

    fn expires(&self) -> Timestamp {
        self.completes().plus_ms(KEPT_MS)
    }
}

/// The routes of this file.
pub(in crate::rest) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route(PATH, post(post_job))
        .route("/api/v2/analytics/conversations/details/jobs/availability", get(get_availability))
        .route("/api/v2/analytics/conversations/details/jobs/{jobId}", get(get_job).delete(delete_job))
        .route("/api/v2/analytics/conversations/details/jobs/{jobId}/results", get(get_results))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    limit: Option<usize>,
    #[serde(default)]
    start_of_day_interval_matching: bool,
}

/// `POST .../details/jobs`: the answer is found at once and said to be in the making.
async fn post_job(
    State(shared): State<Arc<Shared>>,
    SharedBody(question, order): SharedBody<Question, Order>,
) -> Result<Response, Refusal> {
    let interval = read_interval(&question.interval)?;
    question.check()?;
    if question.paging.is_some() {
        return Err(Refusal::bad_request("paging: a job is paged when its results are read, leave it out"));
    }
    if order.limit == Some(0) {
        return Err(Refusal::invalid_value("limit: expected at least 1"));
    }
    let mut state = shared.enter();
    let hits = question.hits(&state.world, interval, order.start_of_day_interval_matching);
    let found = hits.into_iter().map(|(key, _)| key).take(order.limit.unwrap_or(usize::MAX)).collect();
    let id = guid::of(state.secrets.random());
    let job = Job { submitted: state.world.now, found };
    let jobs = &mut state.detail_jobs;
    jobs.order.push_back(id.clone());
    jobs.by_id.insert(id.clone(), job);
    if jobs.order.len() > JOBS_MAX
        && let Some(oldest) = jobs.order.pop_front()
    {
        jobs.by_id.remove(&oldest);
    }
    Ok((StatusCode::ACCEPTED, Json(json!({ "jobId": id }))).into_response())
}

/// `GET .../details/jobs/{jobId}`
async fn get_job(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let job = state.detail_jobs.by_id.get(&id).ok_or_else(|| Refusal::not_found("The job"))?;
    let now = state.world.now;
    let (is_done, is_gone) = (job.completes() <= now, job.expires() <= now);
    let mut body = json!({
        "state": if is_gone { "EXPIRED" } else if is_done { "FULFILLED" } else { "PENDING" },
        "submissionDate": job.submitted,
    });
    if is_done {
        body["completionDate"] = json!(job.completes());
        body["expirationDate"] = json!(job.expires());
    }
    Ok(Json(body))
}

/// `DELETE .../details/jobs/{jobId}`
async fn delete_job(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let mut state = shared.enter();
    let jobs = &mut state.detail_jobs;
    jobs.by_id.remove(&id).ok_or_else(|| Refusal::not_found("The job"))?;
    jobs.order.retain(|known| *known != id);
    Ok(StatusCode::OK)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    conversations: Vec<ConversationBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    data_availability_date: Timestamp,
}

/// `GET .../details/jobs/{jobId}/results?cursor=&pageSize=`: the last page has no cursor.
async fn get_results(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let size = query.number("pageSize", PAGE_MAX, 1, PAGE_MAX)?;
    let state = shared.enter();
    let world = &state.world;
    let job = state.detail_jobs.by_id.get(&id).ok_or_else(|| Refusal::not_found("The job"))?;
    if job.completes() > world.now || job.expires() <= world.now {
        let message = "the job has no results now: expected its state to be FULFILLED";
        return Err(Refusal::bad_request(message));
    }
    let start = match query.text("cursor") {
        None => 0,
        Some(cursor) => place_of(cursor)
            .filter(|place| *place < job.found.len())
            .ok_or_else(|| Refusal::invalid_value("cursor: expected one that the page before has given"))?,
    };
    let end = start.saturating_add(size).min(job.found.len());
    // What the ledger has forgotten meanwhile is left out.
    let conversations = job.found[start..end]
        .iter()
        .filter_map(|key| world.ledger.record(*key))
        .map(|record| ConversationBody::as_of(world, record, job.submitted))
        .collect();
    let cursor = (end < job.found.len()).then(|| cursor_of(end));
    Ok(Json(Page { conversations, cursor, data_availability_date: job.submitted }).into_response())
}

/// `GET .../details/jobs/availability`: everything up to now.
async fn get_availability(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "dataAvailabilityDate": shared.enter().world.now }))
}

/// A cursor, which only this server reads.
fn cursor_of(place: usize) -> String {
    format!("p{place:x}")
}

fn place_of(cursor: &str) -> Option<usize> {
    usize::from_str_radix(cursor.strip_prefix('p')?, 16).ok()
}
