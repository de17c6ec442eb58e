//! Writes: effective at once, told once, and refused in words.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::{House, still, text};

const MEAL: &str = "3fd96123-badb-4f69-bc03-1b1ccc6d8014";
const ON_QUEUE: &str = "e08eaf1b-ee47-4fa9-a231-1200e284798f";

#[tokio::test]
async fn a_message_alone_gives_exactly_one_event_at_once() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    // An agent who interacts: the message takes effect all the same.
    let busy =
        truth["agents"].as_array().unwrap().iter().find(|agent| agent["state"] == "interacting").unwrap();
    let id = text(&busy["id"]);
    let mut topics: Vec<String> = vec![format!("v2.users.{id}?presence&routingStatus&conversationsummary")];
    topics.extend(
        busy["queueIds"]
            .as_array()
            .unwrap()
            .iter()
            .map(|queue| format!("v2.analytics.queues.{}.observations", text(queue))),
    );
    let mut socket = house.listen(&topics).await;
    let mut fastest = Duration::MAX;
    for (n, source) in ["purecloud", "PURECLOUD", "PureCloud"].into_iter().enumerate() {
        let path = format!("/api/v2/users/{id}/presences/{source}");
        let sent = Instant::now();
        let answer = house.ok(Method::PATCH, &path, Some(json!({ "message": format!("note {n}") }))).await;
        let event = socket.event(&format!("v2.users.{id}.presence")).await;
        fastest = fastest.min(sent.elapsed());
        let body = &event["eventBody"];
        assert_eq!(body["message"], format!("note {n}"));
        assert_eq!(
            (&event["version"], &body["source"], &body["primary"]),
            (&json!("2"), &json!("PURECLOUD"), &json!(true))
        );
        assert_eq!(body["presenceDefinition"]["systemPresence"], "ON_QUEUE");
        assert_eq!(text(&event["metadata"]["CorrelationId"]).len(), 36);
        assert_eq!(answer["modifiedDate"], body["modifiedDate"]);
        assert_eq!(answer["presenceDefinition"]["systemPresence"], "On Queue");
        assert_eq!(house.get(&path).await, answer);
    }
    // The fastest of three, as a busy machine may hold up any of them.
    assert!(fastest < Duration::from_millis(100), "{fastest:?}");
    assert_eq!(socket.frames_until_quiet(1_300).await, [json!(null); 0], "nothing else happens");
}

#[tokio::test]
async fn a_definition_moves_presence_routing_and_numbers() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let idle = truth["agents"].as_array().unwrap().iter().find(|agent| agent["state"] == "on-queue").unwrap();
    let (id, queue) = (text(&idle["id"]), text(&idle["queueIds"][0]));
    let topics = [
        format!("v2.users.{id}?presence&routingStatus&activity"),
        format!("v2.analytics.queues.{queue}.observations"),
    ];
    let mut socket = house.listen(&topics).await;
    let path = format!("/api/v2/users/{id}/presences/purecloud");
    house
        .ok(Method::PATCH, &path, Some(json!({ "presenceDefinition": { "id": MEAL }, "message": "Suppe" })))
        .await;
    let presence = socket.event(&format!("v2.users.{id}.presence")).await;
    assert_eq!(presence["eventBody"]["presenceDefinition"], json!({ "id": MEAL, "systemPresence": "MEAL" }));
    let activity = socket.event(&format!("v2.users.{id}.activity")).await;
    assert_eq!(activity["eventBody"]["presence"]["presenceMessage"], "Suppe");
    let routing = socket.event(&format!("v2.users.{id}.routingStatus")).await;
    assert_eq!(routing["eventBody"]["routingStatus"]["status"], "OFF_QUEUE");
    assert_eq!(routing["metadata"], presence["metadata"], "one cause");
    let numbers = socket.event(&format!("v2.analytics.queues.{queue}.observations")).await;
    assert_eq!(numbers["eventBody"]["group"], json!({ "queueId": queue }));
    let metrics = numbers["eventBody"]["data"][0]["metrics"].as_array().unwrap();
    let count = |metric: &str, qualifier: &str| {
        let found = metrics.iter().find(|datum| datum["metric"] == metric && datum["qualifier"] == qualifier);
        found.unwrap_or_else(|| panic!("{metric} {qualifier}"))["stats"]["count"].as_u64().unwrap()
    };
    let truth = house.truth().await;
    let of_queue = truth["queues"].as_array().unwrap().iter().find(|is| is["id"] == queue).unwrap();
    assert_eq!(count("oOnQueueUsers", "IDLE"), of_queue["onQueueUsers"]["IDLE"].as_u64().unwrap());
    assert!(count("oUserPresences", MEAL) >= 1);
    let agent = truth["agents"].as_array().unwrap().iter().find(|agent| agent["id"] == id).unwrap();
    assert_eq!(agent["state"], "meal");
    assert_eq!(agent["stateSince"], presence["eventBody"]["modifiedDate"]);

    house.ok(Method::PATCH, &path, Some(json!({ "presenceDefinition": { "id": ON_QUEUE } }))).await;
    let routing = socket.event(&format!("v2.users.{id}.routingStatus")).await;
    assert_eq!(routing["eventBody"]["routingStatus"]["status"], "IDLE");
    assert_eq!(house.get(&path).await["message"], "", "another definition without a message clears it");
}

#[tokio::test]
async fn numbers_of_a_queue_come_at_most_once_a_second() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let idle = truth["agents"].as_array().unwrap().iter().find(|agent| agent["state"] == "on-queue").unwrap();
    let (id, queue) = (text(&idle["id"]), text(&idle["queueIds"][0]));
    let mut socket = house.listen(&[format!("v2.analytics.queues.{queue}.observations")]).await;
    let path = format!("/api/v2/users/{id}/presences/purecloud");
    let began = Instant::now();
    for n in 0..20 {
        let definition = if n % 2 == 0 { MEAL } else { ON_QUEUE };
        house.ok(Method::PATCH, &path, Some(json!({ "presenceDefinition": { "id": definition } }))).await;
    }
    let events = socket.frames_until_quiet(1_400).await;
    let seconds = began.elapsed().as_secs() + 1;
    assert!((1..=seconds).contains(&(events.len() as u64)), "{} events in {seconds} s", events.len());
    // The presence that came and went is told, although it is where it was.
    let last = &events.last().unwrap()["eventBody"]["data"][0]["metrics"];
    assert!(last.as_array().unwrap().iter().any(|datum| datum["qualifier"] == MEAL));
}

#[tokio::test]
async fn a_queue_is_renamed_and_nothing_else_of_it_changes() {
    let house = House::open(still()).await;
    let queue = text(&house.truth().await["queues"][1]["id"]).to_owned();
    let path = format!("/api/v2/routing/queues/{queue}");
    let before = house.get(&path).await;
    let audits = house.truth().await["audits"].as_u64().unwrap();
    let mut expected = before.clone();
    expected["name"] = json!("Quince");
    // It is made of name and department.
    let description = text(&before["description"]).replace(text(&before["name"]), "Quince");
    expected["description"] = json!(description);
    let body = json!({ "id": queue, "name": "Quince", "selfUri": before["selfUri"] });
    assert_eq!(house.ok(Method::PUT, &path, Some(body.clone())).await, expected);
    assert_eq!(house.get(&path).await, expected);
    let truth = house.truth().await;
    assert_eq!((&truth["queues"][1]["name"], truth["audits"].as_u64()), (&json!("Quince"), Some(audits + 1)));
    house.ok(Method::PUT, &path, Some(body)).await;
    assert_eq!(house.truth().await["audits"].as_u64(), Some(audits + 1), "nothing was changed");
    for (body, code) in [
        (json!({ "name": " " }), "invalid.value"),
        (json!({}), "bad.request"),
        (json!({ "name": "x", "description": "y" }), "bad.request"),
    ] {
        house.refused(Method::PUT, &path, Some(body), (400, code)).await;
    }
    let nobody = Some(json!({ "name": "x" }));
    house.refused(Method::PUT, "/api/v2/routing/queues/none", nobody, (404, "not.found")).await;
    assert_eq!(house.get(&path).await, expected);
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_and_changes_nothing() {
    let house = House::open(still()).await;
    let before = house.truth().await["agents"].clone();
    let id = text(&before[0]["id"]);
    let path = format!("/api/v2/users/{id}/presences/purecloud");
    for (body, code) in [
        (json!({}), "bad.request"),
        (json!({ "presenceDefinition": {} }), "invalid.value"),
        (json!({ "presenceDefinition": { "id": "none" } }), "invalid.value"),
        (json!({ "presenceDefinition": { "id": "c06f2b58-3e9d-4a71-9d04-b7a51e83f6c2" } }), "invalid.value"),
        (json!({ "message": 7 }), "bad.request"),
        (json!({ "message": "x".repeat(1_001) }), "invalid.value"),
        (json!(null), "bad.request"),
    ] {
        house.refused(Method::PATCH, &path, Some(body), (400, code)).await;
    }
    let note = || Some(json!({ "message": "x" }));
    house
        .refused(Method::PATCH, "/api/v2/users/nobody/presences/purecloud", note(), (404, "not.found"))
        .await;
    house
        .refused(Method::PATCH, &format!("/api/v2/users/{id}/presences/teams"), note(), (404, "not.found"))
        .await;
    house.refused(Method::PUT, &path, note(), (405, "method.not.allowed")).await;
    assert_eq!(house.truth().await["agents"], before);
    house.ok(Method::PATCH, &path, Some(json!({ "primary": true }))).await;
    assert_eq!(house.truth().await["agents"], before);
}

#[tokio::test]
async fn an_agent_who_did_not_respond_is_made_to_respond() {
    let (house, asleep) = house_with_somebody_asleep().await;
    let path = format!("/api/v2/users/{}/routingstatus", text(&asleep["id"]));
    assert_eq!(house.get(&path).await["status"], "NOT_RESPONDING");
    let put = |status: &str| Some(json!({ "status": status }));
    house.refused(Method::PUT, &path, put("INTERACTING"), (400, "general.bad.request")).await;
    house.refused(Method::PUT, &path, put("ASLEEP"), (400, "invalid.value")).await;
    assert_eq!(house.ok(Method::PUT, &path, put("IDLE")).await["status"], "IDLE");
    assert_eq!(house.get(&path).await["status"], "IDLE");
    house.refused(Method::PUT, &path, put("OFF_QUEUE"), (400, "general.bad.request")).await;
}

#[tokio::test]
async fn an_agent_who_did_not_respond_can_be_taken_off_queue() {
    let (house, asleep) = house_with_somebody_asleep().await;
    let path = format!("/api/v2/users/{}/routingstatus", text(&asleep["id"]));
    let put = Some(json!({ "status": "OFF_QUEUE" }));
    assert_eq!(house.ok(Method::PUT, &path, put).await["status"], "OFF_QUEUE");
    let presence = house.get(&format!("/api/v2/users/{}/presences/purecloud", text(&asleep["id"]))).await;
    assert_eq!(presence["presenceDefinition"]["systemPresence"], "Available");
}

/// A house that stands still while an agent does not respond.
async fn house_with_somebody_asleep() -> (House, Value) {
    let house = House::open(still()).await;
    house.post("/simulator/scenario", json!({ "name": "rush", "eventsPerSecond": null })).await;
    let mut asleep = None;
    for _ in 0..200 {
        house.post("/simulator/clock", json!({ "advanceSeconds": 10 })).await;
        let truth = house.truth().await;
        let agents = truth["agents"].as_array().unwrap();
        asleep = agents.iter().find(|agent| agent["state"] == "not-responding").cloned();
        if asleep.is_some() {
            break;
        }
    }
    house.post("/simulator/scenario", json!({ "eventsPerSecond": 0 })).await;
    let asleep = asleep.expect("somebody does not respond in half an hour of rush");
    (house, asleep)
}
