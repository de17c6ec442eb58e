//! duplicate, reorder, delay.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::Config;

use super::{heard, note, order, pass, two_users};
use crate::harness::{House, Socket, still};

/// A house with a socket that hears the presences of two users.
async fn listening() -> (House, [String; 2], Socket) {
    let house = House::open(still()).await;
    let users = two_users(&house).await;
    let topics = users.each_ref().map(|user| format!("v2.users.{user}.presence"));
    let socket = house.listen(&topics).await;
    (house, users, socket)
}

async fn tell(house: &House, user: &str, messages: &[&str]) {
    for message in messages {
        note(house, user, message).await;
    }
}

#[tokio::test]
async fn duplicate_sends_each_event_exactly_twice_in_order_and_then_no_longer() {
    let (house, [user, other], mut socket) = listening().await;
    order(&house, json!({ "kind": "duplicate", "seconds": 30, "topic": user })).await;
    tell(&house, &user, &["1", "2"]).await;
    tell(&house, &other, &["other"]).await;
    assert_eq!(heard(&mut socket).await, ["1", "1", "2", "2", "other"], "another topic comes once");
    let shown = house.get("/simulator/faults").await;
    assert_eq!(shown["faults"][0]["struck"], 2);
    pass(&house, 31).await;
    tell(&house, &user, &["3"]).await;
    assert_eq!(heard(&mut socket).await, ["3"]);
    assert_eq!(house.get("/simulator/faults").await["faults"], json!([]));
}

#[tokio::test]
async fn faults_of_events_leave_heartbeats_answers_and_calls_alone() {
    let config = Config { heartbeat_every: Duration::from_secs(3_600), ..still() };
    let house = House::open(config).await;
    let (channel, _) = house.channel().await;
    let mut socket = Socket::connect(&channel).await;
    for kind in ["duplicate", "reorder", "delay"] {
        order(&house, json!({ "kind": kind, "seconds": 7_200 })).await;
    }
    pass(&house, 3_600).await;
    let heartbeat = socket.frame().await;
    assert_eq!(heartbeat["eventBody"]["message"], "WebSocket Heartbeat");
    socket.say(json!({ "message": "subscribe", "topics": ["v2.users.u.presence"] })).await;
    assert_eq!(socket.frame().await["status"], "subscribed");
    socket.say(json!({ "message": "ping" })).await;
    assert_eq!(socket.frame().await["eventBody"]["message"], "pong", "nothing came twice");
    house.get("/api/v2/date").await;
}

#[tokio::test]
async fn reorder_lets_neighbours_of_the_topic_change_places() {
    let (house, [user, other], mut socket) = listening().await;
    order(&house, json!({ "kind": "reorder", "topic": format!("v2.users.{user}.presence") })).await;
    tell(&house, &user, &["1"]).await;
    tell(&house, &other, &["other"]).await;
    tell(&house, &user, &["2", "3", "4"]).await;
    assert_eq!(heard(&mut socket).await, ["other", "2", "1", "4", "3"]);
    tell(&house, &user, &["alone"]).await;
    assert!(heard(&mut socket).await.is_empty());
    pass(&house, 1).await;
    assert_eq!(heard(&mut socket).await, ["alone"], "nobody came within the window");
    pass(&house, 10).await;
    tell(&house, &user, &["5", "6"]).await;
    assert_eq!(heard(&mut socket).await, ["5", "6"]);
}

#[tokio::test]
async fn delay_holds_events_back_by_the_simulators_clock() {
    let (house, [user, other], mut socket) = listening().await;
    order(&house, json!({ "kind": "delay", "delaySeconds": 60, "topic": user })).await;
    tell(&house, &user, &["1", "2"]).await;
    tell(&house, &other, &["other"]).await;
    assert_eq!(heard(&mut socket).await, ["other"]);
    pass(&house, 20).await;
    tell(&house, &user, &["3"]).await;
    assert_eq!(heard(&mut socket).await, ["3"], "the fault is over; what it holds back is not");
    pass(&house, 41).await;
    assert_eq!(heard(&mut socket).await, ["1", "2"]);
}

#[tokio::test]
async fn a_share_is_struck_the_same_with_the_same_seed() {
    let mut runs: Vec<Vec<String>> = Vec::new();
    for _ in 0..2 {
        let (house, [user, _], mut socket) = listening().await;
        order(&house, json!({ "kind": "duplicate", "rate": 0.5 })).await;
        let messages: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        for message in &messages {
            note(&house, &user, message).await;
        }
        let heard = heard(&mut socket).await;
        assert!((45..75).contains(&heard.len()), "{heard:?}");
        let mut once = heard.clone();
        once.dedup();
        assert_eq!(once, messages, "none is lost and the order stays");
        runs.push(heard);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn ending_all_faults_sends_what_they_held_back() {
    let (house, [user, _], mut socket) = listening().await;
    order(&house, json!({ "kind": "delay", "seconds": 600, "delaySeconds": 600 })).await;
    order(&house, json!({ "kind": "server_error", "route": "/api/v2/date" })).await;
    tell(&house, &user, &["late"]).await;
    let ended: Value = house.ok(Method::DELETE, super::FAULTS, None).await;
    assert_eq!(ended, json!({ "ended": 2 }));
    tell(&house, &user, &["now"]).await;
    assert_eq!(heard(&mut socket).await, ["late", "now"]);
    house.get("/api/v2/date").await;
}

#[tokio::test]
async fn faults_of_calls_and_of_events_compose() {
    let (house, [user, other], mut socket) = listening().await;
    order(&house, json!({ "kind": "duplicate", "seconds": 60, "topic": user })).await;
    order(&house, json!({ "kind": "delay", "seconds": 60, "delaySeconds": 5, "topic": user })).await;
    order(&house, json!({ "kind": "server_error", "seconds": 60, "route": "GET /api/v2/routing/queues" }))
        .await;
    order(&house, json!({ "kind": "rate_limit", "seconds": 60, "route": "GET /api/v2/teams" })).await;
    tell(&house, &user, &["late, twice"]).await;
    tell(&house, &other, &["at once"]).await;
    assert_eq!(heard(&mut socket).await, ["at once"]);
    house.refused(Method::GET, "/api/v2/routing/queues", None, (503, "service.unavailable")).await;
    house.refused(Method::GET, "/api/v2/teams", None, (429, "too.many.requests.retry.after")).await;
    house.get("/api/v2/date").await;
    pass(&house, 6).await;
    assert_eq!(heard(&mut socket).await, ["late, twice", "late, twice"]);
    let faults = house.get("/simulator/faults").await;
    let struck: Vec<&Value> =
        faults["faults"].as_array().unwrap().iter().map(|fault| &fault["struck"]).collect();
    assert!(struck.iter().all(|struck| struck.as_u64() >= Some(1)), "{faults}");
    assert_eq!(struck.len(), 4);
}
