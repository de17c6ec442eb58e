//! What is logged, and how: to stderr, so that stdout is for whoever started the program.

use std::io::{self, IsTerminal as _};

use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use tracing_subscriber::{EnvFilter, fmt};

/// Ours in full; of the libraries underneath what is wrong.
const DEFAULT_FILTER: &str = "info,hyper=warn,hyper_util=warn,reqwest=warn,rustls=warn,tungstenite=warn,\
                              tokio_tungstenite=warn";

/// The log.
#[derive(Args)]
#[command(next_help_heading = "Log")]
pub struct LogArgs {
    /// What is logged, such as `debug` or `info,proxy=debug` [default: info].
    #[arg(long, value_name = "FILTER", env = "RUST_LOG", hide_env_values = true, global = true)]
    log: Option<String>,
    /// How a log line is written, to stderr: for people, or one JSON object a line.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text, global = true)]
    log_format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl LogArgs {
    /// Makes this the log of the process.
    pub fn install(&self) -> Result<()> {
        let filter = self.log.as_deref().map(str::trim).filter(|filter| !filter.is_empty());
        let filter = filter.unwrap_or(DEFAULT_FILTER);
        let filter = EnvFilter::try_new(filter).map_err(|_| {
            anyhow!("--log (or RUST_LOG) \"{filter}\" is no filter; write e.g. --log info,proxy=debug")
        })?;
        let log = fmt().with_env_filter(filter).with_writer(io::stderr);
        match self.log_format {
            Format::Text => log.with_ansi(io::stderr().is_terminal()).try_init(),
            Format::Json => log.json().flatten_event(true).try_init(),
        }
        .map_err(|error| anyhow!("cannot start the log: {error}"))
    }
}
