//! The channels, what each listens to, and which socket hears it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use protocol::{ChannelId, Timestamp, Topic, topic::TOPICS_PER_CHANNEL};
use rand::Rng;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::subscription::Entry;

/// Channels a client may have; one more evicts another.
/// Source: NotificationsApi, postNotificationsChannels.
pub(crate) const CHANNELS_PER_CLIENT: usize = 20;
/// How long a channel lives after it was last subscribed.
/// Source: developer-center blog, 2021-12-02, "Event streaming in action".
const CHANNEL_MS: i64 = 24 * 3_600 * 1_000;
/// Frames that may wait for a socket: more than a second of the largest organisation. A socket that
/// lets more pile up does not keep up, and is closed.
const OUTBOX_FRAMES: usize = 4_096;
/// Letters of the secret part of a channel's id.
const CHANNEL_LETTERS: usize = 26;

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
    /// The simulator stops.
    Stopping,
    /// The channel has expired or was evicted.
    ChannelGone,
    /// The socket does not read as fast as there is news.
    TooSlow,
}

/// The task's end of a socket.
pub(crate) struct Line {
    pub(crate) channel: u64,
    pub(crate) serial: u64,
    pub(crate) outbox: mpsc::Receiver<Utf8Bytes>,
    pub(crate) fate: watch::Receiver<Fate>,
}

/// All channels.
#[derive(Default)]
pub(crate) struct Hub {
    channels: BTreeMap<u64, Held>,
    by_id: HashMap<ChannelId, u64>,
    listeners: HashMap<Topic, BTreeSet<u64>>,
    created: u64,
    uses: u64,
    sockets: u64,
}

/// A channel.
pub(crate) struct Held {
    pub(crate) id: ChannelId,
    pub(crate) client: String,
    pub(crate) token: std::sync::Arc<str>,
    pub(crate) expires: Timestamp,
    pub(crate) entries: Vec<Entry>,
    listening: BTreeSet<Topic>,
    last_use: u64,
    socket: Option<Socket>,
}

struct Socket {
    serial: u64,
    outbox: mpsc::Sender<Utf8Bytes>,
    fate: watch::Sender<Fate>,
}

/// More topics than a channel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyTopics;

/// A channel that had to make room, to be told so.
pub(crate) struct Evicted {
    pub(crate) id: ChannelId,
    pub(crate) client: String,
    outbox: Option<(mpsc::Sender<Utf8Bytes>, watch::Sender<Fate>)>,
}

impl Evicted {
    /// Says the last word and closes the socket.
    pub(crate) fn dismiss(self, last_word: String) {
        if let Some((outbox, fate)) = self.outbox {
            // A full outbox means that the last word is not heard, as in life.
            let _ = outbox.try_send(last_word.into());
            fate.send_replace(Fate::Close(Reason::ChannelGone));
        }
    }
}

impl Hub {
    /// Creates a channel; the 21st of a client evicts the least recently used one, one without a
    /// socket first.
    pub(crate) fn create(
        &mut self,
        client: &str,
        token: &std::sync::Arc<str>,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> (u64, Option<Evicted>) {
        let of_client = || self.channels.iter().filter(|(_, held)| held.client == client);
        let evicted = (of_client().count() >= CHANNELS_PER_CLIENT)
            .then(|| of_client().min_by_key(|(_, held)| (held.socket.is_some(), held.last_use)))
            .flatten()
            .map(|(key, _)| *key);
        let evicted = evicted.and_then(|key| self.remove(key)).map(|held| Evicted {
            id: held.id,
            client: held.client,
            outbox: held.socket.map(|socket| (socket.outbox, socket.fate)),
        });
        self.created += 1;
        let secret: String = (0..CHANNEL_LETTERS).map(|_| letter(rng)).collect();
        let id = ChannelId::new(&format!("streaming-{}-{secret}", self.created % 5));
        self.by_id.insert(id.clone(), self.created);
        let last_use = self.next_use();
        self.channels.insert(
            self.created,
            Held {
                id,
                client: client.to_owned(),
                token: token.clone(),
                expires: now.plus_ms(CHANNEL_MS),
                entries: Vec::new(),
                listening: BTreeSet::new(),
                last_use,
                socket: None,
            },
        );
        (self.created, evicted)
    }

    /// The channel of this id.
    pub(crate) fn find(&self, id: &str) -> Option<u64> {
        self.by_id.get(id).copied()
    }

    /// A channel.
    pub(crate) fn get(&self, key: u64) -> Option<&Held> {
        self.channels.get(&key)
    }

    /// All channels, the oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, &Held)> {
        self.channels.iter().map(|(key, held)| (*key, held))
    }

    /// Replaces what a channel listens to, and extends its life.
    pub(crate) fn subscribe(
        &mut self,
        key: u64,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<(), TooManyTopics> {
        if entries.len() > TOPICS_PER_CHANNEL {
            return Err(TooManyTopics);
        }
        let last_use = self.next_use();
        let Some(held) = self.channels.get_mut(&key) else { return Ok(()) };
        let listening: BTreeSet<Topic> =
            entries.iter().flat_map(|entry| entry.topics.iter().cloned()).collect();
        for topic in held.listening.difference(&listening) {
            if let Some(listeners) = self.listeners.get_mut(topic) {
                listeners.remove(&key);
                if listeners.is_empty() {
                    self.listeners.remove(topic);
                }
            }
        }
        for topic in listening.difference(&held.listening) {
            self.listeners.entry(topic.clone()).or_default().insert(key);
        }
        held.listening = listening;
        held.entries = entries;
        held.expires = now.plus_ms(CHANNEL_MS);
        held.last_use = last_use;
        Ok(())
    }

    /// Connects a socket; an earlier one of the same channel is dropped.
    pub(crate) fn connect(&mut self, key: u64) -> Option<Line> {
        let last_use = self.next_use();
        let held = self.channels.get_mut(&key)?;
        held.last_use = last_use;
        self.sockets += 1;
        let (outbox, from_outbox) = mpsc::channel(OUTBOX_FRAMES);
        let (fate, from_fate) = watch::channel(Fate::Speak);
        let socket = Socket { serial: self.sockets, outbox, fate };
        if let Some(earlier) = held.socket.replace(socket) {
            earlier.fate.send_replace(Fate::Drop);
        }
        Some(Line { channel: key, serial: self.sockets, outbox: from_outbox, fate: from_fate })
    }

    /// A socket has ended; says nothing about a later one of the same channel.
    pub(crate) fn disconnected(&mut self, key: u64, serial: u64) {
        if let Some(held) = self.channels.get_mut(&key)
            && held.socket.as_ref().is_some_and(|socket| socket.serial == serial)
        {
            held.socket = None;
        }
    }

    /// Sends to every socket that listens; the text is made once, and only if somebody does.
    pub(crate) fn deliver(&mut self, topic: &Topic, text: impl FnOnce() -> String) {
        let Some(listeners) = self.listeners.get(topic) else { return };
        let is_heard = |key: &&u64| self.channels.get(key).is_some_and(|held| held.socket.is_some());
        if !listeners.iter().any(|key| is_heard(&key)) {
            return;
        }
        let text: Utf8Bytes = text().into();
        for key in listeners {
            let Some(held) = self.channels.get_mut(key) else { continue };
            let Some(socket) = &held.socket else { continue };
            match *socket.fate.borrow() {
                Fate::Speak => {}
                Fate::Silence | Fate::Close(_) | Fate::Drop => continue,
            }
            if let Err(mpsc::error::TrySendError::Full(_)) = socket.outbox.try_send(text.clone()) {
                tracing::warn!(channel.number = key, "socket does not keep up: closed");
                socket.fate.send_replace(Fate::Close(Reason::TooSlow));
                held.socket = None;
            }
        }
    }

    /// Decides the fate of every socket of this moment; answers how many there are.
    pub(crate) fn decide_all(&mut self, fate: Fate) -> usize {
        let mut struck = 0;
        for held in self.channels.values_mut() {
            let Some(socket) = &held.socket else { continue };
            struck += 1;
            socket.fate.send_replace(fate);
            match fate {
                Fate::Close(_) | Fate::Drop => held.socket = None,
                Fate::Silence | Fate::Speak => {}
            }
        }
        struck
    }

    /// Ends the channels whose time is over.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        let over: Vec<u64> =
            self.channels.iter().filter(|(_, held)| held.expires <= now).map(|(key, _)| *key).collect();
        for key in over {
            if let Some(socket) = self.remove(key).and_then(|held| held.socket) {
                socket.fate.send_replace(Fate::Close(Reason::ChannelGone));
            }
        }
    }

    fn remove(&mut self, key: u64) -> Option<Held> {
        let held = self.channels.remove(&key)?;
        self.by_id.remove(&held.id);
        for topic in &held.listening {
            if let Some(listeners) = self.listeners.get_mut(topic) {
                listeners.remove(&key);
                if listeners.is_empty() {
                    self.listeners.remove(topic);
                }
            }
        }
        Some(held)
    }

    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }
}

impl Held {
    /// Whether a socket is open, silent ones included.
    pub(crate) fn is_connected(&self) -> bool {
        self.socket.is_some()
    }
}

fn letter(rng: &mut impl Rng) -> char {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    char::from(LETTERS[rng.random_range(0..LETTERS.len())])
}
