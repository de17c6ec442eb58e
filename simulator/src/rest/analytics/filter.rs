//! Filters of analytics queries: predicates, and clauses of predicates, joined by `and` or `or`.
//! Each query has its own dimensions, as an enum or by name.

use serde::{Deserialize, de::IgnoredAny};

use crate::refusal::Refusal;

/// A filter.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "D: Deserialize<'de>"))]
pub(in crate::rest) struct Filter<D> {
    #[serde(rename = "type")]
    joint: Joint,
    #[serde(default)]
    clauses: Vec<Clause<D>>,
    #[serde(default)]
    predicates: Vec<Predicate<D>>,
}

#[derive(Debug, Deserialize)]
struct Clause<D> {
    #[serde(rename = "type")]
    joint: Joint,
    predicates: Vec<Predicate<D>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Joint {
    And,
    Or,
}

#[derive(Debug, Deserialize)]
struct Predicate<D> {
    #[serde(rename = "type", default)]
    kind: Kind,
    dimension: D,
    #[serde(default)]
    operator: Operator,
    value: Option<String>,
    range: Option<IgnoredAny>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Dimension,
    Property,
    Metric,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Operator {
    #[default]
    Matches,
    Exists,
    NotExists,
}

impl<D> Filter<D> {
    /// Refuses what could not be answered.
    pub(in crate::rest) fn check(&self) -> Result<(), Refusal> {
        for predicate in self.all() {
            if predicate.kind != Kind::Dimension {
                return Err(Refusal::invalid_value(
                    "filter: predicates of type property and metric are not simulated, expected dimension",
                ));
            }
            if predicate.range.is_some() {
                return Err(Refusal::invalid_value("filter: ranges are not simulated, expected a value"));
            }
            if predicate.operator == Operator::Matches && predicate.value.is_none() {
                return Err(Refusal::bad_request("filter: a predicate that matches needs a value"));
            }
        }
        Ok(())
    }

    /// The dimensions that are asked about.
    pub(in crate::rest) fn dimensions(&self) -> impl Iterator<Item = &D> {
        self.all().map(|predicate| &predicate.dimension)
    }

    /// Whether something passes. `is` tells whether a dimension of it has this value or, without
    /// one, any value at all. A filter without predicates lets everything through.
    pub(in crate::rest) fn lets_through(&self, is: impl Fn(&D, Option<&str>) -> bool) -> bool {
        self.lets_through_if(|dimension, value| Some(is(dimension, value)))
    }

    /// The same, where some dimensions do not concern what is asked about: predicates on them are passed
    /// over.
    pub(in crate::rest) fn lets_through_if(&self, is: impl Fn(&D, Option<&str>) -> Option<bool>) -> bool {
        let clauses = self
            .clauses
            .iter()
            .map(|clause| clause.joint.of(clause.predicates.iter().map(|predicate| predicate.holds(&is))));
        let predicates = self.predicates.iter().map(|predicate| predicate.holds(&is));
        self.joint.of(clauses.chain(predicates)).unwrap_or(true)
    }

    /// When only these values of a dimension can pass, these.
    pub(in crate::rest) fn only_values(&self, is_dimension: impl Fn(&D) -> bool) -> Option<Vec<&str>> {
        let clauses = self.clauses.iter().map(|clause| {
            clause.joint.only(clause.predicates.iter().map(|predicate| predicate.only(&is_dimension)))
        });
        let predicates = self.predicates.iter().map(|predicate| predicate.only(&is_dimension));
        self.joint.only(clauses.chain(predicates))
    }

    fn all(&self) -> impl Iterator<Item = &Predicate<D>> {
        self.clauses.iter().flat_map(|clause| &clause.predicates).chain(&self.predicates)
    }
}

impl Joint {
    /// Of those parts that concern what is asked about; `None` when none does.
    fn of(self, parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
        parts.flatten().reduce(|joined, part| match self {
            Self::And => joined && part,
            Self::Or => joined || part,
        })
    }

    fn only<'a>(self, mut parts: impl Iterator<Item = Option<Vec<&'a str>>>) -> Option<Vec<&'a str>> {
        match self {
            Self::And => parts.find_map(|part| part),
            Self::Or => parts
                .collect::<Option<Vec<_>>>()
                .filter(|lists| !lists.is_empty())
                .map(|lists| lists.concat()),
        }
    }
}

impl<D> Predicate<D> {
    fn holds(&self, is: impl Fn(&D, Option<&str>) -> Option<bool>) -> Option<bool> {
        match self.operator {
            Operator::Matches => is(&self.dimension, self.value.as_deref()),
            Operator::Exists => is(&self.dimension, None),
            Operator::NotExists => is(&self.dimension, None).map(|is| !is),
        }
    }

    fn only(&self, is_dimension: impl Fn(&D) -> bool) -> Option<Vec<&str>> {
        let value = self.value.as_deref().filter(|_| self.operator == Operator::Matches)?;
        is_dimension(&self.dimension).then(|| vec![value])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(Clone, Copy, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase")]
    enum Dimension {
        UserId,
        QueueId,
    }

    fn filter(body: Value) -> Filter<Dimension> {
        serde_json::from_value(body).unwrap()
    }

    fn passes(filter: &Filter<Dimension>, user: &str, queue: Option<&str>) -> bool {
        filter.lets_through(|dimension, value| match dimension {
            Dimension::UserId => value.is_none_or(|value| value == user),
            Dimension::QueueId => queue.is_some_and(|queue| value.is_none_or(|value| value == queue)),
        })
    }

    #[test]
    fn clauses_and_predicates_are_joined() {
        let one = |id: &str| json!({ "dimension": "userId", "value": id });
        let filter = filter(json!({
            "type": "and",
            "clauses": [{ "type": "or", "predicates": [one("a"), one("b")] }],
            "predicates": [{ "type": "dimension", "dimension": "queueId", "operator": "notExists" }],
        }));
        assert!(passes(&filter, "a", None) && passes(&filter, "b", None));
        assert!(!passes(&filter, "c", None) && !passes(&filter, "a", Some("q")));
        assert_eq!(filter.only_values(|is| *is == Dimension::UserId), Some(vec!["a", "b"]));
        assert_eq!(filter.only_values(|is| *is == Dimension::QueueId), None);
        assert!(filter.check().is_ok());
    }

    #[test]
    fn predicates_that_do_not_concern_it_are_passed_over() {
        let user = json!({ "dimension": "userId", "value": "a" });
        let queue = json!({ "dimension": "queueId", "value": "q" });
        for (joint, other_user) in [("and", false), ("or", false)] {
            let filter = filter(json!({ "type": joint, "predicates": [user, queue] }));
            let passes = |id: &str| {
                filter.lets_through_if(|dimension, value| match dimension {
                    Dimension::UserId => Some(value == Some(id)),
                    Dimension::QueueId => None,
                })
            };
            assert!(passes("a"), "{joint}");
            assert_eq!(passes("b"), other_user, "{joint}");
        }
    }

    #[test]
    fn nothing_asked_for_lets_everything_through() {
        for joint in ["and", "or"] {
            let filter = filter(json!({ "type": joint }));
            assert!(passes(&filter, "a", None), "{joint}");
            assert_eq!(filter.only_values(|_| true), None, "{joint}");
        }
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        for predicate in [
            json!({ "dimension": "userId" }),
            json!({ "type": "metric", "dimension": "userId", "value": "a" }),
            json!({ "dimension": "userId", "value": "a", "range": { "gt": 1 } }),
        ] {
            assert!(filter(json!({ "type": "or", "predicates": [predicate] })).check().is_err());
        }
    }
}
