//! Users come and go, and screens come back after any time: whatever a screen knew, it ends with what a fresh one has.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, IoSlice},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use proptest::prelude::*;
use protocol::{
    ChannelId, ChannelTopic, Clock, QueueId, Timestamp, TopicState, WallId,
    entity::User,
    merge::Asked,
    wall::{Names, WallDefinition},
};
use proxy::{
    feed::{Feed, Input, Read, Surroundings},
    metrics::RelayMetrics,
    relay::{Audience, Command, Hub, Owner, SubscribeMode, WallOpened, Wire, entitle::Topics},
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::bench::{permitted, surroundings, wall};

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

/// Feed and hub without their tasks: what one says the other does.
struct House {
    feed: Feed,
    hub: Hub,
    clock: Arc<Hands>,
    topics: Arc<RwLock<Topics>>,
    /// The highest place of a slot.
    places: u32,
    people: BTreeSet<u32>,
    changes: i64,
}

impl House {
    fn new() -> Self {
        Self::with(wall(json!({ "id": "w", "title": "W" })))
    }

    fn with(wall: WallDefinition) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(1_000_000)));
        let (topics, audience) = (Arc::new(RwLock::new(Topics::default())), Audience::default());
        let metrics = RelayMetrics::default();
        let hub = Hub::new(topics.clone(), audience.clone(), clock.clone(), String::new(), metrics);
        let of_test = surroundings(clock.clone(), vec![wall]);
        let (feed, _plans) = Feed::new(Surroundings { audience, topics: topics.clone(), ..of_test });
        Self { feed, hub, clock, topics, places: 0, people: BTreeSet::new(), changes: 0 }
    }

    fn pass_on(&mut self) {
        for command in self.feed.commands() {
            if let Command::Declare { slot, .. } = &command {
                self.places = self.places.max(slot.0 + 1);
            }
            self.hub.handle(command);
        }
    }

    fn user(n: u32, date: i64) -> User {
        let system = ["Available", "Busy", "Meal"][date.unsigned_abs() as usize % 3];
        let at = Timestamp::from_ms(date).to_string();
        let calls = (date + i64::from(n)) % 2;
        serde_json::from_value(json!({ "id": format!("u{n}"), "name": format!("User {n}"), "state": "active",
            "presence": { "presenceDefinition": { "id": "d", "systemPresence": system }, "modifiedDate": at },
            "routingStatus": { "status": "IDLE", "startTime": at },
            "conversationSummary": { "userId": format!("u{n}"), "call": { "contactCenter": { "active": calls, "acw": 0 } } } }))
        .expect("a user")
    }

    /// Two polls that say the same, and a read of everybody: who is missing is gone.
    fn poll(&mut self) {
        self.changes += 1;
        let users: Vec<_> = self.people.iter().map(|n| Self::user(*n, self.changes)).collect();
        self.poll_of(users);
    }

    /// The same of users of whom this is answered.
    fn poll_of(&mut self, users: Vec<User>) {
        for _ in 0..2 {
            let users = users.clone();
            self.feed.take(Input::Directory { users, queues: Vec::new(), definitions: Vec::new() });
        }
        self.feed.take(permitted(&users, &[]));
        let observations = serde_json::from_value(json!({ "results": [] })).expect("figures");
        let began = self.clock.now();
        let read =
            Read { began, asked: Asked::AfterGap, users, unread: vec![], queues: vec![], observations };
        self.feed.take(Input::Read { read, reply: oneshot::channel().0 });
        self.pass_on();
    }

    /// Two polls of nobody and the queue with so many who wait, or without it, and a read of it.
    fn poll_queue(&mut self, waiting: Option<u32>) {
        let id = QueueId::new("q");
        for _ in 0..2 {
            let queue = || serde_json::from_value(json!({ "id": id, "name": "Queue" })).expect("a queue");
            let queues: Vec<_> = waiting.iter().map(|_| queue()).collect();
            self.feed.take(Input::Directory { users: Vec::new(), queues, definitions: Vec::new() });
        }
        let asked: Vec<QueueId> = waiting.iter().map(|_| id.clone()).collect();
        self.feed.take(permitted(&[], &asked));
        // What is zero is not listed.
        let some = waiting.filter(|count| *count > 0);
        let results: Vec<Value> = some
            .iter()
            .map(|count| {
                json!({ "group": { "queueId": id, "mediaType": "voice" },
                    "data": [{ "metric": "oWaiting", "stats": { "count": count } }] })
            })
            .collect();
        self.read_of_queues(Asked::AfterGap, asked, &results);
    }

    fn read_of_queues(&mut self, asked: Asked, queues: Vec<QueueId>, results: &[Value]) {
        let observations = serde_json::from_value(json!({ "results": results })).expect("figures");
        let (began, users) = (self.clock.now(), Vec::new());
        let read = Read { began, asked, users, unread: vec![], queues, observations };
        self.feed.take(Input::Read { read, reply: oneshot::channel().0 });
        self.pass_on();
    }

    fn pass(&mut self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
        self.feed.tick();
        self.pass_on();
    }

    fn open(&mut self, since: Option<u64>) -> WallOpened {
        // Nobody is waited for any more, so that it is not a crowd that comes.
        self.clock.0.fetch_add(2_000, Ordering::Relaxed);
        let (reply, mut answer) = oneshot::channel();
        let (wall, owner) = (WallId::new("w"), Owner::new("test"));
        let since = since.map(|seq| ("run".to_owned(), seq));
        self.feed.take(Input::OpenWall { wall, names: Names::Full, owner, since, reply });
        self.pass_on();
        answer.try_recv().expect("answered").expect("there is room")
    }
}

/// The hub's end of a machine client's socket, and what was written to it.
#[derive(Clone, Debug, Default)]
struct Tape(Arc<Mutex<Vec<u8>>>);

impl Wire for Tape {
    fn listen(&mut self, _key: usize, _uid: u64) {}

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut tape = self.0.lock().expect("nobody panics");
        slices.iter().for_each(|slice| tape.extend_from_slice(slice));
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }
}

/// A machine client: its channel.
struct Machine(ChannelId);

impl Machine {
    fn owner() -> Owner {
        Owner::new("machine")
    }

    fn of(house: &mut House) -> Self {
        let (reply, mut opened) = oneshot::channel();
        house.hub.handle(Command::OpenChannel { owner: Self::owner(), reply });
        Self(opened.try_recv().expect("answered").expect("there is room").id)
    }

    fn subscribes(&self, house: &mut House, topics: &[&str]) {
        let topics = topics.iter().map(|&topic| topic.to_owned()).collect();
        let (channel, owner, mode) = (self.0.clone(), Self::owner(), SubscribeMode::Replace);
        let (reply, mut answer) = oneshot::channel();
        house.hub.handle(Command::Subscribe { channel, owner, topics, mode, strict: true, reply });
        answer.try_recv().expect("answered").expect("it is there").expect("everything is permitted");
    }

    fn subscriptions(&self, house: &mut House) -> Vec<ChannelTopic> {
        let (reply, mut answer) = oneshot::channel();
        house.hub.handle(Command::Subscriptions { channel: self.0.clone(), owner: Self::owner(), reply });
        answer.try_recv().expect("answered").expect("it is there")
    }

    fn listens(&self, house: &mut House) -> Tape {
        let (reply, mut expected) = oneshot::channel();
        house.hub.handle(Command::Expect { channel: self.0.clone(), reply });
        let (_, ticket) = expected.try_recv().expect("answered").expect("it is there");
        let tape = Tape::default();
        house.hub.handle(Command::Attach { channel: self.0.clone(), ticket, wire: Box::new(tape.clone()) });
        tape
    }
}

/// What a screen knows: the newest of each topic.
#[derive(Clone, Default)]
struct Screen {
    seq: u64,
    board: BTreeMap<String, Value>,
}

impl Screen {
    fn take(&mut self, opened: &WallOpened) {
        if opened.complete {
            self.board.clear();
        }
        for frame in &opened.picture.frames {
            let mut frame: Value = serde_json::from_slice(frame).expect("JSON");
            let (topic, body) =
                (frame["topicName"].as_str().expect("a topic").to_owned(), frame["eventBody"].take());
            if body["deleted"] == true {
                let id = topic.rsplit('.').next().expect("an id").to_owned();
                self.board.retain(|topic, _| !topic.split('.').any(|part| part == id));
            } else {
                self.board.insert(topic, body);
            }
        }
        self.seq = opened.picture.seq;
    }
}

#[derive(Clone, Debug)]
enum Step {
    Comes(u32),
    Goes(u32),
    Passes(i64),
    /// This screen comes back.
    Back(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_u32..6).prop_map(Step::Comes),
        3 => (0_u32..6).prop_map(Step::Goes),
        3 => prop::sample::select(vec![1_000_i64, 1_800_000, 3_600_000]).prop_map(Step::Passes),
        3 => (0_usize..4).prop_map(Step::Back),
    ]
}

proptest! {
    #[test]
    fn whatever_a_screen_knew_it_ends_with_what_a_fresh_one_has(steps in prop::collection::vec(step(), 1..60)) {
        let mut house = House::new();
        house.poll();
        let mut screens: Vec<Screen> = vec![Screen::default(); 4];
        for screen in &mut screens {
            let opened = house.open(None);
            screen.take(&opened);
        }
        for step in steps {
            match step {
                Step::Comes(n) => {
                    house.people.insert(n);
                    house.poll();
                }
                Step::Goes(n) => {
                    house.people.remove(&n);
                    house.poll();
                }
                Step::Passes(ms) => house.pass(ms),
                Step::Back(at) => {
                    let back = house.open(Some(screens[at].seq));
                    screens[at].take(&back);
                    let mut fresh = Screen::default();
                    fresh.take(&house.open(None));
                    prop_assert_eq!(&screens[at].board, &fresh.board);
                    prop_assert_eq!(fresh.board.keys().filter(|t| t.starts_with("rollcall.users.")).count(), house.people.len());
                }
            }
        }
    }
}

#[test]
fn a_queue_that_comes_back_empty_is_empty_on_a_screen_that_missed_it() {
    let mut house = House::new();
    house.poll_queue(Some(3));
    let waiting = |screen: &Screen| {
        let body = &screen.board["v2.analytics.queues.q.observations"];
        body["data"][0]["metrics"][0]["stats"]["count"].as_f64()
    };
    let mut screen = Screen::default();
    screen.take(&house.open(None));
    assert_eq!(waiting(&screen), Some(3.0));
    house.poll_queue(None);
    // It was asked for while the queue was there.
    house.read_of_queues(Asked::InDoubt, vec![QueueId::new("q")], &[]);
    let mut fresh = Screen::default();
    fresh.take(&house.open(None));
    assert!(!fresh.board.keys().any(|topic| topic.contains(".q")), "nothing is told of who is gone");
    house.poll_queue(Some(0));
    screen.take(&house.open(Some(screen.seq)));
    assert_eq!(waiting(&screen), Some(0.0));
    assert!(!screen.board["rollcall.queues.q"].is_null());
}

/// Expansions are best effort: the answer may leave the conversations out.
#[test]
fn who_comes_back_without_a_word_of_conversations_has_none() {
    let mut house = House::new();
    house.poll_of(vec![House::user(0, 1)]);
    let active = |screen: &Screen| {
        screen.board["v2.users.u0.conversationsummary"]["call"]["contactCenter"]["active"].as_u64()
    };
    let mut screen = Screen::default();
    screen.take(&house.open(None));
    assert_eq!(active(&screen), Some(1));
    house.poll_of(Vec::new());
    house.poll_of(vec![User { conversation_summary: None, ..House::user(0, 2) }]);
    screen.take(&house.open(Some(screen.seq)));
    assert_eq!(active(&screen), Some(0));
}

#[test]
fn who_comes_back_in_another_team_is_not_on_the_walls_of_the_first() {
    let mut house = House::with(wall(json!({ "id": "w", "title": "W", "teams": ["A"] })));
    let of = |team: &str| {
        let team = serde_json::from_value(json!({ "id": team, "name": team })).expect("a team");
        User { team: Some(team), ..House::user(0, 1) }
    };
    let told_of = |house: &mut House| {
        let mut fresh = Screen::default();
        fresh.take(&house.open(None));
        fresh.board.keys().filter(|topic| topic.contains(".u0")).count()
    };
    house.poll_of(vec![of("A")]);
    assert!(told_of(&mut house) >= 4);
    // Somebody else listens all the time.
    let machine = Machine::of(&mut house);
    machine.subscribes(&mut house, &["v2.users.u0.presence"]);
    house.poll_of(Vec::new());
    house.pass(3_600_000);
    house.poll_of(vec![of("B")]);
    assert_eq!(told_of(&mut house), 0);
    house.poll_of(vec![of("A")]);
    assert!(told_of(&mut house) >= 4);
}

#[test]
fn who_comes_and_goes_leaves_nothing_behind() {
    const AT_A_TIME: u32 = 500;
    let mut house = House::new();
    let mut first = Screen::default();
    for round in 0..20 {
        house.people = (round * AT_A_TIME..(round + 1) * AT_A_TIME).collect();
        house.poll();
        if round == 0 {
            first.take(&house.open(None));
        }
        house.pass(1_000);
    }
    house.people.clear();
    house.poll();
    house.pass(1_000);
    // 10,000 of four slots each were here. There are at most 1,000 tombstones beside those who are here and those who go.
    assert!(house.places < 10_000, "{} places", house.places);
    let tombstones = house.open(None).picture.frames.len();
    assert!((1_000..1_050).contains(&tombstones), "{tombstones} frames");
    let back = house.open(Some(first.seq));
    assert!(back.complete, "nobody remembers who was there then");
    first.take(&back);
    assert!(!first.board.keys().any(|topic| topic.contains(".u")), "{:?}", first.board.keys());
    house.pass(3_600_000);
    assert!(house.open(None).picture.frames.len() < 50, "after an hour nothing is said of them");
    let places = house.places;
    house.people = (0..AT_A_TIME).collect();
    house.poll();
    assert_eq!(house.places, places, "who comes again takes a place that is free");
}

#[test]
fn a_machine_client_hears_again_of_who_comes_back_however_late() {
    const ASKED: [&str; 2] = ["v2.users.u0.presence", "v2.users.u0?routingStatus&conversationsummary"];
    let mut house = House::new();
    house.people = BTreeSet::from([0, 1]);
    house.poll();
    let machine = Machine::of(&mut house);
    machine.subscribes(&mut house, &ASKED);
    let tape = machine.listens(&mut house);
    let hears = |house: &mut House| {
        house.hub.flush();
        let bytes = std::mem::take(&mut *tape.0.lock().expect("nobody panics"));
        String::from_utf8_lossy(&bytes).matches("v2.users.u0.").count()
    };
    house.poll();
    assert_eq!(hears(&mut house), 3);
    for round in 0..3 {
        house.people.remove(&0);
        house.poll();
        // Twice it is forgotten that there was one.
        house.pass(if round == 0 { 1_000 } else { 3_600_000 });
        let states = machine.subscriptions(&mut house).into_iter().map(|answer| answer.state);
        assert!(states.into_iter().all(|state| state == TopicState::Rejected), "there is nobody");
        assert_eq!(hears(&mut house), 0);
        house.people.insert(0);
        house.poll();
        let states = machine.subscriptions(&mut house).into_iter().map(|answer| answer.state);
        assert!(states.into_iter().all(|state| state == TopicState::Permitted), "is there again");
        assert!(hears(&mut house) >= 3, "and is heard of, whatever stood before, in round {round}");
        house.poll();
        assert_eq!(hears(&mut house), 3, "each change once");
    }
    house.people.remove(&0);
    house.poll();
    house.pass(3_600_000);
    let said = |house: &House| {
        let topics = house.topics.read().expect("nobody panics");
        topics.resolve(ASKED[0]).1[0].rejection_reason.clone().unwrap_or_default()
    };
    assert_eq!(said(&house), "the subject is gone");
    machine.subscribes(&mut house, &["v2.users.u1.presence"]);
    house.pass(1_000);
    assert_eq!(said(&house), "this topic is not relayed", "nobody keeps it any more");
}
