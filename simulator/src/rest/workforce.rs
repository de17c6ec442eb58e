//! `/api/v2/workforcemanagement`: units and activity codes, adherence, schedules, reports.

mod adherence;
mod historical;
mod jobs;
mod schedules;
mod units;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};

pub(crate) use self::jobs::Jobs;
use super::me;
use crate::{
    oauth::Caller,
    refusal::Refusal,
    shared::Shared,
    world::{AgentIx, ManagementUnit, World},
};

/// The routes under `/api/v2/workforcemanagement`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/workforcemanagement/adherence", get(adherence::get_adherence))
        .route("/api/v2/workforcemanagement/adherence/historical/bulk", post(historical::post_bulk))
        .route(
            "/api/v2/workforcemanagement/adherence/historical/bulk/jobs/{jobId}",
            get(historical::get_bulk_job),
        )
        .route(
            "/api/v2/workforcemanagement/adherence/historical/jobs/{jobId}",
            get(historical::single::get_job),
        )
        .route("/api/v2/workforcemanagement/agents/me/managementunit", get(units::get_my_management_unit))
        .route(
            "/api/v2/workforcemanagement/agents/{agentId}/managementunit",
            get(units::get_management_unit_of_agent),
        )
        .route("/api/v2/workforcemanagement/agentschedules/mine", post(schedules::post_mine))
        .route("/api/v2/workforcemanagement/businessunits", get(units::get_business_units))
        .route("/api/v2/workforcemanagement/businessunits/{businessUnitId}", get(units::get_business_unit))
        .route(
            "/api/v2/workforcemanagement/businessunits/{businessUnitId}/activitycodes",
            get(units::get_activity_codes),
        )
        .route(
            "/api/v2/workforcemanagement/businessunits/{businessUnitId}/activitycodes/{activityCodeId}",
            get(units::get_activity_code),
        )
        .route(
            "/api/v2/workforcemanagement/businessunits/{businessUnitId}/agentschedules/search",
            post(schedules::post_search_of_business_unit),
        )
        .route(
            "/api/v2/workforcemanagement/businessunits/{businessUnitId}/managementunits",
            get(units::get_management_units_of_business_unit),
        )
        .route("/api/v2/workforcemanagement/managementunits", get(units::get_management_units))
        .route(
            "/api/v2/workforcemanagement/managementunits/{managementUnitId}",
            get(units::get_management_unit),
        )
        .route(
            "/api/v2/workforcemanagement/managementunits/{managementUnitId}/activitycodes",
            get(units::get_activity_codes_of_management_unit),
        )
        .route(
            "/api/v2/workforcemanagement/managementunits/{managementUnitId}/adherence",
            get(adherence::get_adherence_of_management_unit),
        )
        .route(
            "/api/v2/workforcemanagement/managementunits/{managementUnitId}/agentschedules/search",
            post(schedules::post_search_of_management_unit),
        )
        .route(
            "/api/v2/workforcemanagement/managementunits/{managementUnitId}/historicaladherencequery",
            post(historical::single::post_of_management_unit),
        )
        .route("/api/v2/workforcemanagement/managementunits/{managementUnitId}/users", get(units::get_users))
        .route(
            "/api/v2/workforcemanagement/teams/{teamId}/adherence/historical",
            post(historical::single::post_of_team),
        )
        .route("/api/v2/workforcemanagement/teams/{teamId}/adherence", get(adherence::get_adherence_of_team))
}

fn business_unit(world: &World, id: &str) -> Result<usize, Refusal> {
    world.workforce.business_unit(id).ok_or_else(|| Refusal::not_found("The business unit"))
}

fn management_unit(world: &World, id: &str) -> Result<usize, Refusal> {
    world.workforce.management_unit(id).ok_or_else(|| Refusal::not_found("The management unit"))
}

/// The management unit on whose roster an agent is.
fn unit_of(world: &World, agent: AgentIx) -> Result<&ManagementUnit, Refusal> {
    world.management_unit_of(agent).ok_or_else(|| Refusal::not_found("A management unit of this user"))
}

/// The person who calls, as the world knows them. A machine client is nobody.
fn person(shared: &Shared, world: &World, caller: &Caller) -> Result<AgentIx, Refusal> {
    let user = me::person(shared, caller)?;
    world.user(user.as_str()).ok_or_else(|| Refusal::not_found("The user"))
}

/// Those of `agents` that `ids` names; all when nothing is named. Others are passed over, as reads of
/// workforce management do with people of other units.
fn chosen(world: &World, agents: &[AgentIx], ids: Option<&[String]>) -> Vec<AgentIx> {
    match ids {
        None => agents.to_vec(),
        Some(ids) => {
            let mut chosen: Vec<_> = ids.iter().filter_map(|id| world.user(id)).collect();
            chosen.sort();
            chosen.dedup();
            chosen.retain(|agent| agents.contains(agent));
            chosen
        }
    }
}

/// The status of an answer that is not ready yet.
fn accepted(shared: &Shared) -> StatusCode {
    if shared.config.answers.workforce_async_200 { StatusCode::OK } else { StatusCode::ACCEPTED }
}
