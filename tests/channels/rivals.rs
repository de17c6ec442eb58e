//! Two Rollcalls and another program on one OAuth client, whose channels together are more than twenty: the two take
//! each other's again and again. Each says so, and neither comes back faster than its back-off.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Socket, Speaker, page::metric, process::Serve, ready, still, system_clock, until};

/// With a Rollcall they fill the twenty of a client.
const OTHERS: usize = 19;

/// Three evictions of each are said, and take some seconds, since waits double from a quarter of a second.
const PATIENCE: Duration = Duration::from_secs(40);

/// How long they go on after that.
const STRIFE: Duration = Duration::from_secs(4);

/// Waits that double bring an eviction to about this many in the time of the test, whatever the jitter; without any
/// there would be hundreds.
const EVICTIONS_MAX: f64 = 12.0;

/// Another program's channels, used all the time, so that they are never the ones that give way.
async fn other_program(upstream: &Speaker, over: Arc<AtomicBool>) -> Vec<Socket> {
    let (mut sockets, mut channels) = (Vec::new(), Vec::new());
    for _ in 0..OTHERS {
        let channel = upstream.send(Method::POST, "/api/v2/notifications/channels", &Value::Null).await;
        let id = channel["id"].as_str().unwrap();
        channels.push(format!("/api/v2/notifications/channels/{id}/subscriptions"));
        sockets.push(Socket::open(channel["connectUri"].as_str().unwrap()).await);
    }
    let upstream = upstream.clone();
    tokio::spawn(async move {
        while !over.load(Ordering::Relaxed) {
            for path in &channels {
                upstream.call(Method::PUT, path, Some(&json!([]))).await;
            }
        }
    });
    sockets
}

#[tokio::test(flavor = "multi_thread")]
async fn two_on_one_client_say_so_and_come_back_no_faster_than_their_back_off() {
    let simulator = simulator::start(still(5, 1), system_clock()).await.unwrap();
    let base = simulator.base_url();
    let upstream = Speaker::sign_in(&base, "simulator", "simulator").await;
    let over = Arc::new(AtomicBool::new(false));
    let sockets = other_program(&upstream, over.clone()).await;

    let first = Serve::start(&base, "simulator", "info");
    ready(&first.process.base_url().await).await;
    let second = Serve::start(&base, "simulator", "info");
    let both = [first, second];
    let said = "another program uses the same client";
    until(PATIENCE, "both say so", || async {
        both.iter().all(|serve| serve.process.stderr().contains(said)).then_some(())
    })
    .await;
    // So long that whoever came back at once would be evicted again and again.
    tokio::time::sleep(STRIFE).await;
    over.store(true, Ordering::Relaxed);

    for serve in &both {
        let log = serve.process.stderr();
        assert_eq!(log.matches(said).count(), 1, "once in ten minutes: {log}");
        assert!(log.contains("set `channels` so that both have room"), "and how to mend it: {log}");
        assert!(log.contains("another channel took this one's place") && log.contains("evicted"), "{log}");
        let base = serve.process.base_url().await;
        let evicted = metric(&base, "rollcall_shards_lost_total{cause=\"evicted\"}").await;
        assert!((3.0..EVICTIONS_MAX).contains(&evicted), "evicted {evicted} times: {log}");
    }
    drop(sockets);
    simulator.stop().await;
}
