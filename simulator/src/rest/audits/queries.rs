//! Queries that were asked for. What is found is worked out when it is read, from what had been recorded
//! when the query was asked; until its time has come, a query is said to be queued, then running.

use std::collections::{BTreeMap, VecDeque};

use protocol::Timestamp;
use serde_json::{Value, json};

use super::asked::Asked;
use crate::audit::Search;

/// So many are remembered; the oldest goes first.
const KEPT_MAX: usize = 1_000;

/// The queries, in the making and ready.
#[derive(Default)]
pub(crate) struct AuditQueries {
    by_id: BTreeMap<String, AuditQuery>,
    order: VecDeque<String>,
}

/// A query.
pub(super) struct AuditQuery {
    asked: Asked,
    pub(super) search: Search,
    /// The number of the first entry that came too late.
    pub(super) known_until: u64,
    began: Timestamp,
    runs: Timestamp,
    ready: Timestamp,
}

impl AuditQueries {
    /// Begins a query that takes so long, half of it in the queue.
    pub(super) fn begin(
        &mut self,
        id: &str,
        now: Timestamp,
        takes_ms: i64,
        asked: Asked,
        search: Search,
        known_until: u64,
    ) -> &AuditQuery {
        self.order.push_back(id.to_owned());
        if self.order.len() > KEPT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        let (runs, ready) = (now.plus_ms(takes_ms / 2), now.plus_ms(takes_ms));
        let query = AuditQuery { asked, search, known_until, began: now, runs, ready };
        self.by_id.entry(id.to_owned()).or_insert(query)
    }

    /// The query of this id.
    pub(super) fn get(&self, id: &str) -> Option<&AuditQuery> {
        self.by_id.get(id)
    }
}

impl AuditQuery {
    /// Whether its results can be read.
    pub(super) fn is_done(&self, now: Timestamp) -> bool {
        now >= self.ready
    }

    /// How far it is.
    pub(super) fn state(&self, now: Timestamp) -> &'static str {
        if self.is_done(now) {
            "Succeeded"
        } else if now >= self.runs {
            "Running"
        } else {
            "Queued"
        }
    }

    /// Its status, with what was asked.
    pub(super) fn body(&self, id: &str, now: Timestamp) -> Value {
        let mut body = json!(self.asked);
        body["id"] = json!(id);
        body["state"] = json!(self.state(now));
        body["startDate"] = json!(self.began);
        body
    }
}
