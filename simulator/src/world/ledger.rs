//! What has become of each conversation, step by step: from it the details of analytics are told,
//! and every figure can be counted again.
//!
//! It holds what is not over, and of what is over the last day or the last 50,000, whichever is less.

use std::collections::{BTreeMap, VecDeque};

use protocol::Timestamp;

use super::{AgentIx, Conversation, ConversationKey, MediaType, QueueIx, World, guid};

/// Conversations that are over and still known.
const OVER_MAX: usize = 50_000;
/// How long they are known.
const KNOWN_MS: i64 = 24 * 3_600_000;
/// Spreads the numbers of participants and sessions over all bits of their ids.
const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// A conversation from its beginning, over all queues that it has seen.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) media: MediaType,
    pub(crate) begun: Timestamp,
    /// When the customer had gone.
    pub(crate) ended: Option<Timestamp>,
    pub(crate) steps: Vec<Step>,
    /// Parts of it that are not over: the customer's, and after-call work of agents.
    open_legs: u8,
}

/// Something that happened in a conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    /// Which stay in a queue it belongs to; a transfer begins another.
    pub(crate) leg: u8,
    pub(crate) what: StepKind,
}

/// What happened in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepKind {
    /// It began to wait in a queue.
    Offered(QueueIx),
    /// It was offered to an agent.
    Alerted(AgentIx),
    /// The agent did not answer.
    Missed(AgentIx),
    /// The agent left before answering.
    Withdrawn(AgentIx),
    /// The agent answered.
    Connected(AgentIx),
    /// The customer was put on hold.
    Held(AgentIx),
    /// The customer was taken off hold.
    Resumed(AgentIx),
    /// The agent sent the customer to another queue.
    Transferred(AgentIx),
    /// The customer went.
    Disconnected(AgentIx),
    /// After-call work was done.
    WrappedUp(AgentIx),
    /// The customer gave up waiting.
    Abandoned,
}

/// Participants are counted as they come: the customer is 0, then each stay in a queue and each agent to
/// whom the conversation was offered. Each has one session.
impl Record {
    /// The participant whose step this is.
    pub(crate) fn participant(&self, step: usize) -> usize {
        let of = |step: &Step| match step.what {
            StepKind::Offered(_) | StepKind::Abandoned => None,
            StepKind::Alerted(agent)
            | StepKind::Missed(agent)
            | StepKind::Withdrawn(agent)
            | StepKind::Connected(agent)
            | StepKind::Held(agent)
            | StepKind::Resumed(agent)
            | StepKind::Transferred(agent)
            | StepKind::Disconnected(agent)
            | StepKind::WrappedUp(agent) => Some(agent),
        };
        let joins = |step: &&Step| matches!(step.what, StepKind::Offered(_) | StepKind::Alerted(_));
        let Some(is) = self.steps.get(step) else { return 0 };
        let same = |other: &Step| other.leg == is.leg && of(other) == of(is) && joins(&other);
        let joined = self.steps[..=step].iter().rposition(same).unwrap_or(step);
        self.steps[..=joined].iter().filter(joins).count()
    }

    /// The id of a participant, the same whenever it is told.
    pub(crate) fn participant_id(&self, number: usize) -> String {
        self.id_of(2 * number)
    }

    /// The id of a participant's session, the same whenever it is told.
    pub(crate) fn session_id(&self, number: usize) -> String {
        self.id_of(2 * number + 1)
    }

    fn id_of(&self, number: usize) -> String {
        let hex: String = self.id.chars().filter(|letter| *letter != '-').collect();
        let bits = u128::from_str_radix(&hex, 16).unwrap_or_default();
        guid::of(bits ^ SPREAD.wrapping_mul(u128::try_from(number).unwrap_or_default() + 1))
    }
}

impl World {
    /// The session that a leg of a conversation is in: that of its agent or, while it waits, that of its
    /// queue. Answers the record, the participant and when the session began.
    pub(crate) fn present_session(&self, leg: &Conversation) -> Option<(&Record, usize, Timestamp)> {
        let record = self.ledger.record(leg.record)?;
        let begins = |step: &Step| match leg.stage.agent() {
            None => matches!(step.what, StepKind::Offered(_)),
            Some(agent) => step.what == StepKind::Alerted(agent),
        };
        let step = record.steps.iter().rposition(|step| step.leg == leg.leg && begins(step))?;
        Some((record, record.participant(step), record.steps[step].at))
    }
}

/// The records.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    records: BTreeMap<ConversationKey, Record>,
    over: VecDeque<(Timestamp, ConversationKey)>,
}

impl Ledger {
    /// A conversation begins, and its first leg with it.
    pub(crate) fn begin(&mut self, key: ConversationKey, id: String, media: MediaType, begun: Timestamp) {
        let record = Record { id, media, begun, ended: None, steps: Vec::with_capacity(8), open_legs: 1 };
        self.records.insert(key, record);
    }

    /// A transfer begins another leg.
    pub(crate) fn begin_leg(&mut self, key: ConversationKey) {
        if let Some(record) = self.records.get_mut(&key) {
            record.open_legs += 1;
        }
    }

    /// Something happened; answers the step's place among those of the conversation.
    pub(crate) fn write(&mut self, key: ConversationKey, step: Step) -> Option<usize> {
        let record = self.records.get_mut(&key)?;
        record.steps.push(step);
        if matches!(step.what, StepKind::Disconnected(_) | StepKind::Abandoned) {
            record.ended = Some(step.at);
        }
        Some(record.steps.len() - 1)
    }

    /// The record of this key, as long as it is known.
    pub(crate) fn record(&self, key: ConversationKey) -> Option<&Record> {
        self.records.get(&key)
    }

    /// A leg is over; with the last one the conversation will be forgotten some day.
    pub(crate) fn end_leg(&mut self, key: ConversationKey, now: Timestamp) {
        let Some(record) = self.records.get_mut(&key) else { return };
        record.open_legs -= 1;
        if record.open_legs > 0 {
            return;
        }
        self.over.push_back((now, key));
        while let Some((at, key)) = self.over.front().copied() {
            if self.over.len() <= OVER_MAX && now.ms_since(at) <= KNOWN_MS {
                break;
            }
            self.over.pop_front();
            self.records.remove(&key);
        }
    }

    /// All records, by their beginning.
    pub(crate) fn records(&self) -> impl DoubleEndedIterator<Item = (ConversationKey, &Record)> {
        self.records.iter().map(|(key, record)| (*key, record))
    }
}
