//! The statistics of a metric as analytics writes them, in events and in reads.

use protocol::Timestamp;
use serde::Serialize;

use crate::world::{Figure, ServiceLevel, Share, Stat, Value};

/// A statistical summary; members that mean nothing for a metric are absent.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatsBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    numerator: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denominator: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calculated_metric_value: Option<i64>,
}

impl StatsBody {
    /// Of a number of a queue, at a moment.
    pub(crate) fn of(value: Value, now: Timestamp) -> Self {
        match value {
            Value::Count(count) => Self::of_count(count),
            Value::Since(since) => Self {
                calculated_metric_value: Some(since.map_or(0, |since| now.ms_since(since).max(0))),
                ..Self::default()
            },
            Value::Figure(figure, stat) => Self::of_figure(figure, stat),
            Value::Share(share) => Self::of_share(share, None),
        }
    }

    /// The same, with the longest of something where the other answer has it.
    pub(crate) fn with_value_as_max(mut self) -> Self {
        if let Some(value) = self.calculated_metric_value.take() {
            self.max = Some(value);
        }
        self
    }

    /// So many.
    pub(crate) fn of_count(count: u32) -> Self {
        Self { count: Some(count), ..Self::default() }
    }

    /// So long in all, and in so many parts where these are told.
    pub(crate) fn of_sum(sum: i64, count: Option<u32>) -> Self {
        Self { sum: Some(sum), count, ..Self::default() }
    }

    /// Of a figure of an interval.
    pub(crate) fn of_figure(figure: Figure, stat: Stat) -> Self {
        let Stat { count, sum, min, max } = stat;
        if figure.is_timed() {
            Self { max: Some(max), min: Some(min), count: Some(count), sum: Some(sum), ..Self::default() }
        } else {
            Self::of_count(count)
        }
    }

    /// Of a service level; the target only where one is meant.
    pub(crate) fn of_share(share: Share, target: Option<ServiceLevel>) -> Self {
        Self {
            ratio: Some(share.ratio()),
            numerator: Some(share.part),
            denominator: Some(share.all),
            target: target.map(|target| target.percentage),
            ..Self::default()
        }
    }
}
