//! The slot table: the newest frame of every slot once, and for each group of screens the order in
//! which its slots changed. No I/O.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use protocol::Timestamp;
use slab::Slab;

use super::{
    Class, Picture, SlotIx, TopicIx,
    frame::{Bodies, Body},
};

/// A log is tidied when it is longer than this many times its slots, plus a little.
const LOG_SLACK: usize = 2;

/// A picture is good for all who come in this time. What changes meanwhile their sockets begin with; and a wall that
/// thousands come back to is put together a few times a second, not thousands of times.
const PICTURE_LIFE_MS: i64 = 250;

/// Pictures of a group at a time. Screens that were cut at once lack the same, but for those that were behind.
const PICTURES_MAX: usize = 8;

/// What a group listens to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Interest {
    /// The topics enlisted for a wall.
    Wall(usize),
    /// These topics, sorted.
    Topics(Vec<TopicIx>),
}

/// Changes of a group's slots after some number.
#[derive(Debug, Default)]
pub struct Changes {
    /// Number and frame of each changed slot, ascending; each slot once, with its newest frame.
    pub frames: Vec<(u64, Bytes)>,
    /// Whoever has written `frames` has everything up to here.
    pub up_to: u64,
}

#[derive(Debug)]
struct SlotState {
    topic: TopicIx,
    seq: u64,
    bodies: Bodies,
}

#[derive(Debug, Default)]
struct TopicState {
    slots: Vec<SlotIx>,
    groups: Vec<usize>,
}

/// All screens with the same class and the same topics.
#[derive(Debug)]
struct Group {
    class: Class,
    interest: Interest,
    /// Changes of the group's slots, ascending; an entry whose slot changed again is stale. The newest
    /// entry of each slot is never dropped, so the log reaches back to the start of the run.
    log: VecDeque<(u64, SlotIx)>,
    slots: usize,
    /// Frames that a screen of the group would have been sent, had it taken every change.
    published: u64,
    users: usize,
    dirty: bool,
    /// Made a moment ago, oldest first.
    pictures: VecDeque<(Timestamp, Arc<Picture>)>,
}

/// Slots, topics and groups.
#[derive(Debug, Default)]
pub struct Table {
    slots: Vec<SlotState>,
    topics: HashMap<TopicIx, TopicState>,
    groups: Slab<Group>,
    by_interest: HashMap<(Class, Interest), usize>,
    /// The topics enlisted for each wall.
    walls: HashMap<usize, BTreeSet<TopicIx>>,
    dirty: Vec<usize>,
    seq: u64,
    /// The newest change of a slot that is forgotten.
    floor: u64,
}

impl Table {
    /// The last number published.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The newest change of a slot that is forgotten: who does not know it has to begin anew.
    #[must_use]
    pub fn floor(&self) -> u64 {
        self.floor
    }

    /// Takes a new slot into the table, in the next place or in that of one that was forgotten.
    pub fn declare(&mut self, slot: SlotIx, topic: TopicIx) {
        let state = SlotState { topic, seq: 0, bodies: Bodies::default() };
        match self.slots.get_mut(slot.0 as usize) {
            Some(free) => *free = state,
            None => {
                debug_assert_eq!(slot.0 as usize, self.slots.len(), "new slots are declared in order");
                self.slots.push(state);
            }
        }
        let state = topic_mut(&mut self.topics, topic);
        state.slots.push(slot);
        for group in &state.groups {
            self.groups[*group].slots += 1;
        }
    }

    /// Lets a wall listen to a topic. What the topic's slots hold already is new to the wall's screens.
    pub fn enlist(&mut self, wall: usize, topic: TopicIx) {
        if !self.walls.entry(wall).or_default().insert(topic) {
            return;
        }
        let state = topic_mut(&mut self.topics, topic);
        for class in Class::ALL {
            if let Some(group) = self.by_interest.get(&(class, Interest::Wall(wall))) {
                state.groups.push(*group);
                self.groups[*group].slots += state.slots.len();
            }
        }
    }

    /// Forgets a wall. Its groups go with the last channel of each.
    pub fn retire(&mut self, wall: usize) {
        self.walls.remove(&wall);
        for class in Class::ALL {
            let key = self.by_interest.get(&(class, Interest::Wall(wall))).copied();
            if let Some(key) = key.filter(|key| self.groups[*key].users == 0) {
                self.remove(key);
            }
        }
    }

    /// Empties a slot whose subject is gone.
    pub fn withdraw(&mut self, slot: SlotIx) {
        if let Some(state) = self.slots.get_mut(slot.0 as usize) {
            state.seq = 0;
            state.bodies = Bodies::default();
        }
    }

    /// Forgets a slot, its last change, and its topic with the last slot of it.
    pub fn forget(&mut self, slot: SlotIx, seq: u64) {
        self.withdraw(slot);
        self.floor = self.floor.max(seq);
        let Some(topic) = self.slots.get(slot.0 as usize).map(|state| state.topic) else { return };
        let Some(state) = self.topics.get_mut(&topic) else { return };
        state.slots.retain(|s| *s != slot);
        for group in &state.groups {
            let group = &mut self.groups[*group];
            group.slots -= 1;
            // It may be the last that happens to the group for long.
            tidy(&self.slots, group);
        }
        if state.slots.is_empty() {
            self.topics.remove(&topic);
            for topics in self.walls.values_mut() {
                topics.remove(&topic);
            }
        }
    }

    /// Puts the frame of a class in place that was not encoded when the slot changed.
    pub fn fill(&mut self, slot: SlotIx, class: Class, body: Body) {
        if let Some(state) = self.slots.get_mut(slot.0 as usize) {
            state.bodies.put(class, body);
        }
    }

    /// A slot changed. Numbers ascend.
    pub fn publish(&mut self, slot: SlotIx, seq: u64, bodies: Bodies) {
        debug_assert!(seq > self.seq, "numbers ascend");
        self.seq = seq;
        let Some(state) = self.slots.get_mut(slot.0 as usize) else { return };
        state.seq = seq;
        state.bodies = bodies;
        let listening = self.topics.get(&state.topic).map_or(&[][..], |topic| &topic.groups);
        for &key in listening {
            let group = &mut self.groups[key];
            group.log.push_back((seq, slot));
            group.published += u64::from(self.slots[slot.0 as usize].bodies.of(group.class).is_some());
            tidy(&self.slots, group);
            if !group.dirty {
                group.dirty = true;
                self.dirty.push(key);
            }
        }
    }

    /// Groups with changes since the last call.
    pub fn take_dirty(&mut self) -> Vec<usize> {
        let dirty = std::mem::take(&mut self.dirty);
        for key in &dirty {
            if let Some(group) = self.groups.get_mut(*key) {
                group.dirty = false;
            }
        }
        dirty
    }

    /// Whether [`Self::take_dirty`] would give anything.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// The group of this class and interest, made when it is new.
    pub fn group(&mut self, class: Class, interest: Interest) -> usize {
        if let Some(key) = self.by_interest.get(&(class, interest.clone())) {
            return *key;
        }
        let topics = match &interest {
            Interest::Wall(wall) => self.walls.get(wall).into_iter().flatten().copied().collect(),
            Interest::Topics(topics) => topics.clone(),
        };
        let slots: Vec<SlotIx> =
            topics.iter().flat_map(|t| topic_mut(&mut self.topics, *t).slots.clone()).collect();
        let mut log: Vec<(u64, SlotIx)> = slots
            .iter()
            .map(|slot| (self.slots[slot.0 as usize].seq, *slot))
            .filter(|(seq, _)| *seq > 0)
            .collect();
        log.sort_unstable();
        let group = Group {
            class,
            interest: interest.clone(),
            log: log.into(),
            slots: slots.len(),
            published: 0,
            users: 0,
            dirty: false,
            pictures: VecDeque::new(),
        };
        let key = self.groups.insert(group);
        for topic in topics {
            topic_mut(&mut self.topics, topic).groups.push(key);
        }
        self.by_interest.insert((class, interest), key);
        key
    }

    /// A channel joins a group.
    pub fn join(&mut self, key: usize) {
        self.groups[key].users += 1;
    }

    /// A channel leaves a group; the last one takes the group along, unless it is that of a wall there is: the next
    /// screen of it should not have to wait until it is put together anew.
    pub fn leave(&mut self, key: usize) {
        let group = &mut self.groups[key];
        group.users -= 1;
        if group.users == 0
            && !matches!(group.interest, Interest::Wall(wall) if self.walls.contains_key(&wall))
        {
            self.remove(key);
        }
    }

    fn remove(&mut self, key: usize) {
        let group = self.groups.remove(key);
        match &group.interest {
            Interest::Topics(topics) => {
                for topic in topics {
                    let Some(state) = self.topics.get_mut(topic) else { continue };
                    state.groups.retain(|g| *g != key);
                    if state.slots.is_empty() && state.groups.is_empty() {
                        self.topics.remove(topic);
                    }
                }
            }
            Interest::Wall(_) => {
                self.topics.values_mut().for_each(|topic| topic.groups.retain(|g| *g != key));
            }
        }
        self.by_interest.remove(&(group.class, group.interest));
        self.dirty.retain(|g| *g != key);
    }

    /// How many frames were published to a group so far: with what a screen was sent, this tells how
    /// many changes were overtaken by a newer one of the same slot.
    #[must_use]
    pub fn published(&self, key: usize) -> u64 {
        self.groups[key].published
    }

    /// What changed in a group after `seq`, ascending, at most `limit` slots.
    #[must_use]
    pub fn changes_since(&self, key: usize, seq: u64, limit: usize) -> Changes {
        let group = &self.groups[key];
        let start = group.log.partition_point(|(at, _)| *at <= seq);
        let mut changes = Changes { up_to: self.seq, ..Changes::default() };
        for (at, slot) in group.log.range(start..) {
            let state = &self.slots[slot.0 as usize];
            if state.seq != *at {
                continue;
            }
            if changes.frames.len() == limit {
                changes.up_to = changes.frames.last().map_or(seq, |(at, _)| *at);
                break;
            }
            // A class without audience was not encoded; whoever joins begins above such a change.
            if let Some(body) = state.bodies.of(group.class) {
                changes.frames.push((*at, body.bytes().clone()));
            }
        }
        changes
    }

    /// All slots of a group that changed after `since`; 0 for all. The same picture for all who ask at the same number, or,
    /// in a crowd, in the same moment.
    pub fn picture(&mut self, key: usize, since: u64, crowd: bool, now: Timestamp) -> Arc<Picture> {
        let newest = self.seq;
        let group = &mut self.groups[key];
        group.pictures.retain(|(made, _)| is_fresh(*made, now));
        let floor = self.floor;
        let serves = |p: &Picture| p.since == since && p.seq >= floor && (crowd || p.seq == newest);
        if let Some((_, picture)) = group.pictures.iter().rfind(|(_, picture)| serves(picture)) {
            return picture.clone();
        }
        let start = group.log.partition_point(|(at, _)| *at <= since);
        let live = group.log.range(start..).filter_map(|(at, slot)| {
            let state = &self.slots[slot.0 as usize];
            (state.seq == *at).then_some(state.bodies.of(group.class)?.payload())
        });
        let picture = Arc::new(Picture::new(self.seq, since, live.collect()));
        if group.pictures.len() == PICTURES_MAX {
            group.pictures.pop_front();
        }
        group.pictures.push_back((now, picture.clone()));
        picture
    }

    /// Lets pictures go that nobody gets any more.
    pub fn forget_pictures(&mut self, now: Timestamp) {
        for (_, group) in &mut self.groups {
            group.pictures.retain(|(made, _)| is_fresh(*made, now));
        }
    }
}

fn is_fresh(made: Timestamp, now: Timestamp) -> bool {
    // A clock that was set back must not keep one for ever.
    (0..PICTURE_LIFE_MS).contains(&now.ms_since(made))
}

/// Drops what was overtaken from a group's log when there is much of it.
fn tidy(slots: &[SlotState], group: &mut Group) {
    if group.log.len() > LOG_SLACK * group.slots + 64 {
        group.log.retain(|(seq, slot)| slots[slot.0 as usize].seq == *seq);
    }
}

fn topic_mut(topics: &mut HashMap<TopicIx, TopicState>, topic: TopicIx) -> &mut TopicState {
    topics.entry(topic).or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(slot: u32, seq: u64) -> Bodies {
        let mut bodies = Bodies::default();
        for class in Class::ALL {
            bodies.put(class, Body::text(format!("{slot}:{seq}").as_bytes()));
        }
        bodies
    }

    fn texts(changes: &Changes) -> Vec<String> {
        changes.frames.iter().map(|(_, b)| String::from_utf8_lossy(&b[2..]).into_owned()).collect()
    }

    #[test]
    fn a_slow_screen_gets_the_newest_of_each_in_ascending_order() {
        let mut table = Table::default();
        let group = table.group(Class::Api, Interest::Topics(vec![TopicIx(0), TopicIx(1)]));
        table.declare(SlotIx(0), TopicIx(0));
        table.declare(SlotIx(1), TopicIx(1));
        table.declare(SlotIx(2), TopicIx(2));
        for (seq, slot) in [(1, 0), (2, 1), (3, 0), (4, 2)] {
            table.publish(SlotIx(slot), seq, body(slot, seq));
        }
        assert_eq!(table.take_dirty(), [group]);
        let changes = table.changes_since(group, 0, 10);
        assert_eq!((texts(&changes), changes.up_to), (vec!["1:2".to_owned(), "0:3".to_owned()], 4));
        assert_eq!(table.published(group), 3, "one of three was overtaken");
        let first = table.changes_since(group, 0, 1);
        assert_eq!((texts(&first), first.up_to), (vec!["1:2".to_owned()], 2));
        assert_eq!(texts(&table.changes_since(group, 2, 10)), ["0:3"]);
        assert_eq!(table.picture(group, 0, false, Timestamp::default()).frames.len(), 2);
    }

    #[test]
    fn all_who_come_in_the_same_moment_get_the_same_picture() {
        let mut table = Table::default();
        let group = table.group(Class::Full, Interest::Topics(vec![TopicIx(0), TopicIx(1)]));
        for slot in 0..2 {
            table.declare(SlotIx(slot), TopicIx(slot));
            table.publish(SlotIx(slot), u64::from(slot) + 1, body(slot, 1));
        }
        let at = Timestamp::from_ms;
        let first = table.picture(group, 0, false, at(0));
        assert!(Arc::ptr_eq(&first, &table.picture(group, 0, false, at(0))), "nothing changed");
        table.publish(SlotIx(0), 3, body(0, 3));
        let second = table.picture(group, 0, true, at(PICTURE_LIFE_MS - 1));
        assert!(Arc::ptr_eq(&first, &second) && first.seq == 2, "what came since is for the socket");
        assert_eq!(table.picture(group, 2, true, at(0)).frames.len(), 1, "who lacks less gets less");
        assert_eq!(table.picture(group, 0, false, at(0)).seq, 3, "who comes alone gets the newest");
        let later = table.picture(group, 0, true, at(PICTURE_LIFE_MS));
        assert_eq!((later.seq, later.frames.len()), (3, 2));
        for since in 10..30 {
            table.picture(group, since, true, at(PICTURE_LIFE_MS));
        }
        assert_eq!(table.groups[group].pictures.len(), PICTURES_MAX);
        table.forget_pictures(at(0));
        assert!(table.groups[group].pictures.is_empty(), "also when the clock was set back");
    }

    #[test]
    fn the_last_channel_takes_its_group_along() {
        let mut table = Table::default();
        let interest = Interest::Topics(vec![TopicIx(0)]);
        let group = table.group(Class::Api, interest.clone());
        table.join(group);
        table.declare(SlotIx(0), TopicIx(0));
        table.publish(SlotIx(0), 1, body(0, 1));
        table.leave(group);
        assert!(!table.is_dirty());
        let again = table.group(Class::Api, interest);
        assert_eq!(
            texts(&table.changes_since(again, 0, 9)),
            ["0:1"],
            "a new group knows what its slots hold"
        );
    }

    proptest! {
        /// However a screen's writes are cut, it ends with the newest frame of every slot, and never
        /// sees a slot go back.
        #[test]
        fn any_cutting_ends_in_the_same_picture(
            changes in prop::collection::vec(0_u32..6, 1..120),
            reads in prop::collection::vec((0_usize..120, 1_usize..5), 0..40),
        ) {
            let mut table = Table::default();
            let group = table.group(Class::Full, Interest::Wall(0));
            for slot in 0..6 {
                table.declare(SlotIx(slot), TopicIx(slot));
                table.enlist(0, TopicIx(slot));
            }
            let mut picture: HashMap<String, u64> = HashMap::new();
            let mut synced = 0;
            let mut take = |table: &Table, synced: &mut u64, limit| {
                let changes = table.changes_since(group, *synced, limit);
                for text in texts(&changes) {
                    let (slot, seq) = text.split_once(':').unwrap();
                    let seq = seq.parse().unwrap();
                    let before = picture.insert(slot.to_owned(), seq);
                    assert!(before.is_none_or(|b| b < seq));
                }
                *synced = changes.up_to;
                changes.frames.len()
            };
            for (at, slot) in changes.iter().enumerate() {
                let seq = at as u64 + 1;
                table.publish(SlotIx(*slot), seq, body(*slot, seq));
                for (_, limit) in reads.iter().filter(|(when, _)| *when == at) {
                    take(&table, &mut synced, *limit);
                }
            }
            while take(&table, &mut synced, 3) > 0 {}
            for slot in 0..6_u32 {
                let newest = changes.iter().rposition(|s| *s == slot).map(|at| at as u64 + 1);
                prop_assert_eq!(picture.get(&slot.to_string()).copied(), newest);
            }
        }
    }
}
