//! What goes into a shard and comes out of it, by name: what happened, and what is to be done about it.

use protocol::Timestamp;

use crate::{
    feed::{
        Input,
        plan::{Planned, Subject},
    },
    upstream::mover::Lane,
};

/// What happened. Answers to effects carry the lane that they were asked for.
#[derive(Debug)]
pub enum Happened {
    /// The program begins.
    Start,
    /// Time passed.
    Tick,
    /// The shard should cover this.
    Planned(Planned),
    /// The plan has no use for the shard: everything is given up, and nothing may happen any more.
    Unplanned,
    /// A channel was made; it ends then.
    Made(Lane, Result<Timestamp, Trouble>),
    /// A socket was opened.
    Opened(Lane, Result<(), Trouble>),
    /// A subscription was answered; of these subjects something was refused.
    Subscribed(Lane, Result<Vec<Subject>, Trouble>),
    /// What was to be read is applied.
    Read(Lane, Result<(), Trouble>),
    /// A text frame arrived.
    Text(Lane, String),
    /// Something arrived that is no text frame; how it is counted, when it is one that should have been.
    Other(Lane, Option<&'static str>),
    /// A socket closed; why, and as what the frame that broke it is counted.
    Closed(Lane, &'static str, Option<&'static str>),
    /// The answer to [`Effect::AskForRoom`].
    Room(bool),
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// In words.
    pub words: String,
    /// Whether the channel does not exist any more.
    pub is_gone: bool,
    /// How long upstream asks to wait.
    pub retry_after_ms: Option<i64>,
}

impl Trouble {
    /// Something that may be better at the next attempt.
    #[must_use]
    pub fn passing(words: &str) -> Self {
        Self { words: words.to_owned(), is_gone: false, retry_after_ms: None }
    }

    /// The same of a call that was about no channel: what is not there is something else.
    pub(super) fn of_no_channel(self) -> Self {
        Self { is_gone: false, ..self }
    }

    /// There is no such channel.
    #[must_use]
    pub fn gone(words: &str) -> Self {
        Self { words: words.to_owned(), is_gone: true, retry_after_ms: None }
    }
}

/// What to do.
#[derive(Debug)]
pub enum Effect {
    /// Make a channel.
    MakeChannel(Lane),
    /// Open the channel's socket.
    OpenSocket(Lane),
    /// Let the channel cover exactly this.
    Subscribe(Lane, Vec<Subject>),
    /// Read these as after a gap and let the feed have them.
    Read(Lane, Vec<Subject>),
    /// Send a ping.
    Ping(Lane),
    /// Close the socket without ceremony, and give up the step that is under way.
    DropSocket(Lane),
    /// Nobody waits for the step that is under way any more.
    GiveUpStep(Lane),
    /// The channel is of no use any more.
    Forget(Lane),
    /// Say whether one more channel may be made.
    AskForRoom,
    /// The room is free again.
    FreeRoom,
    /// Tell the feed.
    Tell(Input),
    /// Another channel of the same client took this one's place.
    Evicted,
    /// Say in the log.
    Log(String),
}
