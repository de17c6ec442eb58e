//! Connections: accepted, served over HTTP/1.1, ended in good order.

use std::{convert::Infallible, time::Duration};

use axum::Router;
use hyper::{
    Request, StatusCode,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tracing::warn;

use crate::wrong_keys::Peer;

/// A client that does not send its head in this time is not one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Requests under way get this long when the proxy stops.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// After an accept that failed for lack of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until told to stop.
pub async fn run(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    // Every connection holds an end of this line; when all have let go, all have ended.
    let (under_way, mut all_ended) = mpsc::channel::<()>(1);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = told(&mut stopped) => break,
        };
        prepare(&stream);
        // Who is often wrong about a key is known by the address.
        let service = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            let is_kept = is_kept(request.uri().path());
            let answer = service.call(request);
            async move {
                let mut response = answer.await?;
                if !is_kept && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let (under_way, mut stopped) = (under_way.clone(), stopped.clone());
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            tokio::select! {
                // A client that breaks off is no fault of ours; answers are counted where they are made.
                _ = connection.as_mut() => {}
                () = told(&mut stopped) => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
            drop(under_way);
        });
    }
    drop((listener, under_way));
    if timeout(DRAIN_MAX, all_ended.recv()).await.is_err() {
        warn!("requests were still under way after {DRAIN_MAX:?}; cut");
    }
}

/// Whether a connection is kept after an answer. A program asks often; a page asks a few times and then listens on its socket.
/// When a page's network goes silently, its browser would ask again on each connection that it kept, one after the other, and
/// wait for each until it gives up: a wall would be back after minutes.
fn is_kept(path: &str) -> bool {
    ["/api/", "/oauth/", "/metrics", "/healthz", "/readyz"].iter().any(|kept| path.starts_with(kept))
}

/// Ends when the proxy is told to stop, or nobody is left to tell it.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Small frames go out at once. A socket that refuses serves too.
fn prepare(stream: &TcpStream) {
    if stream.set_nodelay(true).is_err() {
        warn!("a socket did not take its options");
    }
}
