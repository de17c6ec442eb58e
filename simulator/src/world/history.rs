//! What agents were doing, and from when to when: their presences and routing statuses of the last
//! day. Written as things change, so that it costs what happens, and bounded, so that an
//! organisation may run for weeks.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
};

use protocol::Timestamp;

use super::{Agent, AgentIx, DefinitionIx, RoutingStatus, World};

/// How far back it is remembered.
const REMEMBERED_MS: i64 = 24 * 3_600 * 1_000;
/// Changes that are remembered in all; a change takes 16 bytes.
const CHANGES_MAX: usize = 6_000_000;
/// Changes of one facet that are remembered of one agent, at least and at most.
const CHANGES_OF_AGENT: Range<usize> = 50..4_000;

/// The history of all agents.
#[derive(Debug, Default)]
pub(crate) struct Histories {
    presences: Vec<VecDeque<Change<DefinitionIx>>>,
    routing: Vec<VecDeque<Change<RoutingStatus>>>,
    /// When those left who are not here any more.
    left: BTreeMap<AgentIx, Timestamp>,
    /// Changes of one facet that are kept of one agent.
    most: usize,
}

/// From `since` on it was this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change<Is> {
    since: Timestamp,
    is: Is,
}

/// It was this from then until then, or it still is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch<Is> {
    pub(crate) is: Is,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
}

impl<Is> Stretch<Is> {
    /// How much of it falls between these two, when it is `now`.
    pub(crate) fn overlap_ms(&self, start: Timestamp, end: Timestamp, now: Timestamp) -> i64 {
        self.end.unwrap_or(now).min(end).ms_since(self.start.max(start)).max(0)
    }
}

impl Histories {
    /// A history that begins with what everybody is doing, since whenever they do.
    pub(super) fn of(world: &World) -> Self {
        let most =
            (CHANGES_MAX / 2 / world.agents.len().max(1)).clamp(CHANGES_OF_AGENT.start, CHANGES_OF_AGENT.end);
        let agents = &world.agents;
        Self {
            presences: agents
                .iter()
                .map(|who| begin(who.presence.modified, who.presence.definition))
                .collect(),
            routing: agents.iter().map(|who| begin(who.routing.start, who.routing.status)).collect(),
            left: BTreeMap::new(),
            most,
        }
    }

    /// Somebody came: the next agent.
    pub(super) fn begin(&mut self, who: &Agent) {
        self.presences.push(begin(who.presence.modified, who.presence.definition));
        self.routing.push(begin(who.routing.start, who.routing.status));
    }

    /// Somebody left: what the agent was last has an end.
    pub(crate) fn end(&mut self, agent: AgentIx, at: Timestamp) {
        self.left.insert(agent, at);
    }

    /// Somebody came back, as whatever the agent was when leaving.
    pub(crate) fn resume(&mut self, agent: AgentIx) {
        self.left.remove(&agent);
    }

    /// The agent's presence is another.
    pub(crate) fn presence(&mut self, agent: AgentIx, since: Timestamp, is: DefinitionIx) {
        if let Some(changes) = self.presences.get_mut(agent.0) {
            push(changes, since, is, self.most);
        }
    }

    /// The agent's routing status is another.
    pub(crate) fn routing(&mut self, agent: AgentIx, since: Timestamp, is: RoutingStatus) {
        if let Some(changes) = self.routing.get_mut(agent.0) {
            push(changes, since, is, self.most);
        }
    }

    /// The presences that an agent had in this time, the oldest first.
    pub(crate) fn presences_in(
        &self,
        agent: AgentIx,
        start: Timestamp,
        end: Timestamp,
    ) -> impl Iterator<Item = Stretch<DefinitionIx>> + '_ {
        stretches(self.presences.get(agent.0), start, end, self.left.get(&agent).copied())
    }

    /// The routing statuses that an agent had in this time, the oldest first.
    pub(crate) fn routing_in(
        &self,
        agent: AgentIx,
        start: Timestamp,
        end: Timestamp,
    ) -> impl Iterator<Item = Stretch<RoutingStatus>> + '_ {
        stretches(self.routing.get(agent.0), start, end, self.left.get(&agent).copied())
    }
}

fn begin<Is>(since: Timestamp, is: Is) -> VecDeque<Change<Is>> {
    VecDeque::from([Change { since, is }])
}

fn push<Is>(changes: &mut VecDeque<Change<Is>>, since: Timestamp, is: Is, most: usize) {
    let forgotten = since.plus_ms(-REMEMBERED_MS);
    // The one that lasted when the day began is still needed.
    while changes.len() >= most || changes.get(1).is_some_and(|second| second.since <= forgotten) {
        changes.pop_front();
    }
    changes.push_back(Change { since, is });
}

fn stretches<Is: Copy>(
    changes: Option<&VecDeque<Change<Is>>>,
    start: Timestamp,
    end: Timestamp,
    left: Option<Timestamp>,
) -> impl Iterator<Item = Stretch<Is>> + '_ {
    let end = left.map_or(end, |left| left.min(end));
    changes.into_iter().flat_map(move |changes| {
        let first = changes.partition_point(|change| change.since <= start).saturating_sub(1);
        (first..changes.len())
            .map(move |n| Stretch {
                is: changes[n].is,
                start: changes[n].since,
                end: changes.get(n + 1).map(|next| next.since).or(left),
            })
            .take_while(move |stretch| stretch.start < end)
            .filter(move |stretch| stretch.end.is_none_or(|ended| ended > start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_000_000_000 + ms)
    }

    fn history(changes: &[(i64, usize)], most: usize) -> VecDeque<Change<DefinitionIx>> {
        let mut history = VecDeque::new();
        for (ms, is) in changes {
            push(&mut history, at(*ms), DefinitionIx(*is), most);
        }
        history
    }

    fn seen(history: &VecDeque<Change<DefinitionIx>>, start: i64, end: i64) -> Vec<usize> {
        stretches(Some(history), at(start), at(end), None).map(|stretch| stretch.is.0).collect()
    }

    #[test]
    fn a_time_sees_what_touches_it() {
        let changed = history(&[(0, 1), (100, 2), (200, 3)], 10);
        assert_eq!(seen(&changed, 0, 50), [1]);
        assert_eq!(seen(&changed, 99, 101), [1, 2]);
        assert_eq!(seen(&changed, 100, 200), [2], "what ends when the time begins does not touch it");
        assert_eq!(seen(&changed, 300, 400), [3], "the last one lasts");
        assert!(seen(&changed, -50, 0).is_empty(), "nothing is known of the time before");
        let last = stretches(Some(&changed), at(150), at(1_000), None).last().unwrap();
        assert_eq!((last.end, last.overlap_ms(at(150), at(1_000), at(260))), (None, 60));
    }

    #[test]
    fn what_somebody_was_when_leaving_ends_there() {
        let changed = history(&[(0, 1), (100, 2)], 10);
        let seen = |start, end| -> Vec<(usize, Option<Timestamp>)> {
            let all = stretches(Some(&changed), at(start), at(end), Some(at(150)));
            all.map(|stretch| (stretch.is.0, stretch.end)).collect()
        };
        assert_eq!(seen(0, 400), [(1, Some(at(100))), (2, Some(at(150)))]);
        assert!(seen(150, 400).is_empty());
    }

    #[test]
    fn it_keeps_a_day_and_what_lasted_when_the_day_began() {
        let changed = history(&[(0, 1), (100, 2), (REMEMBERED_MS + 150, 3)], 10);
        assert_eq!(seen(&changed, 0, REMEMBERED_MS * 2), [2, 3]);
        let many: Vec<(i64, usize)> = (0..100).map(|n| (n, 7)).collect();
        assert_eq!(history(&many, 10).len(), 10);
    }
}
