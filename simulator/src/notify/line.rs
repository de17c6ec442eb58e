//! The two ends of a socket: the hub's, and that of the task which writes to it.

use protocol::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Message;

/// Frames that may wait for a socket: more than a second of the largest organisation. A socket that
/// lets more pile up does not keep up, and is closed.
const OUTBOX_FRAMES: usize = 4_096;

/// What becomes of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It says what there is to say.
    Speak,
    /// It stays open and never speaks again.
    Silence,
    /// It is closed, with this reason.
    Close(Reason),
    /// It is dropped without a word.
    Drop,
}

/// Why a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The fault close_sockets.
    Fault,
    /// Maintenance that was announced.
    Maintenance,
    /// The simulator stops.
    Stopping,
    /// The channel has expired, was evicted, or died with its token.
    ChannelGone,
    /// A second socket of the channel was opened.
    Replaced,
    /// The client sent a message that is too large.
    TooLarge,
    /// The socket does not read as fast as there is news.
    TooSlow,
}

/// The task's end of a socket.
pub(crate) struct Line {
    pub(crate) channel: u64,
    pub(crate) serial: u64,
    pub(crate) outbox: mpsc::Receiver<Message>,
    pub(crate) fate: watch::Receiver<Fate>,
}

/// The hub's end of a socket.
pub(super) struct Socket {
    pub(super) serial: u64,
    outbox: mpsc::Sender<Message>,
    fate: watch::Sender<Fate>,
    pub(super) next_heartbeat: Timestamp,
    /// When it is closed for maintenance that it was told of.
    pub(super) closes_at: Option<Timestamp>,
}

impl Socket {
    /// A socket of a channel: both ends.
    pub(super) fn open(channel: u64, serial: u64, next_heartbeat: Timestamp) -> (Self, Line) {
        let (outbox, from_outbox) = mpsc::channel(OUTBOX_FRAMES);
        let (fate, from_fate) = watch::channel(Fate::Speak);
        let socket = Self { serial, outbox, fate, next_heartbeat, closes_at: None };
        (socket, Line { channel, serial, outbox: from_outbox, fate: from_fate })
    }

    /// Sends a frame, if the socket speaks; false when it does not keep up and is closed therefore.
    pub(super) fn send(&self, frame: Message) -> bool {
        if !self.speaks() {
            return true;
        }
        let full = matches!(self.outbox.try_send(frame), Err(mpsc::error::TrySendError::Full(_)));
        if full {
            tracing::warn!(socket.number = self.serial, "socket does not keep up: closed");
            self.decide(Fate::Close(Reason::TooSlow));
        }
        !full
    }

    /// Decides what becomes of it.
    pub(super) fn decide(&self, fate: Fate) {
        self.fate.send_replace(fate);
    }

    /// Whether its fate is still open.
    pub(super) fn speaks(&self) -> bool {
        *self.fate.borrow() == Fate::Speak
    }
}
