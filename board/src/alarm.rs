//! What is wrong on a wall: figures beyond their thresholds, agents too long in a state.
//!
//! A [`Watcher`] belongs to one wall and looks at the board every now and then; what it tells is the content of
//! `rollcall.alarms.{wall}`. Its rules:
//!
//! * A figure's alarm begins when the figure has been at or beyond a limit for `after` seconds, and ends when it has come
//!   back by `back`. An agent's begins with the time in the state, by the board's own date.
//! * An alarm keeps its name and its `since` while it lasts, whatever its level. When it comes again it is another one.
//! * What is not known (nothing to take a share of, a subject that nobody vouches for) raises no alarm. One that stands
//!   goes on for [`UNKNOWN_MAX_MS`], because gaps are short, and then goes: a wall does not warn of what it cannot see.
//! * A threshold that names a queue counts for it in place of those for the same figure that name none. Of several that
//!   name it, or of several that name none, each has an alarm of its own.
//! * An acknowledgement is for the level at which it was given: when it gets worse, the alarm asks again.

mod agents;
mod figures;
mod limit;
mod rule;

use std::{cell::OnceCell, cmp::Reverse};

use agents::Agents;
use figures::Figures;
use protocol::{
    QueueId, Timestamp, UserId,
    event::rollcall::{Alarm, Level},
    wall::{Metric, Threshold, WallDefinition, Watch},
};
pub use rule::target_of;

use crate::{Agent, AgentState, Board, Queue, metrics};

/// An alarm goes when its subject has not been known for this long. Longer than a channel takes to come back, shorter
/// than somebody would act on it in vain.
pub const UNKNOWN_MAX_MS: i64 = 120_000;

/// A wall tells of at most this many alarms, the worst: more than anybody reads, few enough for one frame.
pub const ALARMS_MAX: usize = 100;

/// Figures of alarms that go on are told at most this often; beginnings, ends and levels at once.
const VALUES_EVERY_MS: i64 = 10_000;

/// What there is to be seen at one moment, for all walls alike.
pub struct Scene<'a> {
    now: Timestamp,
    queues: Vec<SeenQueue<'a>>,
    /// Those in a state that is watched, with its beginning.
    agents: Vec<(&'a Agent, AgentState, Timestamp)>,
    board: &'a Board,
    knows_agent: &'a dyn Fn(&UserId) -> bool,
}

impl<'a> Scene<'a> {
    /// Looks at a board once for all watchers. `knows_…` say whether somebody vouches for a subject at present.
    pub fn of(
        board: &'a Board,
        now: Timestamp,
        watchers: &[&Watcher],
        knows_queue: &dyn Fn(&QueueId) -> bool,
        knows_agent: &'a dyn Fn(&UserId) -> bool,
    ) -> Self {
        let named = board.queues().filter(|queue| queue.name.is_some());
        let seen = |queue: &'a Queue| SeenQueue {
            queue,
            known: knows_queue(&queue.id),
            values: [const { OnceCell::new() }; Metric::ALL.len()],
        };
        let queues = named.map(seen).collect();
        let agents = board
            .agents()
            .filter_map(|agent| {
                let readable = agent.readable();
                let watched = watchers.iter().any(|watcher| watcher.agents.watches(&readable.state));
                let since = readable.since.filter(|_| watched && agent.name.is_some())?;
                knows_agent(&agent.id).then_some((agent, readable.state, since))
            })
            .collect();
        Self { now, queues, agents, board, knows_agent }
    }

    /// Whether somebody is on the board of whom nobody can tell at present since when they are in which state.
    fn is_unknown(&self, id: &UserId) -> bool {
        let agent = self.board.agent(id);
        agent.is_some_and(|agent| !(self.knows_agent)(id) || agent.readable().since.is_none())
    }
}

/// A queue at one moment.
struct SeenQueue<'a> {
    queue: &'a Queue,
    /// Whether somebody vouches for it.
    known: bool,
    /// Its figures: computed once, however many walls ask.
    values: [OnceCell<Option<f64>>; Metric::ALL.len()],
}

impl SeenQueue<'_> {
    fn value(&self, metric: Metric, now: Timestamp) -> Option<f64> {
        let compute = || metrics::value(metric, std::iter::once(self.queue), now);
        if self.known { *self.values[metric as usize].get_or_init(compute) } else { None }
    }
}

/// What is wrong on one wall.
#[derive(Debug, Default)]
pub struct Watcher {
    figures: Figures,
    agents: Agents,
    told: Vec<Alarm>,
    told_at: Timestamp,
}

impl Watcher {
    /// A watcher for a wall, which has not looked yet.
    #[must_use]
    pub fn new(wall: &WallDefinition) -> Self {
        let mut watcher = Self::default();
        watcher.redefine(wall);
        watcher
    }

    /// Takes a wall's new definition. Alarms that its rules still raise go on, acknowledged or not.
    pub fn redefine(&mut self, wall: &WallDefinition) {
        self.figures.redefine(&wall.id, wall.thresholds.clone().unwrap_or_else(Threshold::defaults));
        self.agents.redefine(wall.watches.clone().unwrap_or_else(Watch::defaults));
    }

    /// Looks. `has_…` say what belongs to the wall. Gives everything that is wrong, the worst first, when there is
    /// something to tell.
    pub fn look(
        &mut self,
        scene: &Scene<'_>,
        has_queue: &dyn Fn(&Queue) -> bool,
        has_agent: &dyn Fn(&Agent) -> bool,
    ) -> Option<Vec<Alarm>> {
        let mut alarms = Vec::new();
        self.figures.look(scene, has_queue, &mut alarms);
        self.agents.look(scene, has_agent, &mut alarms);
        keep_worst(&mut alarms);
        self.agents.remember(&alarms);
        let values_are_due = scene.now.ms_since(self.told_at) >= VALUES_EVERY_MS;
        if alarms == self.told || (!values_are_due && same_but_values(&alarms, &self.told)) {
            return None;
        }
        self.told_at = scene.now;
        self.told.clone_from(&alarms);
        Some(alarms)
    }

    /// What was told last, the worst first.
    #[must_use]
    pub fn told(&self) -> &[Alarm] {
        &self.told
    }

    /// Takes note that somebody saw to an alarm of this wall; gives the alarm when it is not over. The next look tells of
    /// it. A second time changes nothing.
    pub fn acknowledge(&mut self, id: &str, at: Timestamp) -> Option<Alarm> {
        let alarm = self.told.iter().find(|alarm| alarm.id == id)?.clone();
        let stands = self.figures.acknowledge(&alarm, at) | self.agents.acknowledge(&alarm, at);
        stands.then_some(alarm)
    }

    /// Takes note that somebody saw to an alarm of another wall. Here that is the same queue's same figure, or the same
    /// agent in the same state, unless it is worse here. A sum over another wall's queues is another matter.
    pub fn acknowledge_too(&mut self, alarm: &Alarm, at: Timestamp) {
        if alarm.queue.is_some() || alarm.user.is_some() {
            self.figures.acknowledge(alarm, at);
            self.agents.acknowledge(alarm, at);
        }
    }
}

/// The worst first, what somebody saw to after what nobody did, the longest first.
fn keep_worst(alarms: &mut Vec<Alarm>) {
    let key = |alarm: &Alarm| (Reverse(alarm.level), alarm.acknowledged.is_some(), alarm.since);
    alarms.sort_unstable_by(|a, b| (key(a), &a.id).cmp(&(key(b), &b.id)));
    alarms.truncate(ALARMS_MAX);
}

/// Who took note of what.
#[derive(Clone, Copy, Debug, Default)]
struct Acknowledged(Option<(Level, Timestamp)>);

impl Acknowledged {
    /// Somebody saw it when it was at `level`. A second time changes nothing.
    fn give(&mut self, alarm: &mut Alarm, level: Level, at: Timestamp) -> bool {
        if alarm.level > level {
            return false;
        }
        self.0 = self.0.or(Some((alarm.level, at)));
        self.follow(alarm);
        true
    }

    /// The alarm's level may have changed since.
    fn follow(&mut self, alarm: &mut Alarm) {
        self.0 = self.0.filter(|(level, _)| alarm.level <= *level).map(|(_, at)| (alarm.level, at));
        alarm.acknowledged = self.0.map(|(_, at)| at);
    }
}

fn same_but_values(a: &[Alarm], b: &[Alarm]) -> bool {
    let same = |(a, b): (&Alarm, &Alarm)| {
        (&a.id, a.level, a.limit.to_bits(), a.acknowledged)
            == (&b.id, b.level, b.limit.to_bits(), b.acknowledged)
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// An alarm's name, good for an address: what, of whom, since when. `nth` tells apart rules about the same.
fn id_of(what: &str, nth: u16, of: &str, since: Timestamp) -> String {
    match nth {
        0 => format!("{what}.{of}.{}", since.as_ms()),
        _ => format!("{what}~{nth}.{of}.{}", since.as_ms()),
    }
}

#[cfg(test)]
mod tests;
