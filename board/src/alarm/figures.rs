//! Figures of queues against their thresholds.

use std::collections::HashMap;

use protocol::{
    QueueId, Timestamp, WallId,
    event::rollcall::{Alarm, Level, ServiceLevelTarget},
    wall::{Metric, Threshold},
};

use super::{
    Acknowledged, Scene, SeenQueue, UNKNOWN_MAX_MS, id_of,
    limit::Limit,
    rule::{self, Rules},
};
use crate::{Queue, metrics};

/// All figures of a wall that pass a limit or did so a moment ago.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Stands in the names of alarms for all its queues together.
    wall: WallId,
    rules: Rules,
    standing: HashMap<Key, Standing>,
}

/// Whose figure, which, and by which threshold of several.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// `None`: of all queues together.
    queue: Option<QueueId>,
    metric: Metric,
    nth: u16,
}

#[derive(Debug, Default)]
struct Standing {
    warn: Limit,
    critical: Limit,
    unknown_since: Option<Timestamp>,
    /// The alarm, while there is one.
    raised: Option<Raised>,
}

#[derive(Clone, Debug)]
struct Raised {
    alarm: Alarm,
    acknowledged: Acknowledged,
}

/// One figure at one moment.
struct Look<'a> {
    threshold: &'a Threshold,
    value: Option<f64>,
    target: Option<ServiceLevelTarget>,
    now: Timestamp,
}

impl Figures {
    /// Takes other thresholds. What stands for the same figure of the same queue goes on.
    pub fn redefine(&mut self, wall: &WallId, thresholds: Vec<Threshold>) {
        self.wall = wall.clone();
        self.rules = Rules::new(thresholds);
    }

    /// Adds what is wrong now to `alarms`.
    pub fn look(&mut self, scene: &Scene<'_>, has: &dyn Fn(&Queue) -> bool, alarms: &mut Vec<Alarm>) {
        let now = scene.now;
        let mut before = std::mem::take(&mut self.standing);
        let mut keep = |key: Key, look: &Look<'_>| {
            let mut standing = before.remove(&key).unwrap_or_default();
            let of = key.queue.as_ref().map_or(self.wall.as_str(), QueueId::as_str);
            standing.look(&key, of, look);
            if let Some(raised) = &standing.raised {
                alarms.push(raised.alarm.clone());
            }
            if !standing.is_idle() {
                self.standing.insert(key, standing);
            }
        };
        self.rules.learn(scene.queues.iter().map(|seen| seen.queue));
        for seen in scene.queues.iter().filter(|seen| has(seen.queue)) {
            let queue = seen.queue;
            for place in self.rules.of_queue(queue) {
                let threshold = self.rules.get(*place);
                let value = seen.value(threshold.metric, now);
                let key = Key { queue: Some(queue.id.clone()), metric: threshold.metric, nth: place.nth };
                keep(key, &Look { threshold, value, target: queue.service_level, now });
            }
        }
        for place in self.rules.of_wall() {
            let threshold = self.rules.get(place);
            let meant = |queue: &Queue| threshold.queues.is_empty() || rule::names(threshold, queue);
            let mine: Vec<&SeenQueue<'_>> =
                scene.queues.iter().filter(|seen| has(seen.queue) && meant(seen.queue)).collect();
            // A sum of which a part is not known is not known.
            let known = mine.iter().all(|seen| seen.known);
            let queues = mine.iter().map(|seen| seen.queue);
            let value = known.then(|| metrics::value(threshold.metric, queues, now)).flatten();
            let key = Key { queue: None, metric: threshold.metric, nth: place.nth };
            keep(key, &Look { threshold, value, target: common_target(&mine), now });
        }
    }

    /// Takes note that somebody saw to it; true when there is such an alarm.
    pub fn acknowledge(&mut self, about: &Alarm, at: Timestamp) -> bool {
        let same = |alarm: &Alarm| alarm.queue == about.queue && alarm.metric == about.metric;
        let mut found = false;
        for raised in self.standing.values_mut().filter_map(|standing| standing.raised.as_mut()) {
            if about.user.is_none() && same(&raised.alarm) {
                found |= raised.acknowledged.give(&mut raised.alarm, about.level, at);
            }
        }
        found
    }
}

impl Standing {
    fn look(&mut self, key: &Key, of: &str, look: &Look<'_>) {
        let known = look.value.zip(rule::origin(look.threshold, look.target));
        let Some((value, origin)) = known else {
            self.look_away(look.now);
            return;
        };
        self.unknown_since = None;
        for (limit, given) in
            [(&mut self.warn, look.threshold.warn), (&mut self.critical, look.threshold.critical)]
        {
            match given {
                Some(given) => {
                    let (measure, sign) = rule::measure(look.threshold, origin + given);
                    limit.look(sign * value, measure, look.now);
                }
                None => *limit = Limit::default(),
            }
        }
        let level = match (self.critical.counts_since(), self.warn.counts_since()) {
            (Some(since), warn) => {
                Some((Level::Critical, look.threshold.critical, warn.map_or(since, |warn| warn.min(since))))
            }
            (None, Some(since)) => Some((Level::Warn, look.threshold.warn, since)),
            (None, None) => None,
        };
        let Some((level, Some(limit), since)) = level else {
            self.raised = None;
            return;
        };
        let raised = self.raised.get_or_insert_with(|| Raised {
            alarm: Alarm {
                id: id_of(key.metric.as_str(), key.nth, of, since),
                level,
                queue: key.queue.clone(),
                user: None,
                metric: Some(key.metric),
                value: None,
                limit: 0.0,
                since,
                acknowledged: None,
            },
            acknowledged: Acknowledged::default(),
        });
        raised.alarm.level = level;
        raised.alarm.limit = origin + limit;
        raised.alarm.value = Some(told(key.metric, value));
        raised.acknowledged.follow(&mut raised.alarm);
    }

    /// What is not known raises nothing. What stands goes on for a while and then goes.
    fn look_away(&mut self, now: Timestamp) {
        self.warn.look_away();
        self.critical.look_away();
        let since = *self.unknown_since.get_or_insert(now);
        if now.ms_since(since) >= UNKNOWN_MAX_MS {
            *self = Self::default();
        }
    }

    fn is_idle(&self) -> bool {
        self.warn.is_idle() && self.critical.is_idle() && self.raised.is_none()
    }
}

/// Seconds of a clock that runs are told in steps of this many; who shows them runs its own clock.
const RUNNING_STEP_S: f64 = 10.0;

fn told(metric: Metric, value: f64) -> f64 {
    let value = metrics::rounded(metric, value);
    if metric.runs() { (value / RUNNING_STEP_S).floor() * RUNNING_STEP_S } else { value }
}

/// The target of several queues together: theirs, when all have the same.
fn common_target(queues: &[&SeenQueue<'_>]) -> Option<ServiceLevelTarget> {
    let (first, rest) = queues.split_first()?;
    let target = first.queue.service_level;
    target.filter(|_| rest.iter().all(|seen| seen.queue.service_level == target))
}
