//! A simulator on a free port, a client of it, and a socket that waits for what should come.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use protocol::{Clock, Timestamp};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use simulator::{Config, Running, start};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async, connect_async,
    tungstenite::{self, Message},
};

/// Long enough for anything that should come at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// A clock that goes with tokio's and can be moved.
pub struct TestClock {
    began: Instant,
    moved_ms: AtomicI64,
}

impl Default for TestClock {
    fn default() -> Self {
        Self { began: Instant::now(), moved_ms: AtomicI64::new(0) }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let passed_ms = i64::try_from(self.began.elapsed().as_millis()).unwrap();
        Timestamp::from_ms(1_767_225_600_000 + passed_ms + self.moved_ms.load(Ordering::SeqCst))
    }

    fn advance_ms(&self, ms: i64) {
        self.moved_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

/// A simulator whose world stands still, unless the test says otherwise.
pub fn still() -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        agents: 60,
        queues: 5,
        events_per_second: Some(0.0),
        ..Config::default()
    }
}

/// The same, with the other answer to one open question.
pub fn other_answer(name: &str) -> Config {
    let mut config = still();
    assert!(config.answers.turn(name), "{name}");
    config
}

/// A running simulator and a token of it.
pub struct House {
    pub running: Running,
    pub http: Client,
    pub token: String,
}

impl House {
    pub async fn open(config: Config) -> Self {
        // Every test may be the first; that another was faster is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let running = start(config, Arc::new(TestClock::default())).await.unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        let token = mint(&http, &running.base_url()).await;
        Self { running, http, token }
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        self.call_as(&self.token, method, path, body).await
    }

    pub async fn call_as(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}{path}", self.running.base_url());
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    /// A call that succeeds.
    pub async fn ok(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let response = self.call(method, path, body).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// A call that is refused with this status and code, by a whole ErrorBody.
    pub async fn refused(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        expected: (u16, &str),
    ) -> String {
        let response = self.call(method, path, body).await;
        check_refusal(response, expected).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ok(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.ok(Method::POST, path, Some(body)).await
    }

    pub async fn truth(&self) -> Value {
        self.get("/simulator/truth").await
    }

    /// Follows `nextUri` to the end.
    pub async fn all_pages(&self, path: &str) -> Vec<Value> {
        let mut entities = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).await;
            entities.extend(page["entities"].as_array().unwrap().iter().cloned());
            next = page["nextUri"].as_str().map(str::to_owned);
        }
        entities
    }

    pub async fn new_token(&self) -> String {
        mint(&self.http, &self.running.base_url()).await
    }

    /// A channel, and the path of its subscriptions.
    pub async fn channel(&self) -> (Value, String) {
        let channel = self.ok(Method::POST, "/api/v2/notifications/channels", Some(Value::Null)).await;
        let id = channel["id"].as_str().unwrap();
        let path = format!("/api/v2/notifications/channels/{id}/subscriptions");
        (channel, path)
    }

    /// A socket that hears these topics.
    pub async fn listen(&self, topics: &[String]) -> Socket {
        let (channel, path) = self.channel().await;
        let socket = Socket::connect(&channel).await;
        let topics: Vec<Value> = topics.iter().map(|topic| json!({ "id": topic })).collect();
        self.ok(Method::PUT, &path, Some(topics.into())).await;
        socket
    }
}

async fn mint(http: &Client, base_url: &str) -> String {
    let request = http
        .post(format!("{base_url}/oauth/token"))
        .basic_auth("simulator", Some("simulator"))
        .form(&[("grant_type", "client_credentials")]);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("bearer"), &json!(86_400)));
    answer["access_token"].as_str().unwrap().to_owned()
}

pub async fn check_refusal(response: Response, (status, code): (u16, &str)) -> String {
    let correlation_id = response.headers()["inin-correlation-id"].to_str().unwrap().to_owned();
    let is = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert_eq!(is, status, "{text}");
    let body: protocol::ErrorBody = serde_json::from_str(&text).unwrap();
    assert_eq!((body.status, body.code.as_str()), (status, code), "{text}");
    assert_eq!(body.context_id, Some(correlation_id));
    assert!(!body.message.is_empty());
    body.message
}

/// A socket of a channel.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub async fn connect(channel: &Value) -> Self {
        Self::try_connect(channel).await.unwrap()
    }

    pub async fn try_connect(channel: &Value) -> Result<Self, tungstenite::Error> {
        let uri = channel["connectUri"].as_str().unwrap();
        Ok(Self(connect_async(uri).await?.0))
    }

    /// A socket behind a small window, whose owner does not read.
    pub async fn lazy(channel: &Value, address: SocketAddr) -> WebSocketStream<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let stream = socket.connect(address).await.unwrap();
        client_async(channel["connectUri"].as_str().unwrap(), stream).await.unwrap().0
    }

    pub async fn say(&mut self, said: Value) {
        self.0.send(Message::text(said.to_string())).await.unwrap();
    }

    pub async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub async fn next(&mut self) -> Option<Message> {
        timeout(PATIENCE, self.0.next()).await.expect("something comes")?.ok()
    }

    /// The next frame of text.
    pub async fn frame(&mut self) -> Value {
        match self.next().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("a frame of text was expected, not {other:?}"),
        }
    }

    /// The next event of this topic; others are passed over.
    pub async fn event(&mut self, topic: &str) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["topicName"] == topic {
                return frame;
            }
        }
    }

    /// All frames until nothing has come for a while.
    pub async fn frames_until_quiet(&mut self, quiet_ms: u64) -> Vec<Value> {
        let mut frames = Vec::new();
        while let Ok(Some(Ok(message))) = timeout(Duration::from_millis(quiet_ms), self.0.next()).await {
            if let Message::Text(text) = message {
                frames.push(serde_json::from_str(&text).unwrap());
            }
        }
        frames
    }

    /// How the socket ends: with a close code, or without a word.
    pub async fn end(&mut self) -> Option<u16> {
        while let Some(message) = self.next().await {
            if let Message::Close(frame) = message {
                return frame.map(|frame| frame.code.into());
            }
        }
        None
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected text, not {value}"))
}
