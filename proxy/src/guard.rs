//! The gate that every write passes, one step after the other:
//!
//! caller -> [`Permitted`] -> [`Admitted`] (the caller's limit) -> [`Locked`] (the agent) -> [`Checked`] (rules, with a fresh read)
//! -> [`Paced`] (the agent's limit) -> [`Opened`] (the record of the intent is on the disk) -> forwarded -> the record of its end.
//!
//! Each step takes the proof of the one before, which only that one can make: a write that was not checked or not
//! recorded does not compile. What is refused on the way is recorded, too.

mod breaker;
mod change;
mod check;
mod ends;
mod floors;
mod forward;
mod locks;
mod opened;
mod owed;
mod paces;
mod read;
mod refusals;
mod restores;
mod seen;
mod settle;
pub mod tag;

use std::sync::{Arc, Mutex, MutexGuard, RwLock};

use protocol::{
    Clock, Timestamp, UserId,
    entity::{UserPresence, UserSkill},
    presence::SystemPresence,
};
use rules::{Code, Refusal, etag};
use serde_json::Value;
use tokio::sync::{OwnedMutexGuard, Semaphore};

pub use self::{
    change::{Asked, Change, Done, IfMatch, Stands},
    ends::ENDS,
    opened::Opened,
};
use crate::{
    audit::{Outcome, observed::Observer},
    caller::{Action, Caller, permit},
    config::RulesConfig,
    feed::book::Book,
    metrics::WriteMetrics,
    problem::Problem,
    store::Store,
    upstream::{Clients, Purpose, joined::Joined, schedules::Schedules},
    witness::{Watch, Witness},
};
use breaker::{Breaker, Passed};
use check::{Seen, Verdict};
use floors::{Floors, Leaving};
use locks::Locks;
use paces::Paces;
use refusals::Refusals;
use restores::Restores;

/// Writes upstream at once: more would not be answered sooner, and reads are to get through.
const AT_ONCE: usize = 5;

/// How often a write begins anew after somebody else's, where its caller prefers that.
const CONFLICTS_MAX: u32 = 3;

/// What all writes share.
pub struct Guard {
    clients: Clients,
    store: Store,
    /// Upstream's time, which the log is in.
    clock: Arc<dyn Clock>,
    /// Time that passes evenly.
    steady: Arc<dyn Clock>,
    book: Arc<RwLock<Book>>,
    rules: RulesConfig,
    observer: Observer,
    metrics: WriteMetrics,
    locks: Locks,
    paces: Paces,
    at_once: Semaphore,
    restores: Restores,
    refusals: Refusals,
    breaker: Mutex<Breaker>,
    witness: Arc<Witness>,
    schedules: Schedules,
    joined: Arc<Joined>,
    floors: Floors,
}

/// A caller who may write.
pub struct Permitted<'a>(&'a Caller);
/// One who does not write too often.
pub struct Admitted<'a>(Permitted<'a>);
/// An agent whom nobody else writes meanwhile.
pub struct Locked<'a> {
    by: Admitted<'a>,
    asked: &'a Asked,
    /// Hears what events tell of the agent from before it is looked at.
    watch: Watch,
    _lock: OwnedMutexGuard<()>,
}
/// A change that every rule lets through, and what stood before.
pub struct Checked<'a> {
    locked: Locked<'a>,
    before: Stands,
    body: Value,
    warnings: Vec<Refusal>,
    conflicts: u32,
    /// Of an agent who leaves a queue with a floor.
    leaving: Option<Leaving>,
}
/// An agent who is not written too often.
pub struct Paced<'a>(Checked<'a>);
/// A no, and whether the log has it already, or cannot have it.
struct No {
    problem: Problem,
    is_recorded: bool,
}

impl From<Problem> for No {
    fn from(problem: Problem) -> Self {
        Self { problem, is_recorded: false }
    }
}

/// What the check leaves to do.
enum Next<'a> {
    Write(Checked<'a>),
    Nothing { locked: Locked<'a>, stands: Stands, outcome: Outcome, conflicts: u32 },
}

impl Guard {
    /// A gate of its own store and book.
    #[must_use]
    pub fn new(
        clients: Clients,
        store: Store,
        (clock, steady): (Arc<dyn Clock>, Arc<dyn Clock>),
        (book, joined): (Arc<RwLock<Book>>, Arc<Joined>),
        rules: RulesConfig,
        (observer, witness): (Observer, Arc<Witness>),
        metrics: WriteMetrics,
    ) -> Self {
        let at_once = Semaphore::new(AT_ONCE);
        Self {
            schedules: Schedules::new(clients.clone()),
            clients,
            restores: Restores::new(store.clone()),
            refusals: Refusals::new(store.clone()),
            store,
            clock,
            book,
            locks: Locks::default(),
            paces: Paces::new(steady.clone(), (rules.person_a_minute, rules.machine_a_minute)),
            floors: Floors::new(rules.floors.clone()),
            joined,
            rules,
            observer,
            metrics,
            at_once,
            steady,
            breaker: Mutex::default(),
            witness,
        }
    }

    /// Whether a presence needs a reason here.
    #[must_use]
    pub fn needs_reason(&self, presence: &SystemPresence) -> bool {
        self.rules.need_reason.contains(presence)
    }

    /// The skills that an agent has now, for whoever may look.
    ///
    /// # Errors
    /// When there is no such user, or upstream does not answer.
    pub async fn skills_of(&self, user: &UserId) -> Result<Vec<UserSkill>, Problem> {
        if !read::is_id(user.as_str()) {
            return Err(read::no_user(user));
        }
        let skills = read::skills(&self.clients, Purpose::Directory, user).await;
        skills.map_err(|error| read::no_user_or(user, &error))
    }

    /// Upstream's time, which the log is in.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An agent's presence as it is upstream at this moment, with its entity tag: what a change can be made conditional upon.
    ///
    /// # Errors
    /// When there is no such user, or upstream does not answer.
    pub async fn presence(&self, user: &UserId) -> Result<(UserPresence, String), Problem> {
        let presence = read::whole_user(&self.clients, user).await?.presence.unwrap_or_default();
        let etag = etag::of(check::standing(&presence).as_ref());
        Ok((presence, etag))
    }

    /// Takes a change of one agent through the gate. It goes on when nobody waits for it any more: what was sent gets its
    /// record.
    ///
    /// # Errors
    /// The first that says no; it is in the log.
    pub async fn write(self: &Arc<Self>, caller: &Caller, asked: &Asked) -> Result<Done, Problem> {
        let (guard, caller, asked) = (self.clone(), caller.clone(), asked.clone());
        let write = async move { guard.write_here(&caller, &asked).await };
        let ended = tokio::spawn(crate::gate::with_same_id(write)).await;
        ended.unwrap_or_else(|error| Err(Problem::Unsettled(error.to_string())))
    }

    /// The same for whoever stays until it is over.
    async fn write_here(&self, caller: &Caller, asked: &Asked) -> Result<Done, Problem> {
        let ended = self.pass(caller, asked).await;
        self.metrics.ended.get_or_create(&ends::label(&ended)).inc();
        ended.map_err(|no| {
            if !no.is_recorded {
                self.refused(caller, asked, &no.problem);
            }
            no.problem
        })
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().expect("nobody panics while holding the breaker")
    }

    /// Takes note of what a write that the breaker let through tells of upstream.
    fn note(&self, passed: Passed, problem: Option<&Problem>) {
        let now = self.steady.now();
        match problem {
            None | Some(Problem::UpstreamRefused { .. } | Problem::NotDeferred) => self.breaker().answered(),
            Some(Problem::Upstream(_) | Problem::Unsettled(_)) => self.breaker().failed(now),
            Some(_) => self.breaker().not_tried(passed, now),
        }
    }

    async fn pass(&self, caller: &Caller, asked: &Asked) -> Result<Done, No> {
        let permitted = permitted(caller)?;
        let admitted = self.admit(permitted)?;
        let passed = self.breaker().pass(self.steady.now());
        let passed = passed.map_err(|retry_after_ms| Problem::WritesStopped { retry_after_ms })?;
        let ended = self.pass_on(admitted, asked).await;
        self.note(passed, ended.as_ref().map_err(|no| &no.problem).err());
        ended
    }

    async fn pass_on(&self, admitted: Admitted<'_>, asked: &Asked) -> Result<Done, No> {
        let locked = self.lock(admitted, asked).await?;
        let checked = match self.check(locked).await? {
            Next::Write(checked) => checked,
            Next::Nothing { locked, stands, outcome, conflicts } => {
                return self.nothing_to_do(locked, stands, (outcome, conflicts)).await;
            }
        };
        let paced = self.pace(checked)?;
        let opened = self.open(paced).await?;
        self.forward(opened).await
    }

    fn admit<'a>(&self, permitted: Permitted<'a>) -> Result<Admitted<'a>, Problem> {
        let name = permitted.0.owner().name;
        self.paces.of_caller(&name, permitted.0).map_err(|retry_after_ms| Problem::WritesTooFast {
            code: "limit.caller",
            words: "more agents than this caller may change in a minute",
            retry_after_ms,
        })?;
        Ok(Admitted(permitted))
    }

    async fn lock<'a>(&self, by: Admitted<'a>, asked: &'a Asked) -> Result<Locked<'a>, Problem> {
        let lock = self.locks.of(&asked.user).await.ok_or(Problem::AgentLocked)?;
        Ok(Locked { by, asked, watch: self.witness.watch(&asked.user), _lock: lock })
    }

    /// Reads the agent anew and asks every rule.
    async fn check<'a>(&self, locked: Locked<'a>) -> Result<Next<'a>, Problem> {
        let asked = locked.asked;
        let (seen, conflicts) = self.expected(asked).await?;
        let verdict = self.judge((locked.by.0.0, asked), &seen).await;
        Ok(match verdict.map_err(Problem::from)? {
            Verdict::Nothing(outcome) => Next::Nothing { locked, stands: seen.stands, outcome, conflicts },
            Verdict::Send { body, warnings, leaving } => {
                Next::Write(Checked { locked, before: seen.stands, body, warnings, conflicts, leaving })
            }
        })
    }

    /// What stands, if it is what the caller knows; and how often it was not.
    async fn expected(&self, asked: &Asked) -> Result<(Seen, u32), Problem> {
        let mut tags = asked.if_match.as_ref().map(|expected| expected.tags.clone());
        let mut conflicts = 0;
        loop {
            let seen = self.look(asked).await?;
            let current = seen.stands.etag();
            // What is gone has no version; that it is gone is what the rules say.
            let is_gone = seen.stands == Stands::Skill(None);
            if is_gone || tags.as_ref().is_none_or(|tags| etag::matches(tags, &current)) {
                return Ok((seen, conflicts));
            }
            let begins_anew = asked.if_match.as_ref().is_some_and(|expected| expected.begins_anew);
            if !begins_anew || conflicts == CONFLICTS_MAX {
                let words = format!(
                    "what stands is not what If-Match names: it changed meanwhile, and its entity tag is {current}"
                );
                return Err(Refusal::new(Code::VersionMismatch, words).into());
            }
            conflicts += 1;
            tags = Some(current);
        }
    }

    fn pace<'a>(&self, checked: Checked<'a>) -> Result<Paced<'a>, Problem> {
        let user = &checked.locked.asked.user;
        self.paces.of_agent(user).map_err(|retry_after_ms| Problem::WritesTooFast {
            code: "limit.agent",
            words: "this agent is changed more often than ten times a second",
            retry_after_ms,
        })?;
        Ok(Paced(checked))
    }
}

impl Guard {
    /// Does what is to be done by the clock: restores whose time has come, refusals that wait for the disk.
    pub async fn tick(&self) {
        self.refusals.try_again();
        self.restore_due().await;
    }

    /// Waits until everything is in the log, once nobody writes any more.
    pub async fn finish(&self) {
        self.refusals.finish().await;
    }
}

/// Whether the caller may write at all.
fn permitted(caller: &Caller) -> Result<Permitted<'_>, Problem> {
    permit(caller, Action::Write)?;
    Ok(Permitted(caller))
}
