//! One shard: drives [`Mover`] with real calls, real sockets and real time.
//!
//! Subscribe, then read; events flow to the feed from the moment a socket is open and are never
//! held back for reads.

mod lane;

use std::{
    collections::{BTreeSet, VecDeque},
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use lane::{Done, Event, Says, Track, next_event, says};
use protocol::{
    Channel, ChannelTopic, Clock, TopicSet,
    channel::Entities,
    frame::FRAME_MAX_BYTES,
    link::{self, Action as LinkAction, Phase},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};
use tokio_tungstenite::tungstenite::Message;
use tracing::{info, warn};

use super::{
    Clients, Purpose, Rest, UpstreamError,
    mover::{Action, Input as MoverInput, Lane, Mover, Room},
    read,
    rivals::Rivals,
    socket::{self, NotOpened},
};
use crate::{
    config::CHANNELS_FOR_MOVES,
    feed::{
        FeedHandle, Input,
        plan::{Plan, Subject},
    },
};

/// A channel lives this long when upstream does not say. Source: FACTS of the notification service, 24 h.
const CHANNEL_LIFE_MS: i64 = 24 * 3_600_000;

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

/// What the shards of one OAuth client share.
struct OfClient {
    room: Mutex<Room>,
    rivals: Mutex<Rivals>,
}

/// Runs a task for every shard of the plan, as the plan grows.
pub async fn run_all(shards: Shards, mut plans: watch::Receiver<Plan>) {
    let of_client = || OfClient {
        room: Mutex::new(Room::new(usize::from(CHANNELS_FOR_MOVES))),
        rivals: Mutex::new(Rivals::default()),
    };
    let clients: Vec<Arc<OfClient>> = (0..shards.clients.count()).map(|_| Arc::new(of_client())).collect();
    let mut running = tokio::task::JoinSet::new();
    loop {
        let wanted = plans.borrow_and_update().shards();
        while running.len() < usize::from(wanted) {
            let number = running.len() as u16;
            let place = shards.clients.place_of_channel(number);
            let shard = Shard {
                number,
                place,
                of_client: clients[place].clone(),
                s: shards.clone(),
                plans: plans.clone(),
                mover: Mover::new(crate::random::seed(), 0),
                tracks: Vec::new(),
                reason: "starting".to_owned(),
            };
            running.spawn(shard.run());
        }
        if plans.changed().await.is_err() {
            return;
        }
    }
}

struct Shard {
    number: u16,
    /// The client that its channels belong to.
    place: usize,
    of_client: Arc<OfClient>,
    s: Shards,
    plans: watch::Receiver<Plan>,
    mover: Mover,
    /// The channels: one, or two while one takes the other's place.
    tracks: Vec<Track>,
    /// Why something was lost or failed last, in words.
    reason: String,
}

impl Shard {
    async fn run(mut self) {
        self.tell(MoverInput::Start).await;
        loop {
            let now = self.s.steady.now();
            let due = self.mover.next_tick().map_or(Duration::from_secs(3_600), |at| {
                Duration::from_millis(at.ms_since(now).max(0).unsigned_abs())
            });
            tokio::select! {
                (lane, event) = next_event(&mut self.tracks) => match event {
                    Event::Done(done) => self.finished(lane, done).await,
                    Event::Message(message) => self.message(lane, message).await,
                },
                () = sleep(due) => self.tick().await,
                changed = self.plans.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.grow();
                }
            }
        }
    }

    async fn tick(&mut self) {
        let now = self.s.steady.now();
        let silent = |link: &link::Link| link.socket_open() && link.next_tick().is_some_and(|at| at <= now);
        if self.mover.link(self.mover.lane()).is_some_and(silent) {
            "no frame for 35 s".clone_into(&mut self.reason);
        }
        self.tell(MoverInput::Tick).await;
        // A step that took too long is given up: its answer would come to nobody.
        let mover = &self.mover;
        let waits = |lane| mover.link(lane).is_some_and(|link| matches!(link.phase(), Phase::Waiting { .. }));
        let late = self.tracks.iter_mut().filter(|track| track.step.is_some() && waits(track.lane));
        let given_up = late.map(|track| track.step = None).count();
        if given_up > 0 {
            self.failed("no answer in time");
            let reason = "Genesys Cloud does not answer in time".to_owned();
            self.s.feed.tell(Input::Waits { reason }).await;
        }
    }

    async fn of(&mut self, lane: Lane, input: link::Input) {
        self.tell(MoverInput::Of(lane, input)).await;
    }

    async fn tell(&mut self, input: MoverInput) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for action in self.mover.handle(input, self.s.steady.now()) {
                inputs.extend(self.act(action).await);
            }
        }
    }

    async fn act(&mut self, action: Action) -> Option<MoverInput> {
        let shard = self.number;
        match action {
            Action::Of(lane, action) => self.act_on(lane, action).await,
            Action::AskForRoom => {
                let mut room = self.of_client.room.lock().expect("nobody panics while holding the room");
                return Some(MoverInput::Room(room.take()));
            }
            Action::FreeRoom => {
                self.of_client.room.lock().expect("nobody panics while holding the room").give_back();
            }
            Action::OverlapBegins(from, to) => {
                self.s.feed.tell(Input::Overlap { shard, from, to }).await;
            }
            Action::Over(lane) => {
                self.tracks.retain(|track| track.lane != lane);
                info!(shard, lane = self.mover.lane(), "another upstream channel has taken over");
                self.grow();
            }
            Action::SayLive => {
                info!(shard, subjects = self.covered().len(), "upstream channel live");
                self.s.feed.tell(Input::Live { shard }).await;
                self.grow();
            }
            Action::SayLost => {
                let reason = self.reason.clone();
                self.s.feed.tell(Input::Lost { shard, reason }).await;
            }
        }
        None
    }

    async fn act_on(&mut self, lane: Lane, action: LinkAction) {
        match action {
            LinkAction::MakeChannel => {
                let rest = self.rest();
                let make = async move {
                    let path = "/api/v2/notifications/channels";
                    Done::Made(rest.send(Purpose::Channel, Method::POST, path, &Value::Null).await)
                };
                self.track(lane).begin(make);
            }
            LinkAction::OpenSocket => {
                let secure = self.s.secure;
                let track = self.track(lane);
                let Some(uri) = track.channel.as_ref().map(|channel| channel.connect_uri.clone()) else {
                    return;
                };
                track.begin(async move { Done::Opened(socket::open(&uri, secure).await.map(Box::new)) });
            }
            LinkAction::Subscribe => {
                // Another channel begins with what the present one covers; the rest joins when it has taken over.
                let is_next = lane != self.mover.lane();
                let covered = if is_next { self.covered() } else { self.planned() };
                self.track(lane).covered = covered;
                if let Some(subscribe) = self.subscription(lane) {
                    self.track(lane).begin(async move { Done::Subscribed(subscribe.await) });
                }
            }
            LinkAction::Read => {
                let (s, all) = (self.s.clone(), self.all_users());
                let track = self.track(lane);
                let subjects: Vec<Subject> = track.covered.iter().cloned().collect();
                track.begin(async move {
                    Done::Read(read::catch_up(&s.clients, &s.feed, &s.clock, &subjects, all, true).await)
                });
            }
            LinkAction::Ping => self.track(lane).ping().await,
            LinkAction::DropSocket => self.track(lane).drop_socket(),
            // The mover says these of the shard.
            LinkAction::SayLive | LinkAction::SayLost => {}
        }
    }

    /// A lane's track, begun when it is new.
    fn track(&mut self, lane: Lane) -> &mut Track {
        let at = self.tracks.iter().position(|track| track.lane == lane).unwrap_or_else(|| {
            self.tracks.push(Track::new(lane));
            self.tracks.len() - 1
        });
        &mut self.tracks[at]
    }

    /// The client whose channel this is.
    fn rest(&self) -> Rest {
        self.s.clients.client(self.place).clone()
    }

    /// What the channel that counts covers.
    fn covered(&self) -> BTreeSet<Subject> {
        let current = self.tracks.iter().find(|track| track.lane == self.mover.lane());
        current.map(|track| track.covered.clone()).unwrap_or_default()
    }

    /// What it should cover.
    fn planned(&self) -> BTreeSet<Subject> {
        self.plans.borrow().subjects(self.number).cloned().collect()
    }

    /// The whole list of topics, sent as one replacement.
    fn subscription(&self, lane: Lane) -> Option<impl Future<Output = Result<(), UpstreamError>> + use<>> {
        let track = self.tracks.iter().find(|track| track.lane == lane)?;
        let channel = track.channel.as_ref()?.id.clone();
        let (rest, feed) = (self.rest(), self.s.feed.clone());
        let asked: Vec<TopicSet> = track.covered.iter().map(Subject::topics).collect();
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
        let lane = self.mover.lane();
        if !self.mover.is_live() || self.mover.is_moving() || self.track(lane).step.is_some() {
            return;
        }
        let wanted = self.planned();
        if wanted == self.track(lane).covered {
            return;
        }
        let new: Vec<Subject> = wanted.difference(&self.track(lane).covered).cloned().collect();
        self.track(lane).covered = wanted;
        let (Some(subscribe), s) = (self.subscription(lane), self.s.clone()) else { return };
        self.track(lane).begin(async move {
            let grown = async {
                subscribe.await?;
                read::catch_up(&s.clients, &s.feed, &s.clock, &new, usize::MAX, true).await
            };
            Done::Grown(grown.await)
        });
    }

    async fn finished(&mut self, lane: Lane, done: Done) {
        let input = match done {
            Done::Made(Ok(channel)) => {
                let ends = self.end_of(&channel);
                self.track(lane).channel = Some(channel);
                self.of(lane, link::Input::ChannelMade).await;
                self.tell(ends(lane)).await;
                return;
            }
            Done::Opened(Ok(socket)) => {
                self.track(lane).socket = Some(socket);
                link::Input::Opened
            }
            Done::Subscribed(Ok(())) => link::Input::Subscribed,
            Done::Read(Ok(())) => link::Input::CaughtUp,
            Done::Grown(Ok(())) => {
                self.grow();
                return;
            }
            Done::Opened(Err(NotOpened::Gone)) => {
                self.failed("the channel is gone");
                link::Input::ChannelGone
            }
            Done::Opened(Err(NotOpened::Failed(reason))) => {
                self.failed(&reason);
                link::Input::Failed { retry_after_ms: None }
            }
            Done::Subscribed(Err(error)) | Done::Grown(Err(error)) if error.is_gone() => {
                self.failed(&error.to_string());
                link::Input::ChannelGone
            }
            Done::Grown(Err(error)) => {
                // The whole subscription is sent and read anew by the ordinary path.
                self.failed(&error.to_string());
                self.track(lane).socket = None;
                link::Input::Closed
            }
            Done::Made(Err(error)) | Done::Subscribed(Err(error)) | Done::Read(Err(error)) => {
                self.failed(&error.to_string());
                self.s.feed.tell(Input::Waits { reason: error.to_string() }).await;
                link::Input::Failed { retry_after_ms: error.retry_after_ms() }
            }
        };
        self.of(lane, input).await;
    }

    /// When a channel that was just made is over, on the steady clock.
    fn end_of(&self, channel: &Channel) -> impl Fn(Lane) -> MoverInput + use<> {
        let now = self.s.clock.now();
        let life = channel.expires.map_or(CHANNEL_LIFE_MS, |expires| expires.ms_since(now));
        let end = self.s.steady.now().plus_ms(life);
        move |lane| MoverInput::EndsAt(lane, end)
    }

    fn failed(&mut self, reason: &str) {
        reason.clone_into(&mut self.reason);
        warn!(
            shard = self.number,
            reason,
            failures = self.mover.failures(),
            "upstream channel: step failed; trying again"
        );
    }

    async fn message(&mut self, lane: Lane, message: Option<Result<Message, lane::Broken>>) {
        let shard = self.number;
        match message {
            Some(Ok(Message::Text(text))) => {
                self.of(lane, link::Input::Heard).await;
                if text.len() > FRAME_MAX_BYTES {
                    self.s.feed.tell(Input::Unreadable { shard, outcome: "too large" }).await;
                    return;
                }
                let says = says(&text);
                self.s.feed.tell(Input::Frame { shard, lane, text: text.to_string() }).await;
                self.said(lane, says).await;
            }
            Some(Ok(Message::Binary(_))) => {
                self.of(lane, link::Input::Heard).await;
                self.s.feed.tell(Input::Unreadable { shard, outcome: "not text" }).await;
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                self.of(lane, link::Input::Heard).await;
            }
            Some(Ok(Message::Close(_))) | None => self.closed(lane, "the socket was closed").await,
            Some(Err(broken)) => {
                if let Some(outcome) = broken.outcome {
                    self.s.feed.tell(Input::Unreadable { shard, outcome }).await;
                }
                self.closed(lane, broken.reason).await;
            }
        }
    }

    /// What a channel said of itself.
    async fn said(&mut self, lane: Lane, says: Says) {
        let reason = match says {
            Says::Nothing => return,
            Says::Closing => {
                info!(shard = self.number, "Genesys Cloud announced the end of a socket; another takes over");
                self.tell(MoverInput::Closing(lane)).await;
                // At once, not with the next tick.
                self.tell(MoverInput::Tick).await;
                return;
            }
            Says::Evicted => {
                self.evicted();
                "another channel took this one's place"
            }
            Says::TokenRevoked => "the token was revoked",
            Says::Over => "Genesys Cloud ended the channel",
        };
        reason.clone_into(&mut self.reason);
        self.of(lane, link::Input::ChannelGone).await;
    }

    /// Counts channels that others take away.
    fn evicted(&self) {
        let now = self.s.steady.now();
        let mut rivals = self.of_client.rivals.lock().expect("nobody panics while holding the rivals");
        if rivals.evicted(now) {
            warn!(
                client = self.place,
                "channels of this OAuth client are taken away again and again: another program uses the same client. \
                 Give each its own, or set `channels` so that both have room within 20"
            );
        }
    }

    async fn closed(&mut self, lane: Lane, reason: &str) {
        reason.clone_into(&mut self.reason);
        self.track(lane).drop_socket();
        self.of(lane, link::Input::Closed).await;
    }
}
