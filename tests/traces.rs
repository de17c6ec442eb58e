//! Traces, with the feature `otel`: a collector gets requests, calls upstream and a share of the frames, and no secret.

mod harness;

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, routing::post};
use harness::{
    ANYWHERE, Speaker,
    page::Page,
    process::{SCREEN_KEY, Serve},
    ready, system_clock,
};

const SECRET: &str = "canary-traces-51c0";

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_what_is_done_and_no_secret() {
    let simulator = simulator::Config {
        clients: vec![simulator::Client::new("simulator", SECRET)],
        ..harness::lively(20, 2)
    };
    let simulator = simulator::start(simulator, system_clock()).await.unwrap();
    let got: Arc<Mutex<Vec<u8>>> = Arc::default();
    let kept = got.clone();
    let take = post(async move |body: Bytes| kept.lock().unwrap().extend_from_slice(&body));
    let listener = tokio::net::TcpListener::bind(ANYWHERE).await.unwrap();
    let collector = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/v1/traces", take)).await.unwrap();
    });

    let arguments = ["--log", "trace", "--log-format", "json", "--traces", &collector];
    let mut serve = Serve::start_with(&simulator.base_url(), SECRET, &arguments);
    let base = serve.process.base_url().await;
    ready(&base).await;
    let machine = Speaker::sign_in(&base, "reports", "reports-secret").await;
    machine.get("/api/v2/users?pageSize=1").await;
    let page = Page::open(&base).await;
    let (snapshot, socket) = page.wall("floor").await;
    drop(socket);
    // What waits is sent before it ends.
    serve.process.signal("TERM");
    assert!(serve.process.end().await.success());
    server.abort();

    // Texts stand as they are in OTLP's binary form.
    let got = String::from_utf8_lossy(&got.lock().unwrap()).into_owned();
    for part in [
        "rollcall",
        "service.version",
        "POST rollcall/walls/floor/channel",
        "GET api/v2/users",
        "http.response.status_code",
        "PUT api/v2/notifications/channels/{id}/subscriptions",
        "purpose",
    ] {
        assert!(got.contains(part), "{part} is not in {} bytes", got.len());
    }
    let capability = snapshot["connectUri"].as_str().unwrap().rsplit('/').next().unwrap();
    let cookie = page.cookie.split_once('=').unwrap().1;
    for secret in [SECRET, SCREEN_KEY, "reports-secret", &machine.bearer, capability, cookie, "streaming-"] {
        assert!(!got.contains(secret), "traces hold {secret}");
    }
    let log = serve.process.stderr();
    assert!(!log.contains("\"spans\"") && !log.contains("\"span\""), "the log stays as it is without traces");
    simulator.stop().await;
}
