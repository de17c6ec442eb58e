//! Hears every topic that the vendor describes, for everybody, and checks each event.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{
    caller::{CROWD, Caller, LISTENER},
    slice::{Slice, is_guid},
};

/// Topics of which a rush must bring events. Whoever lets the simulator speak of another topic adds it.
pub const PRODUCED: &[&str] = &[
    "v2.analytics.queues.{id}.activity",
    "v2.analytics.queues.{id}.observations",
    "v2.system.no_longer_subscribed.{id}",
    "v2.users.{id}.activity",
    "v2.users.{id}.conversationsummary",
    "v2.users.{id}.presence",
    "v2.users.{id}.routingStatus",
];

/// Topics of a channel, with room to spare.
const TOPICS_A_CHANNEL: usize = 900;
/// Channels that a client may have.
const CHANNELS_PER_CLIENT: usize = 20;
const CHANNELS: &str = "/api/v2/notifications/channels";
/// Long enough for anything that should come at all.
const PATIENCE: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The sockets, and what they have heard.
pub struct Listener {
    sockets: Vec<Socket>,
    /// Events by topic.
    pub heard: BTreeMap<String, u32>,
    /// What was wrong, and how often.
    pub faults: BTreeMap<String, u32>,
}

impl Listener {
    pub async fn open(caller: &mut Caller<'_>, slice: &Slice) -> Self {
        let topics = topics(&caller.truth().await, slice);
        let mut listener = Self { sockets: Vec::new(), heard: BTreeMap::new(), faults: BTreeMap::new() };
        for topics in topics.chunks(TOPICS_A_CHANNEL) {
            let id = listener.add_channel(caller, LISTENER).await;
            let body = json!(topics.iter().map(|topic| json!({ "id": topic })).collect::<Vec<_>>());
            let path = format!("{CHANNELS}/{id}/subscriptions?ignoreErrors=true");
            assert_eq!(caller.call(LISTENER, Method::PUT, &path, Some(body.to_string())).await, 200);
        }
        listener
    }

    /// Opens one channel more than a client may have, each with a socket: the first one is told so.
    pub async fn crowd_out(&mut self, caller: &mut Caller<'_>) {
        for _ in 0..=CHANNELS_PER_CLIENT {
            self.add_channel(caller, CROWD).await;
        }
    }

    /// Checks everything that has come until now: a pong comes after it.
    pub async fn hear(&mut self, slice: &Slice) {
        for index in 0..self.sockets.len() {
            let ping = slice.control_message("clientPing").to_string();
            // A socket that was ended has said its last word; what it said is still read.
            let _ = self.sockets[index].send(Message::text(ping)).await;
            let until = Instant::now() + PATIENCE;
            loop {
                let rest = until.saturating_duration_since(Instant::now());
                let next = timeout(rest, self.sockets[index].next()).await.expect("an answer to a ping");
                let Some(Ok(Message::Text(text))) = next else { break };
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame == *slice.control_message("serverPong") {
                    break;
                }
                self.check(slice, &frame);
            }
        }
    }

    fn check(&mut self, slice: &Slice, frame: &Value) {
        if frame == slice.control_message("serverHeartbeat") {
            return;
        }
        let name = frame["topicName"].as_str().unwrap_or_default();
        let topic = kind_of(slice, name);
        *self.heard.entry(topic.clone()).or_default() += 1;
        for fault in slice.faults_of_event(&topic, frame) {
            *self.faults.entry(fault).or_default() += 1;
        }
    }

    async fn add_channel(&mut self, caller: &mut Caller<'_>, client: &str) -> String {
        let channel = caller.answer(client, Method::POST, CHANNELS, None).await.body;
        self.sockets.push(connect_async(channel["connectUri"].as_str().unwrap()).await.unwrap().0);
        channel["id"].as_str().unwrap().to_owned()
    }
}

/// Every described topic, for every user, queue, team and so on that the truth knows.
fn topics(truth: &Value, slice: &Slice) -> Vec<String> {
    let ids = |list: &str| -> Vec<String> {
        let entities = truth[list].as_array().into_iter().flatten();
        entities.filter_map(|entity| Some(entity["id"].as_str()?.to_owned())).collect()
    };
    let families = [
        ("users", "agents"),
        ("agent", "agents"),
        ("queues", "queues"),
        ("managementunits", "managementUnits"),
        ("businessunits", "businessUnits"),
        ("teams", "teams"),
    ];
    let mut topics = Vec::new();
    for topic in slice.topics() {
        let Some((before, _)) = topic.split_once(".{id}") else {
            topics.push(topic.to_owned());
            continue;
        };
        let family = before.rsplit('.').next().unwrap_or_default();
        if let Some((_, list)) = families.iter().find(|(name, _)| *name == family) {
            topics.extend(ids(list).iter().map(|id| topic.replace("{id}", id)));
        }
    }
    topics
}

/// The topic with `{id}` in the place of what is one.
fn kind_of(slice: &Slice, name: &str) -> String {
    let is_id = |part: &str| is_guid(part) || part.starts_with("streaming-");
    let parts = name.split('.').map(|part| if is_id(part) { "{id}" } else { part });
    let kind = parts.collect::<Vec<_>>().join(".");
    slice.topics().into_iter().find(|topic| *topic == kind).map_or(kind.clone(), str::to_owned)
}
