//! Reading by REST what a subscription covers.

use std::{sync::Arc, time::Duration};

use protocol::{
    Clock, QueueId, UserId,
    entity::{Page, User},
    query::{ObservationsQuery, ObservationsResponse},
};
use reqwest::Method;
use tokio::{sync::mpsc, time::sleep};
use tracing::{info, warn};

use super::{Rest, UpstreamError};
use crate::feed::{FeedHandle, Input, Read, plan::Subject};

/// Ids a call of `GET /api/v2/users?id=`. Source: SDK documentation, `max.user.ids`.
const USER_IDS_MAX: usize = 100;

/// Users a page of the listing. Source: the Terraform provider reads with 500.
pub const PAGE_SIZE: usize = 500;

/// Queues an observation query: keeps bodies far below the limit of 512,000 bytes.
const QUEUES_A_QUERY: usize = 200;

/// Pages of one listing at most: 100,000 users.
pub const PAGES_MAX: usize = 200;

const EXPAND: &str = "expand=presence,routingStatus,conversationSummary";

/// Between a read and the one that must agree with it.
const SECOND_READ_AFTER: Duration = Duration::from_millis(400);

/// Requests in line for the reader.
const REREADS_MAX: usize = 64;

/// Reads subjects and hands the answers to the feed, a second time where the feed asks for it.
///
/// # Errors
/// When a call fails; what was read before is applied.
pub async fn catch_up(
    rest: &Rest,
    feed: &FeedHandle,
    clock: &Arc<dyn Clock>,
    subjects: &[Subject],
    all_users: usize,
    after_gap: bool,
) -> Result<(), UpstreamError> {
    let second = read(rest, feed, clock, subjects, all_users, after_gap).await?;
    if second.is_empty() {
        return Ok(());
    }
    info!(subjects = second.len(), "reads contradict what stands; reading a second time");
    sleep(SECOND_READ_AFTER).await;
    read(rest, feed, clock, &second, all_users, after_gap).await.map(drop)
}

async fn read(
    rest: &Rest,
    feed: &FeedHandle,
    clock: &Arc<dyn Clock>,
    subjects: &[Subject],
    all_users: usize,
    after_gap: bool,
) -> Result<Vec<Subject>, UpstreamError> {
    let mut users: Vec<&UserId> = Vec::new();
    let mut queues: Vec<&QueueId> = Vec::new();
    for subject in subjects {
        match subject {
            Subject::User(id) => users.push(id),
            Subject::Queue(id) => queues.push(id),
        }
    }
    let mut second = Vec::new();
    for chunk in queues.chunks(QUEUES_A_QUERY) {
        let began = clock.now();
        let query = ObservationsQuery::of_queues(chunk.iter().copied());
        let body = serde_json::to_value(&query).expect("a query is plain data");
        let observations: ObservationsResponse =
            rest.send(Method::POST, "/api/v2/analytics/queues/observations/query", &body).await?;
        let queues = chunk.iter().map(|id| (*id).clone()).collect();
        let read = Read { began, after_gap, users: Vec::new(), queues, observations };
        second.extend(feed.ask(|reply| Input::Read { read, reply }).await.unwrap_or_default());
    }
    // Whole pages when that takes fewer calls than ids do.
    let by_page = all_users.div_ceil(PAGE_SIZE) < users.len().div_ceil(USER_IDS_MAX);
    let paths: Vec<String> = if by_page {
        (1..=all_users.div_ceil(PAGE_SIZE).min(PAGES_MAX))
            .map(|page| format!("/api/v2/users?pageSize={PAGE_SIZE}&pageNumber={page}&{EXPAND}"))
            .collect()
    } else {
        users
            .chunks(USER_IDS_MAX)
            .map(|chunk| {
                let ids: Vec<&str> = chunk.iter().map(|id| id.as_str()).collect();
                format!("/api/v2/users?pageSize={USER_IDS_MAX}&id={}&{EXPAND}", ids.join(","))
            })
            .collect()
    };
    for path in paths {
        let began = clock.now();
        let page: Page<User> = rest.get(&path).await?;
        let read = Read {
            began,
            after_gap,
            users: page.entities,
            queues: Vec::new(),
            observations: ObservationsResponse::default(),
        };
        second.extend(feed.ask(|reply| Input::Read { read, reply }).await.unwrap_or_default());
    }
    Ok(second)
}

/// A line for subjects to be read again, and the task that does it.
#[must_use]
pub fn reader() -> (mpsc::Sender<Vec<Subject>>, mpsc::Receiver<Vec<Subject>>) {
    mpsc::channel(REREADS_MAX)
}

/// Reads again what the feed asks for.
pub async fn run_reader(
    rest: Rest,
    feed: FeedHandle,
    clock: Arc<dyn Clock>,
    mut asked: mpsc::Receiver<Vec<Subject>>,
) {
    while let Some(mut subjects) = asked.recv().await {
        while let Ok(more) = asked.try_recv() {
            subjects.extend(more);
        }
        subjects.sort();
        subjects.dedup();
        if let Err(error) = catch_up(&rest, &feed, &clock, &subjects, usize::MAX, false).await {
            warn!(%error, subjects = subjects.len(), "re-read failed; the next event or poll asks again");
        }
    }
}
