//! While one channel takes another's place both bring the same events, each in its own time, and figures have no date that would
//! tell which is newer. So the old channel speaks until it is dropped; what only the new one brought is taken then, in its order.
//!
//! Each brings the events of a topic in the same order. What the new one brings is a repeat while it is behind the old one in that
//! topic, and news from its first body on that the old one has not brought. The old one may have brought something before the new
//! one was subscribed: the new one will never catch up with that, and a body that comes again looks like a repeat. So what it said
//! last counts as news when it has not caught up for a while.

use std::{
    collections::{HashMap, VecDeque},
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

/// A channel that is further behind than this is not behind: what it brings is news.
const BEHIND_MS: i64 = OVERLAP_MS;

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

/// How far the old channel is ahead of the new one in a topic.
#[derive(Debug, Default)]
struct Ahead {
    /// What the new one has yet to bring, in its order, by the hashes of the bodies.
    bodies: VecDeque<u64>,
    /// What the new one brought last, and when.
    last: Option<(Timestamp, String)>,
}

#[derive(Debug)]
struct Overlap {
    from: Lane,
    to: Lane,
    began: Timestamp,
    is_over: bool,
    /// Topics in which the old one is ahead, by their hashes.
    ahead: HashMap<u64, Ahead>,
    /// Bodies in them.
    bodies: usize,
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
        let (ahead, waiting) = (HashMap::new(), Vec::new());
        let overlaps = self.of_shards.entry(shard).or_default();
        overlaps.retain(|overlap| overlap.to == from);
        overlaps.push(Overlap { from, to, began: now, is_over: false, ahead, bodies: 0, waiting });
    }

    /// A lane is dropped: what waited for that is to be taken now, in this order, as of the lane beside it.
    pub(super) fn end(&mut self, shard: u16, lane: Lane) -> (Lane, Vec<String>) {
        let overlaps = self.of_shards.get_mut(&shard).into_iter().flatten();
        overlaps.into_iter().find(|overlap| overlap.from == lane).map_or((lane, Vec::new()), |overlap| {
            overlap.is_over = true;
            (overlap.to, std::mem::take(&mut overlap.waiting))
        })
    }

    /// What new channels said last of topics in which they have not caught up in time: it was news.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Vec<String> {
        let is_due = |at: Timestamp| now.ms_since(at) >= BEHIND_MS;
        let overlaps = self.of_shards.values_mut().flatten();
        in_order(overlaps.flat_map(|overlap| overlap.overdue(is_due)).collect())
    }

    /// The same of a lane that is about to be dropped: it will not catch up any more.
    pub(super) fn left_behind(&mut self, shard: u16, lane: Lane) -> Vec<String> {
        let overlaps = self.of_shards.get_mut(&shard).into_iter().flatten();
        let begun = overlaps.into_iter().filter(|overlap| overlap.to == lane);
        in_order(begun.flat_map(|overlap| overlap.overdue(|_| true)).collect())
    }

    /// A shard has ended, or is lost and will be read anew: what its lanes bring from now on stands in no order to what they brought.
    pub(super) fn drop_shard(&mut self, shard: u16) {
        self.of_shards.remove(&shard);
    }

    /// The same of the moves that are over.
    pub(super) fn drop_over(&mut self, shard: u16) {
        if let Some(overlaps) = self.of_shards.get_mut(&shard) {
            overlaps.retain(|overlap| !overlap.is_over);
        }
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

    /// How much is remembered: moves, topics, bodies.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        let overlaps = self.of_shards.values().flatten();
        overlaps.map(|overlap| 1 + overlap.ahead.len() + overlap.bodies + overlap.waiting.len()).sum()
    }

    /// Says what to do with an event, and keeps what has to wait.
    pub(super) fn take(
        &mut self,
        (shard, lane): (u16, Lane),
        event: &EventFrame<'_>,
        text: &str,
        now: Timestamp,
    ) -> Taken {
        let Some(overlaps) = self.of_shards.get_mut(&shard) else { return Taken::Now };
        let hashes = event
            .topic
            .as_ref()
            .map(|topic| (self.hasher.hash_one(topic), self.hasher.hash_one(event.body.get())));
        let begins = overlaps.iter_mut().find(|overlap| overlap.to == lane);
        if let Some(overlap) = begins
            && !planted::is(Bug::TakesTwice)
        {
            if !overlap.is_over {
                return overlap.wait(text);
            }
            if hashes.is_some_and(|hashes| overlap.is_repeat(hashes, text, now)) {
                return Taken::Repeat;
            }
        }
        let ends = overlaps.iter_mut().find(|overlap| overlap.from == lane);
        if let Some((overlap, hashes)) = ends.zip(hashes) {
            overlap.note(hashes);
        }
        Taken::Now
    }
}

/// Hashes have no order of their own.
fn in_order(mut texts: Vec<(Timestamp, String)>) -> Vec<String> {
    texts.sort();
    texts.into_iter().map(|(_, text)| text).collect()
}

impl Overlap {
    /// What the new one said last of topics in which it has not caught up, if that is so long ago.
    fn overdue(&mut self, is_due: impl Fn(Timestamp) -> bool) -> Vec<(Timestamp, String)> {
        let overdue =
            self.ahead.extract_if(|_, ahead| ahead.last.as_ref().is_some_and(|(at, _)| is_due(*at)));
        let overdue: Vec<Ahead> = overdue.map(|(_, ahead)| ahead).collect();
        self.bodies -= overdue.iter().map(|ahead| ahead.bodies.len()).sum::<usize>();
        overdue.into_iter().filter_map(|ahead| ahead.last).collect()
    }

    /// The new one brought something while the old one speaks.
    fn wait(&mut self, text: &str) -> Taken {
        if self.waiting.len() >= WAITING_MAX {
            return Taken::Now;
        }
        self.waiting.push(text.to_owned());
        Taken::Later
    }

    /// The old one brought a body, of a topic.
    fn note(&mut self, (topic, body): (u64, u64)) {
        if self.bodies < BODIES_MAX {
            self.ahead.entry(topic).or_default().bodies.push_back(body);
            self.bodies += 1;
        }
    }

    /// The new one brought a body of a topic: whether the old one has done so already.
    fn is_repeat(&mut self, (topic, body): (u64, u64), text: &str, now: Timestamp) -> bool {
        let Some(ahead) = self.ahead.get_mut(&topic) else { return false };
        let at = ahead.bodies.iter().position(|brought| *brought == body);
        // What it passes over was brought before it was subscribed.
        let left = at.map_or(0, |at| ahead.bodies.len() - at - 1);
        self.bodies -= ahead.bodies.len() - left;
        if left == 0 {
            // It has caught up, or is further: it says what is news in this topic from now on.
            self.ahead.remove(&topic);
        } else {
            ahead.bodies.drain(..ahead.bodies.len() - left);
            ahead.last = Some((now, text.to_owned()));
        }
        at.is_some()
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
        overlaps.take((0, lane), &event, text, T0)
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
        assert_eq!(brings(&mut overlaps, 4, 2), Taken::Now);
        assert_eq!(brings(&mut overlaps, 6, 1), Taken::Now, "it is none of the two");
        overlaps.forget(T0.plus_ms(10 * REMEMBERED_MS));
        assert_eq!(ends(&mut overlaps), []);
        overlaps.forget(T0.plus_ms(REMEMBERED_MS - 1));
        assert_eq!(brings(&mut overlaps, 5, 1), Taken::Repeat, "it was not over yet");
        overlaps.forget(T0.plus_ms(REMEMBERED_MS));
        assert_eq!(brings(&mut overlaps, 5, 2), Taken::Now);
    }

    #[test]
    fn what_comes_again_is_no_repeat_once_the_new_one_has_caught_up() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        // Brought before the new one was subscribed.
        for waiting in [1, 2, 0] {
            assert_eq!(brings(&mut overlaps, 4, waiting), Taken::Now);
        }
        assert_eq!(brings(&mut overlaps, 4, 1), Taken::Now);
        assert_eq!(ends(&mut overlaps), []);
        assert_eq!(brings(&mut overlaps, 5, 0), Taken::Repeat, "of these four it brings the last two");
        assert_eq!(brings(&mut overlaps, 5, 1), Taken::Repeat);
        for waiting in [2, 0, 1] {
            assert_eq!(brings(&mut overlaps, 5, waiting), Taken::Now, "it is so again");
        }
        assert_eq!((overlaps.remembered(), overlaps.overdue(T0.plus_ms(BEHIND_MS))), (1, vec![]));
    }

    #[test]
    fn who_does_not_catch_up_has_said_what_is_news() {
        let mut overlaps = Overlaps::default();
        let ambiguous = |overlaps: &mut Overlaps| {
            *overlaps = Overlaps::default();
            overlaps.begin(0, 4, 5, T0);
            for waiting in [1, 0] {
                assert_eq!(brings(overlaps, 4, waiting), Taken::Now);
            }
            assert_eq!(ends(overlaps), []);
            assert_eq!(brings(overlaps, 5, 1), Taken::Repeat, "or it is so again, and nobody can tell yet");
        };
        ambiguous(&mut overlaps);
        assert_eq!(overlaps.overdue(T0.plus_ms(BEHIND_MS - 1)), [] as [&str; 0]);
        assert_eq!(overlaps.overdue(T0.plus_ms(BEHIND_MS)), [text(1)]);
        assert_eq!((overlaps.remembered(), brings(&mut overlaps, 5, 0)), (1, Taken::Now));
        ambiguous(&mut overlaps);
        assert_eq!(brings(&mut overlaps, 5, 0), Taken::Repeat, "it was behind");
        assert_eq!(overlaps.overdue(T0.plus_ms(BEHIND_MS)), [] as [&str; 0]);
        ambiguous(&mut overlaps);
        assert_eq!(overlaps.left_behind(0, 5), [text(1)], "it says nothing any more");
        ambiguous(&mut overlaps);
        overlaps.drop_over(0);
        assert_eq!(overlaps.overdue(T0.plus_ms(BEHIND_MS)), [] as [&str; 0], "all is read anew");
        overlaps.begin(0, 4, 5, T0);
        assert_eq!(brings(&mut overlaps, 5, 1), Taken::Later);
        overlaps.drop_over(0);
        assert_eq!(overlaps.end(0, 4), (5, vec![text(1)]), "what is not over goes on");
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
