//! Figures counted again from conversation details, one conversation after another: by another way than aggregates.

use std::collections::BTreeMap;

use protocol::{QueueId, Timestamp, UserId};
use reqwest::Method;
use serde_json::{Value, json};

use super::harness::Speaker;

const PAGE: usize = 100;
/// Who gives up earlier does not count against the service level: simulator/DIFFERENCES.md.
const SHORT_ABANDON_MS: i64 = 10_000;

/// What happened in a queue in a period.
#[derive(Clone, Debug, Default)]
pub struct Count {
    pub offered: u32,
    pub answered: u32,
    pub abandoned: u32,
    pub handled: u32,
    in_time: u32,
    counted: u32,
    answer_ms: i64,
    handle_ms: i64,
}

impl Count {
    pub fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.handled += other.handled;
        self.in_time += other.in_time;
        self.counted += other.counted;
        self.answer_ms += other.answer_ms;
        self.handle_ms += other.handle_ms;
    }

    pub fn service_level(&self) -> Option<f64> {
        (self.counted > 0).then(|| f64::from(self.in_time) / f64::from(self.counted) * 100.0)
    }

    pub fn abandon_rate(&self) -> Option<f64> {
        (self.offered > 0).then(|| f64::from(self.abandoned) / f64::from(self.offered) * 100.0)
    }

    pub fn handle_time(&self) -> Option<f64> {
        (self.handled > 0).then(|| self.handle_ms as f64 / 1_000.0 / f64::from(self.handled))
    }

    pub fn answer_time(&self) -> Option<f64> {
        (self.answered > 0).then(|| self.answer_ms as f64 / 1_000.0 / f64::from(self.answered))
    }

    fn take(&mut self, metric: &str, value: i64, target_ms: i64) {
        match metric {
            "nOffered" => self.offered += 1,
            "tAnswered" => {
                self.answered += 1;
                self.answer_ms += value;
                self.counted += 1;
                self.in_time += u32::from(value <= target_ms);
            }
            "tAbandon" => {
                self.abandoned += 1;
                self.counted += u32::from(value >= SHORT_ABANDON_MS);
            }
            "tHandle" => {
                self.handled += 1;
                self.handle_ms += value;
            }
            _ => {}
        }
    }
}

/// Of each queue: since the beginning of the interval, and since midnight.
type ByQueue = BTreeMap<QueueId, (Count, Count)>;
/// How many conversations each user handled since midnight, and for how many milliseconds.
type ByUser = BTreeMap<UserId, (u32, i64)>;

/// Counts the conversations of a day.
pub async fn recount(
    upstream: &Speaker,
    midnight: Timestamp,
    interval: Timestamp,
    now: Timestamp,
) -> (ByQueue, ByUser) {
    let (mut counts, mut users) = (ByQueue::new(), ByUser::new());
    let mut targets: BTreeMap<(QueueId, String), i64> = BTreeMap::new();
    for queue in upstream.get("/api/v2/routing/queues?pageSize=100").await["entities"].as_array().unwrap() {
        let id = QueueId::new(queue["id"].as_str().unwrap());
        for (media, settings) in queue["mediaSettings"].as_object().unwrap() {
            if let Some(target) = settings["serviceLevel"]["durationMs"].as_i64() {
                // Settings say call where analytics say voice.
                let media = if media == "call" { "voice" } else { media.as_str() };
                targets.insert((id.clone(), media.to_owned()), target);
            }
        }
        counts.insert(id, (Count::default(), Count::default()));
    }
    for number in 1.. {
        // From the day before: who was there at midnight had begun earlier.
        let query = json!({
            "interval": format!("{}/{now}", midnight.plus_ms(-86_400_000)),
            "paging": { "pageSize": PAGE, "pageNumber": number },
        });
        let page = upstream.send(Method::POST, "/api/v2/analytics/conversations/details/query", &query).await;
        let Some(conversations) = page["conversations"].as_array() else { break };
        for (user, session) in conversations.iter().flat_map(sessions) {
            let Some(queue) = session["segments"][0]["queueId"].as_str().map(QueueId::new) else { continue };
            let media = session["mediaType"].as_str().unwrap().to_owned();
            let target_ms = targets.get(&(queue.clone(), media)).copied().unwrap_or_default();
            let (in_interval, today) = counts.get_mut(&queue).unwrap();
            for metric in session["metrics"].as_array().unwrap() {
                let (name, value) = (metric["name"].as_str().unwrap(), metric["value"].as_i64().unwrap());
                let at: Timestamp = metric["emitDate"].as_str().unwrap().parse().unwrap();
                if at >= midnight {
                    today.take(name, value, target_ms);
                    if let (Some(user), "tHandle") = (user, name) {
                        let handled = users.entry(UserId::new(user)).or_default();
                        *handled = (handled.0 + 1, handled.1 + value);
                    }
                }
                if at >= interval {
                    in_interval.take(name, value, target_ms);
                }
            }
        }
        if conversations.len() < PAGE {
            break;
        }
    }
    (counts, users)
}

/// The sessions of a conversation, and whose each is.
fn sessions(conversation: &Value) -> impl Iterator<Item = (Option<&str>, &Value)> {
    let participants = conversation["participants"].as_array().unwrap();
    participants.iter().flat_map(|participant| {
        let sessions = participant["sessions"].as_array().unwrap();
        sessions.iter().map(|session| (participant["userId"].as_str(), session))
    })
}
