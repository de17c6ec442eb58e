//! `/api/v2/teams`: paging by cursors that only this server reads.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Query, TypedBody, body::NamedBody};
use crate::{
    audit::{Author, deed},
    refusal::Refusal,
    shared::Shared,
    world::{Agent, AgentIx, World},
};

/// Teams a page, and members a page.
const PAGE_MAX: usize = 200;
/// Teams and members a page when the call does not say.
const PAGE: usize = 25;
/// Members that one call may name.
const MEMBERS_MAX: usize = 50;

/// The routes of this file.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/teams", get(get_teams))
        .route("/api/v2/teams/{teamId}", get(get_team))
        .route("/api/v2/teams/{teamId}/members", get(get_members).post(post_members).delete(delete_members))
}

/// `GET /api/v2/teams`, sorted by name.
async fn get_teams(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    let name = query.text("name").map(str::to_lowercase);
    let state = shared.enter();
    let world = &state.world;
    let counts = member_counts(world);
    let mut teams: Vec<usize> = (0..world.teams.len())
        .filter(|team| name.as_ref().is_none_or(|name| world.teams[*team].name.to_lowercase().contains(name)))
        .collect();
    teams.sort_by(|a, b| world.teams[*a].name.cmp(&world.teams[*b].name));
    let page = cursor_page(&query, "/api/v2/teams", &teams, |team| body_of(world, *team, counts[*team]))?;
    Ok(Json(page).into_response())
}

/// `GET /api/v2/teams/{teamId}`
async fn get_team(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let team = find(world, &id)?;
    Ok(Json(body_of(world, team, member_counts(world)[team])).into_response())
}

/// `GET /api/v2/teams/{teamId}/members`
async fn get_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let team = find(world, &id)?;
    let members: Vec<&Agent> = world.agents.iter().filter(|who| who.team == Some(team)).collect();
    let path = format!("/api/v2/teams/{}/members", world.teams[team].id);
    let page = cursor_page(
        &query,
        &path,
        &members,
        |who| json!({ "id": who.id, "name": who.name, "selfUri": format!("/api/v2/users/{}", who.id) }),
    )?;
    Ok(Json(page).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MembersBody {
    member_ids: Vec<String>,
}

/// `POST /api/v2/teams/{teamId}/members`: whoever cannot be taken in stands among the failures of a 200.
/// A user is in one team, and leaves the earlier one.
async fn post_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    author: Author,
    TypedBody(body): TypedBody<MembersBody>,
) -> Result<Json<Value>, Refusal> {
    if body.member_ids.len() > MEMBERS_MAX {
        return Err(Refusal::bad_request(format!("memberIds: expected at most {MEMBERS_MAX} a call")));
    }
    let mut state = shared.enter();
    let team = find(&state.world, &id)?;
    let division = team_division(&state.world, team);
    let (mut entities, mut failures) = (Vec::new(), Vec::new());
    let mut come = Vec::new();
    let mut left: BTreeMap<usize, Vec<AgentIx>> = BTreeMap::new();
    for id in &body.member_ids {
        match state.world.user(id) {
            None => failures.push(json!({ "id": id, "reason": "UserNotFound" })),
            Some(agent) if state.world.agents[agent.0].division != division => {
                failures.push(json!({ "id": id, "reason": "UserGroupDivisionMismatch" }));
            }
            Some(agent) => {
                let earlier = state.world.agents[agent.0].team.replace(team);
                if earlier != Some(team) {
                    come.push(agent);
                    if let Some(earlier) = earlier {
                        left.entry(earlier).or_default().push(agent);
                    }
                }
                entities.push(json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") }));
            }
        }
    }
    let world = &state.world;
    let mut deeds = deed::team(world, team, &[], &come);
    deeds.extend(left.iter().flat_map(|(team, gone)| deed::team(world, *team, gone, &[])));
    state.audit(&author, deeds);
    Ok(Json(json!({ "entities": entities, "failures": failures })))
}

/// `DELETE /api/v2/teams/{teamId}/members?id=`: who is not in the team is not missed.
async fn delete_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
    author: Author,
) -> Result<StatusCode, Refusal> {
    let ids = query.list("id");
    if ids.is_empty() || ids.len() > MEMBERS_MAX {
        return Err(Refusal::bad_request(format!("id: expected the ids of 1 to {MEMBERS_MAX} users")));
    }
    let mut state = shared.enter();
    let team = find(&state.world, &id)?;
    let is_member = |agent: &AgentIx| state.world.agents[agent.0].team == Some(team);
    let gone: Vec<AgentIx> = ids.iter().filter_map(|id| state.world.user(id)).filter(is_member).collect();
    for agent in &gone {
        state.world.agents[agent.0].team = None;
    }
    let deeds = deed::team(&state.world, team, &gone, &[]);
    state.audit(&author, deeds);
    Ok(StatusCode::OK)
}

/// A page by `after` and `before`, which hold the place of the first and after the last.
fn cursor_page<T>(
    query: &Query,
    path: &str,
    all: &[T],
    describe: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    let size = query.number("pageSize", PAGE, 1, PAGE_MAX)?;
    let start = match (query.text("after"), query.text("before")) {
        (None, None) => 0,
        (Some(after), None) => place_of(after)?,
        (None, Some(before)) => place_of(before)?.saturating_sub(size),
        (Some(_), Some(_)) => return Err(Refusal::invalid_value("expected after or before, not both")),
    }
    .min(all.len());
    let end = start.saturating_add(size).min(all.len());
    let name = query.text("name").map(|name| format!("&name={name}")).unwrap_or_default();
    let uri = |key: &str, place: usize| format!("{path}?pageSize={size}&{key}={}{name}", cursor_of(place));
    let mut page = json!({
        "entities": all[start..end].iter().map(describe).collect::<Vec<Value>>(),
        "selfUri": uri("after", start),
    });
    if end < all.len() {
        page["nextUri"] = uri("after", end).into();
    }
    if start > 0 {
        page["previousUri"] = uri("before", start).into();
    }
    Ok(page)
}

/// A cursor looks like nothing that one could count on.
pub(super) fn cursor_of(place: usize) -> String {
    format!("c{place:07x}")
}

/// The place that a cursor stands for.
pub(super) fn place_of(cursor: &str) -> Result<usize, Refusal> {
    let place = cursor.strip_prefix('c').and_then(|digits| usize::from_str_radix(digits, 16).ok());
    place.ok_or_else(|| Refusal::invalid_value("cursor: expected one of an earlier answer"))
}

fn body_of(world: &World, team: usize, members: usize) -> Value {
    let named = &world.teams[team];
    let division = &world.divisions[team_division(world, team)];
    json!({
        "id": named.id,
        "name": named.name,
        "division": NamedBody::of(division, "/api/v2/authorization/divisions"),
        "memberCount": members,
        "selfUri": format!("/api/v2/teams/{}", named.id),
    })
}

/// Teams and their people were founded in the same division.
fn team_division(world: &World, team: usize) -> usize {
    team % world.divisions.len().max(1)
}

fn member_counts(world: &World) -> Vec<usize> {
    let mut counts = vec![0; world.teams.len()];
    for team in world.agents.iter().filter_map(|who| who.team) {
        counts[team] += 1;
    }
    counts
}

fn find(world: &World, id: &str) -> Result<usize, Refusal> {
    let team = world.teams.iter().position(|team| team.id.eq_ignore_ascii_case(id));
    team.ok_or_else(|| Refusal::not_found("The team"))
}
