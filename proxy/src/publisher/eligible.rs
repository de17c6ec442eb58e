//! From which queues an agent gets conversations: those it has joined, while it is On Queue and idle, or in conversations and
//! below its capacity.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use protocol::{
    UserId,
    entity::{Named, User, UserPresence},
    event::conversation_summary::SummaryMedia,
    presence::{RoutingStatus, SystemPresence},
};
use serde::Deserialize;

use crate::{
    cache::Shared,
    upstream::{Clients, Purpose, UpstreamError, joined::Joined},
};

/// Capacities are settings, and change by the month.
const CAPACITY_AGE_MAX: Duration = Duration::from_secs(600);

/// The answer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Eligible {
    /// Nothing was changed that it hangs on.
    NotAsked,
    /// These, by id and name.
    Queues(Arc<[Named]>),
    /// Upstream does not say.
    Unknown,
}

/// What is read for it, and shared for a while.
#[derive(Debug)]
pub struct Eligibility {
    joined: Arc<Joined>,
    capacity: Shared<Arc<BTreeMap<String, u32>>>,
}

impl Eligibility {
    /// Nothing is read yet, but for what others read of queues.
    #[must_use]
    pub fn new(joined: Arc<Joined>) -> Self {
        Self { joined, capacity: Shared::default() }
    }

    /// The queues of an agent, by what stands now.
    ///
    /// # Errors
    /// As upstream answers.
    pub async fn of(&self, clients: &Clients, user: &UserId) -> Result<Arc<[Named]>, UpstreamError> {
        let path = format!("/api/v2/users/{user}?expand=presence,routingStatus,conversationSummary");
        let agent: User = clients.get(Purpose::Write, &path).await?;
        if !agent.presence.as_ref().is_some_and(is_on_queue) {
            return Ok(Arc::default());
        }
        let gets_more = match agent.routing_status.as_ref().and_then(|routing| routing.status.as_ref()) {
            Some(RoutingStatus::Idle) => true,
            Some(RoutingStatus::Interacting) => self.is_below_capacity(clients, &agent).await?,
            Some(
                RoutingStatus::OffQueue
                | RoutingStatus::NotResponding
                | RoutingStatus::Communicating
                | RoutingStatus::Other(_),
            )
            | None => false,
        };
        if !gets_more {
            return Ok(Arc::default());
        }
        self.joined.of(clients, Purpose::Directory, user).await
    }

    /// Whether of each medium that it is busy with the agent has fewer than it may.
    async fn is_below_capacity(&self, clients: &Clients, agent: &User) -> Result<bool, UpstreamError> {
        let path = format!("/api/v2/routing/users/{}/utilization", agent.id);
        let capacity = self.capacity.get(&path, CAPACITY_AGE_MAX, || capacity(clients, &path)).await?;
        let Some(summary) = &agent.conversation_summary else { return Ok(false) };
        Ok(SummaryMedia::ALL.iter().all(|media| {
            let counts = summary.get(*media).map_or(0, |counts| counts.contact_center.active);
            // Of a medium that upstream says nothing about nobody knows how many there may be.
            counts == 0 || capacity.get(media.as_str()).is_some_and(|most| counts < *most)
        }))
    }
}

/// Whether it is the presence in which conversations come.
#[must_use]
pub fn is_on_queue(presence: &UserPresence) -> bool {
    let definition = presence.presence_definition.as_ref();
    definition.and_then(|definition| definition.system_presence.as_ref()) == Some(&SystemPresence::OnQueue)
}

/// How many conversations of each medium an agent may have.
async fn capacity(clients: &Clients, path: &str) -> Result<Arc<BTreeMap<String, u32>>, UpstreamError> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Utilization {
        utilization: BTreeMap<String, OfMedia>,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct OfMedia {
        maximum_capacity: u32,
    }
    let answer: Utilization = clients.get(Purpose::Directory, path).await?;
    let of = |(media, of): (String, OfMedia)| (media, of.maximum_capacity);
    Ok(Arc::new(answer.utilization.into_iter().map(of).collect()))
}
