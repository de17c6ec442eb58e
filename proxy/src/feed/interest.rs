//! Who matters most when the channels of Genesys Cloud cannot carry everybody. Pure.
//!
//! What was looked at a while ago counts as if it were looked at still: a screen that shows one wall after the other
//! must not make the channels take turns, too.

use std::collections::{BTreeMap, HashMap};

use protocol::{Timestamp, WallId};

use super::plan::Subject;

/// For so long after the last look: the longest playlists come round within it, and a screen that restarts does.
pub const LINGER_MS: i64 = 10 * 60_000;

/// How much somebody wants to see it; the first matters most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interest {
    /// An open wall shows it, or a plain channel asked for it; or one did a moment ago.
    Watched,
    /// A wall would show it that nobody has open.
    Configured,
    /// No wall shows it.
    Rest,
}

/// Who gives way to whom; the first matters most. Queues come before agents: a wall without its queues is worse off
/// than one without some agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// A queue that the configuration names.
    AlwaysOn,
    /// Another queue.
    Queue(Interest),
    /// A user.
    User(Interest),
}

/// What is looked at, and when it was seen to be so last.
#[derive(Clone, Debug, Default)]
pub struct Interests {
    walls: BTreeMap<WallId, Timestamp>,
    subjects: HashMap<Subject, Timestamp>,
}

impl Interests {
    /// A wall is open; answers whether that is news.
    pub fn see_wall(&mut self, wall: &WallId, now: Timestamp) -> bool {
        self.walls.insert(wall.clone(), now).is_none()
    }

    /// A plain channel asks for a subject; answers whether that is news.
    pub fn see(&mut self, subject: Subject, now: Timestamp) -> bool {
        self.subjects.insert(subject, now).is_none()
    }

    /// Lets go of what was not looked at for long enough; answers whether there was any.
    pub fn forget(&mut self, now: Timestamp) -> bool {
        let before = self.walls.len() + self.subjects.len();
        let lingers = |at: &Timestamp| now.ms_since(*at) < LINGER_MS;
        self.walls.retain(|_, at| lingers(at));
        self.subjects.retain(|_, at| lingers(at));
        self.walls.len() + self.subjects.len() != before
    }

    /// Whether a wall counts as open.
    #[must_use]
    pub fn has_wall(&self, wall: &WallId) -> bool {
        self.walls.contains_key(wall)
    }

    /// Whether a plain channel counts as asking for a subject.
    #[must_use]
    pub fn has(&self, subject: &Subject) -> bool {
        self.subjects.contains_key(subject)
    }
}
