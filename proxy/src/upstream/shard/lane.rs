//! One channel of a shard: its socket, and the step that is under way.

use std::{future::Future, pin::Pin};

use futures_util::{SinkExt as _, StreamExt as _};
use protocol::Channel;
use tokio_tungstenite::tungstenite::{Error, Message, error::ProtocolError};

use super::messages::Happened;
use crate::upstream::{
    UpstreamError,
    mover::Lane,
    socket::{NotOpened, Socket},
};

/// A call that is under way, and what it ends with.
pub(super) type Step = Pin<Box<dyn Future<Output = Done> + Send>>;

/// How a step ended.
pub(super) enum Done {
    Made(Result<Channel, UpstreamError>),
    Opened(Result<Box<Socket>, NotOpened>),
    /// Another step, which leaves nothing in the track.
    Happened(Happened),
}

/// What happened to a channel.
pub(super) enum Event {
    Done(Done),
    Message(Option<Result<Message, Broken>>),
}

/// One channel.
pub(super) struct Track {
    pub(super) lane: Lane,
    pub(super) channel: Option<Channel>,
    pub(super) socket: Option<Box<Socket>>,
    pub(super) step: Option<Step>,
}

impl Track {
    pub(super) fn new(lane: Lane) -> Self {
        Self { lane, channel: None, socket: None, step: None }
    }

    pub(super) fn begin(&mut self, step: impl Future<Output = Done> + Send + 'static) {
        self.step = Some(Box::pin(step));
    }

    pub(super) fn drop_socket(&mut self) {
        self.socket = None;
        self.step = None;
    }

    pub(super) async fn ping(&mut self) {
        if let Some(socket) = &mut self.socket {
            // A ping that cannot be sent is followed by the end of the silence's patience.
            let _ = socket.send(Message::text(r#"{"message":"ping"}"#)).await;
        }
    }

    /// What happens next to it.
    async fn event(&mut self) -> Event {
        tokio::select! {
            done = step_of(&mut self.step) => {
                self.step = None;
                Event::Done(done)
            }
            message = message_of(&mut self.socket) => Event::Message(message),
        }
    }
}

/// What happens next to any of a shard's channels.
pub(super) async fn next_event(tracks: &mut [Track]) -> (Lane, Event) {
    if tracks.is_empty() {
        return std::future::pending().await;
    }
    let events = tracks.iter_mut().map(|track| Box::pin(async { (track.lane, track.event().await) }));
    futures_util::future::select_all(events).await.0
}

async fn step_of(step: &mut Option<Step>) -> Done {
    match step {
        Some(step) => step.await,
        None => std::future::pending().await,
    }
}

/// How a socket broke. An error's own text may quote the address, which is a capability.
pub(super) struct Broken {
    /// In words.
    pub(super) reason: &'static str,
    /// As what the frame that broke it is counted, if one did.
    pub(super) outcome: Option<&'static str>,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        if let Error::Capacity(_) = error {
            return Self { reason: "a frame was too large", outcome: Some("too large") };
        }
        // That nobody said good-bye is a matter of the connection, not of a frame.
        let unannounced = matches!(error, Error::Protocol(ProtocolError::ResetWithoutClosingHandshake));
        if matches!(error, Error::Protocol(_) | Error::Utf8(_)) && !unannounced {
            return Self { reason: "a frame was malformed", outcome: Some("malformed") };
        }
        Self { reason: "the connection broke", outcome: None }
    }
}

async fn message_of(socket: &mut Option<Box<Socket>>) -> Option<Result<Message, Broken>> {
    match socket {
        Some(socket) => socket.next().await.map(|message| message.map_err(Broken::from)),
        None => std::future::pending().await,
    }
}
