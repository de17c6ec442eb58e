//! `v2.analytics.queues.{id}.activity`: a queue's observations by medium; the queue is named by the
//! topic alone. Decoded for later; the observations topic serves the board.

use serde::{Deserialize, Serialize};

use super::observations::Metric;

/// A queue's observations changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueActivityEvent {
    /// By medium.
    pub results: Vec<QueueActivityResult>,
}

/// The observations of one medium.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueueActivityResult {
    /// Such as `voice`; absent for figures of all media.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The figures.
    pub data: Vec<QueueActivityData>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueActivityData {
    /// Which figure.
    pub metric: Metric,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<f64>,
    /// The value of longest waiting, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calculated_metric_value: Option<f64>,
}
