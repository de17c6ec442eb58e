//! deny_topic.

use reqwest::Method;
use serde_json::json;

use super::{heard, note, order, pass, two_users};
use crate::harness::{House, Socket, still, text};

#[tokio::test]
async fn deny_topic_refuses_what_matches_and_leaves_running_subscriptions_alone() {
    let house = House::open(still()).await;
    let [user, other] = two_users(&house).await;
    let (channel, path) = house.channel().await;
    let topic = |user: &str, facet: &str| json!({ "id": format!("v2.users.{user}.{facet}") });
    house.ok(Method::PUT, &path, Some(json!([topic(&user, "presence")]))).await;
    let mut socket = Socket::connect(&channel).await;
    order(&house, json!({ "kind": "deny_topic", "topic": "presence" })).await;
    note(&house, &user, "still heard").await;
    assert_eq!(heard(&mut socket).await, ["still heard"]);

    let wish = || Some(json!([topic(&other, "presence"), topic(&other, "routingStatus")]));
    house.refused(Method::POST, &path, wish(), (403, "not.authorized")).await;
    assert_eq!(house.get(&path).await["entities"].as_array().unwrap().len(), 1, "nothing was added");
    let answer = house.ok(Method::POST, &format!("{path}?ignoreErrors=true"), wish()).await;
    let states: Vec<&str> =
        answer["entities"].as_array().unwrap().iter().map(|entity| text(&entity["state"])).collect();
    assert_eq!(states, ["Rejected", "Permitted"]);

    // A day later it is still denied, until it is ended; a PUT gives up what ran on.
    pass(&house, 80_000).await;
    house
        .ok(Method::PUT, &format!("{path}?ignoreErrors=true"), Some(json!([topic(&user, "presence")])))
        .await;
    note(&house, &user, "not heard").await;
    assert!(heard(&mut socket).await.is_empty());
    socket.say(json!({ "message": "subscribe", "topics": [format!("v2.users.{user}.presence")] })).await;
    assert_eq!(socket.frame().await["result"], "400");
    house.ok(Method::DELETE, super::FAULTS, None).await;
    house.ok(Method::PUT, &path, Some(json!([topic(&user, "presence")]))).await;
    note(&house, &user, "heard again").await;
    assert_eq!(heard(&mut socket).await, ["heard again"]);
}

#[tokio::test]
async fn part_of_a_combined_topic_is_denied() {
    let house = House::open(still()).await;
    let [user, _] = two_users(&house).await;
    let (channel, path) = house.channel().await;
    let mut socket = Socket::connect(&channel).await;
    order(&house, json!({ "kind": "deny_topic", "topic": ".presence", "seconds": 60 })).await;
    let combined = format!("v2.users.{user}?presence&activity");
    let answer =
        house.ok(Method::PUT, &format!("{path}?ignoreErrors=true"), Some(json!([{ "id": combined }]))).await;
    let states: Vec<(&str, &str)> = answer["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| (text(&entity["id"]), text(&entity["state"])))
        .collect();
    let part = format!("v2.users.{user}.presence");
    assert_eq!(states, [(combined.as_str(), "Permitted"), (part.as_str(), "Rejected")]);
    note(&house, &user, "by activity only").await;
    let event = socket.frame().await;
    assert_eq!(event["topicName"], format!("v2.users.{user}.activity"));
    assert!(heard(&mut socket).await.is_empty());
    pass(&house, 61).await;
    house.ok(Method::PUT, &path, Some(json!([{ "id": combined }]))).await;
}
