//! The gate that every write passes, one step after the other:
//!
//! caller -> [`Permitted`] -> [`Admitted`] (the caller's limit) -> [`Locked`] (the agent) -> [`Checked`] (rules, with a fresh read)
//! -> [`Paced`] (the agent's limit) -> [`Opened`] (the record of the intent is on the disk) -> forwarded -> the record of its end.
//!
//! Each step takes the proof of the one before, which only that one can make: a write that was not checked or not
//! recorded does not compile. What is refused on the way is recorded, too.

mod forward;
mod locks;
mod paces;

use std::sync::{Arc, RwLock};

use protocol::{
    Clock, PresenceDefinitionId, UserId,
    entity::{User, UserPresence},
    event::{conversation_summary::SummaryMedia, presence::PresenceDefinitionRef},
    presence::SystemPresence,
};
use rules::{
    Agent, Catalogue, Code, Refusal,
    agent::Standing,
    etag,
    presence::{Change, Context, Decision, check},
    shift::Zone,
};
use serde_json::{Value, json};
use tokio::sync::{OwnedMutexGuard, Semaphore};
use tracing::{info, warn};

use crate::{
    audit::{self, Actor, Kind, Outcome, Record},
    caller::{Action, Caller, permit},
    config::RulesConfig,
    feed::book::Book,
    problem::Problem,
    random,
    store::{Store, StoreError},
    upstream::{Clients, Purpose, UpstreamError},
};
use locks::Locks;
use paces::Paces;

/// Writes upstream at once: more would not be answered sooner, and reads are to get through.
const AT_ONCE: usize = 5;

/// What all writes share.
pub struct Guard {
    clients: Clients,
    store: Store,
    /// Upstream's time, which the log is in.
    clock: Arc<dyn Clock>,
    book: Arc<RwLock<Book>>,
    rules: RulesConfig,
    locks: Locks,
    paces: Paces,
    at_once: Semaphore,
}

/// What somebody wants of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The agent.
    pub user: UserId,
    /// What is to change.
    pub change: Change,
    /// Only if the agent's presence has one of these entity tags.
    pub if_match: Option<String>,
    /// The request's own words, for the log.
    pub said: Value,
}

/// How a write ended well.
#[derive(Clone, Debug)]
pub struct Done {
    /// What became of it.
    pub outcome: Outcome,
    /// What stands now.
    pub presence: UserPresence,
    /// Its entity tag.
    pub etag: String,
    /// What there is to be said although it was done.
    pub warnings: Vec<Refusal>,
}

/// A caller who may write.
pub struct Permitted<'a>(&'a Caller);
/// One who does not write too often.
pub struct Admitted<'a>(Permitted<'a>);
/// An agent whom nobody else writes meanwhile.
pub struct Locked<'a> {
    by: Admitted<'a>,
    asked: &'a Asked,
    _lock: OwnedMutexGuard<()>,
}
/// A change that every rule lets through, and what stood before.
pub struct Checked<'a> {
    locked: Locked<'a>,
    before: UserPresence,
    body: Value,
    warnings: Vec<Refusal>,
}
/// An agent who is not written too often.
pub struct Paced<'a>(Checked<'a>);
/// A write whose intent is on the disk.
pub struct Opened<'a> {
    paced: Paced<'a>,
    record: Record,
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
    Nothing { locked: Locked<'a>, standing: UserPresence },
}

impl Guard {
    /// A gate of its own store and book.
    #[must_use]
    pub fn new(
        clients: Clients,
        store: Store,
        (clock, steady): (Arc<dyn Clock>, Arc<dyn Clock>),
        book: Arc<RwLock<Book>>,
        rules: RulesConfig,
    ) -> Self {
        let at_once = Semaphore::new(AT_ONCE);
        Self {
            clients,
            store,
            clock,
            book,
            locks: Locks::default(),
            paces: Paces::new(steady, (rules.person_a_minute, rules.machine_a_minute)),
            rules,
            at_once,
        }
    }

    /// Whether a presence needs a reason here.
    #[must_use]
    pub fn needs_reason(&self, presence: &SystemPresence) -> bool {
        self.rules.need_reason.contains(presence)
    }

    /// Closes writes that were opened and not closed: the process ended between. What stands tells whether they took
    /// effect; upstream is asked until it answers.
    ///
    /// # Errors
    /// When the log cannot be read or written.
    pub async fn settle(&self) -> Result<(), StoreError> {
        for text in self.store.left_open().await? {
            let unreadable = |error| StoreError::Failed(format!("an audit record: {error}"));
            let opened: Record = serde_json::from_str(&text).map_err(unreadable)?;
            // Nobody writes the agent meanwhile. When the lock cannot be had others write it, and what stands is theirs.
            let lock = self.locks.of(&opened.user_id).await;
            let stands = forward::stands_at_last(&self.clients, &opened.user_id).await;
            let took =
                lock.is_some() && stands.as_ref().is_some_and(|stands| forward::is_so(stands, &opened.sent));
            let outcome = if took { Outcome::Accepted } else { Outcome::Unknown };
            warn!(user.id = %opened.user_id, outcome = outcome.name(), "a write was under way when the proxy ended");
            let closing = Record {
                kind: Kind::Closed,
                at: self.clock.now(),
                sent: Value::Null,
                before: Value::Null,
                after: stands.map_or(Value::Null, |stands| json!(stands)),
                outcome: Some(outcome),
                words: Some(
                    "the proxy ended while it was under way; this is what stood after its next start"
                        .to_owned(),
                ),
                ..opened
            };
            self.store.append(vec![closing]).await?;
        }
        Ok(())
    }

    /// Takes a change of one agent through the gate.
    ///
    /// # Errors
    /// The first that says no; it is in the log.
    pub async fn write(&self, caller: &Caller, asked: &Asked) -> Result<Done, Problem> {
        self.pass(caller, asked).await.map_err(|no| {
            if !no.is_recorded {
                self.refused(caller, asked, &no.problem);
            }
            no.problem
        })
    }

    async fn pass(&self, caller: &Caller, asked: &Asked) -> Result<Done, No> {
        let permitted = permitted(caller)?;
        let admitted = self.admit(permitted)?;
        let locked = self.lock(admitted, asked).await?;
        let checked = match self.check(locked).await? {
            Next::Write(checked) => checked,
            Next::Nothing { locked, standing } => return self.nothing_to_do(locked, standing).await,
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
        Ok(Locked { by, asked, _lock: lock })
    }

    /// Reads the agent anew and asks every rule.
    async fn check<'a>(&self, locked: Locked<'a>) -> Result<Next<'a>, Problem> {
        let asked = locked.asked;
        let user = self.read(&asked.user).await?;
        let standing = user.presence.clone().unwrap_or_default();
        let agent = agent(&user);
        if let Some(if_match) = &asked.if_match
            && !etag::matches(if_match, agent.presence.as_ref())
        {
            let current = etag::of(agent.presence.as_ref());
            let words = format!(
                "the agent's presence is not the one that If-Match names: it changed meanwhile, and its entity tag is {current}"
            );
            return Err(Refusal::new(Code::VersionMismatch, words).into());
        }
        let catalogue =
            Catalogue::of(&self.book.read().expect("nobody panics while holding the book").definitions);
        let zone = Zone::first_of([None, self.rules.time_zone.as_deref(), None]).map_err(Problem::from)?;
        let context = Context {
            catalogue: &catalogue,
            modes: self.rules.modes,
            at: self.clock.now(),
            zone: &zone,
            schedule: None,
            hours: self.rules.hours,
            need_reason: &self.rules.need_reason,
            floors: &[],
        };
        let checked = check(&asked.change, &agent, &context).map_err(Problem::from)?;
        let mut body = json!({});
        match checked.decision {
            Decision::Already => return Ok(Next::Nothing { locked, standing }),
            Decision::Now(None) => {}
            Decision::Now(Some(entry)) => body["presenceDefinition"] = json!({ "id": entry.id }),
            Decision::WhenFree(entry) => body["futurePresenceDefinition"] = json!({ "id": entry.id }),
        }
        if let Some(message) = &asked.change.message {
            body["message"] = json!(message);
        }
        Ok(Next::Write(Checked { locked, before: standing, body, warnings: checked.warnings }))
    }

    async fn read(&self, id: &UserId) -> Result<User, Problem> {
        let path = format!("/api/v2/users/{id}?expand=presence,routingStatus,conversationSummary");
        self.clients.get(Purpose::Write, &path).await.map_err(|error| match error {
            error if error.is_gone() => {
                Refusal::new(Code::UserUnknown, format!("there is no user {id} in Genesys Cloud")).into()
            }
            error => of_upstream(&error),
        })
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
        let Checked { locked, before, body, warnings } = &paced.0;
        let record = Record {
            before: json!(before),
            sent: body.clone(),
            warnings: warnings.iter().map(|warning| warning.code.as_str().to_owned()).collect(),
            ..self.record(Kind::Opened, locked.by.0.0, locked.asked)
        };
        self.store.append(vec![record.clone()]).await.map_err(|error| not_recorded(&error))?;
        Ok(Opened { paced, record })
    }

    /// Sends it, and writes down how it ended.
    async fn forward(&self, opened: Opened<'_>) -> Result<Done, No> {
        let Opened { paced: Paced(checked), record } = opened;
        let asked = checked.locked.asked;
        let sent = {
            let _one_of_few = self.at_once.acquire().await;
            forward::presence(&self.clients, self.clock.as_ref(), &asked.user, &checked.body).await
        };
        let (outcome, presence, error) = match sent.answer {
            Ok(presence) => (became(&presence, &checked.body), Some(presence), None),
            Err(forward::Failed { error, took_effect: Some(false) }) => (Outcome::Refused, None, Some(error)),
            Err(forward::Failed { error, .. }) => (Outcome::Unknown, None, Some(error)),
        };
        let etag = presence.as_ref().map(|presence| etag::of(standing(presence).as_ref()));
        let closing = Record {
            kind: Kind::Closed,
            at: self.clock.now(),
            sent: Value::Null,
            before: Value::Null,
            after: presence.as_ref().map_or(Value::Null, |presence| json!(presence)),
            outcome: Some(outcome),
            code: error.as_ref().map(|error| of_upstream(error).body().code),
            words: error.as_ref().map(ToString::to_string),
            answered_ms: Some(sent.took_ms),
            etag: etag.clone(),
            ..record
        };
        if let Err(error) = self.store.append(vec![closing]).await {
            // The intent is on the disk: at the next start it is settled by a read.
            warn!(%error, user.id = %asked.user, "how a write ended could not be recorded");
        }
        let problem = match (presence, error) {
            (Some(presence), _) if outcome != Outcome::Refused => {
                let etag = etag.unwrap_or_default();
                return Ok(Done { outcome, presence, etag, warnings: checked.warnings });
            }
            (Some(_), _) => Problem::NotDeferred,
            (None, Some(error)) if outcome == Outcome::Unknown => Problem::Unsettled(error.to_string()),
            (None, Some(error)) => of_upstream(&error),
            (None, None) => Problem::Unsettled("nothing was answered".to_owned()),
        };
        Err(No { problem, is_recorded: true })
    }

    async fn nothing_to_do(&self, locked: Locked<'_>, presence: UserPresence) -> Result<Done, No> {
        let outcome = Some(Outcome::NoChange);
        let record = self.record(Kind::Closed, locked.by.0.0, locked.asked);
        self.store.append(vec![Record { outcome, ..record }]).await.map_err(|error| not_recorded(&error))?;
        let etag = etag::of(standing(&presence).as_ref());
        Ok(Done { outcome: Outcome::NoChange, presence, etag, warnings: Vec::new() })
    }

    fn record(&self, kind: Kind, caller: &Caller, asked: &Asked) -> Record {
        Record {
            id: random::uuid(),
            kind,
            at: self.clock.now(),
            actor: Actor::of(caller),
            address: None,
            user_id: asked.user.clone(),
            action: audit::Action::Presence,
            asked: asked.said.clone(),
            sent: Value::Null,
            before: Value::Null,
            after: Value::Null,
            outcome: None,
            code: None,
            words: None,
            warnings: Vec::new(),
            answered_ms: None,
            etag: None,
            correlation_id: crate::gate::correlation_id(),
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
        if !self.store.append_later(vec![record]) {
            warn!(user.id = %asked.user, "the disk is behind; a refusal is not in the audit log");
        }
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
fn became(presence: &UserPresence, sent: &Value) -> Outcome {
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

/// A presence as rules look at it.
fn standing(presence: &UserPresence) -> Option<Standing> {
    let definition = presence.presence_definition.as_ref()?;
    Some(Standing {
        definition: PresenceDefinitionId::clone(&definition.id),
        system: definition.system_presence.clone(),
        message: presence.message.clone().unwrap_or_default(),
        modified: presence.modified_date.unwrap_or_default(),
    })
}

/// A user as rules look at it.
fn agent(user: &User) -> Agent {
    let summary = user.conversation_summary.as_ref();
    let (mut conversations, mut after_call_work) = (0, 0);
    for counts in SummaryMedia::ALL.iter().filter_map(|media| summary?.get(*media)) {
        conversations += counts.contact_center.active + counts.enterprise.active;
        after_call_work += counts.contact_center.acw;
    }
    Agent {
        is_active: user.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("active")),
        presence: user.presence.as_ref().and_then(standing),
        future: user
            .presence
            .as_ref()
            .and_then(|presence| Some(presence.future_presence_definition.as_ref()?.id.clone())),
        routing: user.routing_status.as_ref().and_then(|routing| routing.status.clone()),
        conversations,
        after_call_work,
        queues: None,
    }
}
