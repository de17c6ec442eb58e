//! close_sockets, silent_sockets, socket_closing, evict_channels, expire_channels, revoke_tokens.

use reqwest::Method;
use serde_json::{Value, json};

use super::{heard, note, order, pass, two_users};
use crate::harness::{House, Socket, other_answer, still, text};

const CHANNELS: &str = "/api/v2/notifications/channels";

async fn is_alive(house: &House, channel: &Value) -> bool {
    let path = format!("{CHANNELS}/{}", text(&channel["id"]));
    house.call(Method::HEAD, &path, None).await.status() == 200
}

#[tokio::test]
async fn socket_closing_warns_ahead_closes_later_and_keeps_the_topics() {
    let house = House::open(still()).await;
    let [user, _] = two_users(&house).await;
    let (channel, path) = house.channel().await;
    house.ok(Method::PUT, &path, Some(json!([{ "id": format!("v2.users.{user}.presence") }]))).await;
    let mut first = Socket::connect(&channel).await;
    let (other_channel, _) = house.channel().await;
    let mut stubborn = Socket::connect(&other_channel).await;
    let answer = order(&house, json!({ "kind": "socket_closing", "seconds": 45 })).await;
    assert_eq!(answer["sockets"], 2);
    let warning = first.frame().await;
    assert_eq!(warning["topicName"], "v2.system.socket_closing");
    assert_eq!(warning["eventBody"]["channelId"], channel["id"]);
    note(&house, &user, "still here").await;
    assert_eq!(heard(&mut first).await, ["still here"]);
    assert_eq!(house.get(super::FAULTS).await["faults"][0]["struck"], 2);

    let mut second = Socket::connect(&channel).await;
    assert_eq!(first.end().await, None, "dropped by the second socket of the channel");
    pass(&house, 46).await;
    assert_eq!(stubborn.event("v2.system.socket_closing").await["version"], "2");
    assert_eq!(stubborn.end().await, Some(1001));
    note(&house, &user, "topics are kept").await;
    assert_eq!(heard(&mut second).await, ["topics are kept"], "and no second warning");
    assert!(is_alive(&house, &channel).await && is_alive(&house, &other_channel).await);
    assert_eq!(house.get(super::FAULTS).await["faults"], json!([]));
}

#[tokio::test]
async fn an_announced_closing_can_be_called_off() {
    let house = House::open(still()).await;
    let mut socket = Socket::connect(&house.channel().await.0).await;
    order(&house, json!({ "kind": "socket_closing" })).await;
    house.ok(Method::DELETE, super::FAULTS, None).await;
    pass(&house, 61).await;
    assert!(heard(&mut socket).await.is_empty(), "it speaks on");
}

#[tokio::test]
async fn evict_channels_says_no_longer_subscribed_and_ends_them() {
    let house = House::open(still()).await;
    let (connected, _) = house.channel().await;
    let (unconnected, _) = house.channel().await;
    let mut socket = Socket::connect(&connected).await;
    assert_eq!(order(&house, json!({ "kind": "evict_channels" })).await["channels"], 2);
    let last_word = socket.frame().await;
    assert_eq!(last_word["topicName"], format!("v2.system.no_longer_subscribed.{}", text(&connected["id"])));
    assert_eq!(last_word["eventBody"]["systemTopicType"], "no_longer_subscribed");
    assert_eq!(last_word["eventBody"]["reason"], "another_channel_subscribed");
    assert_eq!(socket.end().await, Some(1000));
    assert!(!is_alive(&house, &connected).await && !is_alive(&house, &unconnected).await);
    assert!(Socket::try_connect(&connected).await.is_err());
    assert!(is_alive(&house, &house.channel().await.0).await, "later channels live");
}

#[tokio::test]
async fn expire_channels_ends_them_without_a_word() {
    let house = House::open(still()).await;
    let (channel, path) = house.channel().await;
    let mut socket = Socket::connect(&channel).await;
    assert_eq!(order(&house, json!({ "kind": "expire_channels" })).await["channels"], 1);
    assert!(matches!(
        socket.next().await,
        Some(tokio_tungstenite::tungstenite::Message::Close(Some(frame))) if u16::from(frame.code) == 1000
    ));
    house.refused(Method::PUT, &path, Some(json!([])), (404, "not.found")).await;
    house.get("/api/v2/date").await;
}

#[tokio::test]
async fn a_share_of_sockets_is_struck() {
    let house = House::open(still()).await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(Socket::connect(&house.channel().await.0).await);
    }
    let struck = order(&house, json!({ "kind": "close_sockets", "rate": 0.5 })).await["sockets"].clone();
    let connected = house.truth().await["channels"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|channel| channel["connected"] == true)
        .count();
    assert_eq!(struck, 20 - connected);
    assert!((4..17).contains(&connected), "{connected}");
}

#[tokio::test]
async fn revoke_tokens_kills_those_with_a_channel_and_the_channels_live_on() {
    let house = House::open(still()).await;
    let onlooker = house.new_token().await;
    let (channel, _) = house.channel().await;
    let mut socket = Socket::connect(&channel).await;
    assert_eq!(order(&house, json!({ "kind": "revoke_tokens" })).await["tokens"], 1);
    house.refused(Method::GET, "/api/v2/date", None, (401, "bad.credentials")).await;
    assert_eq!(house.call_as(&onlooker, Method::GET, "/api/v2/date", None).await.status(), 200);
    let word = socket.frame().await;
    assert_eq!(word["topicName"], format!("v2.system.token_revoked.{}", text(&channel["id"])));
    assert_eq!(word["eventBody"]["systemTopicType"], "token_revoked");
    assert_eq!(word["eventBody"]["reason"], "user_tokens_revoked");
    assert!(heard(&mut socket).await.is_empty(), "it speaks on");
    assert_eq!(house.truth().await["channels"].as_array().unwrap().len(), 1);
    house.new_token().await;
}

#[tokio::test]
async fn revoked_tokens_take_their_channels_with_them_by_the_switch() {
    let house = House::open(other_answer("channel_dies_with_token")).await;
    let (channel, _) = house.channel().await;
    let mut socket = Socket::connect(&channel).await;
    order(&house, json!({ "kind": "revoke_tokens" })).await;
    assert_eq!(socket.frame().await["result"], "404");
    assert_eq!(socket.end().await, Some(1000));
    assert_eq!(house.truth().await["channels"], json!([]));
}
