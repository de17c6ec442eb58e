//! A line over time: how many waited in the last hour. Gaps are drawn as gaps.

use std::{fmt::Write as _, sync::Arc};

use leptos::prelude::With as _;
use protocol::event::rollcall::RollcallSamples;

use crate::{format::Tenths, store::QueuePlace};

/// The picture's own units: the style sheet stretches it.
pub const WIDTH: f64 = 120.0;
/// Likewise.
pub const HEIGHT: f64 = 32.0;

/// What the picture is of.
const HOUR_MS: i64 = 3_600_000;

/// A scale ends here at least, so that one who waits does not look like a catastrophe.
const SCALE_MIN: u32 = 5;

/// The line and the area beneath it, as `d` of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// The line.
    pub line: String,
    /// The area.
    pub area: String,
}

/// Draws samples that stand at equal distances, the last at the right edge.
#[must_use]
pub fn paths(samples: &RollcallSamples) -> Paths {
    let highest = samples.waiting.iter().flatten().copied().max().unwrap_or(0).max(SCALE_MIN);
    // An hour is as wide as the picture, however little of it is known.
    let hour = (HOUR_MS / samples.every_ms.max(1)) as usize;
    let step = WIDTH / hour.max(samples.waiting.len()).max(2).saturating_sub(1) as f64;
    let begins = WIDTH - samples.waiting.len().saturating_sub(1) as f64 * step;
    let mut paths = Paths::default();
    let mut begun: Option<f64> = None;
    let mut last_x = 0.0;
    for (at, sample) in samples.waiting.iter().enumerate() {
        let x = begins + at as f64 * step;
        match sample {
            Some(value) => {
                let x = Tenths(x);
                let y = Tenths(HEIGHT - 1.0 - f64::from(*value) / f64::from(highest) * (HEIGHT - 2.0));
                // Writing to a string cannot fail.
                let _ = if begun.is_some() {
                    write!(paths.line, "L{x} {y}").and_then(|()| write!(paths.area, "L{x} {y}"))
                } else {
                    write!(paths.line, "M{x} {y}")
                        .and_then(|()| write!(paths.area, "M{x} {}L{x} {y}", Tenths(HEIGHT)))
                };
                begun.get_or_insert(x.0);
            }
            None => close(&mut paths, &mut begun, last_x),
        }
        last_x = x;
    }
    close(&mut paths, &mut begun, last_x);
    paths
}

/// The samples of all queues together, where all of them have one.
#[must_use]
pub fn sum(queues: &[Arc<QueuePlace>]) -> Option<Arc<RollcallSamples>> {
    let mut samples = queues.iter().filter_map(|place| place.face.with(|face| face.samples.clone()));
    let mut sum = (*samples.next()?).clone();
    for other in samples {
        // They are taken together; one that is not yet here counts from its end.
        let from_end =
            |all: &[Option<u32>], back: usize| all.len().checked_sub(back + 1).and_then(|at| all[at]);
        let length = sum.waiting.len();
        for at in 0..length {
            let other = from_end(&other.waiting, length - 1 - at);
            sum.waiting[at] = sum.waiting[at].zip(other).map(|(a, b)| a.saturating_add(b));
        }
        sum.until = sum.until.max(other.until);
    }
    Some(Arc::new(sum))
}

fn close(paths: &mut Paths, begun: &mut Option<f64>, last_x: f64) {
    if let Some(begun) = begun.take() {
        let _ = write!(paths.area, "L{} {}Z", Tenths(last_x), Tenths(HEIGHT));
        // One sample alone is a dot.
        if (last_x - begun).abs() < f64::EPSILON {
            let _ = write!(paths.line, "h0.01");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(waiting: &[Option<u32>]) -> Paths {
        paths(&RollcallSamples {
            id: "q".into(),
            until: Default::default(),
            // As many as make an hour.
            every_ms: HOUR_MS / (waiting.len().max(1) as i64),
            waiting: waiting.to_vec(),
        })
    }

    #[test]
    fn the_highest_touches_the_top_and_zero_the_bottom() {
        let paths = drawn(&[Some(0), Some(10), Some(5)]);
        assert_eq!(paths.line, "M0.0 31.0L60.0 1.0L120.0 16.0");
        assert_eq!(paths.area, "M0.0 32.0L0.0 31.0L60.0 1.0L120.0 16.0L120.0 32.0Z");
    }

    #[test]
    fn few_who_wait_stay_low() {
        assert_eq!(drawn(&[Some(1), Some(1)]).line, "M0.0 25.0L120.0 25.0");
    }

    #[test]
    fn what_was_not_sampled_yet_is_empty() {
        let samples = RollcallSamples {
            id: "q".into(),
            until: Default::default(),
            every_ms: HOUR_MS / 4,
            waiting: vec![Some(5), Some(0)],
        };
        assert_eq!(paths(&samples).line, "M80.0 1.0L120.0 31.0");
    }

    #[test]
    fn a_gap_is_a_gap() {
        let paths = drawn(&[Some(5), None, Some(5), Some(5), None]);
        assert_eq!(paths.line, "M0.0 1.0h0.01M60.0 1.0L90.0 1.0");
        assert_eq!(paths.area.matches('Z').count(), 2);
        assert_eq!(drawn(&[None, None]), Paths::default());
        assert_eq!(drawn(&[]), Paths::default());
    }
}
