//! The older forms of historical adherence: a report about one management unit, or about one team. They
//! tell the same as the bulk form, under partly other names.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
use rand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        super::{TypedBody, download},
        accepted, chosen,
        jobs::{Announcement, listener},
        management_unit,
    },
    Lookup, Span, of_user, zone_named,
};
use crate::{
    oauth::Caller,
    refusal::Refusal,
    shared::{Shared, State as Inside},
    world::{AgentIx, World, calendar::Zone, guid},
};

/// What is asked; teams have no teams of their own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::rest::workforce) struct Question {
    start_date: Timestamp,
    end_date: Option<Timestamp>,
    time_zone: Option<String>,
    user_ids: Option<Vec<String>>,
    team_ids: Option<Vec<String>>,
    #[serde(default)]
    include_exceptions: bool,
}

impl Question {
    /// The time that is meant: until now, when nothing else is said.
    fn span(&self, now: Timestamp) -> Result<Span, Refusal> {
        let span = Span {
            start_date: self.start_date,
            end_date: self.end_date.unwrap_or(now),
            include_exceptions: self.include_exceptions,
            include_actuals: false,
        };
        span.check()?;
        Ok(span)
    }
}

/// `POST .../managementunits/{managementUnitId}/historicaladherencequery`
pub(in crate::rest::workforce) async fn post_of_management_unit(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    let named = question.time_zone.as_deref().map(zone_named).transpose()?;
    let mut state = shared.enter();
    let world = &state.world;
    let unit = &world.workforce.management_units[management_unit(world, &id)?];
    let zone = named.unwrap_or_else(|| world.workforce.business_units[unit.business_unit].zone.clone());
    let mut agents = chosen(world, &unit.agents, question.user_ids.as_deref());
    if let Some(teams) = &question.team_ids {
        let is_wanted = |agent: &AgentIx| {
            let team = world.agents[agent.0].team.map(|team| &world.teams[team].id);
            team.is_some_and(|team| teams.iter().any(|id| id.eq_ignore_ascii_case(team)))
        };
        agents.retain(is_wanted);
    }
    let span = question.span(world.now)?;
    let report = report(world, &unit.id, &agents, &span, &zone);
    Ok(begin(&shared, &mut state, &caller, report))
}

/// `POST .../teams/{teamId}/adherence/historical`
pub(in crate::rest::workforce) async fn post_of_team(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    let Some(zone) = question.time_zone.as_deref() else {
        return Err(Refusal::bad_request("timeZone: expected an IANA name, such as Europe/Berlin"));
    };
    let zone = zone_named(zone)?;
    if question.team_ids.is_some() {
        return Err(Refusal::bad_request("teamIds: the team stands in the path, leave them out"));
    }
    let mut state = shared.enter();
    let world = &state.world;
    let team = world.teams.iter().position(|team| team.id.eq_ignore_ascii_case(&id));
    let team = team.ok_or_else(|| Refusal::not_found("The team"))?;
    let of_team: Vec<AgentIx> = (0..world.agents.len())
        .map(AgentIx)
        .filter(|agent| world.agents[agent.0].team == Some(team))
        .collect();
    let agents = chosen(world, &of_team, question.user_ids.as_deref());
    let span = question.span(world.now)?;
    let report = report(world, &world.teams[team].id, &agents, &span, &zone);
    Ok(begin(&shared, &mut state, &caller, report))
}

/// `GET .../adherence/historical/jobs/{jobId}`
pub(in crate::rest::workforce) async fn get_job(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let state = shared.enter();
    let job = state.jobs.get(&id).ok_or_else(|| Refusal::not_found("The job"))?;
    if job.ready <= state.world.now {
        return Ok((StatusCode::OK, Json(complete(&id, &job.urls))).into_response());
    }
    Ok(in_the_making(&shared, &id))
}

fn begin(shared: &Shared, state: &mut Inside, caller: &Caller, report: Value) -> Response {
    let urls = vec![download::keep(shared, state, report)];
    let id = guid::of(state.secrets.random());
    let announcement = listener(shared, caller).map(|listener| Announcement {
        topic: format!("v2.users.{listener}.workforcemanagement.historicaladherencequery"),
        body: complete(&id, &urls),
    });
    let now = state.world.now;
    state.jobs.begin(id.clone(), now, urls, announcement);
    in_the_making(shared, &id)
}

fn in_the_making(shared: &Shared, id: &str) -> Response {
    (accepted(shared), Json(json!({ "id": id, "queryState": "Processing" }))).into_response()
}

fn complete(id: &str, urls: &[String]) -> Value {
    json!({ "id": id, "downloadUrl": urls.first(), "downloadUrls": urls, "queryState": "Complete" })
}

/// What the address leads to.
fn report(world: &World, entity_id: &str, agents: &[AgentIx], span: &Span, zone: &Zone) -> Value {
    let mut lookup = Lookup::default();
    let of = |agent: &AgentIx| {
        let mut body = of_user(world, *agent, span, zone, &mut lookup);
        body["managementUnitId"] = json!(world.management_unit_of(*agent).map(|unit| &unit.id));
        body["startDate"] = json!(span.start_date);
        body["endDate"] = json!(span.end_date);
        body["actualsEndDate"] = json!(span.end_date.min(world.now));
        for day in body["dayMetrics"].as_array_mut().into_iter().flatten() {
            shorten_names(day);
        }
        body
    };
    let data: Vec<Value> = agents.iter().map(of).collect();
    json!({ "entityId": entity_id, "data": data, "lookupIdToSecondaryPresenceId": lookup.ids })
}

/// Seconds are called `Secs` in days of this form, but for the impact.
fn shorten_names(day: &mut Value) {
    let Some(members) = day.as_object_mut() else { return };
    let old = std::mem::take(members);
    members.extend(old.into_iter().map(|(name, value)| match name.strip_suffix("Seconds") {
        Some(start) if name != "impactSeconds" => (format!("{start}Secs"), value),
        Some(_) | None => (name, value),
    }));
}
