//! What the feed is told, and the line to it.

use protocol::{
    ChannelTopic, QueueId, Timestamp, TopicSet, UserId, WallId,
    entity::{PresenceDefinition, Queue, User},
    event::rollcall::{Alarm, RollcallFigures, RollcallTally},
    merge::Asked,
    query::ObservationsResponse,
    wall::{Names, WallDefinition},
};
use tokio::sync::{mpsc, oneshot};

use super::{cause::Cause, plan::Subject};
use crate::{
    relay::{NotOpened, Owner, WallOpened},
    upstream::mover::Lane,
};

/// Inputs in line for the feed: some seconds of a busy organisation.
const INPUTS_MAX: usize = 16_384;

/// A line to a feed, and its end for the feed's task.
#[must_use]
pub fn line() -> (FeedHandle, mpsc::Receiver<Input>) {
    let (inputs_in, inputs) = mpsc::channel(INPUTS_MAX);
    (FeedHandle(inputs_in), inputs)
}

/// What the feed is told.
#[derive(Debug)]
#[expect(missing_docs, reason = "the members are named by the variant's own sentence")]
pub enum Input {
    /// A text frame arrived on a channel of a shard.
    Frame { shard: u16, lane: Lane, text: String },
    /// An upstream frame that could not even be received as text.
    Unreadable { shard: u16, outcome: &'static str },
    /// The polled lists arrived: they are complete.
    Directory { users: Vec<User>, queues: Vec<Queue>, definitions: Vec<PresenceDefinition> },
    /// Upstream answered a subscription.
    Permits { asked: Vec<TopicSet>, answers: Vec<ChannelTopic> },
    /// A read arrived; the answer names what must be read a second time.
    Read { read: Read, reply: oneshot::Sender<Vec<Subject>> },
    /// From now on two channels of a shard bring the same; nothing is to be taken twice.
    Overlap { shard: u16, from: Lane, to: Lane },
    /// A channel of a shard is dropped: the one beside it has taken its place.
    LaneOver { shard: u16, lane: Lane },
    /// What an upstream channel covers is true from now on.
    Live { shard: u16 },
    /// What an upstream channel covers is no longer known to be true.
    Lost { shard: u16, cause: Cause, reason: String },
    /// Something that an upstream channel needs to become live failed.
    Fails { shard: u16, reason: String },
    /// The plan has no use for an upstream channel: it is closed, and this is its last word.
    ShardOver { shard: u16 },
    /// What screens look at: walls by their places in the relay, topics of plain channels as they were asked for.
    Watched { walls: Vec<usize>, topics: Vec<Box<str>> },
    /// What the first complete read is waiting for, in words.
    Waits { reason: String },
    /// A wall begins or comes back.
    OpenWall {
        wall: WallId,
        /// What the caller must at least not be told of names; the wall itself may be stricter.
        names: Names,
        owner: Owner,
        since: Option<(String, u64)>,
        reply: oneshot::Sender<Result<WallOpened, NotOpened>>,
    },
    /// Figures of interval and day were read, or refused.
    Figures { figures: Vec<RollcallFigures> },
    /// What users handled since a midnight was read.
    Tallies { since: Timestamp, tallies: Vec<RollcallTally> },
    /// Somebody takes note of an alarm of a wall; the answer is the alarm, `None` when it is over.
    Acknowledge { wall: WallId, alarm: String, reply: oneshot::Sender<Option<Alarm>> },
    /// The audit compared everything once.
    Audited,
    /// Our clock was put right by upstream's date.
    ClockMoved,
    /// The walls are defined anew, all of them.
    Walls { walls: Vec<WallDefinition> },
}

/// Answers of REST reads, with the moment when they were asked for.
#[derive(Debug)]
pub struct Read {
    /// Start of the first request.
    pub began: Timestamp,
    /// Why.
    pub asked: Asked,
    /// Users with their expansions.
    pub users: Vec<User>,
    /// Users that were asked for and are not in the answer, or came without what makes a card.
    pub unread: Vec<UserId>,
    /// The queues that were asked for; a figure that is absent from the answer is zero.
    pub queues: Vec<QueueId>,
    /// Their figures.
    pub observations: ObservationsResponse,
}

/// A line to the feed.
#[derive(Clone, Debug)]
pub struct FeedHandle(mpsc::Sender<Input>);

impl FeedHandle {
    /// Tells the feed; waits while it is behind.
    pub async fn tell(&self, input: Input) {
        // When the proxy stops the feed ends first; what is said then has no receiver by design.
        let _ = self.0.send(input).await;
    }

    /// Asks and waits for the answer; `None` when the proxy is stopping.
    pub async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Input) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.tell(question(reply)).await;
        answer.await.ok()
    }
}
