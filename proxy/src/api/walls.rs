//! `/rollcall/walls…`: definitions, and snapshot with channel in one.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use protocol::wall::{WallChannel, WallDefinition, WallList, WallRequest};

use super::json;
use crate::{App, feed::Input, gate::MayWall, problem::Problem, relay::WallOpened};

/// All walls.
pub async fn list(_: MayWall, State(app): State<Arc<App>>) -> Json<WallList> {
    Json(WallList { walls: app.walls.clone() })
}

/// One wall's definition.
pub async fn get(
    _: MayWall,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<WallDefinition>, Problem> {
    Ok(Json(find(&app, &id)?.1.clone()))
}

/// Everything a wall needs to begin or to come back.
pub async fn open(
    caller: MayWall,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Problem> {
    let (wall, definition) = find(&app, &id)?;
    let request: WallRequest =
        json(body, r#"{"epoch", "seq"} of the last frame applied, or nothing"#).await?.unwrap_or_default();
    drop(app.complete_book()?);
    let (owner, since) = (caller.0.owner(), request.epoch.zip(request.seq));
    let opened = app.feed.ask(|reply| Input::OpenWall { wall, owner, since, reply }).await;
    let opened = opened.ok_or(Problem::Stopping)?.ok_or(Problem::TooManyChannels)?;
    Ok(answer(&app, definition, &opened))
}

fn find<'a>(app: &'a App, id: &str) -> Result<(usize, &'a WallDefinition), Problem> {
    app.walls.iter().enumerate().find(|(_, wall)| wall.id.as_str() == id).ok_or_else(|| {
        let known: Vec<&str> = app.walls.iter().map(|wall| wall.id.as_str()).collect();
        Problem::NotFound(format!("there is no wall {id}; there is {}", known.join(", ")))
    })
}

fn answer(app: &App, wall: &WallDefinition, opened: &WallOpened) -> Response {
    let live_as_of = app.book.read().expect("nobody panics while holding the book").ages();
    let head = WallChannel {
        wall: wall.clone(),
        epoch: app.epoch.clone(),
        seq: opened.seq,
        complete: opened.complete,
        connect_uri: format!("{}/channels/{}", app.public_ws, opened.id),
        server_time: app.clock.now(),
        build: app.assets.build().to_owned(),
        live_as_of,
        frames: Vec::new(),
    };
    // The frames are texts already; they are laid into the empty list at the end of the answer.
    let mut text = serde_json::to_vec(&head).expect("a channel is plain data");
    text.truncate(text.len() - b"]}".len());
    for (at, frame) in opened.frames.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(frame);
    }
    text.extend_from_slice(b"]}");
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json)], text).into_response()
}
