//! `rollcall doctor`: whether Genesys Cloud gives what walls need, before there is a wall.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use clap::Args;
use proxy::{
    config::Config,
    doctor::{self, Verdict},
};

use super::{lifecycle::End, say, serve::environment};
use crate::clock::SystemClock;

/// Checks credentials, permissions, topics, limits, clock and network, and says how to mend each fault.
///
/// Needs what `rollcall serve` needs: a configuration file, or the environment. Exit code 0: no fault (there may be
/// warnings); 1: a fault, or a configuration that does not hold.
#[derive(Args)]
pub struct Doctor {
    /// A configuration file; the environment wins over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints one JSON object, for programs.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    /// Does it.
    pub async fn run(self) -> Result<End> {
        let config = Config::load(self.config.as_deref(), None, &environment)?;
        let report = doctor::examine(&config, Arc::new(SystemClock::start()))
            .await
            .context("TLS cannot be set up on this machine")?;
        if self.json {
            say(report.json());
        } else {
            say(&report);
        }
        Ok(if report.count(Verdict::Fault) > 0 { End::Faulty } else { End::Stopped })
    }
}
