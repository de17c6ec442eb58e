//! Skills and languages: what was written is read, and what cannot be is refused whole.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{House, still, text};

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
