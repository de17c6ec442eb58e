//! Users' status and past.

use super::*;

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
