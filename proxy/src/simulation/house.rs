//! Everything under one scheduler: Genesys, the proxy's own state machines, screens. What the tasks do with real sockets and real
//! time is done here with virtual ones.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use protocol::{
    ChannelId, ChannelTopic, Clock, QueueId, Timestamp, TopicSet, WallId,
    entity::User,
    query::ObservationsResponse,
    wall::{Names, WallDefinition},
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    genesys::{Genesys, Sent},
    screen::{MemoryWire, Pipe, Screen},
    world::{Chance, World},
};
use crate::{
    feed::{
        Feed, Input, Read, Surroundings,
        book::Book,
        plan::{Capacity, Plan, Subject},
    },
    metrics::{FeedMetrics, RelayMetrics},
    relay::{Audience, Command, Hub, Owner, SubscribeMode, entitle::Topics},
    upstream::{
        mover::{Lane, Mover, Room},
        shard::core::{Core, Effect, Happened, Trouble},
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

/// Something that is going to happen.
#[derive(Debug)]
enum Due {
    Change(u64),
    Arrives(Sent),
    /// A call reaches Genesys.
    Serve(u16, Lane, u64, Call),
    /// Its answer reaches the proxy.
    Answer(u16, Lane, u64, Answer),
    Reread(Vec<Subject>, bool),
    Shard(u16),
    Heartbeat(u64),
    Expires(u64),
    Closes(u64),
    Clears,
    Second,
    Beat,
    Flush,
    Comes(usize),
}

#[derive(Debug)]
enum Call {
    Make,
    Open(u64),
    Subscribe(u64, Vec<Subject>),
    Read { subjects: Vec<Subject>, began: Timestamp, is_second: bool },
}

#[derive(Debug)]
enum Answer {
    Made(Result<(u64, Timestamp), ()>),
    Opened(Option<u64>),
    Subscribed(Option<Vec<Subject>>),
    Read { read: Option<Picture>, subjects: Vec<Subject>, began: Timestamp, is_second: bool },
}

/// What a read answered.
#[derive(Debug)]
struct Picture {
    users: Vec<User>,
    queues: Vec<QueueId>,
    observations: ObservationsResponse,
}

#[derive(Debug)]
struct Item(Timestamp, u64, Due);

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for Item {}
impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
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
    ticks_at: Option<Timestamp>,
    /// Since when it is not live.
    lost_at: Option<Timestamp>,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) changes: u64,
    pub(super) troubles: u64,
    /// Times a shard was lost.
    pub(super) lost: u64,
    pub(super) channels: u64,
    /// Times a screen came or came back.
    pub(super) screens: u64,
}

impl Figures {
    pub(super) fn add(&mut self, other: &Self) {
        self.changes += other.changes;
        self.troubles += other.troubles;
        self.lost += other.lost;
        self.channels += other.channels;
        self.screens += other.screens;
    }
}

pub(super) struct House {
    clock: Arc<VirtualClock>,
    pub(super) chance: Chance,
    pub(super) world: World,
    pub(super) genesys: Genesys,
    feed: Feed,
    hub: Hub,
    plans: watch::Receiver<Plan>,
    rereads: mpsc::Receiver<Vec<Subject>>,
    shards: Vec<Shard>,
    room: Room,
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
    log: std::collections::VecDeque<String>,
}

impl std::fmt::Display for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "at {} ms:", self.now().ms_since(START))?;
        self.log.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

const LOG_MAX: usize = 60;

pub(super) const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
/// Topics of a channel: few, so that few agents need several.
const TOPICS: usize = 2;

const SECOND_READ_MS: i64 = 400;
const DEAREST_CALL_MS: i64 = 400;

impl House {
    pub(super) fn new(seed: u64, agents: usize, queues: usize, screens: usize) -> Self {
        let clock = Arc::new(VirtualClock(AtomicI64::new(START.as_ms())));
        let topics = Arc::new(RwLock::new(Topics::default()));
        let audience = Audience::default();
        let hub =
            Hub::new(topics.clone(), audience.clone(), clock.clone(), String::new(), RelayMetrics::default());
        let (reread, rereads) = mpsc::channel(64);
        let (feed, plans) = Feed::new(Surroundings {
            clock: clock.clone(),
            epoch: "run".to_owned(),
            build: "build".to_owned(),
            names: crate::store::Names { key: [7; 32], aliases: Vec::new() },
            calendar: crate::period::Calendar::utc(),
            store: crate::store::Store::open(None).expect("memory"),
            samples: Vec::new(),
            walls: vec![WallDefinition { id: WallId::new("w"), ..WallDefinition::default() }],
            audience,
            topics,
            book: Arc::new(RwLock::new(Book::default())),
            capacity: Capacity { channels: 18, topics: TOPICS },
            rereads: reread,
            metrics: FeedMetrics::default(),
        });
        let mut house = Self {
            clock,
            chance: Chance::new(seed),
            world: World::new(agents, queues, START),
            genesys: Genesys::default(),
            feed,
            hub,
            plans,
            rereads,
            shards: Vec::new(),
            room: Room::new(2),
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
            log: std::collections::VecDeque::new(),
        };
        house.begin();
        house
    }

    fn begin(&mut self) {
        let (users, queues) = (self.world.users(), self.world.queues());
        self.tell(Input::Directory { users, queues, definitions: Vec::new() });
        let plan = self.plans.borrow_and_update().clone();
        for number in 0..plan.shards() {
            let seed = self.chance.next();
            let core = Core::new(number, Mover::new(seed, 0));
            self.shards.push(Shard { core, lanes: BTreeMap::new(), ticks_at: None, lost_at: None });
            let planned = plan.subjects(number).cloned().collect();
            self.happens(number, Happened::Planned(planned));
            self.happens(number, Happened::Start);
        }
        self.at(1_000, Due::Second);
        self.at(10_000, Due::Beat);
        self.at(5_000, Due::Change(self.pace));
        self.run_for(5_000);
        for n in 0..self.screens.len() {
            self.comes(n);
        }
        self.subscribe_machine();
    }

    /// Keeps what happened, to be told on failure.
    pub(super) fn log(&mut self, what: &str) {
        if self.log.len() == LOG_MAX {
            self.log.pop_front();
        }
        let at = self.now().ms_since(START);
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
            Due::Shard(number) => {
                let shard = &mut self.shards[usize::from(number)];
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
                    self.at(30_000, Due::Heartbeat(socket));
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
                self.feed.tick();
                self.carry();
                self.at(1_000, Due::Second);
            }
            Due::Beat => {
                self.feed.beat();
                self.carry();
                self.hears();
                self.at(10_000, Due::Beat);
            }
            Due::Flush => {
                self.flushes = false;
                self.hub.flush();
                self.hears();
                self.carry();
            }
            Due::Comes(screen) => self.comes(screen),
        }
    }

    fn sent(&mut self, sent: Vec<Sent>) {
        for one in sent {
            self.put(one.at, Due::Arrives(one));
        }
    }

    /// Something arrives at the proxy's end of a socket, if that is still open.
    fn arrives(&mut self, sent: Sent) {
        let held = self.shards.iter().enumerate().find_map(|(number, shard)| {
            let lane = shard.lanes.iter().find(|(_, held)| held.socket == Some(sent.socket))?.0;
            Some((number as u16, *lane))
        });
        let Some((number, lane)) = held else { return };
        match sent.text {
            Some(text) => self.happens(number, Happened::Text(lane, text)),
            None => {
                self.held(number, lane).socket = None;
                self.happens(number, Happened::Closed(lane, "the socket was closed", None));
            }
        }
    }

    fn held(&mut self, number: u16, lane: Lane) -> &mut Held {
        self.shards[usize::from(number)].lanes.entry(lane).or_default()
    }

    /// What a shard's task does.
    fn happens(&mut self, number: u16, happened: Happened) {
        let mut queue = std::collections::VecDeque::from([happened]);
        while let Some(happened) = queue.pop_front() {
            let now = self.now();
            for effect in self.shards[usize::from(number)].core.handle(happened, now) {
                if !matches!(effect, Effect::Ping(_)) {
                    self.log(&format!("{effect:?}").chars().take(160).collect::<String>());
                }
                queue.extend(self.act(number, effect));
            }
        }
        let shard = &mut self.shards[usize::from(number)];
        let now = self.clock.now();
        let lost_at = shard.lost_at.unwrap_or(now);
        shard.lost_at = (!shard.core.mover().is_live()).then_some(lost_at);
        let tick = shard.core.next_tick().map(|at| at.max(now.plus_ms(1)));
        if shard.ticks_at != tick {
            shard.ticks_at = tick;
            if let Some(at) = tick {
                self.put(at, Due::Shard(number));
            }
        }
    }

    fn act(&mut self, number: u16, effect: Effect) -> Option<Happened> {
        match effect {
            Effect::MakeChannel(lane) => self.begin_step(number, lane, Call::Make),
            Effect::OpenSocket(lane) => {
                let channel = self.held(number, lane).channel?;
                self.begin_step(number, lane, Call::Open(channel));
            }
            Effect::Subscribe(lane, subjects) => {
                let channel = self.held(number, lane).channel?;
                self.begin_step(number, lane, Call::Subscribe(channel, subjects));
            }
            Effect::Read(lane, subjects) => {
                let call = Call::Read { subjects, began: self.now(), is_second: false };
                self.begin_step(number, lane, call);
            }
            Effect::Ping(lane) => {
                let now = self.now();
                let pong = r#"{"topicName":"channel.metadata","eventBody":{"message":"pong"}}"#;
                if let Some(socket) = self.held(number, lane).socket {
                    let sent = self.genesys.send(socket, Some(pong.to_owned()), now, &mut self.chance);
                    self.sent(sent.into_iter().collect());
                }
            }
            Effect::DropSocket(lane) => {
                let held = self.held(number, lane);
                held.step = 0;
                if let Some(socket) = held.socket.take() {
                    self.genesys.left(socket);
                }
            }
            Effect::GiveUpStep(lane) => self.held(number, lane).step = 0,
            Effect::Forget(lane) => {
                let held = self.shards[usize::from(number)].lanes.remove(&lane);
                if let Some(socket) = held.and_then(|held| held.socket) {
                    self.genesys.left(socket);
                }
            }
            Effect::AskForRoom => return Some(Happened::Room(self.room.take())),
            Effect::FreeRoom => self.room.give_back(),
            Effect::Tell(input) => {
                if matches!(input, Input::Lost { .. }) {
                    self.figures.lost += 1;
                }
                self.tell(input);
            }
            Effect::Evicted | Effect::Log(_) => {}
        }
        None
    }

    fn begin_step(&mut self, number: u16, lane: Lane, call: Call) {
        self.step += 1;
        let step = self.step;
        self.held(number, lane).step = step;
        self.call(number, lane, step, call);
    }

    fn call(&mut self, number: u16, lane: Lane, step: u64, call: Call) {
        let takes = self.chance.within(2, DEAREST_CALL_MS);
        self.at(takes, Due::Serve(number, lane, step, call));
    }

    /// A call reaches Genesys.
    fn serve(&mut self, number: u16, lane: Lane, step: u64, call: Call) {
        let now = self.now();
        let is_down = self.genesys.weather.is_down;
        let answer = match call {
            Call::Make if is_down => Answer::Made(Err(())),
            Call::Make => {
                let (channel, sent) = self.genesys.make_channel(now, &mut self.chance);
                self.sent(sent);
                let expires = self.genesys.channels[&channel].expires;
                self.put(expires, Due::Expires(channel));
                Answer::Made(Ok((channel, expires)))
            }
            Call::Open(channel) => {
                let opened = self.genesys.open(channel, now, &mut self.chance);
                Answer::Opened(opened.map(|(socket, sent)| {
                    self.sent(sent);
                    // The proxy's end exists from now on: what arrives before the answer waits in it.
                    self.held(number, lane).socket = Some(socket);
                    self.at(30_000, Due::Heartbeat(socket));
                    socket
                }))
            }
            Call::Subscribe(channel, subjects) => {
                let sets = subjects.iter().map(Subject::topics);
                let topics: BTreeSet<String> = sets.flat_map(|set| set.parts().to_vec()).collect();
                let done = !is_down && self.genesys.subscribe(channel, topics, now);
                Answer::Subscribed(done.then_some(subjects))
            }
            Call::Read { subjects, began, is_second } => {
                let read = (!is_down).then(|| {
                    let (queues, observations) = self.world.read_queues(&subjects);
                    Picture { users: self.world.read_users(&subjects), queues, observations }
                });
                Answer::Read { read, subjects, began, is_second }
            }
        };
        let takes = self.chance.within(2, DEAREST_CALL_MS);
        self.at(takes, Due::Answer(number, lane, step, answer));
    }

    fn answer(&mut self, number: u16, lane: Lane, step: u64, answer: Answer) {
        let is_waited_for = number == u16::MAX
            || self.shards[usize::from(number)].lanes.get(&lane).is_some_and(|held| held.step == step);
        if !is_waited_for {
            // A socket that was opened for nobody is closed.
            if let Answer::Opened(Some(socket)) = answer {
                self.genesys.left(socket);
            }
            return;
        }
        let happened = match answer {
            Answer::Made(made) => Happened::Made(
                lane,
                made.map(|(channel, expires)| {
                    self.held(number, lane).channel = Some(channel);
                    expires
                })
                .map_err(|()| Trouble::passing("down")),
            ),
            Answer::Opened(Some(_)) => Happened::Opened(lane, Ok(())),
            Answer::Opened(None) => Happened::Opened(lane, Err(Trouble::gone("gone"))),
            Answer::Subscribed(Some(subjects)) => {
                let asked: Vec<TopicSet> = subjects.iter().map(Subject::topics).collect();
                let answers = asked.iter().map(|set| ChannelTopic::permitted(set.text())).collect();
                self.tell(Input::Permits { asked, answers });
                Happened::Subscribed(lane, Ok(()))
            }
            Answer::Subscribed(None) => {
                let gone = !self.genesys.weather.is_down;
                let trouble = if gone { Trouble::gone("gone") } else { Trouble::passing("down") };
                Happened::Subscribed(lane, Err(trouble))
            }
            Answer::Read { read: None, subjects, is_second, .. } => {
                if number == u16::MAX {
                    self.at(5_000, Due::Reread(subjects, is_second));
                    return;
                }
                Happened::Read(lane, Err(Trouble::passing("down")))
            }
            Answer::Read { read: Some(picture), began, is_second, .. } => {
                let second = self.read(picture, began, number != u16::MAX);
                if !second.is_empty() && !is_second {
                    let call = Call::Read {
                        subjects: second,
                        began: self.now().plus_ms(SECOND_READ_MS),
                        is_second: true,
                    };
                    self.at(SECOND_READ_MS, Due::Serve(number, lane, step, call));
                    return;
                }
                if number == u16::MAX {
                    return;
                }
                Happened::Read(lane, Ok(()))
            }
        };
        self.happens(number, happened);
    }

    fn read(&mut self, picture: Picture, began: Timestamp, after_gap: bool) -> Vec<Subject> {
        let (reply, mut second) = oneshot::channel();
        let Picture { users, queues, observations } = picture;
        self.log(&format!(
            "a read of {} users and {} queues from {}",
            users.len(),
            queues.len(),
            began.ms_since(START)
        ));
        let read = Read { began, after_gap, users, unread: Vec::new(), queues, observations };
        self.tell(Input::Read { read, reply });
        second.try_recv().expect("answered at once")
    }

    fn tell(&mut self, input: Input) {
        self.feed.take(input);
        self.carry();
        if self.plans.has_changed().unwrap_or(false) && !self.shards.is_empty() {
            let plan = self.plans.borrow_and_update().clone();
            for number in 0..self.shards.len() as u16 {
                let planned = plan.subjects(number).cloned().collect();
                self.happens(number, Happened::Planned(planned));
            }
        }
    }

    /// From the feed to the hub.
    fn carry(&mut self) {
        let commands: Vec<Command> = self.feed.commands().collect();
        for command in commands {
            self.hub.handle(command);
        }
        if self.tells_each {
            self.hub.flush();
            self.hears();
        } else if self.hub.has_to_flush() && !self.flushes {
            self.flushes = true;
            self.at(20, Due::Flush);
        }
        while let Ok(subjects) = self.rereads.try_recv() {
            self.at(1, Due::Reread(subjects, false));
        }
    }

    // ---- screens ----

    fn hears(&mut self) {
        for screen in self.screens.iter_mut().chain([&mut self.machine]) {
            screen.read();
        }
    }

    /// A screen begins or comes back.
    fn comes(&mut self, n: usize) {
        let since = self.screens[n].position.clone();
        let (reply, mut opened) = oneshot::channel();
        let (wall, owner) = (WallId::new("w"), Owner::new(&format!("screen {n}")));
        self.tell(Input::OpenWall { wall, names: Names::Full, owner, since, reply });
        let opened = opened.try_recv().expect("answered at once").expect("there is room");
        self.figures.screens += 1;
        let picture = &opened.picture;
        self.screens[n].begin("run", picture.seq, opened.complete, &picture.frames);
        let pipe = self.attach(opened.id);
        self.screens[n].pipe = Some(pipe);
    }

    fn attach(&mut self, channel: ChannelId) -> Arc<Mutex<Pipe>> {
        let (reply, mut expected) = oneshot::channel();
        self.hub.handle(Command::Expect { channel: channel.clone(), reply });
        let (_, ticket) = expected.try_recv().expect("answered at once").expect("the channel is there");
        let pipe = Arc::new(Mutex::new(Pipe::default()));
        self.hub.handle(Command::Attach { channel, ticket, wire: Box::new(MemoryWire(pipe.clone())) });
        pipe
    }

    /// A screen's network breaks; it comes back later.
    pub(super) fn cut(&mut self, n: usize, for_ms: i64) {
        if let Some(pipe) = self.screens[n].pipe.take() {
            let place = pipe.lock().expect("nobody panics").place;
            if let Some((key, uid)) = place {
                self.hub.handle(Command::Left { key, uid });
            }
            self.at(for_ms, Due::Comes(n));
        }
    }

    fn subscribe_machine(&mut self) {
        let owner = Owner::new("machine");
        let (reply, mut opened) = oneshot::channel();
        self.hub.handle(Command::OpenChannel { owner: owner.clone(), reply });
        let channel = opened.try_recv().expect("answered at once").expect("there is room").id;
        let (reply, mut subscribed) = oneshot::channel();
        self.hub.handle(Command::Subscribe {
            channel: channel.clone(),
            owner,
            topics: self.world.topics(),
            mode: SubscribeMode::Replace,
            strict: true,
            reply,
        });
        subscribed.try_recv().expect("answered at once").expect("it is there").expect("all are permitted");
        let pipe = self.attach(channel);
        self.machine.pipe = Some(pipe);
    }

    // ---- faults ----

    /// Sockets that are open at Genesys.
    pub(super) fn sockets(&self) -> Vec<u64> {
        self.genesys.sockets.keys().copied().collect()
    }

    pub(super) fn close_socket(&mut self, socket: u64) {
        let now = self.now();
        let sent = self.genesys.close(socket, now, &mut self.chance);
        self.sent(sent.into_iter().collect());
    }

    pub(super) fn end_channel(&mut self, channel: u64, word: Option<&str>) {
        let now = self.now();
        let sent = self.genesys.end(channel, word, now, &mut self.chance);
        self.sent(sent);
    }

    /// Genesys announces that every socket of now is closed in a minute.
    pub(super) fn announce_end(&mut self) {
        let now = self.now();
        for socket in self.sockets() {
            let word = r#"{"topicName":"v2.system.socket_closing","eventBody":{}}"#.to_owned();
            let sent = self.genesys.send(socket, Some(word), now, &mut self.chance);
            self.sent(sent.into_iter().collect());
            self.at(60_000, Due::Closes(socket));
        }
    }

    /// The network or Genesys is like this for a while.
    pub(super) fn weather(&mut self, weather: super::genesys::Weather, for_ms: i64) {
        self.genesys.weather = weather;
        self.at(for_ms, Due::Clears);
    }

    /// What the feed remembers of moves that are over.
    pub(super) fn remembered(&self) -> usize {
        self.feed.remembered()
    }

    /// Whether every shard is live.
    pub(super) fn is_live(&self) -> bool {
        self.shards.iter().all(|shard| shard.core.mover().is_live())
    }

    /// Shards that are not live, and since when.
    pub(super) fn lost(&self) -> impl Iterator<Item = (u16, Timestamp)> + '_ {
        self.shards.iter().enumerate().filter_map(|(n, shard)| Some((n as u16, shard.lost_at?)))
    }

    pub(super) fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Channels that the proxy should need at most: those of the plan and two for moves.
    pub(super) fn channels_most(&self) -> usize {
        self.shards.len() + 2
    }
}
