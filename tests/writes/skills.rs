//! Skills: one, many and all, each recorded with what stood and what stands, and refused as a whole.

use reqwest::{Method, StatusCode, header::IF_MATCH};
use serde_json::{Value, json};

use super::{Kept, Speaker, harness::still, id, refusal};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// An agent with at least one skill, its skills as upstream has them, and a skill that it has not.
async fn skilled(kept: &Kept) -> (String, Vec<Value>, String) {
    let skills = kept.house.upstream.get("/api/v2/routing/skills?pageSize=100").await;
    let agents = kept.house.truth().await["agents"].as_array().unwrap().clone();
    for agent in &agents {
        let held = held(kept, id(agent)).await;
        let other = skills["entities"].as_array().unwrap().iter().map(id);
        let mut other = other.filter(|skill| !held.iter().any(|held| id(held) == *skill));
        if let (true, Some(other)) = (held.len() >= 2, other.next()) {
            return (id(agent).to_owned(), held, other.to_owned());
        }
    }
    panic!("nobody has two skills");
}

async fn held(kept: &Kept, user: &str) -> Vec<Value> {
    let path = format!("/api/v2/users/{user}/routingskills?pageSize=100");
    kept.house.upstream.get(&path).await["entities"].as_array().unwrap().clone()
}

#[tokio::test]
async fn one_skill_is_switched_off_and_given_another_proficiency() {
    let kept = Kept::start(still(40, 4)).await;
    let (user, before, _) = skilled(&kept).await;
    let (skill, proficiency) = (id(&before[0]).to_owned(), before[0]["proficiency"].as_f64().unwrap());
    let path = format!("/api/v2/users/{user}/routingskills/{skill}");
    let machine = kept.house.machine.clone();
    let off = machine.call(Method::PUT, &path, Some(&json!({ "state": "inactive" }))).await;
    let tag = off.headers()["etag"].to_str().unwrap().to_owned();
    let off: Value = off.json().await.unwrap();
    assert_eq!(
        (&off["id"], &off["state"], &off["changed"]),
        (&json!(skill), &json!("inactive"), &json!(true))
    );
    assert_eq!(off["proficiency"], proficiency, "what is left out stays");
    assert_eq!(held(&kept, &user).await[0]["state"], "inactive");
    let again = machine.send(Method::PUT, &path, &json!({ "state": "inactive" })).await;
    assert_eq!(again["changed"], false);

    // Whoever saw it last writes it.
    let other = if proficiency > 2.5 { 1.5 } else { 4.5 };
    let put = async |tag: &str| {
        let Speaker { http, base, bearer } = &machine;
        let request = http.put(format!("{base}{path}")).bearer_auth(bearer).header(IF_MATCH, tag);
        request.json(&json!({ "proficiency": other })).send().await.unwrap()
    };
    assert_eq!(put("\"0000000000000000\"").await.status(), StatusCode::PRECONDITION_FAILED);
    let set: Value = put(&tag).await.json().await.unwrap();
    assert_eq!((&set["proficiency"], &set["state"]), (&json!(other), &json!("inactive")));
    assert_eq!(put(&tag).await.status(), StatusCode::PRECONDITION_FAILED, "it has another tag now");

    let gone = machine.send(Method::PUT, &path, &json!({ "state": "deleted" })).await;
    assert_eq!((&gone["state"], &gone["changed"]), (&json!("deleted"), &json!(true)));
    assert_eq!(held(&kept, &user).await.len(), before.len() - 1);
    let gone = machine.send(Method::PUT, &path, &json!({ "state": "deleted" })).await;
    assert_eq!((&gone["state"], &gone["changed"]), (&json!("deleted"), &json!(false)));

    let records = kept.stop().await;
    let closed: Vec<&Value> = records.iter().filter(|record| record["kind"] == "closed").collect();
    let outcomes: Vec<&str> = closed.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["accepted", "noChange", "accepted", "accepted", "noChange"]);
    assert!(records.iter().all(|record| record["action"] == "skill" && record["userId"] == user));
    assert_eq!(records[0]["before"]["state"], "active");
    assert_eq!(closed[0]["after"]["state"], "inactive");
}

#[tokio::test]
async fn many_skills_are_given_and_all_are_replaced() {
    let kept = Kept::start(still(40, 4)).await;
    let (user, before, other) = skilled(&kept).await;
    let machine = kept.house.machine.clone();
    let path = format!("/api/v2/users/{user}/routingskills/bulk");
    let added = machine.send(Method::PATCH, &path, &json!([{ "id": other, "proficiency": 2.5 }])).await;
    assert_eq!(
        (added["entities"].as_array().unwrap().len(), &added["changed"]),
        (before.len() + 1, &json!(true))
    );
    assert_eq!(added["total"], before.len() + 1);
    let again = machine.send(Method::PATCH, &path, &json!([{ "id": other, "proficiency": 2.5 }])).await;
    assert_eq!(again["changed"], false);

    let all = machine.send(Method::PUT, &path, &json!([{ "id": other, "proficiency": 2.5 }])).await;
    assert_eq!((all["entities"].as_array().unwrap().len(), &all["changed"]), (1, &json!(true)));
    assert_eq!(held(&kept, &user).await.len(), 1);
    let list = machine.get(&format!("/api/v2/users/{user}/routingskills")).await;
    assert_eq!((&list["total"], &list["entities"][0]["id"]), (&json!(1), &json!(other)));

    let records = kept.stop().await;
    let actions: Vec<&str> = records.iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["skills", "skills", "skills", "allSkills", "allSkills"]);
    assert_eq!(records[3]["before"].as_array().unwrap().len(), before.len() + 1);
    assert_eq!(records[4]["after"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn skills_that_cannot_be_are_refused_as_a_whole_and_recorded() {
    let kept = Kept::start(still(40, 4)).await;
    let (user, before, other) = skilled(&kept).await;
    let machine = kept.house.machine.clone();
    let mine = id(&before[0]).to_owned();
    let fifty_one: Vec<Value> = (0..51).map(|n| json!({ "id": format!("s{n}"), "proficiency": 1 })).collect();
    let one = |skill: &str| format!("{user}/routingskills/{skill}");
    let bulk = format!("{user}/routingskills/bulk");
    let nobody = format!("{UNKNOWN}/routingskills/{mine}");
    let (put, patch) = (Method::PUT, Method::PATCH);
    let cases = [
        (&put, one(&mine), json!({ "proficiency": 6 }), 400, "skill.proficiency"),
        (&put, one(&mine), json!({ "state": "asleep" }), 400, "skill.state"),
        (&put, one(&mine), json!({}), 400, "bad.request"),
        (&put, one(&mine), json!({ "level": 3 }), 400, "bad.request"),
        (&put, one(&mine), json!({ "id": other, "proficiency": 3 }), 400, "bad.request"),
        (&put, one(&other), json!({ "proficiency": 3 }), 404, "skill.not.held"),
        (&put, one("a%2F..%2Fbulk"), json!({ "proficiency": 3 }), 404, "skill.not.held"),
        (&put, nobody, json!({ "proficiency": 3 }), 404, "user.unknown"),
        (&put, format!("a%2Fb/routingskills/{mine}"), json!({ "proficiency": 3 }), 404, "user.unknown"),
        (&patch, bulk.clone(), json!([{ "id": UNKNOWN, "proficiency": 3 }]), 400, "skill.unknown"),
        (&patch, bulk.clone(), json!([{ "id": "a&id=b", "proficiency": 3 }]), 400, "skill.unknown"),
        (&patch, bulk.clone(), json!([{ "id": mine }]), 400, "bad.request"),
        (&patch, bulk.clone(), json!([]), 400, "bad.request"),
        (&patch, bulk.clone(), json!({ "id": mine }), 400, "bad.request"),
        (
            &put,
            bulk.clone(),
            json!([{ "id": mine, "proficiency": 1 }, { "id": mine, "proficiency": 2 }]),
            400,
            "skill.twice",
        ),
        (&put, bulk.clone(), json!(fifty_one), 400, "skills.too.many"),
    ];
    let mut expected = Vec::new();
    for (method, path, body, status, code) in cases {
        let answer = machine.call(method.clone(), &format!("/api/v2/users/{path}"), Some(&body)).await;
        let (found, said, answer) = refusal(answer).await;
        assert_eq!((found.as_u16(), said.as_str()), (status, code), "{method} {path} {body}: {answer}");
        // What cannot even be read is no change of anybody.
        if !["bad.request", "skill.state"].contains(&code) {
            expected.push(code);
        }
    }
    assert_eq!(held(&kept, &user).await, before);
    let looker = Speaker::sign_in(&kept.house.proxy.base_url(), "looker", "looker").await;
    let list = looker.get(&format!("/api/v2/users/{user}/routingskills?pageSize=1")).await;
    assert_eq!((list["entities"].as_array().unwrap().len(), &list["total"]), (1, &json!(before.len())));
    let path = format!("/api/v2/users/{user}/routingskills/{mine}");
    let answer = looker.call(Method::PUT, &path, Some(&json!({ "proficiency": 3 }))).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let records = kept.stop().await;
    let codes: Vec<&str> = records.iter().map(|record| record["code"].as_str().unwrap()).collect();
    assert_eq!(codes, expected, "every refusal is in the log");
}
