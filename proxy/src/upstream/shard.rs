//! One shard: drives its [`Core`] with real calls, real sockets and real time.
//!
//! Subscribe, then read; events flow to the feed from the moment a socket is open and are never
//! held back for reads.

mod attempts;
pub mod core;
mod lane;
pub mod messages;
mod refusals;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use self::core::Core;
use attempts::Kept;
use lane::{Broken, Done, Event, Track, next_event};
use messages::{Effect, Happened, Trouble};
use protocol::{
    Channel, ChannelTopic, Clock, Timestamp, TopicSet, TopicState, channel::Entities, merge::Asked,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};
use tokio_tungstenite::tungstenite::Message;
use tracing::{info, warn};

use super::{
    Purpose, Rest, UpstreamError,
    mover::{Lane, Mover, Room},
    read::Reader,
    rivals::Rivals,
    socket::{self, NotOpened},
};
use crate::{
    config::CHANNELS_FOR_MOVES,
    feed::{
        Input,
        plan::{Plan, Subject},
    },
    store::{Attempts, Store},
};

/// A channel lives this long when upstream does not say. Source: FACTS of the notification service, 24 h.
const CHANNEL_LIFE_MS: i64 = 24 * 3_600_000;

/// What a shard is given.
#[derive(Clone)]
pub struct Shards {
    /// Calls upstream, and where frames and reads go.
    pub reader: Reader,
    /// The injected clock, for time-outs: upstream's may be put right.
    pub steady: Arc<dyn Clock>,
    /// Where attempts that did not last are kept.
    pub store: Store,
    /// How they stood at the start.
    pub attempts: Arc<[Attempts]>,
    /// Whether sockets must be encrypted: always, but for a simulator on this machine.
    pub secure: bool,
}

/// What the shards of one OAuth client share.
struct OfClient {
    room: Mutex<Room>,
    rivals: Mutex<Rivals>,
}

/// Runs a task for every shard of the plan, as the plan grows and shrinks. A shard that the plan has no use for ends by itself,
/// and only then another one of its number begins.
pub async fn run_all(shards: Shards, mut plans: watch::Receiver<Arc<Plan>>) {
    let of_client = || OfClient {
        room: Mutex::new(Room::new(usize::from(CHANNELS_FOR_MOVES))),
        rivals: Mutex::new(Rivals::default()),
    };
    let clients: Vec<Arc<OfClient>> =
        (0..shards.reader.clients.count()).map(|_| Arc::new(of_client())).collect();
    let (mut tasks, mut running) = (tokio::task::JoinSet::new(), BTreeSet::new());
    loop {
        let wanted = plans.borrow_and_update().shards();
        for number in (0..wanted).filter(|number| !running.contains(number)).collect::<Vec<_>>() {
            let place = shards.reader.clients.place_of_channel(number);
            let now = shards.steady.now();
            let kept = Kept::new(shards.store.clone(), number, &shards.attempts, now);
            let shard = Shard {
                number,
                place,
                of_client: clients[place].clone(),
                s: shards.clone(),
                plans: plans.clone(),
                core: Core::new(number, Mover::new(crate::random::seed())),
                kept,
                tracks: Vec::new(),
            };
            running.insert(number);
            tasks.spawn(shard.run());
        }
        tokio::select! {
            changed = plans.changed() => if changed.is_err() {
                return;
            },
            Some(ended) = tasks.join_next() => match ended {
                Ok(Some(number)) => {
                    running.remove(&number);
                }
                Ok(None) => {}
                // A shard that is gone without a word would be missed by nobody.
                Err(error) => if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                },
            },
        }
    }
}

struct Shard {
    number: u16,
    /// The client that its channels belong to.
    place: usize,
    of_client: Arc<OfClient>,
    s: Shards,
    plans: watch::Receiver<Arc<Plan>>,
    core: Core,
    kept: Kept,
    /// The channels: one, or two while one takes the other's place.
    tracks: Vec<Track>,
}

impl Shard {
    /// Runs until the plan has no use for it, and says which it was; `None` when the proxy stops.
    async fn run(mut self) -> Option<u16> {
        sleep(self.kept.wait(crate::random::seed())).await;
        if !self.planned().await {
            return Some(self.number);
        }
        self.handle(Happened::Start).await;
        loop {
            let now = self.s.steady.now();
            let due = self.core.next_tick().map_or(Duration::from_secs(3_600), |at| {
                Duration::from_millis(at.ms_since(now).max(0).unsigned_abs())
            });
            tokio::select! {
                (lane, event) = next_event(&mut self.tracks) => {
                    let happened = match event {
                        Event::Done(done) => self.done(lane, done),
                        Event::Message(message) => heard(lane, message),
                    };
                    self.handle(happened).await;
                }
                () = sleep(due) => self.handle(Happened::Tick).await,
                changed = self.plans.changed() => {
                    changed.ok()?;
                    if !self.planned().await {
                        return Some(self.number);
                    }
                }
            }
        }
    }

    /// Takes in what the plan says; whether it has any use for this shard.
    async fn planned(&mut self) -> bool {
        let (is_needed, planned) = {
            let plan = self.plans.borrow_and_update();
            (self.number < plan.shards(), plan.planned(self.number))
        };
        self.handle(if is_needed { Happened::Planned(planned) } else { Happened::Unplanned }).await;
        is_needed
    }

    async fn handle(&mut self, happened: Happened) {
        let mut happened = VecDeque::from([happened]);
        while let Some(one) = happened.pop_front() {
            for effect in self.core.handle(one, self.s.steady.now()) {
                happened.extend(self.act(effect).await);
            }
        }
        let (mover, now) = (self.core.mover(), self.s.steady.now());
        self.kept.note(mover.is_live(), mover.failures(), now);
    }

    async fn act(&mut self, effect: Effect) -> Option<Happened> {
        let s = self.s.clone();
        match effect {
            Effect::MakeChannel(lane) => {
                let rest = self.rest();
                self.track(lane).begin(async move {
                    let path = "/api/v2/notifications/channels";
                    Done::Made(rest.send(Purpose::Channel, Method::POST, path, &Value::Null).await)
                });
            }
            Effect::OpenSocket(lane) => {
                let uri = self.track(lane).channel.as_ref()?.connect_uri.clone();
                let open = async move { Done::Opened(socket::open(&uri, s.secure).await.map(Box::new)) };
                self.track(lane).begin(open);
            }
            Effect::Subscribe(lane, subjects) => self.subscribe(lane, subjects),
            Effect::Read(lane, subjects) => {
                let all = self.all_users();
                self.track(lane).begin(async move {
                    let read = s.reader.catch_up(&subjects, all, Asked::AfterGap).await;
                    Done::Happened(Happened::Read(lane, read.map_err(Trouble::from)))
                });
            }
            Effect::Ping(lane) => {
                if let Some(track) = self.tracks.iter_mut().find(|track| track.lane == lane) {
                    track.ping().await;
                }
            }
            Effect::DropSocket(lane) => {
                if let Some(track) = self.tracks.iter_mut().find(|track| track.lane == lane) {
                    track.drop_socket();
                }
            }
            Effect::GiveUpStep(lane) => {
                if let Some(track) = self.tracks.iter_mut().find(|track| track.lane == lane) {
                    track.step = None;
                }
            }
            Effect::Forget(lane) => {
                self.tracks.retain(|track| track.lane != lane);
                let what = if self.core.mover().is_live() {
                    "another upstream channel has taken over"
                } else {
                    "an upstream channel was lost before another could take over; that one is read now"
                };
                info!(shard = self.number, "{what}");
            }
            Effect::AskForRoom => {
                let mut room = self.of_client.room.lock().expect("nobody panics while holding the room");
                return Some(Happened::Room(room.take()));
            }
            Effect::FreeRoom => {
                self.of_client.room.lock().expect("nobody panics while holding the room").give_back();
            }
            Effect::Tell(input) => s.reader.feed.tell(input).await,
            Effect::Evicted => self.evicted(),
            Effect::Log(words) => warn!(shard = self.number, "upstream channel: {words}"),
        }
        None
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
        self.s.reader.clients.client(self.place).clone()
    }

    /// Sends the whole list of topics as one replacement.
    fn subscribe(&mut self, lane: Lane, subjects: Vec<Subject>) {
        let (rest, feed) = (self.rest(), self.s.reader.feed.clone());
        let asked: Vec<TopicSet> = subjects.iter().map(Subject::topics).collect();
        let Some(channel) = self.track(lane).channel.as_ref().map(|channel| channel.id.clone()) else {
            return;
        };
        self.track(lane).begin(async move {
            let body = Value::Array(asked.iter().map(|set| json!({ "id": set.text() })).collect());
            let path = format!("/api/v2/notifications/channels/{channel}/subscriptions?ignoreErrors=true");
            let answer: Result<Entities<ChannelTopic>, UpstreamError> =
                rest.send(Purpose::Channel, Method::PUT, &path, &body).await;
            let subscribed = match answer {
                Ok(answer) => {
                    let refused = refused(&subjects, &answer.entities);
                    feed.tell(Input::Permits { asked, answers: answer.entities }).await;
                    Ok(refused)
                }
                Err(error) => Err(Trouble::from(error)),
            };
            Done::Happened(Happened::Subscribed(lane, subscribed))
        });
    }

    fn all_users(&self) -> usize {
        self.plans.borrow().users()
    }

    /// What a step that ended means.
    fn done(&mut self, lane: Lane, done: Done) -> Happened {
        match done {
            Done::Made(made) => {
                let made = made.map_err(Trouble::from).map(|channel| {
                    let end = self.end_of(&channel);
                    self.track(lane).channel = Some(channel);
                    end
                });
                Happened::Made(lane, made)
            }
            Done::Opened(Ok(socket)) => {
                self.track(lane).socket = Some(socket);
                Happened::Opened(lane, Ok(()))
            }
            Done::Opened(Err(NotOpened::Gone)) => {
                Happened::Opened(lane, Err(Trouble::gone("the channel is gone")))
            }
            Done::Opened(Err(NotOpened::Failed(words))) => {
                Happened::Opened(lane, Err(Trouble::passing(&words)))
            }
            Done::Happened(happened) => happened,
        }
    }

    /// When a channel that was just made is over, on the steady clock: with the token that made it, if that ends first. Whether
    /// channels outlive their token is UNVERIFIED.
    fn end_of(&self, channel: &Channel) -> Timestamp {
        let now = self.s.reader.clock.now();
        let life = channel.expires.map_or(CHANNEL_LIFE_MS, |expires| expires.ms_since(now));
        let end = self.s.steady.now().plus_ms(life);
        self.rest().token_ends().map_or(end, |token| end.min(token))
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
}

/// The subjects of which upstream refused something, or did not answer.
pub fn refused(subjects: &[Subject], answers: &[ChannelTopic]) -> Vec<Subject> {
    let states: HashMap<String, TopicState> =
        answers.iter().map(|answer| (answer.id.to_ascii_lowercase(), answer.state)).collect();
    let is_granted = |topic: &str| Some(*states.get(&topic.to_ascii_lowercase())? == TopicState::Permitted);
    let is_refused = |subject: &&Subject| {
        let set = subject.topics();
        let whole = is_granted(set.text());
        // A part's own answer says more than that of its set.
        set.parts().iter().any(|part| !is_granted(part).or(whole).unwrap_or(false))
    };
    subjects.iter().filter(is_refused).cloned().collect()
}

/// What a message on a socket means.
fn heard(lane: Lane, message: Option<Result<Message, Broken>>) -> Happened {
    match message {
        Some(Ok(Message::Text(text))) => Happened::Text(lane, text.to_string()),
        Some(Ok(Message::Binary(_))) => Happened::Other(lane, Some("not text")),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Happened::Other(lane, None),
        Some(Ok(Message::Close(_))) | None => Happened::Closed(lane, "the socket was closed", None),
        Some(Err(broken)) => Happened::Closed(lane, broken.reason, broken.outcome),
    }
}

impl From<UpstreamError> for Trouble {
    fn from(error: UpstreamError) -> Self {
        Self { words: error.told(), is_gone: error.is_gone(), retry_after_ms: error.retry_after_ms() }
    }
}
