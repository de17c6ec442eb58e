//! The app's page and files, and the sockets of virtual channels.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{CONNECTION, UPGRADE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper_util::rt::TokioIo;
use protocol::ChannelId;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{App, caller::Caller, problem::Problem, relay::Command};

/// The one page.
pub async fn index(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    app.assets.index(&headers)
}

/// The page of a wall; an unknown wall is a page with the list.
pub async fn wall(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let book = app.book();
    if book.wall(&id).is_some() {
        return app.assets.index(&headers);
    }
    app.assets.not_found_page(&book.walls, &id)
}

/// A file of the app, or nothing.
pub async fn file(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let found = app.assets.file(path, &headers);
    found.unwrap_or_else(|| Problem::NotFound(format!("nothing is served at {}", uri.path())).into_response())
}

/// Opens the socket of a virtual channel and hands it to the hub.
pub async fn socket(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    let says = |name, word: &str| {
        let value = headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    let key = headers.get("sec-websocket-key").cloned();
    let version = headers.get("sec-websocket-version").is_some_and(|v| v == "13");
    let (Some(key), true) = (key, says(UPGRADE, "websocket") && says(CONNECTION, "upgrade") && version)
    else {
        return Err(Problem::BadRequest("this is the address of a WebSocket, version 13".to_owned()));
    };
    let channel = ChannelId::new(&id);
    let asked = channel.clone();
    let expected =
        app.hub.ask(|reply| Command::Expect { channel: asked, reply }).await.ok_or(Problem::Stopping)?;
    let (owner, ticket) = expected.ok_or_else(|| Problem::NotFound("there is no such channel".to_owned()))?;
    match app.hosts.accepts_origin(headers) {
        Some(false) => return Err(Problem::Forbidden("the socket is opened from a page of another site")),
        Some(true) => {
            // A page's channel belongs to the page's session; knowing its name is not enough.
            let caller = request.extensions().get::<Caller>();
            if owner.0.starts_with("local ") && caller.is_none_or(|c| c.owner() != owner) {
                return Err(Problem::NotFound("there is no such channel of this session".to_owned()));
            }
        }
        None if owner.0.starts_with("local ") => {
            return Err(Problem::Forbidden("the channel of a page needs the page's Origin"));
        }
        None => {}
    }
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .map_err(|_| Problem::BadRequest("the WebSocket key is malformed".to_owned()))?;
    let upgrade = hyper::upgrade::on(&mut request);
    let hub = app.hub.clone();
    tokio::spawn(async move {
        // A client that went away during the handshake leaves nothing behind.
        let Ok(upgraded) = upgrade.await else { return };
        let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
            tracing::error!("a socket of an unknown kind was upgraded");
            return;
        };
        let early: Bytes = parts.read_buf;
        hub.send(Command::Attach { channel, ticket, stream: parts.io.into_inner(), early }).await;
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert("sec-websocket-accept", accept);
    Ok(response)
}
