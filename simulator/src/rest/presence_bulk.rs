//! Presences of many at once, the lists around them, and presences told by others.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use protocol::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Query, TypedBody,
    body::{DefinitionRef, UserPresenceBody},
    page::Page,
    presences::{self, DefinitionAsked},
};
use crate::{
    act::PresenceChange,
    audit::{Author, Deed},
    refusal::Refusal,
    shared::Shared,
    world::{AgentIx, Definition, RoutingStatus, SystemPresence, World},
};

/// Users that one call may name. Source: PresenceApi, getUsersPresencesPurecloudBulk.
const BULK_MAX: usize = 50;
/// A page of the old list of definitions.
const PAGE_MAX: usize = 500;

/// The routes of this file.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/events/users/presence", post(post_presence_events))
        .route("/api/v2/events/users/routingstatus", post(post_routing_status_events))
        .route("/api/v2/presence/sources", get(get_sources))
        .route("/api/v2/presence/sources/{sourceId}", get(get_source))
        .route("/api/v2/presencedefinitions", get(get_old_definitions))
        .route("/api/v2/presencedefinitions/{presenceId}", get(get_old_definition))
        .route("/api/v2/systempresences", get(get_system_presences))
        .route("/api/v2/users/presences/bulk", put(put_bulk))
        .route("/api/v2/users/presences/purecloud/bulk", get(get_purecloud_bulk))
        .route("/api/v2/users/presences/{sourceId}/bulk", get(get_bulk))
}

/// `GET /api/v2/users/presences/purecloud/bulk?id=`: a bare array; who does not exist is left out.
async fn get_purecloud_bulk(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    read_bulk(&shared, &query)
}

/// `GET /api/v2/users/presences/{sourceId}/bulk?id=`
async fn get_bulk(
    State(shared): State<Arc<Shared>>,
    Path(source): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let is_platform = {
        let state = shared.enter();
        let place =
            find_source(&state.world, &source).ok_or_else(|| Refusal::not_found("The presence source"))?;
        place == 0
    };
    if is_platform { read_bulk(&shared, &query) } else { Ok(Json(json!([])).into_response()) }
}

fn read_bulk(shared: &Shared, query: &Query) -> Result<Response, Refusal> {
    let ids = query.list("id");
    if ids.len() > BULK_MAX {
        return Err(Refusal::bad_request(format!("id: expected at most {BULK_MAX} ids, not {}", ids.len())));
    }
    let state = shared.enter();
    let world = &state.world;
    let describe = |agent: AgentIx| {
        let who = &world.agents[agent.0];
        json!({
            "id": who.id,
            "userId": who.id,
            "source": "PURECLOUD",
            "sourceId": world.sources.first().map(|source| &source.id),
            "presenceDefinition": DefinitionRef::of(world, who.presence.definition),
            "message": &*who.presence.message,
            "modifiedDate": who.presence.modified,
        })
    };
    let bodies: Vec<Value> = ids.iter().filter_map(|id| world.user(id)).map(describe).collect();
    Ok(Json(bodies).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BulkBody {
    id: String,
    source: Option<String>,
    source_id: Option<String>,
    presence_definition: Option<DefinitionAsked>,
    future_presence_definition: Option<DefinitionAsked>,
    message: Option<String>,
}

/// `PUT /api/v2/users/presences/bulk`: `id` is that of the user; all or none.
async fn put_bulk(
    State(shared): State<Arc<Shared>>,
    author: Author,
    TypedBody(bodies): TypedBody<Vec<BulkBody>>,
) -> Result<Response, Refusal> {
    if bodies.len() > BULK_MAX && !shared.config.answers.presence_bulk_has_no_limit {
        return Err(Refusal::bad_request(format!("expected at most {BULK_MAX} users, not {}", bodies.len())));
    }
    let mut state = shared.enter();
    let mut changes = Vec::with_capacity(bodies.len());
    for body in bodies {
        let agent = state.world.user(&body.id);
        let agent =
            agent.ok_or_else(|| Refusal::invalid_value(format!("id: there is no user {}", body.id)))?;
        presences::check_signs_in(&state.world, agent)?;
        let source = body.source.as_deref().or(body.source_id.as_deref()).unwrap_or("PURECLOUD");
        if find_source(&state.world, source) != Some(0) {
            return Err(Refusal::invalid_value("source: expected PURECLOUD"));
        }
        let asked = body.presence_definition.map(|asked| presences::definition_of(&state.world, asked));
        let future = body.future_presence_definition;
        let future = future.map(|asked| presences::definition_of(&state.world, asked)).transpose()?;
        let change = PresenceChange { definition: asked.transpose()?, message: body.message.map(Into::into) };
        presences::check_message(change.message.as_deref())?;
        presences::check_queues(&shared, &state.world, agent, &change)?;
        changes.push((agent, change, future));
    }
    let agents: Vec<AgentIx> = changes.iter().map(|(agent, ..)| *agent).collect();
    let mut deeds = Vec::new();
    for (agent, change, future) in changes {
        deeds.extend(presences::apply(&shared, &mut state.world, agent, change, future));
    }
    state.tell();
    state.audit(&author, deeds);
    let world = &state.world;
    let of = |agent: &AgentIx| UserPresenceBody::of(world, &world.agents[agent.0]);
    Ok(Json(agents.iter().map(of).collect::<Vec<_>>()).into_response())
}

/// `GET /api/v2/systempresences`: a bare array.
async fn get_system_presences() -> Json<Value> {
    let of = |presence: SystemPresence| json!({ "id": presence.shouted(), "name": presence.spaced(), "selfUri": "/api/v2/systempresences" });
    Json(SystemPresence::ALL.map(of).into())
}

/// `GET /api/v2/presencedefinitions`, deprecated: in pages, without `type`, On Queue with a space.
async fn get_old_definitions(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let deleted = query.flag("deleted")?.unwrap_or(false);
    let locale = query.text("localeCode").unwrap_or("ALL");
    let state = shared.enter();
    let definitions: Vec<_> = state.world.definitions.iter().filter(|is| is.deactivated == deleted).collect();
    let listing = page.with_total(&query, &definitions, |definition| old_definition(definition, locale));
    Ok(Json(listing).into_response())
}

/// `GET /api/v2/presencedefinitions/{presenceId}`, deprecated; deactivated ones too.
async fn get_old_definition(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let locale = query.text("localeCode").unwrap_or("ALL");
    let state = shared.enter();
    let ix = state.world.definition(&id).ok_or_else(|| Refusal::not_found("The presence definition"))?;
    Ok(Json(old_definition(&state.world.definitions[ix.0], locale)))
}

fn old_definition(definition: &Definition, locale: &str) -> Value {
    let labels = definition.labels.iter().filter(|(language, _)| presences::is_of_locale(language, locale));
    let labels: serde_json::Map<String, Value> =
        labels.map(|(language, label)| ((*language).to_owned(), (*label).into())).collect();
    json!({
        "id": definition.id,
        "name": definition.name(),
        "languageLabels": labels,
        "systemPresence": definition.system.spaced(),
        "deactivated": definition.deactivated,
        "primary": definition.primary,
        "selfUri": format!("/api/v2/presencedefinitions/{}", definition.id),
    })
}

/// `GET /api/v2/presence/sources`
async fn get_sources(State(shared): State<Arc<Shared>>, query: Query) -> Result<Json<Value>, Refusal> {
    let deactivated = query.flag("deactivated")?.unwrap_or(false);
    let state = shared.enter();
    let sources: Vec<Value> = (0..state.world.sources.len())
        .filter(|_| !deactivated)
        .map(|place| source_body(&state.world, place))
        .collect();
    Ok(Json(json!({ "total": sources.len(), "entities": sources, "selfUri": "/api/v2/presence/sources" })))
}

/// `GET /api/v2/presence/sources/{sourceId}`
async fn get_source(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let place = find_source(&state.world, &id).ok_or_else(|| Refusal::not_found("The presence source"))?;
    Ok(Json(source_body(&state.world, place)))
}

fn source_body(world: &World, place: usize) -> Value {
    let source = &world.sources[place];
    json!({
        "id": source.id,
        "name": source.name,
        "type": if place == 0 { "System" } else { "User" },
        "deactivated": false,
        "selfUri": format!("/api/v2/presence/sources/{}", source.id),
    })
}

/// A source by its id; the platform also by its name.
fn find_source(world: &World, id: &str) -> Option<usize> {
    let is = |(place, source): (usize, &crate::world::Named)| {
        source.id.eq_ignore_ascii_case(id) || (place == 0 && source.name.eq_ignore_ascii_case(id))
    };
    world.sources.iter().enumerate().position(is)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PresenceEvents {
    user_presence_events: Vec<PresenceEvent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PresenceEvent {
    event_id: String,
    #[serde(rename = "eventDateTime")]
    _at: Timestamp,
    user_id: String,
    source_id: String,
    presence_definition_id: Option<String>,
    message: Option<String>,
}

/// `POST /api/v2/events/users/presence`: what could not be taken stands among the errors of a 200.
async fn post_presence_events(
    State(shared): State<Arc<Shared>>,
    author: Author,
    TypedBody(body): TypedBody<PresenceEvents>,
) -> Json<Value> {
    let mut state = shared.enter();
    let (mut errors, mut deeds) = (Vec::new(), Vec::new());
    for event in body.user_presence_events {
        match take_presence(&shared, &mut state.world, &event) {
            Ok(done) => deeds.extend(done),
            Err(message) => {
                errors.push(json!({ "eventId": event.event_id, "message": message, "retryable": false }));
            }
        }
    }
    state.tell();
    state.audit(&author, deeds);
    Json(json!({ "errors": errors }))
}

fn take_presence(shared: &Shared, world: &mut World, event: &PresenceEvent) -> Result<Vec<Deed>, String> {
    find_source(world, &event.source_id).ok_or("sourceId: the source is not registered")?;
    let agent = world.user(&event.user_id).ok_or("userId: there is no such user")?;
    presences::check_signs_in(world, agent).map_err(|_| "userId: the user is inactive")?;
    let known = |id: &String| world.definition(id).filter(|ix| !world.definitions[ix.0].deactivated);
    let definition = match &event.presence_definition_id {
        None => None,
        Some(id) => Some(known(id).ok_or("presenceDefinitionId: there is no such definition")?),
    };
    let message = event.message.as_deref().map(Into::into);
    Ok(presences::apply(shared, world, agent, PresenceChange { definition, message }, None))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoutingStatusEvents {
    user_routing_status_events: Vec<RoutingStatusEvent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoutingStatusEvent {
    event_id: String,
    #[serde(rename = "eventDateTime")]
    _at: Timestamp,
    agent_id: String,
    status: String,
    source_id: String,
}

/// `POST /api/v2/events/users/routingstatus`: takes what a PUT of a routing status would.
async fn post_routing_status_events(
    State(shared): State<Arc<Shared>>,
    TypedBody(body): TypedBody<RoutingStatusEvents>,
) -> Json<Value> {
    let mut state = shared.enter();
    let mut errors = Vec::new();
    for event in body.user_routing_status_events {
        if let Err(message) = take_routing_status(&mut state.world, &event) {
            errors.push(json!({ "eventId": event.event_id, "message": message, "retryable": false }));
        }
    }
    state.tell();
    Json(json!({ "errors": errors }))
}

fn take_routing_status(world: &mut World, event: &RoutingStatusEvent) -> Result<(), String> {
    find_source(world, &event.source_id).ok_or("sourceId: the source is not registered")?;
    let agent = world.user(&event.agent_id).ok_or("agentId: there is no such user")?;
    let status = match event.status.as_str() {
        "OffQueue" => RoutingStatus::OffQueue,
        "Idle" => RoutingStatus::Idle,
        "Interacting" => RoutingStatus::Interacting,
        "Communicating" => RoutingStatus::Communicating,
        "NotResponding" => RoutingStatus::NotResponding,
        _ => {
            return Err(
                "status: expected OffQueue, Idle, Interacting, Communicating or NotResponding".to_owned()
            );
        }
    };
    world
        .put_routing_status(agent, status)
        .map_err(|_| "status: can be set from NotResponding to Idle only".to_owned())
}
