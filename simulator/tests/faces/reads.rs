//! Tokens and reads: what is answered equals the truth, and what is refused says why.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{House, check_refusal, still, text};

#[tokio::test]
async fn tokens_are_given_to_known_clients_and_can_be_revoked() {
    let house = House::open(still()).await;
    let url = format!("{}/oauth/token", house.running.base_url());
    let form =
        [("grant_type", "client_credentials"), ("client_id", "simulator"), ("client_secret", "simulator")];
    let response = house.http.post(&url).form(&form).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);

    for (secret, form, status, error) in [
        ("wrong", [("grant_type", "client_credentials")], 401, "invalid_client"),
        ("simulator", [("grant_type", "password")], 400, "unsupported_grant_type"),
        ("simulator", [("grant", "client_credentials")], 400, "invalid_request"),
    ] {
        let request = house.http.post(&url).basic_auth("simulator", Some(secret)).form(&form);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"], error);
        assert!(body["description"].is_string() && body["error_description"].is_string());
    }

    let info = house.get("/api/v2/tokens/me").await;
    assert_eq!(info["OAuthClient"]["authorizedGrantType"], "CLIENT-CREDENTIALS");
    assert_eq!(house.call(Method::HEAD, "/api/v2/tokens/me", None).await.status(), StatusCode::OK);
    let second = house.new_token().await;
    assert_eq!(house.truth().await["tokens"], 3);
    house.call_as(&second, Method::DELETE, "/api/v2/tokens/me", None).await;
    let response = house.call_as(&second, Method::GET, "/api/v2/date", None).await;
    check_refusal(response, (401, "bad.credentials")).await;
    let response = house.http.get(format!("{}/api/v2/date", house.running.base_url())).send().await.unwrap();
    check_refusal(response, (401, "authentication.required")).await;
}

#[tokio::test]
async fn a_token_ends_when_its_time_is_over() {
    let house = House::open(still()).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 86_399 })).await;
    house.get("/api/v2/date").await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 2 })).await;
    house.refused(Method::GET, "/api/v2/date", None, (401, "bad.credentials")).await;
}

#[tokio::test]
async fn every_answer_carries_correlation_and_limit() {
    let house = House::open(still()).await;
    let paths = [("/api/v2/date", "1"), ("/api/v2/users/nobody", "2"), ("/api/v2/nothing", "1")];
    for (path, count) in paths {
        let response = house.call(Method::GET, path, None).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("inin-correlation-id").len(), 36);
        assert_eq!(header("inin-ratelimit-allowed"), "300");
        assert_eq!(header("inin-ratelimit-count"), count, "{path}: what does not exist is not counted");
        assert!((1..=60).contains(&header("inin-ratelimit-reset").parse::<u32>().unwrap()));
    }
    let calls = &house.truth().await["calls"];
    assert_eq!(calls["GET /api/v2/users/{userId}"], 1);
}

#[tokio::test]
async fn users_to_the_last_page_equal_the_truth() {
    let house = House::open(still()).await;
    let expand = "presence,routingStatus,conversationSummary,team";
    let users = house.all_pages(&format!("/api/v2/users?pageSize=17&expand={expand}")).await;
    let truth = house.truth().await;
    let agents = truth["agents"].as_array().unwrap();
    assert_eq!(users.len(), agents.len());
    for (user, agent) in users.iter().zip(agents) {
        assert_eq!((&user["id"], &user["name"]), (&agent["id"], &agent["name"]));
        assert_eq!(user["team"]["name"], agent["team"]);
        let (presence, truth) = (&user["presence"], &agent["presence"]);
        assert_eq!(presence["presenceDefinition"]["id"], truth["definitionId"]);
        assert_eq!(presence["presenceDefinition"]["systemPresence"], truth["systemPresence"]);
        assert_eq!(presence["modifiedDate"], truth["modifiedDate"]);
        assert_eq!(presence["message"], truth["message"]);
        assert_eq!(user["routingStatus"]["status"], agent["routingStatus"]["status"]);
        assert_eq!(user["routingStatus"]["startTime"], agent["routingStatus"]["startTime"]);
        assert_eq!(user["conversationSummary"]["call"], agent["conversationSummary"]["call"]);
    }
    let page = house.get("/api/v2/users?pageSize=25&pageNumber=3").await;
    assert_eq!((&page["total"], &page["pageCount"], &page["pageNumber"]), (&json!(60), &json!(3), &json!(3)));
    assert_eq!(page["entities"].as_array().unwrap().len(), 10);
    assert!(page["nextUri"].is_null() && text(&page["previousUri"]).contains("pageNumber=2"));
    assert!(page["entities"][0]["presence"].is_null());
}

#[tokio::test]
async fn users_are_found_by_id_joined_or_repeated() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let id = |n: usize| text(&truth["agents"][n]["id"]).to_owned();
    for path in [
        format!("/api/v2/users?id={},{}", id(3), id(8)),
        format!("/api/v2/users?id={}&id={}", id(3), id(8)),
        format!("/api/v2/users?id={}%2C{}&id=11111111-2222-4333-8444-555555555555", id(3), id(8)),
    ] {
        let users = house.get(&path).await;
        let found: BTreeSet<&str> =
            users["entities"].as_array().unwrap().iter().map(|user| text(&user["id"])).collect();
        assert_eq!(found, BTreeSet::from([id(3).as_str(), id(8).as_str()]), "{path}");
    }
    let many =
        vec!["x"; 101].iter().enumerate().map(|(n, x)| format!("{x}{n}")).collect::<Vec<_>>().join(",");
    house.refused(Method::GET, &format!("/api/v2/users?id={many}"), None, (400, "max.user.ids")).await;
    let user = house.get(&format!("/api/v2/users/{}?expand=presence&expand=routingStatus", id(3))).await;
    assert!(user["presence"].is_object() && user["routingStatus"].is_object());
    house.refused(Method::GET, "/api/v2/users/nobody", None, (404, "not.found")).await;
    house.refused(Method::GET, "/api/v2/users?pageSize=501", None, (400, "invalid.value")).await;
    house.refused(Method::GET, "/api/v2/users?pageNumber=0", None, (400, "invalid.value")).await;
    house.refused(Method::GET, "/api/v2/users?state=asleep", None, (400, "invalid.value")).await;
    assert_eq!(house.get("/api/v2/users?state=inactive").await["total"], 0);
}

#[tokio::test]
async fn definitions_come_all_at_once() {
    let house = House::open(still()).await;
    let listing = house.get("/api/v2/presence/definitions").await;
    let definitions = listing["entities"].as_array().unwrap();
    assert_eq!(listing["total"], definitions.len());
    let by_name: BTreeMap<&str, &Value> =
        definitions.iter().map(|definition| (text(&definition["name"]), definition)).collect();
    assert_eq!(by_name["On Queue"]["id"], "e08eaf1b-ee47-4fa9-a231-1200e284798f");
    assert_eq!(by_name["On Queue"]["systemPresence"], "OnQueue");
    assert_eq!(
        (&by_name["Coaching"]["systemPresence"], &by_name["Coaching"]["type"]),
        (&json!("Busy"), &json!("User"))
    );
    assert_eq!(by_name["Coaching"]["languageLabels"]["de"], "Einzelgespräch");
    assert!(!by_name.contains_key("Fire Drill"), "deactivated ones are left out");
    let all = house.get("/api/v2/presence/definitions?deactivated=any").await;
    assert_eq!(all["total"].as_u64().unwrap(), listing["total"].as_u64().unwrap() + 1);
    house
        .refused(Method::GET, "/api/v2/presence/definitions?deactivated=x", None, (400, "invalid.value"))
        .await;
}

#[tokio::test]
async fn queues_and_members_to_the_last_page_equal_the_truth() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let queues = house.all_pages("/api/v2/routing/queues?pageSize=2").await;
    let names: Vec<&str> = queues.iter().map(|queue| text(&queue["name"])).collect();
    assert!(names.is_sorted());
    assert_eq!(queues.len(), 5);
    for queue in truth["queues"].as_array().unwrap() {
        let id = text(&queue["id"]);
        let read = house.get(&format!("/api/v2/routing/queues/{id}")).await;
        assert_eq!(read["mediaSettings"]["call"]["serviceLevel"], queue["serviceLevel"]);
        assert_eq!(read["memberCount"], queue["memberUsers"]);
        let members = house
            .all_pages(&format!(
                "/api/v2/routing/queues/{id}/members?pageSize=7&expand=presence,routingStatus"
            ))
            .await;
        let is: BTreeSet<&str> = members.iter().map(|member| text(&member["id"])).collect();
        let of_queue = |agent: &&Value| agent["queueIds"].as_array().unwrap().contains(&queue["id"]);
        let expected: BTreeSet<&str> = truth["agents"]
            .as_array()
            .unwrap()
            .iter()
            .filter(of_queue)
            .map(|agent| text(&agent["id"]))
            .collect();
        assert_eq!(is, expected);
        assert!(
            members.iter().all(|member| member["routingStatus"]["status"].is_string()
                && member["user"]["presence"].is_object())
        );
    }
    let id = text(&truth["queues"][0]["id"]).to_owned();
    let path = format!("/api/v2/routing/queues/{id}/members");
    let page = house.get(&path).await;
    assert!(page["total"].is_null() && page["pageCount"].is_null());
    assert!(house.all_pages(&format!("{path}?joined=false")).await.is_empty());
    assert!(house.all_pages(&format!("{path}?memberBy=group")).await.is_empty());
    let offline = house.all_pages(&format!("{path}?presence=Offline")).await.len();
    let others =
        house.all_pages(&format!("{path}?routingStatus=IDLE,INTERACTING&presence=OnQueue")).await.len();
    assert!(offline > 0 && others > 0);
    house.refused(Method::GET, &format!("{path}?pageSize=101"), None, (400, "invalid.value")).await;
    house.refused(Method::GET, "/api/v2/routing/queues/none", None, (404, "not.found")).await;
    house.refused(Method::GET, "/api/v2/routing/queues/none/members", None, (404, "not.found")).await;
    let found = house.get("/api/v2/routing/queues?name=Bill*").await;
    assert_eq!((&found["total"], &found["entities"][0]["name"]), (&json!(1), &json!("Billing")));
}

#[tokio::test]
async fn observations_equal_the_truth_and_leave_out_zero() {
    let house = House::open(still()).await;
    // A house that has moved for a while has calls in every stage.
    house.post("/simulator/scenario", json!({ "name": "rush", "eventsPerSecond": null })).await;
    house.post("/simulator/clock", json!({ "advanceSeconds": 900 })).await;
    house.post("/simulator/scenario", json!({ "eventsPerSecond": 0 })).await;
    let path = "/api/v2/analytics/queues/observations/query";
    let metrics = [
        "oWaiting",
        "oLongestWaiting",
        "oInteracting",
        "oAlerting",
        "oOnQueueUsers",
        "oUserPresences",
        "oMemberUsers",
        "oOffQueueUsers",
        "oActiveUsers",
        "oUserRoutingStatuses",
    ];
    let truth = house.truth().await;
    let mut waiting_anywhere = 0;
    for queue in truth["queues"].as_array().unwrap() {
        let filter = json!({ "type": "or", "predicates": [
            { "type": "dimension", "dimension": "queueId", "operator": "matches", "value": queue["id"] },
        ]});
        let answer = house.post(path, json!({ "filter": filter, "metrics": metrics })).await;
        let numbers = Numbers::read(&answer);
        assert_eq!(numbers.of_all_media("oWaiting"), queue["waiting"]);
        assert_eq!(numbers.of_all_media("oInteracting"), queue["interacting"]);
        assert_eq!(numbers.of_all_media("oAlerting"), queue["alerting"]);
        assert_eq!(numbers.of("", "oMemberUsers", ""), queue["memberUsers"]);
        for (status, count) in queue["onQueueUsers"].as_object().unwrap() {
            assert_eq!(numbers.of("", "oOnQueueUsers", status), *count, "{status}");
        }
        let longer = numbers.longest_wait_ms() - queue["longestWaitMs"].as_i64().unwrap();
        let waiting = queue["waiting"].as_u64().unwrap();
        assert!(
            (0..5_000).contains(&longer) || waiting == 0,
            "the longest wait goes on with the clock: {longer}"
        );
        waiting_anywhere += waiting;
        let presences = numbers.0.iter().filter(|((_, metric, _), _)| metric == "oUserPresences");
        let members: u64 = presences.map(|(_, stats)| stats["count"].as_u64().unwrap()).sum();
        assert_eq!(members, queue["memberUsers"].as_u64().unwrap());
        assert!(numbers.0.values().all(|stats| stats["count"] != 0), "absent means zero");
    }
    assert!(waiting_anywhere > 0, "a rush leaves somebody waiting");
    let every_queue =
        json!({ "type": "or", "predicates": [{ "dimension": "queueId", "operator": "exists" }] });
    let mappings = house.post(path, json!({ "filter": every_queue, "metrics": ["oWaiting"] })).await;
    assert_eq!(mappings["systemToOrganizationMappings"]["BUSY"].as_array().unwrap().len(), 3);
    assert_eq!(
        mappings["systemToOrganizationMappings"]["ON_QUEUE"][0],
        "e08eaf1b-ee47-4fa9-a231-1200e284798f"
    );
}

#[tokio::test]
async fn observations_are_filtered_by_clauses() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let ids: Vec<&Value> =
        truth["queues"].as_array().unwrap().iter().map(|queue| &queue["id"]).take(2).collect();
    let is = |dimension: &str, value: &Value| json!({ "dimension": dimension, "operator": "matches", "value": value });
    let groups = async |filter: Value, metrics: Value| {
        let path = "/api/v2/analytics/queues/observations/query";
        let answer = house.post(path, json!({ "filter": filter, "metrics": metrics })).await;
        let results = answer["results"].as_array().unwrap().clone();
        results
            .iter()
            .map(|result| (result["group"]["queueId"].clone(), result["group"]["mediaType"].clone()))
            .collect::<Vec<_>>()
    };
    let both = json!({ "type": "and", "clauses": [
        { "type": "or", "predicates": [is("queueId", ids[0]), is("queueId", ids[1])] },
        { "type": "or", "predicates": [is("mediaType", &json!("voice"))] },
    ]});
    let users = groups(both, json!(["oMemberUsers"])).await;
    assert_eq!(users, [(ids[0].clone(), Value::Null), (ids[1].clone(), Value::Null)]);
    let chat =
        json!({ "type": "and", "predicates": [is("queueId", ids[0]), is("mediaType", &json!("chat"))] });
    assert_eq!(groups(chat, json!(["oInteracting", "oMemberUsers"])).await, [(ids[0].clone(), Value::Null)]);
    let none = json!({ "type": "or", "predicates": [is("queueId", &json!("none"))] });
    assert!(groups(none, json!(["oMemberUsers"])).await.is_empty());

    let path = "/api/v2/analytics/queues/observations/query";
    for (body, code) in [
        (json!({ "metrics": ["oWaiting"] }), "bad.request"),
        (json!({ "filter": { "type": "or" }, "metrics": [] }), "bad.request"),
        (json!({ "filter": { "type": "xor" }, "metrics": ["oWaiting"] }), "invalid.value"),
        (
            json!({ "filter": { "type": "or", "predicates": [is("queueId", ids[0])] }, "metrics": ["oMood"] }),
            "invalid.value",
        ),
        (json!([]), "bad.request"),
    ] {
        house.refused(Method::POST, path, Some(body), (400, code)).await;
    }
}

#[tokio::test]
async fn bad_bodies_and_unknown_routes_are_refused_in_the_same_form() {
    let house = House::open(still()).await;
    let path = "/api/v2/analytics/queues/observations/query";
    let url = format!("{}{path}", house.running.base_url());
    let post = |body: Vec<u8>, content_type: &'static str| {
        house.http.post(&url).bearer_auth(&house.token).header("content-type", content_type).body(body).send()
    };
    for body in ["{", "\u{0}", "[[[[", "nul", ""] {
        check_refusal(post(body.into(), "application/json").await.unwrap(), (400, "bad.request")).await;
    }
    check_refusal(post(b"{}".to_vec(), "text/plain").await.unwrap(), (415, "unsupported.media.type")).await;
    let huge = post(vec![b' '; 512_001], "application/json; charset=utf-8").await.unwrap();
    check_refusal(huge, (413, "request.entity.too.large")).await;
    house.refused(Method::GET, "/api/v2/conversations", None, (404, "not.found")).await;
    house.refused(Method::GET, "/", None, (404, "not.found")).await;
    house.refused(Method::PUT, "/api/v2/users", None, (405, "method.not.allowed")).await;
}

/// Numbers by media type (none for those of users), metric and qualifier.
struct Numbers(BTreeMap<(String, String, String), Value>);

impl Numbers {
    fn read(answer: &Value) -> Self {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut numbers = BTreeMap::new();
        for result in answer["results"].as_array().unwrap() {
            for datum in result["data"].as_array().unwrap() {
                let key =
                    (word(&result["group"]["mediaType"]), word(&datum["metric"]), word(&datum["qualifier"]));
                assert!(numbers.insert(key, datum["stats"].clone()).is_none(), "{datum} comes twice");
            }
        }
        Self(numbers)
    }

    fn stats(&self, media: &str, metric: &str, qualifier: &str) -> Option<&Value> {
        self.0.get(&(media.to_owned(), metric.to_owned(), qualifier.to_owned()))
    }

    fn of(&self, media: &str, metric: &str, qualifier: &str) -> Value {
        self.stats(media, metric, qualifier).map_or(json!(0), |stats| stats["count"].clone())
    }

    fn of_all_media(&self, metric: &str) -> u64 {
        let of_metric = self.0.iter().filter(|((_, is, _), _)| is == metric);
        of_metric.map(|(_, stats)| stats["count"].as_u64().unwrap()).sum()
    }

    fn longest_wait_ms(&self) -> i64 {
        let of_metric = self.0.iter().filter(|((_, is, _), _)| is == "oLongestWaiting");
        let waits = of_metric.map(|(_, stats)| stats["calculatedMetricValue"].as_i64().unwrap());
        waits.max().unwrap_or(0)
    }
}

/// A client that sends head and body apart, as Python's own does, keeps its connection.
#[tokio::test]
async fn a_connection_outlives_answers_that_did_not_need_the_body() {
    let house = House::open(still()).await;
    let mut stream = TcpStream::connect(house.running.address()).await.unwrap();
    for path in ["/api/v2/notifications/channels", "/api/v2/nowhere", "/simulator/nowhere"] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // Long enough for an answer that does not wait for the body.
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(b"null").await.unwrap();
        let mut answer = [0; 4_096];
        let read = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]);
        assert!(answer.starts_with("HTTP/1.1 40"), "{path}: {answer}");
    }
}
