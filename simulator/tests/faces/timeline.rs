//! The timeline: an incident as a script.

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Config, Timeline};

use crate::{
    faults::pass,
    harness::{House, Socket, still, text},
};

const TIMELINE: &str = "/simulator/timeline";
const INCIDENT: &str = include_str!("../../../docs/incident.json");

#[tokio::test]
async fn what_was_announced_is_heard_also_when_the_clock_jumps_over_it() {
    let house = House::open(still()).await;
    let mut socket = Socket::connect(&house.channel().await.0).await;
    let steps = json!([{ "at": 5, "fault": { "kind": "socket_closing", "seconds": 30 } }]);
    house.post(TIMELINE, steps).await;
    pass(&house, 120).await;
    socket.event("v2.system.socket_closing").await;
    assert_eq!(socket.end().await, Some(1001));
}

#[tokio::test]
async fn the_example_in_the_documentation_plays_an_incident() {
    let timeline = Timeline::read(INCIDENT).unwrap();
    let config = Config { timeline: Some(timeline), ..still() };
    let house = House::open(config).await;
    let (channel, path) = house.channel().await;
    let onlooker = house.new_token().await;
    assert_eq!(house.truth().await["scenario"]["name"], "rush");
    let mut first = Socket::connect(&channel).await;
    pass(&house, 125).await;
    first.event("v2.system.socket_closing").await;
    pass(&house, 30).await;
    assert_eq!(first.end().await, Some(1001));
    let mut second = Socket::connect(&channel).await;
    pass(&house, 7).await;
    assert_eq!(second.end().await, Some(1001));
    let mut limited = 0;
    for _ in 0..20 {
        limited += u32::from(house.call(Method::GET, "/api/v2/date", None).await.status() == 429);
        assert_eq!(house.call_as(&onlooker, Method::GET, "/api/v2/date", None).await.status(), 200);
    }
    assert!((10..=20).contains(&limited), "{limited}");
    pass(&house, 20).await;
    let kinds: Vec<Value> = house.get("/simulator/faults").await["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["kind"].clone())
        .collect();
    assert_eq!(kinds, ["rate_limit", "server_error", "delay", "duplicate"]);
    assert!(house.get(TIMELINE).await["next"].is_string());

    pass(&house, 130).await;
    assert_eq!(house.truth().await["scenario"]["name"], "calm");
    let before = house.truth().await["now"].clone();
    pass(&house, 60).await;
    let after = house.truth().await["now"].clone();
    assert_ne!(text(&before)[..13], text(&after)[..13], "the clock was moved by an hour");
    house.ok(Method::PUT, &path, Some(json!([]))).await;
    Socket::connect(&channel).await;
    assert_eq!(house.get("/simulator/faults").await["faults"], json!([]));
    let shown = house.get(TIMELINE).await;
    assert!(shown["next"].is_null());
    let steps = shown["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 9);
    assert!(steps.iter().all(|step| step["played"].is_string()));
    assert_eq!(steps[2]["did"]["sockets"], 1);
}

#[tokio::test]
async fn steps_are_played_at_their_own_time_even_in_one_jump() {
    let house = House::open(Config { events_per_second: None, ..still() }).await;
    let script = json!([
        { "at": 100, "fault": { "kind": "server_error", "seconds": 50 } },
        { "at": 100, "note": "jump", "clock": { "advanceSeconds": 100 } },
        { "at": 150, "scenario": { "eventsPerSecond": 0 } },
        { "at": 1_000, "fault": { "kind": "evict_channels" } },
    ]);
    house.channel().await;
    let shown = house.post(TIMELINE, script).await;
    assert!(shown["steps"][0]["played"].is_null());
    let began: protocol::Timestamp = text(&shown["began"]).parse().unwrap();
    let moved = house.post("/simulator/clock", json!({ "advanceSeconds": 120 })).await;
    let now: protocol::Timestamp = text(&moved["now"]).parse().unwrap();
    assert!(now.ms_since(began) >= 220_000, "a step that moves the clock has moved it at once");
    let shown = house.get(TIMELINE).await;
    let played = |number: usize| -> Option<i64> {
        let at: protocol::Timestamp = shown["steps"][number]["played"].as_str()?.parse().unwrap();
        Some(at.ms_since(began))
    };
    assert_eq!(
        [played(0), played(1), played(2), played(3)],
        [Some(100_000), Some(100_000), Some(150_000), None]
    );
    house.get("/api/v2/date").await;
    assert_eq!(house.truth().await["scenario"]["eventsPerSecond"], 0.0);

    // What is left is not played when the timeline is taken away.
    house.ok(Method::DELETE, TIMELINE, None).await;
    house.refused(Method::GET, TIMELINE, None, (404, "not.found")).await;
    pass(&house, 2_000).await;
    assert_eq!(house.truth().await["channels"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_timeline_with_a_fault_is_refused_as_a_whole() {
    let house = House::open(still()).await;
    let script = json!([
        { "at": 0, "scenario": { "name": "rush" } },
        { "at": 1, "fault": { "kind": "slow", "topic": "presence" } },
        { "at": 2, "clock": {} },
    ]);
    let message = house.refused(Method::POST, TIMELINE, Some(script), (400, "invalid.value")).await;
    assert!(message.contains("step 2 (line 1): fault: topic means nothing to slow"), "{message}");
    assert!(message.contains("step 3 (line 1): clock: missing field `advanceSeconds`"), "{message}");
    assert_eq!(house.truth().await["scenario"]["name"], "calm");
    house.refused(Method::GET, TIMELINE, None, (404, "not.found")).await;
    house.refused(Method::DELETE, TIMELINE, None, (404, "not.found")).await;
    house.refused(Method::POST, TIMELINE, Some(json!({ "at": 0 })), (400, "invalid.value")).await;
}
