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
