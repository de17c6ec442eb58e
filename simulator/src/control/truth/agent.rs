//! The truth about one agent, and the readable state that follows from it.

use std::collections::BTreeMap;

use protocol::{PresenceDefinitionId, QueueId, Timestamp, UserId};
use serde::Serialize;

use crate::world::{
    AbilityKind, Agent, AgentIx, Counts, MediaType, RoutingStatus, SystemPresence, World,
    adherence::{category_of, state_of},
};

/// An agent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AgentTruth {
    id: UserId,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined: Option<Timestamp>,
    state: &'static str,
    state_since: Timestamp,
    presence: PresenceTruth,
    routing_status: RoutingTruth,
    conversation_summary: BTreeMap<&'static str, MediaTruth>,
    queue_ids: Vec<QueueId>,
    joined_queue_ids: Vec<QueueId>,
    skills: Vec<AbilityTruth>,
    languages: Vec<AbilityTruth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    management_unit_id: Option<String>,
    scheduled_activity: ScheduledTruth,
    adherence_state: &'static str,
    adherence_since: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AbilityTruth {
    name: &'static str,
    proficiency: f64,
    active: bool,
}

/// What the schedule asks for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScheduledTruth {
    category: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity_code_id: Option<&'static str>,
    until: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PresenceTruth {
    definition_id: PresenceDefinitionId,
    system_presence: &'static str,
    message: String,
    modified_date: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoutingTruth {
    status: &'static str,
    start_time: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MediaTruth {
    contact_center: CountsTruth,
    enterprise: CountsTruth,
}

#[derive(Serialize)]
struct CountsTruth {
    active: u32,
    acw: u32,
}

impl AgentTruth {
    /// One agent, as agent, conversations and schedule say.
    pub(super) fn of(world: &World, agent: AgentIx) -> Self {
        let who = &world.agents[agent.0];
        let definition = world.definition_of(agent);
        let (state, state_since) = readable_state(who, definition.system);
        // From schedule and presence, not from the adherence that the world keeps.
        let scheduled = world.scheduled(agent, world.now);
        Self {
            id: who.id.clone(),
            name: who.name.clone(),
            team: world.team_of(agent).map(|team| team.name.clone()),
            joined: who.joined,
            state,
            state_since,
            presence: PresenceTruth {
                definition_id: definition.id.clone(),
                system_presence: definition.system.spaced(),
                message: who.presence.message.to_string(),
                modified_date: who.presence.modified,
            },
            routing_status: RoutingTruth {
                status: who.routing.status.as_str(),
                start_time: who.routing.start,
            },
            conversation_summary: MediaType::ALL
                .into_iter()
                .map(|media| {
                    let counts = who.summary.of(media);
                    let truth = MediaTruth {
                        contact_center: CountsTruth::of(counts.contact_center),
                        enterprise: CountsTruth::of(counts.enterprise),
                    };
                    (media.in_summary(), truth)
                })
                .collect(),
            queue_ids: who
                .memberships
                .iter()
                .map(|membership| world.queues[membership.queue.0].id.clone())
                .collect(),
            joined_queue_ids: who.joined_queues().map(|queue| world.queues[queue.0].id.clone()).collect(),
            skills: AbilityTruth::all(world, AbilityKind::Skill, who),
            languages: AbilityTruth::all(world, AbilityKind::Language, who),
            management_unit_id: world.management_unit_of(agent).map(|unit| unit.id.clone()),
            scheduled_activity: ScheduledTruth {
                category: category_of(scheduled.code).as_str(),
                activity_code_id: scheduled.code.map(|code| code.code().id),
                until: scheduled.until,
            },
            adherence_state: state_of(category_of(scheduled.code), world.actual_category(definition.system))
                .as_str(),
            adherence_since: world.adherence(agent).since,
        }
    }
}

impl AbilityTruth {
    fn all(world: &World, kind: AbilityKind, who: &Agent) -> Vec<Self> {
        let abilities = who.abilities(kind).all().iter();
        abilities
            .map(|ability| Self {
                name: world.subjects(kind)[ability.subject].name,
                proficiency: ability.proficiency,
                active: ability.active,
            })
            .collect()
    }
}

impl CountsTruth {
    fn of(counts: Counts) -> Self {
        Self { active: counts.active, acw: counts.acw }
    }
}

/// What an agent does, in one word, and since when; the first rule that matches counts.
fn readable_state(who: &Agent, presence: SystemPresence) -> (&'static str, Timestamp) {
    let contact_center = MediaType::ALL.map(|media| who.summary.of(media).contact_center);
    let talks = contact_center.iter().any(|counts| counts.active > 0);
    let wraps_up = contact_center.iter().any(|counts| counts.acw > 0);
    let (status, status_since) = (who.routing.status, who.routing.start);
    if presence == SystemPresence::Offline {
        ("offline", who.presence.modified)
    } else if status == RoutingStatus::NotResponding {
        ("not-responding", status_since)
    } else if wraps_up && !talks {
        ("after-call-work", who.wrapping_since.unwrap_or(status_since))
    } else if talks || status == RoutingStatus::Interacting {
        ("interacting", status_since)
    } else if status == RoutingStatus::Communicating {
        ("communicating", status_since)
    } else {
        match presence {
            SystemPresence::OnQueue => ("on-queue", who.presence.modified.max(status_since)),
            SystemPresence::Available => ("available", who.presence.modified),
            SystemPresence::Away => ("away", who.presence.modified),
            SystemPresence::Busy => ("busy", who.presence.modified),
            SystemPresence::Offline => ("offline", who.presence.modified),
            SystemPresence::Idle => ("idle", who.presence.modified),
            SystemPresence::Meal => ("meal", who.presence.modified),
            SystemPresence::Training => ("training", who.presence.modified),
            SystemPresence::Meeting => ("meeting", who.presence.modified),
            SystemPresence::Break => ("break", who.presence.modified),
        }
    }
}
