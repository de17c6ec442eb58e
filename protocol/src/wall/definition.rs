//! A wall as it is written in a file, and as it is sent to a screen: what it shows, how it looks, what it warns of.
//!
//! Keys are single words, the same in TOML, in JSON and on the wire. Everything but the title has a default.

use serde::Serialize;

use super::{From, Group, Kind, Metric, Names, Of, Palette, Sort, Theme, TileKind, View};
use crate::{id::WallId, members::members};

/// What a wall shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WallDefinition {
    /// The name in the wall's address; in a file the file's own name unless given.
    pub id: WallId,
    /// The heading.
    pub title: String,
    /// What kind of wall it is.
    pub kind: Kind,
    /// Dark, light or high contrast.
    pub theme: Theme,
    /// Which colours tell the states apart.
    pub palette: Palette,
    /// The language, as in `de`; the browser's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How agents are named.
    pub names: Names,
    /// Queues by name or id, in the order in which they are shown; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Only agents of these teams; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// What agents are grouped by.
    pub group: Group,
    /// What comes first.
    pub sort: Sort,
    /// Agents as cards or in a table.
    pub view: View,
    /// Seconds that each page stays when not everything fits; 0 does not turn pages.
    pub rotate: u32,
    /// The tiles of a wall of kind `tiles`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiles: Vec<Tile>,
    /// How many columns such a wall has; as many as fit when 0.
    pub columns: u32,
    /// When a figure is worth a warning. Absent: [`Threshold::defaults`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Vec<Threshold>>,
    /// When an agent's state is worth a warning. Absent: [`Watch::defaults`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watches: Option<Vec<Watch>>,
    /// The walls of a playlist, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub play: Vec<Play>,
    /// When a screen is dimmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub night: Option<Night>,
    /// What the server has to say about the definition: faults of its file, names that match nothing. Not in files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

members! {
    WallDefinition from WallDefinition::default(), { id: "id", title: "title", kind: "kind", theme: "theme", palette: "palette", language: "language", names: "names", queues: "queues", teams: "teams", group: "group", sort: "sort", view: "view", rotate: "rotate", tiles: "tiles", columns: "columns", thresholds: "thresholds", watches: "watches", play: "play", night: "night", notes: "notes" }
}

/// When a figure is worth a warning. Numbers are in the figure's own unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Threshold {
    /// Which figure.
    pub metric: Metric,
    /// Queues by name or id; each of the wall when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Of each queue, or of all of them together.
    pub of: Of,
    /// What the numbers count from.
    pub from: From,
    /// From here on it is a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn: Option<f64>,
    /// From here on it is critical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical: Option<f64>,
    /// Only when it has been so for this many seconds.
    pub after: u32,
    /// How far the figure has to come back before it is over, so that it does not flicker.
    pub back: f64,
}

members! {
    Threshold from Threshold::default(), { metric: "metric", queues: "queues", of: "of", from: "from", warn: "warn", critical: "critical", after: "after", back: "back" }
}

impl Threshold {
    /// What is worth a warning on a wall that says nothing about it: a service level below the queue's own target, and
    /// somebody who waits much longer than it promises.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let from_target = |metric, warn, critical, back| Self {
            metric,
            from: From::Target,
            warn: Some(warn),
            critical: Some(critical),
            back,
            ..Self::default()
        };
        vec![
            Self { after: 60, ..from_target(Metric::ServiceLevel, -0.5, -15.0, 2.0) },
            from_target(Metric::LongestWait, 40.0, 160.0, 0.0),
        ]
    }
}

/// When an agent's state is worth a warning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Watch {
    /// The state, as in `data-state`: `not-responding`, `after-call-work`, `break`, `meal`...
    pub state: String,
    /// From this many seconds on it is a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn: Option<u32>,
    /// From this many seconds on it is critical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical: Option<u32>,
}

members! {
    Watch from Watch::default(), { state: "state", warn: "warn", critical: "critical" }
}

impl Watch {
    /// What is worth a warning on a wall that says nothing about it.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let of = |state: &str, warn, critical| Self { state: state.to_owned(), warn, critical };
        vec![
            of("not-responding", None, Some(0)),
            of("after-call-work", Some(300), Some(900)),
            of("break", Some(1_200), Some(2_400)),
            of("meal", Some(3_900), Some(5_400)),
        ]
    }
}

/// A tile of a wall of kind `tiles`. Which of the keys it needs, its type says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tile {
    /// What it shows.
    #[serde(rename = "type")]
    pub kind: TileKind,
    /// Columns it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Rows it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// A heading of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The queue by name or id; all of the wall together when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The figure of a `kpi`, a `gauge` or a `series`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// Its target, in the figure's own unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// The end of a gauge's scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The words of a `text`; what an `image` or a `page` shows, for those who cannot see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The address of an `image` or a `page`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The time zone of a `clock`, as in `Europe/Berlin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

members! {
    Tile from Tile::default(), { kind: "type", width: "width", height: "height", title: "title", queue: "queue", metric: "metric", target: "target", max: "max", text: "text", url: "url", zone: "zone" }
}

/// Different walls of a playlist: each is kept live and costs the page a board and a socket, and a round of more takes longer
/// than anybody waits.
pub const PLAYED_WALLS_MAX: usize = 12;

/// One wall of a playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Play {
    /// Which wall.
    pub wall: WallId,
    /// How many seconds it stays; 30 when 0.
    pub seconds: u32,
}

members! {
    Play from Play::default(), { wall: "wall", seconds: "seconds" }
}

/// When a screen is dimmed: local time, over midnight when it ends before it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Night {
    /// As in `20:00`.
    pub from: String,
    /// As in `06:30`.
    pub to: String,
    /// By how much, in per cent: 0 not at all, 100 black.
    pub dim: u32,
}

members! {
    Night from Night::default(), { from: "from", to: "to", dim: "dim" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_enough_and_what_is_default_stays_readable() {
        let wall: WallDefinition = serde_json::from_str(r#"{"id":"floor","title":"Floor"}"#).unwrap();
        assert_eq!((wall.kind, wall.theme, wall.names), (Kind::Floor, Theme::Auto, Names::Full));
        let text = serde_json::to_string(&wall).unwrap();
        assert_eq!(serde_json::from_str::<WallDefinition>(&text).unwrap(), wall);
    }

    #[test]
    fn a_word_that_is_none_is_refused_with_those_that_are() {
        let wrong = serde_json::from_str::<WallDefinition>(r#"{"theme":"pink"}"#).unwrap_err();
        assert!(
            wrong
                .to_string()
                .contains("unknown variant `pink`, expected one of `auto`, `dark`, `light`, `contrast`"),
            "{wrong}"
        );
    }
}
