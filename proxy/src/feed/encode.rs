//! A slot as a frame: the vendor's own text with our stamp, or written from what stands, in the
//! event's shape and spelling, with only what the class may see.

use std::collections::BTreeMap;

use board::Board;
use protocol::{
    Slot, Timestamp, Topic,
    event::{
        conversation_summary::ConversationSummary,
        observations::{IntervalData, MetricData, ObservationsEvent, Stats},
        presence::{PresenceDefinitionRef, PresenceEvent},
        rollcall::{RollcallAlarms, RollcallTally},
        routing_status::{RoutingStatusEvent, UserRoutingStatus},
    },
    fact::{Part, Value},
    frame::Stamp,
    merge::Ledger,
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::mask::Masks;
use crate::relay::{Body, Class};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    topic_name: String,
    version: &'static str,
    event_body: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<BTreeMap<&'static str, String>>,
    rollcall: &'a Stamp,
}

/// The vendor's own text with the stamp before its closing brace.
#[must_use]
pub fn own_text(text: &str, stamp: &Stamp) -> Option<Body> {
    let end = text.rfind('}')?;
    let stamp = serde_json::to_string(stamp).ok()?;
    let mut out = String::with_capacity(end + stamp.len() + 14);
    out.push_str(&text[..end]);
    out.push_str(",\"rollcall\":");
    out.push_str(&stamp);
    out.push('}');
    Some(Body::text(out.as_bytes()))
}

/// A slot written from what stands, as the class may see it; `None` when it may not, or nothing stands.
#[must_use]
pub fn from_ledger(
    slot: &Slot,
    class: Class,
    ledger: &Ledger,
    masks: &Masks,
    board: &Board,
    stamp: &Stamp,
) -> Option<Body> {
    let at = stamp.at.unwrap_or_default();
    let topic = masks.topic(class, &slot.topic)?;
    let body = match &slot.topic {
        Topic::UserPresence(_) => presence(slot, class, ledger)?,
        Topic::UserRoutingStatus(user) => {
            let (status, date) = ledger.parts(slot).find_map(|(_, held)| {
                if let Value::RoutingStatus(status) = &held.value {
                    Some((status.clone(), held.date))
                } else {
                    None
                }
            })?;
            let status = UserRoutingStatus { user_id: None, status: Some(status), start_time: Some(date) };
            raw(&RoutingStatusEvent { id: Some(masks.id(class, user)), routing_status: Some(status) })
        }
        Topic::UserConversationSummary(user) => {
            let mut summary = ConversationSummary {
                user_id: Some(masks.id(class, user)),
                ..ConversationSummary::default()
            };
            for (part, held) in ledger.parts(slot) {
                if let (Part::Media(media), Value::Conversations(counts)) = (part, &held.value) {
                    summary.set(*media, *counts);
                }
            }
            raw(&summary)
        }
        Topic::QueueObservations(_) => observations(slot, ledger, at),
        Topic::RollcallUser(_)
        | Topic::RollcallQueue(_)
        | Topic::RollcallPresences
        | Topic::RollcallFigures(_)
        | Topic::RollcallSamples(_)
        | Topic::RollcallTally(_)
        | Topic::RollcallAlarms(_)
        | Topic::RollcallStates(_) => ledger.parts(slot).find_map(|(_, held)| match &held.value {
            Value::User(user) => Some(raw(&masks.user(class, user))),
            Value::Queue(queue) => Some(raw(queue)),
            Value::Presences(presences) => Some(raw(presences)),
            Value::Figures(figures) => Some(raw(figures)),
            Value::Samples(samples) => Some(raw(samples)),
            Value::Tally(tally) => {
                Some(raw(&RollcallTally { id: masks.id(class, &tally.id), ..tally.clone() }))
            }
            Value::Alarms(RollcallAlarms { alarms }) => {
                let alarms = alarms.iter().filter_map(|alarm| masks.alarm(class, alarm)).collect();
                Some(raw(&RollcallAlarms { alarms }))
            }
            Value::States(states) => Some(raw(states)),
            Value::Presence(_)
            | Value::RoutingStatus(_)
            | Value::Conversations(_)
            | Value::Count(_)
            | Value::Since(_) => None,
        })?,
        Topic::UserActivity(_)
        | Topic::QueueActivity(_)
        | Topic::RollcallWall(_)
        | Topic::RollcallShard(_) => {
            return None;
        }
    };
    let stamp = for_class(slot, class, board, stamp);
    Some(whole(&topic, &body, class, &stamp))
}

/// A frame of a given body.
#[must_use]
pub fn whole(topic: &Topic, body: &RawValue, class: Class, stamp: &Stamp) -> Body {
    // Genesys' frames carry a correlation id; ours names the change.
    let metadata = (class == Class::Api)
        .then(|| BTreeMap::from([("CorrelationId", format!("{}-{}", stamp.epoch, stamp.seq))]));
    let envelope =
        Envelope { topic_name: topic.to_string(), version: "2", event_body: body, metadata, rollcall: stamp };
    Body::text(&serde_json::to_vec(&envelope).expect("a frame is plain data"))
}

/// Machine clients get the order alone; walls also when, since when and from which channel.
fn for_class(slot: &Slot, class: Class, board: &Board, stamp: &Stamp) -> Stamp {
    match class {
        Class::Api => Stamp { at: None, since: None, shard: None, loading: false, ..stamp.clone() },
        Class::Full | Class::Initials | Class::Alias | Class::Counts => {
            let since = if let Topic::UserConversationSummary(user) = &slot.topic {
                board.agent(user).and_then(|a| a.conversations_since)
            } else {
                None
            };
            Stamp { since, ..stamp.clone() }
        }
    }
}

fn presence(slot: &Slot, class: Class, ledger: &Ledger) -> Option<Box<RawValue>> {
    let (presence, date) = ledger.parts(slot).find_map(|(_, held)| {
        if let Value::Presence(presence) = &held.value { Some((presence, held.date)) } else { None }
    })?;
    let own = class == Class::Api;
    Some(raw(&PresenceEvent {
        source: own.then(|| "PURECLOUD".to_owned()),
        presence_definition: Some(PresenceDefinitionRef {
            id: presence.definition.clone(),
            system_presence: presence.system.clone(),
        }),
        primary: own.then_some(true),
        // What people write about themselves is not for a screen on a wall.
        message: own.then(|| presence.message.to_string()),
        modified_date: Some(date),
    }))
}

fn observations(slot: &Slot, ledger: &Ledger, at: Timestamp) -> Box<RawValue> {
    let Topic::QueueObservations(queue) = &slot.topic else { return raw(&ObservationsEvent::default()) };
    let mut group = BTreeMap::from([("queueId".to_owned(), queue.to_string())]);
    if let Some(media) = &slot.media {
        group.insert("mediaType".to_owned(), media.to_string());
    }
    let metrics = ledger
        .parts(slot)
        .filter_map(|(part, held)| {
            let Part::Figure { metric, qualifier } = part else { return None };
            let stats = match &held.value {
                Value::Count(count) => Stats { count: Some(f64::from(*count)), ..Stats::default() },
                Value::Since(since) => {
                    let ms = since.map_or(0, |since| at.ms_since(since).max(1));
                    Stats { calculated_metric_value: Some(ms as f64), ..Stats::default() }
                }
                Value::Presence(_)
                | Value::RoutingStatus(_)
                | Value::Conversations(_)
                | Value::User(_)
                | Value::Queue(_)
                | Value::Presences(_)
                | Value::Figures(_)
                | Value::Samples(_)
                | Value::Tally(_)
                | Value::Alarms(_)
                | Value::States(_) => return None,
            };
            Some(MetricData { metric: metric.clone(), qualifier: qualifier.clone(), stats })
        })
        .collect();
    raw(&ObservationsEvent { group, data: vec![IntervalData { interval: None, metrics }] })
}

/// Plain data as JSON.
pub fn raw(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("a body is plain data")
}
