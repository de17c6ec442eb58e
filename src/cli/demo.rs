//! `rollcall demo`: simulator and proxy in one process, with nothing to configure.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use clap::Args;
use protocol::Clock;
use proxy::config::Config;

use super::{
    elsewhere,
    lifecycle::{End, Signals},
    say,
    world::{WorldArgs, example_call},
};
use crate::clock::SystemClock;

/// A live wall on simulated agents, with nothing to configure.
#[derive(Args)]
pub struct Demo {
    #[command(flatten)]
    world: WorldArgs,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The address that the simulator listens on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    simulator_listen: SocketAddr,
    /// A folder of wall files, in place of the demo's own walls.
    #[arg(long, value_name = "DIR")]
    walls: Option<PathBuf>,
    /// The folder in which data is kept [default: a temporary one, removed at the end].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Demo {
    /// Runs it until it is told to stop.
    pub async fn run(self) -> Result<End> {
        Config::refuse_open(self.listen)?;
        // Before anything is started: faults in files are told at once.
        let walls = self.walls.as_deref().map(Config::walls_of).transpose()?;
        let mut signals = Signals::take()?;
        // Removed when it is dropped.
        let temporary = match &self.data {
            Some(_) => None,
            None => {
                let folder = tempfile::Builder::new().prefix("rollcall-demo-").tempdir();
                Some(folder.context("cannot make a temporary folder; name one with --data DIR")?)
            }
        };
        let data = self.data.clone().or_else(|| Some(temporary.as_ref()?.path().to_path_buf()));
        // One clock, so that moving the world's time moves the wall's too.
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let start = async {
            let config = self.world.config(self.simulator_listen);
            let simulator = simulator::start(config, clock.clone())
                .await
                .map_err(|error| elsewhere(error, "--simulator-listen"))?;
            let mut config = Config { data, ..Config::demo(simulator.address(), self.listen) };
            if let Some(walls) = walls {
                config.walls = walls;
            }
            let proxy = proxy::start(config, clock).await?;
            anyhow::Ok((simulator, proxy))
        };
        let Some(started) = signals.before(start).await else { return Ok(End::Cut) };
        let (simulator, proxy) = started?;
        say(self.greeting(&proxy.base_url(), &simulator.base_url()));
        let stop = async {
            // In this order, so that the proxy does not report the loss of its upstream.
            proxy.stop().await;
            simulator.stop().await;
        };
        Ok(signals.until_stopped(stop).await)
    }

    fn greeting(&self, base_url: &str, simulator_url: &str) -> String {
        let WorldArgs { agents, queues, .. } = self.world;
        format!(
            "A wall with {agents} simulated agents and {queues} queues is live at\n\n\
             {base_url}/\n\n\
             Supervisors act at {base_url}/console.\n\
             The simulated Genesys Cloud behind it is at {simulator_url}. Give it a busy day:\n  {}\n\
             Ctrl-C stops both.\n",
            example_call(simulator_url)
        )
    }
}
