//! One screen: a socket, and the single number that says what it lacks.
//!
//! The hub is the only writer, control frames included. Writes never wait: what the kernel does not take stays as the rest of one frame.

use std::{collections::VecDeque, io, io::IoSlice};

use bytes::Bytes;
use protocol::{ChannelId, Timestamp};

use super::{frame::Body, wire::Wire};

/// Slices a vectored write takes; the kernel's own limit is 1,024.
const WRITE_SLICES: usize = 64;

/// Control frames and the rest of a frame that a screen may have waiting. More than this much unread
/// means that the client asks without reading.
const OUTBOX_MAX: usize = 64;

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
    pub stuck_since: Option<Timestamp>,
    wire: Box<dyn Wire>,
    outbox: VecDeque<Bytes>,
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
    /// Takes over a socket.
    #[must_use]
    pub fn new(uid: u64, channel: ChannelId, synced_to: u64, wire: Box<dyn Wire>) -> Self {
        Self {
            uid,
            channel,
            synced_to,
            published: 0,
            written: 0,
            stuck_since: None,
            wire,
            outbox: VecDeque::new(),
        }
    }

    /// Begins to hear what the client says.
    pub fn listen(&mut self, key: usize) {
        self.wire.listen(key, self.uid);
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
            match self.wire.write(&slices) {
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
                Err(e) => return not_written(&e),
            }
        }
        Written::All
    }

    /// Writes changes in ascending order, each with its number, and moves `synced_to` along.
    /// Must be clear.
    pub fn write(&mut self, changes: &[(u64, Bytes)]) -> Written {
        for chunk in changes.chunks(WRITE_SLICES) {
            let slices: Vec<IoSlice<'_>> = chunk.iter().map(|(_, bytes)| IoSlice::new(bytes)).collect();
            let mut written = match self.wire.write(&slices) {
                Ok(0) => return Written::Broken,
                Ok(written) => written,
                Err(e) => return not_written(&e),
            };
            self.stuck_since = None;
            for (seq, bytes) in chunk {
                if written == 0 {
                    return Written::Part;
                }
                self.synced_to = *seq;
                self.written += 1;
                if written < bytes.len() {
                    self.outbox.push_back(bytes.slice(written..));
                    return Written::Part;
                }
                written -= bytes.len();
            }
        }
        Written::All
    }
}

fn not_written(error: &io::Error) -> Written {
    if error.kind() == io::ErrorKind::WouldBlock { Written::Part } else { Written::Broken }
}
