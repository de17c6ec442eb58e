//! Staffing floors: how many members of a queue are on queue, and that of those who leave at the same time not too many may.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use protocol::{
    QueueId, Timestamp, UserId,
    entity::{Page, Queue, User, UserPresence},
    presence::SystemPresence,
};
use rules::presence::Floor;
use serde::Deserialize;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::warn;

use crate::{
    config::QueueFloor,
    publisher::eligible::is_on_queue,
    upstream::{Clients, Purpose, UpstreamError},
};

/// Members are read anew after so long.
const AGE_MAX_MS: i64 = 5_000;
/// A list of members may still show for so long who was taken off queue.
const LEFT_MS: i64 = 30_000;

/// The queues that keep a floor, and who is there.
#[derive(Debug)]
pub(super) struct Floors {
    floors: Vec<QueueFloor>,
    known: Arc<Mutex<HashMap<QueueId, Members>>>,
}

/// The joined members of a queue.
#[derive(Debug, Default)]
struct Members {
    /// When they were read; none yet without it.
    at: Option<Timestamp>,
    joined: HashSet<UserId>,
    on_queue: HashSet<UserId>,
    /// Who was taken off queue, and when.
    left: HashMap<UserId, Timestamp>,
}

/// An agent on the way off queue. While this is held nobody else leaves a queue with a floor.
pub(super) struct Leaving {
    known: OwnedMutexGuard<HashMap<QueueId, Members>>,
    user: UserId,
    queues: Vec<QueueId>,
}

/// What the rule is told.
#[derive(Default)]
pub(super) struct Kept {
    /// Of the queues that the agent has joined, and of those about which nobody knows.
    pub(super) floors: Vec<Floor>,
    /// To be held until the agent has left.
    pub(super) leaving: Option<Leaving>,
    /// Names of queues that there are not.
    pub(super) missing: Vec<String>,
}

impl Floors {
    pub(super) fn new(floors: Vec<QueueFloor>) -> Self {
        Self { floors, known: Arc::default() }
    }

    /// How it is in the queues that an agent would leave.
    pub(super) async fn of(
        &self,
        clients: &Clients,
        queues: &[Queue],
        user: &UserId,
        now: Timestamp,
    ) -> Kept {
        let mut kept = Kept::default();
        if self.floors.is_empty() {
            return kept;
        }
        let mut known = self.known.clone().lock_owned().await;
        let mut leaves = Vec::new();
        for floor in &self.floors {
            let is_it = |queue: &&Queue| queue.id.as_str() == floor.queue || queue.name == floor.queue;
            let Some(queue) = queues.iter().find(is_it) else {
                kept.missing.push(floor.queue.clone());
                continue;
            };
            let members = known.entry(queue.id.clone()).or_default();
            let on_queue = match members.read(clients, &queue.id, now).await {
                Ok(()) if !members.joined.contains(user) => continue,
                Ok(()) => Some(members.count_with(user)),
                Err(error) => {
                    warn!(%error, queue.id = %queue.id, "who is on queue could not be read for a staffing floor");
                    None
                }
            };
            kept.floors.push(Floor { queue: queue.name.clone(), on_queue, least: floor.least });
            leaves.push(queue.id.clone());
        }
        if !leaves.is_empty() {
            kept.leaving = Some(Leaving { known, user: user.clone(), queues: leaves });
        }
        kept
    }
}

impl Floors {
    /// Somebody was put on queue, who is counted again at once.
    pub(super) async fn is_back(&self, user: &UserId) {
        if self.floors.is_empty() {
            return;
        }
        for members in self.known.lock().await.values_mut().filter(|members| members.joined.contains(user)) {
            members.left.remove(user);
            members.on_queue.insert(user.clone());
        }
    }
}

impl Leaving {
    /// The agent has left, or may have.
    pub(super) fn has_left(mut self, now: Timestamp) {
        for queue in &self.queues {
            let members = self.known.entry(queue.clone()).or_default();
            members.on_queue.remove(&self.user);
            members.left.insert(self.user.clone(), now);
        }
    }
}

impl Members {
    async fn read(
        &mut self,
        clients: &Clients,
        queue: &QueueId,
        now: Timestamp,
    ) -> Result<(), UpstreamError> {
        if self.at.is_some_and(|at| now.ms_since(at) < AGE_MAX_MS) {
            return Ok(());
        }
        let (joined, on_queue) = members(clients, queue).await?;
        self.left.retain(|_, left| now.ms_since(*left) < LEFT_MS);
        (self.joined, self.on_queue, self.at) = (joined, on_queue, Some(now));
        let left = &self.left;
        self.on_queue.retain(|user| !left.contains_key(user));
        Ok(())
    }

    /// How many are on queue, with one of whom that was just read.
    fn count_with(&self, user: &UserId) -> u32 {
        let others = self.on_queue.iter().filter(|other| *other != user).count();
        u32::try_from(others).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// Members a page, the most that upstream gives.
const PAGE_SIZE: u32 = 100;
/// More members than are on so many pages are in no queue.
const PAGES_MAX: u32 = 100;

/// Who has joined a queue, and who of them is on queue.
async fn members(
    clients: &Clients,
    queue: &QueueId,
) -> Result<(HashSet<UserId>, HashSet<UserId>), UpstreamError> {
    #[derive(Deserialize)]
    struct Member {
        id: UserId,
        #[serde(default)]
        user: Option<User>,
    }
    let (mut joined, mut on_queue) = (HashSet::new(), HashSet::new());
    for number in 1..=PAGES_MAX {
        let path = format!(
            "/api/v2/routing/queues/{queue}/members?joined=true&expand=presence&pageSize={PAGE_SIZE}&pageNumber={number}"
        );
        let page: Page<Member> = clients.get(Purpose::Write, &path).await?;
        let is_last = page.is_last(number);
        for member in page.entities {
            let presence = member.user.and_then(|user| user.presence);
            if presence.as_ref().is_some_and(|presence| is_on_queue(presence) && !leaves_later(presence)) {
                on_queue.insert(member.id.clone());
            }
            joined.insert(member.id);
        }
        if is_last {
            break;
        }
    }
    Ok((joined, on_queue))
}

/// Whether a change waits until the agent is free, and takes it off queue then.
fn leaves_later(presence: &UserPresence) -> bool {
    let later = presence.future_presence_definition.as_ref();
    later.is_some_and(|later| later.system_presence.as_ref() != Some(&SystemPresence::OnQueue))
}
