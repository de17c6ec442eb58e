//! What is going to happen, in its order.

use protocol::{ChannelTopic, QueueId, Timestamp, entity::User, query::ObservationsResponse};

use super::super::genesys::Sent;
use crate::{
    feed::plan::Subject,
    upstream::{mover::Lane, truth::Step},
};

/// Something that is going to happen.
#[derive(Debug)]
pub(super) enum Due {
    Change(u64),
    Arrives(Sent),
    /// A call reaches Genesys.
    Serve(u16, Lane, u64, Call),
    /// Its answer reaches the proxy.
    Answer(u16, Lane, u64, Answer),
    Reread(Vec<Subject>, bool),
    /// The audit looks whether a step is due.
    Audit,
    Shard(u16),
    Heartbeat(u64),
    Expires(u64),
    Closes(u64),
    Clears,
    Second,
    Beat,
    Flush,
    Comes(usize),
    MachineComes,
}

#[derive(Debug)]
pub(super) enum Call {
    Make,
    Open(u64),
    Subscribe(u64, Vec<Subject>),
    Read {
        subjects: Vec<Subject>,
        began: Timestamp,
        is_second: bool,
    },
    /// A step of the audit.
    Compare(Step, Timestamp),
}

#[derive(Debug)]
pub(super) enum Answer {
    Made(Result<(u64, Timestamp), ()>),
    Opened(Option<u64>),
    /// What was asked for, and Genesys's words on each topic.
    Subscribed(Option<(Vec<Subject>, Vec<ChannelTopic>)>),
    Read {
        read: Option<Picture>,
        subjects: Vec<Subject>,
        began: Timestamp,
        is_second: bool,
    },
    Compared(Step, Option<Picture>, Timestamp),
}

/// What a read answered.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) users: Vec<User>,
    pub(super) queues: Vec<QueueId>,
    pub(super) observations: ObservationsResponse,
}

#[derive(Debug)]
pub(super) struct Item(pub(super) Timestamp, pub(super) u64, pub(super) Due);

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for Item {}
impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}
