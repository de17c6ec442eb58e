//! What changes of a user: `PATCH /api/v2/users/{userId}`, and `/outofoffice`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
use serde::Deserialize;

use super::{
    TypedBody,
    body::{Expand, OutOfOfficeBody, UserBody},
};
use crate::{
    audit::{Author, deed},
    refusal::Refusal,
    shared::Shared,
    world::OutOfOffice,
};

/// What a PATCH of a user may change; more is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PatchBody {
    version: Option<u32>,
    name: Option<String>,
    title: Option<String>,
    department: Option<String>,
    email: Option<String>,
    acd_auto_answer: Option<bool>,
    state: Option<String>,
}

/// `PATCH /api/v2/users/{userId}`: the caller must know the present version.
pub(super) async fn patch_user(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    author: Author,
    TypedBody(body): TypedBody<PatchBody>,
) -> Result<Response, Refusal> {
    let version =
        body.version.ok_or_else(|| Refusal::invalid_value("version: expected that of the last read"))?;
    if body.state.is_some_and(|state| state != "active") {
        return Err(Refusal::invalid_value("state: this simulator knows active users only"));
    }
    if body.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Refusal::invalid_value("name: expected some text"));
    }
    let mut state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    let who = &mut state.world.agents[agent.0];
    if version != who.version {
        let message = format!("version: {version} does not match the current version {}", who.version);
        return Err(if shared.config.answers.version_mismatch_is_400 {
            Refusal::bad_request(message)
        } else {
            Refusal::new(StatusCode::CONFLICT, "general.conflict", message)
        });
    }
    let before = deed::profile(who);
    who.version += 1;
    if let Some(name) = body.name {
        who.name = name;
    }
    if let Some(title) = body.title {
        who.title = title.into();
    }
    if let Some(department) = body.department {
        who.department = department.into();
    }
    if let Some(email) = body.email {
        who.email = email;
    }
    if let Some(acd_auto_answer) = body.acd_auto_answer {
        who.acd_auto_answer = acd_auto_answer;
    }
    let deeds = deed::user(&state.world, agent, before);
    state.audit(&author, deeds);
    Ok(Json(UserBody::of(&state.world, agent, Expand::default())).into_response())
}

/// `GET /api/v2/users/{userId}/outofoffice`
pub(super) async fn get_out_of_office(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    Ok(Json(OutOfOfficeBody::of(&state.world.agents[agent.0])).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutOfOfficePut {
    active: bool,
    #[serde(default)]
    indefinite: bool,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
}

/// `PUT /api/v2/users/{userId}/outofoffice`
pub(super) async fn put_out_of_office(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    TypedBody(body): TypedBody<OutOfOfficePut>,
) -> Result<Response, Refusal> {
    if let (Some(start), Some(end)) = (body.start_date, body.end_date)
        && end < start
    {
        return Err(Refusal::invalid_value("endDate: expected a time after startDate"));
    }
    let mut state = shared.enter();
    let agent = state.world.user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    let out_of_office = OutOfOffice {
        active: body.active,
        indefinite: body.indefinite,
        start: body.start_date,
        end: body.end_date,
        modified: None,
    };
    state.world.put_out_of_office(agent, out_of_office);
    state.tell();
    Ok(Json(OutOfOfficeBody::of(&state.world.agents[agent.0])).into_response())
}
