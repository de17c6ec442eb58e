//! The calls that the proxy makes upstream: who makes them, how many, and what becomes of the wall when there
//! are too few.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;

use std::time::Duration;

use harness::{House, SOON, Speaker, lively, still, system_clock, until};
use proxy::config::{ClientConfig, Secret};
use reqwest::Method;
use serde_json::{Value, json};

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

/// A figure of the proxy, summed over all that have these labels.
async fn figure(house: &House, name: &str, labels: &[&str]) -> i64 {
    let url = format!("{}/metrics", house.proxy.base_url());
    let text = harness::http().get(url).send().await.unwrap().text().await.unwrap();
    let lines = text.lines().filter(|line| line.starts_with(&format!("rollcall_{name}{{")));
    let mine = lines.filter(|line| labels.iter().all(|label| line.contains(label)));
    mine.map(|line| line.rsplit(' ').next().unwrap().parse::<i64>().unwrap()).sum()
}

/// Calls that upstream answered 429.
async fn put_off(house: &House) -> i64 {
    figure(house, "upstream_calls_total", &["outcome=\"rate limited\""]).await
}

async fn minted(house: &House) -> i64 {
    figure(house, "upstream_tokens_total", &[]).await
}

/// Who is how, by id: presence and its date.
async fn people(speaker: &Speaker) -> Vec<(String, Value)> {
    let page = speaker.get("/api/v2/users?pageSize=100&expand=presence,routingStatus").await;
    let person = |user: &Value| {
        let presence = &user["presence"];
        let state = json!([
            presence["presenceDefinition"]["id"],
            presence["modifiedDate"],
            presence["message"],
            user["routingStatus"]["status"],
        ]);
        (user["id"].as_str().unwrap().to_owned(), state)
    };
    let mut people: Vec<_> = page["entities"].as_array().unwrap().iter().map(person).collect();
    people.sort_by(|a, b| a.0.cmp(&b.0));
    people
}

/// Waits until the proxy knows of everybody what is so.
async fn agrees(house: &House, upstream: &Speaker) {
    until(Duration::from_secs(30), "wall and truth agree", || async {
        let (known, true_) = (people(&house.machine).await, people(upstream).await);
        (known == true_).then_some(())
    })
    .await;
}

/// All sockets close, and while nobody listens somebody changes: only reads can tell of it.
async fn gap(house: &House) {
    let user = people(&house.upstream).await[0].0.clone();
    house.fault("close_sockets", 0).await;
    house.upstream.patch_presence(&user, &json!({ "message": "nobody heard" })).await;
}

async fn order(house: &House, fault: Value) {
    house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
}

#[tokio::test]
async fn a_wait_that_upstream_asks_for_is_kept() {
    let house = House::start(still(20, 3)).await;
    order(&house, json!({ "kind": "rate_limit", "seconds": 3 })).await;
    gap(&house).await;
    agrees(&house, &house.upstream).await;
    let put_off = put_off(&house).await;
    assert!((1..=8).contains(&put_off), "those under way, and nobody after them: {put_off}");
    house.stop().await;
}

#[tokio::test]
async fn a_wait_is_kept_by_the_client_that_was_asked_to_and_by_no_other() {
    let config = knows_both(still(10, 2));
    let house = House::start_with(system_clock(), config, |config| speaks_as_both(config, 20)).await;
    // Faults strike the token that has a channel.
    order(&house, json!({ "kind": "rate_limit", "seconds": 900, "retryAfterSeconds": 170 })).await;
    house.fault("close_sockets", 0).await;
    until(SOON, "the first is asked to wait", || async {
        (figure(&house, "upstream_paused_seconds", &["client=\"0\""]).await > 0).then_some(())
    })
    .await;
    let ok = ["purpose=\"history\"", "outcome=\"ok\""];
    let (before, put_off_before) = (figure(&house, "upstream_calls_total", &ok).await, put_off(&house).await);
    house.clock.advance_ms(61_000);
    until(SOON, "figures are read by the second", || async {
        (figure(&house, "upstream_calls_total", &ok).await > before + 1).then_some(())
    })
    .await;
    assert_eq!(figure(&house, "upstream_paused_seconds", &["client=\"1\""]).await, 0);
    assert_eq!(put_off(&house).await, put_off_before, "the first still waits");
    house.stop().await;
}

#[tokio::test]
async fn refusals_without_a_word_are_not_hammered_at() {
    let house = House::start(still(20, 3)).await;
    order(&house, json!({ "kind": "rate_limit_no_header", "seconds": 3 })).await;
    gap(&house).await;
    agrees(&house, &house.upstream).await;
    let put_off = put_off(&house).await;
    assert!((1..=10).contains(&put_off), "in three seconds: {put_off}");
    house.stop().await;
}

#[tokio::test]
async fn few_calls_are_kept_within_and_the_wall_becomes_right_with_the_next_window() {
    let config = simulator::Config { enforce_call_limits: true, calls_per_minute: 20, ..lively(20, 3) };
    let house = House::start(config).await;
    until(Duration::from_secs(30), "the wall waits for the next window", || async {
        gap(&house).await;
        let board = figure(&house, "upstream_calls_waiting", &["purpose=\"board\""]).await;
        let channel = figure(&house, "upstream_calls_waiting", &["purpose=\"channel\""]).await;
        (board + channel > 0).then_some(())
    })
    .await;
    assert!(figure(&house, "upstream_calls_left", &[]).await > 1, "a share stays for what is more urgent");
    assert!(figure(&house, "upstream_calls_allowed", &[]).await == 20, "as upstream says");
    house.scenario("calm", Some(0.0)).await;
    house.clock.advance_ms(62_000);
    agrees(&house, &house.upstream).await;
    assert_eq!(put_off(&house).await, 0, "upstream never had to refuse");
    house.stop().await;
}

#[tokio::test]
async fn a_token_that_is_taken_back_is_replaced_once() {
    let house = House::start(still(20, 3)).await;
    assert_eq!(minted(&house).await, 1);
    order(&house, json!({ "kind": "revoke_tokens" })).await;
    gap(&house).await;
    agrees(&house, &house.upstream).await;
    assert_eq!(minted(&house).await, 2, "one new token for all who were refused");
    house.stop().await;
}

#[tokio::test]
async fn the_old_token_serves_until_the_token_endpoint_is_well_again() {
    let config = simulator::Config { token_seconds: 1_000, ..still(20, 3) };
    let house = House::start(config).await;
    order(&house, json!({ "kind": "server_error", "route": "/oauth", "status": 503, "seconds": 3_600 }))
        .await;
    // The time to renew it has come; the silence that the clock jumped over ends the socket.
    house.clock.advance_ms(905_000);
    let upstream = house.upstream.clone();
    gap(&house).await;
    agrees(&house, &upstream).await;
    assert_eq!(minted(&house).await, 1, "the old one serves");
    house.upstream.send(Method::DELETE, "/simulator/faults", &Value::Null).await;
    until(SOON, "the token is renewed", || async { (minted(&house).await == 2).then_some(()) }).await;
    // The old one is over.
    house.clock.advance_ms(100_000);
    let upstream = Speaker::sign_in(&house.simulator.base_url(), "simulator", "simulator").await;
    agrees(&house, &upstream).await;
    let unauthorized = figure(&house, "upstream_calls_total", &["outcome=\"unauthorized\""]).await;
    assert_eq!((unauthorized, minted(&house).await), (0, 2), "it was renewed before it was needed");
    house.stop().await;
}

#[tokio::test]
async fn a_client_without_channels_keeps_its_token_in_use() {
    let config = knows_both(still(10, 1));
    let house = House::start_with(system_clock(), config, |config| speaks_as_both(config, 20)).await;
    until(SOON, "a token that nobody needs is used", || async {
        house.clock.advance_ms(125_000);
        let truth = house.truth().await;
        truth["calls"]["HEAD /api/v2/tokens/me"].as_u64()
    })
    .await;
    house.stop().await;
}

#[tokio::test]
async fn a_first_read_that_waits_for_calls_says_so_and_how_far_it_is() {
    let config =
        simulator::Config { enforce_call_limits: true, calls_per_minute: 20, ..knows_both(still(2_500, 3)) };
    let simulator = simulator::start(config, system_clock()).await.unwrap();
    let mut config = proxy::config::Config::demo(simulator.address(), harness::ANYWHERE);
    config.genesys.clients = vec![ClientConfig { channels: 5, ..config.genesys.clients[0].clone() }];
    let proxy = proxy::start(config, system_clock()).await.unwrap();
    let ready = format!("{}/readyz", proxy.base_url());
    let said = until(SOON, "it says that calls wait", || async {
        let said = harness::http().get(&ready).send().await.ok()?.text().await.ok()?;
        (said.contains("wait for their turn") && said.contains(" of 3 channels are read")).then_some(said)
    })
    .await;
    assert!(said.contains("grants 20 a minute"), "{said}");
    proxy.stop().await;
    simulator.stop().await;
}
