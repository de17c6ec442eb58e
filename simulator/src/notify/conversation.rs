//! What is told of a conversation at each of its steps: to those who listen to its queue the whole
//! conversation, to those who listen to the agent the state of the agent's session.

use std::collections::BTreeMap;

use protocol::{Timestamp, UserId};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Hub,
    event::{Cause, send_named},
};
use crate::world::{AgentIx, MediaType, QueueIx, Record, Step, StepKind, World};

/// A conversation as its queue tells of it.
#[derive(Serialize)]
struct ConversationBody<'a> {
    id: &'a str,
    participants: Vec<Participant<'a>>,
    divisions: Vec<Value>,
}

/// Who takes part.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Participant<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    name: &'a str,
    purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_acw_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_acw_time: Option<Timestamp>,
    /// The one session, in the list of its media type.
    #[serde(flatten)]
    sessions: BTreeMap<&'static str, [Session; 1]>,
}

/// What a participant does. Each media type has these members; a chat alone has no direction.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    id: String,
    state: &'static str,
    held: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_hold_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnected_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_call_work: Option<AfterCallWork>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AfterCallWork {
    state: &'static str,
    start_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
}

/// Tells of a step.
pub(super) fn publish(world: &World, hub: &mut Hub, record: &Record, at_step: usize, cause: &Cause) {
    let Some(step) = record.steps.get(at_step) else { return };
    if let Some(queue) = queue_of(record, step) {
        let topic = format!("v2.routing.queues.{}.conversations", world.queues[queue.0].id);
        send_named(hub, topic, cause, || ConversationBody::of(world, record, at_step));
    }
    if let Some((agent, state)) = state_of(step.what) {
        let topic = format!("v2.detail.events.agent.{}.state", world.agents[agent.0].id);
        send_named(hub, topic, cause, || agent_state(world, record, at_step, agent, state));
    }
}

/// The queue that a step belongs to.
fn queue_of(record: &Record, step: &Step) -> Option<QueueIx> {
    record
        .steps
        .iter()
        .filter(|other| other.leg == step.leg)
        .find_map(|other| if let StepKind::Offered(queue) = other.what { Some(queue) } else { None })
}

/// The agent whose session a step moves, and to which state.
fn state_of(what: StepKind) -> Option<(AgentIx, &'static str)> {
    match what {
        StepKind::Offered(_) | StepKind::Abandoned => None,
        StepKind::Alerted(agent) => Some((agent, "ALERT")),
        StepKind::Connected(agent) | StepKind::Resumed(agent) => Some((agent, "INTERACT")),
        StepKind::Held(agent) => Some((agent, "HOLD")),
        StepKind::Transferred(agent) | StepKind::Disconnected(agent) => Some((agent, "WRAPUP")),
        StepKind::Missed(agent) | StepKind::Withdrawn(agent) | StepKind::WrappedUp(agent) => {
            Some((agent, "TERMINATED"))
        }
    }
}

fn agent_state(world: &World, record: &Record, at_step: usize, agent: AgentIx, state: &str) -> Value {
    let step = &record.steps[at_step];
    let began = |other: &&Step| other.leg == step.leg && other.what == StepKind::Alerted(agent);
    let start = record.steps[..=at_step].iter().rfind(began).map_or(step.at, |alerted| alerted.at);
    json!({
        "userId": world.agents[agent.0].id,
        "conversationId": record.id,
        "sessionId": record.session_id(record.participant(at_step)),
        "sessionStart": start.as_ms(),
        "currentStateStart": step.at.as_ms(),
        "currentState": state,
        "originatingDirection": "INBOUND",
        "mediaType": record.media.as_str().to_ascii_uppercase(),
        "queueId": queue_of(record, step).map(|queue| &world.queues[queue.0].id),
    })
}

impl<'a> ConversationBody<'a> {
    /// The conversation as it was after this step.
    fn of(world: &'a World, record: &'a Record, last: usize) -> Self {
        let mut body = Self { id: &record.id, participants: Vec::with_capacity(4), divisions: Vec::new() };
        body.join(record, "Customer", "customer", None, Some(record.begun));
        for (place, step) in record.steps.iter().enumerate().take(last + 1) {
            body.follow(world, record, step, record.participant(place));
        }
        body
    }

    fn follow(&mut self, world: &'a World, record: &'a Record, step: &Step, number: usize) {
        let at = step.at;
        match step.what {
            StepKind::Offered(queue) => {
                let queue = &world.queues[queue.0];
                let division = json!({
                    "division": { "id": world.divisions[queue.division].id },
                    "entities": [{ "id": queue.id }],
                });
                if !self.divisions.contains(&division) {
                    self.divisions.push(division);
                }
                self.join(record, &queue.name, "acd", Some(queue.id.as_str()), Some(at));
            }
            StepKind::Alerted(agent) => {
                let queue_id = queue_of(record, step).map(|queue| world.queues[queue.0].id.as_str());
                let who = &world.agents[agent.0];
                self.join(record, &who.name, "agent", queue_id, None);
                if let Some(participant) = self.participants.last_mut() {
                    participant.user_id = Some(&who.id);
                    participant.team_id = world.team_of(agent).map(|team| team.id.as_str());
                }
            }
            StepKind::Missed(_) | StepKind::Withdrawn(_) => self.leave(number, at, "transfer.noanswer"),
            StepKind::Connected(_) => {
                let acd = self.participants.iter().take(number).collect::<Vec<_>>();
                if let Some(acd) = acd.iter().rposition(|before| before.purpose == "acd") {
                    self.leave(acd, at, "transfer");
                }
                if let Some((participant, session)) = self.of_participant(number) {
                    session.state = "connected";
                    session.connected_time = Some(at);
                    *participant.connected_time = Some(at);
                }
            }
            StepKind::Held(_) | StepKind::Resumed(_) => {
                if let Some((_, session)) = self.of_participant(number) {
                    session.held = matches!(step.what, StepKind::Held(_));
                    session.start_hold_time = session.held.then_some(at);
                }
            }
            StepKind::Transferred(_) | StepKind::Disconnected(_) => {
                let transferred = matches!(step.what, StepKind::Transferred(_));
                self.leave(number, at, if transferred { "transfer" } else { "peer" });
                if let Some((participant, session)) = self.of_participant(number) {
                    let work = AfterCallWork { state: "pending", start_time: at, end_time: None };
                    session.after_call_work = Some(work);
                    *participant.start_acw_time = Some(at);
                }
                if !transferred {
                    self.leave(0, at, "client");
                }
            }
            StepKind::WrappedUp(_) => {
                if let Some((participant, session)) = self.of_participant(number) {
                    *participant.end_acw_time = Some(at);
                    if let Some(work) = &mut session.after_call_work {
                        work.state = "complete";
                        work.end_time = Some(at);
                    }
                }
            }
            StepKind::Abandoned => {
                self.leave(number, at, "peer");
                self.leave(0, at, "client");
            }
        }
    }

    fn join(
        &mut self,
        record: &Record,
        name: &'a str,
        purpose: &'static str,
        queue_id: Option<&'a str>,
        connected_time: Option<Timestamp>,
    ) {
        let number = self.participants.len();
        let (list, direction) = match record.media {
            MediaType::Voice => ("calls", Some("inbound")),
            MediaType::Chat => ("chats", None),
            MediaType::Email => ("emails", Some("inbound")),
            MediaType::Message => ("messages", Some("inbound")),
            MediaType::Callback => ("callbacks", Some("inbound")),
        };
        let session = Session {
            id: record.session_id(number),
            state: if connected_time.is_some() { "connected" } else { "alerting" },
            held: false,
            direction,
            start_hold_time: None,
            connected_time,
            disconnected_time: None,
            disconnect_type: None,
            after_call_work: None,
        };
        self.participants.push(Participant {
            id: record.participant_id(number),
            connected_time,
            end_time: None,
            name,
            purpose,
            user_id: None,
            team_id: None,
            queue_id,
            start_acw_time: None,
            end_acw_time: None,
            sessions: BTreeMap::from([(list, [session])]),
        });
    }

    fn leave(&mut self, number: usize, at: Timestamp, why: &'static str) {
        if let Some((participant, session)) = self.of_participant(number) {
            session.state = "disconnected";
            session.held = false;
            session.start_hold_time = None;
            session.disconnected_time = Some(at);
            session.disconnect_type = Some(why);
            *participant.end_time = Some(at);
        }
    }

    /// A participant, and the session apart, so that both can be changed.
    fn of_participant(&mut self, number: usize) -> Option<(ParticipantTimes<'_>, &mut Session)> {
        let Participant { connected_time, end_time, start_acw_time, end_acw_time, sessions, .. } =
            self.participants.get_mut(number)?;
        let [session] = sessions.values_mut().next()?;
        Some((ParticipantTimes { connected_time, end_time, start_acw_time, end_acw_time }, session))
    }
}

/// The dates of a participant that change.
struct ParticipantTimes<'a> {
    connected_time: &'a mut Option<Timestamp>,
    end_time: &'a mut Option<Timestamp>,
    start_acw_time: &'a mut Option<Timestamp>,
    end_acw_time: &'a mut Option<Timestamp>,
}
