//! Topics that upstream refused, and when they are asked for again.

use std::collections::BTreeSet;

use protocol::Timestamp;

use crate::feed::plan::Subject;

/// A topic that was refused is asked for again after this long: somebody may have given the permission.
const REFUSED_AGAIN_MS: i64 = 10 * 60_000;

/// At the latest after this long.
const REFUSED_AGAIN_MAX_MS: i64 = 60 * 60_000;

/// What upstream refused, and when it is asked for again: each time after twice as long.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    subjects: BTreeSet<Subject>,
    /// When they are asked for again.
    pub(super) ask_at: Option<Timestamp>,
    wait_ms: i64,
}

impl Refusals {
    /// Returns what was refused before and is no longer.
    pub(super) fn note(&mut self, refused: Vec<Subject>, now: Timestamp) -> BTreeSet<Subject> {
        let refused = refused.into_iter().collect();
        let before = std::mem::replace(&mut self.subjects, refused);
        if self.subjects.is_empty() {
            (self.ask_at, self.wait_ms) = (None, 0);
        } else {
            self.wait_ms = (self.wait_ms * 2).clamp(REFUSED_AGAIN_MS, REFUSED_AGAIN_MAX_MS);
            self.ask_at = Some(now.plus_ms(self.wait_ms));
        }
        &before - &self.subjects
    }

    /// What is to be asked for again now.
    pub(super) fn due(&mut self, now: Timestamp) -> BTreeSet<Subject> {
        if self.ask_at.is_none_or(|at| now < at) {
            return BTreeSet::new();
        }
        self.ask_at = None;
        std::mem::take(&mut self.subjects)
    }
}
