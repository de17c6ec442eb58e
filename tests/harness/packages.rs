//! Packages of npm that tests need, installed once as a lock file names them, and kept between runs.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

use super::process::Folder;

/// What is missing when they cannot be installed or run.
pub const MEND: &str =
    "the tests need Node 20 or later with npm: install both so that `node` and `npm` are in PATH";

/// A manifest and its lock file.
#[derive(Clone, Copy, Hash)]
pub struct Packages {
    pub manifest: &'static str,
    pub lock: &'static str,
}

impl Packages {
    /// Where they are.
    pub fn folder(self) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        target.join("npm").join(format!("{:016x}", hasher.finish()))
    }

    /// Installs them; they appear whole or not at all.
    pub fn install(self) -> PathBuf {
        let place = self.folder();
        if place.exists() {
            return place;
        }
        let unfinished = Folder::within(place.parent().unwrap());
        unfinished.write("package.json", self.manifest);
        unfinished.write("package-lock.json", self.lock);
        let npm = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(unfinished.path())
            .output()
            .unwrap_or_else(|error| panic!("{MEND} (npm: {error})"));
        let said = String::from_utf8_lossy(&npm.stderr);
        assert!(npm.status.success(), "npm ci failed; it needs the package registry once: {said}");
        // Fails when somebody else was faster; theirs is the same.
        let _ = std::fs::rename(unfinished.path(), &place);
        assert!(place.exists());
        place
    }
}
