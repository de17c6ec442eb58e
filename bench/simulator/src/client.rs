//! A client of the simulator: its token, its calls, and its ears.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::Instant};
use tokio_tungstenite::connect_async;

/// Topics that a channel holds.
const TOPICS_PER_CHANNEL: usize = 1_000;
/// A call is made so often; the fastest counts, because others disturb only upwards.
const CALLS: usize = 5;

pub struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// Sockets that count what they hear, until this is dropped.
pub struct Listener {
    heard: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<()>>,
}

impl Client {
    /// Takes a token.
    pub async fn sign_in(url: String) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let post = http
            .post(format!("{url}/oauth/token"))
            .basic_auth("simulator", Some("simulator"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let answer: Value = post.send().await?.error_for_status()?.json().await?;
        let token = answer["access_token"].as_str().context("no access_token")?.to_owned();
        Ok(Self { http, url, token })
    }

    /// The whole world as it is.
    pub async fn truth(&self) -> Result<Value> {
        let get = self.http.get(format!("{}/simulator/truth", self.url)).bearer_auth(&self.token);
        Ok(get.send().await?.error_for_status()?.json().await?)
    }

    /// The observations of all queues and, as far as there is room, three topics of each user.
    pub async fn topics(&self, most: usize) -> Result<Vec<String>> {
        let mut topics = Vec::new();
        for id in self.ids("/api/v2/routing/queues", most).await? {
            topics.push(format!("v2.analytics.queues.{id}.observations"));
        }
        for id in self.ids("/api/v2/users", most / 3).await? {
            for facet in ["presence", "routingStatus", "conversationsummary"] {
                topics.push(format!("v2.users.{id}.{facet}"));
            }
        }
        topics.truncate(most);
        Ok(topics)
    }

    /// Opens as many channels as the topics need, with a socket each.
    pub async fn listen(&self, topics: &[String]) -> Result<Listener> {
        let mut listener = Listener { heard: Arc::default(), tasks: Vec::new() };
        for part in topics.chunks(TOPICS_PER_CHANNEL) {
            let channels = format!("{}/api/v2/notifications/channels", self.url);
            let post = self.http.post(&channels).bearer_auth(&self.token).header("content-length", "0");
            let channel: Value = post.send().await?.error_for_status()?.json().await?;
            let (id, uri) = (channel["id"].as_str(), channel["connectUri"].as_str());
            let (id, uri) = id.zip(uri).context("a channel without id or connectUri")?;
            let topics: Vec<Value> = part.iter().map(|topic| json!({ "id": topic })).collect();
            let put = self.http.put(format!("{channels}/{id}/subscriptions"));
            put.bearer_auth(&self.token).json(&topics).send().await?.error_for_status()?;
            let (mut socket, _) = connect_async(uri).await?;
            let heard = listener.heard.clone();
            listener.tasks.push(tokio::spawn(async move {
                while let Some(Ok(_)) = socket.next().await {
                    heard.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        Ok(listener)
    }

    /// How long a call takes, in ms.
    pub async fn time(&self, path: &str) -> Result<f64> {
        let mut fastest = Duration::MAX;
        for _ in 0..CALLS {
            let began = Instant::now();
            let get = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
            let body = get.send().await?.error_for_status()?.bytes().await?;
            if body.is_empty() {
                bail!("{path} has answered nothing");
            }
            fastest = fastest.min(began.elapsed());
        }
        Ok(fastest.as_secs_f64() * 1_000.0)
    }

    async fn ids(&self, path: &str, most: usize) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        let mut number = 1;
        while ids.len() < most {
            let get = self.http.get(format!("{}{path}?pageSize=500&pageNumber={number}", self.url));
            let page: Value = get.bearer_auth(&self.token).send().await?.error_for_status()?.json().await?;
            let entities = page["entities"].as_array().context("no entities")?;
            ids.extend(entities.iter().filter_map(|entity| entity["id"].as_str().map(str::to_owned)));
            if page["nextUri"].is_null() {
                break;
            }
            number += 1;
        }
        ids.truncate(most);
        Ok(ids)
    }
}

impl Listener {
    /// Frames so far.
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
