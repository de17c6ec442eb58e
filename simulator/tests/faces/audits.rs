//! Who changed what: written by every write, found by query, in real time and on sockets.

mod written;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Client, Config};

use crate::{
    faults::pass,
    harness::{House, check_refusal, other_answer, still, text},
};

const QUERY: &str = "/api/v2/audits/query";
const REALTIME: &str = "/api/v2/audits/query/realtime";
const RELATED: &str = "/api/v2/audits/query/realtime/related";
/// The day on which the test's clock begins.
const DAY: &str = "2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z";

/// Queries are answered at once, and members found as soon as they are added.
fn quick(config: Config) -> Config {
    Config { audit_query_delay: Duration::ZERO, member_hidden_for: Duration::ZERO, ..config }
}

/// The entries of a service, the first first.
async fn entries(house: &House, service: &str) -> Vec<Value> {
    let sort = json!([{ "name": "Timestamp", "sortOrder": "ascending" }]);
    let query = house.post(QUERY, json!({ "interval": DAY, "serviceName": service, "sort": sort })).await;
    let page = house.get(&format!("{QUERY}/{}/results?pageSize=500", text(&query["id"]))).await;
    assert!(page["cursor"].is_null());
    page["entities"].as_array().unwrap().clone()
}

/// The one entry that has come since the last count.
async fn news(house: &House, service: &str, seen: &mut usize) -> Value {
    let mut all = entries(house, service).await;
    assert_eq!(all.len(), *seen + 1, "one entry more: {all:#?}");
    *seen += 1;
    all.pop().unwrap()
}

/// What stands in an entry but for ids and dates.
fn gist(entry: &Value) -> Value {
    json!([entry["level"], entry["action"], entry["entityType"], entry["propertyChanges"]])
}

fn changed(property: &str, old: &[&str], new: &[&str]) -> Value {
    json!([{ "property": property, "oldValues": old, "newValues": new }])
}

/// A queue that no group serves, and five users who are no members of it.
async fn queue_and_outsiders(house: &House) -> (String, Vec<String>) {
    let truth = house.truth().await;
    for queue in truth["queues"].as_array().unwrap() {
        let id = &queue["id"];
        let whole = house.get(&format!("/api/v2/routing/queues/{}", text(id))).await;
        let outside = truth["agents"].as_array().unwrap().iter();
        let outside = outside.filter(|agent| !agent["queueIds"].as_array().unwrap().contains(id));
        let outside: Vec<String> = outside.map(|agent| text(&agent["id"]).to_owned()).take(5).collect();
        if whole["memberGroups"].as_array().is_some_and(Vec::is_empty) && outside.len() == 5 {
            return (text(id).to_owned(), outside);
        }
    }
    panic!("no such queue");
}

fn ids(users: &[String]) -> Value {
    users.iter().map(|id| json!({ "id": id })).collect()
}

#[tokio::test]
async fn a_query_waits_runs_and_is_read_in_pages_of_what_was_known_when_it_was_asked() {
    let house = House::open(Config { audit_query_delay: Duration::from_secs(60), ..still() }).await;
    let (queue, users) = queue_and_outsiders(&house).await;
    let (lead, lead_id) = house.token_of_person(0).await;
    let path = format!("/api/v2/routing/queues/{queue}/members");
    assert_eq!(house.call_as(&lead, Method::POST, &path, Some(ids(&users))).await.status(), 200);
    let asked = json!({
        "interval": DAY,
        "serviceName": "ContactCenter",
        "filters": [{ "property": "EntityId", "value": queue.to_uppercase() }],
    });
    let query = house.post(QUERY, asked.clone()).await;
    assert_eq!((&query["state"], &query["filters"]), (&json!("Queued"), &asked["filters"]));
    assert_eq!((&query["interval"], query["sort"].is_null()), (&json!(DAY), true));
    let id = text(&query["id"]);
    let (status, results) = (format!("{QUERY}/{id}"), format!("{QUERY}/{id}/results"));
    let message = house.refused(Method::GET, &results, None, (400, "bad.request")).await;
    assert!(message.contains("Queued"), "{message}");
    pass(&house, 31).await;
    assert_eq!(house.get(&status).await["state"], "Running");
    house.refused(Method::GET, &results, None, (400, "bad.request")).await;
    // Comes too late for this query.
    house.ok(Method::DELETE, &format!("{path}/{}", users[0]), None).await;
    pass(&house, 31).await;
    assert_eq!(house.get(&status).await["state"], "Succeeded");

    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get(&format!("{results}?pageSize=2&expand=user{cursor}")).await;
        let entities = page["entities"].as_array().unwrap();
        assert!(entities.len() <= 2 && page["pageSize"] == 2 && page["id"] == id);
        found.extend(entities.iter().cloned());
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    // The last first, unless something else is asked for.
    let of = |user: &String| {
        let property = format!("QueueMember/{queue}:{user}");
        json!(["USER", "MemberAdd", "Queue", changed(&property, &[], &["<queue member added>"])])
    };
    let expected: Vec<Value> = users.iter().rev().map(of).collect();
    assert_eq!(found.iter().map(gist).collect::<Vec<_>>(), expected);
    let entry = &found[0];
    let user = house.get(&format!("/api/v2/users/{lead_id}")).await;
    let uri = format!("/api/v2/users/{lead_id}");
    assert_eq!(entry["user"], json!({ "id": lead_id, "name": user["name"], "selfUri": uri }));
    assert_eq!((&entry["client"]["id"], &entry["remoteIp"]), (&json!("simulator"), &json!(["127.0.0.1"])));
    assert_eq!((&entry["status"], &entry["serviceName"]), (&json!("SUCCESS"), &json!("ContactCenter")));
    assert_eq!(entry["context"], json!({ "entityId": queue, "auditType": "QUEUE" }));
    let organisation = house.get("/api/v2/organizations/me").await;
    assert_eq!(entry["userHomeOrgId"], organisation["id"]);
    let named = house.get(&format!("/api/v2/routing/queues/{queue}")).await;
    let uri = format!("/api/v2/routing/queues/{queue}");
    assert_eq!(entry["entity"], json!({ "id": queue, "name": named["name"], "selfUri": uri }));
    let plain = house.get(&results).await;
    assert_eq!((&plain["pageSize"], plain["entities"][0]["user"]["name"].is_null()), (&json!(25), true));
    assert!(house.truth().await["audits"].as_u64() >= Some(6));
}

#[tokio::test]
async fn in_real_time_the_last_days_of_some_services_are_found_by_filters() {
    let house = House::open(quick(still())).await;
    let (queue, users) = queue_and_outsiders(&house).await;
    let (lead, lead_id) = house.token_of_person(0).await;
    let path = format!("/api/v2/routing/queues/{queue}/members");
    house.call_as(&lead, Method::POST, &path, Some(ids(&users))).await;
    house.ok(Method::DELETE, &format!("{path}/{}", users[0]), None).await;
    let filter = |property: &str, value: &str| json!({ "property": property, "value": value });
    let total = async |filters: Value| {
        let asked = json!({ "interval": DAY, "filters": filters, "serviceName": "ContactCenter" });
        house.post(REALTIME, asked).await["total"].as_u64().unwrap()
    };
    assert_eq!(total(json!([])).await, 6);
    assert_eq!(total(json!([filter("UserId", &lead_id.to_uppercase())])).await, 5);
    assert_eq!(total(json!([filter("ClientId", "simulator")])).await, 6);
    assert_eq!(total(json!([filter("ClientId", "somebody")])).await, 0);
    assert_eq!(total(json!([filter("TrusteeOrganizationId", "x")])).await, 0);
    assert_eq!(total(json!([filter("EntityType", "Queue"), filter("Action", "MemberRemove")])).await, 1);
    assert_eq!(total(json!([filter("EntityType", "WrapupCode")])).await, 0);
    assert_eq!(total(json!([filter("EntityId", &queue), filter("UserId", &lead_id)])).await, 5);
    assert_eq!(total(json!([filter("EntityId", &users[0])])).await, 0);

    let asked = json!({ "interval": DAY, "serviceName": "ContactCenter", "pageSize": 4, "pageNumber": 2 });
    let page = house.post(&format!("{REALTIME}?expand=user"), asked).await;
    let of_page =
        ["total", "pageCount", "pageNumber", "pageSize"].map(|member| page[member].as_u64().unwrap());
    assert_eq!(of_page, [6, 2, 2, 4]);
    let entities = page["entities"].as_array().unwrap();
    assert_eq!(entities.len(), 2);
    assert!(text(&entities[1]["propertyChanges"][0]["property"]).ends_with(&users[0]));
    assert!(entities[1]["user"]["name"].is_string());
    // Nothing lies outside the interval; a moment without a zone is one of UTC.
    let later = json!({ "interval": "2026-01-01T12:00:00/2026-01-02T00:00:00" });
    assert_eq!(house.post(REALTIME, later).await["total"], 0);

    let names = |mapping: &Value| -> Vec<String> {
        let services = mapping["services"].as_array().unwrap();
        services.iter().map(|service| text(&service["name"]).to_owned()).collect()
    };
    let all = house.get(&format!("{QUERY}/servicemapping")).await;
    assert_eq!(names(&all), ["ContactCenter", "Directory", "Groups", "PeoplePermissions", "Presence"]);
    let queue_actions = &all["services"][0]["entities"][1];
    assert!(queue_actions["actions"].as_array().unwrap().contains(&json!("MemberAdd")), "{queue_actions}");
    let some = house.get(&format!("{REALTIME}/servicemapping")).await;
    assert_eq!(names(&some), ["ContactCenter", "Groups", "PeoplePermissions"]);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_name() {
    let house = House::open(quick(still())).await;
    let query = house.post(QUERY, json!({ "interval": DAY })).await;
    let results = format!("{QUERY}/{}/results", text(&query["id"]));
    let action = json!({ "property": "Action", "value": "Paint" });
    let queue = json!({ "property": "EntityType", "value": "Queue" });
    let sort =
        |name: &str, order: &str| json!({ "interval": DAY, "sort": [{ "name": name, "sortOrder": order }] });
    for (body, named) in [
        (json!({}), "interval"),
        (json!({ "interval": "yesterday" }), "interval"),
        (json!({ "interval": "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z" }), "interval"),
        (json!({ "interval": "2025-12-01T00:00:00Z/2026-01-01T00:00:00Z" }), "30 days"),
        (
            json!({ "interval": DAY, "serviceName": "contactcenter" }),
            "serviceName: expected one of ContactCenter",
        ),
        (
            json!({ "interval": DAY, "filters": [{ "property": "Level", "value": "USER" }] }),
            "filters.property",
        ),
        (json!({ "interval": DAY, "filters": [action] }), "Action goes with EntityType"),
        (json!({ "interval": DAY, "filters": [queue, action] }), "MemberRemove"),
        (
            json!({ "interval": DAY, "serviceName": "Groups", "filters": [queue] }),
            "EntityType: expected one of DirectoryGroup",
        ),
        (sort("Date", "ascending"), "sort.name"),
        (sort("Timestamp", "up"), "sort.sortOrder"),
        (json!({ "interval": DAY, "sort": [{ "name": "Timestamp" }] }), "sort[0].sortOrder: is missing"),
    ] {
        let code = if named == "sort[0].sortOrder: is missing" { "bad.request" } else { "invalid.value" };
        let message = house.refused(Method::POST, QUERY, Some(body), (400, code)).await;
        assert!(message.contains(named), "{message}");
    }
    for (body, named) in [
        (json!({ "interval": "2025-12-17T00:00:00Z/2026-01-01T00:00:00Z" }), "14 days"),
        (json!({ "interval": DAY, "serviceName": "Directory" }), "serviceName"),
        (json!({ "interval": DAY, "pageSize": 501 }), "pageSize"),
        (json!({ "interval": DAY, "pageNumber": 0 }), "pageNumber"),
    ] {
        let message = house.refused(Method::POST, REALTIME, Some(body), (400, "invalid.value")).await;
        assert!(message.contains(named), "{message}");
    }
    // A service that Genesys has and this simulator does not: nothing is found.
    let of_flows = json!({ "interval": DAY, "serviceName": "Architect" });
    assert_eq!(house.post(REALTIME, of_flows.clone()).await["total"], 0);
    assert_eq!(house.post(QUERY, of_flows).await["state"], "Succeeded");
    for (query, named) in [
        ("pageSize=0", "pageSize"),
        ("pageSize=501", "pageSize"),
        ("cursor=abc", "cursor"),
        ("expand=client", "expand"),
        ("allowRedirect=perhaps", "allowRedirect"),
    ] {
        let path = format!("{results}?{query}");
        let message = house.refused(Method::GET, &path, None, (400, "invalid.value")).await;
        assert!(message.contains(named), "{message}");
    }
    let unknown = "00000000-0000-4000-8000-000000000000";
    house.refused(Method::GET, &format!("{QUERY}/{unknown}"), None, (404, "not.found")).await;
    house.refused(Method::GET, &format!("{QUERY}/{unknown}/results"), None, (404, "not.found")).await;
    house.refused(Method::POST, RELATED, Some(json!({ "auditId": unknown })), (404, "not.found")).await;
    let message = house.refused(Method::POST, RELATED, Some(json!({})), (400, "invalid.value")).await;
    assert!(message.contains("auditId"));

    let client = Client::new("simulator", "simulator").with_permissions(["routing:queue:view"]);
    let house = House::open(Config { clients: vec![client], ..still() }).await;
    for (method, path) in [
        (Method::POST, QUERY.to_owned()),
        (Method::GET, format!("{QUERY}/{unknown}")),
        (Method::GET, format!("{QUERY}/{unknown}/results")),
        (Method::POST, REALTIME.to_owned()),
        (Method::POST, RELATED.to_owned()),
        (Method::GET, format!("{QUERY}/servicemapping")),
        (Method::GET, format!("{REALTIME}/servicemapping")),
    ] {
        let response = house.call(method, &path, Some(json!({ "interval": DAY }))).await;
        let message = check_refusal(response, (403, "missing.permissions")).await;
        assert!(message.ends_with("audits:audit:view"), "{message}");
    }
}

#[tokio::test]
async fn the_topic_of_an_entity_tells_its_entries_as_they_are_written() {
    let house = House::open(quick(still())).await;
    let (queue, users) = queue_and_outsiders(&house).await;
    let (lead, lead_id) = house.token_of_person(0).await;
    let topic = format!("v2.audits.entitytype.Queue.entityid.{queue}");
    let mut socket = house.listen(std::slice::from_ref(&topic)).await;
    let path = format!("/api/v2/routing/queues/{queue}/members");
    house.call_as(&lead, Method::POST, &path, Some(ids(&users[..1]))).await;
    house.ok(Method::DELETE, &format!("{path}/{}", users[0]), None).await;
    let told = entries(&house, "ContactCenter").await;
    let event = socket.event(&topic).await;
    let body = &event["eventBody"];
    for (member, of_read) in [
        ("id", "id"),
        ("eventTime", "eventDate"),
        ("clientId", "client"),
        ("entity", "entity"),
        ("propertyChanges", "propertyChanges"),
        ("action", "action"),
        ("level", "level"),
        ("context", "context"),
        ("remoteIp", "remoteIp"),
        ("serviceName", "serviceName"),
        ("entityType", "entityType"),
        ("userHomeOrgId", "userHomeOrgId"),
    ] {
        assert!(!body[member].is_null(), "{member}");
        assert_eq!(body[member], told[0][of_read], "{member}");
    }
    assert_eq!((&body["userId"], &body["username"]["id"]), (&json!(lead_id), &json!(lead_id)));
    assert_eq!(body["userDisplay"], body["username"]["name"]);
    let second = socket.event(&topic).await;
    assert_eq!(second["eventBody"]["action"], "MemberRemove");
    assert!(second["eventBody"]["userId"].is_null());
    assert_ne!(event["metadata"]["CorrelationId"], second["metadata"]["CorrelationId"]);
}

#[tokio::test]
async fn open_questions_about_audits_can_be_answered_either_way() {
    for (other, config) in [(false, still()), (true, other_answer("presence_changes_are_audited"))] {
        let house = House::open(quick(config)).await;
        let user = text(&house.truth().await["agents"][0]["id"]).to_owned();
        let path = format!("/api/v2/users/{user}/presences/purecloud");
        house.ok(Method::PATCH, &path, Some(json!({ "message": "back at 2" }))).await;
        let told = entries(&house, "Presence").await;
        let expected = json!(["USER", "Update", "UserPresence", changed("message", &[""], &["back at 2"])]);
        assert_eq!(
            told.iter().map(gist).collect::<Vec<_>>(),
            if other { vec![expected] } else { Vec::new() }
        );
        let bulk = json!([{ "id": user, "message": "back at 3" }]);
        house.ok(Method::PUT, "/api/v2/users/presences/bulk", Some(bulk)).await;
        assert_eq!(entries(&house, "Presence").await.len(), if other { 2 } else { 0 });
    }

    let house = House::open(quick(other_answer("queue_members_are_listed_in_audits"))).await;
    let (queue, users) = queue_and_outsiders(&house).await;
    let path = format!("/api/v2/routing/queues/{queue}/members");
    house.post(&path, ids(&users[..1])).await;
    house.ok(Method::DELETE, &format!("{path}/{}", users[0]), None).await;
    let told = entries(&house, "ContactCenter").await;
    let (list, value) = (format!("queueId:{queue}:members"), format!("queueMember:{}", users[0]));
    assert_eq!(told[0]["propertyChanges"], changed(&list, &[], &[&value]));
    assert_eq!(told[1]["propertyChanges"], changed(&list, &[&value], &[]));

    let mut house = House::open(quick(other_answer("old_realtime_audits_are_cut"))).await;
    let token = house.new_token().await;
    house.call_as(&token, Method::DELETE, "/api/v2/tokens/me", None).await;
    let whole = json!({ "interval": "2025-12-01T00:00:00Z/2026-01-02T00:00:00Z" });
    // Two tokens were given out, and one given back.
    assert_eq!(house.post(REALTIME, whole).await["total"], 3);
    for _ in 0..3 {
        pass(&house, 5 * 24 * 3_600).await;
    }
    house.token = house.new_token().await;
    let whole = json!({ "interval": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z" });
    assert_eq!(house.post(REALTIME, whole).await["total"], 0, "older than 14 days");
    assert_eq!(entries(&house, "PeoplePermissions").await.len(), 3);
}
