//! The truth: what users and queues are, and how Genesys tells of them. In its simplest form.

use protocol::{
    QueueId, Timestamp, Topic, UserId,
    chance::Chance,
    entity::{Queue, User},
    query::ObservationsResponse,
};
use serde_json::{Value, json};

use crate::feed::plan::Subject;

#[derive(Clone, Debug)]
struct Agent {
    presence: u64,
    presence_since: Timestamp,
    on_queue: bool,
    status_since: Timestamp,
    calls: u64,
}

/// Everything that is so.
#[derive(Debug)]
pub(super) struct World {
    agents: Vec<Agent>,
    /// How many of the agents work here now: the first ones.
    employed: usize,
    waiting: Vec<u64>,
    /// After how many changes a figure is what it was.
    pub(super) comes_again_after: u64,
    /// All topics that change.
    topics: Vec<String>,
    /// When each facet changed last.
    changed: std::collections::BTreeMap<String, Timestamp>,
    /// All that each was, one after the other.
    history: std::collections::BTreeMap<String, Vec<String>>,
}

/// A topic rests for this long between its changes.
const RESTS_MS: i64 = 500;

/// Picks until one is found that has rested.
const PICKS_MAX: usize = 1_000;

/// Figures come again after so many changes, and with them the very same bodies: too many to be on their way at once.
const COMES_AGAIN_AFTER: u64 = 7;

const DEFINITIONS: [&str; 4] = ["Available", "Busy", "Meal", "Meeting"];

impl World {
    pub(super) fn new(agents: usize, queues: usize, now: Timestamp) -> Self {
        let agent = Agent { presence: 0, presence_since: now, on_queue: false, status_since: now, calls: 0 };
        let mut world = Self {
            agents: vec![agent; agents],
            employed: 0,
            waiting: vec![0; queues],
            comes_again_after: COMES_AGAIN_AFTER,
            topics: Vec::new(),
            changed: std::collections::BTreeMap::new(),
            history: std::collections::BTreeMap::new(),
        };
        world.employ(agents);
        world
    }

    /// From now on so many agents work here, or all.
    pub(super) fn employ(&mut self, agents: usize) {
        self.employed = agents.min(self.agents.len());
        let of_user = |n: usize| {
            [
                Topic::UserPresence(user(n)),
                Topic::UserRoutingStatus(user(n)),
                Topic::UserConversationSummary(user(n)),
            ]
        };
        let users = (0..self.employed).flat_map(of_user);
        let queues = (0..self.waiting.len()).map(|n| Topic::QueueObservations(queue(n)));
        self.topics = users.chain(queues).map(|topic| topic.to_string()).collect();
    }

    pub(super) fn users(&self) -> Vec<User> {
        (0..self.employed)
            .map(|n| entity(json!({ "id": user(n), "name": user(n), "state": "active" })))
            .collect()
    }

    pub(super) fn queues(&self) -> Vec<Queue> {
        (0..self.waiting.len()).map(|n| entity(json!({ "id": queue(n), "name": queue(n) }))).collect()
    }

    /// Something happens: the topic that tells of it and the event's body.
    pub(super) fn change(&mut self, now: Timestamp, chance: &mut Chance) -> (String, Value) {
        // Of one that changes twice within a flush only the newest is told, and that is no loss.
        let rested = |at: &usize| now.ms_since(self.changed(&self.topics[*at])) >= RESTS_MS;
        let picks = std::iter::repeat_with(|| chance.within(0, self.topics.len() as i64 - 1) as usize);
        let at = picks.take(PICKS_MAX).find(rested).unwrap_or_default();
        let topic = self.topics[at].clone();
        let (n, facet) = (at / 3, at % 3);
        if n >= self.employed {
            let n = at - self.employed * 3;
            self.waiting[n] = (self.waiting[n] + 1) % self.comes_again_after;
        } else {
            let agent = &mut self.agents[n];
            match facet {
                0 => {
                    agent.presence += 1;
                    agent.presence_since = now;
                }
                1 => {
                    agent.on_queue = !agent.on_queue;
                    agent.status_since = now;
                }
                _ => agent.calls = (agent.calls + 1) % self.comes_again_after,
            }
        }
        self.changed.insert(topic.clone(), now);
        let body = self.body(&topic);
        self.history.entry(topic.clone()).or_default().push(told(&topic, &body));
        (topic, body)
    }

    /// The body of the event that tells how a topic's subject is now.
    fn body(&self, topic: &str) -> Value {
        let (facet, n) = facet(topic);
        match facet {
            Facet::Presence => {
                let agent = &self.agents[n];
                let system = DEFINITIONS[(agent.presence % 4) as usize];
                json!({
                    "source": "PURECLOUD",
                    "presenceDefinition": { "id": format!("d{}", agent.presence % 4), "systemPresence": system.to_uppercase() },
                    "modifiedDate": agent.presence_since,
                    "message": format!("{}", agent.presence),
                })
            }
            Facet::RoutingStatus => json!({ "id": user(n), "routingStatus": status(&self.agents[n]) }),
            Facet::Calls => summary(&user(n), &self.agents[n]),
            Facet::Waiting => json!({
                "group": { "queueId": queue(n), "mediaType": "voice" },
                "data": [{ "metrics": [{ "metric": "oWaiting", "stats": { "count": self.waiting[n] } }] }],
            }),
        }
    }

    /// What reads answer: users with their expansions.
    pub(super) fn read_users(&self, subjects: &[Subject]) -> Vec<User> {
        let read = |subject: &Subject| {
            let Subject::User(id) = subject else { return None };
            let agent = &self.agents[number(id.as_str())];
            let system = DEFINITIONS[(agent.presence % 4) as usize];
            Some(entity(json!({
                "id": id, "name": id, "state": "active",
                "presence": {
                    "presenceDefinition": { "id": format!("d{}", agent.presence % 4), "systemPresence": system },
                    "modifiedDate": agent.presence_since,
                    "message": format!("{}", agent.presence),
                },
                "routingStatus": status(agent),
                "conversationSummary": summary(id, agent),
            })))
        };
        subjects.iter().filter_map(read).collect()
    }

    /// And the queues' figures.
    pub(super) fn read_queues(&self, subjects: &[Subject]) -> (Vec<QueueId>, ObservationsResponse) {
        let ids: Vec<QueueId> = subjects
            .iter()
            .filter_map(|subject| match subject {
                Subject::Queue(id) => Some(id.clone()),
                Subject::User(_) => None,
            })
            .collect();
        let results: Vec<Value> = ids
            .iter()
            .map(|id| {
                let waiting = self.waiting[number(id.as_str())];
                json!({
                    "group": { "queueId": id, "mediaType": "voice" },
                    "data": [{ "metric": "oWaiting", "stats": { "count": waiting } }],
                })
            })
            .collect();
        (ids, entity(json!({ "results": results })))
    }

    /// All topics that change.
    pub(super) fn topics(&self) -> &[String] {
        &self.topics
    }

    /// A topic's truth in a short text, which [`told`] makes of an event's body, too.
    pub(super) fn truth(&self, topic: &str) -> String {
        told(topic, &self.body(topic))
    }

    /// All that a topic's truth was since the beginning, but for how it began.
    pub(super) fn history(&self, topic: &str) -> &[String] {
        self.history.get(topic).map_or(&[], Vec::as_slice)
    }

    /// When a topic's truth changed last.
    pub(super) fn changed(&self, topic: &str) -> Timestamp {
        self.changed.get(topic).copied().unwrap_or_default()
    }
}

/// What an event's body tells: what is compared.
pub(super) fn told(topic: &str, body: &Value) -> String {
    match facet(topic).0 {
        Facet::Presence => format!("{} {}", body["presenceDefinition"]["id"], body["modifiedDate"]),
        Facet::RoutingStatus => body["routingStatus"].to_string(),
        Facet::Calls => body["call"]["contactCenter"]["active"].as_u64().unwrap_or(0).to_string(),
        Facet::Waiting => {
            let metrics = body["data"][0]["metrics"].as_array().cloned().unwrap_or_default();
            let waiting = metrics.iter().find(|metric| metric["metric"] == "oWaiting");
            let count = waiting.and_then(|metric| metric["stats"]["count"].as_f64()).unwrap_or(0.0);
            format!("{count}")
        }
    }
}

/// What a topic tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Facet {
    Presence,
    RoutingStatus,
    Calls,
    Waiting,
}

/// What a topic tells of, and the number of its subject.
pub(super) fn facet(topic: &str) -> (Facet, usize) {
    let mut parts = topic.rsplit('.');
    let facet = match parts.next() {
        Some("presence") => Facet::Presence,
        Some("routingStatus") => Facet::RoutingStatus,
        Some("conversationsummary") => Facet::Calls,
        Some("observations") => Facet::Waiting,
        other => unreachable!("{other:?} does not change"),
    };
    (facet, number(parts.next().expect("a subject")))
}

fn status(agent: &Agent) -> Value {
    json!({ "status": if agent.on_queue { "IDLE" } else { "OFF_QUEUE" }, "startTime": agent.status_since })
}

fn summary(id: &UserId, agent: &Agent) -> Value {
    json!({ "userId": id, "call": { "contactCenter": { "active": agent.calls, "acw": 0 } } })
}

fn user(n: usize) -> UserId {
    UserId::new(&format!("user-{n}"))
}

fn queue(n: usize) -> QueueId {
    QueueId::new(&format!("queue-{n}"))
}

fn number(id: &str) -> usize {
    id.rsplit('-').next().and_then(|n| n.parse().ok()).expect("an id of ours")
}

fn entity<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("an entity as Genesys writes it")
}
