//! Published schedules: of the agents of a unit, at once, later, or by download.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
use rand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{Query, TypedBody, download},
    accepted, business_unit, chosen,
    jobs::{Announcement, listener},
    management_unit, person, unit_of,
};
use crate::{
    oauth::Caller,
    refusal::Refusal,
    shared::{Shared, State as Inside},
    world::{
        AgentIx, World,
        activity_code::TIME_OFF,
        calendar::{DAY_MINUTES, Day},
        guid,
        schedule::Shift,
    },
};

const DAY_MS: i64 = 24 * 3_600_000;
/// The longest time that one search may span.
const SPAN_DAYS: i64 = 45;
/// More agents' days than this are answered later rather than at once: 100 users for a week.
const AT_ONCE_DAYS: i64 = 700;

/// What is searched for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Search {
    start_date: Timestamp,
    end_date: Timestamp,
    user_ids: Option<Vec<String>>,
}

type Answer = Result<Response, Refusal>;

/// `POST .../managementunits/{managementUnitId}/agentschedules/search`; `mine` is the unit of the person
/// who calls.
pub(super) async fn post_search_of_management_unit(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    query: Query,
    TypedBody(search): TypedBody<Search>,
) -> Answer {
    let mut state = shared.enter();
    let unit = if id == "mine" {
        unit_of(&state.world, person(&shared, &state.world, &caller)?)?
    } else {
        &state.world.workforce.management_units[management_unit(&state.world, &id)?]
    };
    let (agents, business) = (unit.agents.clone(), unit.business_unit);
    answer(&shared, &mut state, &caller, &query, &search, &agents, business)
}

/// `POST .../businessunits/{businessUnitId}/agentschedules/search`
pub(super) async fn post_search_of_business_unit(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    query: Query,
    TypedBody(search): TypedBody<Search>,
) -> Answer {
    let mut state = shared.enter();
    let business = business_unit(&state.world, &id)?;
    let units = &state.world.workforce.management_units;
    let units = units.iter().filter(|unit| unit.business_unit == business);
    let agents: Vec<AgentIx> = units.flat_map(|unit| unit.agents.iter().copied()).collect();
    answer(&shared, &mut state, &caller, &query, &search, &agents, business)
}

/// `POST .../agentschedules/mine`: for people only.
pub(super) async fn post_mine(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    TypedBody(search): TypedBody<Search>,
) -> Answer {
    check(&search)?;
    let state = shared.enter();
    let world = &state.world;
    let agent = person(&shared, world, &caller)?;
    let business = unit_of(world, agent)?.business_unit;
    let mut body = result(world, &[agent], &search, business);
    body["startDate"] = json!(search.start_date);
    body["endDate"] = json!(search.end_date);
    body["updates"] = json!([]);
    Ok(Json(body).into_response())
}

fn check(search: &Search) -> Result<(), Refusal> {
    let span_ms = search.end_date.ms_since(search.start_date);
    if span_ms <= 0 || span_ms > SPAN_DAYS * DAY_MS {
        let message = format!("endDate: expected later than startDate, by at most {SPAN_DAYS} days");
        return Err(Refusal::invalid_value(message));
    }
    Ok(())
}

fn answer(
    shared: &Shared,
    state: &mut Inside,
    caller: &Caller,
    query: &Query,
    search: &Search,
    agents: &[AgentIx],
    business: usize,
) -> Answer {
    check(search)?;
    let force_async = query.flag("forceAsync")?.unwrap_or(false);
    let force_download =
        query.flag("forceDownloadService")?.unwrap_or(shared.config.answers.schedules_by_download);
    let agents = chosen(&state.world, agents, search.user_ids.as_deref());
    let days = search.end_date.ms_since(search.start_date) / DAY_MS + 1;
    let many = days.saturating_mul(i64::try_from(agents.len()).unwrap_or(i64::MAX)) > AT_ONCE_DAYS;
    let result = result(&state.world, &agents, search, business);
    if !(force_async || many) {
        let operation_id = guid::of(state.secrets.random());
        let mut body = json!({ "status": "Complete", "operationId": operation_id, "progress": 100 });
        if force_download {
            body["downloadUrl"] = download::keep(shared, state, result).into();
        } else {
            body["result"] = result;
        }
        return Ok(Json(body).into_response());
    }
    let operation_id = guid::of(state.secrets.random());
    let url = download::keep(shared, state, result);
    let announcement = listener(shared, caller).map(|listener| Announcement {
        topic: format!("v2.workforcemanagement.users.{listener}.schedules.search"),
        body: json!({
            "operationId": operation_id,
            "businessUnitId": state.world.workforce.business_units[business].id,
            "downloadUrl": url,
        }),
    });
    let now = state.world.now;
    state.jobs.begin(operation_id.clone(), now, vec![url], announcement);
    let body = json!({ "status": "Processing", "operationId": operation_id, "progress": 0 });
    Ok((accepted(shared), Json(body)).into_response())
}

fn result(world: &World, agents: &[AgentIx], search: &Search, business: usize) -> Value {
    let unit = &world.workforce.business_units[business];
    let (first, last) = (unit.zone.day_of(search.start_date), unit.zone.day_of(search.end_date.plus_ms(-1)));
    let weeks = (first.monday().0..=last.0).step_by(7).map(Day);
    let published: Vec<Value> = weeks
        .map(|week| {
            json!({
                "id": schedule_id(&unit.id, week),
                "weekDate": week.text(),
                "weekCount": 1,
            })
        })
        .collect();
    let schedules: Vec<Value> =
        agents.iter().map(|agent| of_agent(world, *agent, search, &unit.id)).collect();
    json!({
        "agentSchedules": schedules,
        "businessUnitTimeZone": unit.zone.name,
        "publishedSchedules": published,
    })
}

fn of_agent(world: &World, agent: AgentIx, search: &Search, business: &str) -> Value {
    let id = &world.agents[agent.0].id;
    let shifts = world.shifts(agent, search.start_date, search.end_date);
    let shifts: Vec<Value> = shifts.iter().map(|shift| shift_body(id.as_str(), shift, business)).collect();
    let days = world.days_taken_off(agent, search.start_date, search.end_date);
    let markers: Vec<Value> = days
        .into_iter()
        .map(|day| {
            json!({
                "businessUnitDate": day.text(),
                "lengthMinutes": TIME_OFF.code().length_minutes,
                "startOffsetMinutes": 0,
                "endOffsetMinutes": DAY_MINUTES,
                "description": TIME_OFF.code().name,
                "activityCodeId": TIME_OFF.code().id,
                "paid": TIME_OFF.code().paid,
                "payableMinutes": TIME_OFF.code().length_minutes,
            })
        })
        .collect();
    json!({
        "user": { "id": id, "selfUri": format!("/api/v2/users/{id}") },
        "shifts": shifts,
        "fullDayTimeOffMarkers": markers,
    })
}

fn shift_body(user: &str, shift: &Shift, business: &str) -> Value {
    let week = shift.day.monday();
    let activities: Vec<Value> = shift
        .activities
        .iter()
        .map(|activity| {
            let code = activity.code.code();
            json!({
                "startDate": activity.start,
                "lengthMinutes": activity.length_minutes,
                "description": code.name,
                "activityCodeId": code.id,
                "paid": code.paid,
                "payableMinutes": if code.paid { activity.length_minutes } else { 0 },
            })
        })
        .collect();
    let schedule = schedule_id(business, week);
    json!({
        "id": id_of(&format!("{user}/{}", shift.day.text())),
        "startDate": shift.start,
        "lengthMinutes": shift.length_minutes,
        "activities": activities,
        "manuallyEdited": shift.manually_edited,
        "schedule": {
            "id": schedule,
            "weekDate": week.text(),
            "selfUri": format!(
                "/api/v2/workforcemanagement/businessunits/{business}/weeks/{}/schedules/{schedule}",
                week.text()
            ),
        },
    })
}

/// The published schedule of a week.
fn schedule_id(business: &str, week: Day) -> String {
    id_of(&format!("{business}/{}", week.text()))
}

/// A GUID that belongs to this text (the hash FNV-1a).
fn id_of(text: &str) -> String {
    let fold = |hash: u128, byte: u8| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    };
    guid::of(text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, fold))
}
