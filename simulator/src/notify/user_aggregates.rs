//! `v2.analytics.users.{id}.aggregates`: how long a user has had which presence and which routing status
//! in the present half hour. Told when one of them changes, at most once a second, and worked out only
//! for those who listen.

use std::collections::BTreeMap;

use protocol::{Timestamp, UserId};
use serde::Serialize;

use super::{Hub, event, stats::StatsBody, subscription::Heard};
use crate::world::{AgentIx, World, begin_of, interval_of};

/// Genesys sends an analytics topic at most once a second.
/// Source: developer center, analytics data management, "Analytics notifications".
const EVERY_MS: i64 = 1_000;

/// What is still to be told, and what was told within the last second.
pub(super) struct UserAggregates {
    with_count: bool,
    /// When it is told, and the cause of the change.
    planned: BTreeMap<AgentIx, (Timestamp, u64)>,
    told: BTreeMap<AgentIx, Timestamp>,
}

#[derive(Serialize)]
pub(super) struct Body<'a> {
    group: Group<'a>,
    data: [Interval<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    user_id: &'a UserId,
}

#[derive(Serialize)]
struct Interval<'a> {
    interval: String,
    metrics: Vec<Metric<'a>>,
}

#[derive(Serialize)]
struct Metric<'a> {
    metric: &'static str,
    qualifier: &'a str,
    stats: StatsBody,
}

impl UserAggregates {
    /// Nothing to tell yet.
    pub(super) fn new(with_count: bool) -> Self {
        Self { with_count, planned: BTreeMap::new(), told: BTreeMap::new() }
    }

    /// The topic of a user.
    pub(super) fn topic(world: &World, agent: AgentIx) -> String {
        format!("v2.analytics.users.{}.aggregates", world.agents[agent.0].id)
    }

    /// A user's presence or routing status has changed.
    pub(super) fn changed(&mut self, world: &World, hub: &Hub, agent: AgentIx, cause: u64) {
        if hub.hears(&Heard::named(&Self::topic(world, agent))) {
            let at = self.told.get(&agent).map_or(world.now, |told| told.plus_ms(EVERY_MS).max(world.now));
            self.planned.entry(agent).or_insert((at, cause));
        }
    }

    /// Takes what is to be told by now.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<(AgentIx, u64)> {
        self.told.retain(|_, told| now.ms_since(*told) < EVERY_MS);
        let due: Vec<(AgentIx, u64)> = self
            .planned
            .iter()
            .filter(|(_, (at, _))| *at <= now)
            .map(|(agent, (_, cause))| (*agent, *cause))
            .collect();
        for (agent, _) in &due {
            self.planned.remove(agent);
            self.told.insert(*agent, now);
        }
        due
    }

    /// The times of a user until now.
    pub(super) fn body<'a>(&self, world: &'a World, agent: AgentIx) -> Body<'a> {
        let (start, now) = (begin_of(interval_of(world.now)), world.now);
        let mut sums: BTreeMap<(&'static str, &str), (i64, u32)> = BTreeMap::new();
        let mut add = |metric, qualifier, ms: i64| {
            if ms > 0 {
                let (sum, count) = sums.entry((metric, qualifier)).or_default();
                *sum += ms;
                *count += 1;
            }
        };
        for stretch in world.histories.routing_in(agent, start, now) {
            add("tAgentRoutingStatus", stretch.is.as_str(), stretch.overlap_ms(start, now, now));
        }
        for stretch in world.histories.presences_in(agent, start, now) {
            let (definition, ms) = (&world.definitions[stretch.is.0], stretch.overlap_ms(start, now, now));
            add("tOrganizationPresence", definition.id.as_str(), ms);
            add("tSystemPresence", definition.system.shouted(), ms);
        }
        let of = |((metric, qualifier), (sum, count))| Metric {
            metric,
            qualifier,
            stats: StatsBody::of_sum(sum, self.with_count.then_some(count)),
        };
        let metrics = sums.into_iter().map(of).collect();
        Body {
            group: Group { user_id: &world.agents[agent.0].id },
            data: [Interval { interval: event::interval_of(now), metrics }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_told_once_a_second_at_most() {
        let mut aggregates = UserAggregates::new(false);
        let at = |ms: i64| Timestamp::from_ms(1_000_000 + ms);
        let agent = AgentIx(3);
        aggregates.planned.insert(agent, (at(0), 7));
        assert_eq!(aggregates.take_due(at(0)), [(agent, 7)]);
        assert_eq!(aggregates.told[&agent], at(0), "so that the next one waits");
        aggregates.planned.insert(agent, (at(1_000), 8));
        assert!(aggregates.take_due(at(999)).is_empty());
        assert_eq!(aggregates.take_due(at(1_000)), [(agent, 8)]);
        assert!(aggregates.take_due(at(5_000)).is_empty() && aggregates.told.is_empty());
    }
}
