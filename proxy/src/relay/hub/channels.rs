//! Virtual channels: made, subscribed, dropped.

use std::collections::{BTreeSet, HashSet};

use protocol::{
    Channel, ChannelId, ChannelTopic, TopicState,
    topic::{TOPIC_MAX_LENGTH, TOPICS_PER_CHANNEL},
};

use super::{
    super::{
        Class, Owner, SubscribeMode,
        channel::{Subscription, VirtualChannel},
        command::{NotOpened, NotSubscribed, WallOpened, Watched},
        table::Interest,
    },
    Hub,
    screens::Cause,
};
use crate::metrics::Outcome;

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

/// Screens of walls that have their snapshot and not yet their socket. More would wait for the same two processors
/// while screens that are live wait, too; who comes then is asked to come a little later.
const ENTERING_MAX: usize = 256;

/// From so many on they share pictures that are a moment old.
const CROWD: usize = 8;

/// Whose socket is not there by then is not waited for any more: it is on a slow line, or it is nobody.
const ENTERING_MS: i64 = 2_000;

impl Hub {
    pub(super) fn plain(&self, channel: &ChannelId, owner: &Owner) -> Option<&VirtualChannel> {
        self.channels.get(channel).filter(|c| c.owner == *owner && c.class == Class::Api)
    }

    pub(super) fn describe(&self, channel: &VirtualChannel) -> Channel {
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
            refused: Vec::new(),
            synced_to: None,
            connected: 0,
            expires: self.clock.now().plus_ms(life_ms),
            screen: None,
            is_entering: false,
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

    pub(super) fn open_channel(&mut self, owner: Owner) -> Option<Channel> {
        let id = self.make_channel(owner, Class::Api, Interest::Topics(Vec::new()), CHANNEL_LIFE_MS)?;
        self.audience.join(Class::Api);
        self.channels.get(&id).map(|channel| self.describe(channel))
    }

    pub(super) fn open_wall(
        &mut self,
        wall: usize,
        class: Class,
        owner: Owner,
        since: Option<u64>,
    ) -> Result<WallOpened, NotOpened> {
        if self.is_stopping {
            self.audience.leave(class);
            return Err(NotOpened::Stopping);
        }
        if self.is_crowded() {
            self.metrics.refused.inc();
            self.audience.leave(class);
            return Err(NotOpened::Busy);
        }
        let now = self.clock.now();
        let made = self.make_channel(owner, class, Interest::Wall(wall), WALL_CONNECT_MS);
        let seq = self.table.seq();
        let Some((id, channel)) = made.and_then(|id| Some((id.clone(), self.channels.get_mut(&id)?))) else {
            self.audience.leave(class);
            return Err(NotOpened::TooManyChannels);
        };
        // A number from the future is of another run, whatever the caller says.
        let since = since.filter(|since| *since <= seq);
        let picture = self.table.picture(channel.group, since.unwrap_or(0), self.entering >= CROWD, now);
        // Its socket begins where the picture ends, which others may have been given before.
        channel.synced_to = Some(picture.seq);
        channel.is_entering = true;
        self.entering += 1;
        self.entered.push_back((now, id.clone()));
        let by = if since.is_none() { "whole" } else { "part" };
        self.metrics.snapshots.get_or_create(&Outcome { outcome: by }).inc();
        Ok(WallOpened { id, class, complete: since.is_none(), picture })
    }

    /// Whether as many screens are on their way in as can be at a time.
    fn is_crowded(&mut self) -> bool {
        let now = self.clock.now();
        while let Some((made, id)) = self.entered.front()
            && !(0..ENTERING_MS).contains(&now.ms_since(*made))
        {
            let id = id.clone();
            self.entered.pop_front();
            self.has_entered(&id);
        }
        self.entering >= ENTERING_MAX
    }

    /// A screen's socket is there, or was waited for long enough.
    pub(super) fn has_entered(&mut self, id: &ChannelId) {
        if let Some(channel) = self.channels.get_mut(id)
            && std::mem::take(&mut channel.is_entering)
        {
            self.entering -= 1;
        }
    }

    pub(super) fn subscribe(
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
        let mut refused = match mode {
            SubscribeMode::Replace => Vec::new(),
            SubscribeMode::Add | SubscribeMode::Remove => channel.refused.clone(),
        };
        let mut answers = Vec::new();
        // Held until the list is: a topic is not forgotten in between.
        let entitlements = self.entitlements.clone();
        let mut entitlements = entitlements.write().expect("the feed does not panic while it writes");
        let named: HashSet<&str> = topics.iter().map(String::as_str).collect();
        list.retain(|s| !named.contains(&*s.text));
        refused.retain(|text| !named.contains(&**text));
        let mut taken: HashSet<&str> = HashSet::new();
        for text in topics.iter().filter(|_| mode != SubscribeMode::Remove) {
            if !taken.insert(text) {
                continue;
            }
            let (granted, said) = entitlements.resolve(text);
            if strict && let Some(refused) = said.iter().find(|a| a.state == TopicState::Rejected) {
                return Err(NotSubscribed::Refused(refused.clone()));
            }
            let is_whole = said.iter().all(|answer| answer.state == TopicState::Permitted);
            if !is_whole && text.len() < TOPIC_MAX_LENGTH && refused.len() < TOPICS_PER_CHANNEL {
                refused.push(text.as_str().into());
            }
            answers.extend(said);
            if !granted.is_empty() {
                list.push(Subscription { text: text.as_str().into(), topics: granted });
            }
        }
        if list.len() > TOPICS_PER_CHANNEL {
            return Err(NotSubscribed::TooManyTopics);
        }
        list.iter().for_each(|subscription| entitlements.hold(&subscription.topics));
        channel.subscriptions.iter().for_each(|subscription| entitlements.release(&subscription.topics));
        drop(entitlements);
        // What waits under the old list goes out first.
        if let Some(key) = channel.screen {
            let group = channel.group;
            self.serve(key, group);
        }
        let expires = self.clock.now().plus_ms(CHANNEL_LIFE_MS);
        let Some(channel) = self.channels.get_mut(id) else { return Ok(answers) };
        channel.subscriptions = list;
        channel.refused = refused;
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

    /// What those look at who are connected. A channel that nobody listens to looks at nothing.
    pub(super) fn watched(&self) -> Watched {
        let mut walls = BTreeSet::new();
        let mut topics: BTreeSet<&str> = BTreeSet::new();
        for channel in self.channels.values().filter(|channel| channel.screen.is_some()) {
            walls.extend(channel.wall);
            topics.extend(channel.subscriptions.iter().map(|subscription| &*subscription.text));
            topics.extend(channel.refused.iter().map(|text| &**text));
        }
        Watched { walls: walls.into_iter().collect(), topics: topics.into_iter().map(Into::into).collect() }
    }

    fn leave_group(&mut self, group: usize) {
        if self.by_group.get(&group).is_some_and(Vec::is_empty) {
            self.by_group.remove(&group);
        }
        self.table.leave(group);
    }

    /// Ends a wall's channels. What its screens were sent and were not is of no matter any more.
    pub(super) fn retire(&mut self, wall: usize, reason: &str) {
        self.table.retire(wall);
        let of_wall = |c: &&VirtualChannel| c.wall == Some(wall);
        let ids: Vec<ChannelId> = self.channels.values().filter(of_wall).map(|c| c.id.clone()).collect();
        for id in ids {
            if let Some(key) = self.channels.get(&id).and_then(|c| c.screen) {
                self.close(key, Cause::Wall, 1012, reason);
            }
            self.drop_channel(&id);
        }
    }

    pub(super) fn drop_channel(&mut self, id: &ChannelId) {
        self.has_entered(id);
        let Some(channel) = self.channels.remove(id) else { return };
        self.counts[channel.class.index()] -= 1;
        if let Some(of_key) = channel.owner.key.as_ref().and_then(|key| self.by_key.get_mut(key)) {
            *of_key -= 1;
        }
        if let (Some(key), Some(screens)) = (channel.screen, self.by_group.get_mut(&channel.group)) {
            screens.retain(|k| *k != key);
        }
        if !channel.subscriptions.is_empty() {
            let mut entitlements =
                self.entitlements.write().expect("the feed does not panic while it writes");
            channel.subscriptions.iter().for_each(|subscription| entitlements.release(&subscription.topics));
        }
        self.leave_group(channel.group);
        self.audience.leave(channel.class);
        if let Some(key) = channel.screen {
            self.close(key, Cause::Expired, 1000, "the channel expired");
        }
    }
}
