//! Orders as such: what is refused, listed, replaced and ended.

use reqwest::Method;
use serde_json::json;

use super::{FAULTS, order, pass};
use crate::harness::{House, still};

#[tokio::test]
async fn what_means_nothing_is_refused_and_says_what_would_be_known() {
    let house = House::open(still()).await;
    let check = async |order: serde_json::Value, hint: &str| {
        let message = house.refused(Method::POST, FAULTS, Some(order), (400, "invalid.value")).await;
        assert!(message.contains(hint), "{message}");
    };
    check(json!({ "kind": "close_sockets", "topic": "presence" }), "it knows kind, seconds, rate").await;
    check(json!({ "kind": "delay", "delay": 2 }), "delaySeconds").await;
    check(json!({ "kind": "delay", "delaySeconds": true }), "expected a number").await;
    check(json!({ "kind": "slow", "route": "/users" }), "GET /api/v2/users/{userId}").await;
    check(json!({ "seconds": 3 }), "deny_topic").await;
    check(json!([]), "an object").await;
    assert_eq!(house.get(FAULTS).await, json!({ "faults": [] }), "nothing was put in force");
}

#[tokio::test]
async fn faults_in_force_are_listed_replaced_and_ended() {
    let house = House::open(still()).await;
    let users = json!({ "kind": "server_error", "route": "/api/v2/users", "rate": 0.5, "seconds": 20 });
    let answer = order(&house, users).await;
    assert!(answer["until"].is_string());
    order(&house, json!({ "kind": "server_error", "route": "/api/v2/routing", "seconds": 40 })).await;
    order(&house, json!({ "kind": "slow", "delaySeconds": 0.5 })).await;
    order(&house, json!({ "kind": "slow", "delaySeconds": 1.5, "seconds": 60 })).await;
    let listed = async || house.get(FAULTS).await["faults"].as_array().unwrap().clone();
    let faults = listed().await;
    assert_eq!(faults.len(), 3);
    assert_eq!((&faults[0]["rate"], &faults[0]["status"]), (&json!(0.5), &json!(503)));
    assert_eq!((&faults[2]["delaySeconds"], &faults[2]["struck"]), (&json!(1.5), &json!(0)));
    order(&house, json!({ "kind": "slow", "seconds": 0 })).await;
    assert_eq!(listed().await.len(), 2, "an order that lasts no time ends the earlier one");
    pass(&house, 21).await;
    assert_eq!(listed().await.len(), 1);
    assert_eq!(house.ok(Method::DELETE, FAULTS, None).await["ended"], 1);
    assert!(listed().await.is_empty());
}
