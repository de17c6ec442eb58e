//! Changes made elsewhere, on their way into the audit log: gathered as they come, handed over once a second, waited for by nobody.

use protocol::{
    Slot, Timestamp, Topic,
    fact::{Fact, Presence, Value},
};
use tracing::warn;

use super::Feed;
use crate::audit::{Record, observed::Seen};

/// Records of one second: an organisation of 50,000 that changes shifts has fewer.
const WAITING_MAX: usize = 5_000;

/// What waits for the end of the second.
#[derive(Debug, Default)]
pub(super) struct Observed {
    records: Vec<Record>,
    /// How many more there were.
    lost: usize,
}

impl Feed {
    /// What stands of a user's presence, while it still does.
    pub(super) fn presence_before(&self, slot: &Slot) -> Option<Presence> {
        if !self.s.observer.looks() {
            return None;
        }
        self.ledger.parts(slot).find_map(|(_, held)| {
            if let Value::Presence(presence) = &held.value { Some(presence.clone()) } else { None }
        })
    }

    /// An event's fact was accepted. `body` is the event's own.
    pub(super) fn observe(
        &mut self,
        fact: &Fact,
        before: Option<&Presence>,
        since: Timestamp,
        body: &str,
        now: Timestamp,
    ) {
        let (Topic::UserPresence(user), Value::Presence(after)) = (&fact.slot.topic, &fact.value) else {
            return;
        };
        if !self.s.observer.looks() || before == Some(after) {
            return;
        }
        let source = serde_json::from_str(body)
            .map_or(serde_json::Value::Null, |mut body: serde_json::Value| body["source"].take());
        let Some(record) = self.s.observer.record(&Seen { user, before, after, since, source }, now) else {
            return;
        };
        if self.observed.records.len() < WAITING_MAX {
            self.observed.records.push(record);
        } else {
            self.observed.lost += 1;
        }
    }

    /// Hands over what was gathered.
    pub(super) fn record_observed(&mut self) {
        let Observed { records, lost } = std::mem::take(&mut self.observed);
        let count = records.len();
        if count > 0 && !self.s.store.append_later(records) {
            warn!(records = count, "the disk is behind; changes made elsewhere are not in the audit log");
        }
        if lost > 0 {
            warn!(
                records = lost,
                "too many changes were made elsewhere in a second; they are not in the audit log"
            );
        }
    }
}
