//! Real-shaped JSON and its decoded form: `golden/NAME.json` is what travels, `golden/NAME.expected`
//! is what it means. The first word of a name says what it is read as.
//!
//! `BLESS=1 cargo test -p protocol --test golden` writes the expected texts anew; read the difference.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use std::{
    collections::BTreeSet,
    fmt::{Display, Write},
    fs,
    path::PathBuf,
};

use protocol::{
    Channel, ChannelTopic, ErrorBody, Frame, Slot, Timestamp, Topic,
    channel::Entities,
    entity::{Page, PresenceDefinition, Queue, ServerDate, User, UserPresence},
    event::{queue_activity::QueueActivityEvent, rollcall::RollcallShard},
    fact::{self, Fact, Part, Value},
    frame::{EventFrame, Stamp},
    query::ObservationsResponse,
    wall::WallDefinition,
};
use serde::{Serialize, de::DeserializeOwned};

/// When frames arrive and reads begin.
const AT: Timestamp = Timestamp::from_ms(1_767_268_800_000);

/// The one place that touches the protocol: reads a golden and compares what was understood.
fn check(name: &str) -> Result<(), String> {
    let text = fs::read_to_string(path(name, "json")).map_err(|e| format!("{name}.json: {e}"))?;
    let kind = name.split('.').next().unwrap_or(name);
    let decoded = match kind {
        "frame" => frame(&text),
        "user" => entity::<User>(&text, fact::of_user),
        "users" => entity::<Page<User>>(&text, |page| page.entities.iter().flat_map(fact::of_user).collect()),
        "observations" => entity::<ObservationsResponse>(&text, |answer| fact::of_observations(answer, AT)),
        "presence" => entity::<UserPresence>(&text, no_facts),
        "queue" => entity::<Queue>(&text, no_facts),
        "definition" => entity::<PresenceDefinition>(&text, no_facts),
        "definitions" => entity::<Page<PresenceDefinition>>(&text, no_facts),
        "channel" => entity::<Channel>(&text, no_facts),
        "topics" => entity::<Entities<ChannelTopic>>(&text, no_facts),
        "error" => entity::<ErrorBody>(&text, no_facts),
        "date" => entity::<ServerDate>(&text, no_facts),
        _ => return Err(format!("{name}: nothing is read as {kind}")),
    };
    if bless() {
        return fs::write(path(name, "expected"), decoded).map_err(|e| e.to_string());
    }
    let expected = fs::read_to_string(path(name, "expected")).map_err(|e| format!("{name}.expected: {e}"))?;
    if decoded == expected {
        Ok(())
    } else {
        Err(format!("{name}\n--- expected\n{expected}--- decoded\n{decoded}"))
    }
}

#[test]
fn every_golden_is_understood_as_expected() {
    let names = names("json");
    assert!(names.len() > 80, "goldens are missing: {} found", names.len());
    let faults: Vec<String> = names.iter().filter_map(|name| check(name).err()).collect();
    assert!(faults.is_empty(), "{} of {} differ\n{}", faults.len(), names.len(), faults.join("\n"));
}

#[test]
fn no_expected_text_is_left_without_its_golden() {
    let (frames, expected) = (names("json"), names("expected"));
    let orphans: Vec<_> = expected.difference(&frames).collect();
    assert!(orphans.is_empty(), "{orphans:?}");
}

#[test]
fn the_spellings_of_on_queue_mean_the_same() {
    let meaning = |place: &str| {
        let name = format!("frame.presence.on-queue-as-{place}-spells-it");
        frame(&fs::read_to_string(path(&name, "json")).unwrap())
    };
    let event = meaning("event");
    assert!(event.contains("system=ON_QUEUE"), "{event}");
    for place in ["user", "definition", "lower-case"] {
        assert_eq!(meaning(place), event, "{place}");
    }
}

fn frame(text: &str) -> String {
    match Frame::parse(text) {
        Err(error) => format!("refused: {error}\n"),
        Ok(Frame::Pong) => "pong\n".to_owned(),
        Ok(Frame::Heartbeat(heartbeat)) => format!("heartbeat\nrollcall: {:#?}\n", heartbeat.rollcall),
        Ok(Frame::System(kind)) => format!("system: {kind:?}\n"),
        Ok(Frame::Answer(answer)) => format!("answer: {answer:#?}\n"),
        Ok(Frame::Event(event)) => event_frame(&event),
    }
}

fn event_frame(event: &EventFrame<'_>) -> String {
    let Some(topic) = &event.topic else {
        return format!("event of an unknown topic {}\n", event.topic_name);
    };
    let mut out = format!("event {topic}\n");
    if let Some(Stamp { epoch, seq, at, since, shard, loading }) = &event.stamp {
        let (at, since, shard) = (or_none(at.as_ref()), or_none(since.as_ref()), or_none(shard.as_ref()));
        line(
            &mut out,
            format_args!(
                "stamp epoch={epoch} seq={seq} at={at} since={since} shard={shard} loading={loading}"
            ),
        );
    }
    let at = event.stamp.as_ref().and_then(|stamp| stamp.at).unwrap_or(AT);
    match fact::of_event(topic, event.body, at) {
        Ok(facts) => facts_into(&mut out, &facts),
        Err(error) => line(&mut out, format_args!("refused: {error}")),
    }
    // Events without facts are decoded all the same.
    match topic {
        Topic::QueueActivity(_) => written_into(&mut out, &read::<QueueActivityEvent>(event.body.get())),
        Topic::RollcallShard(_) => written_into(&mut out, &read::<RollcallShard>(event.body.get())),
        Topic::RollcallWall(_) => written_into(&mut out, &read::<WallDefinition>(event.body.get())),
        Topic::UserPresence(_)
        | Topic::UserRoutingStatus(_)
        | Topic::UserConversationSummary(_)
        | Topic::UserActivity(_)
        | Topic::QueueObservations(_)
        | Topic::RollcallUser(_)
        | Topic::RollcallQueue(_)
        | Topic::RollcallPresences
        | Topic::RollcallFigures(_)
        | Topic::RollcallSamples(_)
        | Topic::RollcallTally(_)
        | Topic::RollcallAlarms(_)
        | Topic::RollcallStates(_) => {}
    }
    out
}

/// What REST answered: its facts, and how we would write it ourselves.
fn entity<T: Serialize + DeserializeOwned>(text: &str, facts: impl Fn(&T) -> Vec<Fact>) -> String {
    let entity: T = read(text);
    let mut out = String::new();
    facts_into(&mut out, &facts(&entity));
    written_into(&mut out, &entity);
    out
}

fn no_facts<T>(_: &T) -> Vec<Fact> {
    Vec::new()
}

fn facts_into(out: &mut String, facts: &[Fact]) {
    for Fact { slot: Slot { topic, media }, part, value, date } in facts {
        let medium = media.as_ref().map(|media| format!(" [{media}]")).unwrap_or_default();
        let part = match part {
            Part::Whole => String::new(),
            Part::Media(media) => format!(" {media:?}"),
            Part::Figure { metric, qualifier: None } => format!(" {}", metric.as_str()),
            Part::Figure { metric, qualifier: Some(qualifier) } => {
                format!(" {} of {qualifier}", metric.as_str())
            }
        };
        line(out, format_args!("fact {topic}{medium}{part}"));
        line(out, format_args!("  value {}", value_text(value)));
        line(out, format_args!("  date {}", or_none(date.as_ref())));
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Presence(presence) => {
            let system = or_none(presence.system.as_ref().map(protocol::presence::SystemPresence::in_event));
            format!(
                "presence definition={} system={system} message={:?}",
                presence.definition, presence.message
            )
        }
        Value::RoutingStatus(status) => format!("routing status {status:?}"),
        Value::Conversations(counts) => {
            let (queues, others) = (counts.contact_center, counts.enterprise);
            format!(
                "conversations contact center active={} acw={}, enterprise active={} acw={}",
                queues.active, queues.acw, others.active, others.acw
            )
        }
        Value::Count(count) => format!("count {count}"),
        Value::Since(since) => format!("since {}", or_none(since.as_ref())),
        Value::User(user) => format!("{user:?}"),
        Value::Queue(queue) => format!("{queue:?}"),
        Value::Figures(figures) => format!("{figures:?}"),
        Value::Samples(samples) => format!("{samples:?}"),
        Value::Tally(tally) => format!("{tally:?}"),
        Value::Alarms(alarms) => format!("{alarms:?}"),
        Value::States(states) => format!("{states:?}"),
        Value::Presences(presences) => format!("{presences:#?}"),
    }
}

fn written_into<T: Serialize>(out: &mut String, value: &T) {
    line(out, format_args!("written {}", serde_json::to_string_pretty(value).unwrap()));
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

fn or_none<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").unwrap();
}

fn path(name: &str, extension: &str) -> PathBuf {
    folder().join(format!("{name}.{extension}"))
}

fn names(extension: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"))
}

#[expect(clippy::disallowed_methods, reason = "a switch for developers, not configuration")]
fn bless() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}
