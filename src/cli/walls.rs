//! `rollcall walls`: what can be said about wall files without showing them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use protocol::wall::WallDefinition;
use proxy::{
    config::Config,
    walls::{
        folder::{self, WallFile},
        online, schema,
    },
};

use super::{lifecycle::End, say, serve::environment};
use crate::clock::SystemClock;

/// Checks wall files.
#[derive(Subcommand)]
pub enum Walls {
    Check(Check),
    /// Prints the JSON schema of a wall file, for editors.
    Schema,
}

/// Says what is wrong with wall files, each fault with line and column; exit code 1 when something is.
#[derive(Args)]
pub struct Check {
    /// A configuration file, with its walls and its folder of walls.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Also whether there are the queues and teams that walls name: asks the organisation of the configuration, or of
    /// the environment.
    #[arg(long)]
    online: bool,
    /// Folders of wall files, or wall files [default without --config: the folder walls].
    #[arg(value_name = "FOLDER|FILE")]
    paths: Vec<PathBuf>,
}

impl Walls {
    /// Does it.
    pub async fn run(self) -> Result<End> {
        match self {
            Self::Check(check) => check.run().await,
            Self::Schema => {
                say(schema::text().trim_end());
                Ok(End::Stopped)
            }
        }
    }
}

impl Check {
    async fn run(self) -> Result<End> {
        let walls = self.walls()?;
        for wall in &walls {
            let tiles =
                if wall.tiles.is_empty() { String::new() } else { format!(", {} tiles", wall.tiles.len()) };
            say(format_args!("{}: \"{}\", kind {}{tiles}", wall.id, wall.title, wall.kind.as_str()));
        }
        if self.online {
            self.check_online(&walls).await?;
        }
        Ok(End::Stopped)
    }

    /// All walls that are meant, when none has a fault.
    fn walls(&self) -> Result<Vec<WallDefinition>> {
        let mut walls = Vec::new();
        if let Some(config) = &self.config {
            walls.extend(Config::load_walls(config)?.all());
        }
        let default = [PathBuf::from("walls")];
        let paths =
            if self.config.is_none() && self.paths.is_empty() { &default } else { self.paths.as_slice() };
        let mut files: Vec<WallFile> = Vec::new();
        for path in paths {
            files.extend(read(path)?);
        }
        let fixed: Vec<_> = walls.iter().map(|wall| (wall.id.clone(), wall.kind)).collect();
        let loaded = folder::load(&files, &fixed);
        let faults = loaded.faults();
        if !faults.is_empty() {
            bail!(faults.join("\n"));
        }
        walls.extend(loaded.walls());
        Ok(walls)
    }

    async fn check_online(&self, walls: &[WallDefinition]) -> Result<()> {
        let config = Config::load(self.config.as_deref(), None, &environment)?;
        let clock = Arc::new(SystemClock::start());
        let notes =
            online::check(config.genesys, walls, clock).await.context("the names were not checked")?;
        let lines: Vec<String> = notes
            .into_iter()
            .flat_map(|(id, notes)| notes.into_iter().map(move |n| format!("{id}: {n}")))
            .collect();
        if lines.is_empty() {
            say("All queues and teams are there.");
            return Ok(());
        }
        bail!(lines.join("\n"));
    }
}

fn read(path: &Path) -> Result<Vec<WallFile>> {
    if path.is_dir() {
        return folder::read_all(path).with_context(|| format!("cannot read {}", path.display()));
    }
    if !path.exists() {
        bail!(
            "there is no {}; name a folder of wall files, a wall file, or a configuration with --config",
            path.display()
        );
    }
    if !path.extension().is_some_and(|ending| ending == "toml" || ending == "json") {
        bail!("{} is not a wall file; its name must end in .toml or .json", path.display());
    }
    Ok(vec![folder::read(path)])
}
