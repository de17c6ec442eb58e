//! Users come and go, and screens come back after any time: whatever a screen knew, it ends with what a fresh one has.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use proptest::prelude::*;
use protocol::{Clock, Timestamp, WallId, merge::Asked, wall::Names};
use proxy::{
    feed::{Feed, Input, Read, Surroundings},
    metrics::RelayMetrics,
    relay::{Audience, Command, Hub, Owner, WallOpened, entitle::Topics},
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
    /// The highest place of a slot.
    places: u32,
    people: BTreeSet<u32>,
    changes: i64,
}

impl House {
    fn new() -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(1_000_000)));
        let (topics, audience) = (Arc::new(RwLock::new(Topics::default())), Audience::default());
        let metrics = RelayMetrics::default();
        let hub = Hub::new(topics.clone(), audience.clone(), clock.clone(), String::new(), metrics);
        let walls = vec![wall(json!({ "id": "w", "title": "W" }))];
        let of_test = surroundings(clock.clone(), walls);
        let (feed, _plans) = Feed::new(Surroundings { audience, topics, ..of_test });
        Self { feed, hub, clock, places: 0, people: BTreeSet::new(), changes: 0 }
    }

    fn pass_on(&mut self) {
        for command in self.feed.commands() {
            if let Command::Declare { slot, .. } = &command {
                self.places = self.places.max(slot.0 + 1);
            }
            self.hub.handle(command);
        }
    }

    fn user(n: u32, date: i64) -> protocol::entity::User {
        let system = ["Available", "Busy", "Meal"][date.unsigned_abs() as usize % 3];
        let at = Timestamp::from_ms(date).to_string();
        serde_json::from_value(json!({ "id": format!("u{n}"), "name": format!("User {n}"), "state": "active",
            "presence": { "presenceDefinition": { "id": "d", "systemPresence": system }, "modifiedDate": at },
            "routingStatus": { "status": "IDLE", "startTime": at } }))
        .expect("a user")
    }

    /// Two polls that say the same, and a read of everybody: who is missing is gone.
    fn poll(&mut self) {
        self.changes += 1;
        let users: Vec<_> = self.people.iter().map(|n| Self::user(*n, self.changes)).collect();
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
