//! What others change is recorded when that is switched on, and what we change is not recorded twice.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{AVAILABLE, MEETING, id};
use crate::harness::{House, SOON, still, system_clock, until};

async fn records(house: &House) -> Vec<Value> {
    let page = house.machine.get("/rollcall/audit?pageSize=100").await;
    page["entities"].as_array().unwrap().clone()
}

#[tokio::test]
async fn changes_made_elsewhere_are_recorded_when_that_is_switched_on() {
    for observe in [true, false] {
        let house =
            House::start_with(system_clock(), still(40, 4), |config| config.audit.observe = observe).await;
        let truth = house.truth().await;
        let agents = truth["agents"].as_array().unwrap();
        let idle: Vec<&Value> =
            agents.iter().filter(|agent| agent["routingStatus"]["status"] == "IDLE").take(2).collect();
        let (ours, theirs) = (id(idle[0]), id(idle[1]));
        let body = json!({ "presenceDefinition": { "id": MEETING }, "message": "ours" });
        let path = format!("/api/v2/users/{ours}/presences/purecloud");
        let answer = house.machine.call(reqwest::Method::PATCH, &path, Some(&body)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let body = json!({ "presenceDefinition": { "id": MEETING }, "message": "theirs" });
        let since = house.upstream.patch_presence(theirs, &body).await["modifiedDate"].clone();
        house.upstream.patch_presence(ours, &json!({ "presenceDefinition": { "id": AVAILABLE } })).await;
        if observe {
            until(SOON, "both are recorded", || async {
                (records(&house).await.iter().filter(|record| record["kind"] == "observed").count() == 2)
                    .then_some(())
            })
            .await;
        } else {
            // Longer than it takes to hand them over.
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        let all = records(&house).await;
        let observed: Vec<&Value> = all.iter().filter(|record| record["kind"] == "observed").collect();
        assert_eq!(observed.len(), if observe { 2 } else { 0 }, "{observed:#?}");
        if let Some(record) = observed.iter().find(|record| record["userId"] == theirs) {
            assert_eq!(record["actor"], json!({ "kind": "unknown", "name": "" }));
            assert_eq!(record["before"]["presenceDefinition"]["id"], idle[1]["presence"]["definitionId"]);
            let after = &record["after"];
            assert_eq!(
                (&after["presenceDefinition"]["id"], &after["message"]),
                (&json!(MEETING), &json!("theirs"))
            );
            assert_eq!((&after["modifiedDate"], &after["source"]), (&since, &json!("PURECLOUD")));
            assert_eq!(record["outcome"], Value::Null);
        }
        let own = all.iter().filter(|record| record["kind"] == "opened" || record["kind"] == "closed");
        assert_eq!(own.count(), 2, "our own is a write, and nothing else");
        house.stop().await;
    }
}
