//! Slots: where a subject's frames stand, which number each change gets, and how it is encoded for whom.

use protocol::{
    Slot, Timestamp, Topic,
    event::rollcall::RollcallShard,
    frame::{Stamp, UNCOVERED_SHARD},
};

use super::{
    Feed, encode,
    mask::Masks,
    plan::Subject,
    slots::{Newest, SlotEntry},
};
use crate::relay::{Bodies, Body, CLASSES, Class, Command, SlotIx, TopicIx};

impl Feed {
    /// The slot's place, declared to the hub when it is new, and whether what stands in it waits to be read.
    fn slot(&mut self, slot: &Slot) -> (SlotIx, bool) {
        if let Some(entry) = self.slots.get(slot) {
            return (entry.ix, entry.loading);
        }
        let ix = self.graves.place();
        let topic: TopicIx =
            self.s.topics.write().expect("nobody panics while holding the topics").declare(&slot.topic);
        self.slots.add(slot, SlotEntry::new(ix));
        self.out.push(Command::Declare { slot: ix, topic });
        for wall in self.walls.with(&slot.topic) {
            self.out.push(Command::Enlist { wall, topic });
        }
        (ix, false)
    }

    /// What stands in a slot does not count until it is read.
    pub(super) fn slot_loads(&mut self, slot: &Slot) {
        self.slot(slot);
        if let Some(entry) = self.slots.get_mut(slot) {
            entry.loading = true;
        }
    }

    /// Numbers a change and hands its frames to the hub.
    pub(super) fn publish(&mut self, slot: &Slot, now: Timestamp, own: Option<&str>) {
        let (ix, loading) = self.slot(slot);
        self.seq += 1;
        self.s.metrics.changes.inc();
        let newest = Newest { seq: self.seq, at: now, loading };
        let mut bodies = Bodies::default();
        let mut unfilled = [false; CLASSES];
        for class in Class::ALL {
            if !self.s.audience.has(class) {
                unfilled[class.index()] = true;
            } else if let Some(body) = self.encode(slot, newest, class, own) {
                bodies.put(class, body);
            }
        }
        self.slots.note(slot, newest, unfilled);
        self.out.push(Command::Publish { slot: ix, seq: newest.seq, bodies });
    }

    /// Who vouches for a subject.
    fn shard_of(&self, subject: &Subject) -> Option<u16> {
        let nobody = self.uncovered.contains_key(subject) || self.left_out.contains(subject);
        if nobody { Some(UNCOVERED_SHARD) } else { self.plan.place(subject) }
    }

    pub(super) fn encode(
        &self,
        slot: &Slot,
        newest: Newest,
        class: Class,
        own: Option<&str>,
    ) -> Option<Body> {
        let stamp = Stamp {
            epoch: self.s.epoch.clone(),
            seq: newest.seq,
            at: Some(newest.at),
            since: None,
            shard: Subject::of(&slot.topic).and_then(|subject| self.shard_of(&subject)),
            loading: newest.loading,
        };
        if let (Class::Api, Some(text)) = (class, own) {
            let bare = Stamp { at: None, shard: None, loading: false, ..stamp };
            return encode::own_text(text, &bare);
        }
        let book = self.s.book.read().expect("nobody panics while holding the book");
        if let Topic::RollcallShard(shard) = slot.topic {
            if class == Class::Api {
                return None;
            }
            let state = book.shards.get(usize::from(shard))?;
            let body =
                RollcallShard { live: state.live, live_as_of: state.as_of, reason: state.reason.clone() };
            return Some(encode::whole(&slot.topic, &encode::raw(&body), class, &stamp));
        }
        if let Topic::RollcallWall(id) = &slot.topic {
            let wall = book.walls.iter().find(|wall| wall.id == *id).filter(|_| class != Class::Api)?;
            return Some(encode::whole(&slot.topic, &encode::raw(&Masks::wall(class, wall)), class, &stamp));
        }
        encode::from_ledger(slot, class, &self.ledger, &self.masks, &book.board, &stamp)
    }
}
