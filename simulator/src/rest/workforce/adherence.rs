//! Adherence of this moment: of chosen users, of a management unit, of a team.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    super::{Query, download},
    management_unit,
    units::uri,
};
use crate::{
    notify::next_reminder,
    refusal::Refusal,
    shared::Shared,
    world::{AgentIx, World, adherence::category_of},
};

/// Users that one call may name.
const USERS_MAX: usize = 100;

/// `GET .../adherence?userId=`: a bare array.
pub(super) async fn get_adherence(
    State(shared): State<Arc<Shared>>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let ids: BTreeSet<&str> = query.list("userId").into_iter().collect();
    if ids.is_empty() {
        let message = format!("userId: expected 1 to {USERS_MAX} ids");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "no.user.ids.specified", message));
    }
    if ids.len() > USERS_MAX {
        let message = format!("userId: expected at most {USERS_MAX} ids");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "max.user.ids", message));
    }
    let state = shared.enter();
    let world = &state.world;
    let asked: BTreeSet<AgentIx> = ids.iter().filter_map(|id| world.user(id)).collect();
    Ok(Json(asked.into_iter().filter_map(|agent| body(world, agent)).collect()))
}

/// `GET .../managementunits/{managementUnitId}/adherence`
pub(super) async fn get_adherence_of_management_unit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let force = query.flag("forceDownloadService")?.unwrap_or(false);
    let mut state = shared.enter();
    let unit = management_unit(&state.world, &id)?;
    let world = &state.world;
    let agents = world.workforce.management_units[unit].agents.iter();
    let entities: Vec<Value> = agents.filter_map(|agent| body(world, *agent)).collect();
    let listing = json!({ "entities": entities });
    Ok(Json(if force {
        json!({ "downloadUrl": download::keep(&shared, &mut state, listing) })
    } else {
        listing
    }))
}

/// `GET .../teams/{teamId}/adherence`
pub(super) async fn get_adherence_of_team(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let team = world.teams.iter().position(|team| team.id.eq_ignore_ascii_case(&id));
    let team = team.ok_or_else(|| Refusal::not_found("The team"))?;
    let of_team = |agent: &AgentIx| world.agents[agent.0].team == Some(team);
    let agents = world.people().filter(of_team);
    Ok(Json(json!({ "entities": agents.filter_map(|agent| body(world, agent)).collect::<Vec<_>>() })))
}

/// The adherence of an agent; nothing of who is on no roster.
fn body(world: &World, agent: AgentIx) -> Option<Value> {
    let who = &world.agents[agent.0];
    let is = world.adherence(agent);
    let (unit, business) = (world.management_unit_of(agent)?, world.business_unit_of(agent));
    let definition = &world.definitions[is.definition.0];
    let active_queues: Vec<Value> = who
        .joined_queues()
        .map(|queue| {
            let id = &world.queues[queue.0].id;
            json!({ "id": id, "selfUri": format!("/api/v2/routing/queues/{id}") })
        })
        .collect();
    let mut body = json!({
        "user": { "id": who.id, "selfUri": format!("/api/v2/users/{}", who.id) },
        "businessUnit": { "id": business.id, "selfUri": uri("businessunits", &business.id) },
        "managementUnit": { "id": unit.id, "selfUri": uri("managementunits", &unit.id) },
        "scheduledActivityCategory": category_of(is.scheduled).as_str(),
        "systemPresence": definition.system.compact(),
        "routingStatus": who.routing.status.as_str(),
        "actualActivityCategory": is.actual.as_str(),
        "isOutOfOffice": who.out_of_office.active,
        "adherenceState": is.state.as_str(),
        "impact": is.impact.as_str(),
        "timeOfAdherenceChange": is.since,
        "presenceUpdateTime": who.presence.modified,
        "activeQueues": active_queues,
        "removedFromManagementUnit": false,
        "suppressOnTimeReminder": false,
        "nextActivityReminders": next_reminder(world, agent, is)
            .map(|(category, start)| json!({ "activityCategory": category.as_str(), "startDate": start }))
            .into_iter()
            .collect::<Vec<_>>(),
    });
    if let Some(code) = is.scheduled {
        let code = code.code();
        body["scheduledActivityCode"] = json!({
            "id": code.id,
            "name": code.name,
            "secondaryPresences": [],
            "selfUri": format!("{}/activitycodes/{}", uri("businessunits", &business.id), code.id),
        });
    }
    if !definition.primary {
        body["organizationSecondaryPresenceId"] = json!(definition.id);
    }
    if let Some(team) = world.team_of(agent) {
        body["team"] = json!({ "id": team.id, "selfUri": format!("/api/v2/teams/{}", team.id) });
    }
    Some(body)
}
