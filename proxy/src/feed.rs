//! The one writer: upstream frames and reads become slots. In one step it decodes, merges, applies to
//! the board, numbers and encodes; from there on the order is ours. A state machine: its task carries what comes in
//! and goes out, and knows when a second is over.

mod alarms;
pub mod book;
pub mod cause;
mod cover;
mod date;
pub(crate) mod drift;
pub mod encode;
mod figures;
mod graves;
mod input;
mod intake;
pub mod interest;
pub mod mask;
mod observed;
mod overlap;
pub mod plan;
mod polled;
mod publish;
mod samples;
mod shards;
mod slots;
mod states;
pub mod trouble;
mod walls;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, RwLock},
    time::Duration,
};

use alarms::Alarms;
use book::Book;
use graves::Graves;
pub use input::{FeedHandle, Input, Read, line};
use interest::Interests;
use mask::Masks;
use observed::Observed;
use overlap::Overlaps;
use plan::{Capacity, Plan, Subject};
use protocol::{Clock, QueueId, Timestamp, merge::Ledger, wall::WallDefinition};
use samples::Samples;
use slots::Slots;
use states::Counted;
use tokio::{
    sync::{mpsc, watch},
    time::{MissedTickBehavior, interval},
};
use tracing::warn;
use walls::Walls;

use crate::{
    audit::observed::Observer,
    metrics::{FeedMetrics, Outcome},
    period::{Calendar, Periods},
    relay::{Audience, Command, HubHandle, entitle::Topics},
    store::{self, Sample, Store},
    upstream::date::Doubts,
    witness::Witness,
};

/// Walls hear from the proxy at least this often.
const WALL_HEARTBEAT: Duration = Duration::from_secs(10);

/// How soon it is noticed that a time is over when nothing else happens.
const TICK: Duration = Duration::from_secs(1);

/// What the feed is given.
pub struct Surroundings {
    /// Upstream's time.
    pub clock: Arc<dyn Clock>,
    /// Name of this run.
    pub epoch: String,
    /// The app's build.
    pub build: String,
    /// The walls at the start.
    pub walls: Vec<WallDefinition>,
    /// What other ids and made-up names come from, and the names made up before the start; it must stay in the proxy.
    pub names: store::Names,
    /// Where midnight is.
    pub calendar: Calendar,
    /// Where samples are kept.
    pub store: Store,
    /// Who knows which changes are our own.
    pub observer: Observer,
    /// The samples that were kept before the start.
    pub samples: Vec<Sample>,
    /// Who has an audience.
    pub audience: Audience,
    /// Which topics can be listened to.
    pub topics: Arc<RwLock<Topics>>,
    /// What the routes read.
    pub book: Arc<RwLock<Book>>,
    /// How much upstream's channels can carry.
    pub capacity: Capacity,
    /// Queues, by name or id, that are covered before all others.
    pub always_on: Vec<String>,
    /// Where to ask for queues to be read again.
    pub rereads: mpsc::Sender<Vec<Subject>>,
    /// Where to say that upstream's date is to be asked for again.
    pub doubts: Doubts,
    /// Who waits to hear of a write.
    pub witness: Arc<Witness>,
    /// Figures.
    pub metrics: FeedMetrics,
}

/// The feed's state: what it is told goes in, with what the time is; what the hub is told comes out. [`Feed::run`] is its task.
pub struct Feed {
    s: Surroundings,
    walls: Walls,
    masks: Masks,
    counted: Counted,
    alarms: Alarms,
    seq: u64,
    ledger: Ledger,
    slots: Slots,
    graves: Graves,
    /// Shared with all who look at it: it is as large as the organisation.
    plan: Arc<Plan>,
    plans: watch::Sender<Arc<Plan>>,
    /// What upstream was asked to tell of, since it was planned.
    subscribed: HashSet<Subject>,
    /// What was read since.
    loaded: HashSet<Subject>,
    /// Subjects of which upstream refused topics, with which kinds these are and what permissions they lack.
    uncovered: HashMap<Subject, Vec<String>>,
    /// Subjects that the last poll did not list: gone when the next does not either.
    missed: HashSet<Subject>,
    /// Subjects for which the channels have no room.
    left_out: BTreeSet<Subject>,
    /// What screens look at.
    interests: Interests,
    /// Whether what matters has changed since the last plan.
    replan_due: bool,
    /// Shards that brought a broken frame, and are to be read again.
    in_doubt: BTreeSet<u16>,
    /// Changes made elsewhere that are not in the audit log yet.
    observed: Observed,
    /// When that was asked for last.
    broken_asked: Timestamp,
    incomplete: BTreeSet<QueueId>,
    incomplete_asked: Timestamp,
    /// The periods that figures are of.
    periods: Periods,
    /// How many waited over the last hour.
    samples: Samples,
    /// What channels that take each other's place have brought.
    overlaps: Overlaps,
    /// Heartbeats so far.
    beats: u32,
    /// What the hub is to be told.
    out: Vec<Command>,
}

impl Feed {
    /// Makes a feed; the watch tells which upstream channel covers what.
    #[must_use]
    pub fn new(mut surroundings: Surroundings) -> (Self, watch::Receiver<Arc<Plan>>) {
        let (plans, plans_out) = watch::channel(Arc::default());
        let definitions = surroundings.walls.clone();
        let samples = Samples::new(std::mem::take(&mut surroundings.samples));
        let kept = std::mem::take(&mut surroundings.names.aliases);
        surroundings
            .book
            .write()
            .expect("nobody panics while holding the book")
            .walls
            .clone_from(&definitions);
        let feed = Self {
            masks: Masks::new(surroundings.names.key, kept),
            s: surroundings,
            walls: Walls::new(definitions),
            counted: Counted::default(),
            alarms: Alarms::default(),
            seq: 0,
            ledger: Ledger::default(),
            slots: Slots::default(),
            graves: Graves::default(),
            plan: Arc::default(),
            plans,
            subscribed: HashSet::new(),
            loaded: HashSet::new(),
            uncovered: HashMap::new(),
            missed: HashSet::new(),
            left_out: BTreeSet::new(),
            interests: Interests::default(),
            replan_due: false,
            in_doubt: BTreeSet::new(),
            observed: Observed::default(),
            broken_asked: Timestamp::default(),
            incomplete: BTreeSet::new(),
            incomplete_asked: Timestamp::default(),
            periods: Periods::default(),
            samples,
            overlaps: Overlaps::default(),
            beats: 0,
            out: Vec::new(),
        };
        (feed, plans_out)
    }

    /// Runs until nobody can tell it anything any more.
    pub async fn run(mut self, mut inputs: mpsc::Receiver<Input>, hub: HubHandle) {
        let mut beat = interval(WALL_HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                input = inputs.recv() => match input {
                    Some(input) => self.take(input),
                    None => return,
                },
                _ = beat.tick() => self.beat(),
                _ = tick.tick() => self.tick(),
            }
            // Taken with its room: a whole organisation is told once.
            for command in std::mem::take(&mut self.out) {
                hub.send(command).await;
            }
        }
    }

    /// What the hub is to be told since this was asked last, in order.
    pub fn commands(&mut self) -> impl Iterator<Item = Command> + '_ {
        self.out.drain(..)
    }

    /// Facts that the audit put right so far.
    #[cfg(test)]
    pub(crate) fn drift(&self) -> u64 {
        self.book_mut().truth.drift.values().sum()
    }

    /// Facts, slots and bodies that it holds.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.ledger.len() + self.slots.count() + self.overlaps.remembered()
    }

    /// What is remembered of channels that took each other's place.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.overlaps.remembered()
    }

    /// A second passed. Also when nothing more arrives: the last event may have left out what fell to zero.
    pub fn tick(&mut self) {
        self.turn_periods();
        self.look_for_alarms();
        self.count_states();
        self.sample();
        self.forget_the_gone();
        self.look_at_interests();
        let overdue = self.overlaps.overdue(self.s.clock.now());
        self.take_after_all(overdue);
        self.overlaps.forget(self.s.clock.now());
        self.ask_for_incomplete();
        self.ask_for_broken();
        self.record_observed();
    }

    /// Takes what happened.
    pub fn take(&mut self, input: Input) {
        match input {
            Input::Frame { shard, lane, text } => self.frame(shard, lane, &text),
            Input::Overlap { shard, from, to } => self.overlaps.begin(shard, from, to, self.s.clock.now()),
            Input::LaneOver { shard, lane } => self.lane_over(shard, lane),
            Input::Unreadable { shard, outcome } => {
                self.count(outcome);
                warn!(shard, outcome, "frame from upstream not received");
                self.in_doubt.insert(shard);
            }
            Input::Directory { users, queues, definitions } => {
                self.directory(users, queues, definitions);
            }
            Input::Permits { asked, answers } => self.permits(&asked, &answers),
            // An asker that went away needs no answer.
            Input::Read { read, reply } => {
                let second = self.read(read);
                let _ = reply.send(second);
            }
            Input::Live { shard } => self.live(shard),
            Input::Fails { shard, reason } => self.fails(shard, reason),
            Input::Lost { shard, cause, reason } => self.lost(shard, cause, reason),
            Input::ShardOver { shard } => self.shard_over(shard),
            Input::Watched { walls, topics } => self.watched(&walls, &topics),
            Input::Waits { reason } => self.book_mut().waits_for = reason,
            Input::OpenWall { wall, names, owner, since, reply } => {
                self.open_wall(&wall, names, owner, since, reply);
            }
            Input::Figures { figures } => self.figures(figures),
            Input::Tallies { since, tallies } => self.tallies(since, tallies),
            // An asker that went away needs no answer.
            Input::Acknowledge { wall, alarm, reply } => {
                let _ = reply.send(self.acknowledge(&wall, &alarm));
            }
            Input::Audited => self.audited(),
            Input::ClockMoved => self.clock_moved(),
            Input::Walls { walls } => self.define_walls(walls, self.s.clock.now()),
        }
        self.ask_for_incomplete();
        self.ask_for_broken();
    }

    fn book_mut(&self) -> std::sync::RwLockWriteGuard<'_, Book> {
        self.s.book.write().expect("nobody panics while holding the book")
    }

    fn count(&self, outcome: &'static str) {
        self.s.metrics.frames.get_or_create(&Outcome { outcome }).inc();
    }
}
