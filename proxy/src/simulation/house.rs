//! Everything under one scheduler: Genesys, the proxy's own state machines, screens. What the tasks do with real sockets and real
//! time is done here with virtual ones.

mod due;
mod proxy;
mod screens;
mod troubles;
mod truth;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use due::{Call, Due, Item};
use protocol::{Clock, Timestamp, WallId, chance::Chance, wall::WallDefinition};
use tokio::sync::{mpsc, watch};

use super::{genesys::Genesys, screen::Screen, world::World};
use crate::{
    feed::{
        Feed, Input, Surroundings,
        book::Book,
        plan::{Capacity, Plan, Subject},
    },
    metrics::{FeedMetrics, RelayMetrics},
    relay::{Audience, Hub, entitle::Topics},
    upstream::{
        mover::{Lane, Mover, Room},
        shard::{core::Core, messages::Happened},
        truth::Audit,
    },
};

/// Virtual time.
#[derive(Debug)]
struct VirtualClock(AtomicI64);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

/// A channel as the proxy holds it.
#[derive(Debug, Default)]
struct Held {
    channel: Option<u64>,
    socket: Option<u64>,
    /// The step that is under way; answers to others come to nobody.
    step: u64,
}

struct Shard {
    core: Core,
    lanes: BTreeMap<Lane, Held>,
    /// The newest lane that is over: nothing may be asked of it any more.
    over: Option<Lane>,
    ticks_at: Option<Timestamp>,
    /// Since when it is not live.
    lost_at: Option<Timestamp>,
    /// Whether the plan has a use for it.
    is_planned: bool,
}

impl Shard {
    fn new(number: u16, seed: u64) -> Self {
        let core = Core::new(number, Mover::new(seed));
        Self { core, lanes: BTreeMap::new(), over: None, ticks_at: None, lost_at: None, is_planned: false }
    }
}

/// What a run came to.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) changes: u64,
    pub(super) troubles: u64,
    /// Times a shard was lost.
    pub(super) lost: u64,
    pub(super) channels: u64,
    /// Facts that the audit put right.
    pub(super) drift: u64,
    /// Times a screen came or came back.
    pub(super) screens: u64,
}

impl Figures {
    pub(super) fn add(&mut self, other: &Self) {
        self.changes += other.changes;
        self.troubles += other.troubles;
        self.lost += other.lost;
        self.channels += other.channels;
        self.drift += other.drift;
        self.screens += other.screens;
    }
}

pub(super) struct House {
    clock: Arc<VirtualClock>,
    pub(super) chance: Chance,
    pub(super) world: World,
    pub(super) genesys: Genesys,
    process: Process,
    /// Processes before this one.
    starts: u64,
    /// As many shards as a plan ever had.
    shards_most: usize,
    /// When events overtook each other last.
    scrambled: Option<Timestamp>,
    due: BinaryHeap<Reverse<Item>>,
    order: u64,
    step: u64,
    flushes: bool,
    /// Whether screens are told each change by itself, not the newest every 20 ms.
    pub(super) tells_each: bool,
    /// Milliseconds between changes, about.
    pace_ms: i64,
    /// How often that was changed.
    pace: u64,
    pub(super) screens: Vec<Screen>,
    pub(super) machine: Screen,
    pub(super) figures: Figures,
    /// What happened last.
    log: VecDeque<String>,
}

impl std::fmt::Display for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "at {} ms:", self.now().ms_since(START))?;
        self.log.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

const LOG_MAX: usize = 60;

/// Longer lines are cut.
const LINE_MAX: usize = 160;

pub(super) const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
/// Topics of a channel: few, so that few agents need several.
const TOPICS: usize = 2;

/// What a process of the proxy holds.
struct Process {
    epoch: String,
    book: Arc<RwLock<Book>>,
    feed: Feed,
    hub: Hub,
    plans: watch::Receiver<Arc<Plan>>,
    rereads: mpsc::Receiver<Vec<Subject>>,
    shards: Vec<Shard>,
    room: Room,
    audit: Audit,
}

impl Process {
    fn new(clock: &Arc<VirtualClock>, epoch: String) -> Self {
        let topics = Arc::new(RwLock::new(Topics::default()));
        let audience = Audience::default();
        let hub =
            Hub::new(topics.clone(), audience.clone(), clock.clone(), String::new(), RelayMetrics::default());
        let book = Arc::new(RwLock::new(Book::default()));
        let (reread, rereads) = mpsc::channel(64);
        let (feed, plans) = Feed::new(Surroundings {
            clock: clock.clone(),
            epoch: epoch.clone(),
            build: "build".to_owned(),
            names: crate::store::Names { key: [7; 32], aliases: Vec::new() },
            calendar: crate::period::Calendar::utc(),
            store: crate::store::Store::open(None).expect("memory"),
            observer: crate::audit::observed::Observer::default(),
            samples: Vec::new(),
            walls: vec![WallDefinition { id: WallId::new("w"), ..WallDefinition::default() }],
            audience,
            topics,
            book: book.clone(),
            capacity: Capacity { channels: 18, topics: TOPICS },
            always_on: Vec::new(),
            rereads: reread,
            doubts: crate::upstream::date::Doubts::default(),
            witness: Arc::default(),
            metrics: FeedMetrics::default(),
        });
        let (shards, room, audit) = (Vec::new(), Room::new(2), Audit::new(clock.now()));
        Self { epoch, book, feed, hub, plans, rereads, shards, room, audit }
    }
}

impl House {
    pub(super) fn new(seed: u64, agents: usize, queues: usize, screens: usize) -> Self {
        let clock = Arc::new(VirtualClock(AtomicI64::new(START.as_ms())));
        let process = Process::new(&clock, "run 0".to_owned());
        let mut chance = Chance::new(seed);
        let mut house = Self {
            clock,
            process,
            starts: 0,
            world: World::new(agents, queues, START),
            genesys: Genesys::new(&mut chance),
            chance,
            shards_most: 0,
            scrambled: None,
            due: BinaryHeap::new(),
            order: 0,
            step: 0,
            flushes: false,
            tells_each: false,
            pace_ms: 2_000,
            pace: 0,
            screens: (0..screens).map(|_| Screen::default()).collect(),
            machine: Screen::that_remembers(),
            figures: Figures::default(),
            log: VecDeque::new(),
        };
        house.begin();
        house
    }

    fn begin(&mut self) {
        self.read_directory();
        self.at(1_000, Due::Second);
        self.at(10_000, Due::Beat);
        self.at(60_000, Due::Audit);
        self.at(5_000, Due::Change(self.pace));
        self.run_for(5_000);
        for n in 0..self.screens.len() {
            self.comes(n);
        }
        self.subscribe_machine();
    }

    fn read_directory(&mut self) {
        let (users, queues) = (self.world.users(), self.world.queues());
        self.tell(Input::Directory { users, queues, definitions: Vec::new() });
    }

    /// The proxy's process ends, and another one begins that knows nothing of it. Screens come back to it.
    pub(super) fn restart(&mut self) {
        self.figures.drift += self.drift();
        self.starts += 1;
        self.process = Process::new(&self.clock, format!("run {}", self.starts));
        for socket in self.sockets() {
            self.genesys.left(socket);
        }
        // Nobody waits any more for what was on its way to the one before.
        self.due.retain(|Reverse(item)| match item.2 {
            Due::Arrives(_)
            | Due::Serve(..)
            | Due::Answer(..)
            | Due::Reread(..)
            | Due::Audit
            | Due::Shard(_) => false,
            Due::Change(_)
            | Due::Heartbeat(_)
            | Due::Expires(_)
            | Due::Closes(_)
            | Due::Clears
            | Due::Second
            | Due::Beat
            | Due::Flush
            | Due::Comes(_)
            | Due::MachineComes => true,
        });
        self.at(60_000, Due::Audit);
        self.read_directory();
        for n in 0..self.screens.len() {
            if self.screens[n].pipe.take().is_some() {
                let ms = self.chance.within(100, 10_000);
                self.at(ms, Due::Comes(n));
            }
        }
        self.machine = Screen::that_remembers();
        self.at(10_000, Due::MachineComes);
    }

    /// Keeps what happened, to be told on failure.
    pub(super) fn log(&mut self, what: &str) {
        if self.log.len() == LOG_MAX {
            self.log.pop_front();
        }
        let at = self.now().ms_since(START);
        let what = &what[..what.floor_char_boundary(LINE_MAX)];
        self.log.push_back(format!("{at} {what}"));
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn at(&mut self, in_ms: i64, due: Due) {
        let at = self.now().plus_ms(in_ms);
        self.put(at, due);
    }

    fn put(&mut self, at: Timestamp, due: Due) {
        self.order += 1;
        self.due.push(Reverse(Item(at, self.order, due)));
    }

    /// From now on something changes about every so many milliseconds; returns how it was before.
    pub(super) fn set_pace(&mut self, ms: i64) -> i64 {
        self.pace += 1;
        let pause = self.chance.within(1, ms);
        self.at(pause, Due::Change(self.pace));
        std::mem::replace(&mut self.pace_ms, ms)
    }

    /// Lets so much time pass.
    pub(super) fn run_for(&mut self, ms: i64) {
        let end = self.now().plus_ms(ms);
        while let Some(Reverse(next)) = self.due.peek()
            && next.0 <= end
        {
            let Some(Reverse(Item(at, _, due))) = self.due.pop() else { return };
            self.clock.0.store(at.as_ms().max(self.now().as_ms()), Ordering::Relaxed);
            self.happen(due);
        }
        self.clock.0.store(end.as_ms(), Ordering::Relaxed);
    }

    fn happen(&mut self, due: Due) {
        let now = self.now();
        match due {
            Due::Change(pace) if pace != self.pace => {}
            Due::Change(_) => {
                let (topic, body) = self.world.change(now, &mut self.chance);
                self.log(&format!("{topic} is {}", super::world::told(&topic, &body)));
                self.figures.changes += 1;
                let sent = self.genesys.publish(&topic, &body, now, &mut self.chance);
                self.sent(sent);
                // Never within one flush of the hub.
                let pause = self.chance.within(50, self.pace_ms.max(50) * 2);
                self.at(pause, Due::Change(self.pace));
            }
            Due::Arrives(sent) => self.arrives(sent),
            Due::Serve(shard, lane, step, call) => self.serve(shard, lane, step, call),
            Due::Answer(shard, lane, step, answer) => self.answer(shard, lane, step, answer),
            Due::Reread(subjects, is_second) => {
                let call = Call::Read { subjects, began: now, is_second };
                self.call(u16::MAX, 0, 0, call);
            }
            Due::Audit => self.audit(),
            Due::Shard(number) => {
                let shard = &mut self.process.shards[usize::from(number)];
                if shard.ticks_at == Some(now) {
                    shard.ticks_at = None;
                    self.happens(number, Happened::Tick);
                }
            }
            Due::Heartbeat(socket) => {
                let beat =
                    r#"{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}"#;
                let sent = self.genesys.send(socket, Some(beat.to_owned()), now, &mut self.chance);
                self.sent(sent.into_iter().collect());
                if self.genesys.sockets.contains_key(&socket) {
                    self.at(self.genesys.beats_every_ms, Due::Heartbeat(socket));
                }
            }
            Due::Expires(channel) => {
                let expired = self.genesys.channels.get(&channel).is_some_and(|c| c.expires <= now);
                if expired {
                    let sent = self.genesys.end(channel, None, now, &mut self.chance);
                    self.sent(sent);
                }
            }
            Due::Closes(socket) => {
                let sent = self.genesys.close(socket, now, &mut self.chance);
                self.sent(sent.into_iter().collect());
            }
            Due::Clears => {
                self.genesys.weather = super::genesys::Weather::default();
            }
            Due::Second => {
                self.process.feed.tick();
                self.carry();
                self.at(1_000, Due::Second);
            }
            Due::Beat => {
                self.process.feed.beat();
                self.carry();
                self.hears();
                self.at(10_000, Due::Beat);
            }
            Due::Flush => {
                self.flushes = false;
                self.process.hub.flush();
                self.hears();
                self.carry();
            }
            Due::Comes(screen) => self.comes(screen),
            Due::MachineComes => self.subscribe_machine(),
        }
    }
}
