//! `Idempotency-Key`: once made, twice answered.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    AVAILABLE, Kept, MEETING,
    harness::{Speaker, still},
    id, refusal,
};

impl Kept {
    async fn with_key(&self, key: &str, path: &str, body: &Value) -> Response {
        let Speaker { http, base, bearer } = &self.house.machine;
        let request = http.patch(format!("{base}{path}")).bearer_auth(bearer);
        request.header("idempotency-key", key).json(body).send().await.unwrap()
    }
}

#[tokio::test]
async fn a_request_with_the_same_key_is_answered_alike_and_made_once() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let path = format!("/api/v2/users/{}/presences/purecloud", id(&agent));
    let meeting = json!({ "presenceDefinition": { "id": MEETING } });
    let first = kept.with_key("k1", &path, &meeting).await;
    assert_eq!((first.status(), first.headers().get("idempotent-replayed")), (StatusCode::OK, None));
    let (etag, body) = (first.headers()["etag"].clone(), first.text().await.unwrap());
    // Somebody changes it: the same key changes it back to nothing.
    kept.house
        .upstream
        .patch_presence(id(&agent), &json!({ "presenceDefinition": { "id": AVAILABLE } }))
        .await;
    let again = kept.with_key("k1", &path, &meeting).await;
    assert_eq!(
        (again.status(), &again.headers()["idempotent-replayed"]),
        (StatusCode::OK, &"true".parse().unwrap())
    );
    assert_eq!(
        (&again.headers()["etag"], &again.headers()["content-type"]),
        (&etag, &"application/json".parse().unwrap())
    );
    assert_eq!(again.text().await.unwrap(), body);
    assert_eq!(kept.truth_of(id(&agent)).await["presence"]["definitionId"], AVAILABLE);

    // A refusal is an answer, too; another body is another request.
    let siesta = json!({ "presenceDefinition": "Siesta" });
    for _ in 0..2 {
        let (status, code, _) = refusal(kept.with_key("k2", &path, &siesta).await).await;
        assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "presence.unknown"));
    }
    let (status, code, _) = refusal(kept.with_key("k2", &path, &meeting).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency.mismatch"));
    let (status, _, body) = refusal(kept.with_key(&"k".repeat(256), &path, &meeting).await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["message"].as_str().unwrap().starts_with("Idempotency-Key"), "{body}");

    // After a start again it is still known.
    let data = Some(kept.folder.path().to_owned());
    let Kept { house, folder } = kept;
    let mut house = house.start_again(|config| config.data = data).await;
    house.machine = Speaker::sign_in(&house.proxy.base_url(), "rollcall-demo", "rollcall-demo").await;
    let kept = Kept { house, folder };
    let again = kept.with_key("k1", &path, &meeting).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    let records = kept.stop().await;
    let kinds: Vec<_> = records.iter().map(|record| record["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["opened", "closed", "refused"]);
}

#[tokio::test]
async fn a_key_under_way_waits_for_its_answer_and_what_was_not_decided_tries_again() {
    let kept = Kept::start(still(40, 4)).await;
    let agent = kept.agent("IDLE").await;
    let path = format!("/api/v2/users/{}/presences/purecloud", id(&agent));
    let meeting = json!({ "presenceDefinition": { "id": MEETING } });
    let fault = |kind: &str, seconds: u32| json!({ "kind": kind, "seconds": seconds, "route": "GET /api/v2/users/{id}$" });
    let order = async |fault: Value| {
        kept.house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    };
    order(fault("slow", 60)).await;
    // The caller goes away; the request goes on.
    let gone = tokio::time::timeout(Duration::from_millis(500), kept.with_key("k1", &path, &meeting)).await;
    assert!(gone.is_err(), "it takes two seconds");
    let (status, code, _) = refusal(kept.with_key("k1", &path, &meeting).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "idempotency.running"));
    let replayed = crate::harness::until(crate::harness::SOON, "it is answered", || async {
        let again = kept.with_key("k1", &path, &meeting).await;
        (again.status() == StatusCode::OK).then_some(again)
    })
    .await;
    assert_eq!(replayed.headers()["idempotent-replayed"], "true");
    assert_eq!(replayed.json::<Value>().await.unwrap()["changed"], true);

    order(fault("slow", 0)).await;
    order(fault("server_error", 600)).await;
    let body = json!({ "message": "soup" });
    assert_eq!(kept.with_key("k2", &path, &body).await.status(), StatusCode::BAD_GATEWAY);
    order(fault("server_error", 0)).await;
    let answer = kept.with_key("k2", &path, &body).await;
    assert_eq!((answer.status(), answer.headers().get("idempotent-replayed")), (StatusCode::OK, None));
    kept.stop().await;
}

/// Of fifty that a caller may not all write at once the rest is written when it asks again.
#[tokio::test]
async fn a_bulk_that_was_refused_in_part_for_now_is_not_kept() {
    let kept = Kept::start_with(still(40, 4), |config| config.rules.machine_a_minute = 3).await;
    let agent = kept.agent("IDLE").await;
    kept.patch(id(&agent), &json!({ "message": "one before" })).await;
    let Speaker { http, base, bearer } = &kept.house.machine;
    let users = kept.house.upstream.get("/api/v2/users?pageSize=3").await;
    let users = users["entities"].as_array().unwrap().iter();
    let body: Value = users.map(|user| json!({ "id": user["id"], "message": "in bulk" })).collect();
    let bulk = async || {
        let request = http.put(format!("{base}/api/v2/users/presences/bulk")).bearer_auth(bearer);
        request.header("idempotency-key", "b1").json(&body).send().await.unwrap()
    };
    let answer = bulk().await;
    let retry_after = answer.headers()["retry-after"].to_str().unwrap().parse::<i64>().unwrap();
    let (status, code, said) = refusal(answer).await;
    assert_eq!((status, code.as_str()), (StatusCode::TOO_MANY_REQUESTS, "limit.caller"), "{said}");
    let exact = said["retryAfterMs"].as_i64().unwrap();
    assert!((1..=60_000).contains(&exact) && retry_after == (exact + 999) / 1_000, "{retry_after} s, {said}");
    assert_eq!(said["errors"].as_array().unwrap().len(), 1);
    kept.house.clock.advance_ms(61_000);
    let again = bulk().await;
    assert_eq!((again.status(), again.headers().get("idempotent-replayed")), (StatusCode::OK, None));
    let told: Value = again.json().await.unwrap();
    assert_eq!(told.as_array().unwrap().iter().filter(|one| one["changed"] == true).count(), 1, "{told}");
    kept.stop().await;
}
