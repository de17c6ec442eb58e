//! The truth: the whole world as it is. Counted from agents and conversations one by one, and not
//! taken from the counts that the queues keep, so that the two can be compared.

mod agent;
mod queue;

use std::collections::BTreeMap;

use protocol::{QueueId, Timestamp, UserId};
use serde::Serialize;

use self::{
    agent::AgentTruth,
    queue::{QueueCount, QueueTruth},
};
use crate::{
    shared::State,
    world::{Agent, Named},
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
pub(crate) fn agents_and_queues(
    world: &crate::world::World,
) -> (Vec<serde_json::Value>, Vec<serde_json::Value>) {
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
