//! The proxy is told to stop while screens look at it: they are told so, requests under way are finished, and a second
//! signal waits for nothing.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use crate::harness::{
    SOON, Socket,
    page::{Page, metric},
    process::Serve,
    ready, still, system_clock,
};

/// How the proxy takes leave of a screen.
async fn leave(mut socket: Socket) -> CloseFrame {
    let close = async {
        loop {
            match socket.0.next().await.expect("a close before the end").expect("a clean end") {
                Message::Close(frame) => return frame.expect("a code"),
                Message::Text(_)
                | Message::Binary(_)
                | Message::Ping(_)
                | Message::Pong(_)
                | Message::Frame(_) => {}
            }
        }
    };
    timeout(SOON, close).await.expect("soon")
}

/// A request whose body is on its way.
async fn under_way(base: &str, page: &Page) -> TcpStream {
    let host = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /rollcall/walls/floor/channel HTTP/1.1\r\nHost: {host}\r\nOrigin: {base}\r\nCookie: {}\r\n\
         x-rollcall: 1\r\nContent-Length: 2\r\n\r\n",
        page.cookie
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_signal_tells_the_screens_and_the_second_waits_for_nothing() {
    let simulator = simulator::start(still(10, 2), system_clock()).await.unwrap();
    for twice in [false, true] {
        let mut serve = Serve::start(&simulator.base_url(), "simulator", "info");
        let base = serve.process.base_url().await;
        ready(&base).await;
        let page = Page::open(&base).await;
        let mut screens = Vec::new();
        for _ in 0..5 {
            screens.push(page.wall("floor").await.1);
        }
        let mut unfinished = under_way(&base, &page).await;
        let began = Instant::now();
        serve.process.signal("TERM");
        for screen in screens {
            let said = leave(screen).await;
            assert_eq!(u16::from(said.code), 1012, "as a service that starts again does");
            assert!(said.reason.contains("spread="), "{}", said.reason);
        }
        assert!(serve.process.is_running(), "a request is under way");
        if twice {
            serve.process.signal("TERM");
        } else {
            unfinished.write_all(b"{}").await.unwrap();
        }
        let status = serve.process.end().await;
        let took = began.elapsed();
        assert!(took < Duration::from_secs(4), "{took:?}");
        assert_eq!(status.success(), !twice, "{status}");
        assert!(TcpStream::connect(base.trim_start_matches("http://")).await.is_err());
    }
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_screens_is_asked_to_come_in_turn() {
    let simulator = simulator::start(still(10, 2), system_clock()).await.unwrap();
    let serve = Serve::start(&simulator.base_url(), "simulator", "warn");
    let base = serve.process.base_url().await;
    ready(&base).await;
    // Nobody opens a socket, so that all are on their way in for as long as that is waited for. A session may have a
    // hundred channels that it is not connected to.
    let mut storm = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let base = base.clone();
        storm.spawn(async move {
            let page = Page::open(&base).await;
            let mut refused = Vec::new();
            for _ in 0..90 {
                let post = page.request(Method::POST, "/rollcall/walls/floor/channel").json(&json!({}));
                let answer = post.send().await.unwrap();
                if answer.status() != StatusCode::OK {
                    refused.push(answer);
                }
            }
            refused
        });
    }
    let refused: Vec<reqwest::Response> = storm.join_all().await.into_iter().flatten().collect();
    assert!(!refused.is_empty(), "720 came at the same time");
    assert_eq!(metric(&base, "rollcall_screens_refused_total ").await, refused.len() as f64);
    let mut hints = Vec::new();
    for answer in refused {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "4");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "too.many.screens", "{body}");
        let hint = body["retryAfterMs"].as_u64().unwrap();
        assert!((1_000..=4_000).contains(&hint), "{body}");
        hints.push(hint);
    }
    hints.sort_unstable();
    hints.dedup();
    assert!(hints.len() > 5, "each is told another time: {hints:?}");
    simulator.stop().await;
}
