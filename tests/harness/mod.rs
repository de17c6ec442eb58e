//! Simulator and proxy on free ports, talked to as any client would.
#![expect(dead_code, reason = "each test file uses its own part of the harness")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audited;
pub mod axe;
pub mod browser;
#[path = "../../src/clock.rs"]
mod clock;
pub mod database;
pub mod junk;
pub mod packages;
pub mod page;
pub mod process;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use protocol::Clock;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// Any wait for something that should happen at once.
pub const SOON: Duration = Duration::from_secs(10);

/// A free port on this machine.
pub const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub fn system_clock() -> Arc<dyn Clock> {
    Arc::new(clock::SystemClock::start())
}

/// A clock that begins at a date of its own and runs.
pub fn clock_from(date: &str) -> Arc<dyn Clock> {
    Arc::new(clock::SystemClock::start_as(Some(date.parse().unwrap()), false))
}

/// A clock that moves by being advanced alone.
pub fn standing_clock(date: &str) -> Arc<dyn Clock> {
    Arc::new(clock::SystemClock::start_as(Some(date.parse().unwrap()), true))
}

/// A speaker of the API, with a bearer token.
#[derive(Clone)]
pub struct Speaker {
    pub http: Client,
    pub base: String,
    pub bearer: String,
}

impl Speaker {
    /// Signs in by client credentials.
    pub async fn sign_in(base: &str, id: &str, secret: &str) -> Self {
        let http = http();
        let answer = http
            .post(format!("{base}/oauth/token"))
            .basic_auth(id, Some(secret))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .unwrap();
        let token: Value = answer.error_for_status().unwrap().json().await.unwrap();
        let bearer = token["access_token"].as_str().unwrap().to_owned();
        Self { http, base: base.to_owned(), bearer }
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.bearer);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, None).await;
        assert!(answer.status().is_success(), "GET {path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Value {
        let answer = self.call(method.clone(), path, Some(body)).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(if text.is_empty() { "null" } else { &text }).unwrap()
    }

    /// A channel with these topics, and its open socket.
    pub async fn listen(&self, topics: &[String]) -> Socket {
        let channel = self.send(Method::POST, "/api/v2/notifications/channels", &Value::Null).await;
        let id = channel["id"].as_str().unwrap();
        let topics: Vec<Value> = topics.iter().map(|topic| json!({ "id": topic })).collect();
        let path = format!("/api/v2/notifications/channels/{id}/subscriptions");
        self.send(Method::PUT, &path, &Value::Array(topics)).await;
        Socket::open(channel["connectUri"].as_str().unwrap()).await
    }

    /// Changes a user's presence, as somebody at Genesys would.
    pub async fn patch_presence(&self, user: &str, body: &Value) -> Value {
        self.send(Method::PATCH, &format!("/api/v2/users/{user}/presences/purecloud"), body).await
    }
}

/// A client's socket.
pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub async fn open(uri: &str) -> Self {
        Self(connect_async(uri).await.unwrap().0)
    }

    pub async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next text frame, or `None` when the socket ended.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            match timeout(SOON, self.0.next()).await.expect("a frame comes soon") {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame that fits; others are passed over.
    pub async fn find(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let search = async {
            loop {
                let frame = self.next().await.expect("the socket stays open");
                if fits(&frame) {
                    return frame;
                }
            }
        };
        timeout(SOON, search).await.expect("a fitting frame comes soon")
    }

    pub async fn find_topic(&mut self, topic: &str) -> Value {
        self.find(|frame| frame["topicName"].as_str().is_some_and(|t| t.eq_ignore_ascii_case(topic))).await
    }
}

/// A simulator and a proxy in this process.
pub struct House {
    pub simulator: simulator::Running,
    pub proxy: proxy::Running,
    pub clock: Arc<dyn Clock>,
    /// A client of the simulator.
    pub upstream: Speaker,
    /// The demo's machine client at the proxy.
    pub machine: Speaker,
    /// Where its audit log is.
    log: audited::Log,
}

impl House {
    /// The world stands still unless the configuration says otherwise.
    pub async fn start(config: simulator::Config) -> Self {
        Self::start_with(system_clock(), config, |_| {}).await
    }

    /// The same on another clock, with a proxy that is told more.
    pub async fn start_with(
        clock: Arc<dyn Clock>,
        config: simulator::Config,
        tell: impl FnOnce(&mut proxy::config::Config),
    ) -> Self {
        Self::start_apart((clock.clone(), clock), config, tell).await
    }

    /// The same with a clock for the simulator and one for the proxy, which is the house's.
    pub async fn start_apart(
        (theirs, clock): (Arc<dyn Clock>, Arc<dyn Clock>),
        config: simulator::Config,
        tell: impl FnOnce(&mut proxy::config::Config),
    ) -> Self {
        let simulator = simulator::start(config, theirs).await.unwrap();
        let mut config = proxy::config::Config::demo(simulator.address(), ANYWHERE);
        tell(&mut config);
        let log = audited::Log::of(&mut config);
        let proxy = proxy::start(config, clock.clone()).await.unwrap();
        let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
        let machine = Speaker::sign_in(&proxy.base_url(), "rollcall-demo", "rollcall-demo").await;
        let house = Self { simulator, proxy, clock, upstream, machine, log };
        house.ready().await;
        house
    }

    /// Another run of the proxy in the place of this one.
    pub async fn start_again(mut self, tell: impl FnOnce(&mut proxy::config::Config)) -> Self {
        let mut config = proxy::config::Config::demo(self.simulator.address(), self.proxy.address());
        tell(&mut config);
        self.log.check(&self.proxy.base_url(), self.proxy.stop()).await;
        self.log = audited::Log::of(&mut config);
        self.proxy = proxy::start(config, self.clock.clone()).await.unwrap();
        self.ready().await;
        self
    }

    pub async fn ready(&self) {
        ready(&self.proxy.base_url()).await;
    }

    /// The address of the wall `floor`; at `/` there are others beside it.
    pub fn floor(&self) -> String {
        format!("{}/wall/floor", self.proxy.base_url())
    }

    pub async fn truth(&self) -> Value {
        self.upstream.get("/simulator/truth").await
    }

    pub async fn scenario(&self, name: &str, events_per_second: Option<f64>) {
        let body = json!({ "name": name, "eventsPerSecond": events_per_second });
        self.upstream.send(Method::POST, "/simulator/scenario", &body).await;
    }

    pub async fn fault(&self, kind: &str, seconds: u32) {
        let body = json!({ "kind": kind, "seconds": seconds });
        self.upstream.send(Method::POST, "/simulator/faults", &body).await;
    }

    /// Ends both. Every write that was answered must be in the audit log, and the log as it was written.
    pub async fn stop(self) {
        self.log.check(&self.proxy.base_url(), self.proxy.stop()).await;
        self.simulator.stop().await;
    }

    /// Ends both after somebody was at the log.
    pub async fn stop_unchecked(self) {
        self.proxy.stop().await;
        self.simulator.stop().await;
    }
}

/// Waits until a proxy's first complete read is done.
pub async fn ready(base: &str) {
    let http = http();
    until(Duration::from_secs(30), "the proxy is ready", || async {
        let answer = http.get(format!("{base}/readyz")).send().await.ok()?;
        answer.status().is_success().then_some(())
    })
    .await;
}

/// Waits until something is so.
pub async fn until<T, F: Future<Output = Option<T>>>(
    limit: Duration,
    what: &str,
    check: impl Fn() -> F,
) -> T {
    let wait = async {
        loop {
            if let Some(found) = check().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(limit, wait).await.unwrap_or_else(|_| panic!("not within {limit:?}: {what}"))
}

/// A small organisation on a free port that stands still.
pub fn still(agents: usize, queues: usize) -> simulator::Config {
    simulator::Config { listen: ANYWHERE, agents, queues, events_per_second: Some(0.0), ..Default::default() }
}

/// A small organisation on a free port that lives.
pub fn lively(agents: usize, queues: usize) -> simulator::Config {
    simulator::Config { events_per_second: None, ..still(agents, queues) }
}

/// An HTTP client that goes straight to this machine.
pub fn http() -> Client {
    // Fails only when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}
