//! Channels that an organisation needs no longer are closed, and those that it needs again begin anew.

use std::time::Duration;

use protocol::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::harness::{House, SOON, Socket, http, page::Page, still, until};

/// Polls of the directory are five minutes apart, and whoever two of them do not list is gone.
const POLLS_MS: i64 = 1_800_000;

/// Channels are heard as often as this.
const HEARTBEAT_MS: i64 = 30_000;

/// How many topics the connected channels carry, as upstream counts.
async fn channels(house: &House) -> Vec<u64> {
    let truth = house.truth().await;
    let connected =
        truth["channels"].as_array().unwrap().iter().filter(|channel| channel["connected"] == true);
    connected.map(|channel| channel["topics"].as_u64().unwrap()).collect()
}

async fn status(page: &Page) -> Value {
    page.request(Method::GET, "/rollcall/status").send().await.unwrap().json().await.unwrap()
}

/// Whether a channel was not heard for so long that its heartbeat must be on its way.
async fn waits_for_heartbeat(page: &Page) -> bool {
    let status = status(page).await;
    let date = |text: &Value| text.as_str().unwrap().parse::<Timestamp>().unwrap();
    let now = date(&status["serverTime"]);
    let shards = status["shards"].as_array().unwrap().iter();
    let ages =
        shards.filter(|shard| shard["live"] == true).map(|shard| now.ms_since(date(&shard["liveAsOf"])));
    ages.max() >= Some(HEARTBEAT_MS)
}

/// Lets time pass until the channels carry this, and never so much of it that a channel seems to be silent.
async fn come_to_carry(house: &House, page: &Page, expected: &[u64]) {
    for passed_ms in (0..POLLS_MS).step_by(5_000) {
        if passed_ms % 100_000 == 0 && channels(house).await == expected {
            return;
        }
        until(SOON, "heartbeats come", || async { (!waits_for_heartbeat(page).await).then_some(()) }).await;
        house.clock.advance_ms(5_000);
        sleep(Duration::from_millis(20)).await;
    }
    panic!("not {expected:?}: {:?}", channels(house).await);
}

/// Which channels each face of the proxy knows: walls by ages and by frames, the status, the metrics.
async fn known(page: &Page) -> [usize; 4] {
    let (snapshot, _) = page.wall("floor").await;
    let frames = snapshot["frames"].as_array().unwrap().iter();
    let told = frames.filter(|frame| frame["topicName"].as_str().unwrap().starts_with("rollcall.shards."));
    let status = status(page).await;
    assert_eq!(status["channels"]["used"], status["live"], "all are live: {status}");
    let metrics = http().get(format!("{}/metrics", page.base)).send().await.unwrap().text().await.unwrap();
    [
        snapshot["liveAsOf"].as_array().unwrap().len(),
        told.count(),
        status["shards"].as_array().unwrap().len(),
        metrics.lines().filter(|line| line.starts_with("rollcall_shard_age_seconds{")).count(),
    ]
}

/// Everything that a screen was told until now.
async fn heard(screen: &mut Socket) -> Vec<Value> {
    let mut heard = Vec::new();
    screen.say(r#"{"message":"ping"}"#).await;
    loop {
        let frame = screen.next().await.unwrap();
        if frame["eventBody"]["message"] == "pong" {
            return heard;
        }
        heard.push(frame);
    }
}

fn is_dead(frame: &Value) -> bool {
    let ages = frame["rollcall"]["liveAsOf"].as_array();
    frame["topicName"].as_str().is_some_and(|topic| topic.starts_with("rollcall.shards."))
        && frame["eventBody"]["live"] == false
        || ages.is_some_and(|ages| ages.iter().any(|age| age["live"] == false))
}

#[tokio::test]
async fn a_channel_that_has_nothing_left_is_closed_and_begins_anew_when_it_is_needed() {
    let house = House::start(still(1_003, 2)).await;
    let page = Page::open(&house.proxy.base_url()).await;
    assert_eq!(channels(&house).await, [1_000, 5]);
    assert_eq!(known(&page).await, [2; 4]);

    // The last by name are on the second channel.
    let truth = house.truth().await;
    let mut people: Vec<(&str, &str)> = truth["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| (agent["name"].as_str().unwrap(), agent["id"].as_str().unwrap()))
        .collect();
    people.sort_unstable();
    for (_, user) in people.iter().rev().take(5) {
        house.upstream.send(Method::DELETE, &format!("/api/v2/users/{user}"), &Value::Null).await;
    }
    let (_, mut screen) = page.wall("floor").await;
    come_to_carry(&house, &page, &[1_000]).await;
    until(SOON, "nobody knows of it", || async { (known(&page).await == [1; 4]).then_some(()) }).await;
    let told = heard(&mut screen).await;
    let gone = told.iter().filter(|frame| frame["eventBody"]["deleted"] == true).count();
    assert_eq!(gone, 5);
    let dead: Vec<&Value> = told.iter().filter(|frame| is_dead(frame)).collect();
    assert!(dead.is_empty(), "nothing was shown as stale because of it: {dead:?}");

    let before = house.upstream.get(&format!("/api/v2/users/{}", people[0].1)).await;
    let new = json!({
        "name": "Nora New",
        "email": "nora.new@example.com",
        "divisionId": before["division"]["id"],
        "state": "active",
    });
    let hired = house.upstream.send(Method::POST, "/api/v2/users", &new).await;
    come_to_carry(&house, &page, &[1_000, 1]).await;
    let topic = format!("v2.users.{}.presence", hired["id"].as_str().unwrap());
    until(SOON, "it is live again", || async { (known(&page).await == [2; 4]).then_some(()) }).await;
    house.upstream.patch_presence(hired["id"].as_str().unwrap(), &json!({ "message": "first day" })).await;
    screen.find(|frame| frame["topicName"] == topic && frame["rollcall"]["shard"] == 1).await;

    let truth = house.truth().await;
    assert_eq!(truth["calls"]["POST /api/v2/notifications/channels"], 3, "and never another");
    let status = status(&page).await;
    let lost = status["reconnects"].as_object().unwrap();
    assert!(lost.values().all(|count| count == 0), "a planned end is no loss: {lost:?}");
    house.stop().await;
}
