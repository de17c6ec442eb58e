//! What is said on the publisher's socket. Pure.

use std::time::Duration;

use protocol::UserId;
use rules::presence;
use serde_json::{Map, Value, json};

use crate::{
    audit::Outcome,
    guard::{Asked, Change, Done},
    problem::Problem,
};

/// One update.
#[derive(Clone, Debug, PartialEq)]
pub struct Publish {
    /// The client's own name for it, given back with the answer.
    pub id: Option<Value>,
    /// What is to be written.
    pub asked: Asked,
}

/// A frame that is no update.
#[derive(Clone, Debug, PartialEq)]
pub enum Unreadable {
    /// An object, answered with what is wrong.
    Refused(Value),
    /// No object at all: the socket is closed with this reason.
    NoObject(String),
}

/// Members that an update may have.
const KNOWN: [&str; 8] = [
    "id",
    "userId",
    "presence",
    "routing",
    "availability",
    "presenceDefinitionId",
    "message",
    "wrapupSeconds",
];

/// Members that say which presence.
const PRESENCES: [&str; 4] = ["presenceDefinitionId", "presence", "availability", "routing"];

impl Publish {
    /// Reads a frame.
    ///
    /// # Errors
    /// With the answer, or with the reason for which the socket is closed.
    pub fn read(frame: &str) -> Result<Self, Unreadable> {
        let said: Value = serde_json::from_str(frame)
            .map_err(|error| Unreadable::NoObject(format!("not JSON: {error}")))?;
        let Value::Object(members) = &said else {
            return Err(Unreadable::NoObject("an update is a JSON object".to_owned()));
        };
        let id = members.get("id").filter(|id| !id.is_null()).cloned();
        let refused = |what: String| {
            let problem = Problem::BadRequest(what);
            Unreadable::Refused(refusal(id.as_ref(), members.get("userId"), &problem))
        };
        if let Some(name) = members.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(refused(format!("an update has no member {name}; known: {}", KNOWN.join(", "))));
        }
        let text = |name: &str| text(members, name).map_err(&refused);
        let user = text("userId")?.ok_or_else(|| refused("userId is missing: whose presence?".to_owned()))?;
        let mut presence: Option<(&str, String)> = None;
        for name in PRESENCES {
            let Some(wish) = text(name)? else { continue };
            match &presence {
                Some((other, before)) if !before.eq_ignore_ascii_case(&wish) => {
                    let what = format!(
                        "{other} is {before:?} and {name} is {wish:?}: give one of them, or the same"
                    );
                    return Err(refused(what));
                }
                Some(_) => {}
                None => presence = Some((name, wish)),
            }
        }
        let whole = "wrapupSeconds is a whole number of seconds".to_owned();
        let wrap_up_seconds = match members.get("wrapupSeconds").filter(|given| !given.is_null()) {
            None => None,
            Some(given) => Some(given.as_i64().ok_or_else(|| refused(whole))?),
        };
        let change = presence::Change {
            presence: presence.map(|(_, wish)| wish),
            message: text("message")?,
            wrap_up_seconds,
            when_free: false,
        };
        if change == presence::Change::default() {
            return Err(refused(format!(
                "nothing to change: give message, or one of {}",
                PRESENCES.join(", ")
            )));
        }
        let change = Change::Presence(change);
        let asked = Asked { user: UserId::new(&user), change, if_match: None, time_zone: None, said };
        Ok(Self { id, asked })
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match members.get(name).filter(|given| !given.is_null()) {
        None => Ok(None),
        Some(given) => {
            given.as_str().map(|text| Some(text.to_owned())).ok_or_else(|| format!("{name} is a text"))
        }
    }
}

/// How an update ended.
#[must_use]
pub fn answer(publish: &Publish, took: Duration, ended: &Result<Done, Problem>) -> Value {
    let done = match ended {
        Ok(done) => done,
        Err(problem @ Problem::Unsettled(_)) => {
            let mut answer = refusal(publish.id.as_ref(), Some(&json!(publish.asked.user)), problem);
            answer["status"] = json!("unknown");
            return answer;
        }
        Err(problem) => return refusal(publish.id.as_ref(), Some(&json!(publish.asked.user)), problem),
    };
    let changed = done.outcome != Outcome::NoChange;
    let mut answer = json!({
        "userId": publish.asked.user,
        "status": "success",
        "changed": changed,
        "steps": { "presence": done.outcome.name() },
        "presenceDefinition": json!(done.stands)["presenceDefinition"],
        "etag": done.etag,
        "latencyMs": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    });
    if !done.warnings.is_empty() {
        answer["warnings"] = done.warnings.iter().map(|warning| json!(warning.code.as_str())).collect();
    }
    named(publish.id.as_ref(), answer)
}

/// Nobody knows yet; it is told later.
#[must_use]
pub fn unknown(publish: &Publish) -> Value {
    named(publish.id.as_ref(), json!({ "userId": publish.asked.user, "status": "unknown" }))
}

/// A newer update of the agent came before its turn.
#[must_use]
pub fn superseded(publish: &Publish) -> Value {
    named(
        publish.id.as_ref(),
        json!({ "userId": publish.asked.user, "status": "superseded", "changed": false }),
    )
}

fn refusal(id: Option<&Value>, user: Option<&Value>, problem: &Problem) -> Value {
    let body = problem.body();
    let mut answer = json!({ "status": "error", "code": body.code, "error": body.message });
    if let Some(user) = user {
        answer["userId"] = user.clone();
    }
    if let Some(accepted) = body.message_params.get("accepted") {
        answer["accepted"] = json!(accepted);
    }
    if let Some(later) = problem.exact_ms() {
        answer["retryAfterMs"] = json!(later);
    }
    named(id, answer)
}

fn named(id: Option<&Value>, mut answer: Value) -> Value {
    if let Some(id) = id {
        answer["id"] = id.clone();
    }
    answer
}
