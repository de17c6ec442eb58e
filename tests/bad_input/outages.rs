//! Genesys Cloud cannot be reached, or errs, before the first complete read: the proxy stays up, says so,
//! asks its callers to come back, and recovers by itself.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{
    SOON, http,
    junk::{Middleman, Mood},
    page::{Page, metric},
    process::{Process, Serve},
    ready, still, system_clock, until,
};

/// The process is up, not ready, and says to whom and why.
async fn waits(process: &mut Process, base: &str, reason: &str) {
    let client = http();
    let get = |path: &str| client.get(format!("{base}{path}")).send();
    assert_eq!(get("/healthz").await.unwrap().status(), 200);
    let page = Page::open(base).await;
    let wall = page.request(Method::POST, "/rollcall/walls/floor/channel").json(&json!({})).send();
    let wall = wall.await.unwrap();
    assert_eq!(wall.status(), StatusCode::SERVICE_UNAVAILABLE);
    let seconds: u32 = wall.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "Retry-After: {seconds}");
    let body: Value = wall.json().await.unwrap();
    assert_eq!((&body["code"], &body["status"]), (&json!("not.ready"), &json!(503)), "{body}");
    process.says("trying").await;
    process.says(reason).await;
    let readyz = get("/readyz").await.unwrap();
    assert_eq!(readyz.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(readyz.text().await.unwrap().contains("waiting"), "it says for what");
    assert!(process.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_is_tried_again_until_somebody_listens() {
    // Bound once, so that the port is one that nobody else has, and given back.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut serve = Serve::start(&format!("http://{address}"), "simulator", "info");
    let base = serve.process.base_url().await;
    waits(&mut serve.process, &base, "cannot be reached").await;

    let simulator = simulator::start(still(10, 2), system_clock()).await.unwrap();
    let middle = Middleman::listen(address, &simulator.base_url(), Mood::PassOn).await;
    ready(&base).await;
    let (snapshot, _socket) = Page::open(&base).await.wall("floor").await;
    assert_eq!(snapshot["complete"], true);
    drop(middle);
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_exist_is_tried_again() {
    // The name is reserved for never being one: RFC 6761.
    let mut serve = Serve::start("https://genesys.invalid", "some-secret", "info");
    let base = serve.process.base_url().await;
    waits(&mut serve.process, &base, "genesys.invalid cannot be reached").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_server_are_waited_out() {
    let simulator = simulator::start(still(10, 2), system_clock()).await.unwrap();
    let middle = Middleman::start(&simulator.base_url(), Mood::Unavailable).await;
    let mut serve = Serve::start(&middle.base_url(), "simulator", "info");
    let base = serve.process.base_url().await;
    waits(&mut serve.process, &base, "503").await;
    middle.set_mood(Mood::PassOn);
    ready(&base).await;
    let (snapshot, _socket) = Page::open(&base).await.wall("floor").await;
    assert_eq!(snapshot["complete"], true);
    simulator.stop().await;
}

/// A log that tells the same every four seconds for ever hides all else.
#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_missing_is_said_once() {
    let permissions = ["routing:queue:view", "analytics:queueObservation:view"].map(str::to_owned);
    let client = simulator::Client {
        permissions: Some(permissions.into()),
        ..simulator::Client::new("simulator", "simulator")
    };
    let config = simulator::Config { clients: vec![client], ..still(5, 1) };
    let simulator = simulator::start(config, system_clock()).await.unwrap();
    let serve = Serve::start(&simulator.base_url(), "simulator", "info");
    let base = serve.process.base_url().await;
    // Upstream's date and the first listing, three times.
    until(SOON, "it was tried three times", || async {
        (metric(&base, "rollcall_upstream_calls_total").await >= 6.0).then_some(())
    })
    .await;
    let log = serve.process.stderr();
    let said: Vec<&str> = log.lines().filter(|line| line.contains("could not be read")).collect();
    assert_eq!(said.len(), 1, "{log}");
    assert!(said[0].contains("presence:presenceDefinition:view"), "{said:?}");
    simulator.stop().await;
}
