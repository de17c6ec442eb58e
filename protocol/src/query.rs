//! What analytics are asked and answer, as far as a wall uses it.

pub mod aggregates;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    event::observations::{Metric, Stats},
    id::QueueId,
};

/// Body of `POST /api/v2/analytics/queues/observations/query`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservationsQuery {
    /// Which queues and media.
    pub filter: Filter,
    /// Which figures.
    pub metrics: Vec<Metric>,
    /// Figures to list one by one; accepted and not used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detail_metrics: Vec<Metric>,
}

/// Predicates and clauses joined by `and` or `or`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// `and` or `or`.
    #[serde(rename = "type")]
    pub kind: FilterKind,
    /// Single conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub predicates: Vec<Predicate>,
    /// Nested conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Filter>,
}

/// How conditions are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterKind {
    /// All must hold.
    #[default]
    And,
    /// One must hold.
    Or,
}

/// One condition: a dimension equals a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Predicate {
    /// `dimension`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `queueId` or `mediaType`.
    pub dimension: String,
    /// `matches`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The value to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl ObservationsQuery {
    /// Asks for everything a wall shows of these queues.
    #[must_use]
    pub fn of_queues<'a>(queues: impl IntoIterator<Item = &'a QueueId>) -> Self {
        let predicates = queues
            .into_iter()
            .map(|queue| Predicate {
                kind: Some("dimension".to_owned()),
                dimension: "queueId".to_owned(),
                operator: Some("matches".to_owned()),
                value: Some(queue.to_string()),
            })
            .collect();
        Self {
            filter: Filter { kind: FilterKind::Or, predicates, clauses: Vec::new() },
            metrics: Metric::ALL.to_vec(),
            detail_metrics: Vec::new(),
        }
    }
}

impl Filter {
    /// Whether a group of figures passes. A dimension that the group does not have never matches.
    #[must_use]
    pub fn matches(&self, dimension: &dyn Fn(&str) -> Option<String>) -> bool {
        let predicate = |p: &Predicate| {
            let Some(value) = &p.value else { return false };
            dimension(&p.dimension).is_some_and(|actual| actual.eq_ignore_ascii_case(value))
        };
        let mut results = self
            .predicates
            .iter()
            .map(predicate)
            .chain(self.clauses.iter().map(|clause| clause.matches(dimension)));
        match self.kind {
            FilterKind::And => results.all(|matched| matched),
            FilterKind::Or => results.any(|matched| matched),
        }
    }
}

/// Answer of the observation query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObservationsResponse {
    /// By group.
    pub results: Vec<ObservationsResult>,
    /// Definition ids by system presence.
    pub system_to_organization_mappings: BTreeMap<String, Vec<String>>,
}

/// The figures of one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObservationsResult {
    /// `queueId`, and `mediaType` for figures by medium.
    pub group: BTreeMap<String, String>,
    /// The figures; zero ones are absent.
    pub data: Vec<ObservationData>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservationData {
    /// Which figure.
    pub metric: Metric,
    /// What it is divided by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Arc<str>>,
    /// The numbers.
    #[serde(default)]
    pub stats: Stats,
}
