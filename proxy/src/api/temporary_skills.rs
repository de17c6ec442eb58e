//! `/rollcall/users/{id}/skills`: skills that are changed for some minutes, and become again what they were. Genesys Cloud has no
//! such thing.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use protocol::{SkillId, UserId};
use rules::skills::{Level, One, State as SkillState};
use serde_json::{Value, json};

use super::write::{self, Body};
use crate::{
    App,
    gate::{MayRead, MayWrite},
    guard::{Asked, Change, Done, Stands, tag},
    problem::Problem,
    store::Restore,
};

/// Whatever is to last longer than a day is no matter of a while.
const MINUTES_MAX: i64 = 1_440;
const MINUTE_MS: i64 = 60_000;

/// The skills that an agent has, each with its entity tag; of those that are changed for a while also until when, and what they will
/// be then.
pub async fn list(
    _: MayRead,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let user = UserId::new(&id);
    let skills = app.guard.skills_of(&user).await?;
    let restores = app.guard.restores_of(&user);
    let entities = skills.iter().map(|skill| {
        let mut body = json!(skill);
        body["etag"] = json!(Stands::Skill(Some(skill.clone())).etag());
        if let Some(restore) = restores.iter().find(|restore| restore.skill == skill.id) {
            promise(&mut body, restore);
        }
        body
    });
    Ok(Json(json!({ "entities": entities.collect::<Vec<Value>>(), "total": skills.len() })))
}

/// Changes a skill for some minutes.
pub async fn change(
    MayWrite(caller): MayWrite,
    State(app): State<Arc<App>>,
    Path((id, skill)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let said = write::said(body)?;
    let (one, minutes) = read(&said, SkillId::new(&skill))?;
    let (user, skill) = (UserId::new(&id), one.skill.clone());
    let until = Some(app.clock.now().plus_ms(minutes * MINUTE_MS));
    let asked = Asked { until, ..write::asked(user.clone(), Change::Skill(one), said, &headers)? };
    let done = app.guard.write(&caller, &asked).await?;
    let restores = app.guard.restores_of(&user);
    Ok(answer(&done, restores.iter().find(|restore| restore.skill == skill)))
}

/// Makes a skill now what it was before.
pub async fn restore(
    MayWrite(caller): MayWrite,
    State(app): State<Arc<App>>,
    Path((id, skill)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let with = (write::if_match(&headers), tag::of(&headers)?);
    let (user, skill) = (UserId::new(&id), SkillId::new(&skill));
    let restore = app.guard.restores_of(&user).into_iter().find(|restore| restore.skill == skill);
    let restore = restore.ok_or_else(|| {
        Problem::NotFound(format!("the skill {skill} of user {user} is not changed for a while"))
    })?;
    Ok(answer(&app.guard.restore(&caller, &restore, with).await?, None))
}

fn read(said: &Value, skill: SkillId) -> Result<(One, i64), Problem> {
    let wrong = |what: String| Problem::BadRequest(what);
    let known = ["state", "proficiency", "minutes"];
    let members = write::members(said, "change for a while", (&known, &[]))?;
    let minutes = write::given(members, "minutes").and_then(Value::as_i64);
    let minutes = minutes
        .filter(|minutes| (1..=MINUTES_MAX).contains(minutes))
        .ok_or_else(|| wrong(format!("minutes is a whole number from 1 to {MINUTES_MAX}")))?;
    let state = write::text(members, "state")?;
    let state = state.map(|state| SkillState::parse(&state)).transpose()?;
    if state == Some(SkillState::Deleted) {
        return Err(wrong("a skill that is deleted cannot be restored: make it inactive".to_owned()));
    }
    let proficiency = write::number(members, "proficiency")?;
    if state.is_none() && proficiency.is_none() {
        return Err(wrong("nothing to change: give state, proficiency, or both".to_owned()));
    }
    Ok((One { skill, proficiency, state, only_from: Vec::new() }, minutes))
}

fn answer(done: &Done, restore: Option<&Restore>) -> Response {
    let mut body = json!(done.stands);
    body["outcome"] = json!(done.outcome.name());
    if let Some(restore) = restore {
        promise(&mut body, restore);
    }
    write::answer(done, body)
}

fn promise(body: &mut Value, restore: &Restore) {
    let Level { proficiency, state } = &restore.before;
    body["until"] = json!(restore.until);
    body["restores"] = json!({ "proficiency": proficiency, "state": state });
}
