//! How writes end, counted.

use super::{Done, No};
use crate::{audit::Outcome, metrics, problem::Problem};

/// A write that could not be recorded: nothing was sent, and the log has nothing of it.
const UNRECORDED: &str = "unrecorded";

/// Every end that a write can have: those that the log knows, and the one that it cannot.
pub const ENDS: [&str; 7] = [
    Outcome::Accepted.name(),
    Outcome::NoChange.name(),
    Outcome::Deferred.name(),
    Outcome::Superseded.name(),
    Outcome::Refused.name(),
    Outcome::Unknown.name(),
    UNRECORDED,
];

/// An end that the log knows, as a label.
pub(super) fn of(outcome: Outcome) -> metrics::Outcome {
    metrics::Outcome { outcome: outcome.name() }
}

/// The one that it had, as a label.
pub(super) fn label(end: &Result<Done, No>) -> metrics::Outcome {
    let outcome = match end {
        Ok(done) => done.outcome.name(),
        Err(No { problem: Problem::NotRecorded(_), .. }) => UNRECORDED,
        Err(No { problem: Problem::Unsettled(_), .. }) => Outcome::Unknown.name(),
        Err(_) => Outcome::Refused.name(),
    };
    metrics::Outcome { outcome }
}
