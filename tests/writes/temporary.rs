//! Skills that are changed for a while: they become again what they were, over restarts, and not when somebody else changed them.

use std::{path::Path, sync::Arc};

use protocol::Clock;
use proxy::store::verify_audit;
use reqwest::{Method, RequestBuilder, StatusCode, header::IF_MATCH};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{
    harness::{self, House, Speaker, still, system_clock},
    id, refusal,
};

struct Case {
    house: House,
    folder: tempfile::TempDir,
    clock: Arc<dyn Clock>,
    user: String,
    /// Two active skills of the agent.
    skills: [Value; 2],
}

impl Case {
    async fn start() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), system_clock());
        let data = Some(folder.path().to_owned());
        let house = House::start_with(clock.clone(), still(40, 4), |config| config.data = data).await;
        let agents = house.truth().await["agents"].as_array().unwrap().clone();
        for agent in &agents {
            let skills = held(&house.upstream, id(agent)).await;
            if let [one, other, ..] = skills.as_slice()
                && [one, other].iter().all(|skill| skill["state"] == "active")
            {
                let (user, skills) = (id(agent).to_owned(), [one.clone(), other.clone()]);
                return Self { house, folder, clock, user, skills };
            }
        }
        panic!("nobody has two active skills");
    }

    fn path(&self, skill: &Value) -> String {
        format!("/rollcall/users/{}/skills/{}", self.user, id(skill))
    }

    async fn change(&self, skill: &Value, body: &Value) -> Value {
        let request = self.request(skill).header("compliance-tag", "case 7").json(body);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    fn request(&self, skill: &Value) -> RequestBuilder {
        let machine = &self.house.machine;
        machine.http.post(format!("{}{}", machine.base, self.path(skill))).bearer_auth(&machine.bearer)
    }

    /// What upstream has of a skill.
    async fn stands(&self, skill: &Value) -> Value {
        let skills = held(&self.house.upstream, &self.user).await;
        skills.into_iter().find(|held| held["id"] == skill["id"]).unwrap()
    }

    /// Waits until upstream has it so.
    async fn becomes(&self, skill: &Value, what: &str, expected: impl Fn(&Value) -> bool) {
        harness::until(harness::SOON, what, || async { expected(&self.stands(skill).await).then_some(()) })
            .await;
    }

    /// Waits until nothing is to be restored any more.
    async fn over(&self) {
        let path = format!("/rollcall/users/{}/skills", self.user);
        // A token is over within the hour that was passed.
        let machine = Speaker::sign_in(&self.house.machine.base, "rollcall-demo", "rollcall-demo").await;
        harness::until(harness::SOON, "nothing is left to restore", || async {
            let list = machine.get(&path).await;
            let all = list["entities"].as_array().unwrap().clone();
            all.iter().all(|skill| skill.get("until").is_none()).then_some(())
        })
        .await;
    }

    /// Every record, once the log is proved to be whole.
    async fn stop(self) -> Vec<Value> {
        self.house.stop().await;
        records(self.folder.path())
    }
}

fn records(folder: &Path) -> Vec<Value> {
    verify_audit(folder, None, None).unwrap();
    let file = Connection::open(folder.join("rollcall.db")).unwrap();
    let mut select = file.prepare("SELECT text FROM audit ORDER BY seq").unwrap();
    let texts = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
    texts.map(|text| serde_json::from_str(&text.unwrap()).unwrap()).collect()
}

async fn held(upstream: &Speaker, user: &str) -> Vec<Value> {
    let path = format!("/api/v2/users/{user}/routingskills?pageSize=100");
    upstream.get(&path).await["entities"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_skill_is_off_for_half_an_hour_and_on_again_after_a_restart() {
    let mut case = Case::start().await;
    let [skill, other] = case.skills.clone();
    let off = case.change(&skill, &json!({ "state": "inactive", "minutes": 30 })).await;
    assert_eq!((&off["state"], &off["changed"]), (&json!("inactive"), &json!(true)), "{off}");
    assert_eq!(off["restores"], json!({ "proficiency": skill["proficiency"], "state": "active" }));
    let list = case.house.machine.get(&format!("/rollcall/users/{}/skills", case.user)).await;
    let listed = |skill: &Value| {
        let all = list["entities"].as_array().unwrap();
        all.iter().find(|held| held["id"] == skill["id"]).unwrap().clone()
    };
    assert_eq!((&listed(&skill)["until"], listed(&other).get("until")), (&off["until"], None));

    // Changed once more while it lasts: what it was before the first change counts.
    let level = if skill["proficiency"] == json!(1.0) { 2.0 } else { 1.0 };
    let once_more = case.change(&skill, &json!({ "proficiency": level, "minutes": 30 })).await;
    assert_eq!(once_more["restores"], off["restores"]);
    // So already, and for longer.
    let longer = case.change(&skill, &json!({ "proficiency": level, "minutes": 60 })).await;
    assert_eq!((&longer["changed"], &longer["restores"]), (&json!(false), &off["restores"]));
    assert!(longer["until"].as_str() > once_more["until"].as_str(), "{longer}");

    let data = Some(case.folder.path().to_owned());
    case.house = case.house.start_again(|config| config.data = data).await;
    case.house.machine = Speaker::sign_in(&case.house.machine.base, "rollcall-demo", "rollcall-demo").await;
    case.clock.advance_ms(31 * 60_000);
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(case.stands(&skill).await["state"], "inactive", "not yet");
    case.clock.advance_ms(30 * 60_000);
    case.becomes(&skill, "it is what it was", |stands| {
        stands["state"] == "active" && stands["proficiency"] == skill["proficiency"]
    })
    .await;
    case.over().await;
    let machine = Speaker::sign_in(&case.house.machine.base, "rollcall-demo", "rollcall-demo").await;
    let by = machine.get("/rollcall/audit?actor=rollcall,%20for%20rollcall-demo").await;
    assert_eq!(by["total"], 2, "the restore is found by whom it was made: {by}");
    let records = case.stop().await;
    let last = records.last().unwrap();
    assert_eq!(last["actor"], json!({ "kind": "rollcall", "name": "rollcall, for rollcall-demo" }));
    assert_eq!((&last["outcome"], &last["action"]), (&json!("accepted"), &json!("skill")));
    assert_eq!(last["complianceTag"], "case 7", "that of the change");
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_stays_and_that_is_recorded() {
    let case = Case::start().await;
    let [skill, other] = case.skills.clone();
    for skill in [&skill, &other] {
        case.change(skill, &json!({ "state": "inactive", "minutes": 5 })).await;
    }
    // At Genesys itself: another proficiency of one, and the other is put back by hand.
    let theirs = if skill["proficiency"] == json!(4.5) { 3.5 } else { 4.5 };
    let path = |skill: &Value| format!("/api/v2/users/{}/routingskills/{}", case.user, id(skill));
    let body = json!({ "proficiency": theirs, "state": "inactive" });
    case.house.upstream.send(Method::PUT, &path(&skill), &body).await;
    let body = json!({ "proficiency": other["proficiency"], "state": "active" });
    case.house.upstream.send(Method::PUT, &path(&other), &body).await;
    case.clock.advance_ms(6 * 60_000);
    case.over().await;
    let stands = case.stands(&skill).await;
    assert_eq!((&stands["proficiency"], &stands["state"]), (&json!(theirs), &json!("inactive")));
    let records = case.stop().await;
    let restores = records.iter().filter(|record| record["actor"]["kind"] == "rollcall");
    let mut outcomes: Vec<&str> = restores.map(|record| record["outcome"].as_str().unwrap()).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["noChange", "superseded"]);
}

/// Whoever saw it last changes it, for a while as for good.
#[tokio::test]
async fn a_skill_that_changed_since_it_was_seen_is_not_changed_for_a_while() {
    let case = Case::start().await;
    let [skill, _] = case.skills.clone();
    let seen = async || {
        let list = case.house.machine.get(&format!("/rollcall/users/{}/skills", case.user)).await;
        let mut skills = list["entities"].as_array().unwrap().iter();
        let held = skills.find(|held| held["id"] == skill["id"]).unwrap();
        held["etag"].as_str().unwrap().to_owned()
    };
    let off = async |tag: &str| {
        let request = case.request(&skill).header(IF_MATCH, tag);
        request.json(&json!({ "state": "inactive", "minutes": 30 })).send().await.unwrap()
    };
    let tag = seen().await;
    let (status, code, _) = refusal(off("\"0000000000000000\"").await).await;
    assert_eq!((status, code.as_str()), (StatusCode::PRECONDITION_FAILED, "version.mismatch"));
    assert_eq!(case.stands(&skill).await["state"], "active");
    assert_eq!(off(&tag).await.status(), StatusCode::OK);
    assert_ne!(seen().await, tag);
    assert_eq!(off(&tag).await.status(), StatusCode::PRECONDITION_FAILED, "it has another tag now");
    let outcomes: Vec<Value> = case.stop().await.iter().map(|record| record["outcome"].clone()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "refused").count(), 2, "{outcomes:?}");
}

#[tokio::test]
async fn it_is_restored_before_its_time_and_once_upstream_answers_again() {
    let case = Case::start().await;
    let [skill, other] = case.skills.clone();
    case.change(&skill, &json!({ "state": "inactive", "minutes": 30 })).await;
    let back = case.house.machine.call(Method::DELETE, &case.path(&skill), None).await;
    assert_eq!(back.status(), StatusCode::OK);
    assert_eq!(back.json::<Value>().await.unwrap()["state"], "active");
    assert_eq!(case.stands(&skill).await["state"], "active");
    let (status, code, _) =
        refusal(case.house.machine.call(Method::DELETE, &case.path(&skill), None).await).await;
    assert_eq!((status.as_u16(), code.as_str()), (404, "not.found"));

    for (body, says) in [
        (json!({ "state": "inactive" }), "minutes"),
        (json!({ "state": "inactive", "minutes": 0 }), "minutes"),
        (json!({ "state": "inactive", "minutes": 1_441 }), "1440"),
        (json!({ "state": "deleted", "minutes": 30 }), "inactive"),
        (json!({ "minutes": 30 }), "state"),
        (json!({ "state": "inactive", "minutes": 30, "until": "noon" }), "until"),
    ] {
        let answer = case.house.machine.call(Method::POST, &case.path(&skill), Some(&body)).await;
        let (status, _, answer) = refusal(answer).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer["message"].as_str().unwrap().contains(says), "{answer}");
    }

    // Upstream errs at the time: it is tried again.
    case.change(&other, &json!({ "state": "inactive", "minutes": 1 })).await;
    let fault = json!({ "kind": "server_error", "route": "PUT /api/v2/users/{userId}/routingskills/{skillId}", "seconds": 120 });
    case.house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    case.clock.advance_ms(61_000);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(case.stands(&other).await["state"], "inactive");
    case.clock.advance_ms(120_000);
    case.becomes(&other, "it is restored", |stands| stands["state"] == "active").await;
    case.over().await;
    let records = case.stop().await;
    assert!(records.iter().all(|record| record["action"] == "skill"));
}

impl Case {
    /// A change for good, through the proxy.
    async fn put(&self, skill: &Value, state: &str) -> Value {
        let path = format!("/api/v2/users/{}/routingskills/{}", self.user, id(skill));
        let body = json!({ "proficiency": skill["proficiency"], "state": state });
        self.house.machine.send(Method::PUT, &path, &body).await
    }

    /// What is to be restored of a skill, and when.
    async fn until(&self, skill: &Value) -> Value {
        let list = self.house.machine.get(&format!("/rollcall/users/{}/skills", self.user)).await;
        let all = list["entities"].as_array().unwrap();
        all.iter().find(|held| held["id"] == skill["id"]).unwrap()["until"].clone()
    }

    /// Long after what was changed for a while was to be restored.
    async fn later(&self) {
        self.clock.advance_ms(61 * 60_000);
        tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    }
}

/// Whoever says of a skill how it is to be, for good, has the last word.
#[tokio::test]
async fn a_change_for_good_ends_what_was_to_be_restored() {
    let case = Case::start().await;
    let [skill, other] = case.skills.clone();
    for skill in [&skill, &other] {
        case.change(skill, &json!({ "state": "inactive", "minutes": 30 })).await;
        assert!(case.until(skill).await.is_string());
    }
    // It is so already, and stays so; another one goes to and fro, and is at last as the first change left it.
    assert_eq!(case.put(&skill, "inactive").await["changed"], false);
    case.put(&other, "active").await;
    assert_eq!(case.until(&other).await, Value::Null, "nothing is promised of it any more");
    case.put(&other, "inactive").await;
    case.later().await;
    for skill in [&skill, &other] {
        assert_eq!(case.stands(skill).await["state"], "inactive", "{skill}");
    }
    case.stop().await;
}

/// Nobody knows what became of the second change; what the first one promised is kept.
#[tokio::test]
async fn a_change_for_a_while_that_failed_keeps_what_the_one_before_it_promised() {
    let case = Case::start().await;
    let [skill, _] = case.skills.clone();
    case.change(&skill, &json!({ "state": "inactive", "minutes": 30 })).await;
    let fault = json!({ "kind": "server_error", "route": "PUT /api/v2/users/{userId}/routingskills/{skillId}", "seconds": 600 });
    case.house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    let level = if skill["proficiency"] == json!(1.0) { 2.0 } else { 1.0 };
    let answer =
        case.request(&skill).json(&json!({ "proficiency": level, "minutes": 30 })).send().await.unwrap();
    assert!(answer.status().is_server_error(), "{}", answer.status());
    case.house.upstream.send(Method::DELETE, "/simulator/faults", &Value::Null).await;
    case.clock.advance_ms(61 * 60_000);
    case.becomes(&skill, "it is what it was before both", |stands| {
        stands["state"] == "active" && stands["proficiency"] == skill["proficiency"]
    })
    .await;
    case.stop().await;
}

/// Undo that is too late is no undo.
#[tokio::test]
async fn it_is_restored_before_its_time_only_as_whoever_asks_knows_it() {
    let case = Case::start().await;
    let [skill, _] = case.skills.clone();
    let etag = async |body: &Value| {
        let answer = case.request(&skill).json(body).send().await.unwrap().error_for_status().unwrap();
        answer.headers()["etag"].to_str().unwrap().to_owned()
    };
    let delete = async |tag: &str| {
        let machine = &case.house.machine;
        let request = machine.http.delete(format!("{}{}", machine.base, case.path(&skill)));
        request.bearer_auth(&machine.bearer).header(IF_MATCH, tag).send().await.unwrap()
    };
    let before = etag(&json!({ "state": "inactive", "minutes": 30 })).await;
    let level = if skill["proficiency"] == json!(1.0) { 2.0 } else { 1.0 };
    let after = etag(&json!({ "proficiency": level, "minutes": 60 })).await;
    let (status, code, _) = refusal(delete(&before).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::PRECONDITION_FAILED, "version.mismatch"));
    assert!(case.until(&skill).await.is_string(), "it is restored at its time all the same");
    assert_eq!(delete(&after).await.status(), StatusCode::OK);
    let stands = case.stands(&skill).await;
    assert_eq!((&stands["state"], &stands["proficiency"]), (&json!("active"), &skill["proficiency"]));
    case.stop().await;
}
