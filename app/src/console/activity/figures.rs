//! The histogram of writes. Pure.

use protocol::activity::{Activity, Class};

/// A bar of the histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// More than so many milliseconds, for the last one.
    pub over_ms: i64,
    /// At most so many.
    pub most_ms: Option<i64>,
    /// How many.
    pub count: u64,
    /// Of the longest bar, in per cent.
    pub percent: f64,
}

/// The bars, from the shortest latencies to the longest.
#[must_use]
pub fn bars(activity: &Activity) -> Vec<Bar> {
    let most = activity.latency.iter().map(|class| class.count).max().unwrap_or_default().max(1);
    let mut over_ms = 0;
    let bar = |class: &Class| {
        let bar = Bar {
            over_ms,
            most_ms: class.most_ms,
            count: class.count,
            percent: class.count as f64 / most as f64 * 100.0,
        };
        over_ms = class.most_ms.unwrap_or(over_ms);
        bar
    };
    activity.latency.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_the_proxy_tells_them() {
        let told = r#"{"from":"2026-01-02T03:04:05.678Z","attempts":3,"successRate":0.5,"conflictRate":null,"p50Ms":38,
            "refusalsByCode":{"agent.busy":1},"latency":[{"mostMs":25,"count":2},{"mostMs":null,"count":1}],
            "recent":[{"id":"a","at":"2026-01-02T03:04:05.678Z","userId":"u","outcome":"accepted","latencyMs":38}]}"#;
        let figures: Activity = serde_json::from_str(told).unwrap();
        assert_eq!((figures.attempts, figures.success_rate, figures.conflict_rate), (3, Some(0.5), None));
        assert_eq!((figures.p50_ms, figures.p99_ms), (Some(38), None));
        assert_eq!((figures.recent[0].latency_ms, figures.recent[0].seen_ms), (Some(38), None));
        let bars = bars(&figures);
        assert_eq!((bars[0].percent, bars[1].percent), (100.0, 50.0));
        assert_eq!(
            (bars[1].over_ms, bars[1].most_ms),
            (25, None),
            "the last one begins where the others end"
        );
    }

    #[test]
    fn nothing_has_bars_of_no_height() {
        let figures =
            Activity { latency: vec![Class { most_ms: Some(25), count: 0 }], ..Activity::default() };
        assert_eq!(bars(&figures)[0].percent, 0.0);
    }
}
