//! Walls in a frame of another site: the page, and the token that its key buys.
//!
//! Browsers keep cookies from frames of another site, so the page holds a token in its memory. It reads the key from
//! the fragment of its address, which no server and no referrer ever sees.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use protocol::WallId;
use serde::Deserialize;
use serde_json::{Value, json as value};
use tracing::info;

use super::{json, session};
use crate::{
    App,
    assets::{framed, showing},
    pass::{Kind, TOKEN_LIFE_MS},
    problem::Problem,
    wrong_keys::Peer,
};

/// Where a key buys a token.
pub const TOKEN_PATH: &str = "/rollcall/token";

/// A key and the wall that it is wanted for.
#[derive(Deserialize)]
struct TokenRequest {
    key: String,
    wall: WallId,
}

/// The page of a wall, for a frame.
pub async fn page(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let book = app.book();
    let page = if session::key_in(&uri).is_some() {
        let words =
            "Write the key behind a #, as in /embed/floor#key=..., where no server and no log sees it.";
        app.assets.refused_page(StatusCode::BAD_REQUEST, "The key stands in the wrong place", words)
    } else if let Some(wall) = book.wall(&id) {
        // Nor is it known what a key will open; what this wall shows is in the address that was asked for.
        let played = book.walls.iter().filter(|other| wall.play.iter().any(|play| play.wall == other.id));
        showing(app.assets.index(&headers), played.chain([wall]))
    } else {
        // Whoever asks is not known yet, and is not told which walls there are.
        app.assets.not_found_page(&[], &id)
    };
    framed(page, &app.parents)
}

/// A token for a key that may be used in frames, and who may hear what the page says.
pub async fn token(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    if app.hosts.accepts_origin(&headers) == Some(false) {
        return Err(Problem::Forbidden("the request comes from a page of another site"));
    }
    let expected = r#"{"key", "wall"}"#;
    let request: TokenRequest = json(body, expected)
        .await?
        .ok_or_else(|| Problem::BadRequest(format!("the body must be {expected}")))?;
    let peer = peer.map(|peer| peer.0);
    let key = session::key_for(&app, &request.key, Some(&request.wall), peer, &headers)?;
    if !key.embed {
        return Err(Problem::Forbidden(
            "this key is not for frames: it needs embed = true in the configuration",
        ));
    }
    let token = app.callers.keys().issue(Kind::Token, key, None, app.steady.now());
    info!(key = %key.name, wall = request.wall.as_str(), "a framed page was let in by its key");
    let parents: Vec<&str> = app.parents.iter().map(crate::config::Origin::as_str).collect();
    Ok(Json(value!({ "token": token, "expiresInS": TOKEN_LIFE_MS / 1_000, "parents": parents })))
}
