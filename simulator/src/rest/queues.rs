//! `/api/v2/routing/queues`

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use protocol::QueueId;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{
    Query, TypedBody,
    body::{NamedBody, QueueBody},
    page::Page,
    user_state,
};
use crate::{
    audit::{Author, deed},
    refusal::Refusal,
    shared::Shared,
    world::{Queue, QueueIx, World},
};

/// A page of queues; 500 is what official code is seen to ask for.
const PAGE_MAX: usize = 500;

/// `GET /api/v2/routing/queues`, sorted by name.
pub(super) async fn get_queues(State(shared): State<Arc<Shared>>, query: Query) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let state = shared.enter();
    let world = &state.world;
    let asked = asked_queues(world, &query)?;
    let listing = page.with_total(&query, &asked, |queue| QueueBody::of(world, &world.queues[queue.0]));
    Ok(Json(listing).into_response())
}

/// `GET /api/v2/routing/queues/divisionviews`: queues in few words, filtered as the whole ones.
pub(super) async fn get_division_views(
    State(shared): State<Arc<Shared>>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    if query.text("sortBy").is_some_and(|by| by != "name") {
        return Err(Refusal::invalid_value("sortBy: expected name"));
    }
    let state = shared.enter();
    let world = &state.world;
    let asked = asked_queues(world, &query)?;
    let listing = page.with_total(&query, &asked, |queue| QueueView::of(world, &world.queues[queue.0]));
    Ok(Json(listing).into_response())
}

/// `GET /api/v2/routing/queues/divisionviews/all`: the same without filters.
pub(super) async fn get_all_division_views(
    State(shared): State<Arc<Shared>>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let descending = query.is_descending()?;
    let state = shared.enter();
    let world = &state.world;
    let asked = sorted(world, (0..world.queues.len()).map(QueueIx).collect(), descending);
    let listing = page.with_total(&query, &asked, |queue| QueueView::of(world, &world.queues[queue.0]));
    Ok(Json(listing).into_response())
}

/// A queue in few words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueView<'a> {
    id: &'a QueueId,
    name: &'a str,
    division: NamedBody<'a>,
    self_uri: String,
}

impl<'a> QueueView<'a> {
    fn of(world: &'a World, queue: &'a Queue) -> Self {
        Self {
            id: &queue.id,
            name: &queue.name,
            division: NamedBody::of(&world.divisions[queue.division], "/api/v2/authorization/divisions"),
            self_uri: format!("/api/v2/routing/queues/{}", queue.id),
        }
    }
}

fn asked_queues(world: &World, query: &Query) -> Result<Vec<QueueIx>, Refusal> {
    let ids: BTreeSet<String> = query.list("id").iter().map(|id| id.to_ascii_lowercase()).collect();
    let divisions = query.list("divisionId");
    let descending = query.is_descending()?;
    let asked: Vec<QueueIx> = (0..world.queues.len())
        .map(QueueIx)
        .filter(|queue| {
            let queue = &world.queues[queue.0];
            (ids.is_empty() || ids.contains(queue.id.as_str()))
                && (divisions.is_empty() || divisions.contains(&world.divisions[queue.division].id.as_str()))
                && query.text("name").is_none_or(|pattern| matches(&queue.name, pattern))
        })
        .collect();
    Ok(sorted(world, asked, descending))
}

fn sorted(world: &World, mut queues: Vec<QueueIx>, descending: bool) -> Vec<QueueIx> {
    queues.sort_by(|a, b| world.queues[a.0].name.cmp(&world.queues[b.0].name));
    if descending {
        queues.reverse();
    }
    queues
}

/// `GET /api/v2/routing/queues/{queueId}`
pub(super) async fn get_queue(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let state = shared.enter();
    let queue = state.world.queue(&id).ok_or_else(|| Refusal::not_found("The queue"))?;
    Ok(Json(QueueBody::of(&state.world, &state.world.queues[queue.0])).into_response())
}

/// What a PUT of a queue may change: its name. What else Genesys would change is refused, not dropped; the id and the address
/// may come along.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PutBody {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "selfUri")]
    _self_uri: Option<IgnoredAny>,
    name: String,
}

/// `PUT /api/v2/routing/queues/{queueId}`
pub(super) async fn put_queue(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    author: Author,
    TypedBody(body): TypedBody<PutBody>,
) -> Result<Response, Refusal> {
    user_state::check_name(&body.name)?;
    let mut state = shared.enter();
    let queue = state.world.queue(&id).ok_or_else(|| Refusal::not_found("The queue"))?;
    let before = std::mem::replace(&mut state.world.queues[queue.0].name, body.name);
    let deeds = deed::queue_renamed(&state.world, queue, before);
    state.audit(&author, deeds);
    Ok(Json(QueueBody::of(&state.world, &state.world.queues[queue.0])).into_response())
}

/// A name without regard to case; `*` at either end stands for anything.
fn matches(name: &str, pattern: &str) -> bool {
    let (name, pattern) = (name.to_lowercase(), pattern.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), None) => name.ends_with(rest),
        (None, Some(rest)) => name.starts_with(rest),
        (Some(rest), Some(_)) => name.contains(rest.strip_suffix('*').unwrap_or(rest)),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_with_stars_at_the_ends() {
        let check = |pattern: &str, expected: bool| {
            assert_eq!(matches("Technical Support", pattern), expected, "{pattern}");
        };
        check("technical support", true);
        check("Tech*", true);
        check("*port", true);
        check("*cal sup*", true);
        check("*", true);
        check("Tech", false);
        check("*tech", false);
    }
}
