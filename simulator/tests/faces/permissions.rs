//! Who may do what, and how often: permissions of clients and people, of topics, and rate limits.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulator::{Client, Config};

use crate::harness::{House, Socket, check_refusal, other_answer, still, text};

/// A house whose client may do only this.
fn allowed(permissions: &[&str]) -> Config {
    let client = Client::new("simulator", "simulator").with_permissions(permissions.iter().copied());
    Config { clients: vec![client], ..still() }
}

async fn user_and_queue(house: &House) -> (String, String) {
    let truth = house.truth().await;
    (text(&truth["agents"][1]["id"]).to_owned(), text(&truth["queues"][0]["id"]).to_owned())
}

#[tokio::test]
async fn a_client_without_a_permission_is_told_which() {
    let house = House::open(allowed(&["routing:queue:*"])).await;
    let (user, queue) = user_and_queue(&house).await;
    house.get("/api/v2/routing/queues").await;
    house.get(&format!("/api/v2/routing/queues/{queue}/members")).await;
    house.get("/api/v2/users").await;
    let definitions = "/api/v2/presence/definitions";
    let message = house.refused(Method::GET, definitions, None, (403, "missing.permissions")).await;
    assert!(message.ends_with("presence:presenceDefinition:view"), "{message}");
    let response = house.call(Method::GET, definitions, None).await;
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["messageParams"]["permissions"], "presence:presenceDefinition:view");
    let query = "/api/v2/analytics/queues/observations/query";
    let message = house.refused(Method::POST, query, Some(json!({})), (403, "missing.any.permissions")).await;
    assert!(message.contains("analytics:queueObservation:view"), "{message}");
    let path = format!("/api/v2/tokens/{user}");
    house.refused(Method::DELETE, &path, None, (403, "missing.any.permissions")).await;
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    let change = Some(json!({ "message": "x" }));
    house.refused(Method::PATCH, &path, change, (403, "missing.permissions")).await;
    house.get(&path).await;
    let response = house.call(Method::HEAD, definitions, None).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn agents_change_their_own_presence_and_supervisors_everybodys() {
    for (answer, others) in
        [(None, StatusCode::FORBIDDEN), (Some("presence_of_others_is_free"), StatusCode::OK)]
    {
        let house = House::open(answer.map_or_else(still, other_answer)).await;
        let users = house.get("/api/v2/users?pageSize=60").await;
        // The first of a team of twelve leads it, like everybody with the title.
        let agent = users["entities"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .position(|(ix, user)| ix % 12 != 0 && user["title"] != "Team Lead")
            .unwrap();
        let (agent, agent_id) = house.token_of_person(agent).await;
        let (lead, lead_id) = house.token_of_person(0).await;
        let patch = async |token: &str, user: &str| {
            let path = format!("/api/v2/users/{user}/presences/purecloud");
            house.call_as(token, Method::PATCH, &path, Some(json!({ "message": "x" }))).await.status()
        };
        assert_eq!(patch(&agent, &agent_id).await, StatusCode::OK);
        assert_eq!(patch(&agent, &agent_id.to_uppercase()).await, StatusCode::OK);
        assert_eq!(patch(&agent, &lead_id).await, others);
        assert_eq!(patch(&lead, &agent_id).await, StatusCode::OK);
        let response = house.call_as(&agent, Method::GET, "/api/v2/routing/queues", None).await;
        check_refusal(response, (403, "missing.any.permissions")).await;
    }
}

#[tokio::test]
async fn the_routing_status_of_others_is_free_or_needs_a_permission() {
    let name = "routing_status_of_others_needs_permission";
    for (answer, others) in [(None, StatusCode::BAD_REQUEST), (Some(name), StatusCode::FORBIDDEN)] {
        let house = House::open(answer.map_or_else(still, other_answer)).await;
        let users = house.get("/api/v2/users?pageSize=60").await;
        let people = users["entities"].as_array().unwrap().iter().enumerate();
        let agent =
            people.clone().position(|(ix, user)| ix % 12 != 0 && user["title"] != "Team Lead").unwrap();
        let (agent, agent_id) = house.token_of_person(agent).await;
        let (lead, lead_id) = house.token_of_person(0).await;
        let put = async |token: &str, user: &str| {
            let path = format!("/api/v2/users/{user}/routingstatus");
            house.call_as(token, Method::PUT, &path, Some(json!({ "status": "INTERACTING" }))).await.status()
        };
        // No routing status can be set to this one: who gets so far may.
        assert_eq!(put(&agent, &agent_id).await, StatusCode::BAD_REQUEST);
        assert_eq!(put(&agent, &lead_id).await, others);
        assert_eq!(put(&lead, &agent_id).await, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_forbidden_topic_fails_the_whole_call_unless_errors_are_ignored() {
    let house = House::open(allowed(&["presence:userPresence:edit"])).await;
    let (user, queue) = user_and_queue(&house).await;
    let (channel, path) = house.channel().await;
    let presence = format!("v2.users.{user}.presence");
    let adherence = format!("v2.users.{user}.workforcemanagement.adherence");
    let observations = format!("v2.analytics.queues.{queue}.observations");
    let both = format!("v2.analytics.queues.{queue}?observations&activity");
    let topics = |ids: &[&String]| Some(ids.iter().map(|id| json!({ "id": id })).collect::<Value>());
    let wanted = topics(&[&presence, &observations]);
    let message = house.refused(Method::PUT, &path, wanted.clone(), (403, "missing.any.permissions")).await;
    assert!(message.contains("analytics:queueObservation:view"), "{message}");
    assert_eq!(house.get(&path).await["entities"], json!([]));

    let wanted = topics(&[&presence, &observations, &adherence, &both]);
    let answer = house.ok(Method::PUT, &format!("{path}?ignoreErrors=true"), wanted).await;
    let entities = answer["entities"].as_array().unwrap();
    let states: Vec<&str> = entities.iter().map(|topic| text(&topic["state"])).collect();
    assert_eq!(states, ["Permitted", "Rejected", "Rejected", "Rejected"]);
    assert!(entities[0]["missingPermissions"].is_null());
    assert_eq!(entities[1]["missingPermissions"], json!(["analytics:queueObservation:view"]));
    assert_eq!(
        entities[2]["missingPermissions"],
        json!(["wfm:agentSchedule:view", "wfm:agentAdherence:notify", "wfm:realtimeAdherence:view"])
    );
    assert_eq!((&entities[3]["id"], entities[3]["rejectionReason"].is_string()), (&json!(both), true));
    assert_eq!(house.get(&path).await["entities"].as_array().unwrap().len(), 1);

    let mut socket = Socket::connect(&channel).await;
    socket.say(json!({ "message": "subscribe", "topics": [observations] })).await;
    let answer = socket.frame().await;
    assert_eq!((&answer["result"], &answer["status"]), (&json!("400"), &json!("failure")));
    assert!(text(&answer["message"]).contains("analytics:queueObservation:view"), "{answer}");
}

#[tokio::test]
async fn a_combined_topic_is_permitted_and_its_forbidden_part_rejected() {
    let house = House::open(allowed(&["presence:userPresence:edit", "analytics:userAggregate:view"])).await;
    let (user, _) = user_and_queue(&house).await;
    let (channel, path) = house.channel().await;
    let combined = format!("v2.users.{user}.workforcemanagement?adherence&notifications");
    let wanted = Some(json!([{ "id": combined }, { "id": format!("v2.users.{user}?presence&mood") }]));
    let answer = house.ok(Method::PUT, &format!("{path}?ignoreErrors=true"), wanted.clone()).await;
    let told: Vec<(&str, &str)> = answer["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| (text(&topic["id"]), text(&topic["state"])))
        .collect();
    let (adherence, mood) =
        (format!("v2.users.{user}.workforcemanagement.adherence"), format!("v2.users.{user}.mood"));
    let pair = format!("v2.users.{user}?presence&mood");
    assert_eq!(
        told,
        [(&*combined, "Permitted"), (&*adherence, "Rejected"), (&*pair, "Permitted"), (&*mood, "Rejected")]
    );
    assert_eq!(answer["entities"][1]["missingPermissions"].as_array().unwrap().len(), 3);
    house.refused(Method::PUT, &path, wanted, (403, "missing.any.permissions")).await;

    // What is left of a combined topic is heard.
    let mut socket = Socket::connect(&channel).await;
    let change = Some(json!({ "message": "back at 2" }));
    house.ok(Method::PATCH, &format!("/api/v2/users/{user}/presences/purecloud"), change).await;
    socket.event(&format!("v2.users.{user}.presence")).await;
}

#[tokio::test]
async fn topics_of_users_need_a_permission_where_the_switch_says_so() {
    let house = House::open(other_answer("user_topics_need_permission")).await;
    let path =
        "/api/v2/notifications/availabletopics?expand=requiresPermissions,permissionDetails,transports";
    let listing = house.get(path).await;
    let topics = listing["entities"].as_array().unwrap();
    let presence = topics.iter().find(|topic| topic["id"] == "v2.users.{id}.presence").unwrap();
    assert_eq!(presence["requiresPermissions"], json!(["directory:user:view"]));
    assert_eq!(presence["requiresCurrentUserOrPermission"], true);
    let queue = topics.iter().find(|topic| topic["id"] == "v2.analytics.queues.{id}.observations").unwrap();
    assert_eq!(queue["permissionDetails"][0]["permissions"], json!(["analytics:queueObservation:view"]));
    let refused = "/api/v2/notifications/availabletopics?expand=everything";
    house.refused(Method::GET, refused, None, (400, "invalid.value")).await;

    let (agent, own) = house.token_of_person(1).await;
    let (_, other) = house.token_of_person(2).await;
    let response = house.call_as(&agent, Method::POST, "/api/v2/notifications/channels", None).await;
    let channel: Value = response.json().await.unwrap();
    let path = format!("/api/v2/notifications/channels/{}/subscriptions", text(&channel["id"]));
    for (user, status) in [(own, StatusCode::OK), (other, StatusCode::FORBIDDEN)] {
        let wanted = json!([{ "id": format!("v2.users.{user}?presence&routingStatus") }]);
        assert_eq!(house.call_as(&agent, Method::PUT, &path, Some(wanted)).await.status(), status);
    }
}

#[tokio::test]
async fn the_forbidden_part_of_a_combined_topic_is_not_heard() {
    let house = House::open(other_answer("user_topics_need_permission")).await;
    let (agent, own) = house.token_of_person(1).await;
    let (_, other) = house.token_of_person(2).await;
    let response = house.call_as(&agent, Method::POST, "/api/v2/notifications/channels", None).await;
    let channel: Value = response.json().await.unwrap();
    let path =
        format!("/api/v2/notifications/channels/{}/subscriptions?ignoreErrors=true", text(&channel["id"]));
    let wanted = json!([
        { "id": format!("v2.users.{other}?presence&workforcemanagement.adherence") },
        { "id": format!("v2.users.{own}.presence") },
    ]);
    let answer: Value = house.call_as(&agent, Method::PUT, &path, Some(wanted)).await.json().await.unwrap();
    assert_eq!(answer["entities"][0]["state"], "Permitted");
    assert_eq!(answer["entities"][1]["missingPermissions"], json!(["directory:user:view"]));
    let mut socket = Socket::connect(&channel).await;
    for user in [&other, &own] {
        let path = format!("/api/v2/users/{user}/presences/purecloud");
        house.ok(Method::PATCH, &path, Some(json!({ "message": "x" }))).await;
    }
    // The own event comes second and is the first that is heard.
    assert_eq!(socket.frame().await["topicName"], format!("v2.users.{own}.presence"));
}

#[tokio::test]
async fn calls_above_the_limit_are_refused_until_the_minute_is_over() {
    let config =
        Config { calls_per_minute: 4, enforce_call_limits: true, faults_strike_all: true, ..still() };
    let house = House::open(config).await;
    for count in 1..=4 {
        let response = house.call(Method::GET, "/api/v2/date", None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["inin-ratelimit-count"], count.to_string().as_str());
        assert_eq!(response.headers()["inin-ratelimit-allowed"], "4");
    }
    let response = house.call(Method::GET, "/api/v2/date", None).await;
    let wait: i64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(response.headers()["inin-ratelimit-reset"], response.headers()["retry-after"]);
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["status"], &body["code"]), (&json!(429), &json!("too.many.requests.retry.after")));
    let key = "client.credentials.token.rate.per.minute";
    assert_eq!(body["limit"], json!({ "key": key, "namespace": "platform.api", "value": 4 }));

    let truth = house.http.get(format!("{}/simulator/truth", house.running.base_url())).send().await.unwrap();
    let truth: Value = truth.json().await.unwrap();
    assert_eq!((&truth["limits"][0]["calls"], &truth["limits"][0]["allowed"]), (&json!(5), &json!(4)));
    assert!(text(&truth["limits"][0]["token"]).len() < 12 && !truth.to_string().contains(&house.token));
    house.post("/simulator/clock", json!({ "advanceSeconds": 61 })).await;
    house.get("/api/v2/date").await;
}

#[tokio::test]
async fn limits_are_listed_by_namespace_as_they_are_enforced() {
    let house = House::open(Config { calls_per_minute: 180, ..still() }).await;
    let listing = house.get("/api/v2/organizations/limits/namespaces").await;
    assert_eq!(listing["pageSize"], 100);
    let docs = house.get("/api/v2/organizations/limits/docs").await;
    for name in listing["entities"].as_array().unwrap() {
        let path = format!("/api/v2/organizations/limits/namespaces/{}", text(name));
        let limits = house.get(&path).await;
        assert!(limits["entities"].as_array().unwrap().iter().all(|limit| limit["namespace"] == *name));
        assert!(docs["namespaces"].as_array().unwrap().iter().any(|entry| entry["name"] == *name));
    }
    for (path, value) in [("platform.api", 180), ("platform.api/defaults", 300)] {
        let limits = house.get(&format!("/api/v2/organizations/limits/namespaces/{path}")).await;
        let limits = limits["entities"].as_array().unwrap();
        let rate = limits.iter().find(|limit| limit["key"] == "token.rate.per.minute").unwrap();
        assert_eq!(rate["value"], value);
    }
    let path = "/api/v2/organizations/limits/namespaces/nothing";
    house.refused(Method::GET, path, None, (404, "not.found")).await;
}

#[tokio::test]
async fn twenty_channels_are_those_of_one_person_and_application() {
    let house = House::open(still()).await;
    let (first, _) = house.token_of_person(0).await;
    let (second, _) = house.token_of_person(1).await;
    let open = async |token: &str| -> Value {
        let path = "/api/v2/notifications/channels";
        house.call_as(token, Method::POST, path, None).await.json().await.unwrap()
    };
    let head = async |token: &str, channel: &Value| {
        let path = format!("/api/v2/notifications/channels/{}", text(&channel["id"]));
        house.call_as(token, Method::HEAD, &path, None).await.status()
    };
    let oldest = open(&first).await;
    for _ in 0..20 {
        open(&second).await;
    }
    assert_eq!(head(&first, &oldest).await, StatusCode::OK);
    assert_eq!(head(&second, &oldest).await, StatusCode::NOT_FOUND);
    for _ in 0..20 {
        open(&first).await;
    }
    assert_eq!(head(&first, &oldest).await, StatusCode::NOT_FOUND);
}
