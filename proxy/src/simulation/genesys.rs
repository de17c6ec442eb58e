//! Genesys Cloud in its simplest form: channels, sockets and subscriptions, and when what is said arrives.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::{ChannelTopic, Timestamp, chance::Chance};
use serde_json::{Value, json};

/// Channels of a client; one more takes the place of the one that was used least lately, unconnected ones first.
pub(super) const CHANNELS_MAX: usize = 20;

const MINUTE_MS: i64 = 60_000;

const CHANNEL_LIFE_MS: i64 = 24 * 3_600_000;

#[derive(Debug)]
pub(super) struct Channel {
    pub(super) topics: BTreeSet<String>,
    pub(super) socket: Option<u64>,
    pub(super) expires: Timestamp,
    used: Timestamp,
}

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) channel: u64,
    /// Nothing gets through, and nobody says so.
    pub(super) is_silent: bool,
    /// Everything on it takes so much longer than on others.
    lag_ms: i64,
    /// What was sent last arrives then; what is sent later arrives later.
    last: Timestamp,
}

/// Something on its way to a socket's other end.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) socket: u64,
    pub(super) at: Timestamp,
    /// `None`: the end of the socket.
    pub(super) text: Option<String>,
}

/// How the network is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    pub(super) slowest_ms: i64,
    /// One in so many events comes twice.
    pub(super) twice: Option<u64>,
    /// Events with a date overtake each other.
    pub(super) is_mixed: bool,
    /// Those without one do, too: nobody can tell which was first.
    pub(super) is_scrambled: bool,
    /// Calls are answered with errors.
    pub(super) is_down: bool,
    /// Which say when to come again.
    pub(super) retry_after_ms: Option<i64>,
    /// Of so many topics each one of this number is refused.
    pub(super) refused: Option<(u64, u64)>,
}

impl Weather {
    /// Whether a topic may not be listened to.
    pub(super) fn refuses(&self, topic: &str) -> bool {
        let number: u64 = topic.bytes().map(u64::from).sum();
        self.refused.is_some_and(|(of, this)| number % of == this)
    }

    /// What is said to somebody who asks for it.
    pub(super) fn answer(&self, topic: &str) -> ChannelTopic {
        match self.refuses(topic) {
            true => ChannelTopic::rejected(topic, "refused", Vec::new()),
            false => ChannelTopic::permitted(topic),
        }
    }
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            slowest_ms: 150,
            twice: None,
            is_mixed: false,
            is_scrambled: false,
            is_down: false,
            retry_after_ms: None,
            refused: None,
        }
    }
}

/// How far apart heartbeats may be: that they come every 30 s is observed, not promised.
const BEATS_EVERY_MS: [i64; 3] = [5_000, 30_000, 120_000];

#[derive(Debug)]
pub(super) struct Genesys {
    pub(super) channels: BTreeMap<u64, Channel>,
    pub(super) sockets: BTreeMap<u64, Socket>,
    pub(super) weather: Weather,
    /// A socket's next heartbeat comes so long after the last.
    pub(super) beats_every_ms: i64,
    next: u64,
    /// Channels made so far.
    pub(super) made: u64,
    /// The most that were connected at once.
    pub(super) connected_most: usize,
    /// When the calls of the last minute came.
    calls: VecDeque<Timestamp>,
    /// The most calls within a minute.
    pub(super) calls_most: usize,
}

impl Genesys {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let mut genesys = Self {
            channels: BTreeMap::new(),
            sockets: BTreeMap::new(),
            weather: Weather::default(),
            beats_every_ms: 0,
            next: 0,
            made: 0,
            connected_most: 0,
            calls: VecDeque::new(),
            calls_most: 0,
        };
        genesys.change_heartbeats(chance);
        genesys
    }

    /// A call comes, whatever it is for.
    pub(super) fn called(&mut self, now: Timestamp) {
        self.calls.push_back(now);
        while self.calls.front().is_some_and(|at| now.ms_since(*at) >= MINUTE_MS) {
            self.calls.pop_front();
        }
        self.calls_most = self.calls_most.max(self.calls.len());
    }

    /// From now on heartbeats come at another pace.
    pub(super) fn change_heartbeats(&mut self, chance: &mut Chance) {
        let others = BEATS_EVERY_MS.into_iter().filter(|ms| *ms != self.beats_every_ms);
        let others: Vec<i64> = others.collect();
        self.beats_every_ms = others[chance.within(0, others.len() as i64 - 1) as usize];
    }

    pub(super) fn make_channel(&mut self, now: Timestamp, chance: &mut Chance) -> (u64, Vec<Sent>) {
        let mut sent = Vec::new();
        if self.channels.len() >= CHANNELS_MAX {
            let oldest =
                self.channels.iter().min_by_key(|(_, channel)| (channel.socket.is_some(), channel.used));
            if let Some(id) = oldest.map(|(id, _)| *id) {
                sent = self.evict(id, now, chance);
            }
        }
        self.next += 1;
        self.made += 1;
        let expires = now.plus_ms(CHANNEL_LIFE_MS);
        self.channels
            .insert(self.next, Channel { topics: BTreeSet::new(), socket: None, expires, used: now });
        (self.next, sent)
    }

    /// Opens a channel's socket; the one before is dropped. `None`: there is no such channel.
    pub(super) fn open(&mut self, id: u64, now: Timestamp, chance: &mut Chance) -> Option<(u64, Vec<Sent>)> {
        self.next += 1;
        let socket = self.next;
        let channel = self.channels.get_mut(&id)?;
        channel.used = now;
        let old = channel.socket.replace(socket);
        let sent = old.map(|old| self.close(old, now, chance)).into_iter().flatten().collect();
        let lag_ms = chance.within(0, self.weather.slowest_ms / 2);
        self.sockets.insert(socket, Socket { channel: id, is_silent: false, lag_ms, last: now });
        let connected = self.channels.values().filter(|channel| channel.socket.is_some()).count();
        self.connected_most = self.connected_most.max(connected);
        Some((socket, sent))
    }

    /// Replaces what a channel is subscribed to.
    pub(super) fn subscribe(&mut self, id: u64, topics: BTreeSet<String>, now: Timestamp) -> bool {
        let Some(channel) = self.channels.get_mut(&id) else { return false };
        channel.topics = topics;
        channel.used = now;
        true
    }

    /// Tells every channel that listens.
    pub(super) fn publish(
        &mut self,
        topic: &str,
        body: &Value,
        now: Timestamp,
        chance: &mut Chance,
    ) -> Vec<Sent> {
        let listening: Vec<u64> = self
            .channels
            .values()
            .filter(|channel| channel.topics.contains(topic))
            .filter_map(|channel| channel.socket)
            .collect();
        let mut sent = Vec::new();
        for socket in listening {
            let correlation = chance.next();
            let event = json!({
                "topicName": topic, "version": "2", "eventBody": body,
                "metadata": { "CorrelationId": correlation.to_string() },
            });
            let times =
                if self.weather.twice.is_some_and(|n| chance.next().is_multiple_of(n)) { 2 } else { 1 };
            for _ in 0..times {
                let dated = topic.ends_with("presence") || topic.ends_with("routingStatus");
                let overtakes = self.weather.is_scrambled || self.weather.is_mixed && dated;
                if overtakes && !self.sockets[&socket].is_silent {
                    let at = now.plus_ms(chance.within(2, 4_000));
                    sent.push(Sent { socket, at, text: Some(event.to_string()) });
                } else {
                    sent.extend(self.send(socket, Some(event.to_string()), now, chance));
                }
            }
        }
        sent
    }

    /// A text on a socket, or its end.
    pub(super) fn send(
        &mut self,
        id: u64,
        text: Option<String>,
        now: Timestamp,
        chance: &mut Chance,
    ) -> Option<Sent> {
        let slowest = self.weather.slowest_ms;
        let socket = self.sockets.get_mut(&id)?;
        if socket.is_silent {
            return None;
        }
        let at = now.plus_ms(socket.lag_ms + chance.within(2, slowest / 2)).max(socket.last);
        socket.last = at;
        Some(Sent { socket: id, at, text })
    }

    /// Closes a socket; its channel lives on.
    pub(super) fn close(&mut self, id: u64, now: Timestamp, chance: &mut Chance) -> Option<Sent> {
        let sent = self.send(id, None, now, chance);
        let socket = self.sockets.remove(&id)?;
        if let Some(channel) = self.channels.get_mut(&socket.channel)
            && channel.socket == Some(id)
        {
            channel.socket = None;
        }
        sent
    }

    /// The other end closed it.
    pub(super) fn left(&mut self, id: u64) {
        let Some(socket) = self.sockets.remove(&id) else { return };
        if let Some(channel) = self.channels.get_mut(&socket.channel)
            && channel.socket == Some(id)
        {
            channel.socket = None;
        }
    }

    /// Ends a channel with a word.
    pub(super) fn evict(&mut self, id: u64, now: Timestamp, chance: &mut Chance) -> Vec<Sent> {
        self.end(id, Some("v2.system.no_longer_subscribed.x"), now, chance)
    }

    /// Ends a channel, with a word or without.
    pub(super) fn end(
        &mut self,
        id: u64,
        word: Option<&str>,
        now: Timestamp,
        chance: &mut Chance,
    ) -> Vec<Sent> {
        let Some(channel) = self.channels.remove(&id) else { return Vec::new() };
        let Some(socket) = channel.socket else { return Vec::new() };
        let word = word.map(|topic| json!({ "topicName": topic, "eventBody": {} }).to_string());
        let said = word.and_then(|word| self.send(socket, Some(word), now, chance));
        let closed = self.close(socket, now, chance);
        said.into_iter().chain(closed).collect()
    }
}
