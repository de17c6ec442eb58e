//! What agents' status is filtered by.

use serde::Deserialize;

use crate::{
    refusal::Refusal,
    rest::analytics::filter::Filter,
    world::{AgentIx, SystemPresence, World},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum UserDimension {
    ActiveQueueId,
    InactiveQueueId,
    QueueId,
    AssignedSkillId,
    AssignedLanguageId,
    DivisionId,
    UserId,
    ManagerId,
    SystemPresence,
    OrganizationPresenceId,
    RoutingStatus,
    IsOutOfOffice,
    Online,
    TeamId,
    ManagementUnitId,
    BusinessUnitId,
    AdherenceState,
    AdherenceImpact,
    ScheduledActivityCodeId,
    ScheduledActivityCategory,
    ActualActivityCategory,
}

/// Refuses what this world could only answer wrongly.
pub(super) fn check(filter: &Filter<UserDimension>) -> Result<(), Refusal> {
    let of_schedules = |dimension| match dimension {
        UserDimension::ManagementUnitId
        | UserDimension::BusinessUnitId
        | UserDimension::AdherenceState
        | UserDimension::AdherenceImpact
        | UserDimension::ScheduledActivityCodeId
        | UserDimension::ScheduledActivityCategory
        | UserDimension::ActualActivityCategory => true,
        UserDimension::ActiveQueueId
        | UserDimension::InactiveQueueId
        | UserDimension::QueueId
        | UserDimension::AssignedSkillId
        | UserDimension::AssignedLanguageId
        | UserDimension::DivisionId
        | UserDimension::UserId
        | UserDimension::ManagerId
        | UserDimension::SystemPresence
        | UserDimension::OrganizationPresenceId
        | UserDimension::RoutingStatus
        | UserDimension::IsOutOfOffice
        | UserDimension::Online
        | UserDimension::TeamId => false,
    };
    if filter.dimensions().any(of_schedules) {
        return Err(Refusal::invalid_value(
            "userFilter: dimensions of schedules and adherence are not imitated here",
        ));
    }
    Ok(())
}

/// Whether a dimension of an agent has this value or, without one, any.
pub(super) fn is(world: &World, agent: AgentIx, dimension: UserDimension, value: Option<&str>) -> bool {
    let who = &world.agents[agent.0];
    let definition = world.definition_of(agent);
    let is_text = |text: &str| value.is_none_or(|value| value.eq_ignore_ascii_case(text));
    let in_queue = |wanted: fn(bool) -> bool| {
        who.memberships.iter().any(|membership| {
            wanted(membership.joined) && is_text(world.queues[membership.queue.0].id.as_str())
        })
    };
    match dimension {
        UserDimension::ActiveQueueId => in_queue(|joined| joined),
        UserDimension::InactiveQueueId => in_queue(|joined| !joined),
        UserDimension::QueueId => in_queue(|_| true),
        UserDimension::DivisionId => {
            world.divisions.get(who.division).is_some_and(|named| is_text(&named.id))
        }
        UserDimension::TeamId => world.teams.get(who.team).is_some_and(|named| is_text(&named.id)),
        UserDimension::UserId => is_text(who.id.as_str()),
        UserDimension::SystemPresence => is_text(definition.system.shouted()),
        UserDimension::OrganizationPresenceId => is_text(definition.id.as_str()),
        UserDimension::RoutingStatus => is_text(who.routing.status.as_str()),
        UserDimension::IsOutOfOffice => is_text("false"),
        UserDimension::Online => {
            is_text(if definition.system == SystemPresence::Offline { "false" } else { "true" })
        }
        // Nobody has any of these, and `check` has refused those of schedules.
        UserDimension::AssignedSkillId
        | UserDimension::AssignedLanguageId
        | UserDimension::ManagerId
        | UserDimension::ManagementUnitId
        | UserDimension::BusinessUnitId
        | UserDimension::AdherenceState
        | UserDimension::AdherenceImpact
        | UserDimension::ScheduledActivityCodeId
        | UserDimension::ScheduledActivityCategory
        | UserDimension::ActualActivityCategory => false,
    }
}
