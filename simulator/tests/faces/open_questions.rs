//! Where nobody outside Genesys knows the answer of the notification service: both, switch by switch.

use protocol::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulator::Config;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::{
    faults::{heard, note, order, pass, two_users},
    harness::{House, Socket, other_answer, still, text},
};

const CHANNELS: &str = "/api/v2/notifications/channels";

/// The usual answer, and the other one.
fn both(name: &str) -> [(bool, Config); 2] {
    [(false, still()), (true, other_answer(name))]
}

async fn head(house: &House, token: &str, channel: &Value) -> StatusCode {
    let path = format!("{CHANNELS}/{}", text(&channel["id"]));
    house.call_as(token, Method::HEAD, &path, None).await.status()
}

async fn listed(house: &House, path: &str) -> usize {
    house.get(path).await["entities"].as_array().unwrap().len()
}

#[tokio::test]
async fn in_band_subscribe_adds_or_replaces() {
    for (other, config) in both("in_band_replaces") {
        let house = House::open(config).await;
        let (channel, path) = house.channel().await;
        let mut socket = Socket::connect(&channel).await;
        for topic in ["v2.users.u.presence", "v2.users.u.activity"] {
            socket.say(json!({ "message": "subscribe", "topics": [topic], "correlationId": "7" })).await;
            assert_eq!(socket.frame().await, json!({ "result": "200", "status": "subscribed" }));
        }
        assert_eq!(listed(&house, &path).await, if other { 1 } else { 2 });
        socket.say(json!({ "message": "subscribe" })).await;
        assert!(text(&socket.frame().await["message"]).contains("topics"));
    }
}

#[tokio::test]
async fn heartbeats_follow_the_clock_with_or_without_an_envelope() {
    for (other, config) in both("heartbeat_has_envelope") {
        let house = House::open(config).await;
        let mut socket = Socket::connect(&house.channel().await.0).await;
        assert!(heard(&mut socket).await.is_empty());
        pass(&house, 30).await;
        let mut heartbeat = socket.frame().await;
        if other {
            assert_eq!(heartbeat["version"], "2");
            assert_eq!(text(&heartbeat["metadata"]["CorrelationId"]).len(), 36);
            let members = heartbeat.as_object_mut().unwrap();
            members.remove("version");
            members.remove("metadata");
        }
        let expected =
            json!({ "topicName": "channel.metadata", "eventBody": { "message": "WebSocket Heartbeat" } });
        assert_eq!(heartbeat, expected);
        // After a jump one, not all that were missed.
        pass(&house, 3_600).await;
        assert_eq!(socket.frame().await["topicName"], "channel.metadata");
        socket.say(json!({ "message": "ping" })).await;
        assert_eq!(socket.frame().await["eventBody"]["message"], "pong");
    }
}

#[tokio::test]
async fn server_pings_come_with_heartbeats_or_never() {
    for (other, config) in both("server_pings") {
        let house = House::open(config).await;
        let mut socket = Socket::connect(&house.channel().await.0).await;
        pass(&house, 30).await;
        assert!(matches!(socket.next().await, Some(Message::Text(_))));
        if other {
            assert!(matches!(socket.next().await, Some(Message::Ping(_))));
        }
        socket.say(json!({ "message": "ping" })).await;
        assert!(matches!(socket.next().await, Some(Message::Text(_))));
    }
}

#[tokio::test]
async fn a_channel_outlives_its_token_or_dies_with_it() {
    for (other, mut config) in both("channel_dies_with_token") {
        config.token_seconds = 86_400;
        let house = House::open(config).await;
        let (channel, path) = house.channel().await;
        let mut socket = Socket::connect(&channel).await;
        pass(&house, 80_000).await;
        house.ok(Method::PUT, &path, Some(json!([]))).await;
        pass(&house, 6_500).await;
        let later = house.new_token().await;
        let expected = if other { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(head(&house, &later, &channel).await, expected);
        let mut frame = socket.frame().await;
        while frame["topicName"] == "channel.metadata" && other {
            frame = socket.frame().await;
        }
        if other {
            assert_eq!(frame["result"], "404");
            assert_eq!(socket.end().await, Some(1000));
        } else {
            assert!(heard(&mut socket).await.is_empty());
        }
    }
}

#[tokio::test]
async fn resubscribing_extends_a_channel_or_does_not() {
    for (other, config) in both("resubscribe_does_not_extend") {
        let house = House::open(Config { token_seconds: 86_400, ..config }).await;
        let (channel, path) = house.channel().await;
        pass(&house, 80_000).await;
        house.ok(Method::PUT, &path, Some(json!([]))).await;
        house.ok(Method::POST, &path, Some(json!([]))).await;
        let shown = house.get(CHANNELS).await["entities"][0]["expires"].clone();
        assert_eq!(shown == channel["expires"], other);
        pass(&house, 6_500).await;
        assert_eq!(Socket::try_connect(&channel).await.is_err(), other);
    }
}

#[tokio::test]
async fn a_gone_channel_closes_its_socket_or_leaves_it_deaf() {
    for (other, config) in both("gone_channel_keeps_socket") {
        let house = House::open(config).await;
        let [user, _] = two_users(&house).await;
        let mut socket = house.listen(&[format!("v2.users.{user}.presence")]).await;
        order(&house, json!({ "kind": "evict_channels" })).await;
        assert!(text(&socket.frame().await["topicName"]).starts_with("v2.system.no_longer_subscribed."));
        if other {
            note(&house, &user, "not heard").await;
            assert!(heard(&mut socket).await.is_empty());
            socket.say(json!({ "message": "subscribe", "topics": ["v2.users.u.presence"] })).await;
            assert_eq!(socket.frame().await["result"], "404");
            pass(&house, 30).await;
            assert_eq!(socket.frame().await["topicName"], "channel.metadata", "its heart beats on");
            order(&house, json!({ "kind": "close_sockets" })).await;
            assert_eq!(socket.end().await, Some(1001));
        } else {
            assert_eq!(socket.end().await, Some(1000));
        }
    }
}

#[tokio::test]
async fn a_replaced_socket_is_dropped_or_closed() {
    for (other, config) in both("replaced_socket_hears_close") {
        let house = House::open(config).await;
        let (channel, _) = house.channel().await;
        let mut first = Socket::connect(&channel).await;
        Socket::connect(&channel).await;
        assert_eq!(first.end().await, other.then_some(1000));
    }
}

#[tokio::test]
async fn a_changed_subscription_is_told_or_not() {
    for (other, config) in both("subscription_updated_is_told") {
        let house = House::open(config).await;
        let (channel, path) = house.channel().await;
        let mut socket = Socket::connect(&channel).await;
        house.ok(Method::PUT, &path, Some(json!([{ "id": "v2.users.u.presence" }]))).await;
        if other {
            let frame = socket.frame().await;
            assert_eq!(frame["topicName"], "v2.subscription.updated");
            assert_eq!(frame["eventBody"]["systemTopicType"], "subscription_changed");
        }
        assert!(heard(&mut socket).await.is_empty());
    }
}

#[tokio::test]
async fn a_revoked_token_is_told_or_not() {
    for (other, config) in both("token_revoked_is_not_told") {
        let house = House::open(config).await;
        let mut socket = Socket::connect(&house.channel().await.0).await;
        house.ok(Method::DELETE, "/api/v2/tokens/me", None).await;
        socket.say(json!({ "message": "ping" })).await;
        let mut told = false;
        for _ in 0..if other { 1 } else { 2 } {
            let frame = socket.frame().await;
            told |= text(&frame["topicName"]).starts_with("v2.system.token_revoked.");
        }
        assert_eq!(told, !other);
        assert!(heard(&mut socket).await.is_empty());
    }
}

#[tokio::test]
async fn a_combined_topic_counts_once_or_by_its_parts() {
    for (other, config) in both("combined_topics_count_parts") {
        let house = House::open(config).await;
        let (_, path) = house.channel().await;
        let topics = |count: usize| -> Option<Value> {
            Some((0..count).map(|n| json!({ "id": format!("v2.users.u{n}?presence&activity") })).collect())
        };
        house.ok(Method::PUT, &path, topics(500)).await;
        let status = house.call(Method::PUT, &path, topics(501)).await.status();
        assert_eq!(status == StatusCode::BAD_REQUEST, other);
    }
}

#[tokio::test]
async fn the_upgrade_of_an_unknown_channel_is_404_or_401() {
    for (other, config) in both("unknown_channel_is_401") {
        let house = House::open(config).await;
        let address = house.running.address();
        let unknown = json!({ "connectUri": format!("ws://{address}/channels/streaming-1-none") });
        let Err(tungstenite::Error::Http(response)) = Socket::try_connect(&unknown).await.map(|_| ()) else {
            panic!("the upgrade is refused");
        };
        assert_eq!(response.status(), if other { 401 } else { 404 });
    }
}

#[tokio::test]
async fn topics_of_nobody_are_permitted_or_refused() {
    for (other, config) in both("unknown_subject_is_refused") {
        let house = House::open(config).await;
        let [user, _] = two_users(&house).await;
        let (channel, path) = house.channel().await;
        let nobody = "v2.users.00000000-0000-4000-8000-000000000000.presence";
        let wish = || Some(json!([{ "id": nobody }, { "id": format!("v2.users.{user}.presence") }]));
        let status = house.call(Method::PUT, &path, wish()).await.status();
        assert_eq!(status == StatusCode::BAD_REQUEST, other);
        let answer = house.ok(Method::PUT, &format!("{path}?ignoreErrors=true"), wish()).await;
        assert_eq!(answer["entities"][0]["state"], if other { "Rejected" } else { "Permitted" });
        assert_eq!(answer["entities"][1]["state"], "Permitted");
        let mut socket = Socket::connect(&channel).await;
        socket.say(json!({ "message": "subscribe", "topics": [nobody] })).await;
        assert_eq!(socket.frame().await["result"], if other { "400" } else { "200" });
    }
}

#[tokio::test]
async fn the_context_of_an_error_is_the_correlation_or_an_id_of_its_own() {
    for (other, config) in both("context_id_is_its_own") {
        let house = House::open(config).await;
        let response = house.call(Method::GET, "/api/v2/users/nobody", None).await;
        let correlation = response.headers()["inin-correlation-id"].to_str().unwrap().to_owned();
        let body: Value = response.json().await.unwrap();
        assert_eq!(text(&body["contextId"]).len(), 36);
        assert_eq!(text(&body["contextId"]) != correlation, other);
    }
}

#[tokio::test]
async fn a_download_needs_no_token_or_that_of_the_caller() {
    for (other, config) in both("downloads_need_a_token") {
        let house = House::open(config).await;
        let units = house.get("/api/v2/workforcemanagement/managementunits").await;
        let unit = text(&units["entities"][0]["id"]);
        let path = format!("/api/v2/workforcemanagement/managementunits/{unit}/adherence");
        let answer = house.get(&format!("{path}?forceDownloadService=true")).await;
        let address = text(&answer["downloadUrl"]);
        let without = house.http.get(address).send().await.unwrap().status();
        assert_eq!(without, if other { StatusCode::UNAUTHORIZED } else { StatusCode::OK });
        let with = house.http.get(address).bearer_auth(house.new_token().await).send().await.unwrap();
        assert_eq!(with.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_user_comes_with_what_is_expanded_or_bare() {
    for (other, config) in both("users_come_bare") {
        let house = House::open(config).await;
        let users = house.get("/api/v2/users?pageSize=1").await;
        let path =
            format!("/api/v2/users/{}?expand=presence,routingStatus", text(&users["entities"][0]["id"]));
        let user = house.get(&path).await;
        assert_eq!((user["presence"].is_null(), user["routingStatus"].is_null()), (other, other));
    }
}

#[tokio::test]
async fn schedules_stand_in_the_answer_or_elsewhere() {
    for (other, config) in both("schedules_by_download") {
        let house = House::open(config).await;
        let units = house.get("/api/v2/workforcemanagement/managementunits").await;
        let unit = text(&units["entities"][0]["id"]);
        let path = format!("/api/v2/workforcemanagement/managementunits/{unit}/agentschedules/search");
        let now = house.truth().await["now"].clone();
        let now: Timestamp = text(&now).parse().unwrap();
        let day = json!({ "startDate": now.plus_ms(-86_400_000), "endDate": now });
        let response = house.call(Method::POST, &path, Some(day)).await;
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["status"], "Complete");
        assert_eq!((answer["result"].is_object(), answer["downloadUrl"].is_string()), (!other, other));
    }
}

#[tokio::test]
async fn presences_in_bulk_have_a_limit_or_none() {
    for (other, config) in both("presence_bulk_has_no_limit") {
        let house = House::open(config).await;
        let users = house.get("/api/v2/users?pageSize=51").await;
        let users = users["entities"].as_array().unwrap().iter();
        let body: Value = users.map(|user| json!({ "id": user["id"], "message": "x" })).collect();
        let response = house.call(Method::PUT, "/api/v2/users/presences/bulk", Some(body)).await;
        assert_eq!(response.status(), if other { StatusCode::OK } else { StatusCode::BAD_REQUEST });
    }
}

#[tokio::test]
async fn adding_a_member_again_is_harmless_or_refused() {
    for (other, config) in both("member_added_again_is_refused") {
        let house = House::open(config).await;
        let queue = house.truth().await["queues"][0]["id"].clone();
        let path = format!("/api/v2/routing/queues/{}/members", text(&queue));
        let members = house.get(&path).await;
        let member = text(&members["entities"][0]["id"]);
        let response = house.call(Method::POST, &path, Some(json!([{ "id": member }]))).await;
        assert_eq!(response.status(), if other { StatusCode::BAD_REQUEST } else { StatusCode::OK });
    }
}

#[tokio::test]
async fn on_queue_without_a_queue_is_possible_or_refused() {
    for (other, config) in both("on_queue_needs_a_queue") {
        let house = House::open(config).await;
        let truth = house.truth().await;
        let agents = truth["agents"].as_array().unwrap().iter();
        let offline = |agent: &&Value| agent["state"] == "offline" && agent["joinedQueueIds"] != json!([]);
        let agent = agents.clone().find(offline).unwrap();
        let definitions = house.get("/api/v2/presence/definitions").await;
        let on_queue = definitions["entities"].as_array().unwrap().iter();
        let on_queue = on_queue.clone().find(|definition| definition["systemPresence"] == "OnQueue").unwrap();
        let path = format!("/api/v2/users/{}/presences/purecloud", text(&agent["id"]));
        let body = || Some(json!({ "presenceDefinition": { "id": on_queue["id"] } }));
        for queue in agent["queueIds"].as_array().unwrap() {
            let path = format!("/api/v2/routing/queues/{}/members?delete=true", text(queue));
            let body = json!([{ "id": agent["id"] }]);
            assert_eq!(house.call(Method::POST, &path, Some(body)).await.status(), StatusCode::OK);
        }
        let status = house.call(Method::PATCH, &path, body()).await.status();
        assert_eq!(status, if other { StatusCode::BAD_REQUEST } else { StatusCode::OK });
    }
}
