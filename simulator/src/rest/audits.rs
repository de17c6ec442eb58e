//! `/api/v2/audits`: who changed what. A query is asked for, waited for and read in pages, or answered at
//! once for the last days and some services.

mod asked;
mod body;
mod queries;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use rand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use self::queries::AuditQueries;
use self::{
    asked::{Asked, AskedPage, AskedSort},
    body::entry_body,
};
use super::{
    Query, SharedBody, TypedBody,
    members::whole_ms,
    teams::{cursor_of, place_of},
};
use crate::{
    audit::{CATALOGUE, Entry},
    refusal::Refusal,
    shared::{Shared, State as Inside},
    world::{World, guid},
};

/// Entries a page, unless the call says, and at most. Source: AuditApi, getAuditsQueryTransactionIdResults.
const PAGE: usize = 25;
const PAGE_MAX: usize = 500;

/// The routes of this file.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/audits/query", post(post_query))
        .route("/api/v2/audits/query/realtime", post(post_realtime))
        .route("/api/v2/audits/query/realtime/related", post(post_related))
        .route("/api/v2/audits/query/realtime/servicemapping", get(get_realtime_service_mapping))
        .route("/api/v2/audits/query/servicemapping", get(get_service_mapping))
        .route("/api/v2/audits/query/{transactionId}", get(get_query))
        .route("/api/v2/audits/query/{transactionId}/results", get(get_results))
}

/// `GET /api/v2/audits/query/servicemapping`
async fn get_service_mapping() -> Json<Value> {
    service_mapping(false)
}

/// `GET /api/v2/audits/query/realtime/servicemapping`
async fn get_realtime_service_mapping() -> Json<Value> {
    service_mapping(true)
}

fn service_mapping(realtime_only: bool) -> Json<Value> {
    let services = CATALOGUE.iter().filter(|service| service.realtime || !realtime_only);
    let services: Vec<Value> = services
        .map(|service| {
            let entities = service.entities.iter();
            let entities: Vec<Value> =
                entities.map(|(name, actions)| json!({ "name": name, "actions": actions })).collect();
            json!({ "name": service.name, "entities": entities })
        })
        .collect();
    Json(json!({ "services": services }))
}

/// `POST /api/v2/audits/query`: what was recorded until now is found; the answer takes a moment.
async fn post_query(
    State(shared): State<Arc<Shared>>,
    TypedBody(asked): TypedBody<Asked>,
) -> Result<Json<Value>, Refusal> {
    let search = asked.search()?;
    let takes_ms = whole_ms(shared.config.audit_query_delay);
    let mut state = shared.enter();
    let id = guid::of(state.secrets.random());
    let (now, known_until) = (state.world.now, state.audits.recorded());
    let query = state.audit_queries.begin(&id, now, takes_ms, asked, search, known_until);
    Ok(Json(query.body(&id, now)))
}

/// `GET /api/v2/audits/query/{transactionId}`
async fn get_query(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let query = state.audit_queries.get(&id).ok_or_else(no_such_query)?;
    Ok(Json(query.body(&id, state.world.now)))
}

/// `GET /api/v2/audits/query/{transactionId}/results`
async fn get_results(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let size = query.number("pageSize", PAGE, 1, PAGE_MAX)?;
    let cursor = query.text("cursor").map(place_of).transpose()?.map(|place| place as u64);
    let with_names = expands_user(&query)?;
    // All answers are short enough to be given here rather than by download.
    query.flag("allowRedirect")?;
    let mut state = shared.enter();
    forget(&mut state);
    let asked = state.audit_queries.get(&id).ok_or_else(no_such_query)?;
    if !asked.is_done(state.world.now) {
        let message =
            format!("the query is {}; its results come when it has Succeeded", asked.state(state.world.now));
        return Err(Refusal::bad_request(message));
    }
    let (page, next) = state.audits.page(&asked.search, asked.known_until, cursor, size);
    let mut body = json!({
        "id": id,
        "pageSize": size,
        "entities": entities(&state.world, page, with_names),
    });
    if let Some(next) = next.and_then(|number| usize::try_from(number).ok()) {
        body["cursor"] = cursor_of(next).into();
    }
    Ok(Json(body))
}

/// `POST /api/v2/audits/query/realtime`: the last 14 days, by page number.
async fn post_realtime(
    State(shared): State<Arc<Shared>>,
    query: Query,
    SharedBody(asked, page): SharedBody<Asked, AskedPage>,
) -> Result<Json<Value>, Refusal> {
    let with_names = expands_user(&query)?;
    let (number, size) = page.page()?;
    let mut state = shared.enter();
    forget(&mut state);
    let search =
        asked.search_in_real_time(state.world.now, shared.config.answers.old_realtime_audits_are_cut)?;
    let known_until = state.audits.recorded();
    let total = state.audits.find(&search, known_until).count();
    let page = state.audits.find(&search, known_until).skip((number - 1).saturating_mul(size)).take(size);
    Ok(Json(json!({
        "entities": entities(&state.world, page, with_names),
        "pageSize": size,
        "pageNumber": number,
        "total": total,
        "pageCount": total.div_ceil(size),
    })))
}

/// What asks for the entries beside an entry.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RelatedAsked {
    audit_id: Option<String>,
    trustor_org_id: Option<String>,
    sort: Option<Vec<AskedSort>>,
}

/// `POST /api/v2/audits/query/realtime/related`: what the same call caused.
async fn post_related(
    State(shared): State<Arc<Shared>>,
    query: Query,
    TypedBody(asked): TypedBody<RelatedAsked>,
) -> Result<Json<Value>, Refusal> {
    let with_names = expands_user(&query)?;
    let id = asked.audit_id.ok_or_else(|| Refusal::invalid_value("auditId: expected the id of an audit"))?;
    let descending = asked::is_descending(asked.sort.as_deref())?;
    let mut state = shared.enter();
    forget(&mut state);
    if asked.trustor_org_id.is_some_and(|org| !org.eq_ignore_ascii_case(&state.world.organisation.id)) {
        return Err(Refusal::invalid_value("trustorOrgId: no other organisation trusts this one"));
    }
    let mut related = state.audits.related(&id).ok_or_else(|| Refusal::not_found("The audit"))?;
    if descending {
        related.reverse();
    }
    Ok(Json(json!({ "entities": entities(&state.world, related, with_names) })))
}

fn entities<'a>(world: &World, entries: impl IntoIterator<Item = &'a Entry>, with_names: bool) -> Vec<Value> {
    entries.into_iter().map(|entry| entry_body(world, entry, with_names)).collect()
}

fn forget(state: &mut Inside) {
    let now = state.world.now;
    state.audits.forget(now);
}

fn no_such_query() -> Refusal {
    Refusal::not_found("The audit query")
}

/// Whether users come with their names.
fn expands_user(query: &Query) -> Result<bool, Refusal> {
    let expand = query.list("expand");
    match expand.iter().find(|name| **name != "user") {
        Some(other) => Err(Refusal::invalid_value(format!("expand: expected user, not {other}"))),
        None => Ok(!expand.is_empty()),
    }
}
