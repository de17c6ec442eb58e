//! Who is gone: remembered for a while by a tombstone, so that screens that come back hear of it, and then forgotten, so
//! that the proxy does not grow with everybody who ever was there. Whoever comes back from before a tombstone that is
//! forgotten gets a whole snapshot (the floor).

use std::collections::VecDeque;

use protocol::{Slot, Timestamp, Topic};

use super::{Feed, cover::own, plan::Subject};
use crate::relay::{Command, SlotIx};

/// Nearly all screens that come back do so within an hour; the others are sent everything.
const TOMBSTONE_LIFE_MS: i64 = 3_600_000;

/// A department that is moved, twice over. Each costs a frame in every snapshot until it is forgotten.
const TOMBSTONES_MAX: usize = 1_000;

/// What is left of those who are gone.
#[derive(Debug, Default)]
pub(super) struct Graves {
    /// When each went and the number of the change that said so, oldest first.
    stones: VecDeque<(Timestamp, Subject, u64)>,
    /// The newest change that is forgotten.
    pub(super) floor: u64,
    /// Places in the relay that are free again.
    free: Vec<SlotIx>,
    places: u32,
    /// Of whom walls know nothing any more, but programs that listen to them may show what stood: when they come back, nothing that is
    /// told goes without saying.
    held: Vec<Subject>,
}

impl Graves {
    /// A place for a slot: one that is free again, else a new one.
    pub(super) fn place(&mut self) -> SlotIx {
        self.free.pop().unwrap_or_else(|| {
            self.places += 1;
            SlotIx(self.places - 1)
        })
    }
}

impl Feed {
    /// Remembers that a subject is gone.
    pub(super) fn bury(&mut self, subject: &Subject, now: Timestamp) {
        self.graves.stones.push_back((now, subject.clone(), self.seq));
    }

    /// Forgets those who are gone for long, and the oldest where there are too many.
    pub(super) fn forget_the_gone(&mut self) {
        let now = self.s.clock.now();
        while let Some((since, ..)) = self.graves.stones.front()
            && (self.graves.stones.len() > TOMBSTONES_MAX || now.ms_since(*since) >= TOMBSTONE_LIFE_MS)
        {
            let Some((_, subject, told)) = self.graves.stones.pop_front() else { return };
            let own = own(&subject);
            let seq = self.slots.get(&Slot::from(own.clone())).map_or(0, |entry| entry.seq);
            let is_here = self.plan.place(&subject).is_some() || self.left_out.contains(&subject);
            if is_here || seq == 0 {
                continue;
            }
            if seq != told {
                // It was said again, or it was here again meanwhile and has another stone.
                if !self.graves.stones.iter().any(|(_, other, at)| *other == subject && *at == seq) {
                    self.graves.stones.push_back((now, subject, seq));
                }
                continue;
            }
            self.graves.floor = self.graves.floor.max(seq);
            for topic in subject.counted().into_iter().chain([own]) {
                self.forget_topic(&topic);
            }
            self.graves.held.push(subject);
        }
        for subject in std::mem::take(&mut self.graves.held) {
            if self.plan.place(&subject).is_some() || self.left_out.contains(&subject) {
                continue;
            }
            if self.is_held(&subject) {
                self.graves.held.push(subject);
                continue;
            }
            subject.facets().iter().for_each(|facet| self.forget_topic(facet));
            if let Subject::User(user) = &subject {
                self.walls.forget(user);
            }
        }
    }

    fn is_held(&self, subject: &Subject) -> bool {
        let topics = self.s.topics.read().expect("nobody panics while holding the topics");
        subject.facets().iter().any(|facet| topics.is_held(facet))
    }

    pub(super) fn forget_topic(&mut self, topic: &Topic) {
        for (slot, entry) in self.slots.remove(topic) {
            self.ledger.forget(&slot);
            self.graves.free.push(entry.ix);
            self.out.push(Command::Forget { slot: entry.ix, seq: entry.seq });
        }
        let mut topics = self.s.topics.write().expect("nobody panics while holding the topics");
        topics.forget(topic);
    }
}
