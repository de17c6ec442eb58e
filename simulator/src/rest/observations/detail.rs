//! What stands behind a number of a queue: its conversations or its members, one by one.

use protocol::{Timestamp, UserId};
use serde::Serialize;

use crate::{
    rest::analytics::cut_to_ends,
    world::{AgentIx, Conversation, Group, Metric, Qualifier, Queue, Reading, Stage, SystemPresence, World},
};

/// A list holds so many; beyond it the oldest half and the newest half.
const OBSERVATIONS_MAX: usize = 100;

/// One conversation, or one member.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Observation<'a> {
    observation_date: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<&'a str>,
}

/// The list, and whether it was cut.
pub(super) fn of<'a>(
    world: &'a World,
    queue: &'a Queue,
    group: Group,
    reading: &Reading,
) -> (Vec<Observation<'a>>, bool) {
    let lines = queue.lines.iter();
    let mut observations = match reading.metric {
        Metric::Waiting => {
            conversations(world, group, lines.flat_map(|line| line.waiting.iter().map(|(_, key)| *key)))
        }
        Metric::Alerting => conversations(world, group, lines.flat_map(|line| line.alerting.iter().copied())),
        Metric::Interacting => {
            conversations(world, group, lines.flat_map(|line| line.interacting.iter().map(|(_, key)| *key)))
        }
        // Source: the list of detailMetrics, which has neither.
        Metric::LongestWaiting | Metric::LongestInteracting | Metric::Figure(_) | Metric::ServiceLevel => {
            Vec::new()
        }
        Metric::MemberUsers
        | Metric::ActiveUsers
        | Metric::OffQueueUsers
        | Metric::OnQueueUsers
        | Metric::UserRoutingStatuses
        | Metric::UserPresences => members(world, queue, reading),
    };
    let truncated =
        cut_to_ends(&mut observations, OBSERVATIONS_MAX, |observation| observation.observation_date);
    (observations, truncated)
}

fn conversations<'a>(
    world: &'a World,
    group: Group,
    keys: impl Iterator<Item = crate::world::ConversationKey>,
) -> Vec<Observation<'a>> {
    let of = |conversation: &'a Conversation| {
        let agent = conversation.stage.agent();
        let user_id = agent.map(|agent| &world.agents[agent.0].id);
        Observation {
            // One that an agent did not answer waits since it arrived.
            observation_date: match conversation.stage {
                Stage::Waiting { .. } => conversation.arrived,
                Stage::Alerting(_) | Stage::Interacting(_) | Stage::AfterCallWork(_) => conversation.since,
            },
            conversation_id: Some(&conversation.id),
            session_id: world
                .present_session(conversation)
                .map(|(record, participant, _)| record.session_id(participant)),
            direction: Some("inbound"),
            user_id,
            team_id: agent.and_then(|agent| team_of(world, agent)),
        }
    };
    keys.filter_map(|key| world.conversations.get(&key))
        .filter(|conversation| group == Group::Users || group == Group::Media(conversation.media))
        .map(of)
        .collect()
}

fn members<'a>(world: &'a World, queue: &Queue, reading: &Reading) -> Vec<Observation<'a>> {
    let of = |agent: &AgentIx| {
        let who = &world.agents[agent.0];
        let on_queue = world.definition_of(*agent).system == SystemPresence::OnQueue;
        let is_qualified = match reading.qualifier {
            Qualifier::None => true,
            Qualifier::Routing(status) => who.routing.status == status,
            Qualifier::Definition(definition) => who.presence.definition == definition,
        };
        let (presence, routing) = (who.presence.modified, who.routing.start);
        let since = match reading.metric {
            Metric::UserPresences => Some(presence),
            Metric::UserRoutingStatuses => Some(routing),
            Metric::OnQueueUsers => on_queue.then_some(routing.max(presence)),
            Metric::OffQueueUsers => (!on_queue).then_some(presence),
            Metric::MemberUsers => Some(routing.max(presence)),
            Metric::ActiveUsers => who
                .joined_queues()
                .any(|joined| world.queues[joined.0].id == queue.id)
                .then(|| routing.max(presence)),
            Metric::Waiting
            | Metric::LongestWaiting
            | Metric::Alerting
            | Metric::Interacting
            | Metric::LongestInteracting
            | Metric::Figure(_)
            | Metric::ServiceLevel => None,
        };
        let observation_date = since.filter(|_| is_qualified)?;
        Some(Observation {
            observation_date,
            conversation_id: None,
            session_id: None,
            direction: None,
            user_id: Some(&who.id),
            team_id: team_of(world, *agent),
        })
    };
    queue.members.iter().filter_map(of).collect()
}

fn team_of(world: &World, agent: AgentIx) -> Option<&str> {
    world.team_of(agent).map(|team| team.id.as_str())
}
