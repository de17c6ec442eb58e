//! Filters of analytics: clauses of predicates on dimensions, joined by and or or; and intervals.

use axum::http::StatusCode;
use protocol::Timestamp;
use serde::Deserialize;

use crate::refusal::Refusal;

/// What is let through; everything when nothing is said.
#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(rename = "type")]
    joint: Joint,
    #[serde(default)]
    clauses: Vec<Clause>,
    #[serde(default)]
    predicates: Vec<Predicate>,
}

#[derive(Deserialize)]
struct Clause {
    #[serde(rename = "type")]
    joint: Joint,
    predicates: Vec<Predicate>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Joint {
    And,
    Or,
}

#[derive(Deserialize)]
struct Predicate {
    #[serde(rename = "type", default)]
    kind: PredicateKind,
    dimension: Option<String>,
    #[serde(default)]
    operator: Operator,
    value: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PredicateKind {
    #[default]
    Dimension,
    Property,
    Metric,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Operator {
    #[default]
    Matches,
    Exists,
    NotExists,
}

impl Filter {
    /// Refuses what is not a dimension of `known`, by its name.
    pub(super) fn check(&self, known: &[&str]) -> Result<(), Refusal> {
        let of_clauses = self.clauses.iter().flat_map(|clause| &clause.predicates);
        for predicate in of_clauses.chain(&self.predicates) {
            let PredicateKind::Dimension = predicate.kind else {
                return Err(Refusal::invalid_value(
                    "filter: predicates of type property and metric are not simulated, expected dimension",
                ));
            };
            let Some(dimension) = &predicate.dimension else {
                return Err(Refusal::bad_request("filter: a predicate needs a dimension"));
            };
            check_dimension("filter", dimension, known)?;
            if matches!(predicate.operator, Operator::Matches) && predicate.value.is_none() {
                return Err(Refusal::bad_request(format!("filter: {dimension} needs a value to match")));
            }
        }
        Ok(())
    }

    /// Whether something with these values of dimensions is let through.
    pub(super) fn lets_through<'a>(&self, value_of: &impl Fn(&str) -> Option<&'a str>) -> bool {
        let clauses = self.clauses.iter().map(|clause| {
            clause.joint.of(clause.predicates.iter().map(|predicate| predicate.holds(value_of)))
        });
        let predicates = self.predicates.iter().map(|predicate| predicate.holds(value_of));
        self.joint.of(clauses.chain(predicates))
    }
}

impl Joint {
    /// Nothing said lets everything through.
    fn of(self, parts: impl Iterator<Item = bool>) -> bool {
        let joined = parts.reduce(|joined, part| match self {
            Self::And => joined && part,
            Self::Or => joined || part,
        });
        joined.unwrap_or(true)
    }
}

impl Predicate {
    fn holds<'a>(&self, value_of: &impl Fn(&str) -> Option<&'a str>) -> bool {
        let is = self.dimension.as_deref().and_then(value_of);
        match self.operator {
            Operator::Matches => {
                is.zip(self.value.as_deref()).is_some_and(|(is, value)| is.eq_ignore_ascii_case(value))
            }
            Operator::Exists => is.is_some(),
            Operator::NotExists => is.is_none(),
        }
    }
}

/// Refuses a dimension that is not one of `known`.
pub(super) fn check_dimension(place: &str, dimension: &str, known: &[&str]) -> Result<(), Refusal> {
    if known.contains(&dimension) {
        return Ok(());
    }
    let expected = known.join(", ");
    Err(Refusal::invalid_value(format!("{place}: {dimension} is not simulated, expected one of {expected}")))
}

/// `start/end`, each a date with a time zone.
pub(super) fn read_interval(text: &str) -> Result<(Timestamp, Timestamp), Refusal> {
    let ends = text.split_once('/').and_then(|(start, end)| Some((start.parse().ok()?, end.parse().ok()?)));
    ends.filter(|(start, end): &(Timestamp, Timestamp)| start < end).ok_or_else(|| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "invalid.date",
            "interval: expected start/end, such as 2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clauses_are_joined_and_what_is_absent_does_not_match() {
        let is = |dimension: &str, value: &str| json!({ "dimension": dimension, "value": value });
        let filter: Filter = serde_json::from_value(json!({ "type": "and", "clauses": [
            { "type": "or", "predicates": [is("queueId", "a"), is("queueId", "B")] },
        ], "predicates": [{ "type": "dimension", "dimension": "userId", "operator": "notExists" }] }))
        .unwrap();
        let check = |queue: Option<&'static str>, user: Option<&'static str>, expected: bool| {
            let value_of = |name: &str| if name == "queueId" { queue } else { user };
            assert_eq!(filter.lets_through(&value_of), expected, "{queue:?} {user:?}");
        };
        check(Some("b"), None, true);
        check(Some("b"), Some("u"), false);
        check(Some("c"), None, false);
        check(None, None, false);
        assert!(filter.check(&["queueId", "userId"]).is_ok());
        assert!(filter.check(&["queueId"]).is_err());
    }
}
