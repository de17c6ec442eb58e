//! The key above the first section that says where data is kept.

use std::path::{Path, PathBuf};

use super::document::{Faults, Key, Reported, Section};

/// Beside the configuration file, or in the working folder without one.
const DEFAULT_FOLDER: &str = "rollcall-data";

const DATA: Key = Key { name: "data", example: "\"/var/lib/rollcall\"" };
/// Every key of this concern.
pub(super) const KEYS: &[Key] = &[DATA];

pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<PathBuf, Reported> {
    let found = section.text(&DATA, faults)?;
    let folder = found.map_or(DEFAULT_FOLDER, |found| found.value);
    Ok(section.folder().join(Path::new(folder)))
}
