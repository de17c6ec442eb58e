//! Changes of presence that were made elsewhere, as the event stream tells of them: recorded when `[audit] observe` says so.
//!
//! Who made them is not told. A change that comes while a write of ours of the same content is on its way, or shortly after, is ours.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use protocol::{Timestamp, UserId, event::presence::PresenceDefinitionRef, fact::Presence};
use serde_json::{Value, json};

use super::{Action, Actor, Kind, Record};
use crate::random;

/// An event that comes later than this after its write was sent is not taken for the write's own.
const OWN_MS: i64 = 60_000;

/// Writes that are remembered at once; with more the oldest have had their events long ago.
const OWN_MAX: usize = 10_000;

/// What guard and feed share: the one says what it is about to send, the other what it saw.
#[derive(Clone, Debug, Default)]
pub struct Observer(Option<Arc<Mutex<Own>>>);

/// What was sent, and when, by agent.
#[derive(Debug, Default)]
struct Own(HashMap<UserId, Vec<(Value, Timestamp)>>);

/// A presence that the event stream told of.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Whose.
    pub user: &'a UserId,
    /// What stood before, as far as it is known.
    pub before: Option<&'a Presence>,
    /// What stands now.
    pub after: &'a Presence,
    /// Since when.
    pub since: Timestamp,
    /// What made it, in the event's word.
    pub source: Value,
}

impl Observer {
    /// One that looks, or one that does not.
    #[must_use]
    pub fn new(looks: bool) -> Self {
        Self(looks.then(Arc::default))
    }

    /// Whether anything is observed at all.
    #[must_use]
    pub fn looks(&self) -> bool {
        self.0.is_some()
    }

    /// Notes what is about to be sent: its event is none of somebody else.
    ///
    /// # Panics
    /// Never: nobody panics while holding the notes.
    pub fn expect(&self, user: &UserId, sent: &Value, now: Timestamp) {
        let Some(own) = &self.0 else { return };
        let own = &mut own.lock().expect("nobody panics while holding the notes").0;
        if own.len() >= OWN_MAX {
            own.retain(|_, sent| sent.iter().any(|(_, at)| now.ms_since(*at) < OWN_MS));
        }
        let of_user = own.entry(user.clone()).or_default();
        of_user.retain(|(_, at)| now.ms_since(*at) < OWN_MS);
        of_user.push((sent.clone(), now));
    }

    /// The record of what was seen; none of what is ours.
    ///
    /// # Panics
    /// Never: nobody panics while holding the notes.
    #[must_use]
    pub fn record(&self, seen: &Seen<'_>, now: Timestamp) -> Option<Record> {
        let own = self.0.as_ref()?.lock().expect("nobody panics while holding the notes");
        let of_user = own.0.get(seen.user).into_iter().flatten();
        let mut recent = of_user.filter(|(_, at)| now.ms_since(*at) < OWN_MS);
        if recent.any(|(sent, _)| is_of(sent, seen.after)) {
            return None;
        }
        let mut after = told(seen.after);
        after["modifiedDate"] = json!(seen.since);
        if !seen.source.is_null() {
            after["source"] = seen.source.clone();
        }
        let actor = Actor { kind: "unknown".to_owned(), name: String::new() };
        let user = seen.user.clone();
        Some(Record {
            before: seen.before.map_or(Value::Null, told),
            after,
            ..Record::new(random::uuid(), Kind::Observed, now, actor, user, Action::Presence)
        })
    }
}

/// Whether what stands is what was sent, at once or for later.
fn is_of(sent: &Value, stands: &Presence) -> bool {
    let definition = [&sent["presenceDefinition"]["id"], &sent["futurePresenceDefinition"]["id"]];
    let definition = definition.into_iter().find_map(Value::as_str);
    definition.is_none_or(|id| id == stands.definition.as_str())
        && sent["message"].as_str().is_none_or(|message| message == &*stands.message)
}

fn told(presence: &Presence) -> Value {
    let definition =
        PresenceDefinitionRef { id: presence.definition.clone(), system_presence: presence.system.clone() };
    json!({ "presenceDefinition": definition, "message": &*presence.message })
}
