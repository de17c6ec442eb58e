//! The truth: the whole world as it is. Counted from agents and conversations one by one, and not
//! taken from the counts that the queues keep, so that the two can be compared.

use std::collections::BTreeMap;

use protocol::{PresenceDefinitionId, QueueId, Timestamp, UserId};
use serde::Serialize;

use crate::{
    shared::State,
    world::{
        AbilityKind, Agent, AgentIx, Counts, Figure, MediaType, Named, QueueIx, RoutingStatus, Stage,
        SystemPresence, World,
        adherence::{category_of, state_of},
        begin_of, interval_of,
    },
};

/// Letters of a channel's id that are shown; the rest would let whoever reads this listen.
const SHOWN_OF_CHANNEL_ID: usize = 14;

/// Everything.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Truth {
    now: Timestamp,
    seed: u64,
    scenario: ScenarioTruth,
    organization: NamedTruth,
    agents: Vec<AgentTruth>,
    users_gone: Vec<GoneTruth>,
    staff: StaffTruth,
    queues: Vec<QueueTruth>,
    conversations: Vec<ConversationTruth>,
    conversations_ended: EndedTruth,
    channels: Vec<ChannelTruth>,
    tokens: usize,
    audits: usize,
    limits: Vec<LimitTruth>,
    calls: BTreeMap<String, u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScenarioTruth {
    name: &'static str,
    events_per_second: Option<f64>,
}

/// A user who does not work here any more.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GoneTruth {
    id: UserId,
    name: String,
    user_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
}

/// How many came and how many went since the start.
#[derive(Serialize)]
struct StaffTruth {
    joined: u64,
    left: u64,
}

#[derive(Serialize)]
struct EndedTruth {
    completed: u64,
    abandoned: u64,
    transferred: u64,
}

#[derive(Serialize)]
struct NamedTruth {
    id: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentTruth {
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueTruth {
    id: QueueId,
    name: String,
    waiting: usize,
    longest_wait_ms: i64,
    interacting: usize,
    alerting: usize,
    on_queue_users: BTreeMap<&'static str, usize>,
    member_users: usize,
    joined_users: usize,
    service_level: ServiceLevelTruth,
    interval: IntervalTruth,
}

/// What of the present half hour is known.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IntervalTruth {
    start: Timestamp,
    offered: u32,
    answered: u32,
    abandoned: u32,
    answered_in_time: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_level: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceLevelTruth {
    percentage: f64,
    duration_ms: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConversationTruth {
    id: String,
    queue_id: QueueId,
    media_type: &'static str,
    state: &'static str,
    since: Timestamp,
    arrived: Timestamp,
    /// How often it was sent on from another queue.
    transfers: u8,
    on_hold: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChannelTruth {
    id: String,
    client: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    connected: bool,
    topics: usize,
    expires: Timestamp,
}

/// The calls that a token has made in the present minute.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LimitTruth {
    token: String,
    client: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    calls: u32,
    allowed: u32,
    expires: Timestamp,
}

impl Truth {
    /// The truth of this moment.
    pub(super) fn of(state: &State, calls_per_minute: u32) -> Self {
        let world = &state.world;
        Self {
            now: world.now,
            seed: world.seed,
            scenario: ScenarioTruth {
                name: world.scenario.name(),
                events_per_second: world.events_per_second(),
            },
            organization: NamedTruth::of(&world.organisation),
            agents: world.people().map(|agent| AgentTruth::of(world, agent)).collect(),
            users_gone: world.agents.iter().filter(|who| !who.is_active()).map(GoneTruth::of).collect(),
            staff: StaffTruth { joined: world.staff.joined, left: world.staff.left },
            queues: QueueCount::of(world),
            conversations: world
                .conversations
                .values()
                .map(|conversation| ConversationTruth {
                    id: conversation.id.clone(),
                    queue_id: world.queues[conversation.queue.0].id.clone(),
                    media_type: conversation.media.as_str(),
                    state: conversation.stage.as_str(),
                    since: conversation.since,
                    arrived: conversation.arrived,
                    transfers: conversation.leg,
                    on_hold: conversation.talk.on_hold,
                    user_id: conversation.stage.agent().map(|agent| world.agents[agent.0].id.clone()),
                })
                .collect(),
            conversations_ended: EndedTruth {
                completed: world.ended.completed,
                abandoned: world.ended.abandoned,
                transferred: world.ended.transferred,
            },
            channels: state
                .hub
                .all()
                .map(|(_, held)| ChannelTruth {
                    id: held.id.as_str().chars().take(SHOWN_OF_CHANNEL_ID).chain("...".chars()).collect(),
                    client: held.client.clone(),
                    user_id: held.user.clone(),
                    connected: held.is_connected(),
                    topics: held.entries.len(),
                    expires: held.expires,
                })
                .collect(),
            tokens: state.tokens.len(world.now),
            audits: state.audits.len(),
            limits: state
                .tokens
                .shown(world.now)
                .into_iter()
                .map(|shown| LimitTruth {
                    token: shown.name,
                    client: shown.holder.client.to_string(),
                    user_id: shown.holder.user.clone(),
                    calls: shown.count,
                    allowed: calls_per_minute,
                    expires: shown.expires,
                })
                .collect(),
            calls: state.calls.clone(),
        }
    }
}

/// Agents and queues of the truth, for tests of the world.
#[cfg(test)]
pub(crate) fn agents_and_queues(world: &World) -> (Vec<serde_json::Value>, Vec<serde_json::Value>) {
    let value = |truth| serde_json::to_value(truth).unwrap_or_default();
    let agents = world.people().map(|agent| serde_json::to_value(AgentTruth::of(world, agent)));
    (agents.flatten().collect(), QueueCount::of(world).into_iter().map(value).collect())
}

impl NamedTruth {
    fn of(named: &Named) -> Self {
        Self { id: named.id.clone(), name: named.name.clone() }
    }
}

impl GoneTruth {
    fn of(who: &Agent) -> Self {
        Self {
            id: who.id.clone(),
            name: who.name.clone(),
            user_state: who.state.as_str(),
            since: who.state_change.map(|change| change.at),
        }
    }
}

impl AgentTruth {
    fn of(world: &World, agent: AgentIx) -> Self {
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

impl IntervalTruth {
    fn of(world: &World, queue: QueueIx) -> Self {
        let interval = interval_of(world.now);
        let figures = world.figures.of_queue(interval, queue);
        let share = figures.service_level(world.service_level_of_offered);
        Self {
            start: begin_of(interval),
            offered: figures.of(Figure::Offered).count,
            answered: figures.of(Figure::Answered).count,
            abandoned: figures.of(Figure::Abandon).count,
            answered_in_time: share.part,
            service_level: (share.all > 0).then(|| share.ratio()),
        }
    }
}

/// What is counted of a queue.
#[derive(Clone, Default)]
struct QueueCount {
    waiting: usize,
    first_arrived: Option<Timestamp>,
    interacting: usize,
    alerting: usize,
    on_queue: BTreeMap<&'static str, usize>,
    members: usize,
    joined: usize,
}

impl QueueCount {
    fn of(world: &World) -> Vec<QueueTruth> {
        let mut counts = vec![Self::default(); world.queues.len()];
        for conversation in world.conversations.values() {
            let count = &mut counts[conversation.queue.0];
            match conversation.stage {
                Stage::Waiting { .. } => {
                    count.waiting += 1;
                    let first = count
                        .first_arrived
                        .map_or(conversation.arrived, |first| first.min(conversation.arrived));
                    count.first_arrived = Some(first);
                }
                Stage::Alerting(_) => count.alerting += 1,
                Stage::Interacting(_) => count.interacting += 1,
                Stage::AfterCallWork(_) => {}
            }
        }
        for (ix, who) in world.agents.iter().enumerate() {
            let on_queue = world.definition_of(AgentIx(ix)).system == SystemPresence::OnQueue;
            for membership in &who.memberships {
                let count = &mut counts[membership.queue.0];
                count.members += 1;
                count.joined += usize::from(membership.joined);
                if on_queue && membership.joined {
                    *count.on_queue.entry(who.routing.status.as_str()).or_default() += 1;
                }
            }
        }
        (0..).map(QueueIx).zip(counts).map(|(ix, count)| count.truth(world, ix)).collect()
    }

    fn truth(mut self, world: &World, ix: QueueIx) -> QueueTruth {
        let (queue, now) = (&world.queues[ix.0], world.now);
        for status in [
            RoutingStatus::Idle,
            RoutingStatus::Interacting,
            RoutingStatus::NotResponding,
            RoutingStatus::Communicating,
        ] {
            self.on_queue.entry(status.as_str()).or_default();
        }
        QueueTruth {
            id: queue.id.clone(),
            name: queue.name.clone(),
            waiting: self.waiting,
            longest_wait_ms: self.first_arrived.map_or(0, |first| now.ms_since(first)),
            interacting: self.interacting,
            alerting: self.alerting,
            on_queue_users: self.on_queue,
            member_users: self.members,
            joined_users: self.joined,
            service_level: ServiceLevelTruth {
                percentage: queue.service_level().percentage,
                duration_ms: queue.service_level().duration_ms,
            },
            interval: IntervalTruth::of(world, ix),
        }
    }
}
