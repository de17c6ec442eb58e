//! From a request to a WebSocket: the handshake, and then the bare stream.

use axum::{
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{CONNECTION, UPGRADE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::problem::Problem;

/// A request that is about to become a stream.
pub struct Upgrade {
    upgrade: OnUpgrade,
    accept: HeaderValue,
}

impl Upgrade {
    /// Whether it asks for a WebSocket as RFC 6455 wants it; to be asked before anything is done for it.
    ///
    /// # Errors
    /// When it does not.
    pub fn of(request: &mut Request) -> Result<Self, Problem> {
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
        let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
            .map_err(|_| Problem::BadRequest("the WebSocket key is malformed".to_owned()))?;
        Ok(Self { upgrade: hyper::upgrade::on(request), accept })
    }

    /// The answer to the request; `serve` is given the stream, and what of it was read already.
    pub fn accept<F: Future<Output = ()> + Send>(
        self,
        serve: impl FnOnce(TcpStream, Bytes) -> F + Send + 'static,
    ) -> Response {
        let Self { upgrade, accept } = self;
        tokio::spawn(async move {
            // A client that went away during the handshake leaves nothing behind.
            let Ok(upgraded) = upgrade.await else { return };
            let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
                tracing::error!("a socket of an unknown kind was upgraded");
                return;
            };
            serve(parts.io.into_inner(), parts.read_buf).await;
        });
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        let headers = response.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert("sec-websocket-accept", accept);
        response
    }
}
