//! The one writer: upstream frames and reads become slots. In one step it decodes, merges, applies to
//! the board, numbers and encodes; from there on the order is ours.

mod alarms;
pub mod book;
pub mod encode;
mod figures;
pub mod mask;
pub mod plan;
mod polled;
mod samples;
mod states;
mod walls;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, RwLock},
    time::Duration,
};

use alarms::Alarms;
use book::{Book, ShardState};
use mask::Masks;
use plan::{Plan, Subject};
use protocol::{
    ChannelTopic, Clock, Frame, QueueId, Slot, Timestamp, Topic, TopicSet, UserId, WallId,
    entity::{PresenceDefinition, Queue, User},
    event::rollcall::{Alarm, RollcallFigures, RollcallShard, RollcallTally},
    fact::{self, Fact},
    frame::{EventFrame, Heartbeat, Stamp, UNCOVERED_SHARD},
    merge::{Ledger, Origin, Verdict},
    query::ObservationsResponse,
    wall::{Names, WallDefinition},
};
use samples::Samples;
use states::Counted;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{MissedTickBehavior, interval},
};
use tracing::{info, warn};
use walls::Walls;

use crate::{
    metrics::{FeedMetrics, Outcome},
    period::{Calendar, Periods},
    relay::{
        Audience, Body, CLASSES, Class, Command, HubHandle, NotOpened, Owner, SlotIx, TopicIx, WallOpened,
        entitle::Topics,
    },
    store::{self, Sample, Store},
};

/// Inputs in line for the feed: some seconds of a busy organisation.
const INPUTS_MAX: usize = 16_384;

/// Walls hear from the proxy at least this often.
const WALL_HEARTBEAT: Duration = Duration::from_secs(10);

/// Plain channels hear as often as from Genesys: every third heartbeat of the walls.
const PLAIN_HEARTBEAT_EVERY: u32 = 3;

/// As Genesys words it.
const PLAIN_HEARTBEAT: &str =
    r#"{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}"#;

/// Queues whose event left out a figure that stands above zero are read again at most this often.
const INCOMPLETE_EVERY_MS: i64 = 10_000;

/// How soon it is noticed that a time is over when nothing else happens.
const TICK: Duration = Duration::from_secs(1);

/// After broken frames what their channel covers is read again at most this often.
const BROKEN_EVERY_MS: i64 = 30_000;

/// What the feed is told.
#[derive(Debug)]
#[expect(missing_docs, reason = "the members are named by the variant's own sentence")]
pub enum Input {
    /// A text frame arrived on an upstream channel.
    Frame { shard: u16, text: String },
    /// An upstream frame that could not even be received as text.
    Unreadable { shard: u16, outcome: &'static str },
    /// The polled lists arrived: they are complete.
    Directory { users: Vec<User>, queues: Vec<Queue>, definitions: Vec<PresenceDefinition> },
    /// Upstream answered a subscription.
    Permits { asked: Vec<TopicSet>, answers: Vec<ChannelTopic> },
    /// A read arrived; the answer names what must be read a second time.
    Read { read: Read, reply: oneshot::Sender<Vec<Subject>> },
    /// What an upstream channel covers is true from now on.
    Live { shard: u16 },
    /// What an upstream channel covers is no longer known to be true.
    Lost { shard: u16, reason: String },
    /// What the first complete read is waiting for, in words.
    Waits { reason: String },
    /// A wall begins or comes back.
    OpenWall {
        wall: WallId,
        /// What the caller must at least not be told of names; the wall itself may be stricter.
        names: Names,
        owner: Owner,
        since: Option<(String, u64)>,
        reply: oneshot::Sender<Result<WallOpened, NotOpened>>,
    },
    /// Figures of interval and day were read, or refused.
    Figures { figures: Vec<RollcallFigures> },
    /// What users handled since a midnight was read.
    Tallies { since: Timestamp, tallies: Vec<RollcallTally> },
    /// Somebody takes note of an alarm of a wall; the answer is the alarm, `None` when it is over.
    Acknowledge { wall: WallId, alarm: String, reply: oneshot::Sender<Option<Alarm>> },
    /// The walls are defined anew, all of them.
    Walls { walls: Vec<WallDefinition> },
}

/// Answers of REST reads, with the moment when they were asked for.
#[derive(Debug)]
pub struct Read {
    /// Start of the first request.
    pub began: Timestamp,
    /// Whether it is the first read at start or after a gap.
    pub after_gap: bool,
    /// Users with their expansions.
    pub users: Vec<User>,
    /// Users that were asked for and are not in the answer, or came without what makes a card.
    pub unread: Vec<UserId>,
    /// The queues that were asked for; a figure that is absent from the answer is zero.
    pub queues: Vec<QueueId>,
    /// Their figures.
    pub observations: ObservationsResponse,
}

/// A line to the feed.
#[derive(Clone, Debug)]
pub struct FeedHandle(mpsc::Sender<Input>);

impl FeedHandle {
    /// Tells the feed; waits while it is behind.
    pub async fn tell(&self, input: Input) {
        // When the proxy stops the feed ends first; what is said then has no receiver by design.
        let _ = self.0.send(input).await;
    }

    /// Asks and waits for the answer; `None` when the proxy is stopping.
    pub async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Input) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.tell(question(reply)).await;
        answer.await.ok()
    }
}

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
    /// The samples that were kept before the start.
    pub samples: Vec<Sample>,
    /// Where frames go.
    pub hub: HubHandle,
    /// Who has an audience.
    pub audience: Audience,
    /// Which topics can be listened to.
    pub topics: Arc<RwLock<Topics>>,
    /// What the routes read.
    pub book: Arc<RwLock<Book>>,
    /// Where to ask for queues to be read again.
    pub rereads: mpsc::Sender<Vec<Subject>>,
    /// Figures.
    pub metrics: FeedMetrics,
}

#[derive(Debug)]
struct SlotEntry {
    ix: SlotIx,
    seq: u64,
    at: Timestamp,
    loading: bool,
    unfilled: [bool; CLASSES],
}

/// The feed's state; [`Feed::run`] is its task.
pub struct Feed {
    s: Surroundings,
    walls: Walls,
    masks: Masks,
    counted: Counted,
    alarms: Alarms,
    seq: u64,
    ledger: Ledger,
    slots: HashMap<Slot, SlotEntry>,
    slots_of: HashMap<Topic, Vec<Slot>>,
    plan: Plan,
    plans: watch::Sender<Plan>,
    loaded: HashSet<Subject>,
    /// Subjects of which upstream refused a topic.
    uncovered: HashSet<Subject>,
    /// Subjects that the last poll did not list: gone when the next does not either.
    missed: HashSet<Subject>,
    /// When what a broken frame may have told was asked for last.
    broken_asked: Timestamp,
    incomplete: BTreeSet<QueueId>,
    incomplete_asked: Timestamp,
    /// The periods that figures are of.
    periods: Periods,
    /// How many waited over the last hour.
    samples: Samples,
    inputs: mpsc::Receiver<Input>,
}

impl Feed {
    /// Makes a feed; the watch tells which upstream channel covers what.
    #[must_use]
    pub fn new(mut surroundings: Surroundings) -> (Self, FeedHandle, watch::Receiver<Plan>) {
        let (inputs_in, inputs) = mpsc::channel(INPUTS_MAX);
        let (plans, plans_out) = watch::channel(Plan::default());
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
            slots: HashMap::new(),
            slots_of: HashMap::new(),
            plan: Plan::default(),
            plans,
            loaded: HashSet::new(),
            uncovered: HashSet::new(),
            missed: HashSet::new(),
            broken_asked: Timestamp::default(),
            incomplete: BTreeSet::new(),
            incomplete_asked: Timestamp::default(),
            periods: Periods::default(),
            samples,
            inputs,
        };
        (feed, FeedHandle(inputs_in), plans_out)
    }

    /// Runs until nobody can tell it anything any more.
    pub async fn run(mut self) {
        let mut beat = interval(WALL_HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beats = 0_u32;
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                input = self.inputs.recv() => match input {
                    Some(input) => self.take(input).await,
                    None => return,
                },
                _ = beat.tick() => {
                    self.heartbeat(beats.is_multiple_of(PLAIN_HEARTBEAT_EVERY)).await;
                    beats = beats.wrapping_add(1);
                }
                // Also when nothing more arrives: the last event may have left out what fell to zero.
                _ = tick.tick() => {
                    self.turn_periods().await;
                    self.look_for_alarms().await;
                    self.count_states().await;
                    self.sample().await;
                }
            }
            self.ask_for_incomplete();
        }
    }

    async fn take(&mut self, input: Input) {
        match input {
            Input::Frame { shard, text } => self.frame(shard, &text).await,
            Input::Unreadable { shard, outcome } => {
                self.count(outcome);
                warn!(shard, outcome, "frame from upstream not received");
                self.reread_shard(shard);
            }
            Input::Directory { users, queues, definitions } => {
                self.directory(users, queues, definitions).await;
            }
            Input::Permits { asked, answers } => self.permits(&asked, &answers).await,
            // An asker that went away needs no answer.
            Input::Read { read, reply } => {
                let second = self.read(read).await;
                let _ = reply.send(second);
            }
            Input::Live { shard } => self.live(shard).await,
            Input::Lost { shard, reason } => self.lost(shard, reason).await,
            Input::Waits { reason } => self.book_mut().waits_for = reason,
            Input::OpenWall { wall, names, owner, since, reply } => {
                self.open_wall(&wall, names, owner, since, reply).await;
            }
            Input::Figures { figures } => self.figures(figures).await,
            Input::Tallies { since, tallies } => self.tallies(since, tallies).await,
            // An asker that went away needs no answer.
            Input::Acknowledge { wall, alarm, reply } => {
                let _ = reply.send(self.acknowledge(&wall, &alarm).await);
            }
            Input::Walls { walls } => self.define_walls(walls, self.s.clock.now()).await,
        }
    }

    fn book_mut(&self) -> std::sync::RwLockWriteGuard<'_, Book> {
        self.s.book.write().expect("nobody panics while holding the book")
    }

    fn count(&self, outcome: &'static str) {
        self.s.metrics.frames.get_or_create(&Outcome { outcome }).inc();
    }

    // ---- frames ----

    async fn frame(&mut self, shard: u16, text: &str) {
        let now = self.s.clock.now();
        self.heard(shard, now);
        match Frame::parse(text) {
            Err(bad) => {
                self.count("malformed");
                warn!(shard, bytes = text.len(), %bad, "frame from upstream refused");
                self.reread_shard(shard);
            }
            Ok(Frame::Event(event)) => self.event(text, &event, now).await,
            Ok(Frame::Heartbeat(_)) => self.count("heartbeat"),
            Ok(Frame::Pong | Frame::Answer(_) | Frame::System(_)) => self.count("control"),
        }
    }

    async fn event(&mut self, text: &str, event: &EventFrame<'_>, now: Timestamp) {
        let Some(topic) = &event.topic else {
            self.count("unknown");
            return;
        };
        if subject_of(topic).is_none_or(|subject| self.plan.place(&subject).is_none()) {
            self.count("unknown");
            return;
        }
        let facts = match fact::of_event(topic, event.body, now) {
            Ok(facts) => facts,
            Err(bad) => {
                self.count("malformed");
                warn!(%topic, %bad, "event from upstream does not fit its topic; it is read again");
                self.reread(subject_of(topic).into_iter().collect());
                return;
            }
        };
        let mut changed = false;
        for slot in distinct_slots(&facts) {
            let mine: Vec<&Fact> = facts.iter().filter(|f| f.slot == slot).collect();
            let (mut accepted, mut refused) = (false, false);
            for fact in &mine {
                match self.ledger.weigh(fact, Origin::Event, now) {
                    Verdict::Accepted(date) => {
                        accepted = true;
                        self.book_mut().board.apply(fact, date);
                    }
                    Verdict::Refused | Verdict::NeedsSecondRead => refused = true,
                    Verdict::Unchanged => {}
                }
            }
            let left_out = self.left_out(&slot, &mine);
            if left_out && let Topic::QueueObservations(queue) = topic {
                self.incomplete.insert(queue.clone());
            }
            if accepted {
                changed = true;
                let own = slot.topic == *topic && !refused && !left_out;
                self.publish(&slot, now, own.then_some(text)).await;
            }
        }
        self.count(if changed { "accepted" } else { "no change" });
    }

    /// Whether something that stands above zero in a slot is not among the facts of its event.
    fn left_out(&self, slot: &Slot, facts: &[&Fact]) -> bool {
        self.ledger
            .parts(slot)
            .any(|(part, held)| !held.value.is_zero() && !facts.iter().any(|f| f.part == *part))
    }

    // ---- reads ----

    async fn read(&mut self, mut read: Read) -> Vec<Subject> {
        // In no order that tells of names, as with the polled lists.
        read.users.sort_by(|a, b| a.id.cmp(&b.id));
        let now = self.s.clock.now();
        let origin = Origin::Read { began: read.began, after_gap: read.after_gap };
        let mut facts: Vec<Fact> = Vec::new();
        let mut loaded: Vec<Subject> = Vec::new();
        for user in &read.users {
            let subject = Subject::User(user.id.clone());
            if self.plan.place(&subject).is_some() {
                facts.extend(fact::of_user(user));
                if user.presence.is_some() && user.routing_status.is_some() {
                    loaded.push(subject);
                }
            }
        }
        let figures = fact::of_observations(&read.observations, read.began);
        let asked: HashSet<&QueueId> = read.queues.iter().collect();
        for queue in &read.queues {
            facts.extend(self.absent_as_zero(queue, &figures));
            loaded.push(Subject::Queue(queue.clone()));
        }
        facts.extend(
            figures
                .into_iter()
                .filter(|f| matches!(&f.slot.topic, Topic::QueueObservations(q) if asked.contains(q))),
        );

        for user in &read.unread {
            self.say_loading(&Subject::User(user.clone()), now).await;
        }
        let mut second = BTreeSet::new();
        let mut changed: Vec<Slot> = Vec::new();
        let mut seen: HashSet<&Slot> = HashSet::new();
        for fact in &facts {
            match self.ledger.weigh(fact, origin, now) {
                Verdict::Accepted(date) => {
                    self.book_mut().board.apply(fact, date);
                    if seen.insert(&fact.slot) {
                        changed.push(fact.slot.clone());
                    }
                }
                Verdict::NeedsSecondRead => second.extend(subject_of(&fact.slot.topic)),
                Verdict::Unchanged | Verdict::Refused => {}
            }
        }
        for slot in changed {
            self.s.metrics.repairs.inc();
            self.publish(&slot, now, None).await;
        }
        for subject in loaded {
            if self.loaded.insert(subject.clone()) {
                self.say_loaded(&subject, now).await;
            }
        }
        second.into_iter().collect()
    }

    fn absent_as_zero(&self, queue: &QueueId, figures: &[Fact]) -> Vec<Fact> {
        let topic = Topic::QueueObservations(queue.clone());
        let mut facts = Vec::new();
        for slot in self.slots_of.get(&topic).into_iter().flatten() {
            for (part, held) in self.ledger.parts(slot) {
                if let Some(zero) = held.value.zero()
                    && !figures.iter().any(|f| f.slot == *slot && f.part == *part)
                {
                    facts.push(Fact { slot: slot.clone(), part: part.clone(), value: zero, date: None });
                }
            }
        }
        facts
    }

    async fn say_loaded(&mut self, subject: &Subject, now: Timestamp) {
        let slot = Slot::from(match subject {
            Subject::User(id) => Topic::RollcallUser(id.clone()),
            Subject::Queue(id) => Topic::RollcallQueue(id.clone()),
        });
        let waits = self.slots.get_mut(&slot).is_some_and(|entry| std::mem::take(&mut entry.loading));
        if waits {
            self.publish(&slot, now, None).await;
        }
    }

    /// A subject that could not be read is not vouched for.
    async fn say_loading(&mut self, subject: &Subject, now: Timestamp) {
        let Subject::User(id) = subject else { return };
        if !self.loaded.remove(subject) {
            return;
        }
        let slot = Slot::from(Topic::RollcallUser(id.clone()));
        if let Some(entry) = self.slots.get_mut(&slot) {
            entry.loading = true;
            self.publish(&slot, now, None).await;
        }
    }

    /// A frame that could not be understood may have told of anything that its channel covers.
    fn reread_shard(&mut self, shard: u16) {
        let now = self.s.clock.now();
        if now.ms_since(self.broken_asked) >= BROKEN_EVERY_MS {
            self.broken_asked = now;
            self.reread(self.plan.subjects(shard).cloned().collect());
        }
    }

    fn reread(&self, subjects: Vec<Subject>) {
        if self.s.rereads.try_send(subjects).is_err() {
            warn!("the line of re-reads is full; what was asked for is as old as its last event");
        }
    }

    fn ask_for_incomplete(&mut self) {
        let now = self.s.clock.now();
        if self.incomplete.is_empty() || now.ms_since(self.incomplete_asked) < INCOMPLETE_EVERY_MS {
            return;
        }
        self.incomplete_asked = now;
        let queues = std::mem::take(&mut self.incomplete);
        self.reread(queues.into_iter().map(Subject::Queue).collect());
    }

    // ---- age ----

    fn heard(&self, shard: u16, now: Timestamp) {
        if let Some(state) = self.book_mut().shards.get_mut(usize::from(shard))
            && state.live
        {
            state.as_of = Some(now);
        }
    }

    async fn live(&mut self, shard: u16) {
        let now = self.s.clock.now();
        let completed = {
            let mut book = self.book_mut();
            if let Some(state) = book.shards.get_mut(usize::from(shard)) {
                *state = ShardState { live: true, as_of: Some(now), was_live: true, reason: None };
            }
            let complete = !book.shards.is_empty() && book.shards.iter().all(|s| s.was_live);
            complete && !std::mem::replace(&mut book.complete, true)
        };
        if completed {
            info!(facts = self.ledger.len(), changes = self.seq, "first complete read is done");
        }
        self.shard_changed(shard, now).await;
    }

    async fn lost(&mut self, shard: u16, reason: String) {
        info!(shard, reason, "upstream channel lost");
        self.s.metrics.shards_lost.inc();
        if let Some(state) = self.book_mut().shards.get_mut(usize::from(shard)) {
            state.live = false;
            state.reason = Some(reason);
        }
        self.shard_changed(shard, self.s.clock.now()).await;
    }

    async fn shard_changed(&mut self, shard: u16, now: Timestamp) {
        let live = self
            .s
            .book
            .read()
            .expect("nobody panics while holding the book")
            .shards
            .iter()
            .filter(|s| s.live)
            .count();
        self.s.metrics.shards_live.set(live as i64);
        self.publish(&Topic::RollcallShard(shard).into(), now, None).await;
    }

    async fn heartbeat(&self, plain_too: bool) {
        let live_as_of = self.s.book.read().expect("nobody panics while holding the book").ages();
        let beat = Heartbeat {
            epoch: self.s.epoch.clone(),
            seq: self.seq,
            server_time: self.s.clock.now(),
            build: self.s.build.clone(),
            live_as_of,
        };
        let text = format!(
            r#"{{"topicName":"channel.metadata","eventBody":{{"message":"WebSocket Heartbeat"}},"rollcall":{}}}"#,
            encode::raw(&beat)
        );
        let body = Body::text(text.as_bytes());
        for class in Class::ALL.into_iter().filter(|class| class.is_wall()) {
            self.s.hub.send(Command::Broadcast { class, body: body.clone() }).await;
        }
        if plain_too {
            let body = Body::text(PLAIN_HEARTBEAT.as_bytes());
            self.s.hub.send(Command::Broadcast { class: Class::Api, body }).await;
        }
    }

    // ---- slots ----

    /// The slot's place, declared to the hub when it is new.
    async fn slot(&mut self, slot: &Slot) -> SlotIx {
        if let Some(entry) = self.slots.get(slot) {
            return entry.ix;
        }
        let ix = SlotIx(self.slots.len() as u32);
        let topic: TopicIx = self
            .s
            .topics
            .write()
            .expect("nobody panics while holding the topics")
            .declare(&slot.topic.to_string());
        let entry =
            SlotEntry { ix, seq: 0, at: Timestamp::default(), loading: false, unfilled: [true; CLASSES] };
        self.slots.insert(slot.clone(), entry);
        self.slots_of.entry(slot.topic.clone()).or_default().push(slot.clone());
        self.s.hub.send(Command::Declare { slot: ix, topic }).await;
        for wall in self.walls.with(&slot.topic) {
            self.s.hub.send(Command::Enlist { wall, topic }).await;
        }
        ix
    }

    /// Numbers a change and hands its frames to the hub.
    async fn publish(&mut self, slot: &Slot, now: Timestamp, own: Option<&str>) {
        let ix = self.slot(slot).await;
        self.seq += 1;
        self.s.metrics.changes.inc();
        let seq = self.seq;
        if let Some(entry) = self.slots.get_mut(slot) {
            entry.seq = seq;
            entry.at = now;
        }
        let mut bodies = [const { None }; CLASSES];
        for class in Class::ALL {
            let wanted = self.s.audience.has(class);
            if wanted {
                bodies[class.index()] = self.encode(slot, class, own);
            }
            if let Some(entry) = self.slots.get_mut(slot) {
                entry.unfilled[class.index()] = !wanted;
            }
        }
        self.s.hub.send(Command::Publish { slot: ix, seq, bodies }).await;
    }

    /// Who vouches for a subject.
    fn shard_of(&self, subject: &Subject) -> Option<u16> {
        if self.uncovered.contains(subject) { Some(UNCOVERED_SHARD) } else { self.plan.place(subject) }
    }

    fn encode(&self, slot: &Slot, class: Class, own: Option<&str>) -> Option<Body> {
        let entry = self.slots.get(slot)?;
        let stamp = Stamp {
            epoch: self.s.epoch.clone(),
            seq: entry.seq,
            at: Some(entry.at),
            since: None,
            shard: subject_of(&slot.topic).and_then(|subject| self.shard_of(&subject)),
            loading: entry.loading,
        };
        if let (Class::Api, Some(text)) = (class, own) {
            let bare = Stamp { at: None, shard: None, loading: false, ..stamp };
            return encode::own_text(text, &bare);
        }
        let book = self.s.book.read().expect("nobody panics while holding the book");
        if let Topic::RollcallShard(shard) = slot.topic {
            if class == Class::Api {
                return None;
            }
            let state = book.shards.get(usize::from(shard))?;
            let body =
                RollcallShard { live: state.live, live_as_of: state.as_of, reason: state.reason.clone() };
            return Some(encode::whole(&slot.topic, &encode::raw(&body), class, &stamp));
        }
        if let Topic::RollcallWall(id) = &slot.topic {
            let wall = book.walls.iter().find(|wall| wall.id == *id).filter(|_| class != Class::Api)?;
            return Some(encode::whole(&slot.topic, &encode::raw(&Masks::wall(class, wall)), class, &stamp));
        }
        encode::from_ledger(slot, class, &self.ledger, &self.masks, &book.board, &stamp)
    }
}

fn subject_of(topic: &Topic) -> Option<Subject> {
    match topic {
        Topic::UserPresence(id)
        | Topic::UserRoutingStatus(id)
        | Topic::UserConversationSummary(id)
        | Topic::UserActivity(id)
        | Topic::RollcallUser(id)
        | Topic::RollcallTally(id) => Some(Subject::User(UserId::clone(id))),
        Topic::QueueObservations(id)
        | Topic::QueueActivity(id)
        | Topic::RollcallQueue(id)
        | Topic::RollcallFigures(id)
        | Topic::RollcallSamples(id) => Some(Subject::Queue(id.clone())),
        Topic::RollcallPresences
        | Topic::RollcallWall(_)
        | Topic::RollcallAlarms(_)
        | Topic::RollcallStates(_)
        | Topic::RollcallShard(_) => None,
    }
}

fn distinct_slots(facts: &[Fact]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::with_capacity(2);
    for fact in facts {
        if !slots.contains(&fact.slot) {
            slots.push(fact.slot.clone());
        }
    }
    slots
}
