//! The control face: scenario, faults, clock, truth; starting and stopping.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Config, start};

use crate::harness::{House, Socket, TestClock, check_refusal, still, text};

#[tokio::test]
async fn scenario_and_pace_change_at_run_time() {
    let house = House::open(still()).await;
    let played = house.post("/simulator/scenario", json!({ "name": "rush", "eventsPerSecond": 50 })).await;
    assert_eq!(played, json!({ "name": "rush", "eventsPerSecond": 50.0 }));
    assert_eq!(house.truth().await["scenario"], played);
    let played = house.post("/simulator/scenario", json!({ "name": "calm" })).await;
    assert_eq!(played["eventsPerSecond"], 50.0, "what is not named stays");
    let played = house.post("/simulator/scenario", json!({ "eventsPerSecond": null })).await;
    assert_eq!(played, json!({ "name": "calm", "eventsPerSecond": null }));
    let path = "/simulator/scenario";
    let message =
        house.refused(Method::POST, path, Some(json!({ "name": "siesta" })), (400, "invalid.value")).await;
    for name in ["calm", "rush", "outage", "shift_change", "storm"] {
        assert!(message.contains(name), "{message}");
        assert_eq!(house.post(path, json!({ "name": name })).await["name"], name);
    }
    house.refused(Method::POST, path, Some(json!({ "eventsPerSecond": -1 })), (400, "invalid.value")).await;
    house.refused(Method::POST, path, Some(json!({ "speed": 2 })), (400, "bad.request")).await;
}

#[tokio::test]
async fn about_as_many_events_come_as_were_wished_for() {
    let config = Config { agents: 300, queues: 20, events_per_second: Some(200.0), ..still() };
    let house = House::open(config).await;
    let truth = house.truth().await;
    let users =
        truth["agents"].as_array().unwrap().iter().map(|agent| {
            format!("v2.users.{}?presence&routingStatus&conversationsummary", text(&agent["id"]))
        });
    let queues = truth["queues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|queue| format!("v2.analytics.queues.{}.observations", text(&queue["id"])));
    let mut socket = house.listen(&users.chain(queues).collect::<Vec<_>>()).await;
    let mut count = 0;
    let _ = tokio::time::timeout(Duration::from_secs(3), async {
        loop {
            socket.frame().await;
            count += 1;
        }
    })
    .await;
    assert!((300..1_000).contains(&count), "{count} events in 3 s instead of about 600");
}

#[tokio::test]
async fn close_sockets_closes_all_and_a_new_one_works() {
    let house = House::open(still()).await;
    let (channel, _) = house.channel().await;
    let mut first = Socket::connect(&channel).await;
    let mut second = Socket::connect(&house.channel().await.0).await;
    let fault = house.post("/simulator/faults", json!({ "kind": "close_sockets" })).await;
    assert_eq!(fault["sockets"], 2);
    assert_eq!(first.end().await, Some(1001));
    assert_eq!(second.end().await, Some(1001));
    let mut again = Socket::connect(&channel).await;
    again.say(json!({ "message": "ping" })).await;
    assert_eq!(again.frame().await["eventBody"]["message"], "pong");
}

#[tokio::test]
async fn silent_sockets_stay_open_and_never_speak_again() {
    let config = Config { heartbeat_every: Duration::from_millis(50), ..still() };
    let house = House::open(config).await;
    let (channel, _) = house.channel().await;
    let mut silent = Socket::connect(&channel).await;
    silent.frame().await;
    house.post("/simulator/faults", json!({ "kind": "silent_sockets", "seconds": 0 })).await;
    silent.frames_until_quiet(100).await;
    silent.say(json!({ "message": "ping" })).await;
    assert_eq!(silent.frames_until_quiet(300).await, [json!(null); 0]);
    assert_eq!(house.truth().await["channels"][0]["connected"], true);
    let mut speaking = Socket::connect(&house.channel().await.0).await;
    speaking.frame().await;
    let mut again = Socket::connect(&channel).await;
    again.frame().await;
    assert_eq!(silent.end().await, None, "the second socket of the channel drops the silent one");
}

#[tokio::test]
async fn server_error_strikes_tokens_with_a_channel_for_its_time() {
    let house = House::open(still()).await;
    let onlooker = house.new_token().await;
    house.channel().await;
    house.post("/simulator/faults", json!({ "kind": "server_error", "seconds": 30 })).await;
    house.refused(Method::GET, "/api/v2/users", None, (503, "service.unavailable")).await;
    let response = house.call_as(&onlooker, Method::GET, "/api/v2/users", None).await;
    assert!(response.status().is_success());
    house.post("/simulator/clock", json!({ "advanceSeconds": 31 })).await;
    house.get("/api/v2/users").await;

    house.post("/simulator/faults", json!({ "kind": "server_error", "rate": 0.5 })).await;
    let mut refused = 0;
    for _ in 0..100 {
        refused += u32::from(house.call(Method::GET, "/api/v2/date", None).await.status() == 503);
    }
    assert!((25..75).contains(&refused), "{refused} of 100");
}

#[tokio::test]
async fn faults_that_are_not_known_are_refused_with_those_that_are() {
    let house = House::open(still()).await;
    let path = "/simulator/faults";
    let message =
        house.refused(Method::POST, path, Some(json!({ "kind": "explosion" })), (400, "invalid.value")).await;
    for kind in ["close_sockets", "silent_sockets", "server_error"] {
        assert!(message.contains(kind), "{message}");
    }
    for body in
        [json!({ "kind": "server_error", "rate": 2 }), json!({ "kind": "server_error", "seconds": -1 })]
    {
        house.refused(Method::POST, path, Some(body), (400, "invalid.value")).await;
    }
    let far = json!({ "advanceSeconds": 1e9 });
    house.refused(Method::POST, "/simulator/clock", Some(far), (400, "invalid.value")).await;
}

#[tokio::test]
async fn limits_are_enforced_only_when_asked_for_and_only_on_tokens_with_a_channel() {
    let house = House::open(Config { enforce_call_limits: true, ..still() }).await;
    let onlooker = house.new_token().await;
    house.channel().await;
    for _ in 0..299 {
        house.get("/api/v2/date").await;
        house.call_as(&onlooker, Method::GET, "/api/v2/date", None).await;
    }
    let response = house.call(Method::GET, "/api/v2/date", None).await;
    let retry_after = response.headers()["retry-after"].to_str().unwrap().to_owned();
    assert_eq!(response.headers()["inin-ratelimit-count"], "301");
    let message = check_refusal(response, (429, "too.many.requests.retry.after")).await;
    assert!(message.contains(&format!("[{retry_after}]")), "{message}");
    for _ in 0..5 {
        assert!(house.call_as(&onlooker, Method::GET, "/api/v2/date", None).await.status().is_success());
    }
    house.post("/simulator/clock", json!({ "advanceSeconds": 61 })).await;
    house.get("/api/v2/date").await;
}

#[tokio::test]
async fn the_clock_moves_and_a_longest_wait_with_it() {
    let house = House::open(Config { events_per_second: None, ..still() }).await;
    house.post("/simulator/scenario", json!({ "name": "rush" })).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 1_200 })).await;
    house.post("/simulator/scenario", json!({ "eventsPerSecond": 0 })).await;
    let before = house.truth().await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 100 })).await;
    let after = house.truth().await;
    let mut waiting = 0;
    for (before, after) in
        before["queues"].as_array().unwrap().iter().zip(after["queues"].as_array().unwrap())
    {
        assert_eq!(before["waiting"], after["waiting"]);
        if before["waiting"] != 0 {
            let grown = after["longestWaitMs"].as_i64().unwrap() - before["longestWaitMs"].as_i64().unwrap();
            assert!((100_000..105_000).contains(&grown), "{grown}");
            waiting += 1;
        }
    }
    assert!(waiting > 0, "a rush leaves somebody waiting");
    assert!(before["conversationsEnded"]["completed"].as_u64().unwrap() > 20);
}

#[tokio::test]
async fn a_jump_of_hours_tells_the_last_word_of_each_and_closes_no_socket() {
    let house = House::open(Config { agents: 300, queues: 20, events_per_second: None, ..still() }).await;
    let truth = house.truth().await;
    let users = truth["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| format!("v2.users.{}.presence", text(&agent["id"])));
    let mut socket = house.listen(&users.collect::<Vec<_>>()).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 4 * 3_600 })).await;
    house.post("/simulator/scenario", json!({ "eventsPerSecond": 0 })).await;
    let frames = socket.frames_until_quiet(500).await;
    assert!((100..400).contains(&frames.len()), "{} events", frames.len());
    let truth = house.truth().await;
    let last_of = |id: &Value| {
        let topic = format!("v2.users.{}.presence", text(id));
        frames
            .iter()
            .rev()
            .find(|frame| frame["topicName"] == topic)
            .map(|frame| frame["eventBody"]["modifiedDate"].clone())
    };
    for agent in truth["agents"].as_array().unwrap() {
        if let Some(date) = last_of(&agent["id"]) {
            assert_eq!(date, agent["presence"]["modifiedDate"]);
        }
    }
}

#[tokio::test]
async fn the_truth_keeps_channel_ids_and_tokens_to_itself() {
    let house = House::open(still()).await;
    let (channel, _) = house.channel().await;
    let truth = house.truth().await.to_string();
    assert!(!truth.contains(text(&channel["id"])));
    assert!(!truth.contains(&house.token));
}

#[tokio::test]
async fn a_simulator_that_stops_frees_its_port_and_forgets_its_tokens() {
    let house = House::open(still()).await;
    let (channel, _) = house.channel().await;
    let mut socket = Socket::connect(&channel).await;
    let address = house.running.address();
    let House { running, http, token } = house;
    let stopped = tokio::spawn(running.stop());
    assert_eq!(socket.end().await, Some(1001));
    stopped.await.unwrap();
    let running = start(Config { listen: address, ..still() }, Arc::new(TestClock::default())).await.unwrap();
    assert_eq!(running.address(), address);
    let house = House { running, http, token };
    house.refused(Method::GET, "/api/v2/date", None, (401, "bad.credentials")).await;
    assert!(Socket::try_connect(&channel).await.is_err());
    house.running.stop().await;
}

#[tokio::test]
async fn several_run_in_one_process_and_bad_configurations_do_not() {
    let (one, two) = (House::open(still()).await, House::open(Config { seed: 8, ..still() }).await);
    assert_ne!(one.truth().await["agents"][0]["id"], two.truth().await["agents"][0]["id"]);
    for config in [
        Config { listen: one.running.address(), ..still() },
        Config { queues: 0, ..still() },
        Config { agents: 1_000_000, ..still() },
        Config { events_per_second: Some(f64::NAN), ..still() },
    ] {
        assert!(start(config, Arc::new(TestClock::default())).await.is_err());
    }
    let empty = House::open(Config { agents: 0, queues: 0, ..still() }).await;
    assert_eq!(empty.get("/api/v2/users").await["total"], 0);
}
