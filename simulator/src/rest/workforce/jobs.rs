//! What takes a moment: schedule searches that are answered later, and reports. The answer is worked
//! out at once; until its time has come, it is said to be in the making.

use std::collections::{BTreeMap, VecDeque};

use protocol::Timestamp;
use serde_json::Value;

use crate::{oauth::Caller, shared::Shared};

/// How long an answer takes, by the clock.
const TAKES_MS: i64 = 2_000;
/// So many are remembered; the oldest goes first.
const KEPT_MAX: usize = 1_000;

/// Answers in the making, and those that are ready.
#[derive(Default)]
pub(crate) struct Jobs {
    by_id: BTreeMap<String, Job>,
    order: VecDeque<String>,
    announcements: VecDeque<(Timestamp, u64, Announcement)>,
    ordered: u64,
}

/// An answer in the making.
pub(super) struct Job {
    pub(super) ready: Timestamp,
    pub(super) urls: Vec<String>,
}

/// A word that an answer is ready.
pub(crate) struct Announcement {
    pub(crate) topic: String,
    pub(crate) body: Value,
}

impl Jobs {
    /// Begins a job whose answer is known; announces its end if somebody is to be told.
    pub(super) fn begin(
        &mut self,
        id: String,
        now: Timestamp,
        urls: Vec<String>,
        announcement: Option<Announcement>,
    ) {
        let ready = now.plus_ms(TAKES_MS);
        self.ordered += 1;
        self.order.push_back(id.clone());
        self.by_id.insert(id, Job { ready, urls });
        if self.order.len() > KEPT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        if let Some(announcement) = announcement {
            self.announcements.push_back((ready, self.ordered, announcement));
        }
    }

    /// The job of this id.
    pub(super) fn get(&self, id: &str) -> Option<&Job> {
        self.by_id.get(id)
    }

    /// Takes what is to be announced by now.
    pub(crate) fn take_ready(&mut self, now: Timestamp) -> Vec<(u64, Announcement)> {
        // All take the same time, so they are ready in the order in which they began.
        let mut ready = Vec::new();
        while self.announcements.front().is_some_and(|(at, ..)| *at <= now) {
            ready.extend(self.announcements.pop_front().map(|(_, number, word)| (number, word)));
        }
        ready
    }
}

/// Whose topics hear that an answer is ready: those of the person who asked. A machine client is
/// nobody; whether it is told under its own id is an open question.
pub(super) fn listener(shared: &Shared, caller: &Caller) -> Option<String> {
    let client = || shared.config.answers.announce_to_clients.then(|| caller.client.to_string());
    caller.user.as_ref().map(ToString::to_string).or_else(client)
}
