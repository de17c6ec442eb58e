//! `GET /api/v2/routing/queues`, `/queues/{id}`, `/queues/{id}/members` and the observation query.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
};
use board::queue::Figure;
use protocol::{
    QueueId,
    entity::{Named, Page, Queue},
    event::observations::Stats,
    query::{ObservationData, ObservationsQuery, ObservationsResponse, ObservationsResult},
};
use serde::{Deserialize, Serialize};

use super::{Params, json, list_uri, page};
use crate::{
    App,
    gate::MayRead,
    problem::Problem,
    upstream::{Purpose, UpstreamError},
};

/// Queues a page. Source: the Terraform provider reads with 500.
const PAGE_SIZE_MAX: u32 = 500;

/// Members a page. Source: SDK documentation of the call.
const MEMBERS_PAGE_SIZE_MAX: u32 = 100;

/// Members may be this old: they change by hand, and each call is one of the organisation's.
const MEMBERS_AGE_MAX: Duration = Duration::from_secs(30);

/// Pages of members read upstream for one answer: 10,000 members, twice what a queue is said to hold.
const MEMBERS_PAGES_MAX: u32 = 100;

/// All queues by name.
pub async fn list(
    _: MayRead,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Queue>>, Problem> {
    let params = Params::parse(query.as_deref());
    let paging = params.paging(PAGE_SIZE_MAX)?;
    let book = app.complete_book()?;
    let (ids, name) = (params.list("id"), params.list("name").first().map(|n| n.to_lowercase()));
    let queues: Vec<&Queue> = book
        .queues
        .iter()
        .filter(|q| ids.is_empty() || ids.iter().any(|id| QueueId::new(id) == q.id))
        .filter(|q| name.as_ref().is_none_or(|pattern| matches(pattern, &q.name.to_lowercase())))
        .collect();
    Ok(Json(page(&queues, paging, &list_uri("/api/v2/routing/queues", query.as_deref()), |q| (*q).clone())))
}

/// A name with `*` at either end, as Genesys takes it.
fn matches(pattern: &str, name: &str) -> bool {
    let bare = pattern.trim_matches('*');
    match (pattern.starts_with('*'), pattern.ends_with('*')) {
        (true, true) => name.contains(bare),
        (true, false) => name.ends_with(bare),
        (false, true) => name.starts_with(bare),
        (false, false) => name == bare,
    }
}

/// One queue.
pub async fn get(
    _: MayRead,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Queue>, Problem> {
    let book = app.complete_book()?;
    let id = QueueId::new(&id);
    book.queue(&id).cloned().map(Json).ok_or_else(|| Problem::NotFound(format!("there is no queue {id}")))
}

/// A member of a queue, with the members of the answer that are passed on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Named>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ring_number: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    joined: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    self_uri: Option<String>,
}

/// Members of a queue, read upstream once for all who ask within some seconds.
pub async fn members(
    _: MayRead,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Member>>, Problem> {
    let params = Params::parse(query.as_deref());
    let (number, size) = params.paging(MEMBERS_PAGE_SIZE_MAX)?;
    let id = QueueId::new(&id);
    if app.complete_book()?.queue(&id).is_none() {
        return Err(Problem::NotFound(format!("there is no queue {id}")));
    }
    let joined = params.list("joined").first().map_or(String::new(), |j| format!("&joined={}", j == "true"));
    let path = format!("/api/v2/routing/queues/{id}/members?pageSize={MEMBERS_PAGE_SIZE_MAX}{joined}");
    // The whole list is kept, whatever pages are asked for: nobody can spend the calls by asking oddly.
    let all = app.members.get(&path, MEMBERS_AGE_MAX, || all_members(&app, &path)).await;
    let all = all.map_err(|error: UpstreamError| {
        if error.is_gone() {
            Problem::NotFound(format!("there is no queue {id}"))
        } else {
            Problem::Upstream(error.to_string())
        }
    })?;
    let uri = list_uri(&format!("/api/v2/routing/queues/{id}/members"), query.as_deref());
    let mut answer = page(&all, (number, size), &uri, Member::clone);
    // As with Genesys, this listing tells no totals.
    (answer.total, answer.page_count, answer.last_uri) = (None, None, None);
    Ok(Json(answer))
}

async fn all_members(app: &App, path: &str) -> Result<Arc<[Member]>, UpstreamError> {
    let mut all = Vec::new();
    for number in 1..=MEMBERS_PAGES_MAX {
        let page: Page<Member> =
            app.clients.get(Purpose::Directory, &format!("{path}&pageNumber={number}")).await?;
        let last = page.entities.len() < MEMBERS_PAGE_SIZE_MAX as usize;
        all.extend(page.entities);
        if last {
            break;
        }
    }
    Ok(all.into())
}

/// Figures of the moment, from the board. As with Genesys, what is zero is absent.
pub async fn observations(
    _: MayRead,
    State(app): State<Arc<App>>,
    body: Body,
) -> Result<Json<ObservationsResponse>, Problem> {
    let query: ObservationsQuery = json(body, "an observation query")
        .await?
        .ok_or_else(|| Problem::BadRequest("the body needs filter and metrics".to_owned()))?;
    let now = app.clock.now();
    let book = app.complete_book()?;
    let mut results: BTreeMap<(QueueId, Option<Arc<str>>), Vec<ObservationData>> = BTreeMap::new();
    for queue in book.board.queues() {
        for ((metric, media, qualifier), figure) in queue.parts() {
            let dimension = |name: &str| match name {
                "queueId" => Some(queue.id.to_string()),
                "mediaType" => media.as_ref().map(ToString::to_string),
                _ => None,
            };
            if !query.metrics.contains(metric) || !query.filter.matches(&dimension) {
                continue;
            }
            let stats = match figure {
                Figure::Count(0) | Figure::Since(None) => continue,
                Figure::Count(count) => Stats { count: Some(f64::from(*count)), ..Stats::default() },
                Figure::Since(Some(since)) => {
                    let ms = now.ms_since(*since).max(0) as f64;
                    Stats { calculated_metric_value: Some(ms), ..Stats::default() }
                }
            };
            let data = ObservationData { metric: metric.clone(), qualifier: qualifier.clone(), stats };
            results.entry((queue.id.clone(), media.clone())).or_default().push(data);
        }
    }
    let mut mappings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for definition in &book.definitions {
        if let Some(system) = &definition.system_presence {
            mappings.entry(system.in_event().to_owned()).or_default().push(definition.id.to_string());
        }
    }
    let results = results
        .into_iter()
        .map(|((queue, media), data)| {
            let mut group = BTreeMap::from([("queueId".to_owned(), queue.to_string())]);
            group.extend(media.map(|m| ("mediaType".to_owned(), m.to_string())));
            ObservationsResult { group, data }
        })
        .collect();
    Ok(Json(ObservationsResponse { results, system_to_organization_mappings: mappings }))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_at_either_end() {
        assert!(matches("bil*", "billing") && matches("*ing", "billing") && matches("*lli*", "billing"));
        assert!(!matches("bill", "billing") && matches("billing", "billing"));
    }
}
