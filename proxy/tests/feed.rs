//! The feed by its inputs: what a wall is told of subjects that nobody vouches for.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use protocol::{
    ChannelTopic, Clock, Timestamp, TopicSet, WallId,
    frame::UNCOVERED_SHARD,
    merge::Asked,
    query::ObservationsResponse,
    wall::{Names, WallDefinition},
};
use proxy::{
    feed::{Feed, FeedHandle, Input, Read, Surroundings, book::Book, plan::Subject},
    metrics::{FeedMetrics, RelayMetrics},
    relay::{Audience, Hub, Owner, entitle::Topics},
    upstream::read,
};
use serde_json::{Value, json};

struct Moving(AtomicI64);

impl Clock for Moving {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

struct Bench {
    feed: FeedHandle,
    // Held, so that the feed's line of re-reads has an end.
    _asked: tokio::sync::mpsc::Receiver<Vec<Subject>>,
}

const USERS: [&str; 2] = ["ann", "bob"];

impl Bench {
    async fn set_up() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Moving(AtomicI64::new(1_000_000)));
        let topics = Arc::new(RwLock::new(Topics::default()));
        let audience = Audience::default();
        let (hub_handle, commands) = proxy::relay::line();
        let hub =
            Hub::new(topics.clone(), audience.clone(), clock.clone(), String::new(), RelayMetrics::default());
        tokio::spawn(hub.run(commands));
        let (rereads, asked) = read::line();
        let (handle, inputs) = proxy::feed::line();
        let (feed, _plans) = Feed::new(Surroundings {
            clock,
            epoch: "run".to_owned(),
            build: "build".to_owned(),
            names: proxy::store::Names { key: [7; 32], aliases: Vec::new() },
            calendar: proxy::period::Calendar::utc(),
            store: proxy::store::Store::open(None).expect("memory"),
            samples: Vec::new(),
            walls: vec![WallDefinition { id: WallId::new("w"), ..WallDefinition::default() }],
            audience,
            topics,
            book: Arc::new(RwLock::new(Book::default())),
            capacity: proxy::feed::plan::Capacity::of_channels(18),
            always_on: Vec::new(),
            rereads,
            metrics: FeedMetrics::default(),
        });
        tokio::spawn(feed.run(inputs, hub_handle.clone()));
        let bench = Self { feed: handle, _asked: asked };
        bench.directory(&USERS).await;
        bench.read(&USERS, &[]).await;
        bench
    }

    async fn directory(&self, users: &[&str]) {
        let users = users.iter().map(|id| user(id, false)).collect();
        self.feed.tell(Input::Directory { users, queues: Vec::new(), definitions: Vec::new() }).await;
    }

    async fn read(&self, users: &[&str], unread: &[&str]) {
        let users = users.iter().map(|id| user(id, true)).collect();
        let unread = unread.iter().map(|id| (*id).into()).collect();
        let observations = ObservationsResponse::default();
        let began = Timestamp::from_ms(1);
        let read = Read { began, asked: Asked::AfterGap, users, unread, queues: Vec::new(), observations };
        self.feed.ask(|reply| Input::Read { read, reply }).await.expect("the feed runs");
    }

    async fn permits(&self, answers: Vec<ChannelTopic>) {
        let asked = USERS.iter().map(|id| TopicSet::of_user(&(*id).into())).collect();
        self.feed.tell(Input::Permits { asked, answers }).await;
    }

    /// The newest frame of a topic in a fresh snapshot.
    async fn frame(&self, topic: &str) -> Option<Value> {
        let owner = Owner::new("test");
        let opened = tokio::time::timeout(
            Duration::from_secs(5),
            self.feed.ask(|reply| Input::OpenWall {
                wall: WallId::new("w"),
                names: Names::Full,
                owner,
                since: None,
                reply,
            }),
        );
        let opened = opened.await.expect("in time").expect("it runs").expect("there is room");
        let frames =
            opened.picture.frames.iter().map(|text| serde_json::from_slice::<Value>(text).expect("JSON"));
        frames.filter(|frame| frame["topicName"] == topic).last()
    }

    async fn shard(&self, topic: &str) -> Value {
        self.frame(topic).await.expect("there is a frame")["rollcall"]["shard"].clone()
    }
}

fn user(id: &str, whole: bool) -> protocol::entity::User {
    let mut user = json!({ "id": id, "name": id, "state": "active" });
    if whole {
        user["presence"] = json!({
            "presenceDefinition": { "id": "d", "systemPresence": "Available" },
            "modifiedDate": "2026-01-01T00:00:00.000Z",
        });
        user["routingStatus"] = json!({ "status": "IDLE", "startTime": "2026-01-01T00:00:00.000Z" });
    }
    serde_json::from_value(user).expect("a user")
}

#[tokio::test]
async fn a_subject_with_a_refused_topic_is_vouched_for_by_nobody() {
    let bench = Bench::set_up().await;
    let set = |id: &str| TopicSet::of_user(&id.into()).text().to_owned();
    let permitted = || vec![ChannelTopic::permitted(&set("ann")), ChannelTopic::permitted(&set("bob"))];
    bench.permits(permitted()).await;
    assert_eq!(bench.shard("v2.users.ann.presence").await, 0);

    // The combined entry is granted, one of its parts is not.
    let mut answers = permitted();
    answers.push(ChannelTopic::rejected(
        "v2.users.ann.routingStatus",
        "no",
        vec!["routing:x:view".to_owned()],
    ));
    bench.permits(answers).await;
    assert_eq!(bench.shard("v2.users.ann.presence").await, UNCOVERED_SHARD);
    assert_eq!(bench.shard("rollcall.users.ann").await, UNCOVERED_SHARD);
    assert_eq!(bench.shard("v2.users.bob.presence").await, 0);

    // What is not answered is not granted, and what is granted later is covered again.
    bench.permits(vec![ChannelTopic::permitted(&set("ann"))]).await;
    assert_eq!(bench.shard("v2.users.ann.presence").await, 0);
    assert_eq!(bench.shard("v2.users.bob.presence").await, UNCOVERED_SHARD);
}

#[tokio::test]
async fn a_user_that_was_not_read_is_loading_until_it_is() {
    let bench = Bench::set_up().await;
    let loading =
        async || bench.frame("rollcall.users.ann").await.expect("a frame")["rollcall"]["loading"].clone();
    assert_eq!(loading().await, Value::Null);
    bench.read(&["bob"], &["ann"]).await;
    assert_eq!(loading().await, true);
    bench.read(&["ann"], &[]).await;
    assert_eq!(loading().await, Value::Null);
}

#[tokio::test]
async fn a_user_is_gone_when_two_polls_in_a_row_miss_it() {
    let bench = Bench::set_up().await;
    let deleted =
        async || bench.frame("rollcall.users.bob").await.expect("a frame")["eventBody"]["deleted"].clone();
    bench.directory(&["ann"]).await;
    assert_eq!(deleted().await, Value::Null, "one short listing deletes nobody");
    bench.directory(&USERS).await;
    bench.directory(&["ann"]).await;
    assert_eq!(deleted().await, Value::Null);
    bench.directory(&["ann"]).await;
    assert_eq!(deleted().await, true);
    assert_eq!(bench.frame("v2.users.bob.presence").await, None, "nothing of it is shown any more");
}
