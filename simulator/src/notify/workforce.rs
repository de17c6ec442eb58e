//! The bodies of events about adherence and schedules. They differ from what REST answers: ids stand
//! alone, and the date of the change has another name.

use protocol::Timestamp;
use serde_json::{Value, json};

use crate::world::{
    Adherence, AgentIx, RoutingStatus, SystemPresence, World, activity_code::Category, adherence::category_of,
};

/// The three topics that tell of an agent's adherence.
pub(super) fn adherence_topics(world: &World, agent: AgentIx) -> [String; 3] {
    let who = &world.agents[agent.0];
    [
        format!("v2.users.{}.workforcemanagement.adherence", who.id),
        format!("v2.workforcemanagement.managementunits.{}.adherence", world.management_unit_of(agent).id),
        format!("v2.workforcemanagement.teams.{}.adherence", world.teams[who.team].id),
    ]
}

/// The topic that tells of changes of an agent's schedule.
pub(super) fn schedules_topic(world: &World, agent: AgentIx) -> String {
    format!("v2.users.{}.workforcemanagement.schedules", world.agents[agent.0].id)
}

/// An agent's adherence as it has become.
pub(super) fn adherence(world: &World, agent: AgentIx, is: &Adherence, shout: bool) -> Value {
    let who = &world.agents[agent.0];
    let team = &world.teams[who.team];
    let definition = &world.definitions[is.definition.0];
    let system = definition.system;
    let signed_out = system == SystemPresence::Offline && who.routing.status == RoutingStatus::OffQueue;
    let mut body = json!({
        "user": { "id": who.id },
        "managementUnitId": world.management_unit_of(agent).id,
        "businessUnitId": world.business_unit_of(agent).id,
        "team": { "id": team.id, "name": team.name },
        "scheduledActivityCategory": category_of(is.scheduled).as_str(),
        "systemPresence": if shout { system.shouted() } else { system.compact() },
        "routingStatus": match (signed_out, who.turn) {
            (true, 0) => "__EMPTY__",
            (true, _) => "OFFLINE",
            (false, _) => who.routing.status.as_str(),
        },
        "actualActivityCategory": is.actual.as_str(),
        "isOutOfOffice": who.out_of_office.active,
        "adherenceState": is.state.as_str(),
        "impact": is.impact.as_str(),
        "adherenceChangeTime": is.since,
        "presenceUpdateTime": who.presence.modified,
        "activeQueues": who.joined_queues().map(|queue| json!({ "id": world.queues[queue.0].id })).collect::<Vec<_>>(),
        "removedFromManagementUnit": false,
        "suppressOnTimeReminder": false,
        "nextActivityReminders": next_reminder(world, agent, is)
            .map(|(category, start)| json!({ "activityCategory": category.as_str(), "startDate": start }))
            .into_iter()
            .collect::<Vec<_>>(),
    });
    if let Some(code) = is.scheduled {
        body["scheduledActivityCode"] = json!({ "id": code.code().id, "secondaryPresences": [] });
    }
    if !definition.primary {
        body["organizationSecondaryPresenceId"] = json!(definition.id);
    }
    body
}

/// A hint that a schedule has changed and should be read again: the day of the shift.
pub(super) fn schedule_changed(world: &World, agent: AgentIx, start: Timestamp) -> Value {
    let zone = &world.business_unit_of(agent).zone;
    let day = zone.day_of(start);
    json!({
        "user": { "id": world.agents[agent.0].id },
        "startDate": zone.at(day, 0),
        "endDate": zone.at(day.plus(1), 0),
        "updates": [{ "type": "Edited", "shiftStartDates": [start] }],
    })
}

/// The topic that tells of changes of the schedules of an agent's management unit.
pub(super) fn unit_schedules_topic(world: &World, agent: AgentIx) -> String {
    let unit = &world.management_unit_of(agent).id;
    format!("v2.workforcemanagement.managementunits.{unit}.agentschedules.changed")
}

/// The same hint for those who look after the unit.
pub(super) fn unit_schedule_changed(world: &World, agent: AgentIx, start: Timestamp) -> Value {
    let hint = schedule_changed(world, agent, start);
    let (id, start, end) = (&hint["user"]["id"], &hint["startDate"], &hint["endDate"]);
    json!({ "agents": [{ "agentId": id, "startDate": start, "endDate": end }] })
}

/// What comes next in the schedule, and when.
pub(crate) fn next_reminder(world: &World, agent: AgentIx, is: &Adherence) -> Option<(Category, Timestamp)> {
    let next = world.scheduled(agent, is.until).code?;
    Some((next.code().category, is.until))
}
