//! What changes of a user: `PATCH /api/v2/users/{userId}`, and `/outofoffice`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    TypedBody,
    body::{Expand, OutOfOfficeBody, UserBody},
    user_state,
};
use crate::{
    audit::{Author, deed},
    refusal::Refusal,
    shared::Shared,
    world::{OutOfOffice, UserState},
};

/// What a PATCH of a user may change. What else Genesys would change is refused, not dropped; the id and
/// the address may come along, as clients send back what they have read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatchBody {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "selfUri")]
    _self_uri: Option<IgnoredAny>,
    version: Option<u32>,
    name: Option<String>,
    title: Option<String>,
    department: Option<String>,
    email: Option<String>,
    acd_auto_answer: Option<bool>,
    state: Option<String>,
}

impl PatchBody {
    fn changes_more_than_state(&self) -> bool {
        let texts = [&self.name, &self.title, &self.department, &self.email];
        texts.into_iter().any(Option::is_some) || self.acd_auto_answer.is_some()
    }
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
    let wanted = body.state.as_deref().map(user_state::state_of).transpose()?;
    body.name.as_deref().map_or(Ok(()), user_state::check_name)?;
    let mut state = shared.enter();
    let agent = state.world.known_user(&id).ok_or_else(|| Refusal::not_found("The user"))?;
    let is = state.world.agents[agent.0].state;
    if is == UserState::Deleted && wanted.is_none_or(|wanted| wanted == is) {
        return Err(Refusal::not_found("The user"));
    }
    user_state::check_version(&shared, &state.world, agent, version)?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != is) {
        if body.changes_more_than_state() {
            return Err(Refusal::bad_request(
                "state: a change of the state goes alone; send the rest after it",
            ));
        }
        user_state::set_state(&shared, &mut state, &author, (agent, wanted), "Unknown");
        return Ok(Json(UserBody::of(&state.world, agent, Expand::default())).into_response());
    }
    if let Some(email) = &body.email {
        user_state::check_email(&state.world, email, Some(agent))?;
    }
    let who = &mut state.world.agents[agent.0];
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
