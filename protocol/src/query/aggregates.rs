//! `POST /api/v2/analytics/conversations/aggregates/query`: figures of conversations over a period.
//!
//! Every figure is counted when it is known: an answer when it is given, handling when it is over. So a period is
//! not about conversations that began in it. What is zero is absent.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Filter, FilterKind, Predicate};
use crate::{
    event::rollcall::{Figures, RollcallTally},
    id::{QueueId, UserId},
    time::Timestamp,
};

/// Analytics counts in half hours of the clock. Source: developer center, analytics data management.
pub const INTERVAL_MS: i64 = 30 * 60 * 1_000;

/// The medium that fills neither tAnswered nor tAbandon and has no service level.
const CALLBACK: &str = "callback";

/// Body of the query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AggregatesQuery {
    /// `start/end`.
    pub interval: String,
    /// What the figures are divided by.
    pub group_by: Vec<String>,
    /// Of which queues.
    pub filter: Filter,
    /// Which figures.
    pub metrics: Vec<ConversationMetric>,
}

impl AggregatesQuery {
    /// Asks for what a wall shows of these queues, by medium: a service level is of a medium's own target.
    #[must_use]
    pub fn of_queues<'a>(
        queues: impl IntoIterator<Item = &'a QueueId>,
        from: Timestamp,
        until: Timestamp,
    ) -> Self {
        Self {
            interval: format!("{from}/{until}"),
            group_by: vec!["queueId".to_owned(), "mediaType".to_owned()],
            filter: any_of("queueId", queues.into_iter().map(ToString::to_string)),
            metrics: ConversationMetric::OF_QUEUES.to_vec(),
        }
    }

    /// Asks for what was handled in these queues, by user.
    #[must_use]
    pub fn by_user<'a>(
        queues: impl IntoIterator<Item = &'a QueueId>,
        from: Timestamp,
        until: Timestamp,
    ) -> Self {
        Self {
            group_by: vec!["userId".to_owned()],
            metrics: vec![ConversationMetric::Handle],
            ..Self::of_queues(queues, from, until)
        }
    }
}

/// An and-clause around or-predicates: a flat or of predicates misses most inbound conversations.
fn any_of(dimension: &str, values: impl Iterator<Item = String>) -> Filter {
    let predicates = values
        .map(|value| Predicate {
            kind: Some("dimension".to_owned()),
            dimension: dimension.to_owned(),
            operator: Some("matches".to_owned()),
            value: Some(value),
        })
        .collect();
    let clause = Filter { kind: FilterKind::Or, predicates, clauses: Vec::new() };
    Filter { kind: FilterKind::And, predicates: Vec::new(), clauses: vec![clause] }
}

/// Answer of the query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AggregatesResponse {
    /// By group.
    pub results: Vec<AggregatesResult>,
}

/// The figures of one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AggregatesResult {
    /// The group's `queueId`, `mediaType` or `userId`.
    pub group: BTreeMap<String, String>,
    /// By period.
    pub data: Vec<AggregatesData>,
}

/// The figures of one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AggregatesData {
    /// `start/end`.
    pub interval: String,
    /// The figures; zero ones are absent.
    pub metrics: Vec<AggregatesMetric>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AggregatesMetric {
    /// Which figure.
    pub metric: ConversationMetric,
    /// The numbers.
    #[serde(default)]
    pub stats: Summary,
}

/// The numbers of a figure that a wall uses; others are skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<f64>,
    /// Milliseconds, summed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// Of a share: the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// Of a share: the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
}

/// A figure of conversations that a wall uses, or another by its raw name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the vendor's words")]
pub enum ConversationMetric {
    Offered,
    Answered,
    Abandon,
    OverSla,
    ServiceLevel,
    Handle,
    /// A figure that no wall uses.
    Other(String),
}

impl ConversationMetric {
    /// Those that a wall asks of queues.
    pub const OF_QUEUES: [Self; 6] =
        [Self::Offered, Self::Answered, Self::Abandon, Self::OverSla, Self::ServiceLevel, Self::Handle];

    /// Reads the vendor's name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::OF_QUEUES
            .into_iter()
            .find(|metric| metric.as_str().eq_ignore_ascii_case(text))
            .unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// The vendor's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Offered => "nOffered",
            Self::Answered => "tAnswered",
            Self::Abandon => "tAbandon",
            Self::OverSla => "nOverSla",
            Self::ServiceLevel => "oServiceLevel",
            Self::Handle => "tHandle",
            Self::Other(raw) => raw,
        }
    }
}

impl Serialize for ConversationMetric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ConversationMetric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&Cow::<str>::deserialize(deserializer)?))
    }
}

impl AggregatesResponse {
    /// The sums of each queue that something is said about. Whoever asked for a queue that is not among them has its
    /// figures: zero.
    #[must_use]
    pub fn by_queue(&self, since: Timestamp) -> BTreeMap<QueueId, Figures> {
        let mut sums = BTreeMap::new();
        for result in &self.results {
            let Some(queue) = result.group.get("queueId") else { continue };
            let sum =
                sums.entry(QueueId::new(queue)).or_insert_with(|| Figures { since, ..Figures::default() });
            for data in &result.data {
                data.add_to(sum, result.group.get("mediaType").map(String::as_str));
            }
        }
        sums
    }

    /// What each user handled.
    #[must_use]
    pub fn by_user(&self) -> BTreeMap<UserId, RollcallTally> {
        let mut tallies = BTreeMap::new();
        for result in &self.results {
            // Conversations that no agent had stand in a group without a user.
            let Some(user) = result.group.get("userId").map(|id| UserId::new(id)) else { continue };
            let tally =
                tallies.entry(user.clone()).or_insert(RollcallTally { id: user, handled: 0, handle_ms: 0 });
            for data in &result.data {
                let handle = data.of(&ConversationMetric::Handle);
                tally.handled = tally.handled.saturating_add(count(handle.count));
                tally.handle_ms = tally.handle_ms.saturating_add(ms(handle.sum));
            }
        }
        tallies
    }
}

impl AggregatesData {
    fn of(&self, metric: &ConversationMetric) -> Summary {
        self.metrics.iter().find(|is| is.metric == *metric).map(|is| is.stats).unwrap_or_default()
    }

    /// docs/metrics.md says why each is what it is.
    fn add_to(&self, sum: &mut Figures, media: Option<&str>) {
        let answered = self.of(&ConversationMetric::Answered);
        let handle = self.of(&ConversationMetric::Handle);
        let offered = count(self.of(&ConversationMetric::Offered).count);
        let (in_time, counted) = self.service_level(media, offered, count(answered.count));
        sum.offered = sum.offered.saturating_add(offered);
        sum.answered = sum.answered.saturating_add(count(answered.count));
        sum.answer_ms = sum.answer_ms.saturating_add(ms(answered.sum));
        sum.abandoned = sum.abandoned.saturating_add(count(self.of(&ConversationMetric::Abandon).count));
        sum.in_time = sum.in_time.saturating_add(in_time);
        sum.counted = sum.counted.saturating_add(counted);
        sum.handled = sum.handled.saturating_add(count(handle.count));
        sum.handle_ms = sum.handle_ms.saturating_add(ms(handle.sum));
    }

    /// How many were in time, and of how many: Genesys' own word, where it gives one. Else what its user interface
    /// shows, once something was answered: before that an absent share may as well be one of nothing.
    fn service_level(&self, media: Option<&str>, offered: u32, answered: u32) -> (u32, u32) {
        let own = self.of(&ConversationMetric::ServiceLevel);
        if own.denominator.is_some() {
            let counted = count(own.denominator);
            return (count(own.numerator).min(counted), counted);
        }
        let is_callback = media.is_some_and(|media| media.eq_ignore_ascii_case(CALLBACK));
        if is_callback || answered == 0 {
            return (0, 0);
        }
        let in_time = answered.saturating_sub(count(self.of(&ConversationMetric::OverSla).count));
        // What was offered in one period may be answered in the next.
        (in_time, offered.max(answered))
    }
}

fn count(number: Option<f64>) -> u32 {
    // Saturating: a number that is none, or below zero, is zero.
    number.unwrap_or(0.0) as u32
}

fn ms(number: Option<f64>) -> i64 {
    (number.unwrap_or(0.0) as i64).max(0)
}
