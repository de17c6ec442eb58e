//! `/rollcall/walls…`: definitions, and snapshot with channel in one.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Json,
    body::{Body, HttpBody},
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use protocol::wall::{WallChannel, WallDefinition, WallList, WallRequest};

use super::json;
use crate::{
    App,
    assets::encoding,
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
    let console = permit(&caller.0, Action::Read).is_ok();
    Json(WallList { walls, default, console })
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
    headers: HeaderMap,
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
        NotOpened::Busy => Problem::Busy,
        NotOpened::Stopping => Problem::Stopping,
    })?;
    let may_acknowledge = permit(&caller.0, Action::Acknowledge).is_ok();
    let wall = Masks::wall(opened.class, &app.wall(&id)?);
    let head = head(&app, wall, may_acknowledge, &opened);
    Ok(answer(head, &opened, encoding::takes_gzip(&headers)).await)
}

/// The answer's beginning, which is each screen's own, up to where the frames begin.
fn head(app: &App, wall: WallDefinition, may_acknowledge: bool, opened: &WallOpened) -> Vec<u8> {
    let live_as_of = app.book().ages();
    let head = WallChannel {
        wall,
        epoch: app.epoch.clone(),
        seq: opened.picture.seq,
        complete: opened.complete,
        connect_uri: format!("{}/channels/{}", app.public_ws, opened.id),
        server_time: app.clock.now(),
        build: app.assets.build().to_owned(),
        may_acknowledge,
        live_as_of,
        frames: Vec::new(),
    };
    let mut text = serde_json::to_vec(&head).expect("a channel is plain data");
    // The frames are texts already; they are laid into the empty list at the end of the answer.
    text.truncate(text.len() - TAIL.len());
    text
}

/// Where the frames end.
const TAIL: &[u8] = b"]}";

/// Less than this is sent as it is: it fits into few packets.
const PACKED_LEAST: usize = 8 * 1024;

/// Head, frames and tail. The frames are the same bytes for all who come in the same moment.
async fn answer(head: Vec<u8>, opened: &WallOpened, takes_gzip: bool) -> Response {
    let picture = &opened.picture;
    let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if takes_gzip && picture.length() >= PACKED_LEAST {
        let parts = Parts::new(picture.packed().await.between(&head, TAIL));
        let gzip = (CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return ([json, gzip], Body::new(parts)).into_response();
    }
    let parts = Parts::new([head.into(), picture.text().await, Bytes::from_static(TAIL)]);
    ([json], Body::new(parts)).into_response()
}

/// A body of parts that are not copied together.
struct Parts {
    parts: std::array::IntoIter<Bytes, 3>,
    left: u64,
}

impl Parts {
    fn new(parts: [Bytes; 3]) -> Self {
        Self { left: parts.iter().map(|part| part.len() as u64).sum(), parts: parts.into_iter() }
    }
}

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let part = self.parts.by_ref().find(|part| !part.is_empty());
        self.left -= part.as_ref().map_or(0, |part| part.len() as u64);
        Poll::Ready(part.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
