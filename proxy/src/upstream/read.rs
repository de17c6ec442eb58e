//! Reading by REST what a subscription covers.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use protocol::{
    Clock, QueueId, Timestamp, UserId,
    entity::{Page, User},
    query::{ObservationsQuery, ObservationsResponse},
};
use reqwest::Method;
use tokio::{sync::mpsc, time::sleep};
use tracing::{info, warn};

use super::{Clients, Purpose, UpstreamError};
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

/// After a re-read that failed.
const REREAD_RETRY: Duration = Duration::from_secs(5);

/// Requests in line for the reader.
const REREADS_MAX: usize = 64;

/// Reads subjects and hands the answers to the feed, a second time where the feed asks for it.
///
/// # Errors
/// When a call fails; what was read before is applied.
pub async fn catch_up(
    clients: &Clients,
    feed: &FeedHandle,
    clock: &Arc<dyn Clock>,
    subjects: &[Subject],
    all_users: usize,
    after_gap: bool,
) -> Result<(), UpstreamError> {
    let second = read(clients, feed, clock, subjects, all_users, after_gap).await?;
    if second.is_empty() {
        return Ok(());
    }
    info!(subjects = second.len(), "reads contradict what stands; reading a second time");
    sleep(SECOND_READ_AFTER).await;
    read(clients, feed, clock, &second, all_users, after_gap).await.map(drop)
}

async fn read(
    clients: &Clients,
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
        let observations: ObservationsResponse = clients
            .send(Purpose::Board, Method::POST, "/api/v2/analytics/queues/observations/query", &body)
            .await?;
        let queues = chunk.iter().map(|id| (*id).clone()).collect();
        let read = Read { began, after_gap, users: Vec::new(), unread: Vec::new(), queues, observations };
        second.extend(feed.ask(|reply| Input::Read { read, reply }).await.unwrap_or_default());
    }
    // Whole pages when that takes fewer calls than ids do; what they miss is asked for by id.
    let pages = all_users.div_ceil(PAGE_SIZE).min(PAGES_MAX);
    let mut missing: BTreeSet<&UserId> = users.iter().copied().collect();
    if pages < users.len().div_ceil(USER_IDS_MAX) {
        for number in 1..=pages {
            let path = format!("/api/v2/users?pageSize={PAGE_SIZE}&pageNumber={number}&{EXPAND}");
            let users = users_of(clients, clock, &path, &mut missing).await?;
            second.extend(users.apply(feed, after_gap, Vec::new()).await);
        }
    }
    let by_id: Vec<&UserId> = missing.iter().copied().collect();
    for chunk in by_id.chunks(USER_IDS_MAX) {
        let ids: Vec<&str> = chunk.iter().map(|id| id.as_str()).collect();
        let path = format!("/api/v2/users?pageSize={USER_IDS_MAX}&id={}&{EXPAND}", ids.join(","));
        let mut unread: BTreeSet<&UserId> = chunk.iter().copied().collect();
        let users = users_of(clients, clock, &path, &mut unread).await?;
        if !unread.is_empty() {
            warn!(users = unread.len(), "users were not read whole; they are shown as stale");
        }
        let unread = unread.into_iter().cloned().collect();
        second.extend(users.apply(feed, after_gap, unread).await);
    }
    Ok(second)
}

/// Users as they were answered.
struct Answered {
    began: Timestamp,
    users: Vec<User>,
}

/// Reads one page and strikes off whoever came with all that a card needs.
async fn users_of(
    clients: &Clients,
    clock: &Arc<dyn Clock>,
    path: &str,
    missing: &mut BTreeSet<&UserId>,
) -> Result<Answered, UpstreamError> {
    let began = clock.now();
    let page: Page<User> = clients.get(Purpose::Board, path).await?;
    for user in &page.entities {
        // Expansions are best effort: a user may come without.
        if user.presence.is_some() && user.routing_status.is_some() {
            missing.remove(&user.id);
        }
    }
    Ok(Answered { began, users: page.entities })
}

impl Answered {
    async fn apply(self, feed: &FeedHandle, after_gap: bool, unread: Vec<UserId>) -> Vec<Subject> {
        let observations = ObservationsResponse::default();
        let read = Read {
            began: self.began,
            after_gap,
            users: self.users,
            unread,
            queues: Vec::new(),
            observations,
        };
        feed.ask(|reply| Input::Read { read, reply }).await.unwrap_or_default()
    }
}

/// A line for subjects to be read again, and the task that does it.
#[must_use]
pub fn reader() -> (mpsc::Sender<Vec<Subject>>, mpsc::Receiver<Vec<Subject>>) {
    mpsc::channel(REREADS_MAX)
}

/// Reads again what the feed asks for.
pub async fn run_reader(
    clients: Clients,
    feed: FeedHandle,
    clock: Arc<dyn Clock>,
    mut asked: mpsc::Receiver<Vec<Subject>>,
) {
    let mut subjects: BTreeSet<Subject> = BTreeSet::new();
    loop {
        if subjects.is_empty() {
            let Some(more) = asked.recv().await else { return };
            subjects.extend(more);
        }
        while let Ok(more) = asked.try_recv() {
            subjects.extend(more);
        }
        let list: Vec<Subject> = subjects.iter().cloned().collect();
        match catch_up(&clients, &feed, &clock, &list, usize::MAX, false).await {
            Ok(()) => subjects.clear(),
            Err(error) => {
                warn!(%error, subjects = list.len(), "re-read failed; trying again");
                sleep(REREAD_RETRY).await;
            }
        }
    }
}
