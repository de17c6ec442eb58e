//! What agents' status is filtered by.

use serde::Deserialize;

use crate::world::{Abilities, AgentIx, Subject, SystemPresence, World, adherence::category_of};

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
    let adherence = world.adherence(agent);
    let has = |abilities: &Abilities, subjects: &[Subject]| {
        abilities.all().iter().any(|ability| is_text(&subjects[ability.subject].id))
    };
    match dimension {
        UserDimension::ActiveQueueId => in_queue(|joined| joined),
        UserDimension::InactiveQueueId => in_queue(|joined| !joined),
        UserDimension::QueueId => in_queue(|_| true),
        UserDimension::DivisionId => {
            world.divisions.get(who.division).is_some_and(|named| is_text(&named.id))
        }
        UserDimension::TeamId => world.team_of(agent).is_some_and(|named| is_text(&named.id)),
        UserDimension::UserId => is_text(who.id.as_str()),
        UserDimension::SystemPresence => is_text(definition.system.shouted()),
        UserDimension::OrganizationPresenceId => is_text(definition.id.as_str()),
        UserDimension::RoutingStatus => is_text(who.routing.status.as_str()),
        UserDimension::IsOutOfOffice => is_text(if who.out_of_office.active { "true" } else { "false" }),
        UserDimension::Online => {
            is_text(if definition.system == SystemPresence::Offline { "false" } else { "true" })
        }
        UserDimension::AssignedSkillId => has(&who.skills, &world.skills),
        UserDimension::AssignedLanguageId => has(&who.languages, &world.languages),
        // Nobody has a manager.
        UserDimension::ManagerId => false,
        UserDimension::ManagementUnitId => {
            world.management_unit_of(agent).is_some_and(|unit| is_text(&unit.id))
        }
        UserDimension::BusinessUnitId => is_text(&world.business_unit_of(agent).id),
        UserDimension::AdherenceState => is_text(adherence.state.as_str()),
        UserDimension::AdherenceImpact => is_text(adherence.impact.as_str()),
        UserDimension::ScheduledActivityCodeId => {
            adherence.scheduled.is_some_and(|code| is_text(code.code().id))
        }
        UserDimension::ScheduledActivityCategory => is_text(category_of(adherence.scheduled).as_str()),
        UserDimension::ActualActivityCategory => is_text(adherence.actual.as_str()),
    }
}
