//! rate_limit, rate_limit_no_header, server_error, slow.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use simulator::Config;

use super::{order, pass, two_users};
use crate::harness::{House, Socket, check_refusal, still};

const DATE: &str = "/api/v2/date";

#[tokio::test]
async fn rate_limit_answers_429_with_what_is_left_of_it() {
    let house = House::open(still()).await;
    let (channel, _) = house.channel().await;
    let mut socket = Socket::connect(&channel).await;
    order(&house, json!({ "kind": "rate_limit", "seconds": 40 })).await;
    pass(&house, 10).await;
    let response = house.call(Method::GET, DATE, None).await;
    let retry_after: i64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((28..=30).contains(&retry_after), "{retry_after}");
    let message = check_refusal(response, (429, "too.many.requests.retry.after")).await;
    assert!(message.contains(&format!("[{retry_after}]")), "{message}");
    socket.say(json!({ "message": "ping" })).await;
    assert_eq!(socket.frame().await["eventBody"]["message"], "pong", "sockets speak on");
    house.truth().await;
    house.new_token().await;
    pass(&house, 31).await;
    house.get(DATE).await;

    order(&house, json!({ "kind": "rate_limit", "retryAfterSeconds": 200 })).await;
    assert_eq!(house.call(Method::GET, DATE, None).await.headers()["retry-after"], "200");
}

#[tokio::test]
async fn rate_limit_no_header_answers_429_and_does_not_say_until_when() {
    let house = House::open(still()).await;
    house.channel().await;
    order(&house, json!({ "kind": "rate_limit_no_header", "seconds": 5 })).await;
    let response = house.call(Method::GET, DATE, None).await;
    assert!(!response.headers().contains_key("retry-after"));
    assert!(response.headers().contains_key("inin-ratelimit-count"));
    check_refusal(response, (429, "too.many.requests")).await;
    pass(&house, 6).await;
    house.get(DATE).await;
}

#[tokio::test]
async fn server_error_has_the_status_and_the_route_that_were_ordered() {
    let house = House::open(still()).await;
    let [user, _] = two_users(&house).await;
    house.channel().await;
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    let before = house.get(&path).await;
    for (status, code) in [
        (500, "internal.server.error"),
        (502, "bad.gateway"),
        (503, "service.unavailable"),
        (504, "request.timeout"),
    ] {
        let route = "PATCH /api/v2/users/{userId}/presences/{sourceId}";
        order(&house, json!({ "kind": "server_error", "status": status, "route": route })).await;
        house.refused(Method::PATCH, &path, Some(json!({ "message": "lost" })), (status, code)).await;
        assert_eq!(house.get(&path).await, before, "the write did not happen, and reads are not struck");
    }
    assert_eq!(house.get("/simulator/faults").await["faults"].as_array().unwrap().len(), 1, "replaced");
}

#[tokio::test]
async fn tokens_without_a_channel_are_spared_unless_all_are_struck() {
    for (all, expected) in [(false, 200), (true, 503)] {
        let house = House::open(Config { faults_strike_all: all, ..still() }).await;
        order(&house, json!({ "kind": "server_error" })).await;
        assert_eq!(house.call(Method::GET, DATE, None).await.status(), expected);
        house.truth().await;
    }
}

#[tokio::test]
async fn the_token_endpoint_and_upgrades_fail_when_they_are_named() {
    let house = House::open(still()).await;
    let (channel, _) = house.channel().await;
    order(&house, json!({ "kind": "server_error", "route": "POST /oauth/token" })).await;
    order(&house, json!({ "kind": "rate_limit", "route": "/channels" })).await;
    let url = format!("{}/oauth/token", house.running.base_url());
    assert_eq!(house.http.post(url).send().await.unwrap().status(), 503);
    assert!(Socket::try_connect(&channel).await.is_err());
    house.get(DATE).await;
    house.ok(Method::DELETE, super::FAULTS, None).await;
    house.new_token().await;
    Socket::connect(&channel).await;
}

#[tokio::test]
async fn stalled_acts_late_and_for_whoever_has_gone() {
    let house = House::open(still()).await;
    let [user, other] = two_users(&house).await;
    // Faults strike whose token has a channel.
    let _socket = house.listen(&[format!("v2.users.{user}.presence")]).await;
    let [path, untouched] = [user, other].map(|user| format!("/api/v2/users/{user}/presences/purecloud"));
    order(&house, json!({ "kind": "stalled", "delaySeconds": 100, "route": format!("PATCH {path}") })).await;
    let late = house.call(Method::PATCH, &path, Some(json!({ "message": "late" })));
    assert!(tokio::time::timeout(Duration::from_millis(300), late).await.is_err(), "nothing is answered");
    assert_ne!(house.get(&path).await["message"], "late", "and nothing is done");
    house.ok(Method::PATCH, &untouched, Some(json!({ "message": "at once" }))).await;
    pass(&house, 100).await;
    let mut message = json!(null);
    for _ in 0..100 {
        message = house.get(&path).await["message"].clone();
        if message == "late" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(message, "late");
}

#[tokio::test]
async fn slow_answers_late_by_the_simulators_clock_and_acts_at_once() {
    let house = House::open(still()).await;
    let [user, _] = two_users(&house).await;
    let mut socket = house.listen(&[format!("v2.users.{user}.presence")]).await;
    order(&house, json!({ "kind": "slow", "delaySeconds": 100, "route": "PATCH /api/v2/users" })).await;
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    let slow = house.call(Method::PATCH, &path, Some(json!({ "message": "early" })));
    tokio::pin!(slow);
    let event = tokio::select! {
        event = socket.frame() => event,
        _ = &mut slow => panic!("the answer comes late"),
    };
    assert_eq!(event["eventBody"]["message"], "early");
    house.get(DATE).await;
    let waits = tokio::time::timeout(Duration::from_millis(100), &mut slow).await;
    assert!(waits.is_err());
    pass(&house, 100).await;
    assert_eq!(slow.await.status(), 200);
    house.ok(Method::PATCH, &path, Some(json!({ "message": "the fault is over" }))).await;
}
