//! `v2.analytics.queues.{id}.observations`: what is going on in a queue. Undated.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::members::members;

/// Statistics of one group of a queue, at most once a second, on change.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ObservationsEvent {
    /// What the figures belong to: `queueId`, and `mediaType` for figures by medium.
    pub group: BTreeMap<String, String>,
    /// Figures by interval.
    pub data: Vec<IntervalData>,
}

members! {
    ObservationsEvent from ObservationsEvent::default(), { group: "group", data: "data" }
}

/// Figures of one interval. Observations are of the moment, whatever the interval says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IntervalData {
    /// `start/end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// The figures.
    pub metrics: Vec<MetricData>,
}

members! {
    IntervalData from IntervalData::default(), { interval: "interval", metrics: "metrics" }
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricData {
    /// Which figure.
    pub metric: Metric,
    /// What it is divided by: a presence definition's id, a routing status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Arc<str>>,
    /// The numbers by name.
    pub stats: Stats,
}

members! {
    MetricData from MetricData { metric: Metric::Waiting, qualifier: None, stats: Stats::default() }, { metric: "metric", qualifier: "qualifier", stats: "stats" } needs metric
}

/// The numbers that observations use; others are skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<f64>,
    /// Largest, in milliseconds for durations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The value of longest waiting and longest interacting, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculated_metric_value: Option<f64>,
}

members! {
    Stats from Stats::default(), { count: "count", max: "max", calculated_metric_value: "calculatedMetricValue" }
}

/// An observation that a board shows, or another metric by its raw name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the vendor's words")]
pub enum Metric {
    Waiting,
    Interacting,
    Alerting,
    LongestWaiting,
    LongestInteracting,
    OnQueueUsers,
    OffQueueUsers,
    ActiveUsers,
    MemberUsers,
    UserPresences,
    UserRoutingStatuses,
    /// A metric that the board does not use.
    Other(Arc<str>),
}

impl Metric {
    /// The metrics a wall asks for.
    pub const ALL: [Self; 11] = [
        Self::Waiting,
        Self::Interacting,
        Self::Alerting,
        Self::LongestWaiting,
        Self::LongestInteracting,
        Self::OnQueueUsers,
        Self::OffQueueUsers,
        Self::ActiveUsers,
        Self::MemberUsers,
        Self::UserPresences,
        Self::UserRoutingStatuses,
    ];

    /// Reads the vendor's name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|metric| metric.as_str().eq_ignore_ascii_case(text))
            .unwrap_or_else(|| Self::Other(text.into()))
    }

    /// The vendor's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Waiting => "oWaiting",
            Self::Interacting => "oInteracting",
            Self::Alerting => "oAlerting",
            Self::LongestWaiting => "oLongestWaiting",
            Self::LongestInteracting => "oLongestInteracting",
            Self::OnQueueUsers => "oOnQueueUsers",
            Self::OffQueueUsers => "oOffQueueUsers",
            Self::ActiveUsers => "oActiveUsers",
            Self::MemberUsers => "oMemberUsers",
            Self::UserPresences => "oUserPresences",
            Self::UserRoutingStatuses => "oUserRoutingStatuses",
            Self::Other(raw) => raw,
        }
    }

    /// Whether the figure is a duration that grows by itself.
    #[must_use]
    pub fn is_longest(&self) -> bool {
        matches!(self, Self::LongestWaiting | Self::LongestInteracting)
    }
}

impl Serialize for Metric {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&std::borrow::Cow::<str>::deserialize(deserializer)?))
    }
}
