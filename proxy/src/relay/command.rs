//! What the hub can be asked, and the line to it.

use std::sync::Arc;

use protocol::{Channel, ChannelId, ChannelTopic};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
};

use super::{
    Class, Owner, Picture, SlotIx, SubscribeMode, TopicIx,
    frame::{Bodies, Body},
    wire::{Said, SocketWire, Wire},
};

/// What those look at who are connected.
#[derive(Debug, Default)]
pub struct Watched {
    /// Walls by their places, each once.
    pub walls: Vec<usize>,
    /// Topics as plain channels asked for them, refused ones too.
    pub topics: Vec<Box<str>>,
}

/// What the hub is asked to do.
#[derive(Debug)]
#[expect(missing_docs, reason = "the members are named by the variant's own sentence")]
pub enum Command {
    /// A slot exists, as part of a topic.
    Declare { slot: SlotIx, topic: TopicIx },
    /// A wall shows a topic.
    Enlist { wall: usize, topic: TopicIx },
    /// A wall is no more, or shows less than before: its screens come back and are told what there is then.
    Retire { wall: usize, reason: &'static str },
    /// A slot's subject is gone.
    Withdraw { slot: SlotIx },
    /// A slot is forgotten, and its last change, which said that its subject is gone; its place is free for another.
    Forget { slot: SlotIx, seq: u64 },
    /// A slot changed: its number and its frame for each class that has an audience.
    Publish { slot: SlotIx, seq: u64, bodies: Bodies },
    /// A slot's frame for a class that had no audience when the slot changed.
    Fill { slot: SlotIx, class: Class, body: Body },
    /// A frame that is of no slot goes to all screens of a class.
    Broadcast { class: Class, body: Body },
    /// A wall begins or comes back. The asker has joined the audience of the class already, so that
    /// nothing changes unencoded in between.
    OpenWall {
        wall: usize,
        class: Class,
        owner: Owner,
        since: Option<u64>,
        reply: oneshot::Sender<Result<WallOpened, NotOpened>>,
    },
    /// A client wants a plain channel.
    OpenChannel { owner: Owner, reply: oneshot::Sender<Option<Channel>> },
    /// What do those look at who are connected?
    Watched { reply: oneshot::Sender<Watched> },
    /// A client lists its channels.
    ListChannels { owner: Owner, reply: oneshot::Sender<Vec<Channel>> },
    /// A client reads a subscription; `None` when there is no such channel of this owner.
    Subscriptions { channel: ChannelId, owner: Owner, reply: oneshot::Sender<Option<Vec<ChannelTopic>>> },
    /// A client changes a subscription.
    Subscribe {
        channel: ChannelId,
        owner: Owner,
        topics: Vec<String>,
        mode: SubscribeMode,
        /// Whether a refused topic fails the whole call, as Genesys does without `ignoreErrors`.
        strict: bool,
        reply: oneshot::Sender<Option<Result<Vec<ChannelTopic>, NotSubscribed>>>,
    },
    /// A socket is about to open for a channel: whose it is, and the socket's place in line.
    Expect { channel: ChannelId, reply: oneshot::Sender<Option<(Owner, Ticket)>> },
    /// A socket was opened for a channel.
    Attach { channel: ChannelId, ticket: Ticket, wire: Box<dyn Wire> },
    /// A screen said something.
    Said { key: usize, uid: u64, message: Said },
    /// A screen's socket ended.
    Left { key: usize, uid: u64 },
    /// Tell the screens and end.
    Stop { reply: oneshot::Sender<()> },
}

/// A socket's place in line, taken before its handshake is answered. Handshakes may end in another
/// order, and what changes while one is under way is not lost on its socket.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    pub(super) uid: u64,
    pub(super) seq: u64,
}

/// Why a subscription stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSubscribed {
    /// More than [`protocol::topic::TOPICS_PER_CHANNEL`].
    TooManyTopics,
    /// This topic was refused, and the caller wanted all or nothing.
    Refused(ChannelTopic),
}

/// Why there is no channel for a wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// There is no such wall, or no more.
    NoSuchWall,
    /// As many channels as there may be are open.
    TooManyChannels,
    /// The proxy is stopping.
    Stopping,
    /// As many screens as can be served at once are on their way in; in a moment there is room.
    Busy,
}

/// A wall's channel and everything it needs to begin.
#[derive(Debug)]
pub struct WallOpened {
    /// The channel to connect to.
    pub id: ChannelId,
    /// What its screen may see.
    pub class: Class,
    /// Whether all slots are there, or only those changed since.
    pub complete: bool,
    /// The frames, and the number up to which they hold every change.
    pub picture: Arc<Picture>,
}

/// A line to the hub.
#[derive(Clone, Debug)]
pub struct HubHandle(pub(super) mpsc::Sender<Command>);

impl HubHandle {
    /// Sends a command; waits while the hub is behind. After the hub ended nothing happens.
    pub async fn send(&self, command: Command) {
        // The hub ends last, when the proxy stops; what is sent then has no receiver by design.
        let _ = self.0.send(command).await;
    }

    /// Hands over a socket that was opened for a channel, and what came on it before.
    pub async fn attach(&self, channel: ChannelId, ticket: Ticket, stream: TcpStream, early: &[u8]) {
        let wire = Box::new(SocketWire::new(stream, early, self.0.clone()));
        self.send(Command::Attach { channel, ticket, wire }).await;
    }

    /// Asks and waits for the answer; `None` when the proxy is stopping.
    pub async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.send(question(reply)).await;
        answer.await.ok()
    }
}
