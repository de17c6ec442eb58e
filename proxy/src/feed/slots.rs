//! All slots that there are, by topic. Most topics have one; a queue's figures have one for each medium.

use std::{collections::HashMap, sync::Arc};

use protocol::{Slot, Timestamp, Topic};

use crate::relay::{CLASSES, SlotIx};

/// A slot as the feed knows it.
#[derive(Debug)]
pub(super) struct SlotEntry {
    pub(super) ix: SlotIx,
    pub(super) seq: u64,
    at: Timestamp,
    pub(super) loading: bool,
    /// Which classes its newest change was not encoded for.
    unfilled: [bool; CLASSES],
}

impl SlotEntry {
    /// Of which nothing was said so far.
    pub(super) fn new(ix: SlotIx) -> Self {
        Self { ix, seq: 0, at: Timestamp::default(), loading: false, unfilled: [false; CLASSES] }
    }

    pub(super) fn newest(&self) -> Newest {
        Newest { seq: self.seq, at: self.at, loading: self.loading }
    }
}

/// A slot's newest change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newest {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    /// Whether it counts only once it is read.
    pub(super) loading: bool,
}

/// A topic's slots: the medium of each, and what is known of it.
type OfTopic = Vec<(Option<Arc<str>>, SlotEntry)>;

/// All slots.
#[derive(Debug, Default)]
pub(super) struct Slots {
    by_topic: HashMap<Topic, OfTopic>,
    /// Slots that are unfilled, by class.
    unfilled: [usize; CLASSES],
}

impl Slots {
    pub(super) fn get(&self, slot: &Slot) -> Option<&SlotEntry> {
        let of_topic = self.by_topic.get(&slot.topic)?;
        of_topic.iter().find(|(media, _)| *media == slot.media).map(|(_, entry)| entry)
    }

    pub(super) fn get_mut(&mut self, slot: &Slot) -> Option<&mut SlotEntry> {
        find(&mut self.by_topic, slot)
    }

    /// Makes room for so many topics in all, so that an organisation that is taken in moves none of them again and again.
    pub(super) fn reserve(&mut self, topics: usize) {
        self.by_topic.reserve(topics.saturating_sub(self.by_topic.len()));
    }

    /// Notes a slot's newest change, and which classes it is not encoded for.
    pub(super) fn note(&mut self, slot: &Slot, newest: Newest, unfilled: [bool; CLASSES]) {
        let Some(entry) = find(&mut self.by_topic, slot) else { return };
        (entry.seq, entry.at) = (newest.seq, newest.at);
        let before = std::mem::replace(&mut entry.unfilled, unfilled);
        for (count, (before, now)) in self.unfilled.iter_mut().zip(before.into_iter().zip(unfilled)) {
            *count = *count + usize::from(now) - usize::from(before);
        }
    }

    /// Notes that a class has a slot's newest change now.
    pub(super) fn note_filled(&mut self, slot: &Slot, class: usize) {
        let Some(entry) = find(&mut self.by_topic, slot) else { return };
        self.unfilled[class] -= usize::from(std::mem::take(&mut entry.unfilled[class]));
    }

    /// Takes in a slot that is new.
    pub(super) fn add(&mut self, slot: &Slot, entry: SlotEntry) {
        let of_topic = self.by_topic.entry(slot.topic.clone()).or_default();
        // An organisation of 50,000 agents has 200,000 topics, and nearly all of them one slot.
        of_topic.reserve_exact(1);
        of_topic.push((slot.media.clone(), entry));
    }

    /// The slots of a topic.
    pub(super) fn of(&self, topic: &Topic) -> Vec<Slot> {
        let of_topic = self.by_topic.get(topic).map(Vec::as_slice).unwrap_or_default();
        of_topic.iter().map(|(media, _)| slot(topic, media)).collect()
    }

    /// Whether a topic has any.
    pub(super) fn has(&self, topic: &Topic) -> bool {
        self.by_topic.contains_key(topic)
    }

    /// Every topic that has any, in no order.
    pub(super) fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.by_topic.keys()
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.by_topic.values().map(Vec::len).sum()
    }

    /// Those of which a class does not know the newest change. While it has an audience there are none, and nobody looks: a wall that
    /// thousands come back to would have as many looks at all there is.
    pub(super) fn unfilled(&self, class: usize) -> Vec<Slot> {
        debug_assert_eq!(self.unfilled[class], self.look_for_unfilled(class).len(), "each is counted once");
        if self.unfilled[class] == 0 {
            return Vec::new();
        }
        self.look_for_unfilled(class)
    }

    fn look_for_unfilled(&self, class: usize) -> Vec<Slot> {
        let of_topic = self.by_topic.iter().flat_map(|(topic, all)| all.iter().map(move |one| (topic, one)));
        let unfilled = of_topic.filter(|(_, (_, entry))| entry.unfilled[class]);
        unfilled.map(|(topic, (media, _))| slot(topic, media)).collect()
    }

    /// Forgets a topic, and gives the slots that it had.
    pub(super) fn remove(&mut self, topic: &Topic) -> Vec<(Slot, SlotEntry)> {
        let of_topic = self.by_topic.remove(topic).unwrap_or_default();
        for (count, class) in self.unfilled.iter_mut().zip(0..) {
            *count -= of_topic.iter().filter(|(_, entry)| entry.unfilled[class]).count();
        }
        of_topic.into_iter().map(|(media, entry)| (slot(topic, &media), entry)).collect()
    }
}

fn find<'a>(by_topic: &'a mut HashMap<Topic, OfTopic>, slot: &Slot) -> Option<&'a mut SlotEntry> {
    let of_topic = by_topic.get_mut(&slot.topic)?;
    of_topic.iter_mut().find(|(media, _)| *media == slot.media).map(|(_, entry)| entry)
}

fn slot(topic: &Topic, media: &Option<Arc<str>>) -> Slot {
    Slot { topic: topic.clone(), media: media.clone() }
}
