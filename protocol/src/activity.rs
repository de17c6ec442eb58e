//! Writes of a span of time in figures: what `GET /rollcall/activity` answers beside the span itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Writes of a span of time, in figures. A write counts where it ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Activity {
    /// Milliseconds from a call to Genesys Cloud to its answer, of the writes that were sent and answered.
    pub average_latency_ms: Option<f64>,
    /// Half of them took at most this long.
    pub p50_ms: Option<i64>,
    /// 95 of 100.
    pub p95_ms: Option<i64>,
    /// 99 of 100.
    pub p99_ms: Option<i64>,
    /// Milliseconds from a call to the event that tells of it: half of those that were heard of, and 95 of 100.
    pub seen_p50_ms: Option<i64>,
    /// See there.
    pub seen_p95_ms: Option<i64>,
    /// How many took at most so long; the last class has no bound.
    pub latency: Vec<Class>,
    /// Writes that were asked for.
    pub attempts: u64,
    /// The share that ended well, 0 to 1: done, already so, or accepted for later.
    pub success_rate: Option<f64>,
    /// The share that met somebody else's write: refused for it, or gone over it.
    pub conflict_rate: Option<f64>,
    /// Those that were refused.
    pub refusals: u64,
    /// The same by code.
    pub refusals_by_code: BTreeMap<String, u64>,
    /// Of the span of time.
    pub throughput_per_second: f64,
    /// The last ones, the newest first.
    pub recent: Vec<Attempt>,
}

/// A class of latencies: longer than that of the class before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Class {
    /// At most so many milliseconds; none in the last.
    pub most_ms: Option<i64>,
    /// Writes.
    pub count: u64,
}

/// One write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attempt {
    /// As the log names it.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Milliseconds from the call to the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<i64>,
    /// Milliseconds from the call to the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_ms: Option<i64>,
}
