//! One screen: a socket, and the single number that says what it lacks.
//!
//! The hub is the only writer, control frames included; a small task per socket reads what the client
//! says. Writes never wait: what the kernel does not take stays as the rest of one frame.

use std::{collections::VecDeque, io, io::IoSlice, sync::Arc};

use bytes::Bytes;
use protocol::ChannelId;
use tokio::{net::TcpStream, sync::mpsc, task::JoinHandle, time::Instant};

use super::{
    command::Command,
    frame::{BadClient, Body, Decoder, Inbound},
};

/// Slices a vectored write takes; the kernel's own limit is 1,024.
const WRITE_SLICES: usize = 64;

/// Control frames and the rest of a frame that a screen may have waiting. More than this much unread
/// means that the client asks without reading.
const OUTBOX_MAX: usize = 64;

/// Bytes read from a client at once: clients say little.
const READ_BYTES: usize = 512;

/// Bytes the kernel keeps for a screen (Linux doubles the figure): a flush at 1,000 events a second fits,
/// and a screen that stopped reading gets the newest state when it reads on, not minutes of old ones.
const SEND_BUFFER: usize = 32 * 1024;

/// A connected screen.
#[derive(Debug)]
pub struct Screen {
    /// Distinguishes this screen from later ones in the same place.
    pub uid: u64,
    /// Its channel.
    pub channel: ChannelId,
    /// The last change that was written to it.
    pub synced_to: u64,
    /// Frames published to its group when it had everything last.
    pub published: u64,
    /// Frames of slots written to it since then.
    pub written: u64,
    /// Since when nothing of what waits could be written.
    pub stuck_since: Option<Instant>,
    stream: Arc<TcpStream>,
    outbox: VecDeque<Bytes>,
    reader: JoinHandle<()>,
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Everything is out.
    All,
    /// The kernel takes no more for now.
    Part,
    /// The socket is broken.
    Broken,
}

impl Screen {
    /// Takes over a socket and starts to read from it.
    #[must_use]
    pub fn new(
        key: usize,
        uid: u64,
        channel: ChannelId,
        synced_to: u64,
        stream: TcpStream,
        early: &[u8],
        hub: mpsc::Sender<Command>,
    ) -> Self {
        // A kernel that refuses keeps its own size; the screen is served all the same.
        let _ = socket2::SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER);
        let stream = Arc::new(stream);
        let mut decoder = Decoder::default();
        decoder.push(early);
        let reader = tokio::spawn(read(key, uid, stream.clone(), decoder, hub));
        Self {
            uid,
            channel,
            synced_to,
            published: 0,
            written: 0,
            stuck_since: None,
            stream,
            outbox: VecDeque::new(),
            reader,
        }
    }

    /// Whether nothing is half written.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Puts a frame of this screen alone in line; false when the client does not read.
    pub fn say(&mut self, body: &Body) -> bool {
        if self.outbox.len() >= OUTBOX_MAX {
            return false;
        }
        self.outbox.push_back(body.bytes().clone());
        true
    }

    /// Writes what is in line.
    pub fn drain(&mut self) -> Written {
        while !self.outbox.is_empty() {
            let slices: Vec<IoSlice<'_>> =
                self.outbox.iter().take(WRITE_SLICES).map(|bytes| IoSlice::new(bytes)).collect();
            match self.stream.try_write_vectored(&slices) {
                Ok(0) => return Written::Broken,
                Ok(mut written) => {
                    self.stuck_since = None;
                    while written > 0 {
                        let Some(front) = self.outbox.front_mut() else { break };
                        if written < front.len() {
                            *front = front.slice(written..);
                            break;
                        }
                        written -= front.len();
                        self.outbox.pop_front();
                    }
                }
                Err(e) => return self.not_written(&e),
            }
        }
        Written::All
    }

    /// Writes changes in ascending order, each with its number, and moves `synced_to` along.
    /// Must be clear.
    pub fn write(&mut self, changes: &[(u64, Bytes)]) -> Written {
        for chunk in changes.chunks(WRITE_SLICES) {
            let slices: Vec<IoSlice<'_>> = chunk.iter().map(|(_, bytes)| IoSlice::new(bytes)).collect();
            let mut written = match self.stream.try_write_vectored(&slices) {
                Ok(0) => return Written::Broken,
                Ok(written) => written,
                Err(e) => return self.not_written(&e),
            };
            self.stuck_since = None;
            for (seq, bytes) in chunk {
                if written == 0 {
                    return self.not_written(&io::ErrorKind::WouldBlock.into());
                }
                self.synced_to = *seq;
                self.written += 1;
                if written < bytes.len() {
                    self.outbox.push_back(bytes.slice(written..));
                    return self.not_written(&io::ErrorKind::WouldBlock.into());
                }
                written -= bytes.len();
            }
        }
        Written::All
    }

    fn not_written(&mut self, error: &io::Error) -> Written {
        if error.kind() != io::ErrorKind::WouldBlock {
            return Written::Broken;
        }
        self.stuck_since.get_or_insert_with(Instant::now);
        Written::Part
    }

    /// Ends the reading; the socket closes when the last holder lets go.
    pub fn close(self) {
        self.reader.abort();
    }
}

async fn read(
    key: usize,
    uid: u64,
    stream: Arc<TcpStream>,
    mut decoder: Decoder,
    hub: mpsc::Sender<Command>,
) {
    let mut bytes = [0_u8; READ_BYTES];
    let mut said = Vec::new();
    loop {
        loop {
            match decoder.message() {
                Ok(Some(message)) => said.push(Ok(message)),
                Ok(None) => break,
                Err(bad) => {
                    said.push(Err(bad));
                    break;
                }
            }
        }
        for message in said.drain(..) {
            let over = matches!(message, Err(_) | Ok(Inbound::Close));
            if hub.send(Command::Said { key, uid, message }).await.is_err() || over {
                return;
            }
        }
        if stream.readable().await.is_err() {
            break;
        }
        match stream.try_read(&mut bytes) {
            Ok(0) => break,
            Ok(n) => decoder.push(&bytes[..n]),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    // The hub may be gone already; then there is nobody to tell.
    let _ = hub.send(Command::Left { key, uid }).await;
}

/// What a reader hands to the hub.
pub type Said = Result<Inbound, BadClient>;
