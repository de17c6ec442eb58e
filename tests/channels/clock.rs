//! A proxy whose own clock is wrong against upstream's, as after a sleep of its machine: it finds out by itself, and what it
//! reckoned with the wrong time is put right too.

use std::sync::Arc;

use protocol::{Clock, QueueId, Timestamp, query::ObservationsQuery};
use reqwest::Method;
use serde_json::json;

use crate::harness::{House, SOON, Speaker, still, system_clock, until};

/// Clocks of one machine: some milliseconds for the network, and a debug build.
const APART_MAX_MS: i64 = 1_500;

/// A house whose simulator has a clock of its own, which `/simulator/clock` moves alone.
async fn apart() -> (House, Arc<dyn Clock>) {
    let (theirs, ours) = (system_clock(), system_clock());
    let house = House::start_apart((theirs.clone(), ours), still(30, 3), |_| {}).await;
    (house, theirs)
}

async fn advance(house: &House, seconds: u32) {
    house.upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": seconds })).await;
}

/// How many milliseconds the proxy's time is behind upstream's.
async fn behind(house: &House, theirs: &Arc<dyn Clock>) -> i64 {
    let status = house.machine.get("/rollcall/status").await;
    let ours: Timestamp = status["serverTime"].as_str().unwrap().parse().unwrap();
    theirs.now().ms_since(ours)
}

async fn is_right(house: &House, theirs: &Arc<dyn Clock>, why: &str) {
    until(SOON, why, || async { (behind(house, theirs).await.abs() < APART_MAX_MS).then_some(()) }).await;
}

async fn change_a_presence(house: &House, words: &str) {
    let users = house.upstream.get("/api/v2/users?pageSize=1").await;
    let user = users["entities"][0]["id"].as_str().unwrap();
    house.upstream.patch_presence(user, &json!({ "message": words })).await;
}

/// How long the longest waits in each queue, in milliseconds.
async fn waits(of: &Speaker) -> Vec<(String, f64)> {
    let listed = of.get("/api/v2/routing/queues?pageSize=100").await;
    let queues: Vec<QueueId> =
        listed["entities"].as_array().unwrap().iter().map(|q| q["id"].as_str().unwrap().into()).collect();
    let query = serde_json::to_value(ObservationsQuery::of_queues(&queues)).unwrap();
    let answer = of.send(Method::POST, "/api/v2/analytics/queues/observations/query", &query).await;
    let mut waits = Vec::new();
    for result in answer["results"].as_array().unwrap() {
        for metric in result["data"].as_array().unwrap() {
            let stats = &metric["stats"];
            let ms = stats["calculatedMetricValue"].as_f64().or(stats["max"].as_f64()).unwrap_or(0.0);
            if metric["metric"] == "oLongestWaiting" && ms > 0.0 {
                let group = &result["group"];
                waits.push((format!("{} {}", group["queueId"], group["mediaType"]), ms));
            }
        }
    }
    waits.sort_by(|a, b| a.0.cmp(&b.0));
    waits
}

/// Whether both say the same of the same queue.
fn agree(one: &(String, f64), other: &(String, f64)) -> bool {
    one.0 == other.0 && (one.1 - other.1).abs() < APART_MAX_MS as f64
}

#[tokio::test]
async fn an_event_from_the_future_tells_that_our_clock_is_wrong() {
    let (house, theirs) = apart().await;
    assert!(behind(&house, &theirs).await.abs() < APART_MAX_MS);
    advance(&house, 600).await;
    assert!(behind(&house, &theirs).await > 590_000, "nothing has told the proxy yet");
    change_a_presence(&house, "later").await;
    is_right(&house, &theirs, "the event's date is ten minutes ahead").await;

    // The next doubt waits for its turn. What queues tell meanwhile is reckoned with the wrong time.
    advance(&house, 600).await;
    house.scenario("rush", Some(200.0)).await;
    until(SOON, "more wait than are answered", || async {
        (waits(&house.upstream).await.len() >= 3).then_some(())
    })
    .await;
    house.scenario("rush", Some(0.0)).await;
    change_a_presence(&house, "last of all").await;
    until(SOON, "the proxy has heard all of it", || async {
        let users = house.machine.get("/api/v2/users?pageSize=100&expand=presence").await;
        users.to_string().contains("last of all").then_some(())
    })
    .await;
    until(SOON, "queues are told with the wrong time", || async {
        let (truth, told) = (waits(&house.upstream).await, waits(&house.machine).await);
        let of_now = |wait: &&(String, f64)| wait.1 < 60_000.0 && told.iter().any(|told| agree(wait, told));
        truth.iter().find(of_now).map(drop)
    })
    .await;
    assert!(behind(&house, &theirs).await > 590_000, "asked once in fifteen seconds");
    house.clock.advance_ms(15_000);
    is_right(&house, &theirs, "the doubt was not forgotten").await;
    until(SOON, "who waits is reckoned anew", || async {
        let (truth, told) = (waits(&house.upstream).await, waits(&house.machine).await);
        (!truth.is_empty() && truth.len() == told.len() && truth.iter().zip(&told).all(|(a, b)| agree(a, b)))
            .then_some(())
    })
    .await;
    house.stop().await;
}

#[tokio::test]
async fn after_a_gap_our_clock_is_looked_at_again() {
    let (house, theirs) = apart().await;
    advance(&house, 600).await;
    // Nothing happens in this world, so that no event has a date to be wrong.
    house.fault("close_sockets", 0).await;
    is_right(&house, &theirs, "it is asked after the gap").await;
    house.stop().await;
}
