//! The queues that an agent has joined, shared for a while.

use std::{sync::Arc, time::Duration};

use protocol::{
    UserId,
    entity::{Named, Page},
};

use super::{Clients, Purpose, UpstreamError};
use crate::cache::Shared;

/// Joining and leaving a queue is seen after so long at the latest.
const AGE_MAX: Duration = Duration::from_secs(60);
/// Queues a page.
const PAGE_SIZE: u32 = 100;
/// Nobody has joined more queues than are on so many pages.
const PAGES_MAX: u32 = 20;

/// The queues of agents.
#[derive(Debug, Default)]
pub struct Joined(Shared<Arc<[Named]>>);

impl Joined {
    /// The queues that an agent has joined, a minute ago at most.
    ///
    /// # Errors
    /// As upstream answers.
    pub async fn of(
        &self,
        clients: &Clients,
        purpose: Purpose,
        user: &UserId,
    ) -> Result<Arc<[Named]>, UpstreamError> {
        self.read(clients, purpose, user, AGE_MAX).await
    }

    /// Whether an agent has joined no queue: by a fresh read, lest who has just joined its first is held back.
    ///
    /// # Errors
    /// As upstream answers.
    pub async fn is_none(
        &self,
        clients: &Clients,
        purpose: Purpose,
        user: &UserId,
    ) -> Result<bool, UpstreamError> {
        let is_none = self.read(clients, purpose, user, AGE_MAX).await?.is_empty();
        Ok(is_none && self.read(clients, purpose, user, Duration::ZERO).await?.is_empty())
    }

    async fn read(
        &self,
        clients: &Clients,
        purpose: Purpose,
        user: &UserId,
        age_max: Duration,
    ) -> Result<Arc<[Named]>, UpstreamError> {
        let path = format!("/api/v2/users/{user}/queues");
        self.0.get(&path, age_max, || joined(clients, purpose, &path)).await
    }
}

async fn joined(clients: &Clients, purpose: Purpose, path: &str) -> Result<Arc<[Named]>, UpstreamError> {
    let mut queues = Vec::new();
    for number in 1..=PAGES_MAX {
        let path = format!("{path}?joined=true&pageSize={PAGE_SIZE}&pageNumber={number}");
        let page: Page<Named> = clients.get(purpose, &path).await?;
        let is_last = page.is_last(number);
        queues.extend(page.entities);
        if is_last {
            break;
        }
    }
    Ok(queues.into())
}
