//! Samples of how many wait: of every queue at equal distances, for an hour. What was not known is a gap, and stays one.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Weak},
};

use protocol::{QueueId, Timestamp, Topic, event::rollcall::RollcallSamples, fact::Value};

use super::{
    Feed,
    plan::{Plan, Subject},
};
use crate::store::Sample;

/// Between two samples. Fine enough for a line of two hand's breadths, and 120 numbers a queue.
const EVERY_MS: i64 = 30_000;

/// Samples of a queue: an hour.
const KEPT: i64 = 120;

/// The samples of all queues, by the number of their time since 1970.
#[derive(Debug, Default)]
pub(super) struct Samples {
    of: HashMap<QueueId, BTreeMap<i64, u32>>,
    /// The time that was sampled last.
    last: i64,
    /// Queues of this plan that were not sampled at that time: those alone are looked at again before the next.
    lacking: Vec<QueueId>,
    of_plan: Weak<Plan>,
}

impl Samples {
    /// With what was kept before the start.
    pub(super) fn new(kept: Vec<Sample>) -> Self {
        let mut samples = Self::default();
        for sample in kept {
            samples.of.entry(sample.queue).or_default().insert(number_of(sample.at), sample.waiting);
        }
        samples
    }

    pub(super) fn forget(&mut self, queue: &QueueId) {
        self.of.remove(queue);
        self.of_plan = Weak::new();
    }

    /// Whether these are the samples of a plan.
    fn follows(&self, plan: &Arc<Plan>) -> bool {
        std::ptr::eq(self.of_plan.as_ptr(), Arc::as_ptr(plan))
    }

    /// Whether nothing was sampled of a queue at this time.
    fn lacks(&self, queue: &QueueId, number: i64) -> bool {
        self.of.get(queue).is_none_or(|samples| !samples.contains_key(&number))
    }

    fn add(&mut self, queue: &QueueId, number: i64, waiting: u32) {
        self.of.entry(queue.clone()).or_default().insert(number, waiting);
    }

    /// Lets go of what is too old, and of what lies ahead: a clock was put back, or another one kept them.
    fn trim(&mut self, number: i64) {
        for samples in self.of.values_mut() {
            samples.retain(|at, _| (number - KEPT + 1..=number).contains(at));
        }
        self.of.retain(|_, samples| !samples.is_empty());
    }

    /// A queue's last hour, from the first that is known.
    fn body(&self, queue: &QueueId, number: i64) -> RollcallSamples {
        let samples = self.of.get(queue);
        let first = samples.and_then(|samples| samples.keys().next().copied()).unwrap_or(number + 1);
        let at = |n: i64| samples.and_then(|samples| samples.get(&n).copied());
        RollcallSamples {
            id: queue.clone(),
            until: time_of(number),
            every_ms: EVERY_MS,
            waiting: (first..=number).map(at).collect(),
        }
    }
}

fn number_of(at: Timestamp) -> i64 {
    at.as_ms().div_euclid(EVERY_MS)
}

fn time_of(number: i64) -> Timestamp {
    Timestamp::from_ms(number * EVERY_MS)
}

fn topic_of(queue: &QueueId) -> Topic {
    Topic::RollcallSamples(queue.clone())
}

impl Feed {
    /// Samples every queue once in each time: at its beginning, or as soon as the queue is vouched for.
    pub(super) fn sample(&mut self) {
        let now = self.s.clock.now();
        let number = number_of(now);
        let is_new = number != self.samples.last;
        if is_new {
            self.samples.last = number;
            self.samples.trim(number);
        }
        let queues = if is_new || !self.samples.follows(&self.plan) {
            self.samples.of_plan = Arc::downgrade(&self.plan);
            self.plan.queues()
        } else {
            std::mem::take(&mut self.samples.lacking)
        };
        let (mut told, mut kept): (Vec<QueueId>, Vec<Sample>) = (Vec::new(), Vec::new());
        let mut lacking = Vec::new();
        for queue in queues {
            let lacks = self.samples.lacks(&queue, number);
            let known = lacks.then(|| self.waiting_of(&queue)).flatten();
            if let Some(waiting) = known {
                self.samples.add(&queue, number, waiting);
                kept.push(Sample { at: time_of(number), queue: queue.clone(), waiting });
            }
            // A queue of which nothing was ever known has no line, not an empty one.
            let has_line = || self.samples.of.contains_key(&queue) || self.slots.has(&topic_of(&queue));
            if known.is_some() || is_new && has_line() {
                told.push(queue.clone());
            }
            if lacks && known.is_none() {
                lacking.push(queue);
            }
        }
        self.samples.lacking = lacking;
        if !kept.is_empty() {
            self.s.store.keep_samples(kept, time_of(number - KEPT + 1));
        }
        for queue in told {
            let body = self.samples.body(&queue, number);
            self.counted(topic_of(&queue), Value::Samples(body), now);
        }
    }

    /// How many wait in a queue, while somebody vouches for it.
    fn waiting_of(&self, queue: &QueueId) -> Option<u32> {
        let subject = Subject::Queue(queue.clone());
        if !self.loaded.contains(&subject) || self.uncovered.contains_key(&subject) {
            return None;
        }
        let shard = usize::from(self.plan.place(&subject)?);
        let book = self.s.book.read().expect("nobody panics while holding the book");
        book.shards.get(shard).filter(|shard| shard.live)?;
        book.board.queue(queue).map(board::Queue::waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(number: i64, waiting: u32) -> Sample {
        Sample { at: time_of(number), queue: QueueId::new("q"), waiting }
    }

    #[test]
    fn gaps_stay_gaps_and_an_hour_is_kept() {
        let mut samples = Samples::new(vec![sample(1_000, 3), sample(1_001, 4), sample(1_200, 9)]);
        samples.add(&"q".into(), 1_004, 5);
        samples.trim(1_005);
        let body = samples.body(&"q".into(), 1_005);
        assert_eq!(
            body.waiting,
            [Some(3), Some(4), None, None, Some(5), None],
            "and nothing from the future"
        );
        assert_eq!((body.until, body.every_ms), (time_of(1_005), EVERY_MS));

        samples.trim(1_000 + KEPT);
        let body = samples.body(&"q".into(), 1_000 + KEPT);
        assert_eq!(body.waiting.len(), KEPT as usize);
        assert_eq!(body.waiting[..4], [Some(4), None, None, Some(5)]);
        samples.trim(2_000);
        assert_eq!(samples.body(&"q".into(), 2_000).waiting, []);
    }
}
