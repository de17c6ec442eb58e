//! What a wall asks of the proxy and is answered: a snapshot and a channel in one.

mod definition;
mod reach;
mod words;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use definition::{Night, PLAYED_WALLS_MAX, Play, Threshold, Tile, WallDefinition, Watch};
pub use reach::{Directory, Reach, queues_of};
pub use words::{From, Group, Kind, Metric, Names, Of, Palette, Sort, Theme, TileKind, Unit, View};

use crate::{frame::ShardAge, id::WallId, members::members, time::Timestamp};

/// Body of `POST /rollcall/walls/{id}/channel`; empty on the first visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WallRequest {
    /// The run whose frames were applied last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The last frame applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

members! {
    WallRequest from WallRequest::default(), { epoch: "epoch", seq: "seq" }
}

/// Answer of the same: everything known at `seq`, and where to hear what comes after.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WallChannel<'a> {
    /// What the wall shows.
    pub wall: WallDefinition,
    /// The proxy's run.
    pub epoch: String,
    /// The snapshot holds every change up to and with this one.
    pub seq: u64,
    /// True when `frames` holds all slots, false when only those changed since the request's `seq`.
    pub complete: bool,
    /// The socket's address, already subscribed to the wall.
    pub connect_uri: String,
    /// The proxy's time.
    pub server_time: Timestamp,
    /// The app's build that the proxy serves.
    pub build: String,
    /// Whether this caller may take note of alarms.
    #[serde(default)]
    pub may_acknowledge: bool,
    /// The upstream channels and how far each is known to be true.
    pub live_as_of: Vec<ShardAge>,
    /// One frame a slot, as the socket would send it, in ascending order.
    #[serde(borrow)]
    pub frames: Vec<&'a RawValue>,
}

/// `GET /rollcall/walls`: the walls that this caller may open.
#[derive(Clone, Debug, Serialize)]
pub struct WallList {
    /// The walls.
    pub walls: Vec<WallDefinition>,
    /// The one that is shown where none is named, if it is among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<WallId>,
    /// Whether the console is for this caller, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub console: bool,
}

members! {
    WallList from WallList { walls: Vec::new(), default: None, console: false },
    { walls: "walls", default: "default", console: "console" } needs walls
}
