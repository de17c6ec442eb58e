//! What a card and a tile show, derived from the board. A face that equals the one before it repaints nothing.

use std::sync::Arc;

use board::{Agent, AgentState, Board, Queue, metrics};
use protocol::{
    Timestamp,
    event::{
        observations::Metric,
        rollcall::{Level, RollcallFigures, RollcallSamples, ServiceLevelTarget},
    },
    presence::RoutingStatus,
    wall,
};

use crate::words;

/// What an agent's card shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentFace {
    /// The name.
    pub name: Arc<str>,
    /// The team, if any.
    pub team: Option<Arc<str>>,
    /// The readable state.
    pub state: AgentState,
    /// The state in words.
    pub label: Arc<str>,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// How bad it is, when there is an alarm: `data-level`.
    pub level: Option<Level>,
    /// Nobody vouches for it at present.
    pub stale: bool,
}

/// What a queue's tile shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueFace {
    /// The name.
    pub name: Arc<str>,
    /// Conversations that wait.
    pub waiting: u32,
    /// Conversations in progress.
    pub interacting: u32,
    /// Since when the longest one waits.
    pub longest_since: Option<Timestamp>,
    /// The service level target's seconds: who waits longer waits too long.
    pub target_s: Option<i64>,
    /// The members by what they do.
    pub staff: Staff,
    /// How bad it is, when there is an alarm: `data-level`.
    pub level: Option<Level>,
    /// What was promised: per cent, within how many seconds.
    pub promised: Option<(u32, i64)>,
    /// Figures of interval and day.
    pub figures: Option<Sums>,
    /// How many waited over the last hour.
    pub samples: Option<Arc<RollcallSamples>>,
    /// The permissions without which the figures cannot be read.
    pub missing: Option<Arc<str>>,
    /// Nobody vouches for it at present.
    pub stale: bool,
}

/// Figures of a queue's current interval and day, as docs/metrics.md has them, rounded as they are shown; `None` where
/// nothing is known or nobody was to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Per cent answered in time, in the current interval.
    pub service_level: Option<u32>,
    /// The same of today.
    pub service_level_today: Option<u32>,
    /// Conversations answered today.
    pub answered: Option<u32>,
    /// Conversations abandoned today.
    pub abandoned: Option<u32>,
    /// Mean seconds of handling today.
    pub handle_s: Option<u32>,
    /// When the current interval began.
    pub since: Timestamp,
    /// When they were read, once that is too long ago to be taken for now.
    pub old: Option<Timestamp>,
}

/// Figures are read every 15 seconds: four were missed, and one is late.
pub const OLD_MS: i64 = 75_000;

/// A queue's members: on queue by routing status, and off queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staff {
    /// On queue, in a conversation from a queue.
    pub interacting: u32,
    /// On queue and free.
    pub idle: u32,
    /// On queue, in another conversation.
    pub communicating: u32,
    /// On queue, but did not take a conversation that was offered.
    pub not_responding: u32,
    /// Members that take no conversations at present.
    pub off_queue: u32,
}

impl Staff {
    /// Members on queue.
    #[must_use]
    pub fn on_queue(&self) -> u32 {
        [self.interacting, self.idle, self.communicating, self.not_responding]
            .into_iter()
            .fold(0, u32::saturating_add)
    }
}

impl AgentFace {
    /// The face of an agent; `None` while the name is not known. Texts that did not change are shared with `before`.
    #[must_use]
    pub fn of(
        board: &Board,
        agent: &Agent,
        level: Option<Level>,
        stale: bool,
        before: Option<&Self>,
    ) -> Option<Self> {
        let name = agent.name.as_deref()?;
        let readable = agent.readable();
        let own = board.own_label(agent, &readable.state, words::language());
        let label = own.unwrap_or_else(|| words::of_state(&readable.state));
        let label = share(before.map(|face| &face.label), label);
        Some(Self {
            name: share(before.map(|face| &face.name), name),
            team: agent.team.as_deref().map(|team| share(before.and_then(|face| face.team.as_ref()), team)),
            label,
            state: readable.state,
            since: readable.since,
            level,
            stale,
        })
    }
}

impl QueueFace {
    /// The face of a queue; `None` while the name is not known.
    #[must_use]
    pub fn of(
        queue: &Queue,
        level: Option<Level>,
        stale: bool,
        now: Timestamp,
        before: Option<&Self>,
    ) -> Option<Self> {
        let name = queue.name.as_deref()?;
        let waiting = queue.waiting();
        let sums = queue.sums.as_ref().filter(|sums| sums.missing_permissions.is_empty());
        let missing = queue.sums.as_ref().filter(|sums| !sums.missing_permissions.is_empty());
        let missing = missing.map(|sums| {
            share(before.and_then(|face| face.missing.as_ref()), &sums.missing_permissions.join(", "))
        });
        Some(Self {
            name: share(before.map(|face| &face.name), name),
            waiting,
            interacting: queue.interacting(),
            longest_since: (waiting > 0).then(|| queue.since(&Metric::LongestWaiting)).flatten(),
            target_s: queue.service_level.map(|target| target.duration_ms / 1_000).filter(|s| *s > 0),
            staff: Staff {
                interacting: queue.on_queue(&RoutingStatus::Interacting),
                idle: queue.on_queue(&RoutingStatus::Idle),
                communicating: queue.on_queue(&RoutingStatus::Communicating),
                not_responding: queue.on_queue(&RoutingStatus::NotResponding),
                off_queue: queue.count(&Metric::OffQueueUsers, None),
            },
            level,
            promised: queue.service_level.map(promise),
            figures: sums.map(|sums| Sums::of(queue, sums, now)),
            samples: samples_of(queue, before),
            missing,
            stale,
        })
    }
}

impl Sums {
    fn of(queue: &Queue, sums: &RollcallFigures, now: Timestamp) -> Self {
        let figure = |metric| {
            let value = metrics::value(metric, std::iter::once(queue), now)?;
            Some(metrics::rounded(metric, value) as u32)
        };
        Self {
            service_level: figure(wall::Metric::ServiceLevel),
            service_level_today: figure(wall::Metric::ServiceLevelToday),
            answered: figure(wall::Metric::Answered),
            abandoned: figure(wall::Metric::Abandoned),
            handle_s: figure(wall::Metric::HandleTime),
            since: sums.interval.since,
            old: Some(sums.as_of).filter(|as_of| now.ms_since(*as_of) >= OLD_MS),
        }
    }
}

fn promise(target: ServiceLevelTarget) -> (u32, i64) {
    ((target.percentage * 100.0).round() as u32, target.duration_ms / 1_000)
}

/// Copied only when there is a new one.
fn samples_of(queue: &Queue, before: Option<&QueueFace>) -> Option<Arc<RollcallSamples>> {
    let samples = queue.samples.as_ref()?;
    match before.and_then(|face| face.samples.as_ref()) {
        Some(before) if **before == *samples => Some(before.clone()),
        Some(_) | None => Some(Arc::new(samples.clone())),
    }
}

fn share(before: Option<&Arc<str>>, text: &str) -> Arc<str> {
    match before {
        Some(before) if **before == *text => before.clone(),
        _ => text.into(),
    }
}
