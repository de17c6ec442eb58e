//! What a call asks for is done, or refused; it is never passed over in silence.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulator::Config;

use crate::harness::{House, other_answer, still, text};

fn names(list: &[Value]) -> Vec<&str> {
    list.iter().map(|entity| text(&entity["name"])).collect()
}

#[tokio::test]
async fn users_come_in_the_order_that_is_asked_for() {
    let house = House::open(still()).await;
    let up = house.all_pages("/api/v2/users?pageSize=25&sortOrder=ASC").await;
    let mut down = house.all_pages("/api/v2/users?pageSize=25&sortOrder=DESC").await;
    assert_ne!(up, down);
    down.reverse();
    assert_eq!(up, down);
    house.refused(Method::GET, "/api/v2/users?sortOrder=bogus", None, (400, "invalid.value")).await;
}

#[tokio::test]
async fn the_next_page_of_a_query_of_users_is_of_the_same_query() {
    let house = House::open(still()).await;
    let pages = house
        .all_pages("/api/v2/users/query?pageSize=25&state=any&sortOrder=desc&expand=presence,routingStatus")
        .await;
    let mut expected =
        house.all_pages("/api/v2/users?pageSize=500&state=any&expand=presence,routingStatus").await;
    expected.reverse();
    assert_eq!(names(&pages), names(&expected));
    assert!(pages.iter().all(|user| user["presence"].is_object()), "every page expands");
}

#[tokio::test]
async fn pages_of_users_are_short_with_another_products_presences_and_end_for_the_inactive() {
    let house = House::open(Config { agents: 150, ..still() }).await;
    let of = "/api/v2/users?integrationPresenceSource";
    let page = house.get(&format!("{of}=MicrosoftTeams&pageSize=500")).await;
    assert_eq!(
        (&page["pageSize"], &page["pageCount"], &page["total"]),
        (&json!(100), &json!(2), &json!(150))
    );
    assert!(text(&page["nextUri"]).contains("integrationPresenceSource=MicrosoftTeams"));
    house.refused(Method::GET, &format!("{of}=Pigeon"), None, (400, "invalid.value")).await;
    let far = |state: &str, page: u32| format!("/api/v2/users?pageSize=500&pageNumber={page}&state={state}");
    house.get(&far("inactive", 20)).await;
    house.get(&far("active", 21)).await;
    house.refused(Method::GET, &far("inactive", 21), None, (400, "bad.request")).await;
}

#[tokio::test]
async fn people_read_their_own_queues_and_the_schedules_of_their_unit() {
    let house = House::open(still()).await;
    let (token, user) = house.token_of_person(0).await;
    let get = async |path: &str| -> Value {
        let response = house.call_as(&token, Method::GET, path, None).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    };
    let mut expected = house.all_pages(&format!("/api/v2/users/{user}/queues?joined=true")).await;
    expected.sort_by(|a, b| text(&a["name"]).cmp(text(&b["name"])));
    let mine = get("/api/v2/routing/queues/me?joined=true").await;
    assert_eq!(mine["entities"], Value::from(expected.clone()));
    assert!(!expected.is_empty());
    let mut all = get("/api/v2/routing/queues/me?sortOrder=desc").await["entities"].take();
    let all = all.as_array_mut().unwrap();
    all.reverse();
    let joined: Vec<&Value> = all.iter().filter(|queue| queue["joined"] == true).collect();
    assert_eq!(joined, expected.iter().collect::<Vec<_>>());
    house.refused(Method::GET, "/api/v2/routing/queues/me", None, (400, "bad.request")).await;

    let path =
        |unit: &str| format!("/api/v2/workforcemanagement/managementunits/{unit}/agentschedules/search");
    let unit = house.get(&format!("/api/v2/workforcemanagement/agents/{user}/managementunit")).await;
    let unit = text(&unit["managementUnit"]["id"]).to_owned();
    let body = json!({ "startDate": "2026-01-01T00:00:00.000Z", "endDate": "2026-01-02T00:00:00.000Z" });
    let search = async |unit: &str| -> Value {
        let response = house.call_as(&token, Method::POST, &path(unit), Some(body.clone())).await;
        assert_eq!(response.status(), StatusCode::OK, "{unit}");
        response.json::<Value>().await.unwrap()["result"].take()
    };
    let mine = search("mine").await;
    assert_eq!(mine, search(&unit).await);
    assert!(mine["agentSchedules"].as_array().is_some_and(|list| !list.is_empty()));
    house.refused(Method::POST, &path("mine"), Some(body.clone()), (400, "bad.request")).await;
}

#[tokio::test]
async fn a_search_of_users_by_get_finds_what_the_one_by_post_finds() {
    let house = House::open(still()).await;
    let body = json!({
        "pageSize": 5,
        "sortOrder": "DESC",
        "query": [{ "type": "CONTAINS", "fields": ["name"], "value": "a" }],
    });
    let q64 = BASE64_STANDARD.encode(body.to_string()).replace('+', "%2B").replace('=', "");
    let found = house.get(&format!("/api/v2/users/search?q64={q64}")).await;
    assert_eq!(found, house.post("/api/v2/users/search", body).await);
    assert_eq!(found["results"].as_array().map(Vec::len), Some(5));
    let expanded = house.get(&format!("/api/v2/users/search?q64={q64}&expand=presence")).await;
    assert!(expanded["results"][0]["presence"].is_object());
    let path = "/api/v2/users/search";
    house.refused(Method::GET, path, None, (400, "bad.request")).await;
    house.refused(Method::GET, &format!("{path}?q64=!"), None, (400, "invalid.value")).await;
    house.refused(Method::GET, &format!("{path}?q64=e30x"), None, (400, "bad.request")).await;
}

#[tokio::test]
async fn topics_with_wildcards_are_refused() {
    let house = House::open(still()).await;
    let (_, path) = house.channel().await;
    let queue = house.get("/api/v2/routing/queues").await["entities"][0]["id"].clone();
    let known = format!("v2.routing.queues.{}.users", text(&queue));
    for topic in ["v2.users.*.presence", "v2.routing.queues.*.users", "v2.users.*?presence&routingStatus"] {
        let body = || Some(json!([{ "id": topic }, { "id": known }]));
        let code = (400, "notification.invalid.topic");
        let message = house.refused(Method::PUT, &path, body(), code).await;
        assert!(message.contains("EventBridge"), "{message}");
        let answer = house.ok(Method::PUT, &format!("{path}?ignoreErrors=true"), body()).await;
        let states: Vec<&Value> =
            answer["entities"].as_array().unwrap().iter().map(|entity| &entity["state"]).collect();
        assert_eq!(states, ["Rejected", "Permitted"], "{answer}");
    }
}

#[tokio::test]
async fn zones_filters_and_members_that_cannot_be_are_refused() {
    let house = House::open(still()).await;
    let interval = "2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z";
    for (family, metric) in [("conversations", "nOffered"), ("users", "tSystemPresence")] {
        let path = format!("/api/v2/analytics/{family}/aggregates/query");
        let body = |zone: &str| json!({ "interval": interval, "metrics": [metric], "timeZone": zone });
        house.post(&path, body("Europe/Berlin")).await;
        let message =
            house.refused(Method::POST, &path, Some(body("Mars/Phobos")), (400, "invalid.value")).await;
        assert!(message.contains("timeZone"), "{message}");
    }
    let path = "/api/v2/analytics/queues/observations/query";
    for filter in [
        json!({ "type": "or", "predicates": [] }),
        json!({ "type": "or" }),
        json!({ "type": "and", "clauses": [{ "type": "or", "predicates": [] }] }),
    ] {
        let body = json!({ "metrics": ["oWaiting"], "filter": filter });
        let message = house.refused(Method::POST, path, Some(body), (400, "bad.request")).await;
        assert!(message.contains("queueId"), "{message}");
    }
    let queue = house.get("/api/v2/routing/queues").await["entities"][0]["id"].clone();
    let members = format!("/api/v2/routing/queues/{}/members", text(&queue));
    for (query, expected) in [("routingStatus=bogus", "NOT_RESPONDING"), ("presence=bogus", "On Queue")] {
        let path = format!("{members}?{query}");
        let message = house.refused(Method::GET, &path, None, (400, "invalid.value")).await;
        assert!(message.contains(expected), "{message}");
    }
    let all = house.all_pages(&format!("{members}?expand=presence")).await;
    for spelling in ["On%20Queue", "OnQueue", "ON_QUEUE", "e08eaf1b-ee47-4fa9-a231-1200e284798f"] {
        let on_queue = house.all_pages(&format!("{members}?presence={spelling}")).await;
        let expected = all
            .iter()
            .filter(|is| is["user"]["presence"]["presenceDefinition"]["systemPresence"] == "On Queue");
        assert_eq!(on_queue.len(), expected.count(), "{spelling}");
    }
}

#[tokio::test]
async fn what_is_set_up_once_can_be_read() {
    let house = House::open(still()).await;
    let user = house.get("/api/v2/users").await["entities"][0]["id"].clone();
    let user = text(&user);
    let settings = house.get("/api/v2/presence/settings").await;
    assert_eq!(settings["requestingOffQueueEnabled"], false);
    let other = House::open(other_answer("presence_deferred_while_interacting")).await;
    assert_eq!(other.get("/api/v2/presence/settings").await["requestingOffQueueEnabled"], true);
    let primary = house.get(&format!("/api/v2/presence/users/{user}/primarysource")).await;
    let sources = house.get("/api/v2/presence/sources").await;
    assert_eq!(primary["sourceId"], sources["entities"][0]["id"]);
    let mut of_user = house.get(&format!("/api/v2/routing/users/{user}/utilization")).await;
    assert_eq!(of_user["level"], "Organization");
    of_user.as_object_mut().unwrap().remove("level");
    let utilization = house.get("/api/v2/routing/utilization").await;
    assert_eq!(utilization, of_user);
    assert_eq!(utilization["utilization"]["call"]["maximumCapacity"], 1);
    let zones = house.all_pages("/api/v2/timezones?pageSize=200").await;
    assert!(names(&zones).contains(&"Europe/Berlin") && names(&zones).is_sorted());
    for path in ["/api/v2/presence/users/nobody/primarysource", "/api/v2/routing/users/nobody/utilization"] {
        house.refused(Method::GET, path, None, (404, "not.found")).await;
    }
}

#[tokio::test]
async fn the_limits_of_users_are_told() {
    for (config, of_app) in [(still(), 3_000), (other_answer("app_user_limit_is_300"), 300)] {
        let house = House::open(config).await;
        let limits = house.get("/api/v2/organizations/limits/namespaces/platform.api").await;
        let value = |key: &str| {
            let mut entities = limits["entities"].as_array().unwrap().iter();
            entities.find(|limit| limit["key"] == key).map(|limit| limit["value"].clone())
        };
        assert_eq!(value("org.user.rate.per.minute"), Some(json!(3_000)));
        assert_eq!(value("org.app.user.rate.per.minute"), Some(json!(of_app)));
    }
}

#[tokio::test]
async fn a_fault_at_the_token_endpoint_is_told_in_its_own_form() {
    let house = House::open(still()).await;
    let url = format!("{}/oauth/token", house.running.base_url());
    for (fault, status, error, said) in [
        ("rate_limit", 400, "invalid_request", "rate limit exceeded;"),
        ("rate_limit_no_header", 400, "invalid_request", "rate limit exceeded;"),
        ("server_error", 503, "temporarily_unavailable", "unavailable"),
    ] {
        house.post("/simulator/faults", json!({ "kind": fault, "route": "/oauth/token" })).await;
        let request = house.http.post(&url).basic_auth("simulator", Some("simulator"));
        let response = request.form(&[("grant_type", "client_credentials")]).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{fault}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"], error, "{body}");
        assert!(text(&body["error_description"]).contains(said), "{body}");
        assert_eq!(body["description"], body["error_description"]);
        house.ok(Method::DELETE, "/simulator/faults", None).await;
    }
}
