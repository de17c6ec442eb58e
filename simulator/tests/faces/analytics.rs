//! Analytics about users: what is answered equals the truth, counted another way.

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

#[tokio::test]
async fn agents_status_shows_fifty_with_their_conversations() {
    let house = House::open(simulator::Config { agents: 120, ..still() }).await;
    let truth = house.truth().await;
    let path = "/api/v2/analytics/agents/status/query";
    let answer = house.post(path, json!({ "userOrderBy": "routingStatusDate", "userOrder": "desc" })).await;
    let mut newest: Vec<&str> =
        list(&truth["agents"]).iter().map(|agent| text(&agent["routingStatus"]["startTime"])).collect();
    newest.sort_unstable_by(|one, other| other.cmp(one));
    let shown: Vec<&str> =
        list(&answer["entities"]).iter().map(|entity| text(&entity["routingStatusDate"])).collect();
    assert_eq!(shown, newest[..50]);
    let mut sessions = 0;
    for entity in list(&answer["entities"]) {
        check_entity(&truth, entity);
        let one = house.get(&format!("/api/v2/analytics/agents/{}/status", text(&entity["userId"]))).await;
        assert_eq!(one, *entity);
        let of_agent: Vec<&Value> = list(&truth["conversations"])
            .iter()
            .filter(|conversation| conversation["userId"] == entity["userId"])
            .collect();
        assert_eq!(entity["sessionCount"], of_agent.len());
        for (session, conversation) in entity["sessions"].as_array().into_iter().flatten().zip(of_agent) {
            assert_eq!(session["conversationId"], conversation["id"]);
            assert_eq!(session["routedQueueId"], conversation["queueId"]);
            assert_eq!(session["segmentStart"], conversation["since"]);
            let segment = match text(&conversation["state"]) {
                "after-call-work" => "wrapup",
                "interacting" => "interact",
                other => other,
            };
            assert_eq!(session["segmentType"], segment);
            sessions += 1;
        }
    }
    assert!(sessions > 0);

    let talking = house
        .post(path, json!({ "sessionFilter": { "type": "and", "predicates": [{ "dimension": "segmentType", "value": "interact" }] } }))
        .await;
    let is_talk = |conversation: &&Value| conversation["state"] == "interacting";
    let talks = count(list(&truth["conversations"]).iter().filter(is_talk));
    assert_eq!(list(&talking["entities"]).len(), talks.min(50));
    let queue = &truth["queues"][0];
    let filter = json!({ "type": "and", "predicates": [
        { "dimension": "queueId", "value": queue["id"] },
        { "dimension": "systemPresence", "value": "ON_QUEUE" },
    ]});
    let members = house.post(path, json!({ "userFilter": filter })).await;
    let truly: usize = queue["onQueueUsers"]
        .as_object()
        .unwrap()
        .values()
        .map(|n| usize::try_from(n.as_u64().unwrap()).unwrap())
        .sum();
    assert_eq!(list(&members["entities"]).len(), truly.min(50));

    let counts = house.post("/api/v2/analytics/agents/status/counts", json!({ "userFilter": filter })).await;
    let by_status: BTreeMap<&str, u64> = list(&counts["routingStatusCounts"])
        .iter()
        .map(|one| (text(&one["routingStatus"]), one["count"].as_u64().unwrap()))
        .collect();
    for (status, count) in queue["onQueueUsers"].as_object().unwrap() {
        assert_eq!(json!(by_status.get(status.as_str()).copied().unwrap_or_default()), *count, "{status}");
    }
    assert_eq!(counts["isOutOfOfficeCounts"], json!([{ "isOutOfOffice": false, "count": truly }]));
    let some = house.post("/api/v2/analytics/agents/status/counts?groupBy=presence", json!({})).await;
    assert!(some["routingStatusCounts"].is_null());
    let presences: u64 = list(&some["presenceCounts"]).iter().map(|one| one["count"].as_u64().unwrap()).sum();
    assert_eq!(presences, 120);

    let path = "/api/v2/analytics/agents/nobody/status";
    house.refused(Method::GET, path, None, (404, "not.found")).await;
}

#[tokio::test]
async fn agents_status_tells_adherence_sessions_and_absence() {
    let house = House::open(still()).await;
    house.post("/simulator/scenario", json!({ "name": "rush", "eventsPerSecond": null })).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 2_000 })).await;
    house.post("/simulator/scenario", json!({ "eventsPerSecond": 0 })).await;
    let truth = house.truth().await;
    let absent = text(&truth["agents"][7]["id"]).to_owned();
    let out = format!("/api/v2/users/{absent}/outofoffice");
    house.ok(Method::PUT, &out, Some(json!({ "active": true, "indefinite": true }))).await;
    let agents = list(&truth["agents"]);
    let (query, counts) = ("/api/v2/analytics/agents/status/query", "/api/v2/analytics/agents/status/counts");
    let filter = |dimension: &str, value: &Value| json!({ "userFilter": { "type": "and", "predicates": [{ "dimension": dimension, "value": value }] } });
    let of_truth = |agent: &Value, dimension: &str| match dimension {
        "managementUnitId" | "adherenceState" => agent[dimension].clone(),
        "scheduledActivityCodeId" => agent["scheduledActivity"]["activityCodeId"].clone(),
        "scheduledActivityCategory" => agent["scheduledActivity"]["category"].clone(),
        other => panic!("{other}"),
    };
    for dimension in
        ["managementUnitId", "adherenceState", "scheduledActivityCategory", "scheduledActivityCodeId"]
    {
        for value in agents.iter().map(|agent| of_truth(agent, dimension)).filter(Value::is_string) {
            let found = house.post(query, filter(dimension, &value)).await;
            let expected = agents.iter().filter(|agent| of_truth(agent, dimension) == value).count();
            assert_eq!(list(&found["entities"]).len(), expected.min(50), "{dimension} {value}");
            for entity in list(&found["entities"]) {
                let agent = agents.iter().find(|agent| agent["id"] == entity["userId"]).unwrap();
                assert_eq!(entity[dimension], value);
                assert_eq!(entity["adherenceState"], agent["adherenceState"]);
                assert_eq!(entity["adherenceDate"], agent["adherenceSince"]);
                assert_eq!(entity["scheduledActivityCategory"], agent["scheduledActivity"]["category"]);
            }
        }
    }
    let adherence = house.get(&format!("/api/v2/workforcemanagement/adherence?userId={absent}")).await;
    let status = house.get(&format!("/api/v2/analytics/agents/{absent}/status")).await;
    assert_eq!((&status["isOutOfOffice"], &adherence[0]["isOutOfOffice"]), (&json!(true), &json!(true)));
    assert_eq!(status["actualActivityCategory"], adherence[0]["actualActivityCategory"]);
    assert_eq!(status["adherenceImpact"], adherence[0]["impact"]);
    assert_eq!(status["businessUnitId"], adherence[0]["businessUnit"]["id"]);
    let away = house.post(query, filter("isOutOfOffice", &json!("true"))).await;
    assert_eq!((list(&away["entities"]).len(), &away["entities"][0]["userId"]), (1, &json!(absent)));
    let all = house.post(counts, json!({})).await;
    assert_eq!(all["isOutOfOfficeCounts"][1], json!({ "isOutOfOffice": true, "count": 1 }));
    for (counts, member, dimension) in [
        ("adherenceStateCounts", "adherenceState", "adherenceState"),
        ("scheduledActivityCategoryCounts", "activityCategory", "scheduledActivityCategory"),
    ] {
        let mut sum = 0;
        for one in list(&all[counts]) {
            let expected = agents.iter().filter(|agent| of_truth(agent, dimension) == one[member]).count();
            assert_eq!(one["count"], expected, "{one}");
            sum += expected;
        }
        assert_eq!(sum, 60, "{counts}");
    }

    // Sessions are those of the details.
    let interval = "2025-12-31T22:00:00.000Z/2026-01-01T06:00:00.000Z";
    let mut sessions = 0;
    for entity in list(&house.post(query, json!({ "sessionFilter": { "type": "or" } })).await["entities"]) {
        for session in list(&entity["sessions"]) {
            let predicate = json!({ "dimension": "conversationId", "value": session["conversationId"] });
            let filters = json!([{ "type": "and", "predicates": [predicate] }]);
            let question = json!({ "interval": interval, "conversationFilters": filters });
            let details = house.post("/api/v2/analytics/conversations/details/query", question).await;
            let participants = list(&details["conversations"][0]["participants"]);
            let of_agent = participants.iter().rfind(|is| is["userId"] == entity["userId"]).unwrap();
            let is = &of_agent["sessions"][0];
            let segments = list(&is["segments"]);
            assert_eq!(session["sessionId"], is["sessionId"]);
            assert_eq!(session["sessionStart"], segments[0]["segmentStart"]);
            let last = segments.last().unwrap();
            assert_eq!(session["segmentStart"], last["segmentStart"]);
            assert_eq!(session["segmentType"], last["segmentType"]);
            sessions += 1;
        }
    }
    assert!(sessions > 5, "{sessions}");
}

#[tokio::test]
async fn the_past_of_users_ends_with_the_truth_and_adds_up() {
    let house = after_a_while(still()).await;
    let truth = house.truth().await;
    let now = text(&truth["now"]);
    let interval = format!("2026-01-01T00:00:00.000Z/{now}");
    let mut details = Vec::new();
    for number in 1..=3 {
        let paging = json!({ "pageSize": 25, "pageNumber": number });
        let page = house
            .post("/api/v2/analytics/users/details/query", json!({ "interval": interval, "paging": paging }))
            .await;
        assert_eq!(page["totalHits"], 60);
        details.extend(list(&page["userDetails"]).clone());
    }
    assert_eq!(details.len(), 60);
    let mut changes = 0;
    for (detail, agent) in details.iter().zip(list(&truth["agents"])) {
        assert_eq!(detail["userId"], agent["id"]);
        let (presences, statuses) = (list(&detail["primaryPresence"]), list(&detail["routingStatus"]));
        for records in [presences, statuses] {
            for (record, next) in records.iter().zip(&records[1..]) {
                assert_eq!(record["endTime"], next["startTime"], "one ends where the next begins");
            }
            assert!(records.last().unwrap()["endTime"].is_null(), "the last one lasts");
            changes += records.len() - 1;
        }
        let (presence, status) = (presences.last().unwrap(), statuses.last().unwrap());
        assert_eq!(presence["organizationPresenceId"], agent["presence"]["definitionId"]);
        assert_eq!(text(&presence["systemPresence"]), shouted(&agent["presence"]["systemPresence"]));
        assert_eq!(presence["startTime"], agent["presence"]["modifiedDate"]);
        assert_eq!(status["routingStatus"], agent["routingStatus"]["status"]);
        assert_eq!(status["startTime"], agent["routingStatus"]["startTime"]);
    }
    assert!(changes > 100, "an hour has passed: {changes}");

    // The hour after the founding, all of which everybody has spent somewhere.
    let hour = "2026-01-01T00:05:00.000Z/2026-01-01T01:00:00.000Z";
    let body = json!({
        "interval": hour, "granularity": "PT30M", "groupBy": ["userId"],
        "metrics": ["tSystemPresence", "tOrganizationPresence", "tAgentRoutingStatus"],
    });
    let path = "/api/v2/analytics/users/aggregates/query";
    let answer = house.post(path, body.clone()).await;
    assert_eq!(list(&answer["results"]).len(), 60);
    let ms = |date: &Value| text(date).parse::<protocol::Timestamp>().unwrap().as_ms();
    for (result, detail) in list(&answer["results"]).iter().zip(&details) {
        assert_eq!(result["group"], json!({ "userId": detail["userId"] }));
        let intervals: Vec<&str> = list(&result["data"]).iter().map(|part| text(&part["interval"])).collect();
        assert_eq!(
            intervals,
            [
                "2026-01-01T00:05:00.000Z/2026-01-01T00:35:00.000Z",
                "2026-01-01T00:35:00.000Z/2026-01-01T01:00:00.000Z",
            ]
        );
        for (part, (start, length)) in list(&result["data"]).iter().zip([(5, 30), (35, 25)]) {
            let start = ms(&json!("2026-01-01T00:00:00.000Z")) + start * 60_000;
            let end = start + length * 60_000;
            let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
            for number in list(&part["metrics"]) {
                let sum = number["stats"]["sum"].as_i64().unwrap();
                assert!(sum > 0 && number["stats"]["count"].is_null(), "absent means zero");
                *sums.entry(text(&number["metric"])).or_default() += sum;
                let (records, member) = match text(&number["metric"]) {
                    "tSystemPresence" => (&detail["primaryPresence"], "systemPresence"),
                    "tOrganizationPresence" => (&detail["primaryPresence"], "organizationPresenceId"),
                    _ => (&detail["routingStatus"], "routingStatus"),
                };
                let of = list(records).iter().filter(|record| record[member] == number["qualifier"]);
                let overlap = |record: &Value| {
                    let ended = if record["endTime"].is_null() { end } else { ms(&record["endTime"]) };
                    (ended.min(end) - ms(&record["startTime"]).max(start)).max(0)
                };
                assert_eq!(sum, of.map(overlap).sum::<i64>(), "{number}");
            }
            assert!(sums.len() == 3 && sums.values().all(|sum| *sum == length * 60_000), "{sums:?}");
        }
    }
    let mut one = body.clone();
    one["groupBy"] = json!([]);
    one["granularity"] = Value::Null;
    let answer = house.post(path, one).await;
    assert_eq!((list(&answer["results"]).len(), &answer["results"][0]["group"]), (1, &json!({})));
    let total: i64 = list(&answer["results"][0]["data"][0]["metrics"])
        .iter()
        .filter(|number| number["metric"] == "tSystemPresence")
        .map(|number| number["stats"]["sum"].as_i64().unwrap())
        .sum();
    assert_eq!(total, 60 * 55 * 60_000);
    for (member, value, code) in [
        ("metrics", json!(["tHandle"]), "invalid.value"),
        ("metrics", json!([]), "bad.request"),
        ("interval", json!("today"), "invalid.date"),
        ("granularity", json!("P1M"), "invalid.value"),
        ("groupBy", json!(["queueId"]), "invalid.value"),
        (
            "views",
            json!([{ "target": "tSystemPresence", "name": "a", "function": "rangeBound" }]),
            "invalid.value",
        ),
    ] {
        let mut bad = body.clone();
        bad[member] = value;
        house.refused(Method::POST, path, Some(bad), (400, code)).await;
    }
}

#[tokio::test]
async fn user_details_are_filtered_and_bounded() {
    let mut house = after_a_while(still()).await;
    let truth = house.truth().await;
    let interval = format!("2026-01-01T00:30:00.000Z/{}", text(&truth["now"]));
    let path = "/api/v2/analytics/users/details/query";
    let filters = |dimension: &str, value: &str| json!([{ "type": "and", "predicates": [is(dimension, &json!(value))] }]);
    let breaks = house
        .post(
            path,
            json!({ "interval": interval, "order": "desc", "paging": { "pageSize": 100, "pageNumber": 1 },
            "presenceFilters": filters("systemPresence", "BREAK"),
            "routingStatusFilters": filters("routingStatus", "OFF_QUEUE") }),
        )
        .await;
    let users = list(&breaks["userDetails"]);
    assert!(!users.is_empty() && users.len() < 60);
    assert_eq!(breaks["totalHits"], users.len());
    for user in users {
        assert!(list(&user["primaryPresence"]).iter().all(|record| record["systemPresence"] == "BREAK"));
        let statuses = list(&user["routingStatus"]);
        assert!(statuses.iter().all(|record| record["routingStatus"] == "OFF_QUEUE"));
        let starts: Vec<&str> = statuses.iter().map(|record| text(&record["startTime"])).collect();
        assert!(starts.is_sorted_by(|one, next| one > next), "the newest first: {starts:?}");
    }
    let id = text(&truth["agents"][7]["id"]);
    let one = house.post(path, json!({ "interval": interval, "userFilters": filters("userId", id) })).await;
    assert_eq!((&one["totalHits"], &one["userDetails"][0]["userId"]), (&json!(1), &json!(id)));
    let before = json!({ "interval": "2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z" });
    assert_eq!(house.post(path, before).await, json!({ "totalHits": 0 }));

    // Over two days everybody is two hits, and a page of so many hits shows half as many users.
    house.post("/simulator/clock", json!({ "advanceSeconds": 86_400 })).await;
    house.token = house.new_token().await;
    let two_days = "2026-01-01T20:00:00.000Z/2026-01-02T01:00:00.000Z";
    let body = json!({ "interval": two_days, "paging": { "pageSize": 25, "pageNumber": 1 } });
    let page = house.post(path, body).await;
    assert_eq!((&page["totalHits"], list(&page["userDetails"]).len()), (&json!(120), 13));

    let eight = "2026-01-01T00:00:00.000Z/2026-01-09T00:00:00.000Z";
    house.refused(Method::POST, path, Some(json!({ "interval": eight })), (400, "bad.request")).await;
    house.post(path, json!({ "interval": eight, "userFilters": filters("userId", id) })).await;
    for body in [
        json!({ "interval": interval, "paging": { "pageSize": 101, "pageNumber": 1 } }),
        json!({ "interval": interval, "presenceAggregations": [{ "type": "termFrequency" }] }),
    ] {
        house.refused(Method::POST, path, Some(body), (400, "invalid.value")).await;
    }
    let body = json!({
        "interval": interval, "metrics": ["tAgentRoutingStatus"], "groupBy": ["userId"],
        "filter": { "type": "or", "predicates": [is("userId", &json!(id))] },
    });
    let house = after_a_while(other_answer("count_in_user_aggregates")).await;
    let answer = house.post("/api/v2/analytics/users/aggregates/query", body).await;
    assert_eq!(list(&answer["results"]).len(), 1);
    let numbers = list(&answer["results"][0]["data"][0]["metrics"]);
    assert!(numbers.iter().all(|number| number["stats"]["count"].as_u64().unwrap() > 0));
}
