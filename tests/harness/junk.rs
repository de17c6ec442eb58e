//! Somebody between proxy and simulator: passes calls and frames on, sees the credentials that go by,
//! and, when told to, says what no server should.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpListener, sync::broadcast, task::JoinHandle};
use tokio_tungstenite::{
    WebSocketStream, connect_async,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{ANYWHERE, http};

/// Bodies that are passed on: far above a page of the small organisations of tests.
const BODY_MAX: usize = 8 * 1024 * 1024;

/// Junk in line for a socket.
const JUNK_MAX: usize = 64;

/// What becomes of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mood {
    PassOn,
    /// Everything answers 503.
    Unavailable,
    /// Every call but the token's answers 500, with the caller's own credentials in its words.
    Blab,
    /// Calls go through, sockets are refused, as by a firewall.
    NoSockets,
    /// Calls go through, sockets open and nothing ever comes through them.
    Mute,
}

/// What is said on the sockets in between.
#[derive(Clone, Debug)]
pub enum Junk {
    /// A whole message.
    Message(Message),
    /// Bytes that need not be a frame at all.
    Bytes(Vec<u8>),
}

struct Inside {
    upstream: String,
    http: Client,
    mood: AtomicU8,
    seen: Mutex<Vec<String>>,
    changes: Mutex<Vec<(StatusCode, String)>>,
    junk: broadcast::Sender<Junk>,
    sockets: AtomicUsize,
}

/// A man in the middle.
pub struct Middleman {
    address: SocketAddr,
    inside: Arc<Inside>,
    server: JoinHandle<()>,
}

impl Middleman {
    /// Stands before the server at `upstream` on a free port.
    pub async fn start(upstream: &str, mood: Mood) -> Self {
        Self::listen(ANYWHERE, upstream, mood).await
    }

    /// Stands before the server at `upstream`, at this address.
    pub async fn listen(address: SocketAddr, upstream: &str, mood: Mood) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let inside = Arc::new(Inside {
            upstream: upstream.to_owned(),
            http: http(),
            mood: AtomicU8::new(mood as u8),
            seen: Mutex::default(),
            changes: Mutex::default(),
            junk: broadcast::channel(JUNK_MAX).0,
            sockets: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(pass).with_state(inside.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, inside, server }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn set_mood(&self, mood: Mood) {
        self.inside.mood.store(mood as u8, Ordering::SeqCst);
    }

    /// Says something on all sockets.
    pub fn say(&self, junk: Junk) {
        self.inside.junk.send(junk).expect("a socket is open");
    }

    /// Sockets opened so far.
    pub fn sockets(&self) -> usize {
        self.inside.sockets.load(Ordering::SeqCst)
    }

    /// How every change of an agent was answered, and upstream's name for the call.
    pub fn changes(&self) -> Vec<(StatusCode, String)> {
        self.inside.changes.lock().unwrap().clone()
    }

    /// Every token and channel id that went by.
    pub fn seen(&self) -> Vec<String> {
        self.inside.seen.lock().unwrap().clone()
    }
}

impl Drop for Middleman {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(State(inside): State<Arc<Inside>>, request: Request) -> Response {
    let mood = inside.mood.load(Ordering::SeqCst);
    let path = request.uri().path().to_owned();
    if mood == Mood::Unavailable as u8 {
        return (StatusCode::SERVICE_UNAVAILABLE, "nobody is here").into_response();
    }
    if mood == Mood::Blab as u8 && path.starts_with("/api/") {
        let credentials =
            request.headers().get(header::AUTHORIZATION).map(|v| v.to_str().unwrap().to_owned());
        let words =
            format!("{credentials:?} may not, on {path}; known are {:?}", inside.seen.lock().unwrap());
        let body = json!({ "message": words, "code": words, "status": 500 });
        return (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response();
    }
    if let Some(channel) = path.strip_prefix("/channels/") {
        if mood == Mood::NoSockets as u8 {
            return StatusCode::FORBIDDEN.into_response();
        }
        return socket(&inside, channel, request).await;
    }
    let uri = request.uri().path_and_query().unwrap().to_string();
    let (parts, body) = request.into_parts();
    let is_change = parts.method != Method::GET && path.starts_with("/api/v2/users/");
    let body = to_bytes(body, BODY_MAX).await.unwrap();
    // The caller's Host goes along, so that connectUris lead back here.
    let sent = inside
        .http
        .request(parts.method, format!("{}{uri}", inside.upstream))
        .headers(parts.headers)
        .body(body)
        .send();
    let Ok(answer) = sent.await else {
        return (StatusCode::BAD_GATEWAY, "nobody is there").into_response();
    };
    let (status, headers) = (answer.status(), answer.headers().clone());
    if is_change {
        let id = headers["inin-correlation-id"].to_str().unwrap().to_owned();
        inside.changes.lock().unwrap().push((status, id));
    }
    let body = answer.bytes().await.unwrap_or_default();
    if let Ok(Value::Object(answer)) = serde_json::from_slice::<Value>(&body) {
        let mut seen = inside.seen.lock().unwrap();
        let is_channel = answer.contains_key("connectUri");
        seen.extend(answer.get("access_token").and_then(Value::as_str).map(str::to_owned));
        seen.extend(answer.get("id").filter(|_| is_channel).and_then(Value::as_str).map(str::to_owned));
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in headers.iter().filter(|(name, _)| *name != header::TRANSFER_ENCODING) {
        response.headers_mut().append(name, value.clone());
    }
    response
}

async fn socket(inside: &Arc<Inside>, channel: &str, mut request: Request) -> Response {
    let uri = format!("{}/channels/{channel}", inside.upstream.replacen("http", "ws", 1));
    let Ok((mut up, _)) = connect_async(uri).await else { return StatusCode::NOT_FOUND.into_response() };
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY).unwrap();
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).unwrap();
    let upgrade = hyper::upgrade::on(&mut request);
    let mut junk = inside.junk.subscribe();
    inside.sockets.fetch_add(1, Ordering::SeqCst);
    let inside = inside.clone();
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let config = WebSocketConfig::default();
        let mut down =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        loop {
            let mute = inside.mood.load(Ordering::SeqCst) == Mood::Mute as u8;
            let sent = tokio::select! {
                from_up = up.next() => match from_up {
                    Some(Ok(_)) if mute => true,
                    Some(Ok(message)) => down.send(message).await.is_ok(),
                    Some(Err(_)) | None => false,
                },
                from_down = down.next() => match from_down {
                    Some(Ok(message)) => up.send(message).await.is_ok(),
                    Some(Err(_)) | None => false,
                },
                junk = junk.recv() => match junk {
                    Ok(Junk::Message(message)) => down.send(message).await.is_ok(),
                    Ok(Junk::Bytes(bytes)) => {
                        let stream = down.get_mut();
                        stream.write_all(&bytes).await.is_ok() && stream.flush().await.is_ok()
                    }
                    Err(_) => false,
                },
            };
            if !sent {
                return;
            }
        }
    });
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("Upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}
