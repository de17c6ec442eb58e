//! `rollcall simulator`: the simulated organisation alone, for other programs and for `rollcall serve`.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use clap::{Args, builder::PossibleValuesParser};

use super::{
    elsewhere,
    lifecycle::{End, Signals},
    say,
    world::{WorldArgs, example_call},
};
use crate::clock::SystemClock;

/// A simulated Genesys Cloud organisation alone.
#[derive(Args)]
pub struct Simulator {
    #[command(flatten)]
    world: WorldArgs,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Where Genesys' own answer is not known, give the other one (may be repeated).
    #[arg(long = "answer", value_name = "NAME", value_parser = PossibleValuesParser::new(simulator::Answers::NAMES))]
    answers: Vec<String>,
    /// Play the incident in this file from the start; its form is in docs/simulator.md.
    #[arg(long, value_name = "FILE")]
    timeline: Option<PathBuf>,
}

impl Simulator {
    /// Runs it until it is told to stop.
    pub async fn run(self) -> Result<End> {
        let mut signals = Signals::take()?;
        let mut config = self.world.config(self.listen);
        for name in &self.answers {
            config.answers.turn(name);
        }
        if let Some(path) = &self.timeline {
            let named = || format!("--timeline {}", path.display());
            let text = fs::read_to_string(path).with_context(named)?;
            config.timeline = Some(simulator::Timeline::read(&text).with_context(named)?);
        }
        let start = simulator::start(config, Arc::new(SystemClock::start()));
        let Some(started) = signals.before(start).await else { return Ok(End::Cut) };
        let simulator = started.map_err(|error| elsewhere(error, "--listen"))?;
        say(self.greeting(&simulator.base_url()));
        Ok(signals.until_stopped(simulator.stop()).await)
    }

    fn greeting(&self, base_url: &str) -> String {
        let WorldArgs { agents, queues, seed, .. } = self.world;
        format!(
            "A simulated Genesys Cloud with {agents} agents and {queues} queues (seed {seed}) is at\n\n\
             {base_url}\n\n\
             OAuth client: simulator / simulator. Give it a busy day:\n  {}\n\
             Ctrl-C stops it.\n",
            example_call(base_url)
        )
    }
}
