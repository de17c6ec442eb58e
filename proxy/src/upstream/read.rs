//! Reading by REST what a subscription covers.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use protocol::{
    Clock, QueueId, Timestamp, UserId,
    entity::{Page, User},
    merge::Asked,
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

/// Queues a query of observations or aggregates: keeps bodies far below the limit of 512,000 bytes.
pub(super) const QUEUES_A_QUERY: usize = 200;

/// Pages of one listing at most: 100,000 users.
pub const PAGES_MAX: usize = 200;

const EXPAND: &str = "expand=presence,routingStatus,conversationSummary";

/// Between a read and the one that must agree with it.
const SECOND_READ_AFTER: Duration = Duration::from_millis(400);

/// After a re-read that failed.
const REREAD_RETRY: Duration = Duration::from_secs(5);

/// Requests in line for the reader.
const REREADS_MAX: usize = 64;

/// Reads what is asked for and hands the answers to the feed.
#[derive(Clone)]
pub struct Reader {
    /// Calls upstream.
    pub clients: Clients,
    /// Where answers go.
    pub feed: FeedHandle,
    /// Upstream's time, for stamps.
    pub clock: Arc<dyn Clock>,
}

impl Reader {
    /// Reads subjects, a second time where the feed asks for it.
    ///
    /// # Errors
    /// When a call fails; what was read before is applied.
    pub async fn catch_up(
        &self,
        subjects: &[Subject],
        all_users: usize,
        asked: Asked,
    ) -> Result<(), UpstreamError> {
        let second = self.read(subjects, all_users, asked).await?;
        if second.is_empty() {
            return Ok(());
        }
        info!(subjects = second.len(), "reads contradict what stands; reading a second time");
        sleep(SECOND_READ_AFTER).await;
        self.read(&second, all_users, asked).await.map(drop)
    }

    /// Reads subjects once and says which must be read a second time.
    ///
    /// # Errors
    /// When a call fails; what was read before is applied.
    pub async fn read(
        &self,
        subjects: &[Subject],
        all_users: usize,
        asked: Asked,
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
            let began = self.clock.now();
            let query = ObservationsQuery::of_queues(chunk.iter().copied());
            let body = serde_json::to_value(&query).expect("a query is plain data");
            let path = "/api/v2/analytics/queues/observations/query";
            let observations: ObservationsResponse =
                self.clients.send(purpose(asked), Method::POST, path, &body).await?;
            let queues = chunk.iter().map(|id| (*id).clone()).collect();
            let (users, unread) = (Vec::new(), Vec::new());
            second.extend(self.tell(Read { began, asked, users, unread, queues, observations }).await);
        }
        // Whole pages when that takes fewer calls than ids do; what they miss is asked for by id.
        let pages = all_users.div_ceil(PAGE_SIZE).min(PAGES_MAX);
        let mut missing: BTreeSet<&UserId> = users.iter().copied().collect();
        if pages < users.len().div_ceil(USER_IDS_MAX) {
            for number in 1..=pages {
                let answered = self.users_of(&page_path(number), asked).await?;
                for id in answered.whole() {
                    missing.remove(id);
                }
                second.extend(self.tell_users(answered, asked, Vec::new()).await);
            }
        }
        let by_id: Vec<&UserId> = missing.iter().copied().collect();
        for chunk in by_id.chunks(USER_IDS_MAX) {
            let ids: Vec<&str> = chunk.iter().map(|id| id.as_str()).collect();
            let path = format!("/api/v2/users?pageSize={USER_IDS_MAX}&id={}&{EXPAND}", ids.join(","));
            let mut unread: BTreeSet<&UserId> = chunk.iter().copied().collect();
            let answered = self.users_of(&path, asked).await?;
            for id in answered.whole() {
                unread.remove(id);
            }
            if !unread.is_empty() {
                warn!(users = unread.len(), "users were not read whole; they are shown as stale");
            }
            let unread = unread.into_iter().cloned().collect();
            second.extend(self.tell_users(answered, asked, unread).await);
        }
        Ok(second)
    }

    /// Reads one page of all users; says whether there may be more, and who must be read a second time.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn page(&self, number: usize, asked: Asked) -> Result<(bool, Vec<Subject>), UpstreamError> {
        let answered = self.users_of(&page_path(number), asked).await?;
        let more = answered.more && number < PAGES_MAX;
        Ok((more, self.tell_users(answered, asked, Vec::new()).await))
    }

    async fn users_of(&self, path: &str, asked: Asked) -> Result<Answered, UpstreamError> {
        let began = self.clock.now();
        let page: Page<User> = self.clients.get(purpose(asked), path).await?;
        // The server may grant fewer than asked for: its own page size tells a full page.
        let full = page.page_size.map_or(PAGE_SIZE, |size| size as usize).clamp(1, PAGE_SIZE);
        Ok(Answered { began, more: page.entities.len() >= full, users: page.entities })
    }

    async fn tell_users(&self, answered: Answered, asked: Asked, unread: Vec<UserId>) -> Vec<Subject> {
        let Answered { began, users, more: _ } = answered;
        let observations = ObservationsResponse::default();
        self.tell(Read { began, asked, users, unread, queues: Vec::new(), observations }).await
    }

    async fn tell(&self, read: Read) -> Vec<Subject> {
        self.feed.ask(|reply| Input::Read { read, reply }).await.unwrap_or_default()
    }
}

/// What a read is charged to.
fn purpose(asked: Asked) -> Purpose {
    match asked {
        Asked::AfterGap | Asked::InDoubt => Purpose::Board,
        Asked::ForAudit => Purpose::Audit,
    }
}

fn page_path(number: usize) -> String {
    format!("/api/v2/users?pageSize={PAGE_SIZE}&pageNumber={number}&{EXPAND}")
}

/// Users as they were answered.
struct Answered {
    began: Timestamp,
    users: Vec<User>,
    /// Whether the page was full.
    more: bool,
}

impl Answered {
    /// Who came with all that a card needs: expansions are best effort.
    fn whole(&self) -> impl Iterator<Item = &UserId> {
        self.users
            .iter()
            .filter(|user| user.presence.is_some() && user.routing_status.is_some())
            .map(|user| &user.id)
    }
}

/// A line for subjects to be read again, and the task that does it.
#[must_use]
pub fn line() -> (mpsc::Sender<Vec<Subject>>, mpsc::Receiver<Vec<Subject>>) {
    mpsc::channel(REREADS_MAX)
}

/// Reads again what the feed asks for.
pub async fn run_reader(reader: Reader, mut asked: mpsc::Receiver<Vec<Subject>>) {
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
        match reader.catch_up(&list, usize::MAX, Asked::InDoubt).await {
            Ok(()) => subjects.clear(),
            Err(error) => {
                warn!(%error, subjects = list.len(), "re-read failed; trying again");
                sleep(REREAD_RETRY).await;
            }
        }
    }
}
