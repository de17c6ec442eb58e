//! The relay: slots, classes and bytes on their way to screens. It knows neither board nor events.
//!
//! One task, the [`hub`], owns the slot table and every screen. The feed hands it ready-made frames,
//! encoded once per class; the hub writes to all screens of a group the same bytes in one vectored
//! write a screen and flush. A screen's backlog is a single number, the last change it was sent: what
//! it lacks are the slots of its group that changed since, so slow screens get the newest of each and
//! never grow.

pub mod channel;
pub mod command;
pub mod entitle;
pub mod frame;
pub mod hub;
pub mod picture;
pub mod screen;
pub mod table;
pub mod wire;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use protocol::wall::Names;

pub use channel::{Owner, SubscribeMode};
pub use command::{Command, HubHandle, NotOpened, NotSubscribed, Ticket, WallOpened, Watched};
pub use frame::{Bodies, Body};
pub use hub::{Hub, line};
pub use picture::Picture;
pub use wire::Wire;

/// How many classes there are.
pub const CLASSES: usize = 5;

/// What a screen may see: classes have a closed list of topics and of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Machine clients: the upstream's own text.
    Api = 0,
    /// Walls with full names: what a wall shows, and nothing else.
    Full = 1,
    /// Walls with initials in place of names, and other ids.
    Initials = 2,
    /// Walls with made-up names, and other ids.
    Alias = 3,
    /// Walls that are told of nobody: how many are in which state.
    Counts = 4,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; CLASSES] = [Self::Api, Self::Full, Self::Initials, Self::Alias, Self::Counts];

    /// The class of screens that are told names like this.
    #[must_use]
    pub const fn of(names: Names) -> Self {
        match names {
            Names::Full => Self::Full,
            Names::Initials => Self::Initials,
            Names::Alias => Self::Alias,
            Names::Counts => Self::Counts,
        }
    }

    /// Whether its channels are those of walls.
    #[must_use]
    pub const fn is_wall(self) -> bool {
        match self {
            Self::Api => false,
            Self::Full | Self::Initials | Self::Alias | Self::Counts => true,
        }
    }

    /// The class's place in a table of classes.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A slot's place in the hub's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotIx(pub u32);

/// A topic's place in the hub's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicIx(pub u32);

/// How many channels of each class exist: a class without any is not encoded.
#[derive(Clone, Debug, Default)]
pub struct Audience(Arc<[AtomicUsize; CLASSES]>);

impl Audience {
    /// Whether anybody may see frames of this class.
    #[must_use]
    pub fn has(&self, class: Class) -> bool {
        self.0[class.index()].load(Ordering::Acquire) > 0
    }

    /// One more channel of this class.
    pub fn join(&self, class: Class) {
        self.0[class.index()].fetch_add(1, Ordering::AcqRel);
    }

    /// One channel fewer.
    pub fn leave(&self, class: Class) {
        self.0[class.index()].fetch_sub(1, Ordering::AcqRel);
    }
}
