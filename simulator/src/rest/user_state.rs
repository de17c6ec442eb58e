//! Users who come and go by calls: `POST /api/v2/users`, `DELETE /api/v2/users/{userId}` and
//! `/api/v2/users/{userId}/state`.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use protocol::UserId;
use rand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    TypedBody,
    body::{Expand, UserBody},
};
use crate::{
    audit::{Author, deed},
    refusal::Refusal,
    shared::{Shared, State as Inside},
    world::{AgentIx, NewAgent, UserState, World, guid},
};

/// Why a state changes. Source: the schema UserState.
const REASONS: [&str; 6] = ["Voluntary", "Seasonal", "Leave", "Performance", "Conduct", "Unknown"];
const UNKNOWN: &str = "Unknown";

/// The routes of this file.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/users", post(post_users))
        .route("/api/v2/users/{userId}", delete(delete_user))
        .route("/api/v2/users/{userId}/state", get(get_state).put(put_state))
}

/// What a user is created from; addresses and a password are passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateUser {
    name: String,
    email: String,
    division_id: String,
    department: Option<String>,
    title: Option<String>,
    state: Option<String>,
}

/// `POST /api/v2/users`: a user in no team, queue or group, and on no roster. An address that a user
/// has or had is refused.
async fn post_users(
    State(shared): State<Arc<Shared>>,
    author: Author,
    TypedBody(body): TypedBody<CreateUser>,
) -> Result<Response, Refusal> {
    check_name(&body.name)?;
    let user_state = body.state.as_deref().map_or(Ok(UserState::Active), state_of)?;
    if user_state == UserState::Deleted {
        return Err(Refusal::invalid_value("state: expected active or inactive"));
    }
    let mut state = shared.enter();
    let divisions = &state.world.divisions;
    let division = divisions.iter().position(|division| division.id.eq_ignore_ascii_case(&body.division_id));
    let division =
        division.ok_or_else(|| Refusal::invalid_value("divisionId: expected the id of a division"))?;
    check_email(&state.world, &body.email, None)?;
    if !state.world.has_room() {
        return Err(Refusal::bad_request("this simulator has taken on as many users as it can"));
    }
    let id = UserId::new(&guid::of(state.secrets.random()));
    let agent = state.world.create_user(NewAgent {
        id,
        name: body.name,
        email: body.email,
        title: body.title.unwrap_or_default().into(),
        department: body.department.unwrap_or_default().into(),
        state: user_state,
        division,
        site: 0,
        team: None,
    });
    state.tell();
    let deeds = deed::user_created(&state.world.agents[agent.0]);
    state.audit(&author, deeds);
    Ok(Json(UserBody::of(&state.world, agent, Expand::default())).into_response())
}

/// `DELETE /api/v2/users/{userId}`: a conversation goes back to its queue.
async fn delete_user(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    author: Author,
) -> Result<Json<Value>, Refusal> {
    let mut state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    set_state(&shared, &mut state, &author, (agent, UserState::Deleted), UNKNOWN);
    Ok(Json(json!({})))
}

/// `GET /api/v2/users/{userId}/state`: of deleted users, too.
async fn get_state(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let agent = state.world.known_user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    Ok(Json(body_of(&state.world, agent)))
}

/// A state that is asked for; a date is passed over, as the change takes effect at once.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StateBody {
    state: String,
    version: Option<u32>,
    state_change_reason: Option<String>,
}

/// `PUT /api/v2/users/{userId}/state`
async fn put_state(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    author: Author,
    TypedBody(body): TypedBody<StateBody>,
) -> Result<Json<Value>, Refusal> {
    let wanted = state_of(&body.state)?;
    let asked = body.state_change_reason.as_deref().unwrap_or(UNKNOWN);
    let reason = REASONS.into_iter().find(|reason| *reason == asked).ok_or_else(|| {
        Refusal::invalid_value(format!("stateChangeReason: expected one of {}", REASONS.join(", ")))
    })?;
    let mut state = shared.enter();
    let agent = state.world.known_user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    if let Some(version) = body.version {
        check_version(&shared, &state.world, agent, version)?;
    }
    set_state(&shared, &mut state, &author, (agent, wanted), reason);
    Ok(Json(body_of(&state.world, agent)))
}

fn body_of(world: &World, agent: AgentIx) -> Value {
    let who = &world.agents[agent.0];
    let mut body = json!({ "state": who.state.as_str(), "version": who.version });
    if let Some(change) = who.state_change {
        body["stateChangeReason"] = json!(change.reason);
        body["stateChangeDate"] = json!(change.at);
    }
    body
}

/// Changes the state of a user, with all that follows, and tells it.
pub(super) fn set_state(
    shared: &Shared,
    state: &mut Inside,
    author: &Author,
    (agent, wanted): (AgentIx, UserState),
    reason: &'static str,
) {
    let before = deed::profile(&state.world.agents[agent.0]);
    let stays_member = !shared.config.answers.inactive_users_leave_queues;
    state.world.set_user_state(agent, wanted, reason, stays_member);
    state.tell();
    let deeds = deed::user(&state.world, agent, before);
    state.audit(author, deeds);
}

/// The state of this name.
pub(super) fn state_of(name: &str) -> Result<UserState, Refusal> {
    let state = UserState::named(name);
    state.ok_or_else(|| Refusal::invalid_value("state: expected active, inactive or deleted"))
}

/// Refuses a name that says nothing.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() { Err(Refusal::invalid_value("name: expected some text")) } else { Ok(()) }
}

/// Refuses an address that is none, or that somebody else has or had.
pub(super) fn check_email(world: &World, email: &str, of: Option<AgentIx>) -> Result<(), Refusal> {
    if !email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) {
        return Err(Refusal::invalid_value("email: expected an e-mail address"));
    }
    let taken = world.agents.iter().position(|who| who.email.eq_ignore_ascii_case(email));
    if taken.is_some_and(|taken| of != Some(AgentIx(taken))) {
        let message = format!("email: a user has or had the address {email}");
        return Err(Refusal::new(StatusCode::CONFLICT, "general.conflict", message));
    }
    Ok(())
}

/// Refuses a write that was made from an old read.
pub(super) fn check_version(
    shared: &Shared,
    world: &World,
    agent: AgentIx,
    version: u32,
) -> Result<(), Refusal> {
    let is = world.agents[agent.0].version;
    if version == is {
        return Ok(());
    }
    let message = format!("version: {version} does not match the current version {is}");
    Err(if shared.config.answers.version_mismatch_is_400 {
        Refusal::bad_request(message)
    } else {
        Refusal::new(StatusCode::CONFLICT, "general.conflict", message)
    })
}
