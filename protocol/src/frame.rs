//! One text message on a notification socket: what kind it is, with an event's body left raw.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    json,
    members::members,
    system::SystemKind,
    time::Timestamp,
    topic::{CHANNEL_METADATA, Topic},
};

/// Frames above this size are refused unread. The largest event we know, a full conversation, stays
/// far below; Genesys' own limit for bodies is 512,000 bytes.
pub const FRAME_MAX_BYTES: usize = 512_000;

/// The shard of subjects that no upstream channel covers, because upstream refused a topic of theirs.
/// It is never live.
pub const UNCOVERED_SHARD: u16 = u16::MAX;

/// What a frame is.
#[derive(Debug)]
pub enum Frame<'a> {
    /// Something happened to a subject.
    Event(EventFrame<'a>),
    /// The server lives.
    Heartbeat(HeartbeatFrame),
    /// The answer to our ping.
    Pong,
    /// Something happened to the channel.
    System(SystemKind),
    /// The answer to a message of ours on the socket.
    Answer(Answer),
}

/// An event, its body not yet read.
#[derive(Debug)]
pub struct EventFrame<'a> {
    /// The topic's name as it was written.
    pub topic_name: Cow<'a, str>,
    /// The topic, when this project knows it.
    pub topic: Option<Topic>,
    /// The body, unread.
    pub body: &'a RawValue,
    /// Our order, on frames that our proxy sent.
    pub stamp: Option<Stamp>,
}

/// What a heartbeat tells; empty on Genesys' own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeartbeatFrame {
    /// Our additions.
    pub rollcall: Option<Heartbeat>,
}

/// Our order, spliced into every frame that the proxy sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stamp {
    /// The proxy's run; frames of another one belong to another order.
    pub epoch: String,
    /// The number of the change within the run.
    pub seq: u64,
    /// When the fact was stamped, on frames for walls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Since when the subject is in its present kind of state, where the body has no date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The upstream channel that covers the subject, on frames for walls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<u16>,
    /// True when the subject has not been read yet, on frames for walls.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub loading: bool,
}

members! {
    Stamp from Stamp { epoch: String::new(), seq: 0, at: None, since: None, shard: None, loading: false }, { epoch: "epoch", seq: "seq", at: "at", since: "since", shard: "shard", loading: "loading" } needs epoch, seq
}

/// What the proxy adds to a wall's heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    /// The proxy's run.
    pub epoch: String,
    /// The last number given out.
    pub seq: u64,
    /// The proxy's time.
    pub server_time: Timestamp,
    /// The app's build that the proxy serves.
    pub build: String,
    /// Per upstream channel: until when what it covers is known to be true.
    pub live_as_of: Vec<ShardAge>,
}

members! {
    Heartbeat from Heartbeat { epoch: String::new(), seq: 0, server_time: Timestamp::default(), build: String::new(), live_as_of: Vec::new() }, { epoch: "epoch", seq: "seq", server_time: "serverTime", build: "build", live_as_of: "liveAsOf" } needs epoch, seq, server_time, build
}

/// How far one upstream channel is known to be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardAge {
    /// The upstream channel.
    pub shard: u16,
    /// False from the moment a gap is known until the re-read is applied.
    pub live: bool,
    /// Known to be true until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

members! {
    ShardAge from ShardAge { shard: 0, live: false, as_of: None }, { shard: "shard", live: "live", as_of: "asOf" } needs shard, live
}

/// An in-band answer. `result` is a status written as text; the frame has no `topicName`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Such as `"200"`; `"404"` means that the channel is gone.
    pub result: String,
    /// Such as `subscribed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

members! {
    Answer from Answer::default(), { result: "result", status: "status", message: "message" }
}

/// What a client says on the socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientMessage {
    /// `ping`, `subscribe` or `unsubscribe`.
    pub message: String,
    /// Topics to add or remove.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Echoed in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
}

members! {
    ClientMessage from ClientMessage { message: String::new(), topics: Vec::new(), correlation_id: None }, { message: "message", topics: "topics", correlation_id: "correlationId" } needs message
}

/// Why a frame could not be read.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadFrame {
    /// Over [`FRAME_MAX_BYTES`].
    #[error("frame of {0} bytes; the limit is {FRAME_MAX_BYTES}")]
    TooLarge(usize),
    /// Not a JSON object of the known kinds. The text itself is kept out of the error.
    #[error("frame is not a notification (line {line}, column {column})")]
    Malformed {
        /// Line of the fault.
        line: usize,
        /// Column of the fault.
        column: usize,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow, default)]
    topic_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    event_body: Option<&'a RawValue>,
    #[serde(borrow, default)]
    rollcall: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

#[derive(Default)]
struct MetadataBody {
    message: String,
}

members! {
    MetadataBody from MetadataBody { message: String::new() }, { message: "message" }
}

impl<'a> Frame<'a> {
    /// Reads one message.
    ///
    /// # Errors
    /// When it is too large or not a notification; never panics, whatever the bytes.
    pub fn parse(text: &'a str) -> Result<Self, BadFrame> {
        if text.len() > FRAME_MAX_BYTES {
            return Err(BadFrame::TooLarge(text.len()));
        }
        let envelope: Envelope<'a> = json::from_str(text).map_err(malformed)?;
        let Some(topic_name) = envelope.topic_name else {
            let Some(result) = envelope.result else {
                return Err(BadFrame::Malformed { line: 1, column: 1 });
            };
            return Ok(Self::Answer(Answer {
                result: plain(result),
                status: envelope.status.map(plain),
                message: envelope.message.map(plain),
            }));
        };
        if topic_name.eq_ignore_ascii_case(CHANNEL_METADATA) {
            let body: MetadataBody =
                envelope.event_body.and_then(|raw| json::from_str(raw.get()).ok()).unwrap_or_default();
            if body.message.eq_ignore_ascii_case("pong") {
                return Ok(Self::Pong);
            }
            let rollcall = envelope.rollcall.and_then(|raw| json::from_str(raw.get()).ok());
            return Ok(Self::Heartbeat(HeartbeatFrame { rollcall }));
        }
        if let Some(kind) = SystemKind::of_topic(&topic_name) {
            return Ok(Self::System(kind));
        }
        let Some(body) = envelope.event_body else { return Err(BadFrame::Malformed { line: 1, column: 1 }) };
        let stamp = match envelope.rollcall {
            None => None,
            Some(raw) => Some(json::from_str(raw.get()).map_err(malformed)?),
        };
        Ok(Self::Event(EventFrame { topic: Topic::parse(&topic_name), topic_name, body, stamp }))
    }
}

fn malformed(bad: json::Bad) -> BadFrame {
    BadFrame::Malformed { line: bad.line, column: bad.column }
}

/// Text without quotes, whether it was written as a string or as a number.
fn plain(raw: &RawValue) -> String {
    json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_frames_are_told_apart() {
        let parse = |text| Frame::parse(text).unwrap();
        assert!(matches!(
            parse(r#"{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}"#),
            Frame::Heartbeat(HeartbeatFrame { rollcall: None })
        ));
        assert!(matches!(
            parse(
                r#"{"topicName":"Channel.Metadata","version":"2","eventBody":{"message":"pong"},"metadata":{}}"#
            ),
            Frame::Pong
        ));
        assert!(matches!(
            parse(r#"{"topicName":"v2.system.socket_closing","eventBody":{}}"#),
            Frame::System(SystemKind::SocketClosing)
        ));
        let Frame::Answer(answer) = parse(r#"{"result":"404","message":"gone"}"#) else {
            panic!("an answer")
        };
        assert_eq!((answer.result.as_str(), answer.message.as_deref()), ("404", Some("gone")));
        let Frame::Answer(answer) = parse(r#"{"result":200,"status":"subscribed"}"#) else {
            panic!("an answer")
        };
        assert_eq!(answer.result, "200");
        let Frame::Event(event) =
            parse(r#"{"topicName":"v2.users.U.PRESENCE","eventBody":{},"rollcall":{"epoch":"e","seq":7}}"#)
        else {
            panic!("an event")
        };
        assert_eq!(event.topic, Some(Topic::UserPresence("u".into())));
        assert_eq!(event.stamp.unwrap().seq, 7);
    }

    #[test]
    fn an_unknown_topic_is_an_event_without_topic() {
        let Ok(Frame::Event(event)) = Frame::parse(r#"{"topicName":"v2.future.thing","eventBody":{}}"#)
        else {
            panic!("an event")
        };
        assert_eq!(event.topic, None);
    }

    #[test]
    fn errors_do_not_repeat_the_frame() {
        let error =
            Frame::parse(r#"{"topicName":"v2.users.u.presence","eventBody":{"secret":tru}}"#).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert_eq!(
            Frame::parse(&" ".repeat(FRAME_MAX_BYTES + 1)).unwrap_err(),
            BadFrame::TooLarge(FRAME_MAX_BYTES + 1)
        );
    }
}
