//! Business units, management units, who is in them, and activity codes.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{super::Query, super::page::Page, business_unit, management_unit, person, unit_of};
use crate::{
    oauth::Caller,
    refusal::Refusal,
    shared::Shared,
    world::{
        AgentIx, World,
        activity_code::{ActivityCode, CODES},
    },
};

/// A page of management units.
const PAGE_MAX: usize = 100;

/// `GET .../businessunits`
pub(super) async fn get_business_units(State(shared): State<Arc<Shared>>, query: Query) -> Json<Value> {
    let state = shared.enter();
    let world = &state.world;
    let divisions = query.list("divisionId");
    let entities: Vec<Value> = world
        .workforce
        .business_units
        .iter()
        .filter(|unit| {
            divisions.is_empty() || divisions.contains(&world.divisions[unit.division].id.as_str())
        })
        .map(|unit| {
            json!({
                "id": unit.id,
                "name": unit.name,
                "authorized": true,
                "division": division(world, unit.division),
                "selfUri": uri("businessunits", &unit.id),
            })
        })
        .collect();
    Json(json!({ "entities": entities }))
}

/// `GET .../businessunits/{businessUnitId}`
pub(super) async fn get_business_unit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let unit = &world.workforce.business_units[business_unit(world, &id)?];
    let mut body = json!({
        "id": unit.id,
        "name": unit.name,
        "division": division(world, unit.division),
        "selfUri": uri("businessunits", &unit.id),
    });
    if query.list("expand").iter().any(|part| part.starts_with("settings")) {
        body["settings"] = json!({
            "startDayOfWeek": "Monday",
            "timeZone": unit.zone.name,
            "metadata": { "version": 1 },
        });
    }
    Ok(Json(body))
}

/// `GET .../businessunits/{businessUnitId}/managementunits`
pub(super) async fn get_management_units_of_business_unit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let of = business_unit(world, &id)?;
    let entities: Vec<Value> = asked_units(world, &query)
        .into_iter()
        .filter(|unit| world.workforce.management_units[*unit].business_unit == of)
        .map(|unit| management_unit_body(world, unit))
        .collect();
    Ok(Json(json!({ "entities": entities })))
}

/// `GET .../managementunits`
pub(super) async fn get_management_units(
    State(shared): State<Arc<Shared>>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let state = shared.enter();
    let world = &state.world;
    let asked = asked_units(world, &query);
    let listing = page.with_total(&query, &asked, |unit| management_unit_body(world, *unit));
    Ok(Json(json!(listing)))
}

/// `GET .../managementunits/{managementUnitId}`
pub(super) async fn get_management_unit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let unit = management_unit(&state.world, &id)?;
    Ok(Json(management_unit_body(&state.world, unit)))
}

/// `GET .../managementunits/{managementUnitId}/users`
pub(super) async fn get_users(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let unit = management_unit(world, &id)?;
    let agents = world.workforce.management_units[unit].agents.iter();
    let entities: Vec<Value> = agents
        .map(|agent| {
            let id = &world.agents[agent.0].id;
            json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") })
        })
        .collect();
    Ok(Json(json!({ "entities": entities })))
}

/// `GET .../agents/{agentId}/managementunit`
pub(super) async fn get_management_unit_of_agent(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let agent = world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    units_of(world, agent)
}

/// `GET .../agents/me/managementunit`: for people only.
pub(super) async fn get_my_management_unit(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let agent = person(&shared, &state.world, &caller)?;
    units_of(&state.world, agent)
}

fn units_of(world: &World, agent: AgentIx) -> Result<Json<Value>, Refusal> {
    let unit = unit_of(world, agent)?;
    let business = world.business_unit_of(agent);
    let id = &world.agents[agent.0].id;
    Ok(Json(json!({
        "user": { "id": id, "selfUri": format!("/api/v2/users/{id}") },
        "managementUnit": { "id": unit.id, "selfUri": uri("managementunits", &unit.id) },
        "businessUnit": { "id": business.id, "selfUri": uri("businessunits", &business.id) },
    })))
}

/// `GET .../businessunits/{businessUnitId}/activitycodes`
pub(super) async fn get_activity_codes(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let force = query.flag("forceDownloadService")?.unwrap_or(false);
    let mut state = shared.enter();
    let unit = business_unit(&state.world, &id)?;
    let base = uri("businessunits", &state.world.workforce.business_units[unit].id);
    let entities: Vec<Value> = CODES.iter().map(|code| code_body(code, &base)).collect();
    let body = json!({ "entities": entities });
    Ok(Json(if force {
        json!({ "downloadUrl": super::super::download::keep(&shared, &mut state, body) })
    } else {
        body
    }))
}

/// `GET .../businessunits/{businessUnitId}/activitycodes/{activityCodeId}`
pub(super) async fn get_activity_code(
    State(shared): State<Arc<Shared>>,
    Path((id, code)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let unit = business_unit(&state.world, &id)?;
    let base = uri("businessunits", &state.world.workforce.business_units[unit].id);
    let code = CODES.iter().find(|is| is.id == code);
    Ok(Json(code_body(code.ok_or_else(|| Refusal::not_found("The activity code"))?, &base)))
}

fn code_body(code: &ActivityCode, base: &str) -> Value {
    let mut body = common(code, base);
    body["active"] = true.into();
    body["defaultCode"] = code.default_code.into();
    body["secondaryPresences"] = json!([]);
    body
}

/// `GET .../managementunits/{managementUnitId}/activitycodes`, the old form.
pub(super) async fn get_activity_codes_of_management_unit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let unit = management_unit(&state.world, &id)?;
    let base = uri("managementunits", &state.world.workforce.management_units[unit].id);
    let codes: serde_json::Map<String, Value> = CODES
        .iter()
        .map(|code| {
            let mut body = common(code, &base);
            body["isActive"] = true.into();
            body["isDefault"] = code.default_code.into();
            (code.id.to_owned(), body)
        })
        .collect();
    Ok(Json(json!({ "activityCodes": codes, "metadata": { "version": 1 } })))
}

/// The address of something in workforce management.
pub(super) fn uri(family: &str, id: &str) -> String {
    format!("/api/v2/workforcemanagement/{family}/{id}")
}

fn common(code: &ActivityCode, base: &str) -> Value {
    json!({
        "id": code.id,
        "name": code.name,
        "category": code.category.as_str(),
        "lengthInMinutes": code.length_minutes,
        "countsAsPaidTime": code.paid,
        "countsAsWorkTime": code.work_time,
        "agentTimeOffSelectable": code.category.as_str() == "TimeOff",
        "metadata": { "version": 1 },
        "selfUri": format!("{base}/activitycodes/{}", code.id),
    })
}

fn asked_units(world: &World, query: &Query) -> Vec<usize> {
    let divisions = query.list("divisionId");
    let units = &world.workforce.management_units;
    let asked = |unit: &usize| {
        let division = world.workforce.business_units[units[*unit].business_unit].division;
        divisions.is_empty() || divisions.contains(&world.divisions[division].id.as_str())
    };
    (0..units.len()).filter(asked).collect()
}

fn management_unit_body(world: &World, unit: usize) -> Value {
    let unit = &world.workforce.management_units[unit];
    let business = &world.workforce.business_units[unit.business_unit];
    json!({
        "id": unit.id,
        "name": unit.name,
        "businessUnit": { "id": business.id, "selfUri": uri("businessunits", &business.id) },
        "startDayOfWeek": "Monday",
        "timeZone": unit.time_zone,
        "metadata": { "version": 1 },
        "version": 1,
        "division": division(world, business.division),
        "selfUri": uri("managementunits", &unit.id),
    })
}

fn division(world: &World, division: usize) -> Value {
    let id = &world.divisions[division].id;
    json!({ "id": id, "selfUri": format!("/api/v2/authorization/divisions/{id}") })
}
