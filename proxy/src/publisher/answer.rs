//! How an update is answered. Pure.

use std::time::Duration;

use serde_json::{Value, json};

use super::{eligible::Eligible, frame::Publish};
use crate::{
    audit::Outcome,
    guard::{Change, Done},
    problem::Problem,
};

/// By then some of those that waited are made.
const TOO_MANY_RETRY_MS: i64 = 1_000;

/// What became of an update, step by step.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The presence's step, if there was one.
    pub presence: Option<Result<Done, Problem>>,
    /// Those of the skills, in their order; fewer than were asked for when the presence's was refused.
    pub skills: Vec<Result<Done, Problem>>,
    /// Which queues the agent gets conversations from.
    pub eligible: Eligible,
}

impl Passed {
    fn steps(&self) -> impl Iterator<Item = &Result<Done, Problem>> {
        self.presence.iter().chain(&self.skills)
    }

    /// The step for which the update counts as failed: a no before something that nobody knows.
    fn failed(&self) -> Option<&Problem> {
        let problems = || self.steps().filter_map(|step| step.as_ref().err());
        problems().find(|problem| !is_unsettled(problem)).or_else(|| problems().next())
    }
}

fn is_unsettled(problem: &Problem) -> bool {
    matches!(problem, Problem::Unsettled(_))
}

/// How an update ended.
#[must_use]
pub fn answer(publish: &Publish, took: Duration, passed: &Passed) -> Value {
    let mut answer = match passed.failed() {
        None => json!({ "status": "success" }),
        Some(problem) => {
            let mut answer = no(problem);
            if is_unsettled(problem) {
                answer["status"] = json!("unknown");
            }
            answer
        }
    };
    answer["userId"] = json!(publish.user);
    let done = || passed.steps().filter_map(|step| step.as_ref().ok());
    answer["changed"] = json!(done().any(|done| done.outcome != Outcome::NoChange));
    answer["steps"] = steps(publish, Some(passed));
    answer["latencyMs"] = json!(milliseconds(took));
    if let Some(Ok(done)) = &passed.presence {
        answer["presenceDefinition"] = json!(done.stands)["presenceDefinition"].take();
        answer["etag"] = json!(done.etag);
    }
    let mut warnings: Vec<&str> =
        done().flat_map(|done| &done.warnings).map(|warning| warning.code.as_str()).collect();
    match &passed.eligible {
        Eligible::NotAsked => {}
        Eligible::Queues(queues) => answer["eligibleQueues"] = json!(queues),
        Eligible::Unknown => warnings.push("eligible.queues.unknown"),
    }
    if !warnings.is_empty() {
        answer["warnings"] = json!(warnings);
    }
    named(publish.id.as_ref(), answer)
}

/// What became of each part: the word of the log, `notMade` for what came after a refused presence. Until it has passed nobody
/// knows of any.
fn steps(publish: &Publish, passed: Option<&Passed>) -> Value {
    let unknown = Outcome::Unknown.name();
    let mut steps = json!({});
    if publish.presence.is_some() {
        let made = passed.map(|passed| passed.presence.as_ref().map_or("notMade", word));
        steps["presence"] = json!(made.unwrap_or(unknown));
    }
    let skills = publish.skills.iter().enumerate().map(|(place, asked)| {
        let Change::Skill(one) = &asked.change else { return Value::Null };
        let mut told = json!({ "skillId": one.skill, "outcome": unknown });
        let Some(passed) = passed else { return told };
        match passed.skills.get(place) {
            None => told["outcome"] = json!("notMade"),
            Some(step) => {
                told["outcome"] = json!(word(step));
                if let Err(problem) = step {
                    let body = problem.body();
                    told["code"] = json!(body.code);
                    told["error"] = json!(body.message);
                }
            }
        }
        told
    });
    if !publish.skills.is_empty() {
        steps["skills"] = skills.collect();
    }
    steps
}

fn word(step: &Result<Done, Problem>) -> &'static str {
    match step {
        Ok(done) => done.outcome.name(),
        Err(problem) if is_unsettled(problem) => Outcome::Unknown.name(),
        Err(_) => Outcome::Refused.name(),
    }
}

/// Nobody knows yet; it is told later.
#[must_use]
pub fn unknown(publish: &Publish, took: Duration) -> Value {
    let answer = json!({
        "userId": publish.user,
        "status": Outcome::Unknown.name(),
        "steps": steps(publish, None),
        "latencyMs": milliseconds(took),
    });
    named(publish.id.as_ref(), answer)
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// Too many updates of the agent wait for their turn.
#[must_use]
pub const fn too_many() -> Problem {
    Problem::WritesTooFast {
        code: "limit.agent",
        words: "too many updates of this agent wait, each of something else",
        retry_after_ms: TOO_MANY_RETRY_MS,
    }
}

/// A newer update of the agent came before its turn.
#[must_use]
pub fn superseded(publish: &Publish) -> Value {
    let answer = json!({ "userId": publish.user, "status": "superseded", "changed": false });
    named(publish.id.as_ref(), answer)
}

/// A frame that could not be read.
#[must_use]
pub fn refusal(id: Option<&Value>, user: Option<&Value>, problem: &Problem) -> Value {
    let mut answer = no(problem);
    if let Some(user) = user {
        answer["userId"] = user.clone();
    }
    named(id, answer)
}

fn no(problem: &Problem) -> Value {
    let body = problem.body();
    let mut answer = json!({ "status": "error", "code": body.code, "error": body.message });
    if let Some(accepted) = body.message_params.get("accepted") {
        answer["accepted"] = json!(accepted);
    }
    if let Some(later) = problem.exact_ms() {
        answer["retryAfterMs"] = json!(later);
    }
    answer
}

fn named(id: Option<&Value>, mut answer: Value) -> Value {
    if let Some(id) = id {
        answer["id"] = id.clone();
    }
    answer
}
