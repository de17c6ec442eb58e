//! A feed and a hub with a small organisation, and screens that are connected to them.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt as _;
use protocol::{
    ChannelTopic, Clock, Timestamp, TopicSet, WallId,
    entity::User,
    merge::Asked,
    query::ObservationsResponse,
    wall::{Names, WallDefinition},
};
use proxy::{
    feed::{Feed, FeedHandle, Input, Read, Surroundings, book::Book, plan::Subject},
    metrics::{FeedMetrics, RelayMetrics},
    relay::{Audience, Command, Hub, HubHandle, NotOpened, Owner, WallOpened, entitle::Topics},
    upstream::read,
};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

/// Above what anything here takes.
const PATIENCE: Duration = Duration::from_secs(5);

struct Moving(AtomicI64);

impl Clock for Moving {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

pub struct Bench {
    pub feed: FeedHandle,
    pub book: Arc<RwLock<Book>>,
    hub: HubHandle,
    // Held, so that the feed's line of re-reads has an end.
    _asked: tokio::sync::mpsc::Receiver<Vec<Subject>>,
}

/// Who is in the organisation: id, name, team.
pub type Person<'a> = (&'a str, &'a str, Option<&'a str>);
/// What is in it: id, name.
pub type Line<'a> = (&'a str, &'a str);

pub fn wall(definition: Value) -> WallDefinition {
    serde_json::from_value(definition).expect("a wall")
}

/// When the reads of a bench began: before anything that is heard.
pub const BEGAN: Timestamp = Timestamp::from_ms(1);

/// A user at work, of a team or of none.
pub fn user(id: &str, name: &str, team: Option<&str>) -> User {
    let team = team.map(|team| json!({ "id": format!("team {team}"), "name": team }));
    let user = json!({ "id": id, "name": name, "state": "active", "team": team,
        "presence": {
            "presenceDefinition": { "id": "d", "systemPresence": "Available" },
            "modifiedDate": "2026-01-01T00:00:00.000Z",
        },
        "routingStatus": { "status": "IDLE", "startTime": "2026-01-01T00:00:00.000Z" } });
    serde_json::from_value(user).expect("a user")
}

/// What a feed needs, with nobody beside it.
pub fn surroundings(clock: Arc<dyn Clock>, walls: Vec<WallDefinition>) -> Surroundings {
    Surroundings {
        clock,
        epoch: "run".to_owned(),
        build: "build".to_owned(),
        names: proxy::store::Names { key: [7; 32], aliases: Vec::new() },
        calendar: proxy::period::Calendar::utc(),
        store: proxy::store::Store::open(None).expect("memory"),
        observer: proxy::audit::observed::Observer::default(),
        samples: Vec::new(),
        walls,
        audience: Audience::default(),
        topics: Arc::default(),
        book: Arc::default(),
        capacity: proxy::feed::plan::Capacity::of_channels(18),
        always_on: Vec::new(),
        rereads: read::line().0,
        doubts: proxy::upstream::date::Doubts::default(),
        witness: Arc::default(),
        metrics: FeedMetrics::default(),
    }
}

/// Upstream was asked to tell of all of them, and does.
pub fn permitted(users: &[User], queues: &[protocol::QueueId]) -> Input {
    let users = users.iter().map(|user| Subject::User(user.id.clone()));
    let subjects = users.chain(queues.iter().cloned().map(Subject::Queue));
    let asked: Vec<TopicSet> = subjects.map(|subject| subject.topics()).collect();
    let answers = asked.iter().map(|set| ChannelTopic::permitted(set.text())).collect();
    Input::Permits { asked, answers }
}

impl Bench {
    pub fn set_up(walls: Vec<WallDefinition>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Moving(AtomicI64::new(1_000_000)));
        let topics = Arc::new(RwLock::new(Topics::default()));
        let audience = Audience::default();
        let metrics = RelayMetrics::default();
        let (hub_handle, commands) = proxy::relay::line();
        let hub = Hub::new(topics.clone(), audience.clone(), clock.clone(), String::new(), metrics);
        tokio::spawn(hub.run(commands));
        let (rereads, asked) = read::line();
        let (handle, inputs) = proxy::feed::line();
        let of_test = surroundings(clock, walls);
        let book = of_test.book.clone();
        let (feed, _plans) = Feed::new(Surroundings { audience, topics, rereads, ..of_test });
        tokio::spawn(feed.run(inputs, hub_handle.clone()));
        Self { feed: handle, book, hub: hub_handle, _asked: asked }
    }

    /// The polled lists, and then a read of everybody.
    pub async fn organisation(&self, people: &[Person<'_>], queues: &[Line<'_>]) {
        let users: Vec<_> = people.iter().map(|(id, name, team)| user(id, name, *team)).collect();
        let queues: Vec<protocol::entity::Queue> = queues
            .iter()
            .map(|(id, name)| serde_json::from_value(json!({ "id": id, "name": name })).expect("a queue"))
            .collect();
        let asked: Vec<protocol::QueueId> = queues.iter().map(|queue| queue.id.clone()).collect();
        let results: Vec<Value> = queues
            .iter()
            .map(|queue| {
                json!({ "group": { "queueId": queue.id, "mediaType": "voice" },
                    "data": [{ "metric": "oWaiting", "stats": { "count": 1 } }] })
            })
            .collect();
        self.feed.tell(Input::Directory { users: users.clone(), queues, definitions: Vec::new() }).await;
        self.feed.tell(permitted(&users, &asked)).await;
        let observations: ObservationsResponse =
            serde_json::from_value(json!({ "results": results })).expect("figures");
        let read =
            Read { began: BEGAN, asked: Asked::AfterGap, users, unread: vec![], queues: asked, observations };
        self.feed.ask(|reply| Input::Read { read, reply }).await.expect("the feed runs");
    }

    /// The polled list of people, of whom nothing was read yet.
    pub async fn listed(&self, people: &[Person<'_>]) {
        let users = people.iter().map(|(id, name, _)| json!({ "id": id, "name": name, "state": "active" }));
        let users = users.map(|user| serde_json::from_value(user).expect("a user")).collect();
        self.feed.tell(Input::Directory { users, queues: Vec::new(), definitions: Vec::new() }).await;
    }

    pub async fn define(&self, walls: Vec<WallDefinition>) {
        self.feed.tell(Input::Walls { walls }).await;
    }

    pub async fn open(&self, wall: &str, names: Names, since: Option<u64>) -> Result<WallOpened, NotOpened> {
        let wall = WallId::new(wall);
        let since = since.map(|seq| ("run".to_owned(), seq));
        let ask =
            self.feed.ask(|reply| Input::OpenWall { wall, names, owner: Owner::new("test"), since, reply });
        timeout(PATIENCE, ask).await.expect("in time").expect("the feed runs")
    }

    /// A screen of a wall with its socket.
    pub async fn screen(&self, wall: &str) -> Screen {
        self.screen_of(wall, Names::Full).await
    }

    pub async fn screen_of(&self, wall: &str, names: Names) -> Screen {
        let opened = self.open(wall, names, None).await.expect("there is a wall");
        let channel = opened.id.clone();
        let expected = self.hub.ask(|reply| Command::Expect { channel, reply }).await.flatten();
        let (_, ticket) = expected.expect("the channel is there");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("listens");
        let (stream, _) = listener.accept().await.expect("connected");
        let channel = opened.id.clone();
        self.hub.attach(channel, ticket, stream, &[]).await;
        let socket = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
        Screen { opened, socket }
    }
}

pub struct Screen {
    pub opened: WallOpened,
    socket: WebSocketStream<TcpStream>,
}

impl Screen {
    /// The next frame of a slot; `None` when the socket was closed.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("in time");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("JSON");
                    if frame["topicName"] != "channel.metadata" {
                        return Some(frame);
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Everything until a frame of this topic, that one included.
    pub async fn until(&mut self, topic: &str) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await.unwrap_or_else(|| panic!("closed before {topic}: {frames:?}"));
            let found = frame["topicName"] == topic;
            frames.push(frame);
            if found {
                return frames;
            }
        }
    }
}

/// The frames of a snapshot.
pub fn frames(opened: &WallOpened) -> Vec<Value> {
    opened.picture.frames.iter().map(|text| serde_json::from_slice(text).expect("JSON")).collect()
}

/// The topics of a snapshot.
pub fn topics(opened: &WallOpened) -> BTreeSet<String> {
    frames(opened).iter().map(|frame| frame["topicName"].as_str().expect("a topic").to_owned()).collect()
}
