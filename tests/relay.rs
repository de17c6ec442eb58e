//! The line from the simulator through the proxy to a plain client, over real sockets.

mod harness;

use harness::{House, still};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn an_event_reaches_a_plain_channel_with_the_proxys_order() {
    let house = House::start(still(20, 3)).await;
    let users = house.machine.get("/api/v2/users?pageSize=5&expand=presence,routingStatus").await;
    assert_eq!(users["total"], 20);
    let user = users["entities"][0]["id"].as_str().unwrap().to_owned();
    let topic = format!("v2.users.{user}.presence");
    let mut socket = house.machine.listen(std::slice::from_ref(&topic)).await;

    let mut last = 0;
    for n in 0..5 {
        let message = format!("note {n}");
        house.upstream.patch_presence(&user, &json!({ "message": message })).await;
        let event = socket.find_topic(&topic).await;
        assert_eq!(event["eventBody"]["message"], message);
        let seq = event["rollcall"]["seq"].as_u64().unwrap();
        assert!(seq > last, "numbers ascend");
        last = seq;
    }
    let read = house.machine.get(&format!("/api/v2/users/{user}/presences/purecloud")).await;
    assert_eq!(read["message"], "note 4");
    house.stop().await;
}

#[tokio::test]
async fn a_walls_snapshot_holds_every_agent_and_queue() {
    let house = House::start(still(40, 4)).await;
    let snapshot = house.machine.send(Method::POST, "/rollcall/walls/floor/channel", &json!({})).await;
    let frames = snapshot["frames"].as_array().unwrap();
    let of =
        |family: &str| frames.iter().filter(|f| f["topicName"].as_str().unwrap().starts_with(family)).count();
    assert_eq!((of("rollcall.users."), of("rollcall.queues.")), (40, 4));
    assert_eq!(snapshot["complete"], true);
    let seqs: Vec<u64> = frames.iter().map(|f| f["rollcall"]["seq"].as_u64().unwrap()).collect();
    assert!(seqs.is_sorted(), "frames come in ascending order");
    assert!(
        !frames.iter().any(|f| f["eventBody"].get("message").is_some_and(Value::is_string)),
        "no messages"
    );
    house.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_between_the_opening_of_a_socket_and_the_first_event() {
    let house = House::start(still(20, 2)).await;
    let users = house.machine.get("/api/v2/users?pageSize=1").await;
    let user = users["entities"][0]["id"].as_str().unwrap().to_owned();
    let topic = format!("v2.users.{user}.presence");
    for n in 0..40 {
        let mut socket = house.machine.listen(std::slice::from_ref(&topic)).await;
        let message = format!("right away {n}");
        house.upstream.patch_presence(&user, &json!({ "message": message })).await;
        let event = socket.find_topic(&topic).await;
        assert_eq!(event["eventBody"]["message"], message, "and nothing older is replayed");
    }
    house.stop().await;
}
