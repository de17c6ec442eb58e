//! Agents who are in a state for too long.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use protocol::{
    Timestamp, UserId,
    event::rollcall::{Alarm, Level},
    wall::Watch,
};

use super::{ALARMS_MAX, Acknowledged, Scene, UNKNOWN_MAX_MS, id_of};
use crate::{Agent, AgentState};

/// All agents of a wall who are in a watched state.
#[derive(Debug, Default)]
pub(super) struct Agents {
    watches: Vec<Watched>,
    /// By name what was told, and what somebody acknowledged. All else is computed from the board.
    kept: HashMap<String, Kept>,
}

#[derive(Debug)]
struct Watched {
    watch: Watch,
    /// Among those of the same state.
    nth: u16,
}

/// An agent who is in a state for too long.
struct Found<'a> {
    level: Level,
    limit: f64,
    since: Timestamp,
    agent: &'a Agent,
    watched: &'a Watched,
}

#[derive(Clone, Debug)]
struct Kept {
    alarm: Alarm,
    acknowledged: Acknowledged,
    unknown_since: Option<Timestamp>,
}

impl Agents {
    /// Takes other watches.
    pub fn redefine(&mut self, watches: Vec<Watch>) {
        self.watches.clear();
        for watch in watches {
            let nth = self.watches.iter().filter(|other| other.watch.state == watch.state).count() as u16;
            self.watches.push(Watched { watch, nth });
        }
    }

    /// Whether a state is watched at all.
    pub fn watches(&self, state: &AgentState) -> bool {
        self.watches.iter().any(|watched| state.is(&watched.watch.state))
    }

    /// Adds what is wrong now to `alarms`.
    pub fn look(&mut self, scene: &Scene<'_>, has: &dyn Fn(&Agent) -> bool, alarms: &mut Vec<Alarm>) {
        let mut fresh: HashSet<String> = HashSet::new();
        let worst: Vec<Alarm> = self.worst(scene, has).iter().map(Found::alarm).collect();
        for mut alarm in worst {
            if let Some(kept) = self.kept.get_mut(&alarm.id) {
                kept.acknowledged.follow(&mut alarm);
                kept.unknown_since = None;
                kept.alarm = alarm.clone();
                fresh.insert(alarm.id.clone());
            }
            alarms.push(alarm);
        }
        self.kept.retain(|id, kept| fresh.contains(id) || kept.goes_on(scene));
        let unknown = self.kept.iter().filter(|(id, _)| !fresh.contains(*id));
        alarms.extend(unknown.map(|(_, kept)| kept.alarm.clone()));
    }

    /// The worst of all that is wrong with agents: as many as may be told, and those that somebody acknowledged. Thousands
    /// may be in a state for too long when limits are tight; they are not made into alarms.
    fn worst<'a>(&'a self, scene: &'a Scene<'_>, has: &dyn Fn(&Agent) -> bool) -> Vec<Found<'a>> {
        let acknowledged = self.kept.values().filter(|kept| kept.alarm.acknowledged.is_some());
        let acknowledged: HashSet<&UserId> =
            acknowledged.filter_map(|kept| kept.alarm.user.as_ref()).collect();
        let (mut seen_to, mut found) = (Vec::new(), Vec::new());
        for (agent, state, since) in &scene.agents {
            let mut member = None;
            for watched in self.watches.iter().filter(|watched| state.is(&watched.watch.state)) {
                let Some((level, limit)) = watched.level(scene.now.ms_since(*since).max(0)) else { continue };
                if !*member.get_or_insert_with(|| has(agent)) {
                    break;
                }
                let list = if acknowledged.contains(&agent.id) { &mut seen_to } else { &mut found };
                list.push(Found { level, limit, since: *since, agent, watched });
            }
        }
        if found.len() > ALARMS_MAX {
            let key = |one: &Found<'a>| (Reverse(one.level), one.since, &one.agent.id);
            found.select_nth_unstable_by(ALARMS_MAX, |a, b| key(a).cmp(&key(b)));
            found.truncate(ALARMS_MAX);
        }
        found.extend(seen_to);
        found
    }

    /// Remembers what was told: only that can be acknowledged, and only that goes on while it is not known.
    pub fn remember(&mut self, told: &[Alarm]) {
        let mut before = std::mem::take(&mut self.kept);
        for alarm in told.iter().filter(|alarm| alarm.user.is_some()) {
            let new =
                || Kept { alarm: alarm.clone(), acknowledged: Acknowledged::default(), unknown_since: None };
            let kept = before.remove(&alarm.id).unwrap_or_else(new);
            self.kept.insert(alarm.id.clone(), kept);
        }
        // What was acknowledged stays so also while there is no room to tell of it.
        self.kept.extend(before.into_iter().filter(|(_, kept)| kept.alarm.acknowledged.is_some()));
    }

    /// Takes note that somebody saw to it; true when there is such an alarm. Another wall may watch the same state with
    /// other limits: it is the same alarm all the same.
    pub fn acknowledge(&mut self, about: &Alarm, at: Timestamp) -> bool {
        let mut found = false;
        for kept in self.kept.values_mut() {
            let same = kept.alarm.user == about.user && kept.alarm.since == about.since;
            if about.user.is_some() && same {
                found |= kept.acknowledged.give(&mut kept.alarm, about.level, at);
            }
        }
        found
    }
}

impl Found<'_> {
    fn alarm(&self) -> Alarm {
        Alarm {
            id: id_of(&self.watched.watch.state, self.watched.nth, self.agent.id.as_str(), self.since),
            level: self.level,
            queue: None,
            user: Some(self.agent.id.clone()),
            metric: None,
            value: None,
            limit: self.limit,
            since: self.since,
            acknowledged: None,
        }
    }
}

impl Watched {
    fn level(&self, ms: i64) -> Option<(Level, f64)> {
        let passed = |limit: Option<u32>| limit.filter(|seconds| ms >= i64::from(*seconds) * 1_000);
        let critical = passed(self.watch.critical).map(|limit| (Level::Critical, f64::from(limit)));
        critical.or_else(|| passed(self.watch.warn).map(|limit| (Level::Warn, f64::from(limit))))
    }
}

impl Kept {
    /// Whether it stays although nobody can say how the agent is.
    fn goes_on(&mut self, scene: &Scene<'_>) -> bool {
        let unknown = self.alarm.user.as_ref().is_some_and(|user| scene.is_unknown(user));
        let since = *self.unknown_since.get_or_insert(scene.now);
        unknown && scene.now.ms_since(since) < UNKNOWN_MAX_MS
    }
}
