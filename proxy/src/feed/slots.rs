//! All slots that there are, by topic. Most topics have one; a queue's figures have one for each medium.

use std::{collections::HashMap, sync::Arc};

use protocol::{Slot, Timestamp, Topic};

use crate::relay::{CLASSES, SlotIx};

/// A slot as the feed knows it.
#[derive(Debug)]
pub(super) struct SlotEntry {
    pub(super) ix: SlotIx,
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) loading: bool,
    pub(super) unfilled: [bool; CLASSES],
}

/// A topic's slots: the medium of each, and what is known of it.
type OfTopic = Vec<(Option<Arc<str>>, SlotEntry)>;

/// All slots.
#[derive(Debug, Default)]
pub(super) struct Slots {
    by_topic: HashMap<Topic, OfTopic>,
}

impl Slots {
    pub(super) fn get(&self, slot: &Slot) -> Option<&SlotEntry> {
        let of_topic = self.by_topic.get(&slot.topic)?;
        of_topic.iter().find(|(media, _)| *media == slot.media).map(|(_, entry)| entry)
    }

    pub(super) fn get_mut(&mut self, slot: &Slot) -> Option<&mut SlotEntry> {
        let of_topic = self.by_topic.get_mut(&slot.topic)?;
        of_topic.iter_mut().find(|(media, _)| *media == slot.media).map(|(_, entry)| entry)
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

    /// Those of which a class knows nothing yet, though something was said.
    pub(super) fn unfilled(&self, class: usize) -> Vec<Slot> {
        let is_unfilled = |entry: &SlotEntry| entry.seq > 0 && entry.unfilled[class];
        let of_topic = self.by_topic.iter().flat_map(|(topic, all)| all.iter().map(move |one| (topic, one)));
        // Looked through for every wall that opens: nothing is copied of those that are not meant.
        let unfilled = of_topic.filter(|(_, (_, entry))| is_unfilled(entry));
        unfilled.map(|(topic, (media, _))| slot(topic, media)).collect()
    }

    /// Forgets a topic, and gives the slots that it had.
    pub(super) fn remove(&mut self, topic: &Topic) -> Vec<(Slot, SlotEntry)> {
        let of_topic = self.by_topic.remove(topic).unwrap_or_default();
        of_topic.into_iter().map(|(media, entry)| (slot(topic, &media), entry)).collect()
    }
}

fn slot(topic: &Topic, media: &Option<Arc<str>>) -> Slot {
    Slot { topic: topic.clone(), media: media.clone() }
}
