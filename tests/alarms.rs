//! What is wrong is told to the screens of each wall, and who takes note of it does so for all of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{House, Socket, Speaker, page::Page, still};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// The definition of Break.
const BREAK: &str = "227b37e2-f1d0-4dd0-8f50-badd7cf6d158";
/// The definition of Available.
const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";

async fn advance(upstream: &Speaker, seconds: i64) {
    upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": seconds })).await;
}

fn of_user<'a>(alarms: &'a Value, user: &str) -> Option<&'a Value> {
    alarms.as_array()?.iter().find(|alarm| alarm["user"] == user)
}

/// The next list of alarms in which an agent's fits.
async fn told(socket: &mut Socket, user: &str, fits: impl Fn(Option<&Value>) -> bool) -> Option<Value> {
    let fits = |frame: &Value| {
        frame["topicName"] == "rollcall.alarms.floor" && fits(of_user(&frame["eventBody"]["alarms"], user))
    };
    let frame = socket.find(fits).await;
    of_user(&frame["eventBody"]["alarms"], user).cloned()
}

async fn acknowledge(page: &Page, alarm: &str) -> (StatusCode, String) {
    let path = format!("/rollcall/walls/floor/alarms/{alarm}/acknowledge");
    let answer = page.request(Method::POST, &path).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_break_that_is_too_long_is_told_acknowledged_and_over_on_every_screen() {
    let house = House::start(still(30, 3)).await;
    let (one, other) = (Page::open(&house.proxy.base_url()).await, Page::open(&house.proxy.base_url()).await);
    let (snapshot, mut first) = one.wall("floor").await;
    let (_, mut second) = other.wall("floor").await;
    assert_eq!(snapshot["mayAcknowledge"], true, "the demo's page is a supervisor's");
    let truth = house.truth().await;
    let agent = truth["agents"].as_array().unwrap().iter().find(|agent| agent["state"] == "on-queue");
    let user = agent.expect("somebody is free")["id"].as_str().unwrap().to_owned();
    house.upstream.patch_presence(&user, &json!({ "presenceDefinition": { "id": BREAK } })).await;

    advance(&house.upstream, 1_205).await;
    let warned = told(&mut first, &user, |alarm| alarm.is_some()).await.unwrap();
    assert_eq!((&warned["level"], &warned["limit"]), (&json!("warn"), &json!(1_200.0)));
    let id = warned["id"].as_str().unwrap();
    advance(&house.upstream, 1_200).await;
    let worse =
        told(&mut first, &user, |alarm| alarm.is_some_and(|a| a["level"] == "critical")).await.unwrap();
    assert_eq!((&worse["id"], &worse["since"]), (&warned["id"], &warned["since"]));

    assert_eq!(acknowledge(&one, id).await.0, StatusCode::NO_CONTENT);
    for socket in [&mut first, &mut second] {
        let seen = told(socket, &user, |alarm| alarm.is_some_and(|a| a["acknowledged"].is_string())).await;
        assert_eq!(seen.unwrap()["id"], id);
    }
    assert_eq!(acknowledge(&other, id).await.0, StatusCode::NO_CONTENT, "a second time changes nothing");
    // Who comes later is told as well.
    let (snapshot, _) = one.wall("floor").await;
    let frames = snapshot["frames"].as_array().unwrap();
    let alarms = frames.iter().find(|frame| frame["topicName"] == "rollcall.alarms.floor").unwrap();
    assert!(of_user(&alarms["eventBody"]["alarms"], &user).unwrap()["acknowledged"].is_string());

    house.upstream.patch_presence(&user, &json!({ "presenceDefinition": { "id": AVAILABLE } })).await;
    told(&mut first, &user, |alarm| alarm.is_none()).await;
    let (status, words) = acknowledge(&one, id).await;
    assert!(status == StatusCode::NOT_FOUND && words.contains("over"), "{status} {words}");
    assert_eq!(acknowledge(&one, "%2F").await.0, StatusCode::NOT_FOUND);
    house.stop().await;
}
