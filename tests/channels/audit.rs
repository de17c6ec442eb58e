//! What no event told and no gap explains is found by the truth audit, put right and counted.

use std::time::Duration;

use protocol::{QueueId, query::ObservationsQuery};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::harness::{House, SOON, Speaker, page::metric, still, until};

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
    house.scenario("calm", Some(100.0)).await;
    until(SOON, "upstream and proxy differ", || async {
        (figures(&house.upstream, &queues).await != figures(&house.machine, &queues).await).then_some(())
    })
    .await;
    house.scenario("calm", Some(0.0)).await;
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
