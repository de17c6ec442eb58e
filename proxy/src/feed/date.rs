//! Whether upstream's time is what our stamps take it for.

use protocol::Timestamp;

use super::{Feed, plan::Subject};

/// What has happened cannot have a date in the future; so much is clocks known to within some milliseconds, and rounding.
const AHEAD_MS: i64 = 2_000;

impl Feed {
    /// An event has come that upstream has dated.
    pub(super) fn look_at_date(&self, date: Timestamp, now: Timestamp) {
        if date.ms_since(now) > AHEAD_MS {
            self.s.doubts.raise();
        }
    }

    /// Our clock was put right. What upstream dates is right by that; since when somebody waits in a queue we have reckoned
    /// from a wrong time, so queues are read again.
    pub(super) fn clock_moved(&self) {
        self.reread(
            self.plan.all().filter(|subject| matches!(subject, Subject::Queue(_))).cloned().collect(),
        );
    }
}
