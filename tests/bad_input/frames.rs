//! Frames from upstream that no server should send.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    Watch,
    harness::{
        SOON, Speaker,
        junk::{Junk, Middleman, Mood},
        page::metric,
        process::Serve,
        ready, still, system_clock, until,
    },
};

/// What stands in every body that must not be logged.
const CANARY: &str = "canary-in-a-body-7d1e";

const RECOVERY: Duration = Duration::from_secs(15);

fn outcome(name: &str) -> String {
    format!("rollcall_upstream_frames_total{{outcome=\"{name}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_from_upstream_is_counted_and_harms_nothing() {
    let simulator = simulator::start(still(30, 3), system_clock()).await.unwrap();
    let middle = Middleman::start(&simulator.base_url(), Mood::PassOn).await;
    let mut serve = Serve::start(&middle.base_url(), "simulator", "trace");
    let base = serve.process.base_url().await;
    ready(&base).await;
    let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
    let machine = Speaker::sign_in(&base, "reports", "reports-secret").await;
    let mut watch = Watch::begin(&upstream, &machine).await;
    let user = watch.user.clone();

    for (what, text, counted) in texts(&user) {
        let before = metric(&base, &outcome(counted)).await;
        middle.say(Junk::Message(Message::text(text)));
        until(SOON, &format!("{what} is counted as {counted}"), || async {
            (metric(&base, &outcome(counted)).await > before).then_some(())
        })
        .await;
        watch.still_hears(what).await;
    }
    let before = metric(&base, &outcome("not text")).await;
    middle.say(Junk::Message(Message::binary(format!("\u{0}{CANARY}"))));
    until(SOON, "a binary message is counted", || async {
        (metric(&base, &outcome("not text")).await > before).then_some(())
    })
    .await;
    watch.still_hears("a binary message").await;
    assert_eq!(middle.sockets(), 1, "none of these ends the socket");

    for (what, junk, counted) in ends(CANARY) {
        let (sockets, before) = (middle.sockets(), metric(&base, &outcome(counted)).await);
        middle.say(junk);
        until(RECOVERY, &format!("a new socket, and live again, after {what}"), || async {
            let live = metric(&base, "rollcall_shards_live").await > 0.0;
            (live && middle.sockets() > sockets).then_some(())
        })
        .await;
        assert_eq!(metric(&base, &outcome(counted)).await, before + 1.0, "{what} is counted as {counted}");
        watch.still_hears(what).await;
    }

    equal_to_upstream(&upstream, &machine).await;
    assert!(serve.process.is_running());
    serve.process.kill();
    let log = serve.process.stderr();
    assert!(!log.contains(CANARY), "a body is in the log: {}", line_with(&log, CANARY));
    for said in ["frame from upstream refused", "frame from upstream not received", "does not fit its topic"]
    {
        assert!(log.contains(said), "the log says {said:?}:\n{log}");
    }
    simulator.stop().await;
}

/// Texts, and as what each is counted.
fn texts(user: &str) -> Vec<(&'static str, String, &'static str)> {
    let presence = format!("v2.users.{user}.presence");
    let event = |topic: &str, body: Value| {
        json!({ "topicName": topic, "version": "2", "eventBody": body, "metadata": {} }).to_string()
    };
    let definition = json!({ "id": CANARY, "systemPresence": 7 });
    vec![
        ("an empty text", String::new(), "malformed"),
        ("a broken text", format!("{{\"topicName\":\"{presence}\",\"eventBody\":{{\"{CANARY}"), "malformed"),
        ("a list", format!("[\"{CANARY}\"]"), "malformed"),
        ("a string", format!("\"{CANARY}\""), "malformed"),
        ("a number", "1e999".to_owned(), "malformed"),
        ("a text of zeros", "\0".repeat(100), "malformed"),
        ("an object of another kind", format!("{{\"{CANARY}\":1}}"), "malformed"),
        (
            "a topic that is no text",
            format!("{{\"topicName\":{{\"{CANARY}\":1}},\"eventBody\":{{}}}}"),
            "malformed",
        ),
        (
            "ten thousand brackets",
            format!("{{\"topicName\":\"{presence}\",\"eventBody\":{}", "[".repeat(10_000)),
            "malformed",
        ),
        (
            "an unknown topic",
            event(&format!("v2.weather.{CANARY}.rain"), json!({ "wet": CANARY })),
            "unknown",
        ),
        ("an unknown user", event(&format!("v2.users.{CANARY}.presence"), json!({})), "unknown"),
        ("a wrong shape", event(&presence, json!({ "presenceDefinition": CANARY })), "malformed"),
        (
            "a wrong date",
            event(&presence, json!({ "presenceDefinition": definition, "modifiedDate": CANARY })),
            "malformed",
        ),
        ("a body that is a text", event(&presence, json!(CANARY)), "malformed"),
        ("600 KB", event(&presence, json!({ "message": CANARY.repeat(30_000) })), "too large"),
    ]
}

/// What ends the socket, and as what it is counted.
fn ends(canary: &str) -> Vec<(&'static str, Junk, &'static str)> {
    let masked = [&[0x81, 0x84, 1, 2, 3, 4][..], b"junk"].concat();
    vec![
        ("20 MB", Junk::Message(Message::text(canary.repeat(1_000_000))), "too large"),
        ("a reserved opcode", Junk::Bytes(vec![0x83, 0x00]), "malformed"),
        ("a masked frame", Junk::Bytes(masked), "malformed"),
        ("a text that is not UTF-8", Junk::Bytes(vec![0x81, 0x02, 0xc3, 0x28]), "malformed"),
    ]
}

fn line_with<'a>(log: &'a str, word: &str) -> &'a str {
    log.lines().find(|line| line.contains(word)).unwrap_or_default()
}

/// The board that the proxy serves is the world as it is.
async fn equal_to_upstream(upstream: &Speaker, machine: &Speaker) {
    let path = "/api/v2/users?pageSize=100&expand=presence,routingStatus";
    let (truth, told) = (upstream.get(path).await, machine.get(path).await);
    let (truth, told) = (truth["entities"].as_array().unwrap(), told["entities"].as_array().unwrap());
    assert_eq!(truth.len(), told.len());
    for user in truth {
        let told = told.iter().find(|told| told["id"] == user["id"]).unwrap();
        for member in ["presence", "routingStatus"] {
            assert_eq!(told[member], user[member], "{}", user["name"]);
        }
    }
}
