//! Virtual channels: what a client of the proxy holds. Many share the few channels upstream.

use std::sync::Arc;

use protocol::{ChannelId, Timestamp};

use super::{Class, TopicIx};

/// Whom a channel belongs to; others cannot see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Tells owners apart.
    pub name: Arc<str>,
    /// The key that let it in: whoever has it can come under any number of names.
    pub key: Option<Arc<str>>,
}

impl Owner {
    /// Somebody who came without a key.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), key: None }
    }
}

/// How a subscription call changes the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscribeMode {
    /// Adds to it.
    Add,
    /// Replaces the whole list.
    Replace,
    /// Removes from it.
    Remove,
}

/// One entry of a channel's subscription, resolved.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// As it was asked for.
    pub text: Box<str>,
    /// The topics that were granted.
    pub topics: Vec<TopicIx>,
}

/// One virtual channel.
#[derive(Debug)]
pub struct VirtualChannel {
    /// Its name, which is a capability.
    pub id: ChannelId,
    /// Whose it is.
    pub owner: Owner,
    /// What its screen may see.
    pub class: Class,
    /// The wall that it is of; `None` for plain channels.
    pub wall: Option<usize>,
    /// The group that it is in.
    pub group: usize,
    /// What was asked for; empty for walls.
    pub subscriptions: Vec<Subscription>,
    /// What was asked for and refused at least in part, in the words of the last calls; empty for walls.
    pub refused: Vec<Box<str>>,
    /// The last change that its holder knows; where its next socket begins. `None`: with what comes
    /// after the socket was asked for, as plain channels do.
    pub synced_to: Option<u64>,
    /// The newest socket that was let in; an older one that comes later is not.
    pub connected: u64,
    /// When it ends, unless it is connected or subscribed again.
    pub expires: Timestamp,
    /// The screen that is connected now.
    pub screen: Option<usize>,
    /// Its screen has its snapshot and is expected to open its socket any moment.
    pub is_entering: bool,
}

impl VirtualChannel {
    /// The granted topics, sorted and without repetition.
    #[must_use]
    pub fn topics(&self) -> Vec<TopicIx> {
        let mut topics: Vec<TopicIx> =
            self.subscriptions.iter().flat_map(|s| s.topics.iter().copied()).collect();
        topics.sort_unstable();
        topics.dedup();
        topics
    }
}
