//! The calls that the proxy makes upstream: who makes them, how many, and what becomes of the wall when there
//! are too few.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;

use harness::{House, still, system_clock};
use proxy::config::{ClientConfig, Secret};
use serde_json::Value;

/// The OAuth clients of these tests; each is its own secret.
const CLIENTS: [&str; 2] = ["first", "second"];

/// A simulator that knows them beside its own.
fn knows_both(mut config: simulator::Config) -> simulator::Config {
    config.clients.extend(CLIENTS.map(|id| simulator::Client::new(id, id)));
    config
}

/// A proxy that speaks as both, the first with so many channels.
fn speaks_as_both(config: &mut proxy::config::Config, channels: u16) {
    let client = |id: &str, channels| ClientConfig { id: id.to_owned(), secret: Secret::new(id), channels };
    config.genesys.clients = vec![client("first", channels), client("second", 20)];
}

/// What the simulator counted for a client's tokens: one number for each.
fn calls_of(truth: &Value, client: &str) -> Vec<u64> {
    let limits = truth["limits"].as_array().unwrap();
    let mine = limits.iter().filter(|limit| limit["client"] == client);
    mine.map(|limit| limit["calls"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn reads_are_shared_and_each_channel_belongs_to_its_own_client() {
    // The first client's only channel for topics holds a thousand of them.
    let config = knows_both(still(1_050, 3));
    let house = House::start_with(system_clock(), config, |config| speaks_as_both(config, 3)).await;
    let truth = house.truth().await;
    let calls = CLIENTS.map(|client| calls_of(&truth, client));
    assert_eq!(calls.each_ref().map(Vec::len), [1, 1], "one token each: {calls:?}");
    let (first, second) = (calls[0][0], calls[1][0]);
    assert!(first.min(second) >= 4 && first.abs_diff(second) <= 3, "shared evenly: {calls:?}");
    let channels = truth["channels"].as_array().unwrap();
    let topics = CLIENTS.map(|client| {
        let mine = channels.iter().filter(|channel| channel["client"] == client);
        mine.map(|channel| channel["topics"].as_u64().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(topics, [vec![1_000], vec![53]], "the second client carries what the first cannot");
    house.stop().await;
}
