//! Filters of analytics: clauses of predicates on dimensions, joined by and or or; and intervals.

use super::super::analytics;
use crate::refusal::Refusal;
use axum::http::StatusCode;
use protocol::Timestamp;

/// A filter of conversations; which dimensions are known depends on what is filtered.
pub(super) type Filter = analytics::filter::Filter<String>;

/// Refuses what could not be answered, and what is not a dimension of `known`.
pub(super) fn check(filter: &Filter, known: &[&str]) -> Result<(), Refusal> {
    filter.check()?;
    filter.dimensions().try_for_each(|dimension| check_dimension("filter", dimension, known))
}

/// Whether something with these values of dimensions is let through.
pub(super) fn lets_through<'a>(filter: &Filter, value_of: impl Fn(&str) -> Option<&'a str>) -> bool {
    filter.lets_through(|dimension, value| {
        value_of(dimension).is_some_and(|is| value.is_none_or(|value| is.eq_ignore_ascii_case(value)))
    })
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
        let passes = |queue: Option<&'static str>, user: Option<&'static str>, expected: bool| {
            let value_of = |name: &str| if name == "queueId" { queue } else { user };
            assert_eq!(lets_through(&filter, value_of), expected, "{queue:?} {user:?}");
        };
        passes(Some("b"), None, true);
        passes(Some("b"), Some("u"), false);
        passes(Some("c"), None, false);
        passes(None, None, false);
        assert!(check(&filter, &["queueId", "userId"]).is_ok());
        assert!(check(&filter, &["queueId"]).is_err());
    }
}
