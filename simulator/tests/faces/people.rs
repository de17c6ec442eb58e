//! People: skills, searches, profiles, presences of many. What was written is read, and what cannot be is
//! refused whole.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{House, other_answer, still, text};

#[tokio::test]
async fn skills_and_languages_of_the_organisation_come_in_pages() {
    let house = House::open(still()).await;
    for (path, count) in [("/api/v2/routing/skills", 12), ("/api/v2/routing/languages", 5)] {
        let page = house.get(&format!("{path}?pageSize=4")).await;
        assert_eq!((&page["total"], &page["pageSize"]), (&json!(count), &json!(4)));
        let all = house.all_pages(&format!("{path}?pageSize=4")).await;
        assert_eq!(all.len(), count);
        let names: Vec<&str> = all.iter().map(|subject| text(&subject["name"])).collect();
        assert!(names.is_sorted(), "{names:?}");
        let found = house.get(&format!("{path}?id={}", text(&all[2]["id"]))).await;
        assert_eq!(found["entities"], json!([all[2]]));
        house.refused(Method::GET, &format!("{path}?sortOrder=up"), None, (400, "invalid.value")).await;
    }
    let skills = house.get("/api/v2/routing/skills?name=bill").await["entities"].clone();
    assert_eq!(skills[0]["name"], "Billing");
    let path = format!("/api/v2/routing/skills/{}", text(&skills[0]["id"]));
    assert_eq!(house.get(&path).await, skills[0]);
    house.refused(Method::GET, "/api/v2/routing/skills/none", None, (404, "not.found")).await;
}

#[tokio::test]
async fn skills_of_a_user_are_written_one_by_one_and_in_bulk() {
    for (family, subjects) in
        [("routingskills", "/api/v2/routing/skills"), ("routinglanguages", "/api/v2/routing/languages")]
    {
        let house = House::open(still()).await;
        let subjects = house.all_pages(subjects).await;
        let id = |n: usize| text(&subjects[n]["id"]).to_owned();
        let user = text(&house.truth().await["agents"][4]["id"]).to_owned();
        let path = format!("/api/v2/users/{user}/{family}");
        let skills = family == "routingskills";
        let (change, truth) = if skills { (Method::PUT, "skills") } else { (Method::PATCH, "languages") };

        // Empty to begin with, by whichever way the family has.
        for ability in house.all_pages(&path).await {
            let one = format!("{path}/{}", text(&ability["id"]));
            assert_eq!(house.call(Method::DELETE, &one, None).await.status(), StatusCode::OK);
            house.refused(Method::DELETE, &one, None, (404, "not.found")).await;
        }
        assert_eq!(house.get(&path).await["total"], 0);

        let added = house.post(&path, json!({ "id": id(1), "proficiency": 3.5 })).await;
        assert_eq!((&added["proficiency"], &added["state"]), (&json!(3.5), &json!("active")));
        let one = format!("{path}/{}", id(1));
        assert_eq!(added["selfUri"], one);
        let off = house.ok(change.clone(), &one, Some(json!({ "state": "inactive" }))).await;
        assert_eq!((&off["proficiency"], &off["state"]), (&json!(3.5), &json!("inactive")));
        house.refused(change.clone(), &one, Some(json!({ "state": "asleep" })), (400, "invalid.value")).await;
        let bulk = json!([{ "id": id(0), "proficiency": 5 }, { "id": id(1), "proficiency": 1 }]);
        let after = house.ok(Method::PATCH, &format!("{path}/bulk"), Some(bulk)).await;
        assert_eq!(after["total"], 2);
        assert_eq!(after["entities"][1]["state"], "inactive", "PATCH keeps the state");
        assert_eq!(house.get(&path).await["entities"], after["entities"]);
        let of_truth = house.truth().await["agents"][4][truth].clone();
        assert_eq!(of_truth.as_array().unwrap().len(), 2);
        let expanded = house.get(&format!("/api/v2/users/{user}?expand={truth}")).await;
        assert_eq!(expanded[truth].as_array().unwrap().len(), 2);
        let replaced = house
            .call(Method::PUT, &format!("{path}/bulk"), Some(json!([{ "id": id(2), "proficiency": 2 }])))
            .await;
        if skills {
            let replaced: Value = replaced.json().await.unwrap();
            assert_eq!((&replaced["total"], &replaced["entities"][0]["id"]), (&json!(1), &json!(id(2))));
            let gone = format!("{path}/{}", id(2));
            house.ok(Method::PUT, &gone, Some(json!({ "proficiency": 2, "state": "deleted" }))).await;
            assert_eq!(house.get(&path).await["total"], 0);
        } else {
            assert_eq!(replaced.status(), StatusCode::METHOD_NOT_ALLOWED);
        }
    }
}

#[tokio::test]
async fn a_bad_skill_refuses_the_whole_call() {
    let house = House::open(still()).await;
    let skills = house.all_pages("/api/v2/routing/skills").await;
    let id = text(&skills[0]["id"]);
    let user = text(&house.truth().await["agents"][4]["id"]).to_owned();
    let path = format!("/api/v2/users/{user}/routingskills");
    let before = house.get(&path).await;
    let good = json!({ "id": id, "proficiency": 1 });
    let many: Vec<Value> = vec![good.clone(); 51];
    for (body, code) in [
        (json!(many), "bad.request"),
        (json!([good, { "id": id, "proficiency": 5.1 }]), "invalid.value"),
        (json!([good, { "id": "none", "proficiency": 5 }]), "invalid.value"),
        (json!([{ "id": id }]), "bad.request"),
        (json!(null), "bad.request"),
    ] {
        for method in [Method::PATCH, Method::PUT] {
            house.refused(method, &format!("{path}/bulk"), Some(body.clone()), (400, code)).await;
        }
    }
    house
        .refused(Method::POST, &path, Some(json!({ "id": id, "proficiency": -1 })), (400, "invalid.value"))
        .await;
    house.refused(Method::GET, "/api/v2/users/nobody/routingskills", None, (404, "not.found")).await;
    assert_eq!(house.get(&path).await, before);
    let fifty: Vec<Value> = vec![json!({ "id": id, "proficiency": 1 }); 50];
    house.ok(Method::PATCH, &format!("{path}/bulk"), Some(json!(fifty))).await;
}

#[tokio::test]
async fn users_are_searched_and_walked_by_cursor() {
    let house = House::open(still()).await;
    let mut walked = Vec::new();
    let mut next = "/api/v2/users/query?pageSize=23".to_owned();
    loop {
        let page = house.get(&next).await;
        walked.extend(page["entities"].as_array().unwrap().iter().cloned());
        match page["nextUri"].as_str() {
            Some(uri) => next = uri.to_owned(),
            None => break,
        }
    }
    assert_eq!(walked, house.all_pages("/api/v2/users").await);
    house.refused(Method::GET, "/api/v2/users/query?cursor=x", None, (400, "invalid.value")).await;

    let (name, email) = (text(&walked[7]["name"]), text(&walked[7]["email"]));
    let search = async |query: Value| {
        house.post("/api/v2/users/search", json!({ "query": query, "pageSize": 50 })).await
    };
    let word = name.split(' ').next().unwrap();
    for (kind, field, value) in [
        ("EXACT", "email", email),
        ("STARTS_WITH", "name", word),
        ("CONTAINS", "email", "rollcall.example"),
        ("TERM", "name", word),
        ("QUERY_STRING", "name", name),
    ] {
        let found = search(json!([{ "type": kind, "fields": [field], "value": value }])).await;
        let ids: Vec<&str> =
            found["results"].as_array().unwrap().iter().map(|user| text(&user["id"])).collect();
        assert!(found["total"].as_u64().unwrap() > 40 || ids.contains(&text(&walked[7]["id"])), "{kind}");
    }
    let exact = search(json!([{ "type": "EXACT", "fields": ["email"], "value": email }])).await;
    assert_eq!((&exact["total"], &exact["results"][0]["id"]), (&json!(1), &walked[7]["id"]));
    let not =
        search(json!([{ "type": "EXACT", "fields": ["email"], "value": email, "operator": "NOT" }])).await;
    assert_eq!(not["total"], 59);
    for query in [
        json!([{ "type": "REGEX", "fields": ["name"], "value": "x" }]),
        json!([{ "type": "EXACT", "fields": ["shoes"], "value": "x" }]),
        json!([{ "type": "EXACT", "fields": ["name"] }]),
    ] {
        let body = json!({ "query": query });
        house.refused(Method::POST, "/api/v2/users/search", Some(body), (400, "invalid.value")).await;
    }
}

#[tokio::test]
async fn a_user_is_changed_by_who_knows_the_version() {
    for (config, status, code) in
        [(still(), 409, "general.conflict"), (other_answer("version_mismatch_is_400"), 400, "bad.request")]
    {
        let house = House::open(config).await;
        let id = text(&house.truth().await["agents"][2]["id"]).to_owned();
        let path = format!("/api/v2/users/{id}");
        let patch = |version: u32| Some(json!({ "version": version, "title": "Chief" }));
        house.refused(Method::PATCH, &path, patch(7), (status, code)).await;
        let user = house.ok(Method::PATCH, &path, patch(1)).await;
        assert_eq!((&user["title"], &user["version"]), (&json!("Chief"), &json!(2)));
        house.refused(Method::PATCH, &path, patch(1), (status, code)).await;
        house.refused(Method::PATCH, &path, Some(json!({ "title": "x" })), (400, "invalid.value")).await;
        assert_eq!(house.get(&path).await["title"], "Chief");
    }
}

#[tokio::test]
async fn being_out_of_office_is_told_and_read() {
    let house = House::open(still()).await;
    let id = text(&house.truth().await["agents"][2]["id"]).to_owned();
    let topic = format!("v2.users.{id}.outofoffice");
    let mut socket = house.listen(&[topic.clone(), format!("v2.users.{id}.activity")]).await;
    let path = format!("/api/v2/users/{id}/outofoffice");
    assert_eq!(house.get(&path).await["active"], false);
    let put = json!({ "active": true, "startDate": "2026-01-01T00:00:00.000Z", "endDate": "2026-01-09T00:00:00.000Z" });
    house.ok(Method::PUT, &path, Some(put)).await;
    let event = socket.event(&topic).await;
    assert_eq!(
        (&event["eventBody"]["user"]["id"], &event["eventBody"]["active"]),
        (&json!(id), &json!(true))
    );
    assert_eq!(event["eventBody"]["endDate"], "2026-01-09T00:00:00.000Z");
    let activity = socket.frame().await;
    assert_eq!(activity["eventBody"]["outOfOffice"]["active"], true);
    let user = house.get(&format!("/api/v2/users/{id}?expand=outOfOffice")).await;
    assert_eq!(user["outOfOffice"], house.get(&path).await);
    let put = json!({ "active": true, "startDate": "2026-01-09T00:00:00.000Z", "endDate": "2026-01-01T00:00:00.000Z" });
    house.refused(Method::PUT, &path, Some(put), (400, "invalid.value")).await;
}

const MEAL: &str = "3fd96123-badb-4f69-bc03-1b1ccc6d8014";

#[tokio::test]
async fn presences_of_many_are_read_and_written_at_once() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let id = |n: usize| text(&truth["agents"][n]["id"]).to_owned();
    let put = |user: String| json!({ "id": user, "source": "PURECLOUD", "presenceDefinition": { "id": MEAL }, "message": "soup" });
    let answer =
        house.ok(Method::PUT, "/api/v2/users/presences/bulk", Some(json!([put(id(0)), put(id(1))]))).await;
    assert_eq!(answer[1]["presenceDefinition"]["id"], MEAL);
    for source in ["purecloud", "PURECLOUD"] {
        let path = format!("/api/v2/users/presences/{source}/bulk?id={}&id={},nobody", id(0), id(1));
        let read = house.get(&path).await;
        assert_eq!(read.as_array().unwrap().len(), 2);
        assert_eq!((&read[0]["userId"], &read[0]["message"]), (&json!(id(0)), &json!("soup")));
    }
    let many = ["x"; 51].join(",");
    let path = format!("/api/v2/users/presences/purecloud/bulk?id={many}");
    house.refused(Method::GET, &path, None, (400, "bad.request")).await;
    let before = house.truth().await["agents"].clone();
    let bad = json!([put(id(2)), put("nobody".to_owned())]);
    house.refused(Method::PUT, "/api/v2/users/presences/bulk", Some(bad), (400, "invalid.value")).await;
    assert_eq!(house.truth().await["agents"], before, "all or none");

    let names = house.get("/api/v2/systempresences").await;
    assert_eq!(names.as_array().unwrap().len(), 10);
    let old = house.all_pages("/api/v2/presencedefinitions?pageSize=5").await;
    let on_queue = old.iter().find(|is| is["name"] == "On Queue").unwrap();
    assert_eq!((&on_queue["systemPresence"], &on_queue["primary"]), (&json!("On Queue"), &json!(true)));
    assert!(on_queue["type"].is_null());
}

#[tokio::test]
async fn presences_told_by_others_fail_one_by_one() {
    let house = House::open(still()).await;
    let user = text(&house.truth().await["agents"][0]["id"]).to_owned();
    let sources = house.get("/api/v2/presence/sources").await;
    let source = text(&sources["entities"][1]["id"]);
    assert_eq!(house.get(&format!("/api/v2/presence/sources/{source}")).await["type"], "User");
    let event = |id: &str, user: &str, source: &str| json!({ "eventId": id, "eventDateTime": "2026-01-01T00:00:00.000Z", "userId": user, "sourceId": source, "presenceDefinitionId": MEAL });
    let events = [event("a", &user, source), event("b", "nobody", source), event("c", &user, "none")];
    let answer = house.post("/api/v2/events/users/presence", json!({ "userPresenceEvents": events })).await;
    let failed: Vec<&str> =
        answer["errors"].as_array().unwrap().iter().map(|error| text(&error["eventId"])).collect();
    assert_eq!(failed, ["b", "c"]);
    assert_eq!(house.truth().await["agents"][0]["state"], "meal");
    let event = json!({ "eventId": "d", "eventDateTime": "2026-01-01T00:00:00.000Z", "agentId": user, "sourceId": source, "status": "Interacting" });
    let answer =
        house.post("/api/v2/events/users/routingstatus", json!({ "userRoutingStatusEvents": [event] })).await;
    assert_eq!(
        (&answer["errors"][0]["eventId"], &answer["errors"][0]["retryable"]),
        (&json!("d"), &json!(false))
    );
}

#[tokio::test]
async fn leaving_the_queue_can_wait_for_the_end_of_the_conversation() {
    let house = House::open(other_answer("presence_deferred_while_interacting")).await;
    let truth = house.truth().await;
    let busy =
        truth["agents"].as_array().unwrap().iter().find(|agent| agent["state"] == "interacting").unwrap();
    let id = text(&busy["id"]);
    let topic = format!("v2.users.{id}.presence");
    let mut socket = house.listen(std::slice::from_ref(&topic)).await;
    let path = format!("/api/v2/users/{id}/presences/purecloud");
    let answer = house.ok(Method::PATCH, &path, Some(json!({ "presenceDefinition": { "id": MEAL } }))).await;
    assert_eq!(answer["presenceDefinition"]["systemPresence"], "On Queue");
    assert_eq!(answer["futurePresenceDefinition"]["id"], MEAL);
    let event = socket.event(&topic).await;
    assert_eq!(
        event["eventBody"]["futurePresenceDefinition"],
        json!({ "id": MEAL, "systemPresence": "MEAL" })
    );
    the_future_presence_comes(&house, &path).await;
}

async fn the_future_presence_comes(house: &House, path: &str) {
    house.post("/simulator/scenario", json!({ "eventsPerSecond": null })).await;
    let mut after = Value::Null;
    for _ in 0..400 {
        house.post("/simulator/clock", json!({ "advanceSeconds": 5 })).await;
        after = house.get(path).await;
        if after["futurePresenceDefinition"].is_null() {
            break;
        }
    }
    assert_eq!(after["presenceDefinition"]["id"], MEAL);
}

#[tokio::test]
async fn a_future_presence_waits_for_the_end_of_the_conversation() {
    let house = House::open(still()).await;
    let truth = house.truth().await;
    let find = |wanted: &str| {
        let mut agents = truth["agents"].as_array().unwrap().iter();
        text(&agents.find(|agent| agent["state"] == wanted).unwrap()["id"]).to_owned()
    };
    let (busy, free) = (find("interacting"), find("on-queue"));
    let asked = |id: &str| json!({ "id": id, "futurePresenceDefinition": { "id": MEAL } });
    let path = "/api/v2/users/presences/bulk";
    let wrong = json!([{ "id": busy, "futurePresenceDefinition": { "id": "none" } }]);
    house.refused(Method::PUT, path, Some(wrong), (400, "invalid.value")).await;
    let answer = house.ok(Method::PUT, path, Some(json!([asked(&busy), asked(&free)]))).await;
    assert_eq!(answer[0]["presenceDefinition"]["systemPresence"], "On Queue");
    assert_eq!(answer[0]["futurePresenceDefinition"]["id"], MEAL);
    assert_eq!(answer[1]["presenceDefinition"]["id"], MEAL, "nothing to wait for");
    assert!(answer[1]["futurePresenceDefinition"].is_null());
    the_future_presence_comes(&house, &format!("/api/v2/users/{busy}/presences/purecloud")).await;
}
