//! One socket, from its upgrade to its end. Its task is the only one that writes to it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
    },
    response::Response,
};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncReadExt, task::JoinSet, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    in_band,
    line::{Fate, Line, Reason},
};
use crate::{refusal::Refusal, shared::Shared};

/// What a client may send in one message: an in-band subscription of 1,000 long topics, as much as
/// a body of REST.
const MESSAGE_MAX_BYTES: usize = 512_000;
/// Clients say little; the default buffer of 128 KB would be most of a socket's memory.
const READ_BUFFER_BYTES: usize = 4 * 1_024;
/// Frames gathered before they are written.
const WRITE_BUFFER_BYTES: usize = 32 * 1_024;
/// Frames written before the socket is listened to again.
const BATCH_FRAMES: usize = 256;
/// How long a polite close may take; on a dead network it would hang.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

type Stream = WebSocketStream<TokioIo<Upgraded>>;

/// The tasks of all sockets, so that a simulator that stops leaves none behind.
#[derive(Default)]
pub(crate) struct SocketTasks(Mutex<JoinSet<()>>);

impl SocketTasks {
    /// Waits until all have ended, but not for ever.
    pub(crate) async fn end(&self) {
        let mut tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // Those that are left are aborted when the set is dropped.
        let _ = timeout(2 * CLOSE_WAIT, async { while tasks.join_next().await.is_some() {} }).await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

/// `GET /channels/{id}`: refused unless it is an upgrade of a channel that exists. No token: the id
/// is the capability.
pub(crate) async fn get_socket(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    mut request: Request,
) -> Result<Response, Refusal> {
    let accept = accept_key(request.headers())?;
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Err(Refusal::bad_request("this connection cannot be upgraded"));
    };
    let line = {
        let mut state = shared.enter();
        let now = state.world.now;
        let line = state.hub.find(&id).and_then(|channel| state.hub.connect(channel, now));
        line.ok_or_else(|| unknown_channel(&shared))?
    };
    shared.sockets.spawn(run(shared.clone(), line, upgrade));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, "websocket".parse().map_err(not_a_header)?);
    headers.insert(CONNECTION, "Upgrade".parse().map_err(not_a_header)?);
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept.parse().map_err(not_a_header)?);
    Ok(response)
}

fn unknown_channel(shared: &Shared) -> Refusal {
    if shared.config.answers.unknown_channel_is_401 {
        return Refusal::bad_credentials();
    }
    Refusal::not_found("the channel")
}

fn not_a_header(_: axum::http::header::InvalidHeaderValue) -> Refusal {
    Refusal::bad_request("Sec-WebSocket-Key: expected base64")
}

fn accept_key(headers: &HeaderMap) -> Result<String, Refusal> {
    let has = |name: HeaderName, word: &str| {
        headers.get_all(name).iter().any(|value| {
            value
                .to_str()
                .is_ok_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
        })
    };
    if !has(CONNECTION, "upgrade") || !has(UPGRADE, "websocket") || !has(SEC_WEBSOCKET_VERSION, "13") {
        return Err(Refusal::bad_request("expected a WebSocket upgrade, version 13"));
    }
    let key =
        headers.get(SEC_WEBSOCKET_KEY).ok_or_else(|| Refusal::bad_request("Sec-WebSocket-Key is missing"))?;
    Ok(derive_accept_key(key.as_bytes()))
}

async fn run(shared: Arc<Shared>, mut line: Line, upgrade: OnUpgrade) {
    let (channel, serial) = (line.channel, line.serial);
    tracing::debug!(channel.number = channel, socket.number = serial, "socket opened");
    if let Ok(upgraded) = upgrade.await {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(Some(MESSAGE_MAX_BYTES))
            .max_frame_size(Some(MESSAGE_MAX_BYTES));
        let mut stream = Stream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        match speak(&shared, &mut line, &mut stream).await {
            Fate::Speak | Fate::Drop => {}
            Fate::Silence => be_silent(&mut line, &mut stream).await,
            Fate::Close(reason) => close(&mut line, &mut stream, reason).await,
        }
    }
    shared.enter().hub.disconnected(channel, serial);
    tracing::debug!(channel.number = channel, socket.number = serial, "socket ended");
}

/// Sends what there is to send until the socket ends or its fate is decided. `Fate::Speak` means
/// that the client has gone.
async fn speak(shared: &Shared, line: &mut Line, stream: &mut Stream) -> Fate {
    let mut fate = line.fate.clone();
    let decided = async move {
        match fate.wait_for(|fate| *fate != Fate::Speak).await {
            Ok(fate) => *fate,
            Err(_) => Fate::Drop,
        }
    };
    tokio::pin!(decided);
    loop {
        let next = tokio::select! {
            biased;
            fate = &mut decided => return fate,
            // Before the outbox: however much there is to say, a ping is answered.
            message = stream.next() => match message {
                Some(Ok(message)) => Next::Heard(message),
                Some(Err(Error::Capacity(_))) => return Fate::Close(Reason::TooLarge),
                Some(Err(_)) | None => return Fate::Speak,
            },
            frame = line.outbox.recv() => match frame {
                Some(frame) => Next::Send(frame),
                None => return Fate::Drop,
            },
        };
        let written = async {
            match next {
                Next::Send(frame) => send(line, stream, frame).await,
                Next::Heard(Message::Text(text)) => {
                    let answer = in_band::answer(shared, line.channel, &text);
                    stream.send(Message::text(answer)).await.is_ok()
                }
                // The library answers pings and closes; the answers leave with the flush.
                Next::Heard(
                    Message::Ping(_)
                    | Message::Pong(_)
                    | Message::Binary(_)
                    | Message::Close(_)
                    | Message::Frame(_),
                ) => stream.flush().await.is_ok(),
            }
        };
        // A client that does not read must not keep its socket's fate from it.
        tokio::select! {
            biased;
            fate = &mut decided => return fate,
            written = written => if !written { return Fate::Speak },
        }
    }
}

enum Next {
    Send(Message),
    Heard(Message),
}

/// Writes a frame, and those that wait behind it, with one flush.
async fn send(line: &mut Line, stream: &mut Stream, first: Message) -> bool {
    let mut frame = Some(first);
    for _ in 0..BATCH_FRAMES {
        let Some(next) = frame else { break };
        if stream.feed(next).await.is_err() {
            return false;
        }
        frame = line.outbox.try_recv().ok();
    }
    if let Some(last) = frame
        && stream.feed(last).await.is_err()
    {
        return false;
    }
    stream.flush().await.is_ok()
}

/// Reads and answers nothing, not even a ping, until the client goes or the socket is dropped.
async fn be_silent(line: &mut Line, stream: &mut Stream) {
    let mut ignored = [0; 1_024];
    loop {
        tokio::select! {
            changed = line.fate.changed() => match (changed, *line.fate.borrow()) {
                (Ok(()), Fate::Silence | Fate::Speak) => {}
                (Ok(()), Fate::Close(_) | Fate::Drop) | (Err(_), _) => return,
            },
            read = stream.get_mut().read(&mut ignored) => if matches!(read, Ok(0) | Err(_)) { return },
        }
    }
}

async fn close(line: &mut Line, stream: &mut Stream, reason: Reason) {
    let (code, text) = match reason {
        Reason::Fault => (CloseCode::Away, "closed by a fault"),
        Reason::Maintenance => (CloseCode::Away, "closed for maintenance"),
        Reason::Replaced => (CloseCode::Normal, "another socket of the channel was opened"),
        Reason::Stopping => (CloseCode::Away, "the simulator stops"),
        Reason::ChannelGone => (CloseCode::Normal, "the channel is gone"),
        Reason::TooLarge => (CloseCode::Size, "the message is too large"),
        Reason::TooSlow => (CloseCode::Policy, "the client does not keep up"),
    };
    let farewell = async {
        // What was said before has to be heard: that the channel is gone, that the socket will be closed.
        if matches!(reason, Reason::ChannelGone | Reason::Maintenance) {
            while let Ok(frame) = line.outbox.try_recv() {
                stream.feed(frame).await?;
            }
        }
        stream.close(Some(CloseFrame { code, reason: text.into() })).await?;
        if reason == Reason::TooLarge {
            // A connection that is dropped while more arrives is reset, and the farewell lost with it.
            let mut rest = [0; 4_096];
            while stream.get_mut().read(&mut rest).await? > 0 {}
        }
        Ok::<(), Error>(())
    };
    // Whether the client hears it does not matter: the socket is closed either way.
    let _ = timeout(CLOSE_WAIT, farewell).await;
}
