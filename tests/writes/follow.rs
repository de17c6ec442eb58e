//! What becomes of writes after they were asked for: events tell of them, others come between, callers go away, upstream fails.

use std::time::Duration;

use proxy::config::{MachineClient, Role, Roles, Secret};
use reqwest::{Method, StatusCode, header::IF_MATCH};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    AVAILABLE, Kept, MEETING,
    harness::{SOON, Speaker, still, until},
    id, refusal,
};

const LUNCH: &str = "lunch";

impl Kept {
    /// The first record of a write that there is of this kind, once it is there.
    pub async fn record(&self, kind: &str) -> Value {
        until(SOON, kind, || async {
            let page = self.house.machine.get("/rollcall/audit?pageSize=100").await;
            let records = page["entities"].as_array().unwrap();
            records.iter().find(|record| record["kind"] == kind).cloned()
        })
        .await
    }

    pub async fn fault(&self, fault: Value) {
        self.house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    }
}

#[tokio::test]
async fn a_write_is_heard_of_and_figures_tell_of_it() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    kept.patch(user, &json!({ "presenceDefinition": { "id": MEETING } })).await;
    let seen = kept.record("seen").await;
    assert!(seen["seenMs"].as_i64().is_some(), "{seen}");
    assert_eq!((&seen["code"], &seen["userId"]), (&Value::Null, &json!(user)));
    let Speaker { http, base, .. } = &kept.house.machine;
    let figures = http.get(format!("{base}/metrics")).send().await.unwrap().text().await.unwrap();
    for name in ["answer", "event"] {
        assert!(figures.contains(&format!("rollcall_write_{name}_seconds_count 1\n")), "{name}: {figures}");
    }
    kept.patch(user, &json!({ "presenceDefinition": { "id": MEETING } })).await;
    kept.patch(user, &json!({ "presenceDefinition": "Siesta" })).await;
    let truth = kept.house.truth().await;
    let other = truth["agents"].as_array().unwrap().iter().find(|other| id(other) != user).unwrap();
    kept.patch(id(other), &json!({ "presenceDefinition": "Siesta" })).await;

    let figures = kept.house.machine.get(&format!("/rollcall/activity?userId={user}")).await;
    assert_eq!((&figures["attempts"], &figures["refusals"]), (&json!(3), &json!(1)), "{figures}");
    assert_eq!(figures["refusalsByCode"], json!({ "presence.unknown": 1 }));
    assert_eq!(figures["seenP50Ms"], seen["seenMs"]);
    assert!(figures["p99Ms"].as_i64() >= figures["p50Ms"].as_i64() && figures["p50Ms"].is_i64());
    assert!((figures["successRate"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9, "{figures}");
    let recent = figures["recent"].as_array().unwrap();
    let outcomes: Vec<&str> = recent.iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["refused", "noChange", "accepted"], "the newest first");
    let all = kept.house.machine.get("/rollcall/activity?minutes=1440").await;
    assert_eq!(all["attempts"], 4);
    let machine = &kept.house.machine;
    for query in ["minutes=0", "minutes=1441", "user=x"] {
        let answer = machine.call(Method::GET, &format!("/rollcall/activity?{query}"), None).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
    }
    kept.stop().await;
}

#[tokio::test]
async fn what_somebody_else_set_between_look_and_effect_is_recorded() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    // The proxy looks, and hears what it saw a second later.
    kept.fault(json!({ "kind": "slow", "delaySeconds": 1, "route": "GET /api/v2/users/{id}$" })).await;
    let (body, theirs) = (
        json!({ "presenceDefinition": { "id": MEETING } }),
        json!({ "presenceDefinition": { "id": AVAILABLE }, "message": "elsewhere" }),
    );
    let (answer, ()) = tokio::join!(kept.patch(user, &body), async {
        sleep(Duration::from_millis(400)).await;
        kept.house.upstream.patch_presence(user, &theirs).await;
    });
    assert_eq!(answer.status(), StatusCode::OK);
    let seen = kept.record("seen").await;
    assert_eq!((&seen["code"], &seen["conflicts"]), (&json!("write.overwrote"), &json!(1)), "{seen}");
    assert_eq!(seen["before"]["message"], "elsewhere");
    assert_eq!(kept.house.machine.get("/rollcall/activity").await["conflictRate"], 1.0);
    kept.stop().await;
}

#[tokio::test]
async fn a_write_whose_caller_went_away_gets_its_end_recorded() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    kept.fault(json!({ "kind": "slow", "delaySeconds": 1, "route": "PATCH /api/v2/users" })).await;
    let body = json!({ "presenceDefinition": { "id": MEETING } });
    let gone = tokio::time::timeout(Duration::from_millis(500), kept.patch(user, &body)).await;
    assert!(gone.is_err(), "it is answered after a second");
    let closed = kept.record("closed").await;
    assert_eq!((&closed["outcome"], &closed["userId"]), (&json!("accepted"), &json!(user)));
    kept.stop().await;
}

/// Upstream does at once what it answers long after anybody waits for it; the proxy looks, and knows.
#[tokio::test]
async fn a_write_that_is_answered_after_the_time_out_is_known_to_have_taken_effect() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    kept.fault(json!({ "kind": "slow", "delaySeconds": 60, "route": "PATCH /api/v2/users" })).await;
    let answer = kept.patch(user, &json!({ "presenceDefinition": { "id": MEETING } })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.json::<Value>().await.unwrap()["changed"], true);
    let records = kept.stop().await;
    let ends: Vec<_> = records.iter().map(|record| record["outcome"].as_str()).collect();
    assert_eq!(ends, [None, Some("accepted")]);
    let took = records[1]["answeredMs"].as_i64().unwrap();
    assert!((30_000..60_000).contains(&took), "{took} ms");
}

/// The same, but nobody can look: it is not known, and the event that told of it is in the log.
#[tokio::test]
async fn of_a_write_that_nobody_answered_the_event_tells() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    kept.fault(json!({ "kind": "slow", "delaySeconds": 60, "route": "PATCH /api/v2/users" })).await;
    let fault = json!({ "kind": "server_error", "seconds": 600, "route": "GET /api/v2/users/{id}/presences/purecloud" });
    kept.fault(fault).await;
    let body = json!({ "presenceDefinition": { "id": MEETING }, "message": "at last" });
    let (status, code, _) = refusal(kept.patch(user, &body).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::GATEWAY_TIMEOUT, "write.unknown"));
    let seen = kept.record("seen").await;
    assert_eq!((&seen["code"], &seen["userId"]), (&json!("write.late"), &json!(user)), "{seen}");
    assert!(seen["seenMs"].as_i64().unwrap() < 30_000, "{seen}");
    kept.stop().await;
}

/// Upstream does it when nobody waits any more. Until then it is not known whether it will.
#[tokio::test]
async fn a_write_that_takes_effect_after_the_time_out_is_told_by_its_event() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    kept.fault(json!({ "kind": "stalled", "delaySeconds": 33, "route": "PATCH /api/v2/users" })).await;
    let body = json!({ "presenceDefinition": { "id": MEETING }, "message": "at last" });
    let (status, code, _) = refusal(kept.patch(user, &body).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::GATEWAY_TIMEOUT, "write.unknown"));
    assert_eq!(kept.truth_of(user).await["presence"], agent["presence"], "it has not happened yet");
    let seen = kept.record("seen").await;
    assert_eq!((&seen["code"], &seen["userId"]), (&json!("write.late"), &json!(user)), "{seen}");
    assert!(seen["seenMs"].as_i64().unwrap() >= 33_000, "{seen}");
    assert_eq!(kept.truth_of(user).await["presence"]["message"], "at last");
    let records = kept.stop().await;
    let ends: Vec<_> = records.iter().map(|record| record["outcome"].as_str()).collect();
    assert_eq!(ends, [None, Some("unknown")]);
}

#[tokio::test]
async fn a_token_that_is_taken_back_between_look_and_effect_is_made_anew() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    kept.fault(json!({ "kind": "slow", "delaySeconds": 1, "route": "GET /api/v2/users/{id}$" })).await;
    let body = json!({ "presenceDefinition": { "id": MEETING } });
    let (answer, ()) = tokio::join!(kept.patch(user, &body), async {
        sleep(Duration::from_millis(400)).await;
        kept.fault(json!({ "kind": "revoke_tokens" })).await;
    });
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(kept.truth_of(user).await["presence"]["definitionId"], MEETING);
    let records = kept.stop().await;
    assert_eq!(records.iter().filter(|record| record["kind"] == "closed").count(), 1);
    assert_eq!(records[1]["outcome"], "accepted");
}

#[tokio::test]
async fn who_prefers_it_begins_anew_after_somebody_elses_change() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let path = format!("/api/v2/users/{}/presences/purecloud", id(&agent));
    let Speaker { http, base, bearer } = &kept.house.machine;
    let call = async |prefer: &str| {
        let request = http.patch(format!("{base}{path}")).bearer_auth(bearer).header("prefer", prefer);
        let body = json!({ "presenceDefinition": { "id": MEETING } });
        request.header(IF_MATCH, "\"old\"").json(&body).send().await.unwrap()
    };
    let (status, code, _) = refusal(call("return=minimal").await).await;
    assert_eq!((status, code.as_str()), (StatusCode::PRECONDITION_FAILED, "version.mismatch"));
    let answer = call("return=minimal, Retry-Conflict").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["preference-applied"], "retry-conflict");
    assert_eq!(answer.json::<Value>().await.unwrap()["conflicts"], 1);
    assert_eq!(kept.record("closed").await["conflicts"], 1);
    kept.stop().await;
}

/// Who is refused by a limit of its own while nobody may ask upstream does not let others ask.
#[tokio::test]
async fn a_callers_own_limit_lets_nobody_try_before_the_time() {
    let kept = Kept::start_with(still(40, 4), |config| {
        config.rules.machine_a_minute = 5;
        config.machines.push(MachineClient {
            id: "other".to_owned(),
            secret: Secret::new("other"),
            roles: Roles::from_iter([Role::Supervisor]),
        });
    })
    .await;
    let agent = kept.agent("IDLE").await;
    let (user, body) = (id(&agent), json!({ "presenceDefinition": LUNCH }));
    kept.fault(json!({ "kind": "server_error", "seconds": 600, "route": "/api/v2/users/{id}$" })).await;
    for _ in 0..5 {
        assert_eq!(kept.patch(user, &body).await.status(), StatusCode::BAD_GATEWAY);
    }
    assert_eq!(refusal(kept.patch(user, &body).await).await.1, "limit.caller");
    let other = Speaker::sign_in(&kept.house.proxy.base_url(), "other", "other").await;
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    assert_eq!(refusal(other.call(Method::PATCH, &path, Some(&body)).await).await.1, "writes.stopped");
    kept.stop().await;
}

#[tokio::test]
async fn writes_are_refused_at_once_while_upstream_fails_and_one_tries_now_and_then() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let user = id(&agent);
    let body = json!({ "presenceDefinition": LUNCH });
    kept.fault(json!({ "kind": "server_error", "seconds": 600, "route": "/api/v2/users/{id}$" })).await;
    let mut failed = 0;
    let retry_after_ms = loop {
        let (status, code, body) = refusal(kept.patch(user, &body).await).await;
        if code == "writes.stopped" {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            break body["retryAfterMs"].as_u64().unwrap();
        }
        assert_eq!(status, StatusCode::BAD_GATEWAY, "{body}");
        failed += 1;
    };
    assert_eq!(failed, 5, "failures until nobody tries");
    assert!((1..=5_000).contains(&retry_after_ms), "{retry_after_ms}");
    kept.fault(json!({ "kind": "server_error", "seconds": 0, "route": "/api/v2/users/{id}$" })).await;
    assert_eq!(refusal(kept.patch(user, &body).await).await.1, "writes.stopped", "not before its time");
    sleep(Duration::from_millis(retry_after_ms)).await;
    assert_eq!(kept.patch(user, &body).await.status(), StatusCode::OK);
    assert_eq!(kept.patch(user, &json!({ "message": "soup" })).await.status(), StatusCode::OK);
    kept.stop().await;
}
