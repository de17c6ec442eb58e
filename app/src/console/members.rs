//! Who is in which queue. Asked for when somebody wants to know: of a queue when the list is narrowed to it, of an agent when
//! the drawer shows one. The proxy shares the answers for half a minute.

use std::collections::BTreeSet;

use protocol::{QueueId, UserId};
use serde::Deserialize;

use super::ask::{self, No};

/// Members a page, which is all that Genesys gives.
const PAGE: usize = 100;

/// Pages of one queue: as many as the proxy reads.
const PAGES_MAX: usize = 100;

#[derive(Deserialize)]
struct Page<T> {
    entities: Vec<T>,
}

#[derive(Deserialize)]
struct Member {
    id: String,
}

/// A queue of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Joined {
    /// The queue.
    pub id: QueueId,
    /// Its name.
    pub name: String,
}

/// Who has joined a queue.
///
/// # Errors
/// When there is no answer or it is a refusal.
pub async fn of_queue(queue: &QueueId) -> Result<BTreeSet<UserId>, No> {
    let mut all = BTreeSet::new();
    let queue = ask::escaped(queue.as_str());
    for number in 1..=PAGES_MAX {
        let address =
            format!("/api/v2/routing/queues/{queue}/members?joined=true&pageSize={PAGE}&pageNumber={number}");
        let page: Page<Member> = ask::get(&address).await?.read()?;
        let is_last = page.entities.len() < PAGE;
        all.extend(page.entities.iter().map(|member| UserId::new(&member.id)));
        if is_last {
            break;
        }
    }
    Ok(all)
}

/// Which queues an agent has joined.
///
/// # Errors
/// When there is no answer or it is a refusal.
pub async fn of_agent(user: &UserId) -> Result<Vec<Joined>, No> {
    let address = format!("/api/v2/users/{}/queues?joined=true&pageSize={PAGE}", ask::escaped(user.as_str()));
    let page: Page<Joined> = ask::get(&address).await?.read()?;
    Ok(page.entities)
}
