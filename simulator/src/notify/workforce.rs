//! The bodies of events about adherence and schedules. They differ from what REST answers: ids stand
//! alone, and the date of the change has another name.

use protocol::Timestamp;
use serde_json::{Value, json};

use crate::world::{
    Adherence, AgentIx, ManagementUnit, Named, RoutingStatus, ScheduleChange, SystemPresence, World,
    activity_code::Category, adherence::category_of,
};

/// Somebody whose adherence is told of, in the unit and the team where that is of interest.
pub(super) struct Subject<'a> {
    world: &'a World,
    agent: AgentIx,
    unit: Option<&'a ManagementUnit>,
    team: Option<&'a Named>,
    left: bool,
}

impl<'a> Subject<'a> {
    /// An agent.
    pub(super) fn of(world: &'a World, agent: AgentIx) -> Self {
        let team = world.agents[agent.0].team.map(|team| &world.teams[team]);
        Self { world, agent, unit: world.management_unit_of(agent), team, left: false }
    }

    /// An agent who is no longer on the roster of a unit and was in this team.
    pub(super) fn who_left(world: &'a World, agent: AgentIx, team: Option<usize>) -> Self {
        let team = team.map(|team| &world.teams[team]);
        Self { world, agent, unit: Some(world.site_of(agent)), team, left: true }
    }

    /// The topics that tell of it.
    pub(super) fn topics(&self) -> impl Iterator<Item = String> + use<> {
        let id = &self.world.agents[self.agent.0].id;
        let topics = [
            Some(format!("v2.users.{id}.workforcemanagement.adherence")),
            self.unit.map(|unit| format!("v2.workforcemanagement.managementunits.{}.adherence", unit.id)),
            self.team.map(|team| format!("v2.workforcemanagement.teams.{}.adherence", team.id)),
        ];
        topics.into_iter().flatten()
    }

    /// The adherence as it has become.
    pub(super) fn adherence(&self, is: &Adherence, shout: bool) -> Value {
        let (world, agent) = (self.world, self.agent);
        let who = &world.agents[agent.0];
        let definition = &world.definitions[is.definition.0];
        let system = definition.system;
        let signed_out = system == SystemPresence::Offline && who.routing.status == RoutingStatus::OffQueue;
        let mut body = json!({
            "user": { "id": who.id },
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
            "removedFromManagementUnit": self.left,
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
        if let Some(unit) = self.unit {
            body["managementUnitId"] = json!(unit.id);
            body["businessUnitId"] = json!(world.business_unit_of(agent).id);
        }
        if let Some(team) = self.team {
            body["team"] = json!({ "id": team.id, "name": team.name });
        }
        body
    }
}

/// The topic that tells of changes of an agent's schedule.
pub(super) fn schedules_topic(world: &World, agent: AgentIx) -> String {
    format!("v2.users.{}.workforcemanagement.schedules", world.agents[agent.0].id)
}

/// A hint that a schedule has changed and should be read again: the day of the shift.
pub(super) fn schedule_changed(
    world: &World,
    agent: AgentIx,
    start: Timestamp,
    change: ScheduleChange,
) -> Value {
    let zone = &world.business_unit_of(agent).zone;
    let day = zone.day_of(start);
    json!({
        "user": { "id": world.agents[agent.0].id },
        "startDate": zone.at(day, 0),
        "endDate": zone.at(day.plus(1), 0),
        "updates": [{ "type": change.as_str(), "shiftStartDates": [start] }],
    })
}

/// The topic that tells of changes of the schedules of an agent's management unit.
pub(super) fn unit_schedules_topic(world: &World, agent: AgentIx) -> String {
    let unit = &world.site_of(agent).id;
    format!("v2.workforcemanagement.managementunits.{unit}.agentschedules.changed")
}

/// The same hint for those who look after the unit.
pub(super) fn unit_schedule_changed(world: &World, agent: AgentIx, start: Timestamp) -> Value {
    let hint = schedule_changed(world, agent, start, ScheduleChange::Edited);
    let (id, start, end) = (&hint["user"]["id"], &hint["startDate"], &hint["endDate"]);
    json!({ "agents": [{ "agentId": id, "startDate": start, "endDate": end }] })
}

/// What comes next in the schedule, and when.
pub(crate) fn next_reminder(world: &World, agent: AgentIx, is: &Adherence) -> Option<(Category, Timestamp)> {
    let next = world.scheduled(agent, is.until).code?;
    Some((next.code().category, is.until))
}
