//! The hub: virtual channels and screens, owned by one task together with the slot table. A state machine: its task
//! carries commands in and knows when it is time to flush.

mod channels;
mod screens;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, RwLock},
    time::Duration,
};

use protocol::{ChannelId, Clock, Timestamp};
use screens::Cause;
use slab::Slab;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    Audience, Class, Owner,
    channel::VirtualChannel,
    command::{Command, HubHandle, Ticket},
    entitle::Topics,
    screen::Screen,
    table::Table,
};
use crate::metrics::RelayMetrics;

/// Screens are written to at most this often: many changes share one write.
const FLUSH_EVERY: Duration = Duration::from_millis(20);

/// Commands in line for the hub: some seconds of a busy organisation.
const COMMANDS_MAX: usize = 16_384;

/// Commands taken in one go before screens are served.
const COMMANDS_AT_ONCE: usize = 256;

/// When the proxy stops it takes leave of so many screens at a time, each [`FLUSH_EVERY`]: of thousands within a second,
/// and they do not all come to the next proxy in the same moment.
const LEAVES_AT_ONCE: usize = 100;

/// A line to a hub, and its end for the hub's task.
#[must_use]
pub fn line() -> (HubHandle, mpsc::Receiver<Command>) {
    let (own, commands) = mpsc::channel(COMMANDS_MAX);
    (HubHandle(own), commands)
}

/// The hub's state; [`Hub::run`] is its task.
pub struct Hub {
    table: Table,
    channels: HashMap<ChannelId, VirtualChannel>,
    screens: Slab<Screen>,
    /// The screens of each group, by the group's place in the table.
    by_group: HashMap<usize, Vec<usize>>,
    /// Channels by class.
    counts: [usize; super::CLASSES],
    /// Channels by the key of their owners.
    by_key: HashMap<Arc<str>, usize>,
    /// Channels that were made and perhaps never connected, oldest first.
    unconnected: HashMap<(Owner, Class), VecDeque<ChannelId>>,
    /// Screens that could not take everything.
    behind: BTreeSet<usize>,
    /// Channels of walls whose sockets are expected any moment.
    entering: usize,
    is_stopping: bool,
    /// When the first change came that no screen was written yet.
    unwritten_since: Option<Timestamp>,
    /// When each was made, oldest first.
    entered: VecDeque<(Timestamp, ChannelId)>,
    uid: u64,
    entitlements: Arc<RwLock<Topics>>,
    audience: Audience,
    clock: Arc<dyn Clock>,
    /// What connectUris begin with.
    public_ws: String,
    metrics: RelayMetrics,
}

impl Hub {
    /// Makes a hub without slots and walls.
    #[must_use]
    pub fn new(
        entitlements: Arc<RwLock<Topics>>,
        audience: Audience,
        clock: Arc<dyn Clock>,
        public_ws: String,
        metrics: RelayMetrics,
    ) -> Self {
        Self {
            table: Table::default(),
            channels: HashMap::new(),
            screens: Slab::new(),
            by_group: HashMap::new(),
            counts: [0; super::CLASSES],
            by_key: HashMap::new(),
            unconnected: HashMap::new(),
            behind: BTreeSet::new(),
            entering: 0,
            is_stopping: false,
            unwritten_since: None,
            entered: VecDeque::new(),
            uid: 0,
            entitlements,
            audience,
            clock,
            public_ws,
            metrics,
        }
    }

    /// Runs until told to stop.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut sweep = interval(Duration::from_secs(1));
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut flush_at = Instant::now();
        let mut stopping: Option<oneshot::Sender<()>> = None;
        let mut batch = Vec::with_capacity(COMMANDS_AT_ONCE);
        loop {
            let waits = self.has_to_flush() || stopping.is_some();
            tokio::select! {
                biased;
                () = sleep_until(flush_at), if waits => {
                    self.flush();
                    if stopping.is_some() && !self.take_leave(LEAVES_AT_ONCE) {
                        // Whoever stopped it may be gone.
                        let _ = stopping.take().map(|reply| reply.send(()));
                        return;
                    }
                    flush_at = Instant::now() + FLUSH_EVERY;
                }
                taken = commands.recv_many(&mut batch, COMMANDS_AT_ONCE) => {
                    if taken == 0 {
                        return;
                    }
                    for command in batch.drain(..) {
                        if let Command::Stop { reply } = command {
                            self.stop();
                            stopping = Some(reply);
                        } else {
                            self.handle(command);
                        }
                    }
                }
                _ = sweep.tick() => self.sweep(),
            }
        }
    }

    /// Whether some screen lacks something.
    #[must_use]
    pub fn has_to_flush(&self) -> bool {
        self.table.is_dirty() || !self.behind.is_empty()
    }

    /// From now on nobody is let in; [`Self::take_leave`] tells those who are.
    pub fn stop(&mut self) {
        self.is_stopping = true;
    }

    /// Does what it is asked, but for [`Command::Stop`], which is the task's.
    pub fn handle(&mut self, command: Command) {
        // An asker that went away needs no answer, hence the unused results of `reply.send`.
        match command {
            Command::Declare { slot, topic } => self.table.declare(slot, topic),
            Command::Enlist { wall, topic } => self.table.enlist(wall, topic),
            Command::Retire { wall, reason } => self.retire(wall, reason),
            Command::Withdraw { slot } => self.table.withdraw(slot),
            Command::Forget { slot, seq } => self.forget(slot, seq),
            Command::Publish { slot, seq, bodies } => {
                self.table.publish(slot, seq, bodies);
                if self.unwritten_since.is_none() && self.table.is_dirty() {
                    self.unwritten_since = Some(self.clock.now());
                }
            }
            Command::Fill { slot, class, body } => self.table.fill(slot, class, body),
            Command::Broadcast { class, body } => self.broadcast(class, &body),
            Command::OpenWall { wall, class, owner, since, reply } => {
                let _ = reply.send(self.open_wall(wall, class, owner, since));
            }
            Command::OpenChannel { owner, reply } => {
                let _ = reply.send(self.open_channel(owner));
            }
            Command::ListChannels { owner, reply } => {
                let own = self.channels.values().filter(|c| c.owner == owner && c.class == Class::Api);
                let _ = reply.send(own.map(|c| self.describe(c)).collect());
            }
            Command::Watched { reply } => {
                let _ = reply.send(self.watched());
            }
            Command::Subscriptions { channel, owner, reply } => {
                let entitlements = self.entitlements.read().expect("the feed does not panic while it writes");
                let answers = |c: &VirtualChannel| {
                    c.subscriptions.iter().flat_map(|s| entitlements.state_of(s)).collect()
                };
                let _ = reply.send(self.plain(&channel, &owner).map(answers));
            }
            Command::Subscribe { channel, owner, topics, mode, strict, reply } => {
                let owned = self.plain(&channel, &owner).is_some();
                let _ = reply.send(owned.then(|| self.subscribe(&channel, &topics, mode, strict)));
            }
            Command::Expect { channel, reply } => {
                self.uid += 1;
                let ticket = Ticket { uid: self.uid, seq: self.table.seq() };
                let _ = reply.send(self.channels.get(&channel).map(|c| (c.owner.clone(), ticket)));
            }
            Command::Attach { channel, ticket, wire } => self.attach(&channel, ticket, wire),
            Command::Said { key, uid, message } => {
                if self.screens.get(key).is_some_and(|s| s.uid == uid) {
                    self.said(key, message);
                }
            }
            Command::Left { key, uid } => {
                if self.screens.get(key).is_some_and(|s| s.uid == uid) {
                    self.remove(key, Cause::Left);
                }
            }
            Command::Stop { .. } => unreachable!("taken by run"),
        }
    }
}
