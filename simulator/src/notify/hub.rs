//! The channels, what each listens to, and which socket hears it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use protocol::{ChannelId, Timestamp, UserId, topic::TOPICS_PER_CHANNEL};
use rand::Rng;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{
    line::{Fate, Line, Reason, Socket},
    subscription::{Entry, Heard},
    system::{self, System},
};
use crate::{config::Config, fault, oauth::Caller};

/// Channels a client may have, by itself or for one person; one more evicts another.
/// Source: NotificationsApi, postNotificationsChannels.
pub(crate) const CHANNELS_PER_CLIENT: usize = 20;
/// How long a channel lives after it was last subscribed.
/// Source: developer-center blog, 2021-12-02, "Event streaming in action".
const CHANNEL_MS: i64 = 24 * 3_600 * 1_000;
/// Letters of the secret part of a channel's id.
const CHANNEL_LETTERS: usize = 26;

/// All channels.
pub(crate) struct Hub {
    channels: BTreeMap<u64, Held>,
    by_id: HashMap<ChannelId, u64>,
    listeners: HashMap<Heard, BTreeSet<u64>>,
    created: u64,
    uses: u64,
    sockets: u64,
    /// Sockets whose channel is gone, where they are not closed with it.
    orphans: Vec<Socket>,
    /// Events that have not gone out yet.
    outgoing: Vec<Outgoing>,
    /// Not before then is a heartbeat due.
    next_heartbeat: Timestamp,
    system: System,
    manners: Manners,
}

/// What the configuration says about channels.
struct Manners {
    heartbeat_ms: i64,
    server_pings: bool,
    gone_channel_keeps_socket: bool,
    resubscribe_does_not_extend: bool,
    replaced_socket_hears_close: bool,
    subscription_updated_is_told: bool,
    combined_topics_count_parts: bool,
    token_revoked_is_not_told: bool,
    channel_dies_with_token: bool,
}

/// A channel.
pub(crate) struct Held {
    pub(crate) id: ChannelId,
    pub(crate) client: String,
    /// The person whose token opened it.
    pub(crate) user: Option<UserId>,
    pub(crate) token: std::sync::Arc<str>,
    pub(crate) expires: Timestamp,
    pub(crate) entries: Vec<Entry>,
    listening: BTreeSet<Heard>,
    last_use: u64,
    socket: Option<Socket>,
}

/// An event on its way out, encoded once for all who listen.
#[derive(Clone)]
pub(crate) struct Outgoing {
    topic: Heard,
    text: Utf8Bytes,
}

impl fault::Event for Outgoing {
    fn topic(&self) -> String {
        self.topic.to_string()
    }
}

/// More topics than a channel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyTopics;

impl Hub {
    /// No channels yet.
    pub(crate) fn new(config: &Config, organisation: &str) -> Self {
        let answers = &config.answers;
        Self {
            channels: BTreeMap::new(),
            by_id: HashMap::new(),
            listeners: HashMap::new(),
            created: 0,
            uses: 0,
            sockets: 0,
            orphans: Vec::new(),
            outgoing: Vec::new(),
            next_heartbeat: Timestamp::default(),
            system: System::new(organisation, answers.heartbeat_has_envelope),
            manners: Manners {
                heartbeat_ms: i64::try_from(config.heartbeat_every.as_millis()).unwrap_or(i64::MAX).max(1),
                server_pings: answers.server_pings,
                gone_channel_keeps_socket: answers.gone_channel_keeps_socket,
                resubscribe_does_not_extend: answers.resubscribe_does_not_extend,
                replaced_socket_hears_close: answers.replaced_socket_hears_close,
                subscription_updated_is_told: answers.subscription_updated_is_told,
                combined_topics_count_parts: answers.combined_topics_count_parts,
                token_revoked_is_not_told: answers.token_revoked_is_not_told,
                channel_dies_with_token: answers.channel_dies_with_token,
            },
        }
    }

    /// Creates a channel; the 21st of a client or person evicts the least recently used one, one without a
    /// socket first.
    pub(crate) fn create(&mut self, caller: &Caller, now: Timestamp, rng: &mut impl Rng) -> u64 {
        let of_client = || self.channels.iter().filter(|(_, held)| held.is_of(caller));
        let evicted = (of_client().count() >= CHANNELS_PER_CLIENT)
            .then(|| of_client().min_by_key(|(_, held)| (held.socket.is_some(), held.last_use)))
            .flatten()
            .map(|(key, _)| *key);
        if let Some(evicted) = evicted {
            tracing::debug!("a channel was evicted: its client opened one too many");
            self.evict(evicted);
        }
        self.created += 1;
        let secret: String = (0..CHANNEL_LETTERS).map(|_| letter(rng)).collect();
        let id = ChannelId::new(&format!("streaming-{}-{secret}", self.created % 5));
        self.by_id.insert(id.clone(), self.created);
        let last_use = self.next_use();
        self.channels.insert(
            self.created,
            Held {
                id,
                client: caller.client.to_string(),
                user: caller.user.clone(),
                token: caller.token.clone(),
                expires: now.plus_ms(CHANNEL_MS),
                entries: Vec::new(),
                listening: BTreeSet::new(),
                last_use,
                socket: None,
            },
        );
        self.created
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
        let by_parts = self.manners.combined_topics_count_parts;
        let count: usize = entries.iter().map(|entry| if by_parts { entry.parts } else { 1 }).sum();
        if count > TOPICS_PER_CHANNEL {
            return Err(TooManyTopics);
        }
        let last_use = self.next_use();
        let Some(held) = self.channels.get_mut(&key) else { return Ok(()) };
        let listening: BTreeSet<Heard> =
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
        if !self.manners.resubscribe_does_not_extend {
            held.expires = now.plus_ms(CHANNEL_MS);
        }
        held.last_use = last_use;
        if self.manners.subscription_updated_is_told {
            let frame = self.system.subscription_updated(held);
            held.say(frame);
        }
        Ok(())
    }

    /// Connects a socket; an earlier one of the same channel is dropped.
    pub(crate) fn connect(&mut self, key: u64, now: Timestamp) -> Option<Line> {
        let last_use = self.next_use();
        let held = self.channels.get_mut(&key)?;
        held.last_use = last_use;
        self.sockets += 1;
        let heartbeat = now.plus_ms(self.manners.heartbeat_ms);
        // The first socket of all sets the time; later ones are due later.
        if self.next_heartbeat <= now {
            self.next_heartbeat = heartbeat;
        }
        let (socket, line) = Socket::open(key, self.sockets, heartbeat);
        if let Some(earlier) = held.socket.replace(socket) {
            let hears = self.manners.replaced_socket_hears_close && earlier.speaks();
            earlier.decide(if hears { Fate::Close(Reason::Replaced) } else { Fate::Drop });
        }
        Some(line)
    }

    /// A socket has ended; says nothing about a later one of the same channel.
    pub(crate) fn disconnected(&mut self, key: u64, serial: u64) {
        self.orphans.retain(|socket| socket.serial != serial);
        if let Some(held) = self.channels.get_mut(&key)
            && held.socket.as_ref().is_some_and(|socket| socket.serial == serial)
        {
            held.socket = None;
        }
    }

    /// Whether a socket listens to this topic.
    pub(crate) fn hears(&self, topic: &Heard) -> bool {
        let is_heard = |key: &u64| self.channels.get(key).is_some_and(|held| held.socket.is_some());
        self.listeners.get(topic).is_some_and(|listeners| listeners.iter().any(is_heard))
    }

    /// Hands over an event for every socket that listens; the text is made once, and only if
    /// somebody does. It leaves with [`Self::take_outgoing`].
    pub(crate) fn deliver(&mut self, topic: &Heard, text: impl FnOnce() -> String) {
        if self.hears(topic) {
            self.outgoing.push(Outgoing { topic: topic.clone(), text: text().into() });
        }
    }

    /// Takes the events that were handed over, so that faults can have their way with them.
    pub(crate) fn take_outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    /// Sends an event to every socket that listens now.
    pub(crate) fn send(&mut self, event: &Outgoing) {
        let Some(listeners) = self.listeners.get(&event.topic) else { return };
        for key in listeners {
            if let Some(held) = self.channels.get_mut(key) {
                held.say(event.text.clone());
            }
        }
    }

    /// Decides the fate of every socket of this moment; answers how many there are.
    pub(crate) fn decide_all(&mut self, fate: Fate) -> usize {
        self.decide(fate, || true)
    }

    /// Decides the fate of those sockets of this moment that are struck; answers how many.
    pub(crate) fn decide(&mut self, fate: Fate, mut strikes: impl FnMut() -> bool) -> usize {
        let mut struck = 0;
        for held in self.channels.values_mut() {
            let Some(socket) = &held.socket else { continue };
            if !strikes() {
                continue;
            }
            struck += 1;
            socket.decide(fate);
            match fate {
                Fate::Close(_) | Fate::Drop => held.socket = None,
                Fate::Silence | Fate::Speak => {}
            }
        }
        for socket in &self.orphans {
            if strikes() {
                struck += 1;
                socket.decide(fate);
            }
        }
        struck
    }

    /// Evicts those channels that are struck; answers how many.
    pub(crate) fn evict_some(&mut self, mut strikes: impl FnMut() -> bool) -> usize {
        let struck: Vec<u64> = self.channels.keys().copied().filter(|_| strikes()).collect();
        for key in &struck {
            self.evict(*key);
        }
        struck.len()
    }

    /// Ends those channels that are struck, as if their time were over; answers how many.
    pub(crate) fn expire_some(&mut self, mut strikes: impl FnMut() -> bool) -> usize {
        let struck: Vec<u64> = self.channels.keys().copied().filter(|_| strikes()).collect();
        for key in &struck {
            self.end(*key, None);
        }
        struck.len()
    }

    /// Tells those sockets that are struck that they will be closed then; answers how many.
    pub(crate) fn announce_closing(&mut self, at: Timestamp, mut strikes: impl FnMut() -> bool) -> usize {
        let mut struck = 0;
        for held in self.channels.values_mut() {
            if !held.socket.as_ref().is_some_and(Socket::speaks) || !strikes() {
                continue;
            }
            struck += 1;
            let frame = self.system.socket_closing(held);
            held.say(frame);
            if let Some(socket) = &mut held.socket {
                socket.closes_at = Some(at);
            }
        }
        struck
    }

    /// Nobody will be closed for maintenance after all.
    pub(crate) fn call_off_closing(&mut self) {
        for socket in self.channels.values_mut().filter_map(|held| held.socket.as_mut()) {
            socket.closes_at = None;
        }
    }

    /// A token was taken back.
    pub(crate) fn token_revoked(&mut self, token: &str) {
        let theirs: Vec<u64> =
            self.channels.iter().filter(|(_, held)| *held.token == *token).map(|(key, _)| *key).collect();
        for key in theirs {
            if self.manners.channel_dies_with_token {
                self.die_with_token(key);
            } else if !self.manners.token_revoked_is_not_told
                && let Some(held) = self.channels.get_mut(&key)
            {
                let frame = self.system.token_revoked(held);
                held.say(frame);
            }
        }
    }

    /// Ends the channels whose token is no longer valid, where channels die with their token.
    pub(crate) fn outlive_tokens(&mut self, is_valid: impl Fn(&str) -> bool) {
        if !self.manners.channel_dies_with_token {
            return;
        }
        let over: Vec<u64> =
            self.channels.iter().filter(|(_, held)| !is_valid(&held.token)).map(|(key, _)| *key).collect();
        for key in over {
            self.die_with_token(key);
        }
    }

    /// Lets time pass: channels whose time is over end, announced closings happen, hearts beat.
    pub(crate) fn pass_time(&mut self, now: Timestamp) {
        let over: Vec<u64> =
            self.channels.iter().filter(|(_, held)| held.expires <= now).map(|(key, _)| *key).collect();
        for key in over {
            self.end(key, None);
        }
        for held in self.channels.values_mut() {
            let closes = |socket: &Socket| socket.closes_at.is_some_and(|at| at <= now);
            if let Some(socket) = held.socket.take_if(|socket| closes(socket)) {
                socket.decide(Fate::Close(Reason::Maintenance));
            }
        }
        self.beat(now);
    }

    /// A heartbeat for whom it is due; after a jump of the clock one, not all that were missed.
    fn beat(&mut self, now: Timestamp) {
        if now < self.next_heartbeat {
            return;
        }
        let period = self.manners.heartbeat_ms;
        let mut next = now.plus_ms(period);
        let held = self.channels.values_mut().filter_map(|held| held.socket.as_mut());
        for socket in held.chain(&mut self.orphans) {
            if socket.next_heartbeat <= now {
                socket.send(Message::text(self.system.heartbeat()));
                if self.manners.server_pings {
                    socket.send(Message::Ping(Vec::new().into()));
                }
                let on_time = socket.next_heartbeat.plus_ms(period);
                socket.next_heartbeat = if on_time > now { on_time } else { now.plus_ms(period) };
            }
            next = next.min(socket.next_heartbeat);
        }
        self.next_heartbeat = next;
    }

    fn evict(&mut self, key: u64) {
        let last_word = self.channels.get(&key).map(|held| self.system.no_longer_subscribed(held));
        self.end(key, last_word);
    }

    fn die_with_token(&mut self, key: u64) {
        self.end(key, Some(system::gone("the token of this channel has expired or was revoked")));
    }

    /// Ends a channel, and its socket with it.
    fn end(&mut self, key: u64, last_word: Option<String>) {
        let Some(socket) = self.remove(key).and_then(|held| held.socket) else { return };
        if let Some(last_word) = last_word {
            // A full outbox means that the last word is not heard, as in life.
            socket.send(Message::text(last_word));
        }
        if self.manners.gone_channel_keeps_socket {
            self.orphans.push(socket);
        } else {
            socket.decide(Fate::Close(Reason::ChannelGone));
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
    /// Whether it belongs to the caller: to the same client, and to the same person if there is one.
    pub(crate) fn is_of(&self, caller: &Caller) -> bool {
        self.client == *caller.client && self.user == caller.user
    }

    /// Whether a socket is open, silent ones included.
    pub(crate) fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// Sends a frame of text on the channel's socket, if there is one; one that does not keep up is lost.
    fn say(&mut self, text: impl Into<Utf8Bytes>) {
        if self.socket.as_ref().is_some_and(|socket| !socket.send(Message::Text(text.into()))) {
            self.socket = None;
        }
    }
}

fn letter(rng: &mut impl Rng) -> char {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    char::from(LETTERS[rng.random_range(0..LETTERS.len())])
}
