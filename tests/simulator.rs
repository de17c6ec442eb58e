//! `rollcall simulator` as a program of its own: what its options promise.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{
    http,
    process::{Process, rollcall},
};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// A simulator in a process of its own.
struct Simulator {
    base: String,
    http: Client,
    _process: Process,
}

impl Simulator {
    async fn start(options: &[&str]) -> Self {
        let mut command = rollcall();
        command
            .args(["simulator", "--listen", "127.0.0.1:0", "--agents", "40", "--queues", "5"])
            .args(options);
        let process = Process::start(&mut command).unwrap();
        process.says("Ctrl-C stops it").await;
        let stdout = process.stdout();
        let base = stdout.lines().find(|line| line.starts_with("http://")).unwrap().to_owned();
        Self { base, http: http(), _process: process }
    }

    async fn order(&self, path: &str, body: Value) {
        let response = self.http.post(format!("{}{path}", self.base)).json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }

    async fn truth(&self) -> String {
        let response = self.http.get(format!("{}/simulator/truth", self.base)).send().await.unwrap();
        response.text().await.unwrap()
    }

    async fn token(&self) -> String {
        let form = [("grant_type", "client_credentials")];
        let request = self.http.post(format!("{}/oauth/token", self.base));
        let response = request.basic_auth("simulator", Some("simulator")).form(&form).send().await.unwrap();
        let body: Value = response.json().await.unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }
}

/// The truth after a day with a rush and an outage.
async fn day(seed: &str) -> String {
    let options = ["--seed", seed, "--start", "2026-03-28T20:00:00Z", "--stop-clock"];
    let simulator = Simulator::start(&options).await;
    for (scenario, seconds) in [("calm", 60), ("rush", 7_200), ("outage", 3_600), ("shift_change", 20_000)] {
        simulator.order("/simulator/scenario", json!({ "name": scenario })).await;
        simulator.order("/simulator/clock", json!({ "advanceSeconds": seconds })).await;
    }
    simulator.truth().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_date_and_moves_make_the_same_world_byte_for_byte() {
    let (one, again, other) = tokio::join!(day("5"), day("5"), day("6"));
    let truth: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(truth["now"], "2026-03-29T04:34:20.000Z");
    assert!(truth["conversationsEnded"]["completed"].as_u64() > Some(100), "a day has passed");
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_calls_are_enforced_when_it_is_told_to() {
    let options = ["--enforce-call-limits", "--calls-per-minute", "5", "--faults-strike-all", "--stop-clock"];
    let simulator = Simulator::start(&options).await;
    let token = simulator.token().await;
    let call = async || {
        let request = simulator.http.get(format!("{}/api/v2/date", simulator.base));
        request.bearer_auth(&token).send().await.unwrap()
    };
    for _ in 0..5 {
        assert_eq!(call().await.status(), StatusCode::OK);
    }
    let refused = call().await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let retry_after: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&retry_after), "{retry_after}");
    simulator.order("/simulator/clock", json!({ "advanceSeconds": retry_after })).await;
    assert_eq!(call().await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_when_it_is_told_that_they_do() {
    let simulator = Simulator::start(&["--token-seconds", "60", "--stop-clock"]).await;
    let token = simulator.token().await;
    let call = async || {
        let request = simulator.http.get(format!("{}/api/v2/date", simulator.base));
        request.bearer_auth(&token).send().await.unwrap().status()
    };
    simulator.order("/simulator/clock", json!({ "advanceSeconds": 59 })).await;
    assert_eq!(call().await, StatusCode::OK);
    simulator.order("/simulator/clock", json!({ "advanceSeconds": 1 })).await;
    assert_eq!(call().await, StatusCode::UNAUTHORIZED);
}
