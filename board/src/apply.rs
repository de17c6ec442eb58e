//! The only way a board changes: one accepted fact at a time.

use protocol::{
    QueueId, Timestamp, UserId,
    fact::{Fact, Part, Value},
    topic::Topic,
};

use crate::{
    Board,
    agent::Agent,
    queue::{Figure, Queue},
};

/// What a fact changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing: the fact said what was known, or does not concern a board.
    Nothing,
    /// Something of an agent.
    Agent(UserId),
    /// An agent is gone.
    AgentGone(UserId),
    /// Something of a queue.
    Queue(QueueId),
    /// A queue is gone.
    QueueGone(QueueId),
    /// The presence definitions.
    Presences,
    /// What is wrong.
    Alarms,
    /// How many agents are in which state.
    States,
}

impl Board {
    /// Lets an accepted fact stand, with the date it was accepted with.
    pub fn apply(&mut self, fact: &Fact, date: Timestamp) -> Change {
        match (&fact.slot.topic, &fact.value) {
            (Topic::UserPresence(id), Value::Presence(presence)) => {
                self.agent_mut(id).presence = Some((presence.clone(), date));
                Change::Agent(id.clone())
            }
            (Topic::UserRoutingStatus(id), Value::RoutingStatus(status)) => {
                self.agent_mut(id).routing_status = Some((status.clone(), date));
                Change::Agent(id.clone())
            }
            (Topic::UserConversationSummary(id), Value::Conversations(counts)) => {
                let Part::Media(media) = fact.part else { return Change::Nothing };
                let agent = self.agent_mut(id);
                let before = kind(agent);
                agent.conversations.insert(media, *counts);
                if kind(agent) != before || agent.conversations_since.is_none() {
                    agent.conversations_since = Some(date);
                }
                Change::Agent(id.clone())
            }
            (Topic::QueueObservations(id), value) => {
                let Part::Figure { metric, qualifier } = &fact.part else { return Change::Nothing };
                let figure = match value {
                    Value::Count(count) => Figure::Count(*count),
                    Value::Since(since) => Figure::Since(*since),
                    Value::Presence(_)
                    | Value::RoutingStatus(_)
                    | Value::Conversations(_)
                    | Value::User(_)
                    | Value::Queue(_)
                    | Value::Presences(_)
                    | Value::Figures(_)
                    | Value::Samples(_)
                    | Value::Tally(_)
                    | Value::Alarms(_)
                    | Value::States(_) => return Change::Nothing,
                };
                let key = (metric.clone(), fact.slot.media.clone(), qualifier.clone());
                self.queue_mut(id).figures.insert(key, figure);
                Change::Queue(id.clone())
            }
            (Topic::RollcallUser(id), Value::User(user)) => {
                if user.deleted {
                    self.agents.remove(id);
                    return Change::AgentGone(id.clone());
                }
                let agent = self.agent_mut(id);
                agent.name = Some(user.name.clone());
                agent.team.clone_from(&user.team);
                Change::Agent(id.clone())
            }
            (Topic::RollcallQueue(id), Value::Queue(queue)) => {
                if queue.deleted {
                    self.queues.remove(id);
                    return Change::QueueGone(id.clone());
                }
                let place = self.queue_mut(id);
                place.name = Some(queue.name.clone());
                place.service_level = queue.service_level;
                Change::Queue(id.clone())
            }
            (Topic::RollcallPresences, Value::Presences(presences)) => {
                self.presences =
                    presences.definitions.iter().map(|label| (label.id.clone(), label.clone())).collect();
                Change::Presences
            }
            (Topic::RollcallFigures(id), Value::Figures(figures)) => {
                self.queue_mut(id).sums = Some(figures.clone());
                Change::Queue(id.clone())
            }
            (Topic::RollcallSamples(id), Value::Samples(samples)) => {
                self.queue_mut(id).samples = Some(samples.clone());
                Change::Queue(id.clone())
            }
            (Topic::RollcallTally(id), Value::Tally(tally)) => {
                self.agent_mut(id).tally = Some(tally.clone());
                Change::Agent(id.clone())
            }
            (Topic::RollcallAlarms(_), Value::Alarms(told)) => {
                self.alarms.clone_from(&told.alarms);
                Change::Alarms
            }
            (Topic::RollcallStates(_), Value::States(told)) => {
                self.states.clone_from(&told.states);
                Change::States
            }
            (
                Topic::UserPresence(_)
                | Topic::UserRoutingStatus(_)
                | Topic::UserConversationSummary(_)
                | Topic::UserActivity(_)
                | Topic::QueueActivity(_)
                | Topic::RollcallUser(_)
                | Topic::RollcallQueue(_)
                | Topic::RollcallPresences
                | Topic::RollcallFigures(_)
                | Topic::RollcallSamples(_)
                | Topic::RollcallTally(_)
                | Topic::RollcallAlarms(_)
                | Topic::RollcallStates(_)
                | Topic::RollcallWall(_)
                | Topic::RollcallShard(_),
                _,
            ) => Change::Nothing,
        }
    }

    /// Takes somebody's word for since when an agent's conversations are as they are in kind. Who hears of every change
    /// knows better than who was spared some of them.
    pub fn conversations_began(&mut self, id: &UserId, since: Timestamp) {
        self.agent_mut(id).conversations_since = Some(since);
    }

    fn agent_mut(&mut self, id: &UserId) -> &mut Agent {
        self.agents.entry(id.clone()).or_insert_with(|| Agent::new(id.clone()))
    }

    fn queue_mut(&mut self, id: &QueueId) -> &mut Queue {
        self.queues.entry(id.clone()).or_insert_with(|| Queue::new(id.clone()))
    }
}

/// In conversation, in after-call work, or neither: what a clock on a card runs for.
fn kind(agent: &Agent) -> (bool, bool) {
    (agent.active_from_queues() > 0, agent.in_after_call_work() > 0)
}
