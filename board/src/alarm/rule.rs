//! Thresholds made ready: whom each concerns, and where its limits are for that queue.

use std::collections::{HashMap, HashSet};

use protocol::{
    QueueId,
    event::rollcall::ServiceLevelTarget,
    wall::{From, Metric, Of, Threshold},
};

use super::limit::Measure;
use crate::Queue;

/// The thresholds of a wall.
#[derive(Debug, Default)]
pub(super) struct Rules {
    thresholds: Vec<Threshold>,
    /// For each queue that was seen its name and the thresholds that concern it.
    by_queue: HashMap<QueueId, (Option<String>, Vec<Place>)>,
}

/// One threshold among those that concern the same figure of the same subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// In the list of the wall's thresholds.
    pub at: usize,
    /// In the order of those that concern the same figure; 0 for the first.
    pub nth: u16,
}

impl Rules {
    pub fn new(thresholds: Vec<Threshold>) -> Self {
        Self { thresholds, by_queue: HashMap::new() }
    }

    pub fn get(&self, place: Place) -> &Threshold {
        &self.thresholds[place.at]
    }

    /// Finds for queues that are new or were renamed which thresholds concern them, and forgets those that are no more.
    pub fn learn<'a>(&mut self, queues: impl ExactSizeIterator<Item = &'a Queue> + Clone) {
        for queue in queues.clone() {
            let known = self.by_queue.get(&queue.id).is_some_and(|(name, _)| *name == queue.name);
            if !known {
                self.by_queue.insert(queue.id.clone(), (queue.name.clone(), self.find(queue)));
            }
        }
        if self.by_queue.len() > queues.len() {
            let here: HashSet<&QueueId> = queues.map(|queue| &queue.id).collect();
            self.by_queue.retain(|id, _| here.contains(id));
        }
    }

    /// The thresholds of a queue's own figures. One that names the queue counts in place of those that name none.
    pub fn of_queue(&self, queue: &Queue) -> &[Place] {
        self.by_queue.get(&queue.id).map_or(&[], |(_, places)| places)
    }

    fn find(&self, queue: &Queue) -> Vec<Place> {
        let own = || self.thresholds.iter().enumerate().filter(|(_, threshold)| threshold.of == Of::Queue);
        let mut places: Vec<Place> = Vec::new();
        for (at, threshold) in own() {
            let named = names(threshold, queue);
            let better = || own().any(|(_, other)| other.metric == threshold.metric && names(other, queue));
            if named || (threshold.queues.is_empty() && !better()) {
                let alike = |place: &&Place| self.get(**place).metric == threshold.metric;
                places.push(Place { at, nth: places.iter().filter(alike).count() as u16 });
            }
        }
        places
    }

    /// The thresholds of figures of several queues together.
    pub fn of_wall(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for (at, threshold) in self.thresholds.iter().enumerate().filter(|(_, t)| t.of == Of::Wall) {
            let alike = |place: &&Place| self.get(**place).metric == threshold.metric;
            places.push(Place { at, nth: places.iter().filter(alike).count() as u16 });
        }
        places
    }
}

/// Whether a threshold names a queue: by its id, or by its name in any case.
pub(super) fn names(threshold: &Threshold, queue: &Queue) -> bool {
    let name = queue.name.as_deref().map(|name| name.trim().to_lowercase());
    threshold.queues.iter().any(|named| {
        named.trim() == queue.id.as_str()
            || name.as_ref().is_some_and(|name| named.trim().to_lowercase() == *name)
    })
}

/// Where a threshold begins to count for a subject with this target; `None` when it counts from a target and there is
/// none.
pub(super) fn origin(threshold: &Threshold, target: Option<ServiceLevelTarget>) -> Option<f64> {
    match threshold.from {
        From::Zero => Some(0.0),
        From::Target => target_of(threshold.metric, target?),
    }
}

/// What a target says about a figure: a share of service levels, a time of waits; of others nothing.
#[must_use]
pub fn target_of(metric: Metric, target: ServiceLevelTarget) -> Option<f64> {
    match metric {
        Metric::ServiceLevel | Metric::ServiceLevelToday => Some(target.percentage * 100.0),
        Metric::LongestWait | Metric::AnswerTime => Some(target.duration_ms as f64 / 1_000.0),
        Metric::Waiting
        | Metric::Interacting
        | Metric::Offered
        | Metric::Answered
        | Metric::Abandoned
        | Metric::AbandonRate
        | Metric::HandleTime
        | Metric::OnQueue
        | Metric::Idle
        | Metric::NotResponding => None,
    }
}

/// A limit as it is compared, with what makes more of the figure worse: 1 or -1.
pub(super) fn measure(threshold: &Threshold, limit: f64) -> (Measure, f64) {
    let sign = if threshold.metric.falls() { -1.0 } else { 1.0 };
    let after_ms = i64::from(threshold.after) * 1_000;
    (Measure { limit: sign * limit, back: threshold.back.max(0.0), after_ms }, sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold(metric: Metric, queues: &[&str], of: Of) -> Threshold {
        let queues = queues.iter().map(|&name| name.to_owned()).collect();
        Threshold { metric, queues, of, warn: Some(1.0), ..Threshold::default() }
    }

    #[test]
    fn one_that_names_the_queue_counts_in_place_of_those_that_name_none() {
        let mut rules = Rules::new(vec![
            threshold(Metric::Waiting, &[], Of::Queue),
            threshold(Metric::Waiting, &["billing"], Of::Queue),
            threshold(Metric::Waiting, &["q1"], Of::Queue),
            threshold(Metric::LongestWait, &[], Of::Queue),
            threshold(Metric::Waiting, &[], Of::Wall),
        ]);
        let mut of = |id: &str, name: &str| {
            let mut queue = Queue::new(id.into());
            queue.name = Some(name.to_owned());
            rules.learn(std::iter::once(&queue));
            rules.of_queue(&queue).iter().map(|place| (place.at, place.nth)).collect::<Vec<_>>()
        };
        assert_eq!(of("q1", "Billing "), [(1, 0), (2, 1), (3, 0)]);
        assert_eq!(of("q2", "Orders"), [(0, 0), (3, 0)]);
        assert_eq!(of("q2", "BILLING"), [(1, 0), (3, 0)], "a queue that was renamed");
        assert_eq!(rules.of_wall(), [Place { at: 4, nth: 0 }]);
    }
}
