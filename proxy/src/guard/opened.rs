//! The end of the gate: the intent is written down, sent, and what became of it written down, too.

use protocol::event::presence::PresenceDefinitionRef;
use serde_json::{Value, json};
use tracing::{info, warn};

use super::{
    Asked, Checked, Done, Guard, Locked, No, Paced, Stands, ends,
    forward::{Failed, Write},
    owed,
    read::of_upstream,
    restores::Promised,
    seen,
};
use crate::{
    audit::{self, Actor, Kind, Outcome, Record},
    caller::Caller,
    problem::Problem,
    publisher::eligible::is_on_queue,
    random,
    store::StoreError,
};

/// A write whose intent is on the disk.
pub struct Opened<'a> {
    paced: Paced<'a>,
    record: Record,
    /// What the store has to restore, of a change for a while.
    promised: Option<Promised>,
}

impl Guard {
    /// Writes down what is about to be sent, and waits for the disk.
    pub(super) async fn open<'a>(&self, paced: Paced<'a>) -> Result<Opened<'a>, No> {
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
    pub(super) async fn forward(&self, opened: Opened<'_>) -> Result<Done, No> {
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
        match (outcome, promised) {
            (Outcome::Refused, Some(promised)) => self.take_back(promised).await,
            (Outcome::Accepted, Some(promised)) => self.is_kept(promised).await,
            _ => {}
        }
        if let (Outcome::Accepted, Some(stands)) = (outcome, &stands) {
            self.ends_restores(asked, stands).await;
        }
        if let Some(leaving) = checked.leaving.take()
            && matches!(outcome, Outcome::Accepted | Outcome::Deferred | Outcome::Unknown)
        {
            leaving.has_left(self.steady.now());
        }
        if let (Outcome::Accepted, Some(Stands::Presence(presence))) = (outcome, &stands)
            && is_on_queue(presence)
        {
            self.floors.is_back(&asked.user).await;
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
            upstream_correlation_id: sent.correlation_id,
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

    pub(super) async fn nothing_to_do(
        &self,
        locked: Locked<'_>,
        stands: Stands,
        (outcome, conflicts): (Outcome, u32),
    ) -> Result<Done, No> {
        let record = self.record(Kind::Closed, locked.by.0.0, locked.asked);
        let record = Record { outcome: Some(outcome), conflicts, ..record };
        if outcome == Outcome::NoChange {
            self.prolong(locked.asked).await.map_err(|error| not_recorded(&error))?;
            self.ends_restores(locked.asked, &stands).await;
        }
        self.store.append(vec![record]).await.map_err(|error| not_recorded(&error))?;
        let etag = stands.etag();
        Ok(Done { outcome, stands, etag, warnings: Vec::new(), conflicts })
    }

    fn record(&self, kind: Kind, caller: &Caller, asked: &Asked) -> Record {
        let (actor, user) = (Actor::of(caller), asked.user.clone());
        Record {
            address: caller.address.map(|address| address.to_string()),
            asked: asked.said.clone(),
            compliance_tag: asked.compliance_tag.clone(),
            correlation_id: crate::gate::correlation_id(),
            ..Record::new(random::uuid(), kind, self.clock.now(), actor, user, asked.change.action())
        }
    }

    /// Writes a refusal down; nobody waits for the disk, so that refusals cannot hold up writes.
    pub(super) fn refused(&self, caller: &Caller, asked: &Asked, problem: &Problem) {
        let body = problem.body();
        let record = Record {
            outcome: Some(Outcome::Refused),
            code: Some(body.code),
            words: Some(body.message),
            asked: shortened(&asked.said),
            ..self.record(Kind::Refused, caller, asked)
        };
        self.refusals.take(record);
    }

    /// A change that waited for others of its agent and is refused before its turn.
    pub fn turned_away(&self, caller: &Caller, asked: &Asked, problem: &Problem) {
        self.metrics.ended.get_or_create(&ends::of(Outcome::Refused)).inc();
        self.refused(caller, asked, problem);
    }

    /// A change that waited for others of its agent and is not made: a newer one says it anew.
    pub fn superseded(&self, caller: &Caller, asked: &Asked) {
        let outcome = Outcome::Superseded;
        self.metrics.ended.get_or_create(&ends::of(outcome)).inc();
        let record = self.record(Kind::Closed, caller, asked);
        self.refusals.take(Record { outcome: Some(outcome), asked: shortened(&asked.said), ..record });
    }
}

/// Of what was not made no more than this is recorded, so that nobody fills the disk with it.
const REFUSED_MAX: usize = 4_096;

/// A request's words, or how they begin.
fn shortened(said: &Value) -> Value {
    let text = said.to_string();
    if text.len() <= REFUSED_MAX {
        return said.clone();
    }
    let begins = &text[..text.floor_char_boundary(REFUSED_MAX)];
    json!({ "begins": begins, "bytes": text.len() })
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
