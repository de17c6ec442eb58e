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
mod owed;
mod paces;
mod read;
mod refusals;
mod restores;
mod seen;
mod settle;

use std::sync::{Arc, Mutex, MutexGuard, RwLock};

use protocol::{
    Clock, Timestamp, UserId,
    entity::{UserPresence, UserSkill},
    event::presence::PresenceDefinitionRef,
    presence::SystemPresence,
};
use rules::{Code, Refusal, etag};
use serde_json::{Value, json};
use tokio::sync::{OwnedMutexGuard, Semaphore};
use tracing::{info, warn};

pub use self::{
    change::{Asked, Change, Done, IfMatch, Stands},
    ends::ENDS,
};
use crate::{
    audit::{self, Actor, Kind, Outcome, Record, observed::Observer},
    caller::{Action, Caller, permit},
    config::RulesConfig,
    feed::book::Book,
    metrics::WriteMetrics,
    problem::Problem,
    random,
    store::{Store, StoreError},
    upstream::{Clients, Purpose, UpstreamError, joined::Joined, schedules::Schedules},
    witness::{Watch, Witness},
};
use breaker::{Breaker, Passed};
use check::{Seen, Verdict};
use floors::{Floors, Leaving};
use forward::{Failed, Write};
use locks::Locks;
use paces::Paces;
use refusals::Refusals;
use restores::{Promised, Restores};

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
/// A write whose intent is on the disk.
pub struct Opened<'a> {
    paced: Paced<'a>,
    record: Record,
    /// What the store has to restore, of a change for a while.
    promised: Option<Promised>,
}

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
        let user = read::user(&self.clients, user, "?expand=presence").await?;
        let presence = user.presence.unwrap_or_default();
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
            if tags.as_ref().is_none_or(|tags| etag::matches(tags, &current)) {
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

    /// Writes down what is about to be sent, and waits for the disk.
    async fn open<'a>(&self, paced: Paced<'a>) -> Result<Opened<'a>, No> {
        let Checked { locked, before, body, warnings, conflicts, .. } = &paced.0;
        let record = Record {
            before: json!(before),
            conflicts: *conflicts,
            sent: body.clone(),
            warnings: warnings.iter().map(|warning| warning.code.as_str().to_owned()).collect(),
            ..self.record(Kind::Opened, locked.by.0.0, locked.asked)
        };
        // What is to be restored is on the disk first: of a change that is not made it restores nothing.
        let promised = self.promise(locked.by.0.0, locked.asked, (before, body)).await;
        let promised = promised.map_err(|error| not_recorded(&error))?;
        if let Err(error) = self.store.append(vec![record.clone()]).await {
            if let Some(promised) = promised {
                self.take_back(promised).await;
            }
            return Err(not_recorded(&error));
        }
        Ok(Opened { paced, record, promised })
    }

    /// Sends it, and writes down how it ended.
    async fn forward(&self, opened: Opened<'_>) -> Result<Done, No> {
        let Opened { paced: Paced(mut checked), record, promised } = opened;
        let asked = checked.locked.asked;
        let sent = {
            let _one_of_few = self.at_once.acquire().await;
            if record.action == audit::Action::Presence {
                self.observer.expect(&asked.user, &checked.body, self.clock.now());
            }
            let write = Write { action: record.action, user: &asked.user, body: &checked.body };
            write.send(&self.clients, self.clock.as_ref()).await
        };
        // Of one that nobody answered there is no time of an answer.
        if !matches!(sent.answer, Err(Failed { took_effect: None, .. })) {
            self.metrics.answered.observe_ms(sent.took_ms);
        }
        let (outcome, stands, error) = match sent.answer {
            Ok(stands) => (became(&stands, &checked.body), Some(stands), None),
            Err(Failed { error, took_effect: Some(false) }) => (Outcome::Refused, None, Some(error)),
            Err(Failed { error, .. }) => (Outcome::Unknown, None, Some(error)),
        };
        if let (Outcome::Refused, Some(promised)) = (outcome, promised) {
            self.take_back(promised).await;
        }
        if let Some(leaving) = checked.leaving.take()
            && matches!(outcome, Outcome::Accepted | Outcome::Unknown)
        {
            leaving.has_left(self.steady.now());
        }
        let etag = stands.as_ref().map(Stands::etag);
        let closing = Record {
            kind: Kind::Closed,
            at: self.clock.now(),
            sent: Value::Null,
            before: Value::Null,
            after: stands.as_ref().map_or(Value::Null, |stands| json!(stands)),
            outcome: Some(outcome),
            code: error.as_ref().map(|error| of_upstream(error).body().code),
            words: error.as_ref().map(ToString::to_string),
            answered_ms: Some(sent.took_ms),
            retries: sent.retries,
            etag: etag.clone(),
            ..record
        };
        if let Err(error) = self.store.append(vec![closing.clone()]).await {
            warn!(%error, user.id = %asked.user, "how a write ended could not be recorded yet");
            // The intent is on the disk: if the process ends before this does, the next one settles it by a read.
            let store = self.store.clone();
            let owed = closing.clone();
            tokio::spawn(async move { owed::record(&store, owed).await });
        }
        let problem = match (stands, error) {
            (Some(stands), _) if outcome != Outcome::Refused => {
                let Checked { locked, before, warnings, conflicts, .. } = checked;
                if outcome == Outcome::Accepted {
                    let to = self.seen_at();
                    seen::follow(to, locked.watch, (&before, &stands), sent.at, closing);
                }
                let etag = etag.unwrap_or_default();
                return Ok(Done { outcome, stands, etag, warnings, conflicts });
            }
            (Some(_), _) => Problem::NotDeferred,
            (None, Some(error)) if outcome == Outcome::Unknown => {
                if closing.action == audit::Action::Presence {
                    let to = self.seen_at();
                    seen::follow_unknown(to, checked.locked.watch, checked.body, sent.at, closing);
                }
                Problem::Unsettled(error.to_string())
            }
            (None, Some(error)) => of_upstream(&error),
            (None, None) => Problem::Unsettled("nothing was answered".to_owned()),
        };
        Err(No { problem, is_recorded: true })
    }

    /// Where it is told what events say of writes.
    fn seen_at(&self) -> seen::To {
        seen::To { store: self.store.clone(), clock: self.clock.clone(), took: self.metrics.seen.clone() }
    }

    async fn nothing_to_do(
        &self,
        locked: Locked<'_>,
        stands: Stands,
        (outcome, conflicts): (Outcome, u32),
    ) -> Result<Done, No> {
        let record = self.record(Kind::Closed, locked.by.0.0, locked.asked);
        let record = Record { outcome: Some(outcome), conflicts, ..record };
        self.prolong(locked.asked).await.map_err(|error| not_recorded(&error))?;
        self.store.append(vec![record]).await.map_err(|error| not_recorded(&error))?;
        let etag = stands.etag();
        Ok(Done { outcome, stands, etag, warnings: Vec::new(), conflicts })
    }

    fn record(&self, kind: Kind, caller: &Caller, asked: &Asked) -> Record {
        let (actor, user) = (Actor::of(caller), asked.user.clone());
        Record {
            address: caller.address.map(|address| address.to_string()),
            asked: asked.said.clone(),
            correlation_id: crate::gate::correlation_id(),
            ..Record::new(random::uuid(), kind, self.clock.now(), actor, user, asked.change.action())
        }
    }

    /// Writes a refusal down; nobody waits for the disk, so that refusals cannot hold up writes.
    fn refused(&self, caller: &Caller, asked: &Asked, problem: &Problem) {
        let body = problem.body();
        let record = Record {
            outcome: Some(Outcome::Refused),
            code: Some(body.code),
            words: Some(body.message),
            ..self.record(Kind::Refused, caller, asked)
        };
        self.refusals.take(record);
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

fn not_recorded(error: &StoreError) -> No {
    info!(%error, "a write was refused, since it could not be recorded");
    No { problem: Problem::NotRecorded(error.to_string()), is_recorded: true }
}

/// What an answer means. That a presence may be set for later is not promised anywhere: the answer has to show it.
fn became(stands: &Stands, sent: &Value) -> Outcome {
    let Stands::Presence(presence) = stands else { return Outcome::Accepted };
    let Some(later) = sent["futurePresenceDefinition"]["id"].as_str() else { return Outcome::Accepted };
    let is = |definition: &Option<PresenceDefinitionRef>| {
        definition.as_ref().is_some_and(|definition| definition.id.as_str() == later)
    };
    if is(&presence.future_presence_definition) {
        Outcome::Deferred
    } else if is(&presence.presence_definition) {
        // The agent was free by then.
        Outcome::Accepted
    } else {
        Outcome::Refused
    }
}

/// Upstream's no, in its own words.
fn of_upstream(error: &UpstreamError) -> Problem {
    if let UpstreamError::Refused { status: status @ 400..=499, code, message, .. } = error {
        return Problem::UpstreamRefused { status: *status, code: code.clone(), message: message.clone() };
    }
    Problem::Upstream(error.to_string())
}
