//! What an organisation has set up once, and nobody changes here: presence settings, sources, utilization,
//! time zones.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{Query, page::Page};
use crate::{
    refusal::Refusal,
    shared::Shared,
    world::{MediaType, calendar::zone_names},
};

/// A page of time zones, as of users and queues.
const PAGE_MAX: usize = 500;

/// The routes of this file.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/presence/settings", get(get_presence_settings))
        .route("/api/v2/presence/users/{userId}/primarysource", get(get_primary_source))
        .route("/api/v2/routing/utilization", get(get_utilization))
        .route("/api/v2/routing/users/{userId}/utilization", get(get_utilization_of_user))
        .route("/api/v2/timezones", get(get_time_zones))
}

/// `GET /api/v2/presence/settings`: nothing restores a presence here, so that it is off.
async fn get_presence_settings(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({
        "restorePresenceSettings": {
            "enabled": false,
            "restoreTimeMilliseconds": 60_000,
            "restoreOnQueueEnabled": false,
        },
        "requestingOffQueueEnabled": shared.config.answers.presence_deferred_while_interacting,
        "selfUri": "/api/v2/presence/settings",
    }))
}

/// `GET /api/v2/presence/users/{userId}/primarysource`: the platform, for everybody.
async fn get_primary_source(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let agent = world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    let id = &world.agents[agent.0].id;
    Ok(Json(json!({
        "id": id,
        "sourceId": world.sources.first().map(|source| &source.id),
        "registered": false,
        "selfUri": format!("/api/v2/presence/users/{id}/primarysource"),
    })))
}

/// `GET /api/v2/routing/utilization`
async fn get_utilization() -> Json<Value> {
    Json(utilization())
}

/// `GET /api/v2/routing/users/{userId}/utilization`: as the organisation says.
async fn get_utilization_of_user(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    shared.enter().world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    let mut body = utilization();
    body["level"] = "Organization".into();
    Ok(Json(body))
}

/// Everybody has one conversation at a time, whatever its medium.
fn utilization() -> Value {
    let one = json!({ "maximumCapacity": 1, "interruptableMediaTypes": [], "includeNonAcd": true });
    let name = |media: MediaType| match media {
        MediaType::Voice => "call",
        MediaType::Callback | MediaType::Chat | MediaType::Email | MediaType::Message => media.as_str(),
    };
    let media: Map<String, Value> =
        MediaType::ALL.iter().map(|media| (name(*media).to_owned(), one.clone())).collect();
    json!({ "utilization": media, "labelUtilizations": {} })
}

/// `GET /api/v2/timezones`: those that this simulator reckons with, by name.
async fn get_time_zones(query: Query) -> Result<Json<Value>, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let names = zone_names();
    Ok(Json(json!(page.with_total(&query, &names, |name| json!({ "id": name, "name": name })))))
}
