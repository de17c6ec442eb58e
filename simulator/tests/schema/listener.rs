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

/// Topics of which events must come. Whoever lets the simulator speak of another topic moves it here.
pub const PRODUCED: &[&str] = &[
    "v2.analytics.queues.{id}.activity",
    "v2.analytics.queues.{id}.observations",
    "v2.analytics.users.{id}.aggregates",
    "v2.audits.entitytype.{id}.entityid.{id}",
    "v2.detail.events.agent.{id}.state",
    "v2.routing.queues.{id}.conversations",
    "v2.routing.queues.{id}.users",
    "v2.subscription.updated",
    "v2.system.no_longer_subscribed.{id}",
    "v2.system.socket_closing",
    "v2.system.token_revoked.{id}",
    "v2.users.{id}.activity",
    "v2.users.{id}.conversationsummary",
    "v2.users.{id}.outofoffice",
    "v2.users.{id}.presence",
    "v2.users.{id}.routingStatus",
    "v2.users.{id}.workforcemanagement.adherence",
    "v2.users.{id}.workforcemanagement.adherence.historical.bulk",
    "v2.users.{id}.workforcemanagement.historicaladherencequery",
    "v2.users.{id}.workforcemanagement.schedules",
    "v2.workforcemanagement.managementunits.{id}.adherence",
    "v2.workforcemanagement.managementunits.{id}.agentschedules.changed",
    "v2.workforcemanagement.teams.{id}.adherence",
    "v2.workforcemanagement.users.{id}.schedules.search",
];

const NO_EXPLANATIONS: &str = "nobody explains anything in this world";
const NO_PLANNING: &str = "schedules are not planned, imported or generated here, only moved";

/// Topics that can be subscribed and of which nothing ever comes, each with the reason. One that is
/// described stands either here or among those produced.
pub const SILENT: &[(&str, &str)] = &[
    ("v2.system.{id}.{id}", "stands for the single system topics, which come under their own names"),
    ("v2.users.{id}.callforwarding", "calls are not forwarded in this world"),
    ("v2.users.{id}.geolocation", "nobody tells a place"),
    ("v2.users.{id}.integrationpresence", "the platform is the only source of presences"),
    ("v2.users.{id}.station", "there are no stations"),
    ("v2.users.{id}.tokens", "whether and when it speaks on a socket is not known"),
    ("v2.users.{id}.workforcemanagement.adherence.explanations.jobs", NO_EXPLANATIONS),
    (
        "v2.users.{id}.workforcemanagement.agentschedules.managementunit.search.complete",
        "searches are announced under v2.workforcemanagement.users.{id}.schedules.search",
    ),
    (
        "v2.users.{id}.workforcemanagement.notifications",
        "there are no trades of shifts and no time-off requests",
    ),
    ("v2.workforcemanagement.businessunits.{id}.schedules", NO_PLANNING),
    ("v2.workforcemanagement.managementunits.{id}.schedules", NO_PLANNING),
    ("v2.workforcemanagement.users.{id}.schedules.query", "a query of a week's schedule has no route"),
];

/// What the two lists and the description say of each other, as complaints.
pub fn topics_in_no_list(slice: &Slice) -> Vec<String> {
    let listed = || PRODUCED.iter().copied().chain(SILENT.iter().map(|(topic, _)| *topic));
    let mut complaints = Vec::new();
    for topic in slice.topics() {
        match listed().filter(|name| *name == topic).count() {
            0 => complaints.push(format!("{topic}: neither in PRODUCED nor in SILENT of listener.rs")),
            1 => {}
            _ => complaints.push(format!("{topic}: in both lists of listener.rs, or twice")),
        }
    }
    let unknown = listed().filter(|name| !slice.topics().contains(name));
    complaints.extend(unknown.map(|topic| format!("{topic}: is listed, but not described")));
    complaints
}

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
        let mut entities = caller.truth().await;
        let lists = [
            ("teams", "/api/v2/teams?pageSize=100"),
            ("managementUnits", "/api/v2/workforcemanagement/managementunits"),
            ("businessUnits", "/api/v2/workforcemanagement/businessunits"),
        ];
        for (name, path) in lists {
            entities[name] = caller.answer(LISTENER, Method::GET, path, None).await.body["entities"].clone();
        }
        let topics = topics(&entities, slice);
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

    /// Loses its token, and is told so.
    pub async fn lose_token(&mut self, caller: &mut Caller<'_>) {
        assert_eq!(caller.call(LISTENER, Method::DELETE, "/api/v2/tokens/me", None).await, 200);
    }

    /// Hears until an event of this topic has come, or long enough for it. A pong may overtake it.
    pub async fn hear_until(&mut self, slice: &Slice, topic: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.heard.contains_key(topic) && Instant::now() < until {
            self.hear(slice).await;
        }
    }

    /// Checks what has come until now.
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

/// Every described topic, for every user, queue, team and so on that there is.
fn topics(entities: &Value, slice: &Slice) -> Vec<String> {
    let ids = |list: &str| -> Vec<String> {
        let entities = entities[list].as_array().into_iter().flatten();
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
        if family == "entitytype" {
            let of_queues = topic.replacen("{id}", "Queue", 1);
            topics.extend(ids("queues").iter().map(|id| of_queues.replace("{id}", id)));
        }
        if let Some((_, list)) = families.iter().find(|(name, _)| *name == family) {
            topics.extend(ids(list).iter().map(|id| topic.replace("{id}", id)));
        }
    }
    topics
}

/// The topic with `{id}` in the place of what is one.
fn kind_of(slice: &Slice, name: &str) -> String {
    let is_id = |part: &str| is_guid(part) || part.starts_with("streaming-");
    let name = name.replace(".entitytype.Queue.", ".entitytype.{id}.");
    let parts = name.split('.').map(|part| if is_id(part) { "{id}" } else { part });
    let kind = parts.collect::<Vec<_>>().join(".");
    slice.topics().into_iter().find(|topic| *topic == kind).map_or(kind.clone(), str::to_owned)
}
