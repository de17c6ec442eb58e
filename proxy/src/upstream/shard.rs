//! One upstream channel: drives `protocol::link` with real calls, a real socket and real time.
//!
//! Subscribe, then read; events flow to the feed from the moment the socket is open and are never
//! held back for reads.

use std::{collections::BTreeSet, future::Future, pin::Pin, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use protocol::{
    Channel, ChannelTopic, Clock, TopicSet,
    channel::Entities,
    frame::FRAME_MAX_BYTES,
    link::{Action, Input as LinkInput, Link, Phase, Policy},
    system::SystemKind,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};
use tokio_tungstenite::tungstenite::{Error, Message, error::ProtocolError};
use tracing::{info, warn};

use super::{
    Clients, Purpose, Rest, UpstreamError, read,
    socket::{self, NotOpened, Socket},
};
use crate::feed::{
    FeedHandle, Input,
    plan::{Plan, Subject},
};

/// What a shard is given.
#[derive(Clone)]
pub struct Shards {
    /// Calls upstream.
    pub clients: Clients,
    /// Where frames and reads go.
    pub feed: FeedHandle,
    /// Upstream's time, for stamps.
    pub clock: Arc<dyn Clock>,
    /// The injected clock, for time-outs: upstream's may be put right.
    pub steady: Arc<dyn Clock>,
    /// Whether sockets must be encrypted: always, but for a simulator on this machine.
    pub secure: bool,
}

/// Runs a task for every channel of the plan, as the plan grows.
pub async fn run_all(shards: Shards, mut plans: watch::Receiver<Plan>) {
    let mut running = tokio::task::JoinSet::new();
    loop {
        let wanted = plans.borrow_and_update().shards();
        while running.len() < usize::from(wanted) {
            let shard = running.len() as u16;
            running.spawn(Shard::new(shard, shards.clone(), plans.clone()).run());
        }
        if plans.changed().await.is_err() {
            return;
        }
    }
}

type Step = Pin<Box<dyn Future<Output = Done> + Send>>;

/// How a step ended.
enum Done {
    Made(Result<Channel, UpstreamError>),
    Opened(Result<Box<Socket>, NotOpened>),
    Subscribed(Result<(), UpstreamError>),
    Read(Result<(), UpstreamError>),
    /// New subjects joined while the channel was live.
    Grown(Result<(), UpstreamError>),
}

struct Shard {
    number: u16,
    s: Shards,
    plans: watch::Receiver<Plan>,
    link: Link,
    channel: Option<Channel>,
    socket: Option<Box<Socket>>,
    step: Option<Step>,
    covered: BTreeSet<Subject>,
    reason: String,
}

impl Shard {
    fn new(number: u16, s: Shards, plans: watch::Receiver<Plan>) -> Self {
        let link = Link::new(Policy::UPSTREAM, crate::random::seed());
        Self {
            number,
            s,
            plans,
            link,
            channel: None,
            socket: None,
            step: None,
            covered: BTreeSet::new(),
            reason: "starting".to_owned(),
        }
    }

    async fn run(mut self) {
        self.feed_link(LinkInput::Start).await;
        loop {
            let now = self.s.steady.now();
            let due = self.link.next_tick().map_or(Duration::from_secs(3_600), |at| {
                Duration::from_millis(at.ms_since(now).max(0).unsigned_abs())
            });
            tokio::select! {
                done = step_of(&mut self.step) => {
                    self.step = None;
                    self.finished(done).await;
                }
                message = message_of(&mut self.socket) => self.message(message).await,
                () = sleep(due) => self.feed_link(LinkInput::Tick).await,
                changed = self.plans.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.grow();
                }
            }
        }
    }

    async fn feed_link(&mut self, input: LinkInput) {
        if input == LinkInput::Tick && self.link.socket_open() {
            self.reason = "no frame for 35 s".to_owned();
        }
        let before = self.link.phase();
        let actions = self.link.handle(input, self.s.steady.now());
        let gave_up = input == LinkInput::Tick
            && matches!(before, Phase::MakingChannel | Phase::Opening | Phase::Subscribing)
            && matches!(self.link.phase(), Phase::Waiting { .. });
        if gave_up {
            self.step = None;
            self.failed("no answer in time");
            self.s
                .feed
                .tell(Input::Waits { reason: "Genesys Cloud does not answer in time".to_owned() })
                .await;
        }
        for action in actions {
            self.act(action).await;
        }
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::MakeChannel => {
                let rest = self.rest();
                self.step = Some(Box::pin(async move {
                    Done::Made(
                        rest.send(
                            Purpose::Channel,
                            Method::POST,
                            "/api/v2/notifications/channels",
                            &Value::Null,
                        )
                        .await,
                    )
                }));
            }
            Action::OpenSocket => {
                let Some(channel) = &self.channel else { return };
                let (uri, secure) = (channel.connect_uri.clone(), self.s.secure);
                self.step =
                    Some(Box::pin(
                        async move { Done::Opened(socket::open(&uri, secure).await.map(Box::new)) },
                    ));
            }
            Action::Subscribe => {
                self.covered = self.plans.borrow().subjects(self.number).cloned().collect();
                if let Some(subscribe) = self.subscription() {
                    self.step = Some(Box::pin(async move { Done::Subscribed(subscribe.await) }));
                }
            }
            Action::Read => {
                let (s, subjects) = (self.s.clone(), self.covered.iter().cloned().collect::<Vec<_>>());
                let all = self.all_users();
                self.step = Some(Box::pin(async move {
                    Done::Read(read::catch_up(&s.clients, &s.feed, &s.clock, &subjects, all, true).await)
                }));
            }
            Action::Ping => {
                if let Some(socket) = &mut self.socket {
                    // A ping that cannot be sent is followed by the end of the silence's patience.
                    let _ = socket.send(Message::text(r#"{"message":"ping"}"#)).await;
                }
            }
            Action::DropSocket => {
                self.socket = None;
                self.step = None;
            }
            Action::SayLive => {
                info!(shard = self.number, subjects = self.covered.len(), "upstream channel live");
                self.s.feed.tell(Input::Live { shard: self.number }).await;
                self.grow();
            }
            Action::SayLost => {
                let reason = self.reason.clone();
                self.s.feed.tell(Input::Lost { shard: self.number, reason }).await;
            }
        }
    }

    /// The client whose channel this is.
    fn rest(&self) -> Rest {
        self.s.clients.client(self.s.clients.place_of_channel(self.number)).clone()
    }

    /// The whole list of topics, sent as one replacement.
    fn subscription(&self) -> Option<impl Future<Output = Result<(), UpstreamError>> + use<>> {
        let channel = self.channel.as_ref()?.id.clone();
        let (rest, feed) = (self.rest(), self.s.feed.clone());
        let asked: Vec<TopicSet> = self.covered.iter().map(Subject::topics).collect();
        Some(async move {
            let body = Value::Array(asked.iter().map(|set| json!({ "id": set.text() })).collect());
            let path = format!("/api/v2/notifications/channels/{channel}/subscriptions?ignoreErrors=true");
            let answer: Entities<ChannelTopic> =
                rest.send(Purpose::Channel, Method::PUT, &path, &body).await?;
            feed.tell(Input::Permits { asked, answers: answer.entities }).await;
            Ok(())
        })
    }

    fn all_users(&self) -> usize {
        let plan = self.plans.borrow();
        let users = |shard| plan.subjects(shard).filter(|s| matches!(s, Subject::User(_))).count();
        (0..plan.shards()).map(users).sum()
    }

    /// Takes in what the plan added since the last subscription; a live channel stays live.
    fn grow(&mut self) {
        if self.link.phase() != Phase::Live || self.step.is_some() {
            return;
        }
        let wanted: BTreeSet<Subject> = self.plans.borrow().subjects(self.number).cloned().collect();
        if wanted == self.covered {
            return;
        }
        let new: Vec<Subject> = wanted.difference(&self.covered).cloned().collect();
        self.covered = wanted;
        let (Some(subscribe), s) = (self.subscription(), self.s.clone()) else { return };
        self.step = Some(Box::pin(async move {
            let grown = async {
                subscribe.await?;
                read::catch_up(&s.clients, &s.feed, &s.clock, &new, usize::MAX, true).await
            };
            Done::Grown(grown.await)
        }));
    }

    async fn finished(&mut self, done: Done) {
        let input = match done {
            Done::Made(Ok(channel)) => {
                self.channel = Some(channel);
                LinkInput::ChannelMade
            }
            Done::Opened(Ok(socket)) => {
                self.socket = Some(socket);
                LinkInput::Opened
            }
            Done::Subscribed(Ok(())) => LinkInput::Subscribed,
            Done::Read(Ok(())) => LinkInput::CaughtUp,
            Done::Grown(Ok(())) => {
                self.grow();
                return;
            }
            Done::Opened(Err(NotOpened::Gone)) => {
                self.failed("the channel is gone");
                LinkInput::ChannelGone
            }
            Done::Opened(Err(NotOpened::Failed(reason))) => {
                self.failed(&reason);
                LinkInput::Failed { retry_after_ms: None }
            }
            Done::Subscribed(Err(error)) | Done::Grown(Err(error)) if error.is_gone() => {
                self.failed(&error.to_string());
                LinkInput::ChannelGone
            }
            Done::Grown(Err(error)) => {
                // The whole subscription is sent and read anew by the ordinary path.
                self.failed(&error.to_string());
                LinkInput::Closed
            }
            Done::Made(Err(error)) | Done::Subscribed(Err(error)) | Done::Read(Err(error)) => {
                self.failed(&error.to_string());
                self.s.feed.tell(Input::Waits { reason: error.to_string() }).await;
                LinkInput::Failed { retry_after_ms: error.retry_after_ms() }
            }
        };
        if input == LinkInput::Closed {
            self.socket = None;
        }
        self.feed_link(input).await;
    }

    fn failed(&mut self, reason: &str) {
        reason.clone_into(&mut self.reason);
        warn!(
            shard = self.number,
            reason,
            failures = self.link.failures(),
            "upstream channel: step failed; trying again"
        );
    }

    async fn message(&mut self, message: Option<Result<Message, Broken>>) {
        let shard = self.number;
        match message {
            Some(Ok(Message::Text(text))) => {
                self.feed_link(LinkInput::Heard).await;
                if text.len() > FRAME_MAX_BYTES {
                    self.s.feed.tell(Input::Unreadable { shard, outcome: "too large" }).await;
                    return;
                }
                let over = channel_over(&text);
                self.s.feed.tell(Input::Frame { shard, text: text.to_string() }).await;
                match over {
                    Over::No => {}
                    Over::Socket => {
                        self.reason = "Genesys Cloud announced the end of the socket".to_owned();
                        self.socket = None;
                        self.feed_link(LinkInput::Closed).await;
                    }
                    Over::Channel => {
                        self.reason = "Genesys Cloud ended the channel".to_owned();
                        self.feed_link(LinkInput::ChannelGone).await;
                    }
                }
            }
            Some(Ok(Message::Binary(_))) => {
                self.feed_link(LinkInput::Heard).await;
                self.s.feed.tell(Input::Unreadable { shard, outcome: "not text" }).await;
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                self.feed_link(LinkInput::Heard).await;
            }
            Some(Ok(Message::Close(_))) | None => self.closed("the socket was closed").await,
            Some(Err(broken)) => {
                if let Some(outcome) = broken.outcome {
                    self.s.feed.tell(Input::Unreadable { shard, outcome }).await;
                }
                self.closed(broken.reason).await;
            }
        }
    }

    async fn closed(&mut self, reason: &str) {
        reason.clone_into(&mut self.reason);
        self.socket = None;
        self.step = None;
        self.feed_link(LinkInput::Closed).await;
    }
}

enum Over {
    No,
    Socket,
    Channel,
}

/// Whether a frame ends the socket or the channel. Events are told apart before they are parsed, so
/// that the feed alone decodes them.
fn channel_over(text: &str) -> Over {
    if !text.contains("v2.system.") && !text.contains("\"result\"") {
        return Over::No;
    }
    match protocol::Frame::parse(text) {
        Ok(protocol::Frame::System(SystemKind::SocketClosing)) => Over::Socket,
        Ok(protocol::Frame::System(SystemKind::NoLongerSubscribed | SystemKind::TokenRevoked)) => {
            Over::Channel
        }
        Ok(protocol::Frame::Answer(answer)) if answer.result == "404" => Over::Channel,
        Ok(_) | Err(_) => Over::No,
    }
}

async fn step_of(step: &mut Option<Step>) -> Done {
    match step {
        Some(step) => step.await,
        None => std::future::pending().await,
    }
}

/// How a socket broke. An error's own text may quote the address, which is a capability.
struct Broken {
    /// In words.
    reason: &'static str,
    /// As what the frame that broke it is counted, if one did.
    outcome: Option<&'static str>,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        if let Error::Capacity(_) = error {
            return Self { reason: "a frame was too large", outcome: Some("too large") };
        }
        // That nobody said good-bye is a matter of the connection, not of a frame.
        let unannounced = matches!(error, Error::Protocol(ProtocolError::ResetWithoutClosingHandshake));
        if matches!(error, Error::Protocol(_) | Error::Utf8(_)) && !unannounced {
            return Self { reason: "a frame was malformed", outcome: Some("malformed") };
        }
        Self { reason: "the connection broke", outcome: None }
    }
}

async fn message_of(socket: &mut Option<Box<Socket>>) -> Option<Result<Message, Broken>> {
    match socket {
        Some(socket) => socket.next().await.map(|message| message.map_err(Broken::from)),
        None => std::future::pending().await,
    }
}
