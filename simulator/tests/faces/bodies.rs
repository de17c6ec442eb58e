//! Bodies of calls: null is as good as absent, and what is refused is said by its member.

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::harness::{House, check_refusal, still, text};

const INTERVAL: &str = "2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z";

#[tokio::test]
async fn a_member_that_is_null_is_as_good_as_absent() {
    let house = House::open(still()).await;
    let queues = house.get("/api/v2/routing/queues").await;
    let queue = &queues["entities"][0]["id"];
    let is_queue = json!({ "dimension": "queueId", "operator": null, "value": queue });
    for (path, body) in [
        (
            "/api/v2/users/search",
            json!({
                "expand": null,
                "query": [{ "type": "CONTAINS", "fields": ["name"], "value": "a", "values": null, "group": null }],
            }),
        ),
        (
            "/api/v2/analytics/queues/observations/query",
            json!({
                "metrics": ["oWaiting"],
                "detailMetrics": null,
                "filter": { "type": "or", "clauses": null, "predicates": [is_queue] },
            }),
        ),
        (
            "/api/v2/analytics/conversations/aggregates/query",
            json!({
                "interval": INTERVAL,
                "metrics": ["nOffered"],
                "groupBy": null,
                "views": null,
                "granularity": null,
            }),
        ),
    ] {
        house.post(path, body).await;
    }
    let body = json!({ "metrics": null, "filter": { "type": "or", "predicates": [is_queue] } });
    let path = "/api/v2/analytics/queues/observations/query";
    let message = house.refused(Method::POST, path, Some(body), (400, "bad.request")).await;
    assert_eq!(message, "metrics: is missing");
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_by_its_member() {
    let house = House::open(still()).await;
    let observations = "/api/v2/analytics/queues/observations/query";
    let predicate = |dimension: &str| json!({ "dimension": dimension, "value": "x" });
    let filter = |joint: &str, dimension: &str| json!({ "metrics": ["oWaiting"], "filter": { "type": joint, "predicates": [predicate(dimension)] } });
    for (path, body, code, expected) in [
        (observations, json!({ "metrics": ["oWaiting"] }), "bad.request", "filter: is missing"),
        (observations, json!([]), "bad.request", "the body: expected an object"),
        (
            observations,
            json!({ "metrics": "oWaiting", "filter": { "type": "or" } }),
            "bad.request",
            "metrics: expected an array",
        ),
        (
            observations,
            filter("xor", "queueId"),
            "invalid.value",
            "filter.type: expected one of and, or; not xor",
        ),
        (
            observations,
            filter("or", "mood"),
            "invalid.value",
            "filter.predicates[0].dimension: expected one of queueId, mediaType; not mood",
        ),
        ("/simulator/clock", json!({ "advanceseconds": 5 }), "bad.request", "expected advanceSeconds"),
        (
            "/simulator/clock",
            json!({ "advanceSeconds": "5" }),
            "bad.request",
            "advanceSeconds: expected a number",
        ),
        (
            "/simulator/scenario",
            json!({ "speed": 2 }),
            "bad.request",
            "speed: is not known; expected name, eventsPerSecond",
        ),
    ] {
        let message = house.refused(Method::POST, path, Some(body.clone()), (400, code)).await;
        assert!(message.contains(expected), "{body}: {message}");
    }
    let members = format!("/api/v2/routing/queues/{}/members", queue_of(&house).await);
    let body = json!([{ "id": "x", "joined": true }, { "id": "y", "joined": "yes" }]);
    let message = house.refused(Method::PATCH, &members, Some(body), (400, "bad.request")).await;
    assert_eq!(message, "[1].joined: expected true or false");
}

async fn queue_of(house: &House) -> String {
    text(&house.get("/api/v2/routing/queues").await["entities"][0]["id"]).to_owned()
}

#[tokio::test]
async fn a_date_that_is_none_is_an_invalid_date() {
    let house = House::open(still()).await;
    let units = house.get("/api/v2/workforcemanagement/managementunits").await;
    let unit = text(&units["entities"][0]["id"]);
    let path = format!("/api/v2/workforcemanagement/managementunits/{unit}/agentschedules/search");
    let body = json!({ "startDate": "x", "endDate": "2026-01-02T00:00:00.000Z" });
    let message = house.refused(Method::POST, &path, Some(body), (400, "invalid.date")).await;
    assert!(message.starts_with("startDate: not a date"), "{message}");
    for family in ["conversations/aggregates", "conversations/details", "users/aggregates", "users/details"] {
        let path = format!("/api/v2/analytics/{family}/query");
        let body = json!({ "interval": "bogus", "metrics": ["nOffered"] });
        let body = if family.ends_with("details") { json!({ "interval": "bogus" }) } else { body };
        house.refused(Method::POST, &path, Some(body), (400, "invalid.date")).await;
    }
}

#[tokio::test]
async fn a_channel_is_opened_with_null_or_nothing_but_not_with_broken_json() {
    let house = House::open(still()).await;
    let url = format!("{}/api/v2/notifications/channels", house.running.base_url());
    let post = |body: &'static str| {
        house
            .http
            .post(&url)
            .bearer_auth(&house.token)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .send()
    };
    for body in ["", "null", "{}"] {
        assert_eq!(post(body).await.unwrap().status(), StatusCode::OK, "{body}");
    }
    for body in ["{", "nul"] {
        let message = check_refusal(post(body).await.unwrap(), (400, "bad.request")).await;
        assert!(message.starts_with("the body is not JSON"), "{message}");
    }
    let channels = house.get("/api/v2/notifications/channels").await;
    assert_eq!(channels["entities"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_change_of_a_user_that_is_not_kept_is_refused() {
    let house = House::open(still()).await;
    let user = house.get("/api/v2/users").await["entities"][0].clone();
    let path = text(&user["selfUri"]).to_owned();
    for (member, value) in [
        ("preferredName", json!("Ada")),
        ("manager", user["id"].clone()),
        ("addresses", json!([])),
        ("locations", json!([])),
    ] {
        let body = json!({ "version": user["version"], member: value });
        let message = house.refused(Method::PATCH, &path, Some(body), (400, "bad.request")).await;
        assert!(
            message.starts_with(&format!("{member}: is not known")) && message.contains("title"),
            "{message}"
        );
    }
    let body = json!({
        "version": user["version"],
        "id": user["id"],
        "selfUri": user["selfUri"],
        "title": "Chief",
        "name": Value::Null,
    });
    let changed = house.ok(Method::PATCH, &path, Some(body)).await;
    assert_eq!((&changed["title"], &changed["name"]), (&json!("Chief"), &user["name"]));
}
