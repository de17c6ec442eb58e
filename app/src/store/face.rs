//! What a card and a tile show, derived from the board. A face that equals the one before it repaints nothing.

use std::sync::Arc;

use board::{Agent, AgentState, Board, Queue};
use protocol::{
    Timestamp,
    event::{
        observations::Metric,
        rollcall::{Figures, Level, RollcallSamples, ServiceLevelTarget},
    },
    presence::RoutingStatus,
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
    /// The service level.
    pub service: Service,
    /// What was read of today.
    pub today: Option<Today>,
    /// When the current interval began and when its figures were read.
    pub interval: Option<(Timestamp, Timestamp)>,
    /// How many waited over the last hour.
    pub samples: Option<Arc<RollcallSamples>>,
    /// The permissions without which the figures cannot be read.
    pub missing: Option<Arc<str>>,
    /// Nobody vouches for it at present.
    pub stale: bool,
}

/// How well a queue keeps its promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// Per cent answered in time in the current interval; `None` while it was not read or nobody was to be answered.
    pub now: Option<u32>,
    /// The same of today.
    pub today: Option<u32>,
    /// Per cent that were promised, and within how many seconds.
    pub promised: Option<(u32, i64)>,
}

/// What happened in a queue today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Today {
    /// Conversations offered.
    pub offered: u32,
    /// Conversations answered.
    pub answered: u32,
    /// Conversations abandoned.
    pub abandoned: u32,
    /// Mean seconds of handling, once any was handled.
    pub handle_s: Option<i64>,
}

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
    pub fn of(queue: &Queue, level: Option<Level>, stale: bool, before: Option<&Self>) -> Option<Self> {
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
            service: Service {
                now: sums.and_then(|sums| percent(&sums.interval)),
                today: sums.and_then(|sums| percent(&sums.today)),
                promised: queue.service_level.map(promise),
            },
            today: sums.map(|sums| Today::of(&sums.today)),
            interval: sums.map(|sums| (sums.interval.since, sums.as_of)),
            samples: samples_of(queue, before),
            missing,
            stale,
        })
    }
}

impl Today {
    fn of(figures: &Figures) -> Self {
        let handle_s =
            (figures.handled > 0).then(|| figures.handle_ms.div_euclid(1_000 * i64::from(figures.handled)));
        Self { offered: figures.offered, answered: figures.answered, abandoned: figures.abandoned, handle_s }
    }
}

/// A whole number: a share of a dozen conversations has no decimals worth reading.
fn percent(figures: &Figures) -> Option<u32> {
    (figures.counted > 0)
        .then(|| (f64::from(figures.in_time) * 100.0 / f64::from(figures.counted)).round() as u32)
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
