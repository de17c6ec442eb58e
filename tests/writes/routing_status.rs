//! The routing status: who did not respond is made to respond again, and nothing else can be set.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Kept, harness::still, id, refusal};

/// A house that stands still while an agent does not respond, and that agent.
async fn with_somebody_silent() -> (Kept, String) {
    let kept = Kept::start(still(60, 4)).await;
    kept.house.scenario("rush", None).await;
    for _ in 0..200 {
        kept.house.upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": 10 })).await;
        let truth = kept.house.truth().await;
        let agents = truth["agents"].as_array().unwrap();
        let silent = agents.iter().find(|agent| agent["routingStatus"]["status"] == "NOT_RESPONDING");
        if let Some(silent) = silent.map(|silent| id(silent).to_owned()) {
            kept.house.scenario("rush", Some(0.0)).await;
            return (kept, silent);
        }
    }
    panic!("somebody does not respond in half an hour of rush");
}

#[tokio::test]
async fn who_did_not_respond_is_made_to_respond() {
    let (kept, user) = with_somebody_silent().await;
    let path = format!("/api/v2/users/{user}/routingstatus");
    let machine = kept.house.machine.clone();
    let put = async |status: &str| {
        machine.call(Method::PUT, &path, Some(&json!({ "userId": user, "status": status }))).await
    };
    for status in ["INTERACTING", "COMMUNICATING", "NOT_RESPONDING", "ON_QUEUE"] {
        let (found, code, body) = refusal(put(status).await).await;
        assert_eq!((found.as_u16(), code.as_str()), (400, "routing.status.not.settable"), "{body}");
        assert_eq!(body["messageParams"]["accepted"], "IDLE, OFF_QUEUE");
    }
    let mut socket = machine.listen(&[format!("v2.users.{user}.routingStatus")]).await;
    let answer = put("IDLE").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers().contains_key("etag"));
    let answer: Value = answer.json().await.unwrap();
    assert_eq!((&answer["status"], &answer["changed"]), (&json!("IDLE"), &json!(true)));
    let event = socket.find_topic(&format!("v2.users.{user}.routingStatus")).await;
    assert_eq!(event["eventBody"]["routingStatus"]["status"], "IDLE");
    assert_eq!(machine.get(&path).await["status"], "IDLE");
    assert_eq!(put("IDLE").await.json::<Value>().await.unwrap()["changed"], false);
    // Going off queue is a presence's business.
    let (found, code, body) = refusal(put("OFF_QUEUE").await).await;
    assert_eq!((found.as_u16(), code.as_str()), (409, "routing.status.transition"), "{body}");
    let (found, code, _) =
        refusal(machine.call(Method::PUT, &path, Some(&json!({ "state": "IDLE" }))).await).await;
    assert_eq!((found.as_u16(), code.as_str()), (400, "bad.request"));

    let records = kept.stop().await;
    assert!(records.iter().all(|record| record["action"] == "routingStatus"));
    let told: Vec<_> =
        records.iter().map(|record| (record["kind"].as_str(), record["outcome"].as_str())).collect();
    let refused = (Some("refused"), Some("refused"));
    let closed = |outcome: &'static str| (Some("closed"), Some(outcome));
    let expected = [
        refused,
        refused,
        refused,
        refused,
        (Some("opened"), None),
        closed("accepted"),
        closed("noChange"),
        refused,
    ];
    assert_eq!(told, expected);
    assert_eq!(records[4]["before"]["status"], "NOT_RESPONDING");
    assert_eq!(records[5]["after"]["status"], "IDLE");
}
