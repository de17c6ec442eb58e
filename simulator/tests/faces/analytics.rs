//! Analytics about users: what is answered equals the truth, counted another way.

mod users;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{House, other_answer, still, text};

/// A world that has moved and stands still again.
async fn after_a_while(mut config: simulator::Config) -> House {
    config.events_per_second = Some(40.0);
    let house = House::open(config).await;
    for _ in 0..6 {
        house.post("/simulator/clock", json!({ "advanceSeconds": 600 })).await;
    }
    house.post("/simulator/scenario", json!({ "eventsPerSecond": 0.0 })).await;
    house
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("expected a list, not {value}"))
}

fn is(dimension: &str, value: &Value) -> Value {
    json!({ "type": "dimension", "dimension": dimension, "operator": "matches", "value": value })
}

fn shouted(presence: &Value) -> String {
    text(presence).to_uppercase().replace(' ', "_")
}

fn count<'a>(of: impl Iterator<Item = &'a Value>) -> usize {
    of.count()
}

fn agents_of<'a>(truth: &'a Value, queue: &'a Value) -> impl Iterator<Item = &'a Value> {
    list(&truth["agents"]).iter().filter(|agent| list(&agent["queueIds"]).contains(&queue["id"]))
}

#[tokio::test]
async fn details_of_observations_are_the_conversations_and_the_members() {
    let house = House::open(simulator::Config { agents: 400, queues: 3, ..still() }).await;
    let truth = house.truth().await;
    let metrics = json!(["oWaiting", "oInteracting", "oMemberUsers", "oOnQueueUsers", "oUserPresences"]);
    let body = json!({
        "filter": { "type": "or", "predicates": [{ "dimension": "queueId", "operator": "exists" }] },
        "metrics": ["oLongestWaiting"],
        "detailMetrics": metrics,
    });
    let answer = house.post("/api/v2/analytics/queues/observations/query", body).await;
    let (mut conversations, mut cut) = (0, 0);
    for result in list(&answer["results"]) {
        let queue = &result["group"]["queueId"];
        for number in list(&result["data"]) {
            let Some(observations) = number["observations"].as_array() else {
                assert_eq!(number["metric"], "oLongestWaiting", "all others were asked for in detail");
                continue;
            };
            let all = usize::try_from(number["stats"]["count"].as_u64().unwrap()).unwrap();
            assert_eq!(observations.len(), all.min(100));
            assert_eq!(number["truncated"], if all > 100 { json!(true) } else { Value::Null });
            cut += usize::from(all > 100);
            let dates: Vec<&str> = observations.iter().map(|one| text(&one["observationDate"])).collect();
            assert!(dates.is_sorted());
            for one in observations {
                if number["metric"] == "oWaiting" || number["metric"] == "oInteracting" {
                    let is = |it: &&Value| it["id"] == one["conversationId"];
                    let conversation = list(&truth["conversations"]).iter().find(is).unwrap();
                    let waits = number["metric"] == "oWaiting";
                    assert_eq!((&conversation["queueId"], &one["direction"]), (queue, &json!("inbound")));
                    assert_eq!(conversation["state"], if waits { "waiting" } else { "interacting" });
                    assert_eq!(one["observationDate"], conversation[if waits { "arrived" } else { "since" }]);
                    assert_eq!(one["userId"], conversation["userId"]);
                    assert_eq!(text(&one["sessionId"]).len(), 36);
                    conversations += 1;
                } else {
                    let is = |it: &&Value| it["id"] == one["userId"];
                    let agent = list(&truth["agents"]).iter().find(is).unwrap();
                    assert!(list(&agent["queueIds"]).contains(queue));
                    if number["metric"] == "oUserPresences" {
                        assert_eq!(number["qualifier"], agent["presence"]["definitionId"]);
                        assert_eq!(one["observationDate"], agent["presence"]["modifiedDate"]);
                    }
                    if number["metric"] == "oOnQueueUsers" {
                        assert_eq!(number["qualifier"], agent["routingStatus"]["status"]);
                    }
                }
            }
        }
    }
    assert!(conversations > 10 && cut > 0, "{conversations} conversations, {cut} lists cut");
    let body = json!({ "filter": { "type": "or", "predicates": [{ "dimension": "queueId", "operator": "exists" }] }, "metrics": ["oWaiting"], "detailMetrics": ["oLongestWaiting"] });
    let path = "/api/v2/analytics/queues/observations/query";
    house.refused(Method::POST, path, Some(body), (400, "invalid.value")).await;
}

#[tokio::test]
async fn the_longest_and_the_totals_stand_where_the_switches_say() {
    let body = json!({ "filter": { "type": "or", "predicates": [{ "dimension": "queueId", "operator": "exists" }] }, "metrics": ["oInteracting", "oLongestInteracting"] });
    let path = "/api/v2/analytics/queues/observations/query";
    let answer = House::open(other_answer("longest_in_max")).await.post(path, body.clone()).await;
    let numbers: Vec<&Value> =
        list(&answer["results"]).iter().flat_map(|result| list(&result["data"])).collect();
    let longest: Vec<_> = numbers.iter().filter(|number| number["metric"] == "oLongestInteracting").collect();
    assert!(!longest.is_empty());
    assert!(longest.iter().all(|number| number["stats"]["max"].as_i64().unwrap() > 0));
    assert!(longest.iter().all(|number| number["stats"]["calculatedMetricValue"].is_null()));

    let house = House::open(other_answer("media_totals_in_observations")).await;
    let (answer, truth) = (house.post(path, body).await, house.truth().await);
    for queue in list(&truth["queues"]).iter().filter(|queue| queue["interacting"] != 0) {
        let of_queue = |result: &&Value| result["group"] == json!({ "queueId": queue["id"] });
        let totals = list(&answer["results"]).iter().find(of_queue).unwrap();
        assert_eq!(totals["data"][0]["metric"], "oInteracting");
        assert_eq!(totals["data"][0]["stats"]["count"], queue["interacting"]);
    }
}

#[tokio::test]
async fn routing_activity_counts_the_members_of_each_queue() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let metrics = [
        "oMemberUsers",
        "oActiveUsers",
        "oOffQueueUsers",
        "oOnQueueUsers",
        "oUserPresences",
        "oUserRoutingStatuses",
    ];
    let asked: Vec<Value> = metrics
        .iter()
        .map(|metric| json!({ "metric": metric, "details": *metric == "oOnQueueUsers" }))
        .collect();
    let body = json!({ "metrics": asked, "groupBy": ["queueId"] });
    let path = "/api/v2/analytics/routing/activity/query";
    let answer = house.post(path, body.clone()).await;
    assert_eq!(answer["entityIdDimension"], "userId");
    assert_eq!(list(&answer["results"]).len(), list(&truth["queues"]).len());
    for (result, queue) in list(&answer["results"]).iter().zip(list(&truth["queues"])) {
        assert_eq!(result["group"], json!({ "queueId": queue["id"] }));
        let sum = |metric: &str| -> u64 {
            let of = list(&result["data"]).iter().filter(|value| value["metric"] == metric);
            of.map(|value| value["count"].as_u64().unwrap()).sum()
        };
        for metric in ["oMemberUsers", "oActiveUsers", "oUserPresences", "oUserRoutingStatuses"] {
            assert_eq!(json!(sum(metric)), queue["memberUsers"], "{metric}");
        }
        assert_eq!(json!(sum("oOnQueueUsers") + sum("oOffQueueUsers")), queue["memberUsers"]);
        let mut on_queue = 0;
        for value in list(&result["data"]) {
            if value["metric"] == "oOnQueueUsers" {
                let status = text(&value["qualifier"]);
                assert_eq!(value["count"], queue["onQueueUsers"][status]);
                on_queue += list(&value["entityIds"]).len();
            } else {
                assert!(value["entityIds"].is_null(), "no details were asked for");
            }
            if value["metric"] == "oUserPresences" {
                let has = |agent: &&Value| agent["presence"]["definitionId"] == value["secondaryQualifier"];
                let members: Vec<&Value> = agents_of(&truth, queue).filter(has).collect();
                assert_eq!(value["count"], members.len());
                assert_eq!(text(&value["qualifier"]), shouted(&members[0]["presence"]["systemPresence"]));
            }
        }
        let entities = list(&result["entities"]);
        assert_eq!(entities.len(), on_queue);
        for entity in entities {
            assert_eq!((text(&entity["systemPresence"]), &entity["queueId"]), ("ON_QUEUE", &queue["id"]));
            check_entity(&truth, entity);
        }
    }
    let page = house.post(&format!("{path}?pageSize=2&pageNumber=2"), body.clone()).await;
    assert_eq!(page["results"][0]["group"], answer["results"][2]["group"]);
    assert_eq!(list(&page["results"]).len(), 2);
    let mut descending = body.clone();
    descending["order"] = json!("desc");
    assert_eq!(house.post(path, descending).await["results"][4]["group"], answer["results"][0]["group"]);
    let mut filtered = body.clone();
    let queue = &truth["queues"][1]["id"];
    filtered["filter"] =
        json!({ "type": "and", "predicates": [is("queueId", queue), is("routingStatus", &json!("IDLE"))] });
    let answer = house.post(path, filtered).await;
    assert_eq!((list(&answer["results"]).len(), &answer["results"][0]["group"]["queueId"]), (1, queue));
    assert!(list(&answer["results"][0]["entities"]).iter().all(|entity| entity["routingStatus"] == "IDLE"));
    for (bad, code) in [
        (json!({ "metrics": [], "groupBy": ["queueId"] }), "bad.request"),
        (json!({ "metrics": [{ "metric": "oWaiting" }], "groupBy": ["queueId"] }), "invalid.value"),
        (json!({ "metrics": asked, "groupBy": ["userId"] }), "invalid.value"),
    ] {
        house.refused(Method::POST, path, Some(bad), (400, code)).await;
    }
}

#[tokio::test]
async fn a_long_list_of_entities_keeps_its_ends() {
    let house = House::open(simulator::Config { agents: 300, queues: 1, ..still() }).await;
    let body = json!({ "metrics": [{ "metric": "oMemberUsers", "details": true }], "groupBy": ["queueId"] });
    let answer = house.post("/api/v2/analytics/routing/activity/query", body).await;
    let result = &answer["results"][0];
    assert_eq!((&result["truncated"], &result["data"][0]["count"]), (&json!(true), &json!(300)));
    let truth = house.truth().await;
    let mut dates: Vec<&str> = list(&truth["agents"])
        .iter()
        .map(|agent| text(&agent["presence"]["modifiedDate"]).max(text(&agent["routingStatus"]["startTime"])))
        .collect();
    dates.sort_unstable();
    dates.drain(50..250);
    let shown: Vec<&str> =
        list(&result["entities"]).iter().map(|entity| text(&entity["activityDate"])).collect();
    assert_eq!(shown, dates);
}

/// An entity says what the truth says of this agent.
fn check_entity(truth: &Value, entity: &Value) {
    let agent = list(&truth["agents"]).iter().find(|agent| agent["id"] == entity["userId"]).unwrap();
    assert_eq!(text(&entity["systemPresence"]), shouted(&agent["presence"]["systemPresence"]));
    assert_eq!(entity["organizationPresenceId"], agent["presence"]["definitionId"]);
    assert_eq!(entity["presenceDate"], agent["presence"]["modifiedDate"]);
    assert_eq!(entity["routingStatus"], agent["routingStatus"]["status"]);
    assert_eq!(entity["routingStatusDate"], agent["routingStatus"]["startTime"]);
}

#[tokio::test]
async fn users_activity_is_presence_and_routing_status_in_one_call() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let agents = list(&truth["agents"]);
    let ids: Vec<Value> = agents.iter().skip(4).take(3).map(|agent| is("userId", &agent["id"])).collect();
    let body = json!({
        "metrics": [{ "metric": "oActiveQueues", "details": true }, { "metric": "oMemberQueues" }],
        "groupBy": ["userId"],
        "filter": { "type": "or", "predicates": ids },
    });
    let path = "/api/v2/analytics/users/activity/query";
    let answer = house.post(path, body.clone()).await;
    assert_eq!(list(&answer["results"]).len(), 3);
    for (result, agent) in list(&answer["results"]).iter().zip(&agents[4..]) {
        assert_eq!(result["group"]["userId"], agent["id"]);
        let queues = list(&agent["queueIds"]);
        assert_eq!(result["data"][0]["entityIds"], agent["queueIds"]);
        assert_eq!(
            (&result["data"][0]["count"], &result["data"][1]["count"]),
            (&json!(queues.len()), &json!(queues.len()))
        );
        assert_eq!(list(&result["entities"]).len(), queues.len());
        for entity in list(&result["entities"]) {
            assert!(queues.contains(&entity["queueId"]));
            check_entity(&truth, entity);
        }
    }
    let all = json!({ "metrics": [{ "metric": "oMemberQueues" }], "groupBy": ["userId"] });
    let page = house.post(&format!("{path}?pageSize=50&pageNumber=2"), all).await;
    assert_eq!(list(&page["results"]).len(), 10, "60 agents");

    let body = json!({ "metrics": ["oActiveQueues"], "filter": body["filter"] });
    let observed = house.post("/api/v2/analytics/users/observations/query", body).await;
    assert_eq!(list(&observed["results"]).len(), 3);
    for (result, agent) in list(&observed["results"]).iter().zip(&agents[4..]) {
        assert_eq!(result["group"], json!({ "userId": agent["id"] }));
        assert_eq!(result["data"][0]["stats"]["count"], list(&agent["queueIds"]).len());
    }
}

#[tokio::test]
async fn team_activity_counts_each_team_once() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let body = json!({
        "metrics": [{ "metric": "oTeamPresences" }, { "metric": "oTeamOnQueueUsers", "details": true }],
        "groupBy": ["teamId"],
    });
    let path = "/api/v2/analytics/teams/activity/query";
    let answer = house.post(path, body.clone()).await;
    let (mut people, mut on_queue) = (0, 0);
    for result in list(&answer["results"]) {
        for value in list(&result["data"]) {
            let count = value["count"].as_u64().unwrap();
            if value["metric"] == "oTeamPresences" { people += count } else { on_queue += count }
        }
        for entity in result["entities"].as_array().into_iter().flatten() {
            assert_eq!(entity["teamId"], result["group"]["teamId"]);
            check_entity(&truth, entity);
        }
    }
    let is_on_queue = |agent: &&Value| agent["presence"]["systemPresence"] == "On Queue";
    let truly = count(list(&truth["agents"]).iter().filter(is_on_queue));
    assert_eq!((people, on_queue), (60, truly as u64));

    let house = House::open(other_answer("presence_id_as_activity_qualifier")).await;
    let answer = house.post(path, body).await;
    let value = &answer["results"][0]["data"][0];
    assert!(text(&value["qualifier"]).len() == 36 && value["secondaryQualifier"].is_null());
}
