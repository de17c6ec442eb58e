//! What a guarded, recorded write costs. README.md says what is measured and how.
#![expect(clippy::print_stdout, reason = "a command-line tool")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark times what it measures and reads the environment"
)]

mod latency;
// A script's file, shared.
#[expect(dead_code, reason = "not all of what it shares is needed here")]
#[path = "../../../xtask/src/postgres.rs"]
mod postgres;
// Shared by the harnesses.
#[expect(dead_code, reason = "not all of what it shares is needed here")]
#[path = "../../process.rs"]
mod process;
mod records;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
struct Cli {
    /// The rollcall program.
    #[arg(long)]
    rollcall: PathBuf,
    /// The folder on whose disk is written; a temporary one without it.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A tenth of everything.
    #[arg(long)]
    quick: bool,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    // Fails only when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = cli.data.unwrap_or_else(std::env::temp_dir);
    // Before there is a runtime: the server is waited for.
    let server = match postgres::Server::programs() {
        Some(_) => Some(postgres::Server::start()?),
        None => {
            println!("no PostgreSQL server on this machine: it is left out");
            None
        }
    };
    let url = server.as_ref().map(postgres::Server::url);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        records::measure(&place, url.as_deref(), cli.quick).await?;
        latency::measure(&cli.rollcall, &place, cli.quick).await
    })
}

/// The value below which so many hundredths of them are.
fn percentile(sorted: &[f64], hundredths: usize) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * hundredths / 100).copied().unwrap_or_default()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 50)
}
