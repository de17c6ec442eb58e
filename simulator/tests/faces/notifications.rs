//! Channels, subscriptions and sockets.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulator::Config;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::harness::{House, Socket, other_answer, still, text};

const CHANNELS: &str = "/api/v2/notifications/channels";

async fn first_user(house: &House) -> String {
    text(&house.truth().await["agents"][0]["id"]).to_owned()
}

async fn note(house: &House, user: &str, message: &str) {
    let path = format!("/api/v2/users/{user}/presences/PURECLOUD");
    house.ok(Method::PATCH, &path, Some(json!({ "message": message }))).await;
}

#[tokio::test]
async fn a_message_that_is_too_large_is_told_so() {
    let house = House::open(still()).await;
    let mut socket = Socket::connect(&house.channel().await.0).await;
    socket.send(Message::text("x".repeat(600_000))).await;
    assert_eq!(socket.end().await, Some(1009));
}

#[tokio::test]
async fn a_channel_is_made_with_any_body_and_found_again() {
    let house = House::open(still()).await;
    for body in [None, Some(Value::Null), Some(json!({}))] {
        let channel = house.ok(Method::POST, CHANNELS, body).await;
        let id = text(&channel["id"]);
        let uri = text(&channel["connectUri"]);
        assert_eq!(uri, format!("ws://{}/channels/{id}", house.running.address()));
        let (number, secret) = id.strip_prefix("streaming-").unwrap().split_once('-').unwrap();
        assert!(number.parse::<u32>().is_ok() && secret.len() == 26);
        assert!(text(&channel["expires"]).ends_with('Z'));
        let head = house.call(Method::HEAD, &format!("{CHANNELS}/{id}"), None).await;
        assert_eq!(head.status(), StatusCode::OK);
    }
    assert_eq!(house.get(CHANNELS).await["entities"].as_array().unwrap().len(), 3);
    let head = house.call(Method::HEAD, &format!("{CHANNELS}/streaming-0-none"), None).await;
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
    let other = house.new_token().await;
    let of_token = house.call_as(&other, Method::GET, CHANNELS, None).await.json::<Value>().await.unwrap();
    assert_eq!(of_token["entities"], json!([]));
    let path = format!("{CHANNELS}?includechannels=oauthclient");
    let of_client = house.call_as(&other, Method::GET, &path, None).await.json::<Value>().await.unwrap();
    assert_eq!(of_client["entities"].as_array().unwrap().len(), 3);
    assert_eq!(of_client["entities"][0]["id"], "", "without usable ids");
}

#[tokio::test]
async fn subscriptions_are_added_replaced_and_removed() {
    let house = House::open(still()).await;
    let user = first_user(&house).await;
    let (_, path) = house.channel().await;
    let topic = |facet: &str| json!({ "id": format!("v2.users.{user}.{facet}") });
    let ids = async || {
        let listing = house.get(&path).await;
        let entities = listing["entities"].as_array().unwrap().clone();
        entities
            .iter()
            .map(|entity| text(&entity["id"]).rsplit('.').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let answer = house.ok(Method::POST, &path, Some(json!([topic("presence")]))).await;
    assert_eq!(answer["entities"][0]["state"], "Permitted");
    house.ok(Method::POST, &path, Some(json!([topic("routingStatus"), topic("presence")]))).await;
    assert_eq!(ids().await, ["presence", "routingStatus"]);
    house.ok(Method::PUT, &path, Some(json!([topic("activity")]))).await;
    assert_eq!(ids().await, ["activity"]);
    house.ok(Method::DELETE, &path, None).await;
    assert!(ids().await.is_empty());
}

#[tokio::test]
async fn a_bad_topic_fails_all_unless_errors_are_ignored() {
    let house = House::open(still()).await;
    let user = first_user(&house).await;
    let (_, path) = house.channel().await;
    let good = format!("v2.users.{user}.presence");
    let combined = format!("v2.users.{user}?routingStatus&mood");
    let body = || Some(json!([{ "id": good }, { "id": "v2.users" }, { "id": combined }]));
    house.refused(Method::PUT, &path, body(), (400, "notification.invalid.topic")).await;
    assert_eq!(house.get(&path).await["entities"], json!([]));
    let answer = house.ok(Method::PUT, &format!("{path}?ignoreErrors=true"), body()).await;
    let states: Vec<(&str, &str)> = answer["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| (text(&topic["id"]), text(&topic["state"])))
        .collect();
    let part = format!("v2.users.{user}.mood");
    let expected = [
        (good.as_str(), "Permitted"),
        ("v2.users", "Rejected"),
        (combined.as_str(), "Permitted"),
        (part.as_str(), "Rejected"),
    ];
    assert_eq!(states, expected);
    assert_eq!(house.get(&path).await["entities"].as_array().unwrap().len(), 2);
    house.refused(Method::PUT, &format!("{path}?ignoreErrors=maybe"), body(), (400, "invalid.value")).await;
    house.refused(Method::PUT, &path, Some(json!({ "id": good })), (400, "bad.request")).await;
    house.refused(Method::PUT, &format!("{CHANNELS}/none/subscriptions"), body(), (404, "not.found")).await;
}

#[tokio::test]
async fn a_channel_holds_a_thousand_topics_a_combined_one_counting_once() {
    let house = House::open(still()).await;
    let (_, path) = house.channel().await;
    let topics = |count: usize| -> Option<Value> {
        Some(
            (0..count)
                .map(|n| json!({ "id": format!("v2.users.u{n}?presence&routingStatus&conversationsummary") }))
                .collect(),
        )
    };
    let code = (400, "notification.subscription.too.many.subscriptions");
    house.refused(Method::PUT, &path, topics(1_001), code).await;
    house.ok(Method::PUT, &path, topics(1_000)).await;
    house.refused(Method::POST, &path, Some(json!([{ "id": "v2.users.other.presence" }])), code).await;
    assert_eq!(house.truth().await["channels"][0]["topics"], 1_000);
}

#[tokio::test]
async fn the_21st_channel_evicts_the_least_recently_used_unconnected_first() {
    let house = House::open(still()).await;
    let mut channels = Vec::new();
    for _ in 0..20 {
        channels.push(house.channel().await);
    }
    let mut first = Socket::connect(&channels[0].0).await;
    // The second is used once more, so the third is the least recently used without a socket.
    house.ok(Method::PUT, &channels[1].1, Some(json!([]))).await;
    house.channel().await;
    let alive = async |n: usize| {
        let id = text(&channels[n].0["id"]).to_owned();
        house.call(Method::HEAD, &format!("{CHANNELS}/{id}"), None).await.status() == StatusCode::OK
    };
    assert!(alive(0).await && alive(1).await && alive(3).await);
    assert!(!alive(2).await);
    assert_eq!(house.truth().await["channels"].as_array().unwrap().len(), 20);

    // When all are connected, the oldest hears that it is gone.
    let listing = house.get(CHANNELS).await;
    let mut sockets = Vec::new();
    for channel in listing["entities"].as_array().unwrap().iter().skip(1) {
        sockets.push(Socket::connect(channel).await);
    }
    house.channel().await;
    let last_word = first.frame().await;
    assert!(text(&last_word["topicName"]).starts_with("v2.system.no_longer_subscribed."));
    assert_eq!(last_word["eventBody"]["reason"], "another_channel_subscribed");
    assert_eq!(first.end().await, Some(1000));
}

#[tokio::test]
async fn a_second_socket_drops_the_first() {
    let house = House::open(still()).await;
    let user = first_user(&house).await;
    let (channel, path) = house.channel().await;
    house.ok(Method::PUT, &path, Some(json!([{ "id": format!("v2.users.{user}.presence") }]))).await;
    let mut first = Socket::connect(&channel).await;
    note(&house, &user, "one").await;
    assert_eq!(first.frame().await["eventBody"]["message"], "one");
    let mut second = Socket::connect(&channel).await;
    assert_eq!(first.end().await, None, "without a word");
    note(&house, &user, "two").await;
    assert_eq!(second.frame().await["eventBody"]["message"], "two");
    assert_eq!(house.truth().await["channels"][0]["connected"], true);
}

#[tokio::test]
async fn nothing_is_replayed_and_a_closed_socket_is_seen() {
    let house = House::open(still()).await;
    let user = first_user(&house).await;
    let (channel, path) = house.channel().await;
    house.ok(Method::PUT, &path, Some(json!([{ "id": format!("v2.users.{user}.presence") }]))).await;
    let mut socket = Socket::connect(&channel).await;
    socket.send(Message::Close(None)).await;
    socket.end().await;
    while house.truth().await["channels"][0]["connected"] == true {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    note(&house, &user, "nobody hears this").await;
    let mut socket = Socket::connect(&channel).await;
    note(&house, &user, "but this").await;
    assert_eq!(socket.frame().await["eventBody"]["message"], "but this");
}

#[tokio::test]
async fn an_unknown_channel_and_what_is_no_upgrade_are_refused() {
    let house = House::open(still()).await;
    let address = house.running.address();
    let unknown = json!({ "connectUri": format!("ws://{address}/channels/streaming-1-none") });
    let Err(tungstenite::Error::Http(response)) = Socket::try_connect(&unknown).await.map(|_| ()) else {
        panic!("the upgrade is refused");
    };
    assert_eq!(response.status(), 404);
    let (channel, _) = house.channel().await;
    let path = format!("/channels/{}", text(&channel["id"]));
    house.refused(Method::GET, &path, None, (400, "bad.request")).await;
}

#[tokio::test]
async fn combined_topics_arrive_under_their_own_names_and_once() {
    let house = House::open(still()).await;
    let user = first_user(&house).await;
    let topics = [format!("v2.users.{user}?PRESENCE&routingstatus"), format!("v2.users.{user}.presence")];
    let mut socket = house.listen(&topics).await;
    note(&house, &user, "once").await;
    let frames = socket.frames_until_quiet(200).await;
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0]["topicName"], format!("v2.users.{user}.presence"));
}

#[tokio::test]
async fn in_band_subscribe_adds_and_unsubscribe_removes() {
    let house = House::open(still()).await;
    let user = first_user(&house).await;
    let (channel, path) = house.channel().await;
    let mut socket = Socket::connect(&channel).await;
    let topic = format!("v2.users.{user}.presence");
    socket.say(json!({ "message": "subscribe", "topics": [topic], "correlationId": "1" })).await;
    assert_eq!(socket.frame().await, json!({ "result": "200", "status": "subscribed" }));
    note(&house, &user, "heard").await;
    assert_eq!(socket.frame().await["eventBody"]["message"], "heard");
    assert_eq!(house.get(&path).await["entities"][0]["id"], topic);
    socket.say(json!({ "message": "unsubscribe", "topics": [topic] })).await;
    assert_eq!(socket.frame().await["status"], "unsubscribed");
    note(&house, &user, "not heard").await;
    socket.say(json!({ "message": "subscribe", "topics": ["v2.nothing"] })).await;
    let failure = socket.frame().await;
    assert_eq!((&failure["result"], &failure["status"]), (&json!("400"), &json!("failure")));
    assert!(failure["topicName"].is_null());
    for nonsense in [json!({}), json!([1]), json!({ "message": "sing" })] {
        socket.say(nonsense).await;
        assert_eq!(socket.frame().await["result"], "400");
    }
    socket.say(json!({ "message": "ping" })).await;
    assert_eq!(
        socket.frame().await,
        json!({ "topicName": "channel.metadata", "eventBody": { "message": "pong" } })
    );
}

#[tokio::test]
async fn heartbeats_come_and_pings_are_answered() {
    let house = House::open(Config { heartbeat_every: Duration::from_millis(50), ..still() }).await;
    let (channel, _) = house.channel().await;
    let mut socket = Socket::connect(&channel).await;
    for _ in 0..3 {
        let heartbeat =
            json!({ "topicName": "channel.metadata", "eventBody": { "message": "WebSocket Heartbeat" } });
        assert_eq!(socket.frame().await, heartbeat);
    }
    socket.send(Message::Ping("abc".into())).await;
    loop {
        if let Some(Message::Pong(bytes)) = socket.next().await {
            assert_eq!(&bytes[..], b"abc");
            break;
        }
    }
}

#[tokio::test]
async fn a_channel_lives_a_day_from_its_last_subscription() {
    let house = House::open(Config { token_seconds: 86_400, ..still() }).await;
    let (kept, path) = house.channel().await;
    let (left, _) = house.channel().await;
    let mut socket = Socket::connect(&left).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 80_000 })).await;
    house.ok(Method::PUT, &path, Some(json!([]))).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 6_500 })).await;
    assert_eq!(socket.end().await, Some(1000));
    assert!(Socket::try_connect(&left).await.is_err());
    assert!(Socket::try_connect(&kept).await.is_ok());
}

#[tokio::test]
async fn events_leave_out_what_the_switches_say() {
    let counts = |event: &Value| -> Vec<(String, i64)> {
        let metrics = event["eventBody"]["data"][0]["metrics"].as_array().unwrap();
        let count = |datum: &Value| datum["stats"]["count"].as_i64();
        metrics.iter().filter_map(|datum| Some((text(&datum["metric"]).to_owned(), count(datum)?))).collect()
    };
    for (config, unchanged, zeros) in [
        (still(), true, true),
        (other_answer("partial_observations"), false, true),
        (other_answer("omit_zero_in_events"), true, false),
    ] {
        let house = House::open(config).await;
        let truth = house.truth().await;
        let agents = truth["agents"].as_array().unwrap();
        let trained = "d2390a99-8546-bad9-8f0a-219548e8aeb0";
        let idle = agents.iter().find(|agent| agent["state"] == "on-queue").unwrap();
        let topic = format!("v2.analytics.queues.{}.observations", text(&idle["queueIds"][0]));
        let mut socket = house.listen(std::slice::from_ref(&topic)).await;
        let path = format!("/api/v2/users/{}/presences/purecloud", text(&idle["id"]));
        // To a presence and back within the second in which nothing is published: it falls to what
        // it was, which for most queues is zero.
        for definition in
            [trained, "e08eaf1b-ee47-4fa9-a231-1200e284798f", "3fd96123-badb-4f69-bc03-1b1ccc6d8014"]
        {
            let body = json!({ "presenceDefinition": { "id": definition } });
            house.ok(Method::PATCH, &path, Some(body)).await;
        }
        let event = socket.event(&topic).await;
        let numbers = counts(&event);
        let has = |name: &str| numbers.iter().any(|(metric, _)| metric == name);
        assert_eq!(has("oMemberUsers"), unchanged, "{numbers:?}");
        assert!(has("oOffQueueUsers") && has("oUserPresences"), "{numbers:?}");
        let is_trained = |datum: &&Value| datum["qualifier"] == trained;
        let metrics = event["eventBody"]["data"][0]["metrics"].as_array().unwrap();
        let nobody = metrics.iter().find(is_trained).is_none_or(|datum| datum["stats"]["count"] == 0);
        assert!(!nobody || metrics.iter().any(|datum| is_trained(&datum)) == zeros, "{numbers:?}");
        assert!(zeros || numbers.iter().all(|(_, count)| *count != 0), "{numbers:?}");
    }
}

#[tokio::test]
async fn topics_that_exist_are_listed() {
    let house = House::open(still()).await;
    let listing =
        house.get("/api/v2/notifications/availabletopics?expand=transports,requiresPermissions").await;
    let topics = listing["entities"].as_array().unwrap();
    let presence = topics.iter().find(|topic| topic["id"] == "v2.users.{id}.presence").unwrap();
    assert!(presence["transports"].is_array() && presence["requiresPermissions"].is_array());
    assert!(presence["description"].is_null());
}

#[tokio::test]
async fn a_socket_that_does_not_keep_up_is_closed_and_its_neighbour_hears_all() {
    let house = House::open(still()).await;
    let user = first_user(&house).await;
    let (channel, path) = house.channel().await;
    let topics = vec![format!("v2.users.{user}.presence")];
    house.ok(Method::PUT, &path, Some(json!([{ "id": topics[0] }]))).await;
    let lazy = Socket::lazy(&channel, house.running.address()).await;
    let mut neighbour = house.listen(&topics).await;
    let message = "ü".repeat(1_000);
    let mut sent = 0;
    while house.truth().await["channels"][0]["connected"] == true {
        assert!(sent < 20_000, "{sent} events pile up");
        for _ in 0..500 {
            note(&house, &user, &message).await;
            sent += 1;
            assert_eq!(neighbour.frame().await["eventBody"]["message"], message);
        }
    }
    drop(lazy);
}
