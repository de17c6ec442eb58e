//! While one channel takes another's place both bring the same events, each in its own time, and figures have no date that would
//! tell which is newer. So the old channel speaks until it is dropped; what only the new one brought is taken then, in its order.
//! A body is taken from the new one the k-th time only when the old one has not brought it k times already.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use protocol::{Timestamp, frame::EventFrame};

use crate::{
    planted::{self, Bug},
    upstream::mover::{Lane, OVERLAP_MS},
};

/// An overlap is remembered this long: both channels are heard for [`OVERLAP_MS`] once both are subscribed, and what the new one
/// brings late may be what the old one brought last.
const REMEMBERED_MS: i64 = 12 * OVERLAP_MS;

/// Bodies remembered of one overlap: the busiest channel's events of a minute. Beyond it dates alone tell.
const BODIES_MAX: usize = 100_000;

/// Events of the new channel that wait: some seconds of the busiest one. Beyond it dates alone tell.
const WAITING_MAX: usize = 10_000;

/// What is to be done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is news.
    Now,
    /// The old channel has brought it.
    Repeat,
    /// It waits until the old channel is dropped.
    Later,
}

#[derive(Debug)]
struct Overlap {
    from: Lane,
    to: Lane,
    began: Timestamp,
    is_over: bool,
    /// How often the old one and the new one have brought a body, by the hash of topic and body.
    brought: HashMap<u64, [u32; 2]>,
    /// What the new one brought while the old one spoke.
    waiting: Vec<String>,
}

/// The overlaps of all shards. Where one move follows another a shard has two: what a channel brings late may be what the one
/// before it brought last, though another is about to take its own place.
#[derive(Debug, Default)]
pub(super) struct Overlaps {
    of_shards: HashMap<u16, Vec<Overlap>>,
    hasher: RandomState,
}

impl Overlaps {
    /// From now on a shard's events come on both lanes. What a new lane brought that has to begin anew is the old one's to bring.
    pub(super) fn begin(&mut self, shard: u16, from: Lane, to: Lane, now: Timestamp) {
        let (brought, waiting) = (HashMap::new(), Vec::new());
        let overlaps = self.of_shards.entry(shard).or_default();
        overlaps.retain(|overlap| overlap.to == from);
        overlaps.push(Overlap { from, to, began: now, is_over: false, brought, waiting });
    }

    /// A lane is dropped: what waited for that is to be taken now, in this order, as of the lane beside it.
    pub(super) fn end(&mut self, shard: u16, lane: Lane) -> (Lane, Vec<String>) {
        let overlaps = self.of_shards.get_mut(&shard).into_iter().flatten();
        overlaps.into_iter().find(|overlap| overlap.from == lane).map_or((lane, Vec::new()), |overlap| {
            overlap.is_over = true;
            (overlap.to, std::mem::take(&mut overlap.waiting))
        })
    }

    /// A shard has ended: lanes of the same numbers are others from now on.
    pub(super) fn drop_shard(&mut self, shard: u16) {
        self.of_shards.remove(&shard);
    }

    /// Forgets overlaps that are long over.
    pub(super) fn forget(&mut self, now: Timestamp) {
        if planted::is(Bug::NeverForgets) {
            return;
        }
        self.of_shards.retain(|_, overlaps| {
            overlaps.retain(|overlap| !overlap.is_over || now.ms_since(overlap.began) < REMEMBERED_MS);
            !overlaps.is_empty()
        });
    }

    /// How many bodies are remembered.
    #[cfg(test)]
    pub(super) fn bodies(&self) -> usize {
        let overlaps = self.of_shards.values().flatten();
        overlaps.map(|overlap| overlap.brought.len() + overlap.waiting.len()).sum()
    }

    /// Says what to do with an event, and keeps what has to wait.
    pub(super) fn take(&mut self, shard: u16, lane: Lane, event: &EventFrame<'_>, text: &str) -> Taken {
        let Some(overlaps) = self.of_shards.get_mut(&shard) else { return Taken::Now };
        let body = event.topic.as_ref().map(|topic| self.hasher.hash_one((topic, event.body.get())));
        let begins = overlaps.iter_mut().find(|overlap| overlap.to == lane);
        if let Some(overlap) = begins
            && !planted::is(Bug::TakesTwice)
        {
            if !overlap.is_over {
                return overlap.wait(text);
            }
            if body.is_some_and(|body| overlap.is_repeat(body)) {
                return Taken::Repeat;
            }
        }
        let ends = overlaps.iter_mut().find(|overlap| overlap.from == lane);
        if let Some((overlap, body)) = ends.zip(body) {
            overlap.note(body);
        }
        Taken::Now
    }
}

impl Overlap {
    /// The new one brought something while the old one speaks.
    fn wait(&mut self, text: &str) -> Taken {
        if self.waiting.len() >= WAITING_MAX {
            return Taken::Now;
        }
        self.waiting.push(text.to_owned());
        Taken::Later
    }

    /// The old one brought a body.
    fn note(&mut self, body: u64) {
        if let Some([old, _]) = self.of(body) {
            *old += 1;
        }
    }

    /// The new one brought a body: whether the old one has done so already.
    fn is_repeat(&mut self, body: u64) -> bool {
        self.of(body).is_some_and(|[old, new]| {
            *new += 1;
            new <= old
        })
    }

    /// How often a body was brought, if there is room to remember it.
    fn of(&mut self, body: u64) -> Option<&mut [u32; 2]> {
        let has_room = self.brought.len() < BODIES_MAX || self.brought.contains_key(&body);
        has_room.then(|| self.brought.entry(body).or_default())
    }
}

#[cfg(test)]
mod tests {
    use protocol::Frame;

    use super::*;

    const T0: Timestamp = Timestamp::from_ms(1_000_000);

    fn text(waiting: u32) -> String {
        format!(
            r#"{{"topicName":"v2.analytics.queues.q.observations","eventBody":{{"waiting":{waiting}}},"metadata":{{"CorrelationId":"x"}}}}"#
        )
    }

    fn takes(overlaps: &mut Overlaps, lane: Lane, text: &str) -> Taken {
        let Ok(Frame::Event(event)) = Frame::parse(text) else { panic!("an event") };
        overlaps.take(0, lane, &event, text)
    }

    fn brings(overlaps: &mut Overlaps, lane: Lane, waiting: u32) -> Taken {
        takes(overlaps, lane, &text(waiting))
    }

    fn ends(overlaps: &mut Overlaps) -> Vec<Taken> {
        let (lane, waiting) = overlaps.end(0, 4);
        assert_eq!(lane, 5);
        waiting.iter().map(|text| takes(overlaps, lane, text)).collect()
    }

    #[test]
    fn the_old_channel_speaks_until_it_is_dropped_however_far_behind_it_is() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        assert_eq!(brings(&mut overlaps, 4, 1), Taken::Now);
        assert_eq!(brings(&mut overlaps, 5, 3), Taken::Later, "the old one has not brought what was before");
        assert_eq!(brings(&mut overlaps, 5, 4), Taken::Later);
        assert_eq!(brings(&mut overlaps, 4, 2), Taken::Now);
        assert_eq!(brings(&mut overlaps, 4, 3), Taken::Now);
        assert_eq!(ends(&mut overlaps), [Taken::Repeat, Taken::Now], "3 was told, 4 was not");
        assert_eq!(brings(&mut overlaps, 5, 5), Taken::Now);
    }

    #[test]
    fn the_same_body_twice_is_two_events() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        assert_eq!(brings(&mut overlaps, 4, 1), Taken::Now);
        assert_eq!(brings(&mut overlaps, 4, 1), Taken::Now, "a channel repeats nothing of its own");
        for _ in 0..3 {
            assert_eq!(brings(&mut overlaps, 5, 1), Taken::Later);
        }
        assert_eq!(ends(&mut overlaps), [Taken::Repeat, Taken::Repeat, Taken::Now]);
    }

    #[test]
    fn what_comes_late_is_a_repeat_for_a_while() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        assert_eq!(brings(&mut overlaps, 4, 1), Taken::Now);
        assert_eq!(brings(&mut overlaps, 6, 1), Taken::Now, "it is none of the two");
        overlaps.forget(T0.plus_ms(10 * REMEMBERED_MS));
        assert_eq!(brings(&mut overlaps, 5, 7), Taken::Later, "it is not over yet");
        assert_eq!(ends(&mut overlaps), [Taken::Now]);
        overlaps.forget(T0.plus_ms(REMEMBERED_MS - 1));
        assert_eq!(brings(&mut overlaps, 5, 1), Taken::Repeat);
        overlaps.forget(T0.plus_ms(REMEMBERED_MS));
        assert_eq!(brings(&mut overlaps, 5, 1), Taken::Now);
    }

    #[test]
    fn a_channel_that_begins_anew_leaves_nothing_waiting() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        brings(&mut overlaps, 5, 1);
        overlaps.begin(0, 4, 5, T0);
        assert_eq!(ends(&mut overlaps), [], "the old one brings it");
        assert_eq!(overlaps.end(0, 5), (5, Vec::new()), "only the old one is dropped");
    }

    #[test]
    fn what_comes_late_is_a_repeat_while_another_move_is_under_way() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        for waiting in 1..=2 {
            assert_eq!(brings(&mut overlaps, 4, waiting), Taken::Now);
        }
        assert_eq!(ends(&mut overlaps), []);
        overlaps.begin(0, 5, 6, T0);
        for waiting in 1..=2 {
            assert_eq!(brings(&mut overlaps, 5, waiting), Taken::Repeat, "5 is behind 4");
        }
        assert_eq!(brings(&mut overlaps, 5, 3), Taken::Now);
        assert_eq!(brings(&mut overlaps, 6, 3), Taken::Later);
        assert_eq!(brings(&mut overlaps, 6, 1), Taken::Later, "it is 1 again");
        let (lane, waiting) = overlaps.end(0, 5);
        let taken: Vec<Taken> = waiting.iter().map(|text| takes(&mut overlaps, lane, text)).collect();
        assert_eq!(taken, [Taken::Repeat, Taken::Now], "6 cannot have brought what was before it began");
        overlaps.begin(0, 6, 7, T0);
        assert_eq!(overlaps.of_shards[&0].len(), 2, "what 4 brought is of no use to anybody");
    }

    #[test]
    fn what_waits_has_a_bound() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        for _ in 0..WAITING_MAX {
            assert_eq!(brings(&mut overlaps, 5, 1), Taken::Later);
        }
        assert_eq!(brings(&mut overlaps, 5, 1), Taken::Now);
    }
}
