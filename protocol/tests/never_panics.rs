//! Whatever arrives, reading it gives a value or an error, never a panic.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use std::{collections::BTreeMap, fs};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::FileFailurePersistence,
};
use protocol::{
    Channel, ChannelTopic, ErrorBody, Frame, Timestamp, Topic, TopicSet,
    channel::{Entities, TopicRequest},
    entity::{Page, PresenceDefinition, Queue, ServerDate, User, UserPresence},
    event::{
        conversation_summary::ConversationSummary, observations::ObservationsEvent, presence::PresenceEvent,
        queue_activity::QueueActivityEvent, rollcall::RollcallShard, routing_status::RoutingStatusEvent,
        user_activity::UserActivityEvent,
    },
    fact::{self, Fact, Value},
    frame::{BadFrame, ClientMessage, EventFrame, FRAME_MAX_BYTES},
    merge::{Asked, Ledger, Origin},
    presence::{RoutingStatus, SystemPresence},
    query::{ObservationsQuery, ObservationsResponse},
    system::{SystemKind, SystemMessage},
    wall::{WallChannel, WallDefinition, WallRequest},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// Moments at which facts arrive: the ends of time are where arithmetic breaks.
const MOMENTS: [i64; 4] = [1_767_268_800_000, 0, i64::MIN, i64::MAX];

fn config(cases: u32) -> ProptestConfig {
    let failure_persistence = Some(Box::new(FileFailurePersistence::WithSource("regressions")) as _);
    ProptestConfig { cases, failure_persistence, ..ProptestConfig::default() }
}

/// Reads a text as everything that it could be.
fn swallow(text: &str) {
    if let Ok(Frame::Event(event)) = Frame::parse(text) {
        body(event.body);
        if let Some(topic) = event.topic {
            let _ = fact::of_event(&topic, event.body, Timestamp::from_ms(0));
        }
    }
    if let Ok(raw) = serde_json::from_str::<&RawValue>(text) {
        body(raw);
    }
    name(text);
    let Some(start) = text.as_bytes().iter().position(|byte| !byte.is_ascii_whitespace()) else { return };
    // What is no JSON fails in every type alike.
    if matches!(text.as_bytes()[start], b'{' | b'[' | b'"') {
        entities(text);
    }
}

/// Reads a text as the name of something.
fn name(text: &str) {
    if let Some(topic) = Topic::parse(text) {
        assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
    }
    if let Ok(set) = TopicSet::parse(text) {
        set.parts().iter().for_each(|part| drop(Topic::parse(part)));
    }
    let _ = SystemKind::of_topic(text);
    let _ = SystemPresence::parse(text).in_event().len();
    let _ = RoutingStatus::parse(text);
    if let Ok(moment) = text.parse::<Timestamp>() {
        let _ = moment.to_string();
    }
}

/// Reads a body as that of every topic, at every moment, and lets the facts stand.
fn body(raw: &RawValue) {
    for topic in topics() {
        // Only figures are reckoned from the moment at which they arrive.
        let moments = if matches!(topic, Topic::QueueObservations(_)) { &MOMENTS[..] } else { &MOMENTS[..1] };
        for moment in moments.iter().copied().map(Timestamp::from_ms) {
            if let Ok(facts) = fact::of_event(&topic, raw, moment) {
                weigh(&facts, moment);
            }
        }
    }
}

fn weigh(facts: &[Fact], moment: Timestamp) {
    let mut ledger = Ledger::default();
    for began in MOMENTS.map(Timestamp::from_ms) {
        for fact in facts {
            for origin in [
                Origin::Event,
                Origin::Read { began, asked: Asked::InDoubt },
                Origin::Read { began, asked: Asked::ForAudit },
            ] {
                ledger.weigh(fact, origin, moment);
            }
            if let Value::Since(Some(since)) = &fact.value {
                let _ = (since.to_string(), moment.ms_since(*since));
                assert_eq!(fact.value.zero(), Some(Value::Since(None)));
            }
        }
    }
    assert!(ledger.len() <= facts.len());
}

fn entities(text: &str) {
    if let Some(user) = read::<User>(text) {
        weigh(&fact::of_user(&user), Timestamp::from_ms(0));
    }
    if let Some(answer) = read::<ObservationsResponse>(text) {
        for moment in MOMENTS.map(Timestamp::from_ms) {
            weigh(&fact::of_observations(&answer, moment), moment);
        }
    }
    if let Some(query) = read::<ObservationsQuery>(text) {
        let _ = query.filter.matches(&|dimension| (dimension == "queueId").then(|| "q".to_owned()));
    }
    read::<Page<User>>(text);
    read::<Page<Queue>>(text);
    read::<Page<PresenceDefinition>>(text);
    read::<UserPresence>(text);
    read::<ServerDate>(text);
    read::<Channel>(text);
    read::<Entities<ChannelTopic>>(text);
    read::<Vec<TopicRequest>>(text);
    read::<ErrorBody>(text);
    read::<ClientMessage>(text);
    read::<SystemMessage>(text);
    read::<WallRequest>(text);
    read::<WallDefinition>(text);
    read::<PresenceEvent>(text);
    read::<RoutingStatusEvent>(text);
    read::<ConversationSummary>(text);
    read::<ObservationsEvent>(text);
    read::<UserActivityEvent>(text);
    read::<QueueActivityEvent>(text);
    read::<RollcallShard>(text);
    let _ = serde_json::from_str::<WallChannel<'_>>(text);
}

/// What can be read can be written.
fn read<T: Serialize + DeserializeOwned>(text: &str) -> Option<T> {
    let value = serde_json::from_str::<T>(text).ok()?;
    serde_json::to_string(&value).unwrap();
    Some(value)
}

fn topics() -> [Topic; 11] {
    [
        Topic::UserPresence("u".into()),
        Topic::UserRoutingStatus("u".into()),
        Topic::UserConversationSummary("u".into()),
        Topic::UserActivity("u".into()),
        Topic::QueueObservations("q".into()),
        Topic::QueueActivity("q".into()),
        Topic::RollcallUser("u".into()),
        Topic::RollcallQueue("q".into()),
        Topic::RollcallPresences,
        Topic::RollcallWall("w".into()),
        Topic::RollcallShard(0),
    ]
}

fn goldens() -> Vec<String> {
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).unwrap();
    let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    // A seed means the same case on every machine.
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Numbers, words and brackets that have broken readers before.
const ODD: [&str; 22] = [
    "1e308",
    "-1e308",
    "1e999",
    "-0.0",
    "-1",
    "1e-400",
    "0.1",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "NaN",
    "Infinity",
    "null",
    "true",
    "\"\"",
    "{}",
    "[]",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"+999999-12-31T23:59:60.999999999999Z\"",
];

#[derive(Clone, Debug)]
enum Harm {
    Flip(Index, u8),
    Truncate(Index),
    Remove(Index, u8),
    Insert(Index, Vec<u8>),
    /// A piece comes twice: doubled keys, doubled items.
    Repeat(Index, u8),
    /// A value is replaced by an odd one.
    Odd(Index, &'static str),
    /// A value is wrapped in so many arrays or objects.
    Nest(Index, u8, bool),
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = any::<Index>;
    prop_oneof![
        1 => (at(), any::<u8>()).prop_map(|(at, bits)| Harm::Flip(at, bits)),
        1 => at().prop_map(Harm::Truncate),
        1 => (at(), any::<u8>()).prop_map(|(at, length)| Harm::Remove(at, length)),
        1 => (at(), vec(any::<u8>(), 0..8)).prop_map(|(at, bytes)| Harm::Insert(at, bytes)),
        2 => (at(), any::<u8>()).prop_map(|(at, length)| Harm::Repeat(at, length)),
        4 => (at(), select(ODD.to_vec())).prop_map(|(at, odd)| Harm::Odd(at, odd)),
        2 => (at(), any::<u8>(), any::<bool>()).prop_map(|(at, depth, array)| Harm::Nest(at, depth, array)),
    ]
}

impl Harm {
    fn inflict(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let size = bytes.len();
        match self {
            Self::Flip(at, bits) => bytes[at.index(size)] ^= bits,
            Self::Truncate(at) => bytes.truncate(at.index(size)),
            Self::Remove(at, length) => {
                let at = at.index(size);
                bytes.drain(at..size.min(at + usize::from(*length)));
            }
            Self::Insert(at, new) => drop(bytes.splice(at.index(size)..at.index(size), new.iter().copied())),
            Self::Repeat(at, length) => {
                // Whole members are repeated rather than random pieces, else few results are JSON.
                let members = members(bytes);
                let Some(&(start, end)) = members.get(at.index(members.len().max(1))) else { return };
                let mut piece = bytes[start..end].to_vec();
                piece.push(b',');
                let times = usize::from(*length % 4) + 1;
                bytes.splice(start..start, piece.repeat(times));
            }
            Self::Odd(at, odd) => {
                let values = values(bytes);
                let Some(&(start, end)) = values.get(at.index(values.len().max(1))) else { return };
                bytes.splice(start..end, odd.bytes());
            }
            Self::Nest(at, depth, array) => {
                let values = values(bytes);
                let Some(&(start, end)) = values.get(at.index(values.len().max(1))) else { return };
                let (open, close): (&[u8], &[u8]) = if *array { (b"[", b"]") } else { (b"{\"a\":", b"}") };
                let mut nested = open.repeat(usize::from(*depth));
                nested.extend_from_slice(&bytes[start..end]);
                nested.extend(close.repeat(usize::from(*depth)));
                bytes.splice(start..end, nested);
            }
        }
    }
}

/// Where the scalars after a colon begin and end. The goldens have one member a line.
fn values(bytes: &[u8]) -> Vec<(usize, usize)> {
    lines(bytes)
        .filter_map(|(start, end)| {
            let colon = bytes[start..end].windows(2).position(|pair| pair == b": ")?;
            let value = start + colon + 2;
            let last = *bytes.get(end.checked_sub(1)?)?;
            let end = if last == b',' { end - 1 } else { end };
            (value < end && last != b'{' && last != b'[').then_some((value, end))
        })
        .collect()
}

/// Where the lines with a whole member begin and end, without their comma.
fn members(bytes: &[u8]) -> Vec<(usize, usize)> {
    values(bytes)
        .into_iter()
        .map(|(value, end)| {
            (bytes[..value].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1), end)
        })
        .collect()
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    bytes.split(|byte| *byte == b'\n').map(move |line| {
        let span = (start, start + line.len());
        start = span.1 + 1;
        span
    })
}

/// JSON made of the words that bodies use, in all the wrong places.
fn soup() -> impl Strategy<Value = String> {
    let words = [
        "id",
        "topicName",
        "eventBody",
        "rollcall",
        "result",
        "status",
        "message",
        "presenceDefinition",
        "systemPresence",
        "modifiedDate",
        "routingStatus",
        "startTime",
        "call",
        "contactCenter",
        "active",
        "acw",
        "group",
        "queueId",
        "mediaType",
        "data",
        "metrics",
        "metric",
        "qualifier",
        "stats",
        "count",
        "max",
        "calculatedMetricValue",
        "results",
        "definitions",
        "deleted",
        "serviceLevel",
        "oWaiting",
        "oLongestWaiting",
        "channel.metadata",
        "v2.users.u.presence",
        "2026-01-01T00:00:00Z",
        "filter",
        "clauses",
        "type",
        "entities",
    ];
    let word = move || select(words.to_vec()).prop_map(|word| format!("\"{word}\""));
    let leaf = prop_oneof![
        word(),
        select(ODD.to_vec()).prop_map(str::to_owned),
        any::<f64>().prop_map(|n| n.to_string())
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let member = (word(), inner.clone()).prop_map(|(key, value)| format!("{key}:{value}"));
        prop_oneof![
            1 => vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            3 => vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn arbitrary_bytes(bytes in vec(any::<u8>(), 0..600)) {
        swallow(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_names(text in "\\PC{0,220}", dotted in "(v2|V2|rollcall)?[.](users|analytics|shards|queues)[.?&a-z0-9]{0,20}") {
        name(&text);
        name(&dotted);
        name(&format!("v2.users.{text}.presence"));
    }

    #[test]
    fn arbitrary_dates(text in "[+-]?[0-9]{1,6}-[0-9]{1,2}-[0-9]{1,2}T[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.][0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})?", ms in any::<i64>()) {
        name(&text);
        let moment = Timestamp::from_ms(ms);
        let _ = (moment.to_string(), serde_json::to_string(&moment).unwrap(), moment.plus_ms(ms), moment.ms_since(Timestamp::from_ms(-1)));
    }

    #[test]
    fn words_in_the_wrong_places(text in soup()) {
        swallow(&text);
        swallow(&format!(r#"{{"topicName":"v2.users.u.presence","eventBody":{text},"rollcall":{text}}}"#));
    }
}

proptest! {
    #![proptest_config(config(1_024))]

    #[test]
    fn damaged_goldens(which in any::<Index>(), harms in vec(harm(), 1..4)) {
        let goldens = GOLDENS.with(Clone::clone);
        let mut bytes = which.get(&goldens).clone().into_bytes();
        harms.iter().for_each(|harm| harm.inflict(&mut bytes));
        swallow(&String::from_utf8_lossy(&bytes));
    }
}

thread_local! {
    static GOLDENS: std::rc::Rc<Vec<String>> = std::rc::Rc::new(goldens());
}

#[test]
fn every_number_of_every_golden_replaced_by_every_odd_value() {
    for golden in goldens() {
        let bytes = golden.into_bytes();
        for (start, end) in values(&bytes) {
            for odd in ODD {
                let mut bytes = bytes.clone();
                bytes.splice(start..end, odd.bytes());
                let text = String::from_utf8(bytes).unwrap();
                match Frame::parse(&text) {
                    Ok(Frame::Event(EventFrame { topic: Some(topic), body, .. })) => {
                        for moment in MOMENTS.map(Timestamp::from_ms) {
                            let facts = fact::of_event(&topic, body, moment);
                            weigh(&facts.unwrap_or_default(), moment);
                        }
                    }
                    Ok(_) => {}
                    Err(_) => entities(&text),
                }
            }
        }
    }
}

#[test]
fn deep_nesting_is_refused_or_skipped() {
    let depth = FRAME_MAX_BYTES / 3;
    for (open, close) in
        [("[", "]"), ("{\"filter\":", "}"), ("{\"clauses\":[", "]}"), ("{\"errors\":[", "]}")]
    {
        let times = depth / (open.len() + close.len());
        let nested = format!("{}1{}", open.repeat(times), close.repeat(times));
        for text in [
            nested.clone(),
            format!(r#"{{"topicName":"v2.users.u.presence","eventBody":{nested}}}"#),
            format!(r#"{{"topicName":"v2.users.u.presence","eventBody":{{"unknown":{nested}}}}}"#),
            format!(r#"{{"result":{nested}}}"#),
        ] {
            swallow(&text);
        }
    }
}

#[test]
fn a_frame_has_a_largest_size() {
    let frame = |size: usize| {
        let empty = r#"{"topicName":"v2.users.u.presence","eventBody":{"message":""}}"#;
        empty.replace(r#""""#, &format!("\"{}\"", "x".repeat(size - empty.len())))
    };
    assert!(Frame::parse(&frame(FRAME_MAX_BYTES)).is_ok());
    assert_eq!(
        Frame::parse(&frame(FRAME_MAX_BYTES + 1)).unwrap_err(),
        BadFrame::TooLarge(FRAME_MAX_BYTES + 1)
    );
}

#[test]
fn errors_repeat_nothing_of_what_they_refuse() {
    let secret = "hunter2";
    for golden in goldens() {
        let text = golden.replace("\"topicName\"", &format!("\"{secret}\": \"{secret}\",\n  \"topicName\""));
        let text = text.replacen(": {", &format!(": [\"{secret}\", {{"), 1);
        if let Err(error) = Frame::parse(&text) {
            assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
        }
    }
    let raw = serde_json::value::to_raw_value(&BTreeMap::from([("presenceDefinition", secret)])).unwrap();
    let error = fact::of_event(&topics()[0], &raw, Timestamp::from_ms(0)).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
}
