//! `[[wall]]`, `walls` and `default_wall`: the walls, in sections of the configuration or in files of a folder.

use std::path::{Path, PathBuf};

use protocol::{
    WallId,
    wall::{Kind, WallDefinition},
};

use super::document::{Faults, Key, Reported, Section};
use crate::walls::{Written, folder, of_section};

const WALLS: Key = Key { name: "walls", example: "\"walls\"" };
const DEFAULT_WALL: Key = Key { name: "default_wall", example: "\"floor\"" };
/// The keys above the first section.
pub(super) const KEYS: &[Key] = &[WALLS, DEFAULT_WALL];

/// The folder that is read when none is named, if it is there.
const DEFAULT_FOLDER: &str = "walls";

/// Where walls are defined.
#[derive(Clone, Debug)]
pub struct WallConfig {
    /// The walls of the configuration itself, in its order.
    pub fixed: Vec<WallDefinition>,
    /// The walls of the folder's files at the start, in the order of their names.
    pub files: Vec<WallDefinition>,
    /// The folder of wall files, looked at as long as Rollcall runs. Key `walls`; default `walls` beside the
    /// configuration file, if it is there.
    pub folder: Option<PathBuf>,
    /// The wall that is shown at `/` when there are several. Key `default_wall`; default none: the page on which one is
    /// chosen.
    pub default: Option<WallId>,
}

impl WallConfig {
    /// Walls that no file defines.
    #[must_use]
    pub fn fixed(walls: Vec<WallDefinition>) -> Self {
        Self { fixed: walls, files: Vec::new(), folder: None, default: None }
    }

    /// All walls at the start.
    #[must_use]
    pub fn all(&self) -> Vec<WallDefinition> {
        Self::together(&self.fixed, &self.files)
    }

    /// Fixed walls and those of files; the default one when there is none.
    #[must_use]
    pub fn together(fixed: &[WallDefinition], files: &[WallDefinition]) -> Vec<WallDefinition> {
        let all: Vec<WallDefinition> = fixed.iter().chain(files).cloned().collect();
        if all.is_empty() { vec![default_wall()] } else { all }
    }
}

/// The wall there is when none is configured.
fn default_wall() -> WallDefinition {
    WallDefinition { id: WallId::new("floor"), title: "Floor".to_owned(), ..WallDefinition::default() }
}

/// A wall's id and kind: what a playlist must know of it.
fn kinds(walls: &[WallDefinition]) -> Vec<(WallId, Kind)> {
    walls.iter().map(|wall| (wall.id.clone(), wall.kind)).collect()
}

pub(super) fn read(
    top: &Section<'_>,
    sections: &[Section<'_>],
    faults: &mut Faults<'_>,
) -> Result<WallConfig, Reported> {
    let named = folder(top, faults);
    let written: Vec<Result<Written, Reported>> = sections
        .iter()
        .map(|section| {
            let node = section.node().ok_or_else(|| faults.outside("[[wall]] is absent"))?;
            of_section(section.name(), node, faults)
        })
        .collect();
    let mut fixed: Vec<WallDefinition> = Vec::new();
    let mut outcome = Ok(());
    for written in written.iter().flatten() {
        if fixed.iter().any(|other| other.id == written.wall.id) {
            outcome = Err(written.refuse_id(faults));
        }
        fixed.push(written.wall.clone());
    }
    let named = named?;
    let files = match &named {
        Some(folder) => load(folder, &fixed, faults),
        None => Ok(Vec::new()),
    };
    // One fault is not told twice: a file that cannot be read is no reason to miss its wall.
    let files = files?;
    let all = kinds(&[fixed.clone(), files.clone()].concat());
    let sections = written.into_iter().collect::<Result<Vec<Written>, Reported>>()?;
    for written in &sections {
        written.check_play(&all, faults);
    }
    let default = default(top, &WallConfig::together(&fixed, &files), faults)?;
    outcome.map(|()| WallConfig { fixed, files, folder: named, default })
}

/// The wall that is shown where none is named, which must be one of those that there are.
fn default(
    top: &Section<'_>,
    walls: &[WallDefinition],
    faults: &mut Faults<'_>,
) -> Result<Option<WallId>, Reported> {
    let Some(found) = top.text(&DEFAULT_WALL, faults)? else { return Ok(None) };
    let wall = WallId::new(found.value);
    walls.iter().any(|known| known.id == wall).then_some(Some(wall)).ok_or_else(|| {
        let known: Vec<&str> = walls.iter().map(|wall| wall.id.as_str()).collect();
        let wrong =
            format!("names \"{}\", and there is no such wall; use one of {}", found.value, known.join(", "));
        top.fault(found.place, &DEFAULT_WALL, &wrong, faults)
    })
}

/// The walls of a folder's files; `fixed` are those defined elsewhere.
fn load(
    path: &Path,
    fixed: &[WallDefinition],
    faults: &mut Faults<'_>,
) -> Result<Vec<WallDefinition>, Reported> {
    let files = folder::read_all(path).map_err(|error| {
        faults.outside(format!("walls = \"{}\": {error}; name a folder that can be read", path.display()))
    })?;
    let loaded = folder::load(&files, &kinds(fixed));
    let mut outcome = Ok(loaded.walls());
    for fault in loaded.faults() {
        outcome = Err(faults.outside(fault));
    }
    outcome
}

fn folder(top: &Section<'_>, faults: &mut Faults<'_>) -> Result<Option<PathBuf>, Reported> {
    let Some(found) = top.text(&WALLS, faults)? else {
        // Without a configuration file there is no folder beside it.
        let beside = top.folder().join(DEFAULT_FOLDER);
        return Ok((top.is_of_file() && beside.is_dir()).then_some(beside));
    };
    let path = top.folder().join(found.value);
    if path.is_dir() {
        return Ok(Some(path));
    }
    let wrong = format!("names {}, which is not a folder that can be read", path.display());
    Err(top.fault(found.place, &WALLS, &wrong, faults))
}

/// The walls of a folder alone, for a program that has no configuration.
pub(super) fn of_folder(path: &Path) -> Result<WallConfig, Vec<String>> {
    let mut faults = Faults::none("", "");
    match load(path, &[], &mut faults) {
        Ok(files) => {
            Ok(WallConfig { fixed: Vec::new(), files, folder: Some(path.to_path_buf()), default: None })
        }
        Err(_) => Err(faults.into_lines()),
    }
}
