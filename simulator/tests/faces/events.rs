//! Events about conversations and about the time of users agree with what can be read.

use std::collections::BTreeMap;

use protocol::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{House, other_answer, still, text};

/// All that a test lets happen.
const INTERVAL: &str = "2025-12-31T22:00:00.000Z/2026-01-01T06:00:00.000Z";
/// How long to wait for frames that may still come.
const QUIET_MS: u64 = 40;

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entity| text(&entity["id"])).collect()
}

/// The last segment of a session in the details, if it is not over.
fn open_segment(session: &Value) -> Option<&str> {
    let last = session["segments"].as_array().unwrap().last().unwrap();
    last["segmentEnd"].is_null().then(|| text(&last["segmentType"]))
}

#[tokio::test]
async fn the_last_event_of_a_conversation_says_what_its_details_say() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let of_queues =
        ids(&truth["queues"]).into_iter().map(|id| format!("v2.routing.queues.{id}.conversations"));
    let of_agents = ids(&truth["agents"]).into_iter().map(|id| format!("v2.detail.events.agent.{id}.state"));
    let topics: Vec<String> = of_queues.chain(of_agents).collect();
    let mut socket = house.listen(&topics).await;
    house.post("/simulator/scenario", json!({ "name": "storm", "eventsPerSecond": null })).await;
    let mut conversations: BTreeMap<String, Value> = BTreeMap::new();
    let mut sessions: BTreeMap<String, Value> = BTreeMap::new();
    // Steps of more than ten seconds would bring the last words only.
    let steps = vec![("/simulator/clock", json!({ "advanceSeconds": 9 })); 40];
    for (path, order) in steps.into_iter().chain([("/simulator/scenario", json!({ "eventsPerSecond": 0 }))]) {
        house.post(path, order).await;
        for frame in socket.frames_until_quiet(QUIET_MS).await {
            let (topic, body) = (text(&frame["topicName"]), frame["eventBody"].clone());
            if topic.ends_with(".state") {
                sessions.insert(text(&body["sessionId"]).to_owned(), body);
            } else if topic.ends_with(".conversations") {
                conversations.insert(text(&body["id"]).to_owned(), body);
            }
        }
    }
    assert!(conversations.len() > 30 && sessions.len() > 15, "{} {}", conversations.len(), sessions.len());

    let mut details: BTreeMap<String, Value> = BTreeMap::new();
    for page in 1.. {
        let question = json!({ "interval": INTERVAL, "paging": { "pageSize": 100, "pageNumber": page } });
        let answer = house.post("/api/v2/analytics/conversations/details/query", question).await;
        let Some(found) = answer["conversations"].as_array().filter(|found| !found.is_empty()) else { break };
        details.extend(found.iter().map(|is| (text(&is["conversationId"]).to_owned(), is.clone())));
    }
    let mut states: BTreeMap<&str, u32> = BTreeMap::new();
    for (id, told) in &conversations {
        let details = &details[id];
        let (is, told) =
            (&details["participants"].as_array().unwrap(), told["participants"].as_array().unwrap());
        assert_eq!(is.len(), told.len(), "{details}");
        for (is, told) in is.iter().zip(told) {
            assert_eq!((&is["participantId"], &is["purpose"]), (&told["id"], &told["purpose"]));
            assert_eq!((&is["userId"], &is["teamId"]), (&told["userId"], &told["teamId"]));
            let list = told.as_object().unwrap().values().find(|member| member.is_array()).unwrap();
            let (is, session) = (&is["sessions"][0], &list[0]);
            assert_eq!(is["sessionId"], session["id"]);
            let (state, held) = match open_segment(is) {
                Some("alert") => ("alerting", false),
                Some(segment @ ("interact" | "hold")) => ("connected", segment == "hold"),
                Some("wrapup") | None => ("disconnected", false),
                Some(other) => panic!("{other}"),
            };
            assert_eq!((&session["state"], &session["held"]), (&json!(state), &json!(held)), "{details}");
            let work = &session["afterCallWork"]["state"];
            let segments = is["segments"].as_array().unwrap();
            if let Some(wrap_up) = segments.iter().find(|segment| segment["segmentType"] == "wrapup") {
                let is_over = wrap_up["segmentEnd"].is_string();
                assert_eq!(work, if is_over { "complete" } else { "pending" });
                assert_eq!(told["startAcwTime"], wrap_up["segmentStart"]);
                assert_eq!(told["endAcwTime"], wrap_up["segmentEnd"]);
            } else {
                assert!(work.is_null());
            }
            if let Some(of_agent) = sessions.get(text(&is["sessionId"])) {
                let segment = open_segment(is);
                let last = segments.last().unwrap();
                let since = if segment.is_some() { "segmentStart" } else { "segmentEnd" };
                let state = segment.map_or("TERMINATED".to_owned(), str::to_ascii_uppercase);
                assert_eq!(of_agent["currentState"], state, "{details}");
                let since: Timestamp = text(&last[since]).parse().unwrap();
                assert_eq!(of_agent["currentStateStart"], since.as_ms());
                let began: Timestamp = text(&segments[0]["segmentStart"]).parse().unwrap();
                assert_eq!(of_agent["sessionStart"], began.as_ms());
                assert_eq!((&of_agent["userId"], &of_agent["conversationId"]), (&told["userId"], &json!(id)));
            }
            *states.entry(state).or_default() += 1;
        }
    }
    assert!(
        ["alerting", "connected", "disconnected"].iter().all(|state| states.contains_key(state)),
        "{states:?}"
    );
}

#[tokio::test]
async fn the_time_of_a_user_is_told_when_it_changes_and_at_most_once_a_second() {
    for (config, with_count) in [(still(), false), (other_answer("count_in_user_aggregates"), true)] {
        let house = House::open(config).await;
        // The first half hour has no beginning that is known.
        house.post("/simulator/clock", json!({ "advanceSeconds": 3_600 })).await;
        let user = text(&house.truth().await["agents"][5]["id"]).to_owned();
        let topic = format!("v2.analytics.users.{user}.aggregates");
        let mut socket = house.listen(std::slice::from_ref(&topic)).await;
        let definitions = house.get("/api/v2/presence/definitions").await;
        let definition = |name: &str| {
            let mut all = definitions["entities"].as_array().unwrap().iter();
            json!({ "presenceDefinition": { "id": all.find(|is| is["systemPresence"] == name).unwrap()["id"] } })
        };
        let path = format!("/api/v2/users/{user}/presences/purecloud");
        let sums = |event: &Value| -> BTreeMap<String, i64> {
            let metrics = event["eventBody"]["data"][0]["metrics"].as_array().unwrap();
            assert_eq!(event["eventBody"]["group"], json!({ "userId": user }));
            let mut sums = BTreeMap::new();
            for metric in metrics {
                assert_eq!(metric["stats"]["count"].is_number(), with_count, "{metric}");
                let sum = metric["stats"]["sum"].as_i64().unwrap();
                *sums.entry(text(&metric["metric"]).to_owned()).or_default() += sum;
                sums.insert(format!("{} {}", text(&metric["metric"]), text(&metric["qualifier"])), sum);
            }
            sums
        };
        house.ok(Method::PATCH, &path, Some(definition("Training"))).await;
        sums(&socket.event(&topic).await);
        // Two changes within a moment are one event, a second after the last.
        house.ok(Method::PATCH, &path, Some(definition("Busy"))).await;
        house.ok(Method::PATCH, &path, Some(definition("Meeting"))).await;
        assert!(socket.frames_until_quiet(300).await.is_empty(), "too soon");
        house.post("/simulator/clock", json!({ "advanceSeconds": 5 })).await;
        let told = sums(&socket.event(&topic).await);
        assert!(told["tSystemPresence MEETING"] >= 5_000, "{told:?}");
        let whole = told["tSystemPresence"];
        assert_eq!((told["tOrganizationPresence"], told["tAgentRoutingStatus"]), (whole, whole));
        assert!((5_000..1_800_000).contains(&whole), "{told:?}");
        assert!(socket.frames_until_quiet(QUIET_MS).await.is_empty(), "nothing more has changed");
    }
}
