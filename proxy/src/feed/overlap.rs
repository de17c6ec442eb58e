//! While one channel takes another's place both bring the same events, each in its own time. A body is taken the k-th time only
//! when no channel has brought it k times already: dates settle most repeats, but figures have none.

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

#[derive(Debug)]
struct Overlap {
    from: Lane,
    to: Lane,
    began: Timestamp,
    /// How often each of the two has brought a body, by the hash of topic and body.
    brought: HashMap<u64, [u32; 2]>,
}

/// The overlaps of all shards.
#[derive(Debug, Default)]
pub(super) struct Overlaps {
    under_way: HashMap<u16, Overlap>,
    hasher: RandomState,
}

impl Overlaps {
    /// From now on a shard's events come on both lanes.
    pub(super) fn begin(&mut self, shard: u16, from: Lane, to: Lane, now: Timestamp) {
        self.under_way.insert(shard, Overlap { from, to, began: now, brought: HashMap::new() });
    }

    /// Forgets overlaps that are long over.
    pub(super) fn forget(&mut self, now: Timestamp) {
        if planted::is(Bug::NeverForgets) {
            return;
        }
        self.under_way.retain(|_, overlap| now.ms_since(overlap.began) < REMEMBERED_MS);
    }

    /// How many bodies are remembered.
    #[cfg(test)]
    pub(super) fn bodies(&self) -> usize {
        self.under_way.values().map(|overlap| overlap.brought.len()).sum()
    }

    /// Notes an event and says whether the other channel has brought it before.
    pub(super) fn is_repeat(&mut self, shard: u16, lane: Lane, event: &EventFrame<'_>) -> bool {
        let Some(overlap) = self.under_way.get_mut(&shard) else { return false };
        let own = match lane {
            lane if lane == overlap.from => 0,
            lane if lane == overlap.to => 1,
            _ => return false,
        };
        let Some(topic) = &event.topic else { return false };
        let body = self.hasher.hash_one((topic, event.body.get()));
        if overlap.brought.len() >= BODIES_MAX && !overlap.brought.contains_key(&body) {
            return false;
        }
        let brought = overlap.brought.entry(body).or_default();
        brought[own] += 1;
        brought[own] <= brought[1 - own] && !planted::is(Bug::TakesTwice)
    }
}

#[cfg(test)]
mod tests {
    use protocol::Frame;

    use super::*;

    const T0: Timestamp = Timestamp::from_ms(1_000_000);

    fn brings(overlaps: &mut Overlaps, lane: Lane, waiting: u32) -> bool {
        let text = format!(
            r#"{{"topicName":"v2.analytics.queues.q.observations","eventBody":{{"waiting":{waiting}}},"metadata":{{"CorrelationId":"{lane}"}}}}"#
        );
        let Ok(Frame::Event(event)) = Frame::parse(&text) else { panic!("an event") };
        !overlaps.is_repeat(0, lane, &event)
    }

    #[test]
    fn each_event_is_taken_once_whichever_channel_is_first() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        assert!(brings(&mut overlaps, 4, 1));
        assert!(brings(&mut overlaps, 4, 2));
        assert!(!brings(&mut overlaps, 5, 1), "late, or what was newer would be undone");
        assert!(!brings(&mut overlaps, 5, 2));
        assert!(brings(&mut overlaps, 5, 3));
        assert!(!brings(&mut overlaps, 4, 3));
    }

    #[test]
    fn the_same_body_twice_is_two_events() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        assert!(brings(&mut overlaps, 4, 1));
        assert!(brings(&mut overlaps, 4, 1), "a channel repeats nothing of its own");
        assert!(!brings(&mut overlaps, 5, 1));
        assert!(!brings(&mut overlaps, 5, 1));
        assert!(brings(&mut overlaps, 5, 1));
    }

    #[test]
    fn beyond_the_two_and_after_a_while_nothing_is_a_repeat() {
        let mut overlaps = Overlaps::default();
        overlaps.begin(0, 4, 5, T0);
        assert!(brings(&mut overlaps, 4, 1));
        assert!(brings(&mut overlaps, 6, 1));
        overlaps.forget(T0.plus_ms(REMEMBERED_MS - 1));
        assert!(!brings(&mut overlaps, 5, 1));
        overlaps.forget(T0.plus_ms(REMEMBERED_MS));
        assert!(brings(&mut overlaps, 5, 1));
    }
}
