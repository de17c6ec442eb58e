//! The hub: virtual channels and screens, owned by one task together with the slot table.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::{Arc, RwLock},
    time::Duration,
};

use protocol::{
    Channel, ChannelId, ChannelTopic, Clock, TopicState,
    frame::{Answer, ClientMessage},
    topic::TOPICS_PER_CHANNEL,
};
use slab::Slab;
use tokio::{
    net::TcpStream,
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    Audience, Class, Owner, SubscribeMode,
    channel::{Subscription, VirtualChannel},
    command::{Command, HubHandle, NotOpened, NotSubscribed, Ticket, WallOpened},
    entitle::Topics,
    frame::{Body, Inbound},
    screen::{Said, Screen, Written},
    table::{Interest, Table},
};
use crate::metrics::RelayMetrics;

/// Screens are written to at most this often: many changes share one write.
const FLUSH_EVERY: Duration = Duration::from_millis(20);

/// A screen that takes nothing for this long is closed; it comes back by the start-up path.
const STUCK_MAX: Duration = Duration::from_secs(30);

/// A wall's channel waits this long for its socket.
const WALL_CONNECT_MS: i64 = 60_000;

/// As with Genesys: a channel lives 24 hours and longer when subscribed again.
const CHANNEL_LIFE_MS: i64 = 24 * 3_600_000;

/// Channels of a class: far above the thousands of screens one proxy is for, and a bound for its memory.
/// Walls and plain channels do not take each other's room.
const CHANNELS_MAX: usize = 10_000;

/// Walls' channels of all who came with one key. A key that stands in a portal's page can be read by whoever reads that
/// page, and shall not take the room of all other screens; five times the screens that one proxy is built for.
const CHANNELS_OF_KEY_MAX: usize = 2_000;

/// Channels of one owner and class that no socket is open for. One more evicts the oldest of them, as
/// Genesys does with its 21st: a client that makes a channel each time it comes back harms itself only.
const UNCONNECTED_MAX: usize = 100;

/// Commands in line for the hub: some seconds of a busy organisation.
const COMMANDS_MAX: usize = 16_384;

/// Commands taken in one go before screens are served.
const COMMANDS_AT_ONCE: usize = 256;

/// Frames of a screen's own backlog written in one go.
const BACKLOG_AT_ONCE: usize = 256;

const PONG: &str = r#"{"topicName":"channel.metadata","eventBody":{"message":"pong"}}"#;

/// The hub's state; [`Hub::run`] is its task.
pub struct Hub {
    table: Table,
    channels: HashMap<ChannelId, VirtualChannel>,
    screens: Slab<Screen>,
    /// The screens of each group, by the group's place in the table.
    by_group: HashMap<usize, Vec<usize>>,
    /// Channels by class.
    counts: [usize; super::CLASSES],
    /// Channels by the key of their owners.
    by_key: HashMap<Arc<str>, usize>,
    /// Channels that were made and perhaps never connected, oldest first.
    unconnected: HashMap<(Owner, Class), VecDeque<ChannelId>>,
    /// Screens that could not take everything.
    behind: BTreeSet<usize>,
    uid: u64,
    entitlements: Arc<RwLock<Topics>>,
    audience: Audience,
    clock: Arc<dyn Clock>,
    /// What connectUris begin with.
    public_ws: String,
    metrics: RelayMetrics,
    commands: mpsc::Receiver<Command>,
    own: mpsc::Sender<Command>,
}

impl Hub {
    /// Makes a hub without slots and walls.
    #[must_use]
    pub fn new(
        entitlements: Arc<RwLock<Topics>>,
        audience: Audience,
        clock: Arc<dyn Clock>,
        public_ws: String,
        metrics: RelayMetrics,
    ) -> (Self, HubHandle) {
        let (own, commands) = mpsc::channel(COMMANDS_MAX);
        let handle = HubHandle(own.clone());
        let hub = Self {
            table: Table::default(),
            channels: HashMap::new(),
            screens: Slab::new(),
            by_group: HashMap::new(),
            counts: [0; super::CLASSES],
            by_key: HashMap::new(),
            unconnected: HashMap::new(),
            behind: BTreeSet::new(),
            uid: 0,
            entitlements,
            audience,
            clock,
            public_ws,
            metrics,
            commands,
            own,
        };
        (hub, handle)
    }

    /// Runs until told to stop.
    pub async fn run(mut self) {
        let mut sweep = interval(Duration::from_secs(1));
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut flush_at = Instant::now();
        let mut batch = Vec::with_capacity(COMMANDS_AT_ONCE);
        loop {
            let waits = self.table.is_dirty() || !self.behind.is_empty();
            tokio::select! {
                biased;
                () = sleep_until(flush_at), if waits => {
                    self.flush();
                    flush_at = Instant::now() + FLUSH_EVERY;
                }
                taken = self.commands.recv_many(&mut batch, COMMANDS_AT_ONCE) => {
                    if taken == 0 {
                        return;
                    }
                    for command in batch.drain(..) {
                        if let Command::Stop { reply } = command {
                            self.stop();
                            let _ = reply.send(());
                            return;
                        }
                        self.handle(command);
                    }
                }
                _ = sweep.tick() => self.sweep(),
            }
        }
    }

    fn handle(&mut self, command: Command) {
        // An asker that went away needs no answer, hence the unused results of `reply.send`.
        match command {
            Command::Declare { slot, topic } => self.table.declare(slot, topic),
            Command::Enlist { wall, topic } => self.table.enlist(wall, topic),
            Command::Retire { wall, reason } => self.retire(wall, reason),
            Command::Withdraw { slot } => self.table.withdraw(slot),
            Command::Publish { slot, seq, bodies } => self.table.publish(slot, seq, bodies),
            Command::Fill { slot, class, body } => self.table.fill(slot, class, body),
            Command::Broadcast { class, body } => self.broadcast(class, &body),
            Command::OpenWall { wall, class, owner, since, reply } => {
                let _ = reply.send(self.open_wall(wall, class, owner, since));
            }
            Command::OpenChannel { owner, reply } => {
                let _ = reply.send(self.open_channel(owner));
            }
            Command::ListChannels { owner, reply } => {
                let own = self.channels.values().filter(|c| c.owner == owner && c.class == Class::Api);
                let _ = reply.send(own.map(|c| self.describe(c)).collect());
            }
            Command::Subscriptions { channel, owner, reply } => {
                // Said as it stands now: upstream may have thought better of a topic since.
                let entitlements = self.entitlements.read().expect("the feed does not panic while it writes");
                let answers = |c: &VirtualChannel| {
                    c.subscriptions.iter().flat_map(|s| entitlements.resolve(&s.text).1).collect()
                };
                let _ = reply.send(self.plain(&channel, &owner).map(answers));
            }
            Command::Subscribe { channel, owner, topics, mode, strict, reply } => {
                let owned = self.plain(&channel, &owner).is_some();
                let _ = reply.send(owned.then(|| self.subscribe(&channel, &topics, mode, strict)));
            }
            Command::Expect { channel, reply } => {
                self.uid += 1;
                let ticket = Ticket { uid: self.uid, seq: self.table.seq() };
                let _ = reply.send(self.channels.get(&channel).map(|c| (c.owner.clone(), ticket)));
            }
            Command::Attach { channel, ticket, stream, early } => {
                self.attach(&channel, ticket, stream, &early);
            }
            Command::Said { key, uid, message } => {
                if self.screens.get(key).is_some_and(|s| s.uid == uid) {
                    self.said(key, message);
                }
            }
            Command::Left { key, uid } => {
                if self.screens.get(key).is_some_and(|s| s.uid == uid) {
                    self.remove(key);
                }
            }
            Command::Stop { .. } => unreachable!("taken by run"),
        }
    }

    fn plain(&self, channel: &ChannelId, owner: &Owner) -> Option<&VirtualChannel> {
        self.channels.get(channel).filter(|c| c.owner == *owner && c.class == Class::Api)
    }

    fn describe(&self, channel: &VirtualChannel) -> Channel {
        Channel {
            id: channel.id.clone(),
            connect_uri: format!("{}/channels/{}", self.public_ws, channel.id),
            expires: Some(channel.expires),
        }
    }

    fn make_channel(
        &mut self,
        owner: Owner,
        class: Class,
        interest: Interest,
        life_ms: i64,
    ) -> Option<ChannelId> {
        let id = ChannelId::new(&crate::random::token("rollcall-"));
        self.make_room(&owner, class);
        let of_key = owner.key.as_ref().and_then(|key| self.by_key.get(key)).copied().unwrap_or_default();
        if self.counts[class.index()] >= CHANNELS_MAX || of_key >= CHANNELS_OF_KEY_MAX {
            return None;
        }
        self.counts[class.index()] += 1;
        if let Some(key) = &owner.key {
            self.by_key.insert(key.clone(), of_key + 1);
        }
        self.unconnected.entry((owner.clone(), class)).or_default().push_back(id.clone());
        let wall = match interest {
            Interest::Wall(wall) => Some(wall),
            Interest::Topics(_) => None,
        };
        let group = self.table.group(class, interest);
        self.table.join(group);
        let channel = VirtualChannel {
            id: id.clone(),
            wall,
            owner,
            class,
            group,
            subscriptions: Vec::new(),
            synced_to: None,
            connected: 0,
            expires: self.clock.now().plus_ms(life_ms),
            screen: None,
        };
        self.channels.insert(id.clone(), channel);
        Some(id)
    }

    /// Evicts the oldest channel of this owner that nobody is connected to, when there are too many.
    fn make_room(&mut self, owner: &Owner, class: Class) {
        let Some(line) = self.unconnected.get_mut(&(owner.clone(), class)) else { return };
        // Those that were connected or dropped since they were made do not count.
        let channels = &self.channels;
        line.retain(|id| channels.get(id).is_some_and(|c| c.screen.is_none()));
        if line.len() >= UNCONNECTED_MAX
            && let Some(oldest) = line.pop_front()
        {
            self.drop_channel(&oldest);
        }
    }

    fn open_channel(&mut self, owner: Owner) -> Option<Channel> {
        let id = self.make_channel(owner, Class::Api, Interest::Topics(Vec::new()), CHANNEL_LIFE_MS)?;
        self.audience.join(Class::Api);
        self.channels.get(&id).map(|channel| self.describe(channel))
    }

    fn open_wall(
        &mut self,
        wall: usize,
        class: Class,
        owner: Owner,
        since: Option<u64>,
    ) -> Result<WallOpened, NotOpened> {
        let made = self.make_channel(owner, class, Interest::Wall(wall), WALL_CONNECT_MS);
        let seq = self.table.seq();
        let Some((id, channel)) = made.and_then(|id| Some((id.clone(), self.channels.get_mut(&id)?))) else {
            self.audience.leave(class);
            return Err(NotOpened::TooManyChannels);
        };
        channel.synced_to = Some(seq);
        // A number from the future is of another run, whatever the caller says.
        let since = since.filter(|since| *since <= seq);
        let frames = self.table.texts_since(channel.group, since.unwrap_or(0));
        Ok(WallOpened { id, class, seq, complete: since.is_none(), frames })
    }

    fn subscribe(
        &mut self,
        id: &ChannelId,
        topics: &[String],
        mode: SubscribeMode,
        strict: bool,
    ) -> Result<Vec<ChannelTopic>, NotSubscribed> {
        let Some(channel) = self.channels.get(id) else { return Ok(Vec::new()) };
        // Before any is looked at: whoever asks for more has none of them.
        if topics.len() > TOPICS_PER_CHANNEL {
            return Err(NotSubscribed::TooManyTopics);
        }
        let mut list = match mode {
            SubscribeMode::Replace => Vec::new(),
            SubscribeMode::Add | SubscribeMode::Remove => channel.subscriptions.clone(),
        };
        let mut answers = Vec::new();
        {
            let entitlements = self.entitlements.read().expect("the feed does not panic while it writes");
            let named: HashSet<&str> = topics.iter().map(String::as_str).collect();
            list.retain(|s| !named.contains(&*s.text));
            let mut taken: HashSet<&str> = HashSet::new();
            for text in topics.iter().filter(|_| mode != SubscribeMode::Remove) {
                if !taken.insert(text) {
                    continue;
                }
                let (granted, said) = entitlements.resolve(text);
                if strict && let Some(refused) = said.iter().find(|a| a.state == TopicState::Rejected) {
                    return Err(NotSubscribed::Refused(refused.clone()));
                }
                answers.extend(said);
                if !granted.is_empty() {
                    list.push(Subscription { text: text.as_str().into(), topics: granted });
                }
            }
        }
        if list.len() > TOPICS_PER_CHANNEL {
            return Err(NotSubscribed::TooManyTopics);
        }
        // What waits under the old list goes out first.
        if let Some(key) = channel.screen {
            let group = channel.group;
            self.serve(key, group);
        }
        let expires = self.clock.now().plus_ms(CHANNEL_LIFE_MS);
        let Some(channel) = self.channels.get_mut(id) else { return Ok(answers) };
        channel.subscriptions = list;
        channel.expires = expires;
        let (old, screen, interest) = (channel.group, channel.screen, Interest::Topics(channel.topics()));
        let new = self.table.group(Class::Api, interest);
        if new != old {
            channel.group = new;
            self.table.join(new);
            if let Some(key) = screen {
                if let Some(screen) = self.screens.get_mut(key) {
                    (screen.published, screen.written) = (self.table.published(new), 0);
                }
                self.by_group.entry(old).or_default().retain(|k| *k != key);
                self.by_group.entry(new).or_default().push(key);
            }
            self.leave_group(old);
        }
        Ok(answers)
    }

    fn leave_group(&mut self, group: usize) {
        if self.by_group.get(&group).is_some_and(Vec::is_empty) {
            self.by_group.remove(&group);
        }
        self.table.leave(group);
    }

    fn attach(&mut self, id: &ChannelId, ticket: Ticket, stream: TcpStream, early: &[u8]) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        // One socket a channel: the second drops the first, and a first that comes late is dropped.
        if channel.connected > ticket.uid {
            return;
        }
        channel.connected = ticket.uid;
        if let Some(old) = channel.screen.take() {
            self.remove(old);
        }
        let Some(channel) = self.channels.get_mut(id) else { return };
        let entry = self.screens.vacant_entry();
        let key = entry.key();
        // A wall's channel is good for the socket it was opened for; later it is opened anew.
        let synced_to = channel.synced_to.unwrap_or(ticket.seq);
        entry.insert(Screen::new(key, ticket.uid, id.clone(), synced_to, stream, early, self.own.clone()));
        channel.screen = Some(key);
        self.by_group.entry(channel.group).or_default().push(key);
        let group = channel.group;
        if let Some(screen) = self.screens.get_mut(key) {
            screen.published = self.table.published(group);
        }
        self.metrics.screens.inc();
        self.serve(key, group);
    }

    fn remove(&mut self, key: usize) {
        let Some(screen) = self.screens.try_remove(key) else { return };
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
        screen.close();
    }

    /// Ends a wall's channels. What its screens were sent and were not is of no matter any more.
    fn retire(&mut self, wall: usize, reason: &str) {
        self.table.retire(wall);
        let of_wall = |c: &&VirtualChannel| c.wall == Some(wall);
        let ids: Vec<ChannelId> = self.channels.values().filter(of_wall).map(|c| c.id.clone()).collect();
        for id in ids {
            if let Some(key) = self.channels.get(&id).and_then(|c| c.screen) {
                self.close(key, 1012, reason);
            }
            self.drop_channel(&id);
        }
    }

    fn drop_channel(&mut self, id: &ChannelId) {
        let Some(channel) = self.channels.remove(id) else { return };
        self.counts[channel.class.index()] -= 1;
        if let Some(of_key) = channel.owner.key.as_ref().and_then(|key| self.by_key.get_mut(key)) {
            *of_key -= 1;
        }
        if let (Some(key), Some(screens)) = (channel.screen, self.by_group.get_mut(&channel.group)) {
            screens.retain(|k| *k != key);
        }
        self.leave_group(channel.group);
        self.audience.leave(channel.class);
        if let Some(key) = channel.screen {
            self.close(key, 1000, "the channel expired");
        }
    }

    fn said(&mut self, key: usize, message: Said) {
        match message {
            Err(bad) => {
                let (code, reason) = bad.close();
                self.close(key, code, reason);
            }
            Ok(Inbound::Close) => self.close(key, 1000, ""),
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

    fn broadcast(&mut self, class: Class, body: &Body) {
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
    fn say(&mut self, key: usize, body: &Body) {
        let Some(screen) = self.screens.get_mut(key) else { return };
        if !screen.say(body) {
            self.close(key, 1008, "answers are not read");
            return;
        }
        match screen.drain() {
            Written::All => {}
            Written::Part => {
                self.behind.insert(key);
            }
            Written::Broken => self.remove(key),
        }
    }

    fn close(&mut self, key: usize, code: u16, reason: &str) {
        if let Some(screen) = self.screens.get_mut(key)
            && screen.is_clear()
            && screen.say(&Body::close(code, reason))
        {
            // Best effort: a socket that takes nothing is dropped without a word.
            let _ = screen.drain();
        }
        self.remove(key);
    }

    fn flush(&mut self) {
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
                    Written::Part => {
                        self.behind.insert(key);
                    }
                    Written::Broken => self.remove(key),
                }
            }
        }
        for key in std::mem::take(&mut self.behind) {
            let group = self.screens.get(key).and_then(|s| self.channels.get(&s.channel)).map(|c| c.group);
            if let Some(group) = group {
                self.serve(key, group);
            }
        }
    }

    /// Writes one screen's own backlog until it has everything or takes no more.
    fn serve(&mut self, key: usize, group: usize) {
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
                    self.behind.insert(key);
                    return;
                }
                Written::Broken => {
                    self.remove(key);
                    return;
                }
            }
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

    fn sweep(&mut self) {
        let now = Instant::now();
        let stuck: Vec<usize> = self
            .screens
            .iter()
            .filter(|(_, s)| s.stuck_since.is_some_and(|since| now.duration_since(since) >= STUCK_MAX))
            .map(|(key, _)| key)
            .collect();
        for key in stuck {
            self.metrics.stuck.inc();
            self.remove(key);
        }
        let now = self.clock.now();
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

    /// Tells every screen to come back.
    fn stop(&mut self) {
        self.flush();
        let keys: Vec<usize> = self.screens.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.close(key, 1001, "the proxy stops; come back in a moment");
        }
    }
}
