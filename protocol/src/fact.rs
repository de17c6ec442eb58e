//! Facts: the smallest things with a date of their own, and the one table that says which event or
//! read carries which.
//!
//! | topic or read | facts | vendor date |
//! | --- | --- | --- |
//! | `v2.users.{id}.presence`, `presence` of a user | presence | `modifiedDate` |
//! | `v2.users.{id}.routingStatus`, `routingStatus` of a user | routing status | `startTime` |
//! | `v2.users.{id}.activity` | presence, routing status | `modifiedDate`, `startTime` |
//! | `v2.users.{id}.conversationsummary`, `conversationSummary` of a user | conversations by medium | none |
//! | `v2.analytics.queues.{id}.observations`, queue observations | a figure by queue, medium, metric, qualifier | none |
//! | `rollcall.…` and polled reads | who a user is, what a queue is, the presence definitions | none |
//!
//! Facts without a vendor date are stamped by the proxy: arrival for events, start of the request
//! for reads. Absent means zero in a read and unchanged in an event.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{
    entity::User,
    event::{
        conversation_summary::{ConversationSummary, MediaSummary, SummaryMedia},
        observations::{Metric, ObservationsEvent, Stats},
        presence::PresenceEvent,
        rollcall::{
            RollcallAlarms, RollcallFigures, RollcallPresences, RollcallQueue, RollcallSamples,
            RollcallStates, RollcallTally, RollcallUser,
        },
        routing_status::{RoutingStatusEvent, UserRoutingStatus},
        user_activity::UserActivityEvent,
    },
    id::{PresenceDefinitionId, QueueId, UserId},
    json,
    presence::{RoutingStatus, SystemPresence},
    query::ObservationsResponse,
    slot::Slot,
    time::Timestamp,
    topic::Topic,
};

/// One fact: which, what, and since when by the vendor's own word.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The slot it is part of.
    pub slot: Slot,
    /// Which part of the slot.
    pub part: Part,
    /// What is so.
    pub value: Value,
    /// The vendor's date, when it has one.
    pub date: Option<Timestamp>,
}

/// A part of a slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The slot is one fact.
    Whole,
    /// One medium of a conversation summary.
    Media(SummaryMedia),
    /// One figure of a queue.
    Figure {
        /// Which figure.
        metric: Metric,
        /// What it is divided by.
        qualifier: Option<Arc<str>>,
    },
}

/// What is so.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A user's presence.
    Presence(Presence),
    /// A user's routing status.
    RoutingStatus(RoutingStatus),
    /// A user's conversations of one medium.
    Conversations(MediaSummary),
    /// A count of a queue.
    Count(u32),
    /// Since when the longest one of a queue lasts; `None` when there is none.
    Since(Option<Timestamp>),
    /// Who a user is.
    User(RollcallUser),
    /// What a queue is.
    Queue(RollcallQueue),
    /// The organisation's presence definitions.
    Presences(RollcallPresences),
    /// A queue's figures of interval and day.
    Figures(RollcallFigures),
    /// How many waited in a queue over the last hour.
    Samples(RollcallSamples),
    /// What a user handled today.
    Tally(RollcallTally),
    /// What is wrong on a wall.
    Alarms(RollcallAlarms),
    /// How many agents are in which state.
    States(RollcallStates),
}

/// A user's presence, without its date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The organisation's definition; the definition is the key, the system presence its meaning.
    pub definition: PresenceDefinitionId,
    /// The system presence; absent when the body left it out.
    pub system: Option<SystemPresence>,
    /// The user's own words.
    pub message: Arc<str>,
}

impl Value {
    /// Whether a subject of which nothing was ever heard is in this state.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Conversations(counts) => *counts == MediaSummary::default(),
            Self::Count(count) => *count == 0,
            Self::Since(since) => since.is_none(),
            Self::Presence(_)
            | Self::RoutingStatus(_)
            | Self::User(_)
            | Self::Queue(_)
            | Self::Presences(_)
            | Self::Figures(_)
            | Self::Samples(_)
            | Self::Tally(_)
            | Self::Alarms(_)
            | Self::States(_) => false,
        }
    }

    /// The value that "absent" stands for in a read.
    #[must_use]
    pub fn zero(&self) -> Option<Self> {
        match self {
            Self::Conversations(_) => Some(Self::Conversations(MediaSummary::default())),
            Self::Count(_) => Some(Self::Count(0)),
            Self::Since(_) => Some(Self::Since(None)),
            Self::Presence(_)
            | Self::RoutingStatus(_)
            | Self::User(_)
            | Self::Queue(_)
            | Self::Presences(_)
            | Self::Figures(_)
            | Self::Samples(_)
            | Self::Tally(_)
            | Self::Alarms(_)
            | Self::States(_) => None,
        }
    }

    /// Whether two reads say the same. A running duration is read off twice with some jitter.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        const JITTER_MS: i64 = 2_000;
        match (self, other) {
            (Self::Since(Some(a)), Self::Since(Some(b))) => a.ms_since(*b).abs() <= JITTER_MS,
            _ => self == other,
        }
    }
}

/// A body that is not what its topic promises. The body itself is kept out of the error.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("body does not fit its topic (line {line}, column {column})")]
pub struct BadBody {
    /// Line of the fault within the body.
    pub line: usize,
    /// Column of the fault within the body.
    pub column: usize,
}

/// The facts of an event that arrived, or was stamped, at `at`. Events of one's own kind that are of
/// no use to a board give none.
///
/// # Errors
/// When the body does not fit the topic.
pub fn of_event(topic: &Topic, body: &RawValue, at: Timestamp) -> Result<Vec<Fact>, BadBody> {
    Ok(match topic {
        Topic::UserPresence(user) => of_presence(user, read::<PresenceEvent>(body)?).into_iter().collect(),
        Topic::UserRoutingStatus(user) => {
            let event: RoutingStatusEvent = read(body)?;
            event.routing_status.and_then(|status| of_routing_status(user, status)).into_iter().collect()
        }
        Topic::UserConversationSummary(user) => of_summary(user, &read::<ConversationSummary>(body)?, false),
        Topic::UserActivity(user) => {
            let event: UserActivityEvent = read(body)?;
            let presence = event.presence.and_then(|presence| {
                of_presence(
                    user,
                    PresenceEvent {
                        presence_definition: presence.presence_definition,
                        message: presence.presence_message,
                        modified_date: presence.modified_date,
                        ..PresenceEvent::default()
                    },
                )
            });
            let status = event.routing_status.and_then(|status| of_routing_status(user, status));
            presence.into_iter().chain(status).collect()
        }
        Topic::QueueObservations(queue) => of_observations_event(queue, &read(body)?, at),
        Topic::RollcallUser(_) => {
            vec![whole(topic.clone(), Value::User(read(body)?))]
        }
        Topic::RollcallQueue(_) => vec![whole(topic.clone(), Value::Queue(read(body)?))],
        Topic::RollcallPresences => vec![whole(topic.clone(), Value::Presences(read(body)?))],
        Topic::RollcallFigures(_) => vec![whole(topic.clone(), Value::Figures(read(body)?))],
        Topic::RollcallSamples(_) => vec![whole(topic.clone(), Value::Samples(read(body)?))],
        Topic::RollcallTally(_) => vec![whole(topic.clone(), Value::Tally(read(body)?))],
        Topic::RollcallAlarms(_) => vec![whole(topic.clone(), Value::Alarms(read(body)?))],
        Topic::RollcallStates(_) => vec![whole(topic.clone(), Value::States(read(body)?))],
        Topic::QueueActivity(_) | Topic::RollcallWall(_) | Topic::RollcallShard(_) => Vec::new(),
    })
}

/// The facts of a user that was read with its expansions. What the answer left out gives no fact:
/// expansions are best effort.
#[must_use]
pub fn of_user(user: &User) -> Vec<Fact> {
    let mut facts = Vec::with_capacity(9);
    if let Some(presence) = &user.presence {
        facts.extend(of_presence(&user.id, presence.clone().into()));
    }
    if let Some(status) = &user.routing_status {
        facts.extend(of_routing_status(&user.id, status.clone()));
    }
    if let Some(summary) = &user.conversation_summary {
        facts.extend(of_summary(&user.id, summary, true));
    }
    facts
}

/// The figures of an observation query that was begun at `began`. What is absent is not listed:
/// whoever holds a figure of a queue that was asked for sets it to zero.
#[must_use]
pub fn of_observations(response: &ObservationsResponse, began: Timestamp) -> Vec<Fact> {
    let mut facts = Vec::new();
    for result in &response.results {
        let Some(queue) = result.group.get("queueId") else { continue };
        let slot = observations_slot(&QueueId::new(queue), result.group.get("mediaType"));
        let data = result.data.iter();
        let mut figures: Vec<_> = data
            .filter_map(|data| figure(&slot, &data.metric, data.qualifier.as_ref(), data.stats, began))
            .collect();
        begin_now(&mut figures, began);
        facts.extend(figures);
    }
    facts
}

/// The slot of a queue's figures of one group.
#[must_use]
pub fn observations_slot(queue: &QueueId, media: Option<&String>) -> Slot {
    Slot {
        topic: Topic::QueueObservations(queue.clone()),
        media: media.map(|m| m.to_ascii_lowercase().into()),
    }
}

fn whole(topic: Topic, value: Value) -> Fact {
    Fact { slot: topic.into(), part: Part::Whole, value, date: None }
}

fn of_presence(user: &UserId, event: PresenceEvent) -> Option<Fact> {
    let definition = event.presence_definition?;
    Some(Fact {
        slot: Topic::UserPresence(user.clone()).into(),
        part: Part::Whole,
        value: Value::Presence(Presence {
            definition: definition.id,
            system: definition.system_presence,
            message: event.message.unwrap_or_default().into(),
        }),
        date: event.modified_date,
    })
}

fn of_routing_status(user: &UserId, status: UserRoutingStatus) -> Option<Fact> {
    Some(Fact {
        slot: Topic::UserRoutingStatus(user.clone()).into(),
        part: Part::Whole,
        value: Value::RoutingStatus(status.status?),
        date: status.start_time,
    })
}

fn of_summary(user: &UserId, summary: &ConversationSummary, absent_is_zero: bool) -> Vec<Fact> {
    let slot = Slot::from(Topic::UserConversationSummary(user.clone()));
    SummaryMedia::ALL
        .into_iter()
        .filter_map(|media| {
            let counts = match summary.get(media) {
                Some(counts) => counts,
                None if absent_is_zero => MediaSummary::default(),
                None => return None,
            };
            let value = Value::Conversations(counts);
            Some(Fact { slot: slot.clone(), part: Part::Media(media), value, date: None })
        })
        .collect()
}

fn of_observations_event(queue: &QueueId, event: &ObservationsEvent, at: Timestamp) -> Vec<Fact> {
    let slot = observations_slot(queue, event.group.get("mediaType"));
    let data = event.data.iter().flat_map(|data| &data.metrics);
    let mut figures: Vec<_> = data
        .filter_map(|data| figure(&slot, &data.metric, data.qualifier.as_ref(), data.stats, at))
        .collect();
    begin_now(&mut figures, at);
    figures
}

/// Where some are counted, a longest of zero has just begun and grows from now on: there need be no
/// other event before it ends.
fn begin_now(figures: &mut [Fact], at: Timestamp) {
    let of =
        |fact: &Fact, wanted: &Metric| matches!(&fact.part, Part::Figure { metric, .. } if metric == wanted);
    for (longest, counted) in
        [(Metric::LongestWaiting, Metric::Waiting), (Metric::LongestInteracting, Metric::Interacting)]
    {
        if figures.iter().any(|fact| of(fact, &counted) && !fact.value.is_zero()) {
            let zeros = figures.iter_mut().filter(|fact| of(fact, &longest) && fact.value.is_zero());
            zeros.for_each(|fact| fact.value = Value::Since(Some(at)));
        }
    }
}

/// One figure, if its number is there. Where a duration stands in the statistics is not promised by
/// the vendor, so both places that occur are read.
fn figure(
    slot: &Slot,
    metric: &Metric,
    qualifier: Option<&Arc<str>>,
    stats: Stats,
    at: Timestamp,
) -> Option<Fact> {
    let value = if matches!(metric, Metric::Other(_)) {
        return None;
    } else if metric.is_longest() {
        let ms = stats.calculated_metric_value.or(stats.max)?;
        Value::Since((ms > 0.0).then(|| at.plus_ms(-(ms as i64))))
    } else {
        Value::Count(stats.count?.max(0.0) as u32)
    };
    let part = Part::Figure { metric: metric.clone(), qualifier: qualifier.cloned() };
    Some(Fact { slot: slot.clone(), part, value, date: None })
}

fn read<T: DeserializeOwned>(body: &RawValue) -> Result<T, BadBody> {
    json::from_str(body.get()).map_err(|bad| BadBody { line: bad.line, column: bad.column })
}
