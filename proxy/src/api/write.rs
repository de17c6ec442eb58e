//! What all routes that write have in common: how a request is read and a change answered.

use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::{
        HeaderMap, HeaderValue,
        header::{ETAG, IF_MATCH},
    },
    response::{IntoResponse, Response},
};
use protocol::UserId;
use serde_json::{Map, Value, json};

use crate::{
    audit::Outcome,
    guard::{Asked, Change, Done, IfMatch, tag},
    problem::Problem,
};

/// A body as it came, or why it is none.
pub type Body = Result<Json<Value>, JsonRejection>;

/// The body.
///
/// # Errors
/// When it is no JSON.
pub fn said(body: Body) -> Result<Value, Problem> {
    body.map(|Json(said)| said).map_err(|error| Problem::BadRequest(error.body_text()))
}

/// The preference to begin anew after somebody else's change.
const RETRY_CONFLICT: &str = "retry-conflict";

/// What a request wants of an agent: a change, with what its headers say of it.
///
/// # Errors
/// When a header cannot be read.
pub fn asked(user: UserId, change: Change, said: Value, headers: &HeaderMap) -> Result<Asked, Problem> {
    let (if_match, compliance_tag) = (if_match(headers), tag::of(headers)?);
    Ok(Asked { if_match, compliance_tag, ..Asked::new(user, change, said) })
}

/// The entity tags of which one has to stand, and whether `Prefer: retry-conflict` is among the caller's preferences (RFC 7240).
#[must_use]
pub fn if_match(headers: &HeaderMap) -> Option<IfMatch> {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let begins_anew = preferences
        .flat_map(|value| value.split(','))
        .any(|one| one.trim().eq_ignore_ascii_case(RETRY_CONFLICT));
    // What is no text matches nothing.
    let tags = headers.get(IF_MATCH)?.to_str().unwrap_or_default().to_owned();
    Some(IfMatch { tags, begins_anew })
}

/// The members of an object: those that are `known` count, those of `read_only` are passed over, since clients send back what
/// they read.
///
/// # Errors
/// When it is no object, or names the first member that is neither.
pub fn members<'a>(
    said: &'a Value,
    what: &str,
    (known, read_only): (&[&str], &[&str]),
) -> Result<&'a Map<String, Value>, Problem> {
    let members =
        said.as_object().ok_or_else(|| Problem::BadRequest(format!("expected a {what}: a JSON object")))?;
    let foreign =
        members.keys().find(|name| !known.contains(&name.as_str()) && !read_only.contains(&name.as_str()));
    match foreign {
        Some(name) => {
            let known = known.join(", ");
            Err(Problem::BadRequest(format!("a {what} has no member {name}; known here: {known}")))
        }
        None => Ok(members),
    }
}

/// A member that is there and not null.
#[must_use]
pub fn given<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|given| !given.is_null())
}

/// A text, where one is given.
///
/// # Errors
/// When it is something else.
pub fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    let text = |given: &Value| {
        given.as_str().map(str::to_owned).ok_or_else(|| Problem::BadRequest(format!("{name} is a text")))
    };
    given(members, name).map(text).transpose()
}

/// A number, where one is given.
///
/// # Errors
/// When it is something else.
pub fn number(members: &Map<String, Value>, name: &str) -> Result<Option<f64>, Problem> {
    let number =
        |given: &Value| given.as_f64().ok_or_else(|| Problem::BadRequest(format!("{name} is a number")));
    given(members, name).map(number).transpose()
}

/// What is said of a change besides what stands.
pub fn mark(body: &mut Value, done: &Done) {
    body["changed"] = json!(has_changed(done));
    if done.conflicts > 0 {
        body["conflicts"] = json!(done.conflicts);
    }
    if !done.warnings.is_empty() {
        let warnings = done.warnings.iter().map(|warning| {
            json!({ "code": warning.code.as_str(), "message": warning.words, "accepted": warning.accepted })
        });
        body["warnings"] = warnings.collect();
    }
}

/// Whether anything was sent.
#[must_use]
pub fn has_changed(done: &Done) -> bool {
    match done.outcome {
        Outcome::NoChange | Outcome::Superseded => false,
        Outcome::Accepted | Outcome::Deferred | Outcome::Refused | Outcome::Unknown => true,
    }
}

/// What stands, with its entity tag.
#[must_use]
pub fn answer(done: &Done, mut body: Value) -> Response {
    mark(&mut body, done);
    let mut response = Json(body).into_response();
    if done.conflicts > 0 {
        response.headers_mut().insert("preference-applied", HeaderValue::from_static(RETRY_CONFLICT));
    }
    if let Ok(etag) = HeaderValue::from_str(&done.etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}
