//! `PATCH /api/v2/users/{id}/presences/purecloud`, one agent's presence, and `PUT /api/v2/users/presences/bulk`, up to fifty:
//! each through the gate.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, stream};
use protocol::UserId;
use rules::presence;
use serde_json::{Value, json};

use super::write::{self, Body};
use crate::{
    App,
    gate::MayWrite,
    guard::{Asked, Change, Done, tag},
    idempotency::Undecided,
    problem::Problem,
};

/// Members of a presence that only upstream writes; a client may send back what it read.
const READ_ONLY: [&str; 7] = ["id", "name", "source", "sourceId", "primary", "modifiedDate", "selfUri"];

/// Members that are understood.
const KNOWN: [&str; 5] =
    ["presenceDefinition", "futurePresenceDefinition", "message", "wrapupSeconds", "timeZone"];

/// Sets a presence, a message, or both.
pub async fn patch(
    caller: MayWrite,
    State(app): State<Arc<App>>,
    Path((id, source)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if !source.eq_ignore_ascii_case("purecloud") {
        return Err(Problem::NotFound(format!("there is no presence source {source}; use purecloud")));
    }
    let said = write::said(body)?;
    let asked = asked(UserId::new(&id), &said, &headers)?;
    let done = app.guard.write(&caller.0, &asked).await?;
    Ok(write::answer(&done, json!(done.stands)))
}

/// Sets the presences of up to fifty agents, each as a write of its own. There is no way back for those that were written when
/// others are refused: the answer says which.
pub async fn put_bulk(
    caller: MayWrite,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if write::if_match(&headers).is_some() {
        let words = "If-Match is of one presence, and this call is of many: make each a call of its own, or leave it out";
        return Err(Problem::BadRequest(words.to_owned()));
    }
    // What is wrong with a header is wrong with the call, and with none of its presences.
    tag::of(&headers)?;
    let said = write::said(body)?;
    let all =
        said.as_array().ok_or_else(|| Problem::BadRequest("expected a list of presences".to_owned()))?;
    if all.len() > BULK_MAX {
        return Err(Problem::TooManyIds(BULK_MAX));
    }
    // Nothing is written when one of them cannot even be read.
    let asked = all.iter().map(|said| of_bulk(said, &headers)).collect::<Result<Vec<Asked>, Problem>>()?;
    let writes: Vec<_> = asked.iter().map(|asked| app.guard.write(&caller.0, asked)).collect();
    let written: Vec<Result<Done, Problem>> = stream::iter(writes).buffered(BULK_AT_ONCE).collect().await;
    let refused: Vec<(&Asked, &Problem)> = asked
        .iter()
        .zip(&written)
        .filter_map(|(asked, written)| Some((asked, written.as_ref().err()?)))
        .collect();
    if refused.is_empty() {
        let presences =
            asked.iter().zip(&written).filter_map(|(asked, written)| Some((asked, written.as_ref().ok()?)));
        let body: Vec<Value> = presences.map(|(asked, done)| of_user(asked, done)).collect();
        return Ok(Json(body).into_response());
    }
    Ok(not_all(asked.len(), &refused))
}

/// Agents in one call. Source: Genesys reads presences of fifty at once, and says nothing of writing them.
const BULK_MAX: usize = 50;

/// Writes under way for one call: those of others are to get through.
const BULK_AT_ONCE: usize = 3;

fn of_bulk(said: &Value, headers: &HeaderMap) -> Result<Asked, Problem> {
    let id = said["id"]
        .as_str()
        .ok_or_else(|| Problem::BadRequest("each presence has the user's id as its id".to_owned()))?;
    asked(UserId::new(id), said, headers).map_err(|problem| {
        // The others have codes of their own, which are to be kept.
        let Problem::BadRequest(words) = problem else { return problem };
        Problem::BadRequest(format!("user {id}: {words}"))
    })
}

fn asked(user: UserId, said: &Value, headers: &HeaderMap) -> Result<Asked, Problem> {
    let change = change(said)?;
    let time_zone = said.as_object().map(|members| write::text(members, "timeZone")).transpose()?.flatten();
    Ok(Asked {
        time_zone: Asked::zone(time_zone)?,
        ..write::asked(user, Change::Presence(change), said.clone(), headers)?
    })
}

fn of_user(asked: &Asked, done: &Done) -> Value {
    let mut presence = json!(done.stands);
    write::mark(&mut presence, done);
    presence["id"] = json!(asked.user);
    presence
}

/// The first refusal, with all of them and with how many were written.
fn not_all(asked: usize, refused: &[(&Asked, &Problem)]) -> Response {
    let Some((_, first)) = refused.first() else { return Json(json!([])).into_response() };
    let mut body = first.body();
    body.message =
        format!("{} of {asked} were not changed, the others were; the first: {first}", refused.len());
    let mut body = json!(body);
    body["contextId"] = json!(crate::gate::correlation_id());
    let error = |(asked, problem): &(&Asked, &Problem)| {
        let mut error = json!(problem.body());
        error["entityId"] = json!(asked.user);
        error
    };
    body["errors"] = refused.iter().map(error).collect();
    // Whoever asks again is to come when all of them may.
    if let Some(ms) = refused.iter().filter_map(|(_, problem)| problem.retry_after_ms()).max() {
        body["retryAfterMs"] = json!(ms);
    }
    let mut response = (first.status(), Json(body)).into_response();
    if let Some(seconds) = refused.iter().filter_map(|(_, problem)| problem.retry_after_s()).max() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    if !refused.iter().all(|(_, problem)| problem.is_decided()) {
        response.extensions_mut().insert(Undecided);
    }
    response
}

fn change(said: &Value) -> Result<presence::Change, Problem> {
    let wrong = |what: String| Problem::BadRequest(what);
    let members = write::members(said, "presence", (&KNOWN, &READ_ONLY))?;
    let (now, later) =
        (definition(said, "presenceDefinition")?, definition(said, "futurePresenceDefinition")?);
    if now.is_some() && later.is_some() {
        return Err(wrong("give presenceDefinition or futurePresenceDefinition, not both".to_owned()));
    }
    let seconds = write::given(members, "wrapupSeconds");
    let whole = |given: &Value| {
        given.as_i64().ok_or_else(|| wrong("wrapupSeconds is a whole number of seconds".to_owned()))
    };
    let wrap_up_seconds = seconds.map(whole).transpose()?;
    let change = presence::Change {
        when_free: later.is_some(),
        presence: now.or(later),
        also: Vec::new(),
        message: write::text(members, "message")?,
        wrap_up_seconds,
    };
    if change == presence::Change::default() {
        return Err(wrong("nothing to change: give presenceDefinition, message, or both".to_owned()));
    }
    Ok(change)
}

/// A definition by its id, or by its system presence where it has none.
fn definition(said: &Value, name: &str) -> Result<Option<String>, Problem> {
    let definition = &said[name];
    if definition.is_null() {
        return Ok(None);
    }
    let named = ["id", "systemPresence"].iter().find_map(|member| definition[member].as_str());
    let wish = named.or_else(|| definition.as_str());
    wish.map(|wish| Some(wish.to_owned())).ok_or_else(|| {
        Problem::BadRequest(format!(
            "{name} names a presence: {{\"id\": \"...\"}}, a definition's id, label or kind"
        ))
    })
}
