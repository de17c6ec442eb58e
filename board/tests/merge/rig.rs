//! Ledger and board as the feed drives them, and the bodies they are fed with.

use std::collections::BTreeMap;

use board::{Board, Change, queue::Figure};
use protocol::{
    QueueId, Slot, Timestamp, Topic, UserId,
    entity::{User, UserPresence},
    event::{
        conversation_summary::{ConversationSummary, SummaryMedia},
        observations::{IntervalData, Metric, MetricData, ObservationsEvent, Stats},
        presence::{PresenceDefinitionRef, PresenceEvent},
        routing_status::{RoutingStatusEvent, UserRoutingStatus},
    },
    fact::{self, Fact, Part, Value},
    merge::{Asked, Ledger, Origin, Verdict},
    presence::{RoutingStatus, SystemPresence},
    query::{ObservationData, ObservationsResponse, ObservationsResult},
};
use serde_json::{
    Result,
    value::{RawValue, to_raw_value},
};

/// The proxy's clock when a case begins.
pub const START_MS: i64 = 1_767_268_800_000;

/// The feed in small: one ledger, one board, one clock.
#[derive(Default)]
pub struct Rig {
    pub ledger: Ledger,
    pub board: Board,
}

impl Rig {
    /// Weighs a fact, applies it if it wins, and checks that board and ledger say the same.
    pub fn take(&mut self, fact: &Fact, origin: Origin, now_ms: i64) -> Verdict {
        let verdict = self.ledger.weigh(fact, origin, Timestamp::from_ms(now_ms));
        if let Verdict::Accepted(date) = verdict {
            assert_ne!(self.board.apply(fact, date), Change::Nothing, "an accepted fact changes the board");
        }
        self.assert_board_shows_what_stands(fact);
        verdict
    }

    pub fn hear(&mut self, fact: &Fact, now_ms: i64) -> Verdict {
        self.take(fact, Origin::Event, now_ms)
    }

    pub fn read(&mut self, fact: &Fact, began_ms: i64, after_gap: bool, now_ms: i64) -> Verdict {
        let asked = if after_gap { Asked::AfterGap } else { Asked::InDoubt };
        self.take(fact, Origin::Read { began: Timestamp::from_ms(began_ms), asked }, now_ms)
    }

    pub fn audit(&mut self, fact: &Fact, began_ms: i64, now_ms: i64) -> Verdict {
        let began = Timestamp::from_ms(began_ms);
        self.take(fact, Origin::Read { began, asked: Asked::ForAudit }, now_ms)
    }

    /// What stands, with its date.
    pub fn standing(&self, slot: &Slot, part: &Part) -> Option<(Value, Timestamp)> {
        let (_, held) = self.ledger.parts(slot).find(|(held, _)| *held == part)?;
        Some((held.value.clone(), held.date))
    }

    /// "Absent means zero in reads": adds a zero for each figure that stands in the slot and that the
    /// read did not list.
    pub fn absent_as_zero(&self, slot: &Slot, read: &mut Vec<Fact>) {
        for (part, held) in self.ledger.parts(slot) {
            if read.iter().any(|fact| fact.slot == *slot && fact.part == *part) {
                continue;
            }
            let Some(value) = held.value.zero() else { continue };
            read.push(Fact { slot: slot.clone(), part: part.clone(), value, date: None });
        }
    }

    fn assert_board_shows_what_stands(&self, fact: &Fact) {
        let Some((value, date)) = self.standing(&fact.slot, &fact.part) else { return };
        match (&fact.slot.topic, value) {
            (Topic::UserPresence(id), Value::Presence(presence)) => {
                let agent = self.board.agent(id).expect("the agent is on the board");
                assert_eq!(agent.presence, Some((presence, date)));
            }
            (Topic::UserRoutingStatus(id), Value::RoutingStatus(status)) => {
                let agent = self.board.agent(id).expect("the agent is on the board");
                assert_eq!(agent.routing_status, Some((status, date)));
            }
            (Topic::UserConversationSummary(id), Value::Conversations(counts)) => {
                let Part::Media(media) = fact.part else { panic!("a summary is by medium") };
                let shown = self.board.agent(id).and_then(|agent| agent.conversations.get(&media).copied());
                assert_eq!(shown.unwrap_or_default(), counts);
            }
            (Topic::QueueObservations(id), value) => {
                let Part::Figure { metric, qualifier } = &fact.part else { panic!("figures have a metric") };
                let key = (metric.clone(), fact.slot.media.clone(), qualifier.clone());
                let shown = self.board.queue(id).and_then(|queue| queue.figures.get(&key).copied());
                let (figure, zero) = figure(&value);
                assert_eq!(shown.unwrap_or(zero), figure);
            }
            (topic, value) => panic!("nothing of {topic} is {value:?}"),
        }
    }
}

/// A figure as the board keeps it, and what it is when it was never heard of.
fn figure(value: &Value) -> (Figure, Figure) {
    if let Value::Since(since) = value {
        return (Figure::Since(*since), Figure::Since(None));
    }
    let Value::Count(count) = value else { panic!("not a figure: {value:?}") };
    (Figure::Count(*count), Figure::Count(0))
}

/// A dated facet of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    Presence,
    RoutingStatus,
}

pub fn user(number: usize) -> UserId {
    UserId::new(&format!("user-{number}"))
}

pub fn queue() -> QueueId {
    QueueId::new("queue")
}

/// The event of a dated facet, encoded and decoded as it travels.
pub fn dated_event(number: usize, facet: Facet, value: u8, date_ms: i64) -> Fact {
    let (date, id) = (Some(Timestamp::from_ms(date_ms)), user(number));
    let facts = match facet {
        Facet::Presence => {
            let presence = PresenceEvent {
                presence_definition: Some(definition(value)),
                message: Some(message(value)),
                modified_date: date,
                ..PresenceEvent::default()
            };
            decoded(&Topic::UserPresence(id), to_raw_value(&presence), 0)
        }
        Facet::RoutingStatus => {
            let status = UserRoutingStatus { status: Some(status(value)), start_time: date, user_id: None };
            let event = RoutingStatusEvent { id: Some(id.clone()), routing_status: Some(status) };
            decoded(&Topic::UserRoutingStatus(id), to_raw_value(&event), 0)
        }
    };
    let [fact] = facts.try_into().expect("one fact");
    fact
}

/// A read of one user: each dated facet as (value, date), each medium's active conversations.
pub fn user_read(
    number: usize,
    facets: &BTreeMap<Facet, (u8, i64)>,
    summary: Option<ConversationSummary>,
) -> Vec<Fact> {
    let mut read = User {
        id: user(number),
        name: String::new(),
        state: None,
        team: None,
        presence: None,
        routing_status: None,
        conversation_summary: summary,
        self_uri: None,
    };
    for (facet, (value, date_ms)) in facets {
        let date = Some(Timestamp::from_ms(*date_ms));
        match facet {
            Facet::Presence => {
                read.presence = Some(UserPresence {
                    presence_definition: Some(definition(*value)),
                    message: Some(message(*value)),
                    modified_date: date,
                    ..UserPresence::default()
                });
            }
            Facet::RoutingStatus => {
                let status = Some(status(*value));
                read.routing_status = Some(UserRoutingStatus { status, start_time: date, user_id: None });
            }
        }
    }
    let text = serde_json::to_string(&read).expect("a user can be written");
    fact::of_user(&serde_json::from_str(&text).expect("and read"))
}

/// Active conversations by medium, as summaries write them.
pub fn summary(counts: &[(SummaryMedia, u32)]) -> ConversationSummary {
    let mut summary = ConversationSummary::default();
    for (media, active) in counts {
        let mut of_media = summary.get(*media).unwrap_or_default();
        of_media.contact_center.active = *active;
        summary.set(*media, of_media);
    }
    summary
}

pub fn summary_event(number: usize, media: SummaryMedia, active: u32) -> Fact {
    let topic = Topic::UserConversationSummary(user(number));
    let [fact] = decoded(&topic, to_raw_value(&summary(&[(media, active)])), 0).try_into().expect("one fact");
    fact
}

pub fn voice() -> BTreeMap<String, String> {
    BTreeMap::from([("queueId".into(), queue().to_string()), ("mediaType".into(), "voice".into())])
}

pub fn voice_slot() -> Slot {
    fact::observations_slot(&queue(), Some(&"voice".to_owned()))
}

pub fn stats(metric: &Metric, number: f64) -> Stats {
    if metric.is_longest() {
        Stats { calculated_metric_value: Some(number), ..Stats::default() }
    } else {
        Stats { count: Some(number), ..Stats::default() }
    }
}

/// The event of one figure, an explicit zero included.
pub fn figure_event(metric: &Metric, number: f64, at_ms: i64) -> Fact {
    let data = MetricData { metric: metric.clone(), qualifier: None, stats: stats(metric, number) };
    let data = vec![IntervalData { interval: None, metrics: vec![data] }];
    let event = ObservationsEvent { group: voice(), data };
    let [fact] = decoded(&Topic::QueueObservations(queue()), to_raw_value(&event), at_ms)
        .try_into()
        .expect("one fact");
    fact
}

/// A read of a queue, which leaves out what is zero, as Genesys does.
pub fn figures_read(figures: &[(Metric, u32)], began_ms: i64) -> Vec<Fact> {
    let data = figures.iter().filter(|(_, number)| *number > 0).map(|(metric, number)| ObservationData {
        metric: metric.clone(),
        qualifier: None,
        stats: stats(metric, f64::from(*number)),
    });
    let results = vec![ObservationsResult { group: voice(), data: data.collect() }];
    let response = ObservationsResponse { results, ..ObservationsResponse::default() };
    fact::of_observations(&response, Timestamp::from_ms(began_ms))
}

fn decoded(topic: &Topic, body: Result<Box<RawValue>>, at_ms: i64) -> Vec<Fact> {
    let raw = body.expect("a body can be written");
    fact::of_event(topic, &raw, Timestamp::from_ms(at_ms)).expect("and read")
}

fn definition(value: u8) -> PresenceDefinitionRef {
    let system = SystemPresence::ALL[usize::from(value) % SystemPresence::ALL.len()].clone();
    PresenceDefinitionRef { id: format!("definition-{value}").as_str().into(), system_presence: Some(system) }
}

fn message(value: u8) -> String {
    if value.is_multiple_of(2) { String::new() } else { format!("message {value}") }
}

fn status(value: u8) -> RoutingStatus {
    let words = ["OFF_QUEUE", "IDLE", "INTERACTING", "NOT_RESPONDING", "COMMUNICATING"];
    RoutingStatus::parse(words[usize::from(value) % words.len()])
}
