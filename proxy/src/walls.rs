//! Walls as they are written: in sections of the configuration, or one a file in a folder.
//!
//! Reading is strict: a key that is not known, a word that is none, a number out of bounds and keys that make no sense
//! together are faults, all of them told together with line and column.

mod check;
pub mod folder;
pub mod keys;
mod meaning;
pub(crate) mod node;
pub mod online;
pub mod schema;
pub mod watch;

use protocol::{
    WallId,
    wall::{Kind, WallDefinition},
};
use serde_json::Value;

use self::{
    check::Spot,
    node::{Format, Node},
};
use crate::config::document::{Faults, Reported};

/// A wall with what was written, for what can be said only when all walls are known.
pub(crate) struct Written {
    pub(crate) wall: WallDefinition,
    node: Node,
    spot: Spot,
}

/// Reads a section of the configuration; `name` stands before each fault.
pub(crate) fn of_section(name: &str, node: Node, faults: &mut Faults<'_>) -> Result<Written, Reported> {
    read(Spot { format: Format::Toml, label: name.to_owned() }, None, node, faults)
}

/// Reads a wall; in a file its id is the file's name unless it is written.
fn read(spot: Spot, stem: Option<&str>, node: Node, faults: &mut Faults<'_>) -> Result<Written, Reported> {
    let mut sound = check::table(&spot, &node, keys::WALL, faults);
    if node.get("id").is_none() {
        let id = stem.map_or_else(
            || Err("is missing; write id = \"floor\"".to_owned()),
            |stem| {
                let rule = "rename the file, or write id in it";
                check::id_of_file(stem)
                    .map_err(|wrong| format!("is the file's name unless written, and {wrong}; {rule}"))
            },
        );
        match id {
            Ok(id) => {
                if let Ok(sound) = &mut sound {
                    sound.insert("id".to_owned(), Value::from(id));
                }
            }
            Err(wrong) => sound = Err(faults.at(node.place, spot.about(&format!("id {wrong}")))),
        }
    }
    let sound = sound?;
    let wall: WallDefinition = serde_json::from_value(Value::Object(sound))
        .map_err(|error| faults.at(node.place, spot.about(&format!("is not a wall: {error}"))))?;
    meaning::check(&spot, &node, &wall, faults)?;
    Ok(Written { wall, node, spot })
}

impl Written {
    /// Notes that another wall has the same id.
    pub(crate) fn refuse_id(&self, faults: &mut Faults<'_>) -> Reported {
        let sentence = format!("id \"{}\" is taken by another wall; choose another", self.wall.id);
        faults.at(self.node.place_of("id"), self.spot.about(&sentence))
    }

    /// Notes what a playlist plays and cannot.
    pub(crate) fn check_play(&self, all: &[(WallId, Kind)], faults: &mut Faults<'_>) {
        meaning::check_play(&self.spot, &self.node, &self.wall, all, faults);
    }
}

#[cfg(test)]
mod tests;
