//! What the audit's task does.

use protocol::{Timestamp, merge::Asked};

use super::{
    House,
    due::{Call, Due, Picture},
};
use crate::{
    feed::{Input, plan::Subject},
    upstream::truth::{Compared, Step},
};

impl House {
    pub(super) fn audit(&mut self) {
        let now = self.now();
        let plan = self.process.plans.borrow().clone();
        match self.process.audit.next(now, || plan.queues()) {
            Some(step) => self.call(u16::MAX, 0, 0, Call::Compare(step, now)),
            None => {
                let due = self.process.audit.next_at().max(now.plus_ms(1_000));
                self.put(due, Due::Audit);
            }
        }
    }

    /// What a step reads.
    pub(super) fn compared(&self, step: &Step) -> Vec<Subject> {
        let plan = self.process.plans.borrow();
        match step {
            Step::Queues(queues) => queues.iter().cloned().map(Subject::Queue).collect(),
            Step::Again(subjects) => subjects.clone(),
            Step::Users(_) => (0..plan.shards())
                .flat_map(|shard| plan.subjects(shard).cloned().collect::<Vec<_>>())
                .filter(|subject| matches!(subject, Subject::User(_)))
                .collect(),
        }
    }

    pub(super) fn note_compared(&mut self, step: Step, picture: Option<Picture>, began: Timestamp) {
        match picture {
            Some(picture) => {
                let differs = self.read(picture, began, Asked::ForAudit);
                let compared = Compared { more: false, differs };
                if self.process.audit.answered(&step, compared, self.now()) {
                    self.tell(Input::Audited);
                }
            }
            None => self.process.audit.failed(step, None, self.now()),
        }
        self.at(1, Due::Audit);
    }

    /// Facts, slots and bodies that the feed holds.
    pub(in crate::simulation) fn remembers(&self) -> usize {
        self.process.feed.held()
    }

    /// Facts that the audit put right so far.
    pub(in crate::simulation) fn drift(&self) -> u64 {
        self.process.feed.drift()
    }
}
