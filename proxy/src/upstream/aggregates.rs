//! Polling what no topic tells in full: figures of the current interval and of today by queue, and, where a
//! leaderboard is, what each agent handled. Once for all screens, whether or not one is looking: alarms need
//! them too, and a wall that opens has them at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock},
    time::Duration,
};

use protocol::{
    Clock, QueueId, Timestamp, UserId,
    event::rollcall::{Figures, RollcallFigures, RollcallTally},
    query::aggregates::{AggregatesQuery, AggregatesResponse, INTERVAL_MS},
    wall::Kind,
};
use reqwest::Method;
use tokio::{sync::watch, time::sleep};
use tracing::{info, warn};

use super::{Clients, Purpose, UpstreamError, permissions_in, read::QUEUES_A_QUERY};
use crate::{
    feed::{
        FeedHandle, Input,
        book::Book,
        plan::{Plan, Subject},
    },
    period::{Calendar, Periods},
};

const PATH: &str = "/api/v2/analytics/conversations/aggregates/query";

/// What reading them needs, when the refusal does not say it. Source: the API's description.
const PERMISSION: &str = "analytics:conversationAggregate:view";

/// A figure of a half hour that is older than this is not what a wall is for.
const POLL_EVERY_MS: i64 = 15_000;

/// A tenth of the 300 calls that a token has in a minute: with many queues polls are further apart.
const CALLS_A_MINUTE_MAX: i64 = 30;

/// Agents are compared over a day; a minute more or less does not matter.
const TALLIES_EVERY_MS: i64 = 60_000;

/// A permission that was granted takes up to five minutes to apply; until then there is no use in asking often.
const REFUSED_EVERY_MS: i64 = 60_000;

/// How soon it is noticed that something is due: by the clock, which tests and demos move.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// What the poller is given.
pub struct Poller {
    /// Calls.
    pub clients: Clients,
    /// Where answers go.
    pub feed: FeedHandle,
    /// Upstream's time.
    pub clock: Arc<dyn Clock>,
    /// Where midnight is.
    pub calendar: Calendar,
    /// Which queues and users there are.
    pub plans: watch::Receiver<Arc<Plan>>,
    /// Which walls there are.
    pub book: Arc<RwLock<Book>>,
}

/// When what is due.
#[derive(Default)]
struct Due {
    figures: Timestamp,
    tallies: Timestamp,
    /// The periods of the last poll: new ones are read at once.
    periods: Periods,
    /// What the last poll failed with, so that it is said once.
    trouble: Option<String>,
}

impl Poller {
    /// Polls until the proxy stops.
    pub async fn run(mut self) {
        let mut due = Due::default();
        loop {
            // The feed makes the plans and ends first, when the proxy stops.
            let Ok(more) = self.plans.has_changed() else { return };
            let has_queues = |plan: &Arc<Plan>| queues_of(plan).next().is_some();
            if self.plans.wait_for(has_queues).await.is_err() {
                return;
            }
            let plan = self.plans.borrow_and_update().clone();
            let now = self.clock.now();
            let periods = self.calendar.at(now);
            if more || now >= due.figures || periods != due.periods {
                due.periods = periods;
                let wait_ms = self.figures(&plan, periods, &mut due.trouble).await;
                due.figures = self.clock.now().plus_ms(wait_ms);
            }
            if now >= due.tallies && due.trouble.is_none() && self.has_leaderboard() {
                due.tallies = now.plus_ms(TALLIES_EVERY_MS);
                if let Err(error) = self.tallies(&plan, periods).await {
                    warn!(%error, "what agents handled today could not be read; trying again");
                }
            }
            sleep(LOOKED_AT).await;
        }
    }

    fn has_leaderboard(&self) -> bool {
        let book = self.book.read().expect("nobody panics while holding the book");
        book.walls.iter().any(|wall| wall.kind == Kind::Leaderboard)
    }

    /// Reads the figures of all queues; answers in how many milliseconds they are due again.
    async fn figures(&self, plan: &Plan, periods: Periods, trouble: &mut Option<String>) -> i64 {
        let queues: Vec<&QueueId> = queues_of(plan).collect();
        let mut outcome = Ok(());
        for chunk in queues.chunks(QUEUES_A_QUERY) {
            outcome = self.figures_of(chunk, periods).await;
            if outcome.is_err() {
                break;
            }
        }
        let Err(error) = outcome else {
            if trouble.take().is_some() {
                info!("figures of interval and day are read again");
            }
            let calls = 2 * queues.len().div_ceil(QUEUES_A_QUERY) as i64;
            return POLL_EVERY_MS.max(calls * 60_000 / CALLS_A_MINUTE_MAX);
        };
        let said = error.to_string();
        if trouble.as_ref() != Some(&said) {
            warn!(error = said, "figures of interval and day could not be read; trying again");
            *trouble = Some(said);
        }
        let Some(missing_permissions) = missing_permissions(&error) else {
            return error.retry_after_ms().unwrap_or_default().max(POLL_EVERY_MS);
        };
        let as_of = self.clock.now();
        let refused = queues.into_iter().map(|queue| RollcallFigures {
            id: queue.clone(),
            as_of,
            interval: nothing_since(periods.interval),
            today: nothing_since(periods.today),
            missing_permissions: missing_permissions.clone(),
        });
        self.feed.tell(Input::Figures { figures: refused.collect() }).await;
        REFUSED_EVERY_MS
    }

    async fn figures_of(&self, queues: &[&QueueId], periods: Periods) -> Result<(), UpstreamError> {
        let as_of = self.clock.now();
        let until = periods.interval.plus_ms(INTERVAL_MS);
        let ids = || queues.iter().copied();
        let today = self.ask(&AggregatesQuery::of_queues(ids(), periods.today, until)).await?;
        let interval = self.ask(&AggregatesQuery::of_queues(ids(), periods.interval, until)).await?;
        let mut today = today.by_queue(periods.today);
        let mut interval = interval.by_queue(periods.interval);
        // What is absent is zero.
        let take = |figures: &mut BTreeMap<QueueId, Figures>, queue: &QueueId, since| {
            figures.remove(queue).unwrap_or_else(|| nothing_since(since))
        };
        let figures = ids().map(|queue| RollcallFigures {
            id: queue.clone(),
            as_of,
            interval: take(&mut interval, queue, periods.interval),
            today: take(&mut today, queue, periods.today),
            missing_permissions: Vec::new(),
        });
        self.feed.tell(Input::Figures { figures: figures.collect() }).await;
        Ok(())
    }

    /// Conversations of queues that users handled. Asked for by queue, so that a call to a colleague does not count.
    async fn tallies(&self, plan: &Plan, periods: Periods) -> Result<(), UpstreamError> {
        let queues: Vec<&QueueId> = queues_of(plan).collect();
        let until = periods.interval.plus_ms(INTERVAL_MS);
        let mut tallies: BTreeMap<UserId, RollcallTally> = users_of(plan)
            .map(|user| (user.clone(), RollcallTally { id: user.clone(), handled: 0, handle_ms: 0 }))
            .collect();
        for chunk in queues.chunks(QUEUES_A_QUERY) {
            let query = AggregatesQuery::by_user(chunk.iter().copied(), periods.today, until);
            for (user, more) in self.ask(&query).await?.by_user() {
                if let Some(tally) = tallies.get_mut(&user) {
                    tally.handled = tally.handled.saturating_add(more.handled);
                    tally.handle_ms = tally.handle_ms.saturating_add(more.handle_ms);
                }
            }
        }
        let tallies = tallies.into_values().collect();
        self.feed.tell(Input::Tallies { since: periods.today, tallies }).await;
        Ok(())
    }

    async fn ask(&self, query: &AggregatesQuery) -> Result<AggregatesResponse, UpstreamError> {
        let body = serde_json::to_value(query).expect("a query is plain data");
        self.clients.send(Purpose::History, Method::POST, PATH, &body).await
    }
}

/// The permissions that a refusal names, if it is one for want of permissions.
fn missing_permissions(error: &UpstreamError) -> Option<Vec<String>> {
    let named = permissions_in(error)?;
    if named.is_empty() { Some(vec![PERMISSION.to_owned()]) } else { Some(named) }
}

fn nothing_since(since: Timestamp) -> Figures {
    Figures { since, ..Figures::default() }
}

fn subjects_of(plan: &Plan) -> impl Iterator<Item = &Subject> {
    (0..plan.shards()).flat_map(|shard| plan.subjects(shard))
}

fn queues_of(plan: &Plan) -> impl Iterator<Item = &QueueId> {
    subjects_of(plan).filter_map(|subject| match subject {
        Subject::Queue(id) => Some(id),
        Subject::User(_) => None,
    })
}

fn users_of(plan: &Plan) -> impl Iterator<Item = &UserId> {
    subjects_of(plan).filter_map(|subject| match subject {
        Subject::User(id) => Some(id),
        Subject::Queue(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_permissions_that_are_missing() {
        let check = |status: u16, message: &str, expected: Option<&[&str]>| {
            let error = UpstreamError::Refused {
                method: "POST".to_owned(),
                route: "api/v2".to_owned(),
                status,
                code: "missing.any.permissions".to_owned(),
                message: message.to_owned(),
            };
            let expected = expected.map(|names| names.iter().map(ToString::to_string).collect());
            assert_eq!(missing_permissions(&error), expected, "{status} {message}");
        };
        let words = "Unable to perform the requested action. You must have at least one of the following permissions \
                     assigned:";
        check(403, &format!("{words} analytics:conversationAggregate:view"), Some(&[PERMISSION]));
        check(403, &format!("{words} [a:b:view, a:c:*]"), Some(&["a:b:view", "a:c:*"]));
        check(403, "no", Some(&[PERMISSION]));
        check(404, "a:b:view", None);
    }
}
