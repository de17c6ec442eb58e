//! Screens: attached, written to, spoken with, let go.

use protocol::{
    ChannelId,
    frame::{Answer, ClientMessage},
    topic::TOPICS_PER_CHANNEL,
};

use super::{
    super::{
        Class, SlotIx, SubscribeMode,
        command::{NotSubscribed, Ticket},
        frame::{Body, Inbound},
        screen::{Screen, Written},
        wire::{Said, Wire},
    },
    Hub,
};
use crate::metrics::Outcome;

/// A screen that takes nothing for this long is closed; it comes back by the start-up path.
const STUCK_MAX_MS: i64 = 30_000;

/// Frames of a screen's own backlog written in one go.
const BACKLOG_AT_ONCE: usize = 256;

/// Screens of a proxy that stops come back at any moment of this time, so that the next one is not overrun.
const STOPPED_SPREAD_MS: u32 = 4_000;

/// Why a screen begins anew that was not told for too long that somebody is gone.
const OUTLIVED: &str = "too far behind; come back";

const PONG: &str = r#"{"topicName":"channel.metadata","eventBody":{"message":"pong"}}"#;

/// Why a screen is no longer connected.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause {
    /// It went, with or without a word.
    Left,
    /// Its socket broke while it was written to.
    Broken,
    /// It came again on another socket.
    Replaced,
    /// It took nothing for too long.
    Stuck,
    /// It asked and did not read the answers.
    Unread,
    /// It broke the protocol.
    Malformed,
    /// Its wall is no more, or shows less than before.
    Wall,
    /// Its channel's time was over.
    Expired,
    /// What it lacks is no longer remembered.
    Outlived,
    /// The proxy stops.
    Stopping,
}

impl Cause {
    const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Broken => "broken",
            Self::Replaced => "replaced",
            Self::Stuck => "stuck",
            Self::Unread => "unread",
            Self::Malformed => "malformed",
            Self::Wall => "wall",
            Self::Expired => "expired",
            Self::Outlived => "outlived",
            Self::Stopping => "stopping",
        }
    }
}

impl Hub {
    pub(super) fn attach(&mut self, id: &ChannelId, ticket: Ticket, wire: Box<dyn Wire>) {
        self.has_entered(id);
        let Some(channel) = self.channels.get_mut(id) else { return };
        // One socket a channel: the second drops the first, and a first that comes late is dropped.
        if channel.connected > ticket.uid {
            return;
        }
        channel.connected = ticket.uid;
        if let Some(old) = channel.screen.take() {
            self.remove(old, Cause::Replaced);
        }
        let Some(channel) = self.channels.get_mut(id) else { return };
        let entry = self.screens.vacant_entry();
        let key = entry.key();
        // A wall's channel is good for the socket it was opened for; later it is opened anew.
        let synced_to = channel.synced_to.unwrap_or(ticket.seq);
        let is_outlived = channel.class.is_wall() && synced_to < self.table.floor();
        entry.insert(Screen::new(ticket.uid, id.clone(), synced_to, wire)).listen(key);
        channel.screen = Some(key);
        self.by_group.entry(channel.group).or_default().push(key);
        let group = channel.group;
        if let Some(screen) = self.screens.get_mut(key) {
            screen.published = self.table.published(group);
        }
        self.metrics.screens.inc();
        if is_outlived {
            self.close(key, Cause::Outlived, 1012, OUTLIVED);
            return;
        }
        self.serve(key, group);
    }

    pub(super) fn remove(&mut self, key: usize, cause: Cause) {
        let Some(screen) = self.screens.try_remove(key) else { return };
        self.metrics.closed.get_or_create(&Outcome { outcome: cause.name() }).inc();
        self.behind.remove(&key);
        self.metrics.screens.dec();
        if let Some(channel) = self.channels.get_mut(&screen.channel) {
            channel.screen = None;
            if let Some(screens) = self.by_group.get_mut(&channel.group) {
                screens.retain(|k| *k != key);
            }
            let (id, owner) = (channel.id.clone(), channel.owner.clone());
            if channel.class.is_wall() {
                self.drop_channel(&id);
            } else {
                self.unconnected.entry((owner, Class::Api)).or_default().push_back(id);
            }
        }
    }

    pub(super) fn said(&mut self, key: usize, message: Said) {
        match message {
            Err(bad) => {
                let (code, reason) = bad.close();
                self.close(key, Cause::Malformed, code, reason);
            }
            Ok(Inbound::Close) => self.close(key, Cause::Left, 1000, ""),
            Ok(Inbound::Ping(payload)) => self.say(key, &Body::pong(&payload)),
            Ok(Inbound::Text(text)) => self.told(key, &text),
        }
    }

    /// A text from a client: a ping, or a subscription in-band (plain channels only).
    fn told(&mut self, key: usize, text: &str) {
        let Some(channel) = self.screens.get(key).map(|s| s.channel.clone()) else { return };
        let Some(class) = self.channels.get(&channel).map(|c| c.class) else { return };
        let answer = |result: &str, status: &str, message: Option<String>| {
            let answer = Answer { result: result.to_owned(), status: Some(status.to_owned()), message };
            Body::text(&serde_json::to_vec(&answer).expect("an answer is plain data"))
        };
        let body = match serde_json::from_str::<ClientMessage>(text) {
            Ok(ping) if ping.message == "ping" => Body::text(PONG.as_bytes()),
            Ok(asked)
                if class == Class::Api && matches!(asked.message.as_str(), "subscribe" | "unsubscribe") =>
            {
                let adds = asked.message == "subscribe";
                let mode = if adds { SubscribeMode::Add } else { SubscribeMode::Remove };
                match self.subscribe(&channel, &asked.topics, mode, true) {
                    Err(NotSubscribed::TooManyTopics) => answer(
                        "400",
                        "failure",
                        Some(format!("at most {TOPICS_PER_CHANNEL} topics a channel")),
                    ),
                    Err(NotSubscribed::Refused(topic)) => {
                        let reason = topic.rejection_reason.unwrap_or_default();
                        answer("400", "failure", Some(format!("{}: {reason}", topic.id)))
                    }
                    Ok(_) if !adds => answer("200", "unsubscribed", None),
                    Ok(_) => answer("200", "subscribed", None),
                }
            }
            Ok(_) | Err(_) => {
                let accepted = r#"expected {"message":"ping"}, "subscribe" or "unsubscribe""#;
                answer("400", "error", Some(accepted.to_owned()))
            }
        };
        self.say(key, &body);
    }

    pub(super) fn broadcast(&mut self, class: Class, body: &Body) {
        let keys: Vec<usize> =
            self.channels.values().filter(|c| c.class == class).filter_map(|c| c.screen).collect();
        for key in keys {
            // A screen that is behind hears something anyway, and later the next heartbeat.
            if !self.behind.contains(&key) {
                self.say(key, body);
            }
        }
    }

    /// Sends one frame to one screen, after what waits for it.
    pub(super) fn say(&mut self, key: usize, body: &Body) {
        let Some(screen) = self.screens.get_mut(key) else { return };
        if !screen.say(body) {
            self.close(key, Cause::Unread, 1008, "answers are not read");
            return;
        }
        match screen.drain() {
            Written::All => {}
            Written::Part => self.is_behind(key),
            Written::Broken => self.remove(key, Cause::Broken),
        }
    }

    pub(super) fn close(&mut self, key: usize, cause: Cause, code: u16, reason: &str) {
        if let Some(screen) = self.screens.get_mut(key)
            && screen.is_clear()
            && screen.say(&Body::close(code, reason))
        {
            // Best effort: a socket that takes nothing is dropped without a word.
            let _ = screen.drain();
        }
        self.remove(key, cause);
    }

    /// Writes to every screen what it lacks.
    pub fn flush(&mut self) {
        for group in self.table.take_dirty() {
            let Some(keys) = self.by_group.get(&group).filter(|keys| !keys.is_empty()) else { continue };
            let keys = keys.clone();
            // Screens that are up to date share one batch.
            let newest = keys
                .iter()
                .filter(|key| !self.behind.contains(key))
                .filter_map(|key| self.screens.get(*key).map(|s| s.synced_to))
                .max();
            let Some(newest) = newest else { continue };
            let changes = self.table.changes_since(group, newest, usize::MAX);
            for key in keys {
                if self.behind.contains(&key) {
                    continue;
                }
                let Some(screen) = self.screens.get_mut(key) else { continue };
                if screen.synced_to != newest || !screen.is_clear() {
                    self.serve(key, group);
                    continue;
                }
                match screen.write(&changes.frames) {
                    Written::All => {
                        screen.synced_to = changes.up_to;
                        self.settle(key, group);
                    }
                    Written::Part => self.is_behind(key),
                    Written::Broken => self.remove(key, Cause::Broken),
                }
            }
        }
        for key in std::mem::take(&mut self.behind) {
            let group = self.screens.get(key).and_then(|s| self.channels.get(&s.channel)).map(|c| c.group);
            if let Some(group) = group {
                self.serve(key, group);
            }
        }
        self.metrics.behind.set(i64::try_from(self.behind.len()).unwrap_or(i64::MAX));
        if let Some(since) = self.unwritten_since.take() {
            self.metrics.delay.observe(self.clock.now().ms_since(since).max(0) as f64 / 1_000.0);
        }
    }

    /// Writes one screen's own backlog until it has everything or takes no more.
    pub(super) fn serve(&mut self, key: usize, group: usize) {
        loop {
            let Some(screen) = self.screens.get_mut(key) else { return };
            let mut written = screen.drain();
            let mut done = false;
            if written == Written::All {
                let changes = self.table.changes_since(group, screen.synced_to, BACKLOG_AT_ONCE);
                written = screen.write(&changes.frames);
                if written == Written::All {
                    screen.synced_to = changes.up_to;
                    done = changes.up_to == self.table.seq();
                }
            }
            match written {
                Written::All if done => {
                    self.behind.remove(&key);
                    self.settle(key, group);
                    return;
                }
                Written::All => {}
                Written::Part => {
                    self.is_behind(key);
                    return;
                }
                Written::Broken => {
                    self.remove(key, Cause::Broken);
                    return;
                }
            }
        }
    }

    /// Forgets a slot. Whoever was not told its last change yet begins anew.
    pub(super) fn forget(&mut self, slot: SlotIx, seq: u64) {
        if self.table.is_dirty() {
            self.flush();
        }
        // All others have everything.
        let screens = self.behind.iter().filter_map(|key| Some((*key, self.screens.get(*key)?)));
        let of_wall = |id: &ChannelId| self.channels.get(id).is_some_and(|c| c.class.is_wall());
        let lack = screens.filter(|(_, screen)| screen.synced_to < seq && of_wall(&screen.channel));
        for key in lack.map(|(key, _)| key).collect::<Vec<_>>() {
            self.close(key, Cause::Outlived, 1012, OUTLIVED);
        }
        self.table.forget(slot, seq);
    }

    /// A screen took less than there is.
    fn is_behind(&mut self, key: usize) {
        self.behind.insert(key);
        if let Some(screen) = self.screens.get_mut(key) {
            screen.stuck_since.get_or_insert_with(|| self.clock.now());
        }
    }

    /// Counts what a screen that has everything now did not get on the way.
    fn settle(&mut self, key: usize, group: usize) {
        let Some(screen) = self.screens.get_mut(key) else { return };
        let published = self.table.published(group);
        let overtaken = (published - screen.published).saturating_sub(screen.written);
        self.metrics.overtaken.inc_by(overtaken);
        (screen.published, screen.written) = (published, 0);
    }

    pub(super) fn sweep(&mut self) {
        let now = self.clock.now();
        self.table.forget_pictures(now);
        let stuck: Vec<usize> = self
            .screens
            .iter()
            .filter(|(_, s)| s.stuck_since.is_some_and(|since| now.ms_since(since) >= STUCK_MAX_MS))
            .map(|(key, _)| key)
            .collect();
        for key in stuck {
            self.metrics.stuck.inc();
            self.remove(key, Cause::Stuck);
        }
        self.metrics.behind.set(i64::try_from(self.behind.len()).unwrap_or(i64::MAX));
        let over: Vec<ChannelId> = self
            .channels
            .values()
            .filter(|c| c.expires <= now && (c.screen.is_none() || c.class == Class::Api))
            .map(|c| c.id.clone())
            .collect();
        for id in over {
            self.drop_channel(&id);
        }
        let channels = &self.channels;
        self.unconnected.retain(|_, line| {
            line.retain(|id| channels.get(id).is_some_and(|c| c.screen.is_none()));
            !line.is_empty()
        });
    }

    /// Tells some screens that the proxy stops and when to come back; false when none is left.
    pub fn take_leave(&mut self, most: usize) -> bool {
        let keys: Vec<usize> = self.screens.iter().take(most).map(|(key, _)| key).collect();
        let reason = format!("the proxy stops; come back within spread={STOPPED_SPREAD_MS} ms");
        for key in keys {
            self.close(key, Cause::Stopping, 1012, &reason);
        }
        !self.screens.is_empty()
    }
}
