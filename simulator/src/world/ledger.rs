//! What has become of each conversation, step by step: from it the details of analytics are told,
//! and every figure can be counted again.
//!
//! It holds what is not over, and of what is over the last day or the last 50,000, whichever is less.

use std::collections::{BTreeMap, VecDeque};

use protocol::Timestamp;

use super::{AgentIx, ConversationKey, MediaType, QueueIx};

/// Conversations that are over and still known.
const OVER_MAX: usize = 50_000;
/// How long they are known.
const KNOWN_MS: i64 = 24 * 3_600_000;

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

    /// Something happened.
    pub(crate) fn write(&mut self, key: ConversationKey, step: Step) {
        let Some(record) = self.records.get_mut(&key) else { return };
        record.steps.push(step);
        if matches!(step.what, StepKind::Disconnected(_) | StepKind::Abandoned) {
            record.ended = Some(step.at);
        }
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
