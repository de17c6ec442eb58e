//! How large and how busy the simulated organisation is: options of `demo` and `simulator`.

use std::net::SocketAddr;

use clap::Args;

/// The simulated organisation.
#[derive(Args)]
pub struct WorldArgs {
    /// How many agents there are.
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub agents: usize,
    /// How many queues there are.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub queues: usize,
    /// How many events come a second; 0 lets the world stand still [default: its natural pace].
    #[arg(long, value_name = "R")]
    events_per_second: Option<f64>,
    /// How many people come, and how many go, an hour and 100 agents.
    #[arg(long, value_name = "N", default_value_t = 0.5)]
    turnover: f64,
    /// Same seed, same world.
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub seed: u64,
}

impl WorldArgs {
    /// A simulator of this world at `listen`.
    pub fn config(&self, listen: SocketAddr) -> simulator::Config {
        simulator::Config {
            listen,
            agents: self.agents,
            queues: self.queues,
            events_per_second: self.events_per_second,
            turnover: self.turnover,
            seed: self.seed,
            ..simulator::Config::default()
        }
    }
}

/// A call that shows how the world is spoken to.
pub fn example_call(base_url: &str) -> String {
    format!(
        "curl -X POST {base_url}/simulator/scenario -H 'content-type: application/json' -d '{{\"name\":\"rush\"}}'"
    )
}
