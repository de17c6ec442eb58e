//! What is logged, and how: to stderr, so that stdout is for whoever started the program.

use std::io::{self, IsTerminal as _};

use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Ours in full; of the libraries underneath what is wrong.
const DEFAULT_FILTER: &str = "info,hyper=warn,hyper_util=warn,reqwest=warn,rustls=warn,tungstenite=warn,\
                              tokio_tungstenite=warn";

/// Of commands that tell by themselves what they find.
const QUIET_FILTER: &str = "error";

/// Libraries that meet tokens, secrets and channel addresses. What they say below `info` may hold them,
/// so that no filter brings it into the log.
const CAPPED: [&str; 10] = [
    "h2",
    "hyper",
    "hyper_rustls",
    "hyper_util",
    "reqwest",
    "rustls",
    "tokio_rustls",
    "tokio_tungstenite",
    "tower_http",
    "tungstenite",
];

/// The log.
#[derive(Args)]
#[command(next_help_heading = "Log")]
pub struct LogArgs {
    /// What is logged, such as `debug` or `info,proxy=debug`; of network libraries never more than `info`
    /// [default: info].
    #[arg(long, value_name = "FILTER", env = "RUST_LOG", hide_env_values = true, global = true)]
    log: Option<String>,
    /// How a log line is written, to stderr: for people, or one JSON object a line.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text, global = true)]
    log_format: Format,
    #[cfg(feature = "otel")]
    #[command(flatten)]
    traces: super::traces::TracesArgs,
}

/// What must be ended in order.
pub struct Installed {
    #[cfg(feature = "otel")]
    traces: Option<super::traces::Traces>,
}

impl Installed {
    /// Writes what waits. While the runtime is still there.
    pub fn end(self) {
        #[cfg(feature = "otel")]
        if let Some(traces) = self.traces {
            traces.end();
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl LogArgs {
    /// Makes this the log of the process; a quiet one holds errors alone unless more is asked for.
    pub fn install(&self, quiet: bool) -> Result<Installed> {
        let filter = self.log.as_deref().map(str::trim).filter(|filter| !filter.is_empty());
        let filter = filter.unwrap_or(if quiet { QUIET_FILTER } else { DEFAULT_FILTER });
        let filter = EnvFilter::try_new(filter).map_err(|_| {
            anyhow!("--log (or RUST_LOG) \"{filter}\" is no filter; write e.g. --log info,proxy=debug")
        })?;
        let lines = fmt::layer().with_writer(io::stderr);
        let lines = match self.log_format {
            Format::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
            Format::Json => lines.json().flatten_event(true).boxed(),
        };
        let lines = lines.with_filter(filter.and(filter_fn(may_be_logged)));
        let registry = tracing_subscriber::registry().with(lines);
        #[cfg(feature = "otel")]
        let (traces, registry) = {
            let (layer, traces) = self.traces.layer()?.unzip();
            (traces, registry.with(layer))
        };
        registry.try_init().map_err(|error| anyhow!("cannot start the log: {error}"))?;
        Ok(Installed {
            #[cfg(feature = "otel")]
            traces,
        })
    }
}

fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    // Spans are for traces; a line says by itself what it is about.
    if metadata.is_span() {
        return false;
    }
    let library = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::INFO || !CAPPED.contains(&library)
}
