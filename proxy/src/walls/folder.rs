//! A folder of wall files: `{id}.toml` or `{id}.json`, one wall a file.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use protocol::{
    WallId,
    wall::{Kind, WallDefinition},
};

use super::{
    Written,
    check::{self, Spot},
    node::{Format, Node},
};
use crate::config::document::{Faults, Place};

/// Far above a wall with as many tiles as there may be.
pub const FILE_BYTES_MAX: u64 = 256 * 1024;

/// More walls than anybody chooses from; what is beyond is told, not read.
pub const FILES_MAX: usize = 500;

/// A file that is there, with its content.
#[derive(Clone, Debug)]
pub struct WallFile {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it, or why that cannot be read.
    pub text: Result<String, String>,
}

/// What one file says.
#[derive(Clone, Debug)]
pub struct Told {
    /// Which file.
    pub path: PathBuf,
    /// The wall, or `file:line:column: what is wrong; how to mend it`, one a fault.
    pub wall: Result<WallDefinition, Vec<String>>,
}

/// Everything that the files of a folder say, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Loaded(pub Vec<Told>);

impl Loaded {
    /// The walls of the files without faults.
    #[must_use]
    pub fn walls(&self) -> Vec<WallDefinition> {
        self.0.iter().filter_map(|told| told.wall.as_ref().ok().cloned()).collect()
    }

    /// All faults of all files.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.0.iter().filter_map(|told| told.wall.as_ref().err()).flatten().cloned().collect()
    }
}

/// The wall files in a folder, by name; other files are not walls.
///
/// # Errors
/// When the folder cannot be read, or holds too many.
pub fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // Editors keep their own copies under names with a dot before them.
        if Format::of(&name).is_some() && !name.starts_with('.') && path.is_file() {
            files.push(path);
        }
    }
    if files.len() > FILES_MAX {
        return Err(io::Error::other(format!(
            "it holds {} wall files; at most {FILES_MAX} are read",
            files.len()
        )));
    }
    files.sort_unstable();
    Ok(files)
}

/// Reads a file, whatever is in it.
#[must_use]
pub fn read(path: &Path) -> WallFile {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text));
    let text = match read {
        Err(error) => Err(format!("cannot be read: {error}; make it readable for Rollcall, and UTF-8")),
        Ok(_) if text.len() as u64 > FILE_BYTES_MAX => {
            Err(format!("is larger than {} KiB; a wall is not", FILE_BYTES_MAX / 1024))
        }
        Ok(_) => Ok(text),
    };
    WallFile { path: path.to_path_buf(), text }
}

/// Reads all files of a folder.
///
/// # Errors
/// When the folder cannot be read.
pub fn read_all(folder: &Path) -> io::Result<Vec<WallFile>> {
    Ok(list(folder)?.iter().map(|path| read(path)).collect())
}

/// What the files say; `fixed` are the walls that are defined elsewhere.
#[must_use]
pub fn load(files: &[WallFile], fixed: &[(WallId, Kind)]) -> Loaded {
    let names: Vec<String> = files.iter().map(|file| file.path.display().to_string()).collect();
    let mut reads: Vec<(WallId, Faults<'_>, Option<Written>)> = Vec::with_capacity(files.len());
    for (file, name) in files.iter().zip(&names) {
        let stem = file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let format = Format::of(name).unwrap_or(Format::Toml);
        let text = file.text.as_deref().unwrap_or_default();
        let mut faults = Faults::none(name, text);
        let written = match &file.text {
            Err(why) => Err(faults.at(Place::at(0), format!("the file {why}"))),
            Ok(text) => Node::parse(format, text, &mut faults).and_then(|node| {
                let spot = Spot { format, label: String::new() };
                super::read(spot, Some(&stem), node, &mut faults)
            }),
        };
        let written = written.ok();
        let id = written.as_ref().map(|written| written.wall.id.clone());
        let id = id.unwrap_or_else(|| WallId::new(&check::id_of_file(&stem).unwrap_or_default()));
        if let Some(written) = &written {
            let taken = fixed.iter().any(|(other, _)| *other == id)
                || reads.iter().any(|(other, _, sound)| sound.is_some() && *other == id);
            if taken {
                written.refuse_id(&mut faults);
            }
        }
        reads.push((id, faults, written));
    }
    let sound = reads.iter().filter_map(|(_, _, written)| written.as_ref());
    let mut all: Vec<(WallId, Kind)> = fixed.to_vec();
    all.extend(sound.map(|written| (written.wall.id.clone(), written.wall.kind)));
    // A wall whose file has other faults is there all the same: one fault is not told twice.
    all.extend(
        reads.iter().filter(|(_, _, sound)| sound.is_none()).map(|(id, _, _)| (id.clone(), Kind::Floor)),
    );
    let told = files.iter().zip(reads).map(|(file, (_, mut faults, written))| {
        if let Some(written) = &written {
            written.check_play(&all, &mut faults);
        }
        let wall = match written {
            Some(written) if faults.is_empty() => Ok(written.wall),
            Some(_) | None => Err(faults.into_lines()),
        };
        Told { path: file.path.clone(), wall }
    });
    Loaded(told.collect())
}
