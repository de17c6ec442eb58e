//! Whether keys that are sound by themselves make sense together.

use std::collections::HashSet;

use protocol::{
    WallId,
    wall::{From, Kind, Metric, Names, Of, PLAYED_WALLS_MAX, Threshold, Tile, WallDefinition, Watch},
};

use super::{
    check::Spot,
    keys::of_tile,
    node::{Is, Node},
};
use crate::config::document::{Faults, Place, Reported};

/// What every tile may have.
const OF_ANY_TILE: &[&str] = &["type", "width", "height", "title"];

/// What each wall of a playlist says for itself.
const NOT_OF_PLAYLISTS: &[&str] = &[
    "theme",
    "palette",
    "names",
    "queues",
    "teams",
    "group",
    "sort",
    "view",
    "rotate",
    "thresholds",
    "watches",
];

impl Node {
    /// The value at a key of a table.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Is::Table(entries) = &self.is else { return None };
        entries.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// Where a key stands, else the table itself.
    pub(super) fn place_of(&self, name: &str) -> Place {
        self.get(name).map_or(self.place, |node| node.place)
    }

    fn items(&self, name: &str) -> &[Self] {
        match self.get(name).map(|node| &node.is) {
            Some(Is::List(items)) => items,
            Some(Is::Text(_) | Is::Number(_) | Is::Bool | Is::Date | Is::Null | Is::Table(_)) | None => &[],
        }
    }
}

/// Notes what does not go together.
pub(super) fn check(
    spot: &Spot,
    node: &Node,
    wall: &WallDefinition,
    faults: &mut Faults<'_>,
) -> Result<(), Reported> {
    let mut found: Vec<(Place, String)> = Vec::new();
    kind(node, wall, &mut found);
    for (at, (tile, node)) in wall.tiles.iter().zip(node.items("tiles")).enumerate() {
        found.extend(
            self::tile(node, tile).into_iter().map(|(place, s)| (place, format!("tile {}: {s}", at + 1))),
        );
    }
    for (at, (one, node)) in wall.thresholds.iter().flatten().zip(node.items("thresholds")).enumerate() {
        let said = threshold(node, one);
        found.extend(said.into_iter().map(|(place, s)| (place, format!("threshold {}: {s}", at + 1))));
    }
    let mut states: HashSet<&str> = HashSet::new();
    for (at, (one, node)) in wall.watches.iter().flatten().zip(node.items("watches")).enumerate() {
        let mut said = watch(node, one);
        if !states.insert(&one.state) {
            said.push((node.place_of("state"), format!("\"{}\" is watched already; leave one", one.state)));
        }
        found.extend(said.into_iter().map(|(place, s)| (place, format!("watch {}: {s}", at + 1))));
    }
    if let (Some(night), Some(node)) = (&wall.night, node.get("night"))
        && night.from == night.to
    {
        let said =
            format!("night ends when it begins, at {}; write another time, or leave it away", night.to);
        found.push((node.place_of("to"), said));
    }
    let mut outcome = Ok(());
    for (place, sentence) in found {
        outcome = Err(faults.at(place, spot.about(&sentence)));
    }
    outcome
}

fn kind(node: &Node, wall: &WallDefinition, found: &mut Vec<(Place, String)>) {
    let word = wall.kind.as_str();
    for (key, of) in [("tiles", Kind::Tiles), ("columns", Kind::Tiles), ("play", Kind::Playlist)] {
        if node.get(key).is_some() && wall.kind != of {
            let said = format!(
                "{key} is for a wall of kind {}, and this is of kind {word}; change kind, or leave {key} away",
                of.as_str()
            );
            found.push((node.place_of(key), said));
        }
    }
    for key in NOT_OF_PLAYLISTS.iter().filter(|key| wall.kind == Kind::Playlist && node.get(key).is_some()) {
        let said = format!(
            "{key} is of no use in a playlist, whose walls are shown as they are; write it in the walls that it plays"
        );
        found.push((node.place_of(key), said));
    }
    let place = node.place_of("kind");
    if wall.kind == Kind::Tiles && wall.tiles.is_empty() {
        found.push((
            place,
            "a wall of kind tiles needs tiles; add one, of type queue-table for example".to_owned(),
        ));
    }
    if wall.kind == Kind::Playlist && wall.play.is_empty() {
        found.push((place, "a wall of kind playlist needs play; name its walls there".to_owned()));
    }
    if wall.kind == Kind::Leaderboard && wall.names == Names::Counts {
        let said = "names \"counts\" leaves nobody to rank on a leaderboard; write names alias or initials, or another kind";
        found.push((node.place_of("names"), said.to_owned()));
    }
}

fn tile(node: &Node, tile: &Tile) -> Vec<(Place, String)> {
    let word = tile.kind.as_str();
    let (needs, may) = of_tile(tile.kind);
    let missing = needs.iter().filter(|key| node.get(key).is_none());
    let mut found: Vec<(Place, String)> = missing
        .map(|key| (node.place_of("type"), format!("a tile of type {word} needs {key}; add it")))
        .collect();
    let Is::Table(entries) = &node.is else { return found };
    for (key, value) in entries {
        if ![OF_ANY_TILE, needs, may].iter().any(|keys| keys.contains(&key.as_str())) {
            let keys = [needs, may].concat();
            let use_of =
                if keys.is_empty() { String::new() } else { format!("; it takes {}", keys.join(", ")) };
            found.push((
                value.place,
                format!("{key} is of no use in a tile of type {word}; leave it away{use_of}"),
            ));
        }
    }
    found
}

fn threshold(node: &Node, one: &Threshold) -> Vec<(Place, String)> {
    let mut found = Vec::new();
    let metric = one.metric.as_str();
    match (one.warn, one.critical) {
        (None, None) => {
            found.push((node.place_of("metric"), "needs warn, critical or both; add one".to_owned()));
        }
        (Some(warn), Some(critical)) if one.metric.falls() && critical > warn => {
            let said =
                format!("{metric} is worse the lower it is, but critical is above warn; exchange the two");
            found.push((node.place_of("critical"), said));
        }
        (Some(warn), Some(critical)) if !one.metric.falls() && critical < warn => {
            let said =
                format!("{metric} is worse the higher it is, but critical is below warn; exchange the two");
            found.push((node.place_of("critical"), said));
        }
        (Some(_) | None, Some(_) | None) => {}
    }
    if one.from == From::Target && !one.metric.has_target() {
        let with_target =
            Metric::ALL.iter().filter(|metric| metric.has_target()).map(|metric| metric.as_str());
        let with_target: Vec<&str> = with_target.collect();
        let said = format!(
            "from \"target\" is for {}, as queues have no target for {metric}; write from zero",
            with_target.join(", ")
        );
        found.push((node.place_of("from"), said));
    }
    if one.of == Of::Wall && !one.queues.is_empty() {
        let said =
            "queues is of no use with of \"wall\", which is all queues together; leave one of the two away";
        found.push((node.place_of("queues"), said.to_owned()));
    }
    if one.of == Of::Wall && one.from == From::Target {
        let said = "from \"target\" is each queue's own, but of is \"wall\"; write from zero, or of queue";
        found.push((node.place_of("from"), said.to_owned()));
    }
    found
}

fn watch(node: &Node, one: &Watch) -> Vec<(Place, String)> {
    match (one.warn, one.critical) {
        (None, None) => vec![(node.place_of("state"), "needs warn, critical or both; add one".to_owned())],
        (Some(warn), Some(critical)) if critical < warn => {
            vec![(node.place_of("critical"), "critical comes before warn; exchange the two".to_owned())]
        }
        (Some(_) | None, Some(_) | None) => Vec::new(),
    }
}

/// Notes walls of a playlist that are not among all there are, or are playlists themselves.
pub(super) fn check_play(
    spot: &Spot,
    node: &Node,
    wall: &WallDefinition,
    all: &[(WallId, Kind)],
    faults: &mut Faults<'_>,
) {
    let mut played: Vec<&WallId> = Vec::new();
    for (at, (play, node)) in wall.play.iter().zip(node.items("play")).enumerate() {
        if !played.contains(&&play.wall) {
            played.push(&play.wall);
            if played.len() == PLAYED_WALLS_MAX + 1 {
                let said = format!(
                    "\"{}\" is one wall too many; a playlist plays at most {PLAYED_WALLS_MAX} different walls",
                    play.wall
                );
                faults.at(node.place_of("wall"), spot.about(&format!("play {}: {said}", at + 1)));
            }
        }
        let said = match all.iter().find(|(id, _)| *id == play.wall) {
            Some((_, Kind::Playlist)) => {
                format!("\"{}\" is a playlist itself; name the walls that it plays", play.wall)
            }
            Some(_) => continue,
            None => {
                let known: Vec<&str> = all
                    .iter()
                    .filter(|(_, kind)| *kind != Kind::Playlist)
                    .map(|(id, _)| id.as_str())
                    .collect();
                format!("there is no wall \"{}\"; use one of {}", play.wall, known.join(", "))
            }
        };
        faults.at(node.place_of("wall"), spot.about(&format!("play {}: {said}", at + 1)));
    }
}
