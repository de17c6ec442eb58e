//! How many waited over the last hour: what is kept over a restart, and gaps.

use std::sync::Arc;

use protocol::{Clock, QueueId};
use reqwest::Method;
use serde_json::json;

use super::{
    SOON, board_of,
    harness::{ANYWHERE, Speaker, process::Folder, ready, standing_clock, still, until},
};

const OBSERVATIONS: &str = "/api/v2/analytics/queues/observations/query";
const EVERY_MS: i64 = 30_000;

/// A proxy on a data folder, and a client of it.
async fn start(
    simulator: &simulator::Running,
    data: &Folder,
    clock: &Arc<dyn Clock>,
) -> (proxy::Running, Speaker) {
    let mut config = proxy::config::Config::demo(simulator.address(), ANYWHERE);
    config.data = Some(data.path().to_path_buf());
    let proxy = proxy::start(config, clock.clone()).await.unwrap();
    ready(&proxy.base_url()).await;
    let machine = Speaker::sign_in(&proxy.base_url(), "rollcall-demo", "rollcall-demo").await;
    (proxy, machine)
}

/// The samples of a queue, if the last is of the present time.
async fn samples(machine: &Speaker, queue: &QueueId, clock: &Arc<dyn Clock>) -> Option<Vec<Option<u32>>> {
    let samples = board_of(machine, "floor").await.queue(queue)?.samples.clone()?;
    (clock.now().ms_since(samples.until) < EVERY_MS).then_some(samples.waiting)
}

/// Waits until the samples are as expected: soon after the start a queue is still being read.
async fn check(machine: &Speaker, queue: &QueueId, clock: &Arc<dyn Clock>, expected: &[Option<u32>]) {
    until(SOON, &format!("the samples are {expected:?}"), || async {
        // Who asks again at the same moment is shown the same picture.
        clock.advance_ms(40);
        let samples = samples(machine, queue, clock).await?;
        (samples == expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_of_waiting_goes_on_after_a_restart_and_has_gaps_where_nothing_was_known() {
    let clock = standing_clock("2026-03-02T10:00:01Z");
    let simulator = simulator::start(still(6, 2), clock.clone()).await.unwrap();
    let world = Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
    // Somebody should wait; then the world stands still.
    let scenario = |pace: Option<f64>| json!({ "name": "rush", "eventsPerSecond": pace });
    world.send(Method::POST, "/simulator/scenario", &scenario(None)).await;
    world.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": 1_200 })).await;
    world.send(Method::POST, "/simulator/scenario", &scenario(Some(0.0))).await;
    let truth = world.get("/simulator/truth").await;
    let queues = truth["queues"].as_array().unwrap();
    let busiest = queues.iter().max_by_key(|queue| queue["waiting"].as_u64()).unwrap();
    let queue = QueueId::new(busiest["id"].as_str().unwrap());
    let waiting = busiest["waiting"].as_u64().unwrap() as u32;
    assert!(waiting > 0, "a rush");
    let here = Some(waiting);

    let data = Folder::new();
    let (proxy, machine) = start(&simulator, &data, &clock).await;
    check(&machine, &queue, &clock, &[here]).await;
    clock.advance_ms(EVERY_MS);
    check(&machine, &queue, &clock, &[here, here]).await;
    proxy.stop().await;

    // Three times nobody was there to sample.
    clock.advance_ms(4 * EVERY_MS);
    let (proxy, machine) = start(&simulator, &data, &clock).await;
    check(&machine, &queue, &clock, &[here, here, None, None, None, here]).await;

    // Genesys Cloud goes away, and comes back without being able to say how many wait.
    let fault = json!({ "kind": "server_error", "seconds": 3_600, "route": OBSERVATIONS });
    world.send(Method::POST, "/simulator/faults", &fault).await;
    world.send(Method::POST, "/simulator/faults", &json!({ "kind": "close_sockets" })).await;
    until(SOON, "the wall is stale", || async {
        let path = "/rollcall/walls/floor/channel";
        let snapshot = machine.send(Method::POST, path, &json!({})).await;
        (snapshot["liveAsOf"][0]["live"] == false).then_some(())
    })
    .await;
    clock.advance_ms(EVERY_MS);
    // A queue that is stale is a gap.
    check(&machine, &queue, &clock, &[here, here, None, None, None, here, None]).await;
    world.call(Method::DELETE, "/simulator/faults", None).await;
    clock.advance_ms(EVERY_MS);
    // It stays one when all is well again.
    check(&machine, &queue, &clock, &[here, here, None, None, None, here, None, here]).await;
    proxy.stop().await;
    simulator.stop().await;
}
