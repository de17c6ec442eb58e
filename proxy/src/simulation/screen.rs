//! A screen in its simplest form: the newest frame of each topic, and how old it may believe it to be.

use std::{
    collections::BTreeMap,
    io::{self, IoSlice},
    rc::Rc,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use protocol::{
    Frame, Timestamp,
    frame::{ShardAge, Stamp},
};
use serde_json::Value;

use super::world::told;
use crate::relay::Wire;

/// A wall is stale when nobody vouched for it for this long.
const STALE_AFTER_MS: i64 = 45_000;

/// The two ends of a socket in memory.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    bytes: Vec<u8>,
    /// The screen's place and number in the hub.
    pub(super) place: Option<(usize, u64)>,
    /// How much more it takes; `None`: everything.
    pub(super) room: Option<usize>,
    pub(super) is_closed: bool,
}

/// The hub's end.
#[derive(Debug)]
pub(super) struct MemoryWire(pub(super) Arc<Mutex<Pipe>>);

impl Wire for MemoryWire {
    fn listen(&mut self, key: usize, uid: u64) {
        self.0.lock().expect("nobody panics").place = Some((key, uid));
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut pipe = self.0.lock().expect("nobody panics");
        let mut written = 0;
        for slice in slices {
            let take = pipe.room.map_or(slice.len(), |room| room.min(slice.len()));
            pipe.bytes.extend_from_slice(&slice[..take]);
            pipe.room = pipe.room.map(|room| room - take);
            written += take;
            if take < slice.len() {
                break;
            }
        }
        if written == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(written) }
    }
}

impl Drop for MemoryWire {
    fn drop(&mut self) {
        self.0.lock().expect("nobody panics").is_closed = true;
    }
}

/// What a frame says to a screen.
#[derive(Debug)]
enum Says {
    Event {
        topic: String,
        stamp: Stamp,
        news: News,
    },
    /// How old each shard is.
    Ages(BTreeMap<u16, ShardAge>),
    Nothing,
}

#[derive(Debug)]
enum News {
    /// What is told of a topic that changes, and the vendor's date of it.
    Change {
        told: String,
        date: Option<String>,
    },
    Shard(ShardAge),
    Other,
}

/// What the frames say that are read at one moment: the same text, to whomever it came, is taken apart once.
#[derive(Debug, Default)]
pub(super) struct Texts(BTreeMap<String, Rc<Says>>);

impl Texts {
    fn says(&mut self, text: &str) -> Rc<Says> {
        if let Some(says) = self.0.get(text) {
            return says.clone();
        }
        let says = Rc::new(says(text));
        self.0.insert(text.to_owned(), says.clone());
        says
    }
}

fn says(text: &str) -> Says {
    let event = match Frame::parse(text).expect("the proxy's frames are frames") {
        Frame::Event(event) => event,
        Frame::Heartbeat(beat) => {
            let age = |age: &ShardAge| (age.shard, *age);
            let ages = |beat: protocol::frame::Heartbeat| beat.live_as_of.iter().map(age).collect();
            return beat.rollcall.map_or(Says::Nothing, |beat| Says::Ages(ages(beat)));
        }
        Frame::Pong | Frame::Answer(_) | Frame::System(_) => return Says::Nothing,
    };
    let Some(stamp) = event.stamp else { return Says::Nothing };
    let topic = event.topic_name.to_string();
    let body = || -> Value { serde_json::from_str(event.body.get()).expect("JSON") };
    let news = if let Some(shard) = topic.strip_prefix("rollcall.shards.") {
        let (shard, body): (u16, Value) = (shard.parse().expect("a number"), body());
        let age = serde_json::json!({ "shard": shard, "live": body["live"], "asOf": body["liveAsOf"] });
        News::Shard(serde_json::from_value(age).expect("an age"))
    } else if topic.starts_with("v2.") {
        let body = body();
        News::Change { told: told(&topic, &body), date: date(&topic, &body) }
    } else {
        News::Other
    };
    Says::Event { topic, stamp, news }
}

/// What a screen knows of a topic.
#[derive(Clone, Debug)]
struct Known {
    told: String,
    seq: u64,
    shard: Option<u16>,
    loading: bool,
}

#[derive(Debug, Default)]
pub(super) struct Screen {
    pub(super) pipe: Option<Arc<Mutex<Pipe>>>,
    known: BTreeMap<String, Known>,
    ages: BTreeMap<u16, ShardAge>,
    dates: BTreeMap<String, String>,
    /// Run and number of the last frame.
    pub(super) position: Option<(String, u64)>,
    /// All that it was told of a topic, where somebody wants to know.
    pub(super) history: Option<BTreeMap<String, Vec<String>>>,
}

impl Screen {
    /// One that keeps all that it is told.
    pub(super) fn that_remembers() -> Self {
        Self { history: Some(BTreeMap::new()), ..Self::default() }
    }

    /// A snapshot, or what changed since the last position.
    pub(super) fn begin(&mut self, epoch: &str, seq: u64, complete: bool, frames: &[Bytes]) {
        if complete {
            self.known.clear();
        }
        for frame in frames {
            self.take(&says(std::str::from_utf8(frame).expect("text")), false);
        }
        self.position = Some((epoch.to_owned(), seq));
    }

    /// Takes what arrived on its socket.
    pub(super) fn read(&mut self, texts: &mut Texts) {
        let Some(pipe) = self.pipe.clone() else { return };
        // What is wrong with a frame is found while nobody holds the pipe.
        let bytes = std::mem::take(&mut pipe.lock().expect("nobody panics").bytes);
        let mut rest = &bytes[..];
        while let Some((opcode, payload, after)) = message(rest) {
            if opcode == 1 {
                self.take(&texts.says(std::str::from_utf8(payload).expect("text")), true);
            }
            rest = after;
        }
        // The beginning of a frame whose rest is still to come.
        pipe.lock().expect("nobody panics").bytes = rest.to_vec();
    }

    fn take(&mut self, says: &Says, in_order: bool) {
        let (topic, stamp, news) = match says {
            Says::Event { topic, stamp, news } => (topic, stamp, news),
            Says::Ages(ages) => {
                self.ages.clone_from(ages);
                return;
            }
            Says::Nothing => return,
        };
        if in_order && let Some((epoch, seq)) = &mut self.position {
            assert!(stamp.epoch == *epoch && stamp.seq > *seq, "{topic}: {} after {seq}", stamp.seq);
            *seq = stamp.seq;
        }
        let (told, date) = match news {
            News::Change { told, date } => (told, date),
            News::Shard(age) => {
                self.ages.insert(age.shard, *age);
                return;
            }
            News::Other => return,
        };
        if let Some(history) = &mut self.history {
            history.entry(topic.clone()).or_default().push(told.clone());
        }
        let known = Known { told: told.clone(), seq: stamp.seq, shard: stamp.shard, loading: stamp.loading };
        if let Some(old) = self.known.insert(topic.clone(), known) {
            assert!(old.seq <= stamp.seq, "{topic}: an older frame over a newer one");
        }
        if let Some(newer) = date
            && let Some(older) = self.dates.insert(topic.clone(), newer.clone())
        {
            assert!(older <= *newer, "{topic}: what is of {newer} over what is of {older}");
        }
    }

    /// What it shows for a topic.
    pub(super) fn shows(&self, topic: &str) -> Option<&str> {
        self.known.get(topic).map(|known| &*known.told)
    }

    /// Whether it was told that a shard is live, and not of its loss.
    pub(super) fn believes_in(&self, shard: u16) -> bool {
        self.ages.get(&shard).is_some_and(|age| age.live)
    }

    /// Whether it takes what it shows for a topic for live.
    pub(super) fn is_live(&self, topic: &str, now: Timestamp) -> bool {
        let Some(known) = self.known.get(topic) else { return false };
        let age = known.shard.and_then(|shard| self.ages.get(&shard));
        let vouched = age.is_some_and(|age| {
            age.live && age.as_of.is_some_and(|as_of| now.ms_since(as_of) < STALE_AFTER_MS)
        });
        vouched && !known.loading
    }
}

/// The vendor's date of what an event tells. Dates are written so that they sort.
fn date(topic: &str, body: &Value) -> Option<String> {
    let date =
        if topic.ends_with("presence") { &body["modifiedDate"] } else { &body["routingStatus"]["startTime"] };
    date.as_str().map(str::to_owned)
}

/// One message of a server: opcode, payload, and what comes after it.
fn message(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(2)?;
    let (length, rest) = match head[1] {
        126 => {
            let (long, rest) = rest.split_at_checked(2)?;
            (usize::from(u16::from_be_bytes(long.try_into().ok()?)), rest)
        }
        127 => {
            let (long, rest) = rest.split_at_checked(8)?;
            (u64::from_be_bytes(long.try_into().ok()?) as usize, rest)
        }
        short => (usize::from(short), rest),
    };
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((head[0] & 0x0f, payload, rest))
}
