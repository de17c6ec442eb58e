//! `/api/v2/users/{id}/routingskills`: read upstream, since no board has them, and changed through the gate.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use protocol::{
    SkillId, UserId,
    entity::{Page, UserSkill},
};
use rules::skills::{Many, One, State as SkillState};
use serde_json::{Value, json};

use super::{
    Params, list_uri, page,
    write::{self, Body},
};
use crate::{
    App,
    gate::{MayRead, MayWrite},
    guard::{Change, Stands},
    problem::Problem,
};

/// Members that only upstream writes.
const READ_ONLY: [&str; 3] = ["name", "skillUri", "selfUri"];

/// Skills a page, as of users.
const PAGE_SIZE_MAX: u32 = 500;

/// The skills that an agent has.
pub async fn list(
    _: MayRead,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<UserSkill>>, Problem> {
    let paging = Params::parse(query.as_deref()).paging(PAGE_SIZE_MAX)?;
    let user = UserId::new(&id);
    let skills = app.guard.skills_of(&user).await?;
    let uri = list_uri(&format!("/api/v2/users/{user}/routingskills"), query.as_deref());
    Ok(Json(page(&skills, paging, &uri, UserSkill::clone)))
}

/// Changes one skill that the agent has.
pub async fn put(
    MayWrite(caller): MayWrite,
    State(app): State<Arc<App>>,
    Path((id, skill)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let said = write::said(body)?;
    let one = one(&said, SkillId::new(&skill))?;
    let asked = write::asked(UserId::new(&id), Change::Skill(one), said, &headers)?;
    let done = app.guard.write(&caller, &asked).await?;
    let body = if done.stands == Stands::Skill(None) {
        // What was to go had gone before.
        json!({ "id": skill, "state": SkillState::Deleted.as_str() })
    } else {
        json!(done.stands)
    };
    Ok(write::answer(&done, body))
}

fn one(said: &Value, skill: SkillId) -> Result<One, Problem> {
    let members = write::members(said, "skill of an agent", (&["id", "proficiency", "state"], &READ_ONLY))?;
    if let Some(other) = write::text(members, "id")?.filter(|id| SkillId::new(id) != skill) {
        return Err(Problem::BadRequest(format!(
            "id is {other}, and the address names the skill {skill}: leave it out"
        )));
    }
    let state = write::text(members, "state")?;
    let state = state.map(|state| SkillState::parse(&state)).transpose()?;
    let proficiency = write::number(members, "proficiency")?;
    if state.is_none() && proficiency.is_none() {
        return Err(Problem::BadRequest("nothing to change: give proficiency, state, or both".to_owned()));
    }
    Ok(One { skill, proficiency, state, only_from: Vec::new() })
}

/// Gives an agent skills, or other proficiencies.
pub async fn patch_bulk(
    caller: MayWrite,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    bulk(caller, &app, &id, &headers, body, false).await
}

/// Gives an agent these skills and takes all others.
pub async fn put_bulk(
    caller: MayWrite,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    bulk(caller, &app, &id, &headers, body, true).await
}

async fn bulk(
    MayWrite(caller): MayWrite,
    app: &App,
    id: &str,
    headers: &HeaderMap,
    body: Body,
    replaces: bool,
) -> Result<Response, Problem> {
    let said = write::said(body)?;
    let wanted = wanted(&said)?;
    if wanted.is_empty() && !replaces {
        return Err(Problem::BadRequest("nothing to change: name one skill at least".to_owned()));
    }
    let user = UserId::new(id);
    let change = Change::Skills(Many { wanted, replaces });
    let asked = write::asked(user.clone(), change, said, headers)?;
    let done = app.guard.write(&caller, &asked).await?;
    let Stands::Skills(skills) = &done.stands else {
        return Err(Problem::Unsettled("the answer is none of skills".to_owned()));
    };
    let uri = format!("/api/v2/users/{user}/routingskills");
    let all = page(skills, (1, PAGE_SIZE_MAX), &uri, UserSkill::clone);
    Ok(write::answer(&done, json!(all)))
}

fn wanted(said: &Value) -> Result<Vec<(SkillId, f64)>, Problem> {
    let expected = || {
        let words = "expected a list of skills: [{\"id\": \"...\", \"proficiency\": 3}]";
        Problem::BadRequest(words.to_owned())
    };
    let of_one = |skill: &Value| {
        let members = write::members(skill, "skill in a list", (&["id", "proficiency"], &READ_ONLY))?;
        let id = write::text(members, "id")?.ok_or_else(expected)?;
        let proficiency = write::number(members, "proficiency")?.ok_or_else(|| {
            Problem::BadRequest(format!("the skill {id} has no proficiency: give a number from 0 to 5"))
        })?;
        Ok((SkillId::new(&id), proficiency))
    };
    said.as_array().ok_or_else(expected)?.iter().map(of_one).collect()
}
