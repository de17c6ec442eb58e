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
use crate::{
    App,
    caller::{Action, Caller, permit},
    feed::{Input, mask::Masks},
    gate::MayWall,
    problem::Problem,
    relay::{Class, NotOpened, WallOpened},
};

/// The walls that this caller may open.
pub async fn list(caller: MayWall, State(app): State<Arc<App>>) -> Json<WallList> {
    let walls: Vec<WallDefinition> =
        openable(&app.book().walls, &caller.0).map(|wall| told(&caller.0, wall)).collect();
    // A wall whose file was taken away since, or that this caller may not open, is not shown to it.
    let default = app.default_wall.clone().filter(|id| walls.iter().any(|wall| wall.id == *id));
    Json(WallList { walls, default })
}

/// One wall's definition.
pub async fn get(
    caller: MayWall,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<WallDefinition>, Problem> {
    Ok(Json(told(&caller.0, &app.wall(&id)?)))
}

/// Those of some walls that a caller may open.
pub fn openable<'a>(
    walls: &'a [WallDefinition],
    caller: &'a Caller,
) -> impl Iterator<Item = &'a WallDefinition> {
    walls.iter().filter(|wall| permit(caller, Action::Wall(&wall.id)).is_ok())
}

/// A definition as this caller's screens are told.
fn told(caller: &Caller, wall: &WallDefinition) -> WallDefinition {
    Masks::wall(Class::of(wall.names.max(caller.names())), wall)
}

/// Everything a wall needs to begin or to come back.
pub async fn open(
    caller: MayWall,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Problem> {
    let wall = app.wall(&id)?.id;
    let request: WallRequest =
        json(body, r#"{"epoch", "seq"} of the last frame applied, or nothing"#).await?.unwrap_or_default();
    drop(app.complete_book()?);
    let (owner, since) = (caller.0.owner(), request.epoch.zip(request.seq));
    let names = caller.0.names();
    let opened = app.feed.ask(|reply| Input::OpenWall { wall, names, owner, since, reply }).await;
    let opened = opened.ok_or(Problem::Stopping)?.map_err(|why| match why {
        NotOpened::NoSuchWall => app.wall(&id).err().unwrap_or(Problem::Stopping),
        NotOpened::TooManyChannels => Problem::TooManyChannels,
    })?;
    let may_acknowledge = permit(&caller.0, Action::Acknowledge).is_ok();
    Ok(answer(&app, Masks::wall(opened.class, &app.wall(&id)?), may_acknowledge, &opened))
}

fn answer(app: &App, wall: WallDefinition, may_acknowledge: bool, opened: &WallOpened) -> Response {
    let live_as_of = app.book().ages();
    let head = WallChannel {
        wall,
        epoch: app.epoch.clone(),
        seq: opened.seq,
        complete: opened.complete,
        connect_uri: format!("{}/channels/{}", app.public_ws, opened.id),
        server_time: app.clock.now(),
        build: app.assets.build().to_owned(),
        may_acknowledge,
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
