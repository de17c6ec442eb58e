//! What the truth audit finds: differences by facet.

use std::collections::BTreeMap;

use protocol::{
    Timestamp, Topic,
    fact::Fact,
    merge::{Asked, Origin, Verdict},
};
use tracing::{info, warn};

use super::{Feed, plan::Subject};
use crate::metrics::OfFacet;

impl Feed {
    /// Notes which facts of a read were repairs that nobody but the audit would have made.
    pub(super) fn note_drift(&mut self, repaired: &[&Fact]) {
        let mut found: BTreeMap<&'static str, u64> = BTreeMap::new();
        for facet in repaired.iter().filter_map(|fact| facet(&fact.slot.topic)) {
            *found.entry(facet).or_default() += 1;
        }
        let mut book = self.book_mut();
        for (facet, count) in found {
            warn!(facet, facts = count, "the audit found what no event had told, and put it right");
            *book.truth.drift.entry(facet).or_default() += count;
            self.s.metrics.drift.get_or_create(&OfFacet { facet }).inc_by(count);
        }
    }

    /// Whether a fact that now stands was drift: it stood otherwise, and no gap was known. What nobody vouches for was said to
    /// be stale.
    pub(super) fn is_drift(&self, fact: &Fact, origin: Origin, verdict: Verdict) -> bool {
        matches!(origin, Origin::Read { asked: Asked::ForAudit, .. })
            && matches!(verdict, Verdict::Accepted(_))
            && Subject::of(&fact.slot.topic).is_some_and(|subject| {
                let book = self.s.book.read().expect("nobody panics while holding the book");
                self.is_vouched_for(&book, &subject)
            })
    }

    pub(super) fn audited(&mut self) {
        let now: Timestamp = self.s.clock.now();
        self.s.metrics.audits.inc();
        let mut book = self.book_mut();
        book.truth.rounds += 1;
        book.truth.compared = Some(now);
        info!(rounds = book.truth.rounds, "the audit has compared everything");
    }
}

/// All facets that are compared.
pub(crate) const FACETS: [&str; 4] = ["presence", "routingStatus", "conversationSummary", "observations"];

/// A facet as the status panel and metrics name it.
fn facet(topic: &Topic) -> Option<&'static str> {
    match topic {
        Topic::UserPresence(_) => Some("presence"),
        Topic::UserRoutingStatus(_) => Some("routingStatus"),
        Topic::UserConversationSummary(_) => Some("conversationSummary"),
        Topic::QueueObservations(_) => Some("observations"),
        Topic::UserActivity(_)
        | Topic::QueueActivity(_)
        | Topic::RollcallUser(_)
        | Topic::RollcallQueue(_)
        | Topic::RollcallPresences
        | Topic::RollcallFigures(_)
        | Topic::RollcallSamples(_)
        | Topic::RollcallTally(_)
        | Topic::RollcallWall(_)
        | Topic::RollcallAlarms(_)
        | Topic::RollcallStates(_)
        | Topic::RollcallShard(_) => None,
    }
}
