//! Sockets: what is said on them, and by whom.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message},
};

use crate::{
    Party,
    channels::{channel, topics},
    harness::{SOON, Socket, until},
};

/// Heartbeats come every 30 s.
const HEARTBEAT: Duration = Duration::from_secs(32);

pub async fn suite(party: &Party) {
    combined_topics_deliver_under_their_own_names(party).await;
    a_second_socket_drops_the_first(party).await;
    nothing_is_replayed(party).await;
    pings_are_answered(party).await;
    subscribing_in_band(party).await;
    a_malformed_message_harms_nothing(party).await;
    a_socket_needs_its_channel(party).await;
}

fn uri(channel: &Value) -> &str {
    channel["connectUri"].as_str().unwrap()
}

/// Changes a user's message, as somebody at Genesys would, to something that says which time it was.
async fn change(party: &Party, user: &str, message: &str) {
    party.world.patch_presence(user, &json!({ "message": message })).await;
}

/// A socket that listens to these topics.
async fn listening(party: &Party, asked: &[String]) -> Socket {
    let (channel, path) = channel(party).await;
    let socket = Socket::open(uri(&channel)).await;
    party.me.send(Method::PUT, &path, &topics(asked)).await;
    socket
}

/// A definition that the user does not have, and whose routing status follows it.
async fn off_queue(party: &Party) -> Value {
    let definitions = party.world.get("/api/v2/presence/definitions").await;
    let all = definitions["entities"].as_array().unwrap().clone();
    all.into_iter().find(|d| d["systemPresence"] == "Meal").unwrap()
}

/// Somebody who is idle; where the world moves there may be nobody for a moment.
async fn on_queue_user(party: &Party) -> String {
    until(SOON, "somebody is idle", || async {
        let users = party.world.get("/api/v2/users?pageSize=500&expand=presence,routingStatus").await;
        let all = users["entities"].as_array().unwrap();
        let idle = all.iter().find(|user| user["routingStatus"]["status"] == "IDLE")?;
        Some(idle["id"].as_str().unwrap().to_owned())
    })
    .await
}

async fn combined_topics_deliver_under_their_own_names(party: &Party) {
    let user = on_queue_user(party).await;
    let mut socket = listening(party, &[format!("v2.users.{user}?presence&routingStatus")]).await;
    let definition = off_queue(party).await;
    let body = json!({ "presenceDefinition": { "id": definition["id"] }, "message": "lunch" });
    party.world.patch_presence(&user, &body).await;
    let presence = socket.find_topic(&format!("v2.users.{user}.presence")).await;
    let event = &presence["eventBody"];
    assert_eq!(event["presenceDefinition"], json!({ "id": definition["id"], "systemPresence": "MEAL" }));
    assert_eq!((&event["message"], &event["source"]), (&json!("lunch"), &json!("PURECLOUD")));
    assert_eq!(presence["version"], "2");
    assert!(presence["metadata"]["CorrelationId"].is_string(), "{presence}");
    let routing = socket.find_topic(&format!("v2.users.{user}.routingStatus")).await;
    assert_eq!(routing["eventBody"]["routingStatus"]["status"], "OFF_QUEUE", "{routing}");
    assert!(routing["eventBody"]["routingStatus"]["startTime"].is_string(), "{routing}");
}

async fn a_second_socket_drops_the_first(party: &Party) {
    let user = party.first_user().await;
    let topic = format!("v2.users.{user}.presence");
    let (channel, path) = channel(party).await;
    party.me.send(Method::PUT, &path, &topics(&[&topic])).await;
    let mut first = Socket::open(uri(&channel)).await;
    let mut second = Socket::open(uri(&channel)).await;
    assert_eq!(first.next().await, None, "the first socket ends");
    change(party, &user, "for the second").await;
    assert_eq!(second.find_topic(&topic).await["eventBody"]["message"], "for the second");
}

async fn nothing_is_replayed(party: &Party) {
    let user = party.first_user().await;
    let topic = format!("v2.users.{user}.presence");
    let mut witness = listening(party, std::slice::from_ref(&topic)).await;
    let (channel, path) = channel(party).await;
    party.me.send(Method::PUT, &path, &topics(&[&topic])).await;
    for n in 0..2 {
        let lost = format!("before socket {n}");
        change(party, &user, &lost).await;
        witness.find(|frame| frame["eventBody"]["message"] == lost).await;
        let mut socket = Socket::open(uri(&channel)).await;
        let heard = format!("on socket {n}");
        change(party, &user, &heard).await;
        assert_eq!(socket.find_topic(&topic).await["eventBody"]["message"], heard, "and nothing before it");
        drop(socket);
    }
}

async fn pings_are_answered(party: &Party) {
    let (channel, _) = channel(party).await;
    let mut socket = Socket::open(uri(&channel)).await;
    socket.say(r#"{"message":"ping"}"#).await;
    let pong = socket.find_topic("channel.metadata").await;
    assert_eq!(pong["eventBody"], json!({ "message": "pong" }));
    let payload = b"still there?".to_vec();
    socket.0.send(Message::Ping(payload.clone().into())).await.unwrap();
    let answer = timeout(SOON, async {
        loop {
            match socket.0.next().await.unwrap().unwrap() {
                Message::Pong(answer) => return answer,
                Message::Close(_) => panic!("closed by a ping"),
                Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Frame(_) => {}
            }
        }
    });
    assert_eq!(answer.await.unwrap(), payload);
}

async fn answer_to(socket: &mut Socket, said: &Value) -> Value {
    socket.say(&said.to_string()).await;
    socket.find(|frame| frame.get("result").is_some()).await
}

async fn subscribing_in_band(party: &Party) {
    let users = party.users().await;
    let topic = |n: usize| format!("v2.users.{}.presence", users[n]);
    let (channel, path) = channel(party).await;
    let mut socket = Socket::open(uri(&channel)).await;
    let asked = json!({ "message": "subscribe", "topics": [topic(0), topic(1)], "correlationId": "c1" });
    let answer = answer_to(&mut socket, &asked).await;
    assert_eq!((&answer["result"], &answer["status"]), (&json!("200"), &json!("subscribed")), "{answer}");
    assert!(answer.get("topicName").is_none(), "{answer}");
    for n in [0, 1] {
        change(party, &users[n], "in band").await;
        socket.find_topic(&topic(n)).await;
    }
    let answer = answer_to(&mut socket, &json!({ "message": "subscribe", "topics": [topic(2)] })).await;
    assert_eq!(answer["status"], "subscribed");
    if party.turns("in_band_replaces") {
        assert_eq!(crate::ids(&party.me.get(&path).await), [topic(2)]);
        return;
    }
    change(party, &users[0], "still").await;
    socket.find_topic(&topic(0)).await;

    let answer = answer_to(&mut socket, &json!({ "message": "unsubscribe", "topics": [topic(0)] })).await;
    assert_eq!((&answer["result"], &answer["status"]), (&json!("200"), &json!("unsubscribed")), "{answer}");
    change(party, &users[0], "unheard").await;
    change(party, &users[1], "heard").await;
    let next = socket.find(|frame| frame["eventBody"]["source"].is_string()).await;
    assert_eq!(next["eventBody"]["message"], "heard", "{next}");
    let listed = crate::ids(&party.me.get(&path).await);
    assert!(!listed.contains(&topic(0)) && listed.contains(&topic(2)), "{listed:?}");
}

async fn a_malformed_message_harms_nothing(party: &Party) {
    let user = party.first_user().await;
    let topic = format!("v2.users.{user}.presence");
    let mut socket = listening(party, std::slice::from_ref(&topic)).await;
    let bad_topic = json!({ "message": "subscribe", "topics": ["no topic at all"] }).to_string();
    for bad in ["", "ping", "{", "[]", r#"{"message":7}"#, r#"{"message":"sing"}"#, bad_topic.as_str()] {
        socket.say(bad).await;
        let answer = socket.find(|frame| frame.get("result").is_some()).await;
        assert_eq!(answer["result"], "400", "{bad:?}: {answer}");
        assert!(["failure", "error"].contains(&answer["status"].as_str().unwrap()), "{bad:?}: {answer}");
        assert!(answer["message"].is_string(), "{bad:?}: {answer}");
    }
    change(party, &user, "after all that").await;
    socket.find(|frame| frame["eventBody"]["message"] == "after all that").await;
}

async fn a_socket_needs_its_channel(party: &Party) {
    let (channel, _) = channel(party).await;
    let nobodys = uri(&channel).replace(channel["id"].as_str().unwrap(), "streaming-0-nobodys");
    let expected = if party.turns("unknown_channel_is_401") { 401 } else { 404 };
    match connect_async(nobodys).await {
        Err(Error::Http(answer)) => assert_eq!(answer.status(), expected),
        other => panic!("expected {expected}, not {other:?}"),
    }
    let plain = uri(&channel).replacen("ws", "http", 1);
    let answer = party.me.http.get(plain).send().await.unwrap();
    crate::check_refusal(answer, (400, "bad.request"), "no upgrade").await;
}

/// One change of the world arrives at both as the same event; the proxy adds its order, and nothing else.
pub async fn same_events(simulator: &Party, proxy: &Party) {
    let user = on_queue_user(simulator).await;
    let asked = [format!("v2.users.{user}?presence&routingStatus")];
    let (mut at_simulator, mut at_proxy) =
        (listening(simulator, &asked).await, listening(proxy, &asked).await);
    let definition = off_queue(simulator).await;
    let body = json!({ "presenceDefinition": { "id": definition["id"] }, "message": "both hear this" });
    simulator.world.patch_presence(&user, &body).await;
    for facet in ["presence", "routingStatus"] {
        let topic = format!("v2.users.{user}.{facet}");
        let mut told = at_proxy.find_topic(&topic).await;
        let order = told.as_object_mut().unwrap().remove("rollcall").unwrap();
        assert!(order["epoch"].is_string() && order["seq"].as_u64().is_some(), "{order}");
        assert_eq!(order.as_object().unwrap().len(), 2, "machine clients get the order alone: {order}");
        assert_eq!(at_simulator.find_topic(&topic).await, told);
    }
}

/// A channel without any topic still hears that the server lives.
pub async fn heartbeat(party: &Party) {
    let (channel, _) = channel(party).await;
    let mut socket = Socket::open(uri(&channel)).await;
    let message = timeout(HEARTBEAT, socket.0.next()).await.expect("a heartbeat within 30 s");
    let Message::Text(text) = message.unwrap().unwrap() else { panic!("a heartbeat is a text") };
    let beat: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(beat["topicName"], "channel.metadata", "{beat}");
    assert_eq!(beat["eventBody"]["message"], "WebSocket Heartbeat", "{beat}");
}
