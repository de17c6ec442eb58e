//! The truth audit: a slow round of reads, forever, that compares everything on the board with what Genesys Cloud says. What
//! differs is put right when a second read, long enough after the first for any event to have come, agrees; the feed counts it
//! as drift. Repeats the start of nothing: shards read what a gap left open, this finds what nobody noticed.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use protocol::{
    Clock, QueueId, Timestamp,
    merge::{Asked, FRESH_EVENT_MS},
};
use tokio::{sync::watch, time::sleep};
use tracing::warn;

use super::{
    UpstreamError,
    read::{QUEUES_A_QUERY, Reader},
};
use crate::{
    feed::{
        Input,
        plan::{Plan, Subject},
    },
    planted::{self, Bug},
};

/// Ten calls a minute, of some hundred that Genesys Cloud allows: a round of 50,000 users takes eleven minutes.
const CALL_EVERY_MS: i64 = 6_000;

/// A round takes at least this long: what nobody noticed is put right within two of them in a small organisation.
const ROUND_MIN_MS: i64 = 120_000;

/// Queues are few and are what a wall shows largest: they do not wait for a round of thousands of users. Where there are so many
/// that it would take more than half of the audit's calls, they are compared less often.
const QUEUES_EVERY_MS: i64 = 60_000;

/// What is about to be compared was read whole just before.
const BEGINS_AFTER_MS: i64 = 60_000;

/// Between a read and the one that must agree with it: longer than any event is on its way.
const SECOND_READ_AFTER_MS: i64 = FRESH_EVENT_MS + 2_000;

/// A subject that says something else each time is left to the next round.
const SECOND_READS_MAX: u8 = 3;

/// Subjects of one second read: as many users as one call can name.
const DOUBTS_A_CALL: usize = 100;

/// Doubts that wait for their second read; what is beyond them waits for the next round.
const DOUBTS_MAX: usize = 10_000;

/// After a call that failed.
const RETRY_MS: i64 = 30_000;

/// Time that a test or a demo makes jump is noticed within this.
const LOOKED_AT: Duration = Duration::from_secs(1);

/// What to read next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// All queues.
    Queues(Vec<QueueId>),
    /// A page of the listing of users, from 1.
    Users(usize),
    /// What a read contradicted, once more.
    Again(Vec<Subject>),
}

/// What a step came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Whether there may be one more page of users.
    pub more: bool,
    /// What must be read a second time.
    pub differs: Vec<Subject>,
}

#[derive(Debug)]
struct Doubt {
    subject: Subject,
    due: Timestamp,
    reads: u8,
}

/// Which step is next, and when. Pure.
#[derive(Debug)]
pub struct Audit {
    /// No call before then.
    quiet_until: Timestamp,
    /// All queues are next then.
    queues_at: Timestamp,
    /// A round of users begins then.
    round_at: Timestamp,
    /// The page of users that is next in the round.
    page: Option<usize>,
    /// Whether queues were compared since a round was over.
    has_queues: bool,
    doubts: VecDeque<Doubt>,
    /// How often what was read last was read before, when that was [`Step::Again`].
    reads: u8,
}

impl Audit {
    /// A first round, a while from now.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let begin = now.plus_ms(BEGINS_AFTER_MS);
        Self {
            quiet_until: begin,
            queues_at: begin,
            round_at: begin,
            page: None,
            has_queues: false,
            doubts: VecDeque::new(),
            reads: 0,
        }
    }

    /// When the next step is due.
    #[must_use]
    pub fn next_at(&self) -> Timestamp {
        let users = if self.page.is_some() { self.quiet_until } else { self.round_at };
        let due = self.queues_at.min(users);
        self.doubts.front().map_or(due, |doubt| doubt.due.min(due)).max(self.quiet_until)
    }

    /// The step that is due, if one is.
    pub fn next(&mut self, now: Timestamp, queues: impl FnOnce() -> Vec<QueueId>) -> Option<Step> {
        if now < self.next_at() || planted::is(Bug::NeverCompares) {
            return None;
        }
        if let Some(doubt) = self.doubts.front().filter(|doubt| doubt.due <= now) {
            let reads = doubt.reads;
            let due = self.doubts.iter().take_while(|d| d.due <= now && d.reads == reads).count();
            self.reads = reads;
            let due = self.doubts.drain(..due.min(DOUBTS_A_CALL));
            return Some(Step::Again(due.map(|doubt| doubt.subject).collect()));
        }
        self.reads = 0;
        if self.queues_at <= now {
            return Some(Step::Queues(queues()));
        }
        if self.page.is_none() {
            self.round_at = now.plus_ms(ROUND_MIN_MS);
        }
        Some(Step::Users(*self.page.get_or_insert(1)))
    }

    /// A step was answered; says whether a round is over.
    pub fn answered(&mut self, step: &Step, compared: Compared, now: Timestamp) -> bool {
        let reads = self.reads + 1;
        if reads < SECOND_READS_MAX {
            let room = DOUBTS_MAX - self.doubts.len().min(DOUBTS_MAX);
            let due = now.plus_ms(SECOND_READ_AFTER_MS);
            let doubts = compared.differs.into_iter().take(room);
            self.doubts.extend(doubts.map(|subject| Doubt { subject, due, reads }));
        }
        self.quiet_until = now.plus_ms(CALL_EVERY_MS);
        match step {
            Step::Again(_) => return false,
            Step::Queues(queues) => {
                self.has_queues = true;
                self.quiet_until = now.plus_ms(calls_ms(queues));
                self.queues_at = now.plus_ms(rest_ms(queues));
            }
            Step::Users(page) if compared.more => self.page = Some(page + 1),
            Step::Users(_) => {
                self.page = None;
                return std::mem::take(&mut self.has_queues);
            }
        }
        false
    }

    /// A step failed. A page is asked for again, queues in their time; a second read is tried once more and then left to the first
    /// read that differs again.
    pub fn failed(&mut self, step: Step, retry_after_ms: Option<i64>, now: Timestamp) {
        self.quiet_until = now.plus_ms(retry_after_ms.unwrap_or(0).max(RETRY_MS));
        match step {
            // Whatever hinders it, all else goes on.
            Step::Again(subjects) if self.reads + 1 < SECOND_READS_MAX => {
                let reads = self.reads + 1;
                for subject in subjects {
                    self.doubts.push_front(Doubt { subject, due: now, reads });
                }
            }
            Step::Queues(queues) => self.queues_at = now.plus_ms(rest_ms(&queues)),
            Step::Again(_) | Step::Users(_) => {}
        }
    }
}

/// What all queues take of the time of the audit.
fn calls_ms(queues: &[QueueId]) -> i64 {
    let calls = i64::try_from(queues.len().div_ceil(QUEUES_A_QUERY)).unwrap_or(i64::MAX);
    CALL_EVERY_MS.saturating_mul(calls.max(1))
}

/// From one comparison of all queues to the next.
fn rest_ms(queues: &[QueueId]) -> i64 {
    QUEUES_EVERY_MS.max(2 * calls_ms(queues))
}

/// Audits until the proxy stops.
pub async fn run(reader: Reader, steady: Arc<dyn Clock>, plans: watch::Receiver<Arc<Plan>>) {
    let mut audit = Audit::new(steady.now());
    loop {
        let now = steady.now();
        let Some(step) = audit.next(now, || plans.borrow().queues()) else {
            let due = audit.next_at().ms_since(now).max(1).unsigned_abs();
            sleep(Duration::from_millis(due).min(LOOKED_AT)).await;
            continue;
        };
        match compare(&reader, &step).await {
            Ok(compared) => {
                if audit.answered(&step, compared, steady.now()) {
                    reader.feed.tell(Input::Audited).await;
                }
            }
            Err(error) => {
                warn!(%error, "the audit could not read; it goes on later");
                audit.failed(step, error.retry_after_ms(), steady.now());
            }
        }
    }
}

async fn compare(reader: &Reader, step: &Step) -> Result<Compared, UpstreamError> {
    let asked = Asked::ForAudit;
    match step {
        Step::Users(page) => {
            let (more, differs) = reader.page(*page, asked).await?;
            Ok(Compared { more, differs })
        }
        Step::Queues(queues) => {
            let subjects: Vec<Subject> = queues.iter().cloned().map(Subject::Queue).collect();
            let differs = reader.read(&subjects, usize::MAX, asked).await?;
            Ok(Compared { more: true, differs })
        }
        Step::Again(subjects) => {
            let differs = reader.read(subjects, usize::MAX, asked).await?;
            Ok(Compared { more: false, differs })
        }
    }
}

#[cfg(test)]
mod tests;
