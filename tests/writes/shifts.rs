//! Published shifts: asked of workforce management, held against the moment, and kept for a day.

use std::collections::HashMap;

use protocol::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{Kept, MEETING, harness::still, id, refusal};

/// Who is on shift now and who is not, as workforce management says, of people whom nothing else keeps from being changed.
async fn on_and_off_shift(kept: &Kept) -> (Vec<String>, Vec<String>) {
    let upstream = &kept.house.upstream;
    let truth = kept.house.truth().await;
    let now: Timestamp = truth["now"].as_str().unwrap().parse().unwrap();
    let mut shifts: HashMap<String, bool> = HashMap::new();
    let units = upstream.get("/api/v2/workforcemanagement/managementunits?pageSize=100").await;
    for unit in units["entities"].as_array().unwrap() {
        let path = format!("/api/v2/workforcemanagement/managementunits/{}/agentschedules/search", id(unit));
        let path = format!("{path}?forceDownloadService=false");
        let day = json!({ "startDate": now.plus_ms(-36 * 3_600_000), "endDate": now.plus_ms(3_600_000) });
        let found = upstream.send(Method::POST, &path, &day).await;
        for agent in found["result"]["agentSchedules"].as_array().unwrap() {
            let is_on = agent["shifts"].as_array().unwrap().iter().any(|shift| {
                let start: Timestamp = shift["startDate"].as_str().unwrap().parse().unwrap();
                let end = start.plus_ms(shift["lengthMinutes"].as_i64().unwrap() * 60_000);
                start <= now && now < end
            });
            shifts.insert(id(&agent["user"]).to_owned(), is_on);
        }
    }
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for agent in truth["agents"].as_array().unwrap() {
        let is_free = ["IDLE", "OFF_QUEUE"].iter().any(|status| agent["routingStatus"]["status"] == *status);
        match shifts.get(id(agent)) {
            Some(true) if is_free => on.push(id(agent).to_owned()),
            Some(false) if is_free => off.push(id(agent).to_owned()),
            Some(_) | None => {}
        }
    }
    (on, off)
}

#[tokio::test]
async fn outside_of_a_published_shift_only_offline_is_set() {
    let kept = Kept::start_with(still(60, 4), |config| config.rules.shifts = true).await;
    let (on, off) = on_and_off_shift(&kept).await;
    let meeting = json!({ "presenceDefinition": { "id": MEETING } });
    let answer = kept.patch(&on[0], &meeting).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.json::<Value>().await.unwrap()["warnings"], Value::Null);
    let (status, code, body) = refusal(kept.patch(&off[0], &meeting).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "shift.outside"), "{body}");
    assert_eq!(
        kept.patch(&off[0], &json!({ "presenceDefinition": "offline" })).await.status(),
        StatusCode::OK
    );
    assert_eq!(kept.patch(&off[0], &json!({ "message": "on holiday" })).await.status(), StatusCode::OK);

    // Who was asked about is known for a day; who was not is let through with a warning, since nobody knows.
    let fault = json!({ "kind": "server_error", "seconds": 600, "route": "/api/v2/workforcemanagement" });
    kept.house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    assert_eq!(refusal(kept.patch(&off[0], &meeting).await).await.1, "shift.outside");
    let answer = kept.patch(&off[1], &meeting).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["warnings"][0]["code"], "shift.none", "{body}");
    let records = kept.stop().await;
    assert!(records.iter().any(|record| record["warnings"] == json!(["shift.none"])), "it is in the log");
}

/// Whether a result stands in the answer or elsewhere, and whether it is given without the token, is not documented.
#[tokio::test]
async fn shifts_that_are_answered_by_an_address_are_fetched_with_the_token_where_it_needs_one() {
    for downloads_need_a_token in [false, true] {
        let answers = simulator::Answers {
            schedules_by_download: true,
            downloads_need_a_token,
            ..simulator::Answers::default()
        };
        let kept = Kept::start_with(simulator::Config { answers, ..still(60, 4) }, |config| {
            config.rules.shifts = true;
        });
        let kept = kept.await;
        let (on, off) = on_and_off_shift(&kept).await;
        let meeting = json!({ "presenceDefinition": { "id": MEETING } });
        let answer = kept.patch(&on[0], &meeting).await;
        assert_eq!(answer.json::<Value>().await.unwrap()["warnings"], Value::Null);
        let (status, code, body) = refusal(kept.patch(&off[0], &meeting).await).await;
        assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "shift.outside"), "{body}");
        kept.stop().await;
    }
}
