//! `/api/v2/groups` and `/api/v2/authorization/divisions`

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Query, TypedBody,
    body::{Expand, UserBody},
    page::Page,
};
use crate::{
    audit::{
        Author,
        deed::{self, GroupBefore},
    },
    refusal::Refusal,
    shared::{Shared, State as Inside},
    world::{AgentIx, Named, UserGroup, World},
};

/// A page of groups, of members and of divisions.
const PAGE_MAX: usize = 500;
/// Members that one call may name. Source: GroupsApi, postGroupMembers.
const MEMBERS_MAX: usize = 50;

/// The routes of this file.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/authorization/divisions", get(get_divisions))
        .route("/api/v2/groups", get(get_groups))
        .route("/api/v2/groups/{groupId}", get(get_group))
        .route("/api/v2/groups/{groupId}/individuals", get(get_individuals))
        .route("/api/v2/groups/{groupId}/members", get(get_members).post(post_members).delete(delete_members))
}

/// `GET /api/v2/authorization/divisions`
async fn get_divisions(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let ids = query.list("id");
    let name = query.text("name").map(str::to_lowercase);
    let state = shared.enter();
    let divisions = &state.world.divisions;
    let asked: Vec<(usize, &Named)> = divisions
        .iter()
        .enumerate()
        .filter(|(_, division)| ids.is_empty() || ids.contains(&division.id.as_str()))
        .filter(|(_, is)| name.as_ref().is_none_or(|name| is.name.to_lowercase().contains(name)))
        .collect();
    let listing = page.with_total(&query, &asked, |(place, division)| {
        json!({
            "id": division.id,
            "name": division.name,
            "description": "",
            "homeDivision": *place == 0,
            "selfUri": format!("/api/v2/authorization/divisions/{}", division.id),
        })
    });
    Ok(Json(listing).into_response())
}

/// `GET /api/v2/groups`, sorted by name.
async fn get_groups(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let ids = query.list("id");
    let descending = query.is_descending()?;
    let state = shared.enter();
    let groups = &state.world.groups;
    let mut asked: Vec<&UserGroup> =
        groups.iter().filter(|group| ids.is_empty() || ids.contains(&group.id.as_str())).collect();
    asked.sort_by(|a, b| a.name.cmp(&b.name));
    if descending {
        asked.reverse();
    }
    Ok(Json(page.with_total(&query, &asked, |group| body_of(group))).into_response())
}

/// `GET /api/v2/groups/{groupId}`
async fn get_group(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let group = find(&state.world, &id)?;
    Ok(Json(body_of(&state.world.groups[group])))
}

/// `GET /api/v2/groups/{groupId}/members`
async fn get_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    list(&shared, &id, &query, page)
}

/// `GET /api/v2/groups/{groupId}/individuals`: everybody at once.
async fn get_individuals(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    list(&shared, &id, &query, Page::first(PAGE_MAX))
}

fn list(shared: &Shared, id: &str, query: &Query, page: Page) -> Result<Response, Refusal> {
    let expand = Expand::of(&query.list("expand"));
    let descending = query.is_descending()?;
    let state = shared.enter();
    let world = &state.world;
    let mut members: Vec<AgentIx> = world.groups[find(world, id)?].members.clone();
    members.sort_by(|a, b| world.agents[a.0].name.cmp(&world.agents[b.0].name));
    if descending {
        members.reverse();
    }
    let listing = page.with_total(query, &members, |agent| UserBody::of(world, *agent, expand));
    Ok(Json(listing).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MembersBody {
    member_ids: Vec<String>,
    version: Option<u32>,
}

/// `POST /api/v2/groups/{groupId}/members`: they also come into the queues that the group serves.
async fn post_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    author: Author,
    TypedBody(body): TypedBody<MembersBody>,
) -> Result<Json<Value>, Refusal> {
    let mut state = shared.enter();
    let group = find(&state.world, &id)?;
    let is = state.world.groups[group].version;
    if body.version.is_some_and(|version| version != is) {
        let message = format!("version: the group is at version {is}; read it again");
        return Err(Refusal::new(StatusCode::CONFLICT, "general.conflict", message));
    }
    let ids: Vec<&str> = body.member_ids.iter().map(String::as_str).collect();
    let agents = agents_of(&state.world, &ids)?;
    let before = GroupBefore::of(&state.world, group, &agents, true);
    for agent in agents {
        state.world.join_group(agent, group);
    }
    state.tell();
    audit(&shared, &mut state, &author, &before);
    Ok(Json(body_of(&state.world.groups[group])))
}

/// `DELETE /api/v2/groups/{groupId}/members?ids=`
async fn delete_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
    author: Author,
) -> Result<Json<Value>, Refusal> {
    let ids = query.list("ids");
    if ids.is_empty() {
        return Err(Refusal::bad_request("ids: expected the ids of users"));
    }
    let mut state = shared.enter();
    let group = find(&state.world, &id)?;
    let agents = agents_of(&state.world, &ids)?;
    let before = GroupBefore::of(&state.world, group, &agents, false);
    for agent in agents {
        state.world.leave_group(agent, group);
    }
    state.tell();
    audit(&shared, &mut state, &author, &before);
    Ok(Json(body_of(&state.world.groups[group])))
}

fn audit(shared: &Shared, state: &mut Inside, author: &Author, before: &GroupBefore) {
    let correlation = state.audits.new_id();
    let user = author.user.as_ref();
    let deeds = deed::group(&shared.config.answers, &state.world, before, &correlation, user);
    state.audit(author, deeds);
}

fn agents_of(world: &World, ids: &[&str]) -> Result<BTreeSet<AgentIx>, Refusal> {
    if ids.len() > MEMBERS_MAX {
        return Err(Refusal::bad_request(format!(
            "expected at most {MEMBERS_MAX} users a call, not {}",
            ids.len()
        )));
    }
    let find = |id: &&str| {
        world.user(id).ok_or_else(|| Refusal::invalid_value(format!("there is no user with the id {id}")))
    };
    ids.iter().map(find).collect()
}

/// A group as it is answered.
pub(super) fn body_of(group: &UserGroup) -> Value {
    json!({
        "id": group.id,
        "name": group.name,
        "dateModified": group.modified,
        "memberCount": group.members.len(),
        "state": "active",
        "version": group.version,
        "type": "official",
        "rulesVisible": true,
        "visibility": "public",
        "selfUri": format!("/api/v2/groups/{}", group.id),
    })
}

fn find(world: &World, id: &str) -> Result<usize, Refusal> {
    let group = world.groups.iter().position(|group| group.id.eq_ignore_ascii_case(id));
    group.ok_or_else(|| Refusal::not_found("The group"))
}
