//! What no event told and no gap explains is found by the truth audit, put right and counted.

use std::time::Duration;

use protocol::{QueueId, query::ObservationsQuery};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::harness::{
    House, SOON, Speaker,
    page::{Page, metric},
    still, until,
};

/// How many are waiting and interacting in each queue, as simulator and proxy answer it alike.
async fn figures(of: &Speaker, queues: &[QueueId]) -> Vec<String> {
    let query = serde_json::to_value(ObservationsQuery::of_queues(queues)).unwrap();
    let answer = of.send(Method::POST, "/api/v2/analytics/queues/observations/query", &query).await;
    let mut figures = Vec::new();
    for result in answer["results"].as_array().unwrap() {
        for metric in result["data"].as_array().unwrap() {
            let count = metric["stats"]["count"].as_f64().unwrap_or(0.0);
            let is_count = metric["metric"] == "oWaiting" || metric["metric"] == "oInteracting";
            if is_count && count > 0.0 {
                let group = &result["group"];
                figures.push(format!(
                    "{} {} {} {count}",
                    group["queueId"], group["mediaType"], metric["metric"]
                ));
            }
        }
    }
    figures.sort();
    figures
}

#[tokio::test]
async fn what_no_event_told_is_found_put_right_and_counted() {
    let house = House::start(still(30, 3)).await;
    let base = house.proxy.base_url();
    let listed = house.upstream.get("/api/v2/routing/queues?pageSize=100").await;
    let queues: Vec<QueueId> =
        listed["entities"].as_array().unwrap().iter().map(|q| q["id"].as_str().unwrap().into()).collect();
    assert_eq!(figures(&house.upstream, &queues).await, figures(&house.machine, &queues).await);
    // Events that come in an hour, while channels and heartbeats are as ever.
    for topic in ["observations", "conversationsummary"] {
        let fault = json!({ "kind": "delay", "seconds": 3_600, "delaySeconds": 3_600, "topic": topic });
        house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    }
    until(SOON, "upstream and proxy differ, also while the world stands still", || async {
        house.scenario("calm", Some(100.0)).await;
        sleep(Duration::from_millis(100)).await;
        house.scenario("calm", Some(0.0)).await;
        (figures(&house.upstream, &queues).await != figures(&house.machine, &queues).await).then_some(())
    })
    .await;
    assert_eq!(metric(&base, "rollcall_audits_total").await, 0.0);
    let mut steps = 0;
    loop {
        let (truth, told) = (figures(&house.upstream, &queues).await, figures(&house.machine, &queues).await);
        if truth == told {
            break;
        }
        steps += 1;
        assert!(steps < 100, "the audit puts it right: {truth:?}, {told:?}");
        // So slowly that every heartbeat comes in its time.
        house.clock.advance_ms(3_000);
        sleep(Duration::from_millis(200)).await;
    }
    assert!(steps > 12, "not before the audit: {steps}");
    let status: Value = house.machine.get("/rollcall/status").await;
    assert!(status["drift"]["observations"].as_u64() > Some(0), "{status}");
    assert!(status["reconnects"].as_object().unwrap().values().all(|n| n == 0), "no gap: {status}");
    house.stop().await;
}

#[tokio::test]
async fn what_nobody_vouches_for_is_told_and_is_no_drift() {
    let house = House::start(still(30, 3)).await;
    let base = house.proxy.base_url();
    let page = Page::open(&base).await;
    let notes = || async { page.wall("floor").await.0["wall"]["notes"].clone() };
    let status = || house.machine.get("/rollcall/status");
    let first: Value = status().await;
    assert_eq!((&first["refused"], &first["trouble"], notes().await), (&json!(0), &Value::Null, Value::Null));

    let fault = json!({ "kind": "deny_topic", "seconds": 36_000, "topic": "presence" });
    house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    house.fault("close_sockets", 0).await;
    let told = until(SOON, "the refusal is told", || async {
        Some(status().await).filter(|told| told["refused"] == 30 && told["live"] == 1)
    })
    .await;
    assert_eq!(told["trouble"], "topics refused: presence");
    assert_eq!(metric(&base, "rollcall_refused").await, 30.0);
    let note =
        "30 agents of this wall are stale: Genesys Cloud refuses their topics; rollcall doctor says why";
    assert_eq!(notes().await, json!([note]));

    // No event tells of it, and nobody says that one should have.
    let user = house.truth().await["agents"][0]["id"].as_str().unwrap().to_owned();
    house.upstream.patch_presence(&user, &json!({ "message": "told by no event" })).await;
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    let mut steps = 0;
    while house.machine.get(&path).await["message"] != "told by no event" {
        steps += 1;
        assert!(steps < 100, "the audit puts it right");
        house.clock.advance_ms(3_000);
        sleep(Duration::from_millis(200)).await;
    }
    let told: Value = status().await;
    assert!(told["drift"]["presence"].as_u64().unwrap_or(0) == 0, "{told}");

    house.upstream.send(Method::DELETE, "/simulator/faults", &Value::Null).await;
    house.fault("close_sockets", 0).await;
    until(SOON, "nothing is refused any more", || async { (status().await["refused"] == 0).then_some(()) })
        .await;
    assert_eq!((&status().await["trouble"], notes().await), (&Value::Null, Value::Null));
    house.stop().await;
}
