//! The folder of wall files while Rollcall runs: what is changed there is on the screens within two seconds.
//!
//! The folder is looked at again and again rather than watched by the operating system: that works on every file system,
//! on network shares too, and costs one listing.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use protocol::wall::WallDefinition;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

use super::folder::{self, Loaded, WallFile};
use crate::{
    config::WallConfig,
    feed::{FeedHandle, Input},
};

/// How often the folder is looked at. A change is read when two looks agree, so that a file is not read while it is
/// being written, and is on the screens within two seconds.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// So many looks after a change files are read even if they look the same: some file systems tell the time of a change
/// in steps of two seconds, in which a second change of the same length would go unnoticed.
const READ_AGAIN: u32 = 5;

/// How a folder looks from outside: names, times of change, lengths.
type Look = Vec<(PathBuf, Option<SystemTime>, u64)>;

/// Watches until the proxy stops. Without a folder there is nothing to watch.
pub async fn run(config: WallConfig, feed: FeedHandle) {
    let Some(folder) = config.folder.clone() else { return };
    let mut known = Known::of(config);
    let mut seen: Result<Look, String> = Ok(Vec::new());
    let mut reads_due = 0;
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let asked = folder.clone();
        let Ok(now) = tokio::task::spawn_blocking(move || look(&asked)).await else { return };
        if now != seen {
            if let Err(error) = &now {
                warn!(folder = %folder.display(), error, "the folder of walls cannot be read; its walls stay as they are");
            }
            seen = now;
            reads_due = READ_AGAIN;
            continue;
        }
        if reads_due == 0 || seen.is_err() {
            continue;
        }
        reads_due -= 1;
        let asked = folder.clone();
        let Ok(files) = tokio::task::spawn_blocking(move || folder::read_all(&asked)).await else { return };
        // A file that went away in between is seen to be gone at the next look.
        let Ok(files) = files else { continue };
        if let Some(walls) = known.learn(&folder, &files) {
            feed.tell(Input::Walls { walls }).await;
        }
    }
}

fn look(folder: &Path) -> Result<Look, String> {
    let files = folder::list(folder).map_err(|error| error.to_string())?;
    let of = |path: PathBuf| {
        let about = path.metadata().ok();
        let changed = about.as_ref().and_then(|about| about.modified().ok());
        let length = about.map_or(0, |about| about.len());
        (path, changed, length)
    };
    Ok(files.into_iter().map(of).collect())
}

/// What the folder said last.
struct Known {
    fixed: Vec<WallDefinition>,
    /// Of each file the last wall without faults.
    good: HashMap<PathBuf, WallDefinition>,
    /// Of each file the faults that were logged last.
    faults: HashMap<PathBuf, Vec<String>>,
    told: Vec<WallDefinition>,
}

impl Known {
    fn of(config: WallConfig) -> Self {
        let told = config.all();
        Self { fixed: config.fixed, good: HashMap::new(), faults: HashMap::new(), told }
    }

    /// All walls as they should be by now, when that is another list than before.
    fn learn(&mut self, folder: &Path, files: &[WallFile]) -> Option<Vec<WallDefinition>> {
        let fixed: Vec<_> = self.fixed.iter().map(|wall| (wall.id.clone(), wall.kind)).collect();
        let Loaded(told) = folder::load(files, &fixed);
        let mut good = HashMap::new();
        let mut faults = HashMap::new();
        let mut walls: Vec<WallDefinition> = Vec::new();
        for told in told {
            let before = self.good.remove(&told.path);
            let wall = match told.wall {
                Ok(wall) => {
                    if self.faults.remove(&told.path).is_some() {
                        info!(wall.id = %wall.id, file = %told.path.display(), "the wall's file has no faults any more");
                    }
                    good.insert(told.path, wall.clone());
                    Some(wall)
                }
                Err(lines) => {
                    if self.faults.remove(&told.path).as_ref() != Some(&lines) {
                        for line in &lines {
                            error!("{line}");
                        }
                    }
                    let shown = before.clone().map(|wall| noted(wall, folder, &lines));
                    if let Some(before) = before {
                        good.insert(told.path.clone(), before);
                    }
                    faults.insert(told.path, lines);
                    shown
                }
            };
            // A file that took another's id away while that one has faults.
            walls.extend(wall.filter(|wall| !walls.iter().any(|other| other.id == wall.id)));
        }
        (self.good, self.faults) = (good, faults);
        let walls = WallConfig::together(&self.fixed, &walls);
        if walls == self.told {
            return None;
        }
        self.told.clone_from(&walls);
        Some(walls)
    }
}

/// The last good wall with the faults of its file on it. On a screen the file's name is enough.
fn noted(mut wall: WallDefinition, folder: &Path, lines: &[String]) -> WallDefinition {
    let folder = format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR);
    wall.notes = lines.iter().map(|line| line.replace(&folder, "")).collect();
    wall
}
