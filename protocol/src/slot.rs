//! A slot: the unit of sending, backlog and resume. It always holds the whole of its subject.

use std::sync::Arc;

use crate::topic::Topic;

/// A topic and, for queue figures, the medium of the group, because Genesys sends one event a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The topic, which names the subject.
    pub topic: Topic,
    /// The medium of a group of queue figures; `None` for everything else.
    pub media: Option<Arc<str>>,
}

impl From<Topic> for Slot {
    fn from(topic: Topic) -> Self {
        Self { topic, media: None }
    }
}
