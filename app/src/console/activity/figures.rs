//! Writes in figures as the proxy tells them. Pure.

use std::collections::BTreeMap;

use protocol::Timestamp;
use serde::Deserialize;

/// Writes of a span of time.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Figures {
    /// Those that ended, refusals among them.
    pub attempts: u64,
    /// The share that ended well, 0 to 1; none when there is no attempt.
    pub success_rate: Option<f64>,
    /// The share that met somebody else's change.
    pub conflict_rate: Option<f64>,
    /// How many were refused.
    pub refusals: u64,
    /// Of which codes.
    pub refusals_by_code: BTreeMap<String, u64>,
    /// Milliseconds from the call upstream to its answer.
    pub average_latency_ms: Option<f64>,
    /// Half of them.
    pub p50_ms: Option<f64>,
    /// Of 95 in a hundred.
    pub p95_ms: Option<f64>,
    /// Of 99 in a hundred.
    pub p99_ms: Option<f64>,
    /// From the call upstream to the event: half of them.
    pub seen_p50_ms: Option<f64>,
    /// Of 95 in a hundred.
    pub seen_p95_ms: Option<f64>,
    /// Attempts a second.
    pub throughput_per_second: f64,
    /// How many took how long.
    pub latency: Vec<Class>,
    /// The last ones, the newest first.
    pub recent: Vec<Attempt>,
}

/// Writes that took longer than the class before, and at most so long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Class {
    /// In milliseconds; the last class has no bound.
    pub most_ms: Option<i64>,
    /// How many.
    pub count: u64,
}

/// One write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attempt {
    /// Of the write.
    pub id: String,
    /// When it ended.
    pub at: Timestamp,
    /// Of whom.
    pub user_id: String,
    /// What was to be changed.
    pub action: String,
    /// By whom.
    pub actor: String,
    /// How it ended.
    pub outcome: String,
    /// Why not.
    pub code: String,
    /// To the answer.
    pub latency_ms: Option<i64>,
    /// To the event.
    pub seen_ms: Option<i64>,
}

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

impl Figures {
    /// The histogram.
    #[must_use]
    pub fn bars(&self) -> Vec<Bar> {
        let most = self.latency.iter().map(|class| class.count).max().unwrap_or_default().max(1);
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
        self.latency.iter().map(bar).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_the_proxy_tells_them() {
        let told = r#"{"from":"2026-01-02T03:04:05.678Z","attempts":3,"successRate":0.5,"conflictRate":null,"p50Ms":38,
            "refusalsByCode":{"agent.busy":1},"latency":[{"mostMs":25,"count":2},{"mostMs":null,"count":1}],
            "recent":[{"id":"a","at":"2026-01-02T03:04:05.678Z","userId":"u","outcome":"accepted","latencyMs":38}]}"#;
        let figures: Figures = serde_json::from_str(told).unwrap();
        assert_eq!((figures.attempts, figures.success_rate, figures.conflict_rate), (3, Some(0.5), None));
        assert_eq!((figures.p50_ms, figures.p99_ms), (Some(38.0), None));
        assert_eq!((figures.recent[0].latency_ms, figures.recent[0].seen_ms), (Some(38), None));
        let bars = figures.bars();
        assert_eq!((bars[0].percent, bars[1].percent), (100.0, 50.0));
        assert_eq!(
            (bars[1].over_ms, bars[1].most_ms),
            (25, None),
            "the last one begins where the others end"
        );
    }

    #[test]
    fn nothing_has_bars_of_no_height() {
        let figures = Figures { latency: vec![Class { most_ms: Some(25), count: 0 }], ..Figures::default() };
        assert_eq!(figures.bars()[0].percent, 0.0);
    }
}
