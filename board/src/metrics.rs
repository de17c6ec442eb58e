//! The figures of a wall, computed in one place: tiles, tables, alarms and thresholds all call [`value`].
//!
//! docs/metrics.md defines each figure; its golden cases are read and checked by `board/tests/golden.rs`.

use protocol::{
    Timestamp,
    event::{
        observations,
        rollcall::{Figures, RollcallFigures},
    },
    presence::RoutingStatus,
    query::aggregates::INTERVAL_MS,
    wall::Metric,
};

use crate::Queue;

/// No day is longer: the one on which summer time ends.
const DAY_MS_MAX: i64 = 25 * 3_600_000;

/// A figure of one queue, or of several together, in the figure's own unit; not rounded.
///
/// `None` where nothing is known: no queue, no answer yet, a permission that is missing, nothing of which a share or
/// a mean could be taken. Several queues are one: sums are divided by sums, never means taken of means. Queues of
/// which nothing is known do not count; a queue that is still loading should not be among those given.
pub fn value<'a>(
    metric: Metric,
    queues: impl Iterator<Item = &'a Queue> + Clone,
    now: Timestamp,
) -> Option<f64> {
    let mut queues = queues.filter(|queue| queue.name.is_some());
    let sum = |of: &dyn Fn(&Queue) -> u32| -> Option<f64> {
        let mut counts = queues.clone().map(|queue| f64::from(of(queue))).peekable();
        counts.peek().is_some().then(|| counts.sum())
    };
    match metric {
        Metric::Waiting => sum(&Queue::waiting),
        Metric::Interacting => sum(&Queue::interacting),
        Metric::OnQueue => sum(&on_queue),
        Metric::Idle => sum(&|queue| queue.on_queue(&RoutingStatus::Idle)),
        Metric::NotResponding => sum(&|queue| queue.on_queue(&RoutingStatus::NotResponding)),
        Metric::LongestWait => {
            queues.clone().next()?;
            let longest = queues.map(|queue| queue.longest_wait_ms(now)).max()?;
            Some(longest as f64 / 1_000.0)
        }
        Metric::ServiceLevel => {
            let figures = total(&mut queues, |queue| interval(queue, now))?;
            percent(figures.in_time, figures.counted)
        }
        Metric::ServiceLevelToday => {
            let figures = total(&mut queues, |queue| today(queue, now))?;
            percent(figures.in_time, figures.counted)
        }
        Metric::Offered => Some(total(&mut queues, |queue| today(queue, now))?.offered as f64),
        Metric::Answered => Some(total(&mut queues, |queue| today(queue, now))?.answered as f64),
        Metric::Abandoned => Some(total(&mut queues, |queue| today(queue, now))?.abandoned as f64),
        Metric::AbandonRate => {
            let figures = total(&mut queues, |queue| today(queue, now))?;
            // Offered yesterday, abandoned today: never more than all.
            percent(figures.abandoned, figures.offered.max(figures.abandoned))
        }
        Metric::HandleTime => {
            let figures = total(&mut queues, |queue| today(queue, now))?;
            mean_seconds(figures.handle_ms, figures.handled)
        }
        Metric::AnswerTime => {
            let figures = total(&mut queues, |queue| today(queue, now))?;
            mean_seconds(figures.answer_ms, figures.answered)
        }
    }
}

/// A figure as it is written on a wall: whole numbers. Seconds of a running clock are those that are over; all else
/// is rounded to the nearest.
#[must_use]
pub fn rounded(metric: Metric, value: f64) -> f64 {
    if metric.runs() { value.floor() } else { value.round() }
}

/// A queue's figures of the current interval; those of one that is over, or that were read before it began, say
/// nothing about it.
#[must_use]
pub fn interval(queue: &Queue, now: Timestamp) -> Option<&Figures> {
    known(queue, |sums| &sums.interval, now, INTERVAL_MS)
}

/// A queue's figures since midnight. Which midnight, the proxy knows; what is older than any day is of another one.
#[must_use]
pub fn today(queue: &Queue, now: Timestamp) -> Option<&Figures> {
    known(queue, |sums| &sums.today, now, DAY_MS_MAX)
}

fn known(
    queue: &Queue,
    of: impl Fn(&RollcallFigures) -> &Figures,
    now: Timestamp,
    length_ms: i64,
) -> Option<&Figures> {
    let sums = queue.sums.as_ref().filter(|sums| sums.missing_permissions.is_empty())?;
    let figures = of(sums);
    (sums.as_of >= figures.since && now.ms_since(figures.since) < length_ms).then_some(figures)
}

/// Members on queue, whatever they do there.
fn on_queue(queue: &Queue) -> u32 {
    let metric = observations::Metric::OnQueueUsers;
    let by_status = queue.by_qualifier(&metric);
    if by_status.is_empty() {
        return queue.count(&metric, None);
    }
    by_status.into_values().fold(0, u32::saturating_add)
}

/// Sums over queues, wide enough for any number of them.
#[derive(Default)]
struct Total {
    offered: u64,
    answered: u64,
    abandoned: u64,
    in_time: u64,
    counted: u64,
    answer_ms: i64,
    handled: u64,
    handle_ms: i64,
}

fn total<'a>(
    queues: &mut dyn Iterator<Item = &'a Queue>,
    of: impl Fn(&'a Queue) -> Option<&'a Figures>,
) -> Option<Total> {
    let mut known = queues.filter_map(of).peekable();
    known.peek()?;
    Some(known.fold(Total::default(), |sum, figures| Total {
        offered: sum.offered + u64::from(figures.offered),
        answered: sum.answered + u64::from(figures.answered),
        abandoned: sum.abandoned + u64::from(figures.abandoned),
        in_time: sum.in_time + u64::from(figures.in_time),
        counted: sum.counted + u64::from(figures.counted),
        answer_ms: sum.answer_ms.saturating_add(figures.answer_ms),
        handled: sum.handled + u64::from(figures.handled),
        handle_ms: sum.handle_ms.saturating_add(figures.handle_ms),
    }))
}

fn percent(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| 100.0 * part as f64 / all as f64)
}

fn mean_seconds(ms: i64, count: u64) -> Option<f64> {
    (count > 0).then(|| ms as f64 / count as f64 / 1_000.0)
}
