//! The app's page and files, and the sockets of virtual channels.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{CONNECTION, UPGRADE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper_util::rt::TokioIo;
use protocol::{ChannelId, WallId, wall::WallDefinition};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{session, walls};
use crate::{
    App,
    assets::showing,
    caller::{Action, Caller, Proof, permit},
    problem::Problem,
    relay::Command,
    wrong_keys::Peer,
};

/// The one page: the default wall, or the walls to choose from.
pub async fn index(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    caller: Option<Extension<Caller>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let let_in = session::let_in(&app, &uri, None, peer.map(|peer| peer.0), &headers);
    let_in.unwrap_or_else(|| {
        showing(app.assets.index(&headers), openable(&app.book().walls, caller.as_deref()))
    })
}

/// The walls that whoever asks may open; none when nobody knows who that is.
fn openable<'a>(
    walls: &'a [WallDefinition],
    caller: Option<&'a Caller>,
) -> impl Iterator<Item = &'a WallDefinition> {
    caller.into_iter().flat_map(|caller| walls::openable(walls, caller))
}

/// The page of a wall; an unknown wall is a page with the list of those that may be opened.
pub async fn wall(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    peer: Option<Extension<Peer>>,
    caller: Option<Extension<Caller>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let wall = WallId::new(&id);
    if let Some(let_in) = session::let_in(&app, &uri, Some(&wall), peer.map(|peer| peer.0), &headers) {
        return let_in;
    }
    let may = caller.as_ref().map(|caller| permit(caller, Action::Wall(&wall)));
    if let Some(Err(problem @ Problem::Forbidden(_))) = may {
        return app.assets.refused_page(problem.status(), "Another wall", &problem.to_string());
    }
    let book = app.book();
    if book.wall(&id).is_some() {
        return showing(app.assets.index(&headers), openable(&book.walls, caller.as_deref()));
    }
    let walls: Vec<WallDefinition> = openable(&book.walls, caller.as_deref()).cloned().collect();
    app.assets.not_found_page(&walls, &id)
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
    match (app.hosts.accepts_origin(headers), Proof::of(&owner)) {
        (Some(false), _) => {
            return Err(Problem::Forbidden("the socket is opened from a page of another site"));
        }
        (Some(true), Proof::Session) => {
            // A page's channel belongs to the page's session; knowing its name is not enough.
            let caller = request.extensions().get::<Caller>();
            if caller.is_none_or(|c| c.owner() != owner) {
                return Err(Problem::NotFound("there is no such channel of this session".to_owned()));
            }
        }
        (None, Proof::Session | Proof::Page) => {
            return Err(Problem::Forbidden("the channel of a page needs the page's Origin"));
        }
        (Some(true), Proof::Page | Proof::Name) | (None, Proof::Name) => {}
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
        hub.attach(channel, ticket, parts.io.into_inner(), &early).await;
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert("sec-websocket-accept", accept);
    Ok(response)
}
