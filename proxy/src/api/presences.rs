//! `PATCH /api/v2/users/{id}/presences/purecloud`, one agent's presence, and `PUT /api/v2/users/presences/bulk`, up to fifty:
//! each through the gate.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue,
        header::{ETAG, IF_MATCH},
    },
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, stream};
use protocol::UserId;
use rules::presence::Change;
use serde_json::{Value, json};

use crate::{
    App,
    audit::Outcome,
    gate::MayWrite,
    guard::{Asked, Done},
    problem::Problem,
};

/// Members of a presence that only upstream writes; a client may send back what it read.
const READ_ONLY: [&str; 7] = ["id", "name", "source", "sourceId", "primary", "modifiedDate", "selfUri"];

/// Members that are understood.
const KNOWN: [&str; 4] = ["presenceDefinition", "futurePresenceDefinition", "message", "wrapupSeconds"];

/// Sets a presence, a message, or both.
pub async fn patch(
    caller: MayWrite,
    State(app): State<Arc<App>>,
    Path((id, source)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Json<Value>, axum::extract::rejection::JsonRejection>,
) -> Result<Response, Problem> {
    if !source.eq_ignore_ascii_case("purecloud") {
        return Err(Problem::NotFound(format!("there is no presence source {source}; use purecloud")));
    }
    let Json(said) = body.map_err(|error| Problem::BadRequest(error.body_text()))?;
    let change = change(&said)?;
    let if_match = headers.get(IF_MATCH).map(|tags| tags.to_str().unwrap_or_default().to_owned());
    let asked = Asked { user: UserId::new(&id), change, if_match, said };
    Ok(answer(&app.guard.write(&caller.0, &asked).await?))
}

/// Sets the presences of up to fifty agents, each as a write of its own. There is no way back for those that were written when
/// others are refused: the answer says which.
pub async fn put_bulk(
    caller: MayWrite,
    State(app): State<Arc<App>>,
    body: Result<Json<Value>, axum::extract::rejection::JsonRejection>,
) -> Result<Response, Problem> {
    let Json(said) = body.map_err(|error| Problem::BadRequest(error.body_text()))?;
    let all =
        said.as_array().ok_or_else(|| Problem::BadRequest("expected a list of presences".to_owned()))?;
    if all.len() > BULK_MAX {
        return Err(Problem::TooManyIds(BULK_MAX));
    }
    // Nothing is written when one of them cannot even be read.
    let asked = all.iter().map(of_bulk).collect::<Result<Vec<Asked>, Problem>>()?;
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

fn of_bulk(said: &Value) -> Result<Asked, Problem> {
    let id = said["id"]
        .as_str()
        .ok_or_else(|| Problem::BadRequest("each presence has the user's id as its id".to_owned()))?;
    let change = change(said).map_err(|problem| Problem::BadRequest(format!("user {id}: {problem}")))?;
    Ok(Asked { user: UserId::new(id), change, if_match: None, said: said.clone() })
}

fn of_user(asked: &Asked, done: &Done) -> Value {
    let mut presence = shown(done);
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
    (first.status(), Json(body)).into_response()
}

fn change(said: &Value) -> Result<Change, Problem> {
    let wrong = |what: String| Problem::BadRequest(what);
    let members = said.as_object().ok_or_else(|| wrong("expected a presence: a JSON object".to_owned()))?;
    let foreign =
        members.keys().find(|name| !READ_ONLY.contains(&name.as_str()) && !KNOWN.contains(&name.as_str()));
    if let Some(name) = foreign {
        return Err(wrong(format!("a presence has no member {name}; known here: {}", KNOWN.join(", "))));
    }
    let text = |name: &str| {
        let given = Some(&said[name]).filter(|given| !given.is_null());
        let text = |given: &Value| {
            given.as_str().map(str::to_owned).ok_or_else(|| wrong(format!("{name} is a text")))
        };
        given.map(text).transpose()
    };
    let (now, later) =
        (definition(said, "presenceDefinition")?, definition(said, "futurePresenceDefinition")?);
    if now.is_some() && later.is_some() {
        return Err(wrong("give presenceDefinition or futurePresenceDefinition, not both".to_owned()));
    }
    let seconds = Some(&said["wrapupSeconds"]).filter(|given| !given.is_null());
    let whole = |given: &Value| {
        given.as_i64().ok_or_else(|| wrong("wrapupSeconds is a whole number of seconds".to_owned()))
    };
    let wrap_up_seconds = seconds.map(whole).transpose()?;
    let change = Change {
        when_free: later.is_some(),
        presence: now.or(later),
        message: text("message")?,
        wrap_up_seconds,
    };
    if change == Change::default() {
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

fn shown(done: &Done) -> Value {
    let mut body = json!(done.presence);
    body["changed"] = json!(done.outcome != Outcome::NoChange);
    if !done.warnings.is_empty() {
        let warnings = done.warnings.iter().map(|warning| {
            json!({ "code": warning.code.as_str(), "message": warning.words, "accepted": warning.accepted })
        });
        body["warnings"] = warnings.collect();
    }
    body
}

fn answer(done: &Done) -> Response {
    let mut response = Json(shown(done)).into_response();
    if let Ok(etag) = HeaderValue::from_str(&done.etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}
