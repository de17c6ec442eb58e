//! `cargo xtask soak`: what the gate does in a short form, for as long as somebody has time.

use crate::Command;
use crate::process::{cargo, run as run_command};
use anyhow::{Context as _, Result, ensure};

/// The command.
pub const COMMAND: Command = Command {
    name: "soak",
    summary: "the long form of the simulation: 10,000 hours",
    help: "\
Usage: cargo xtask soak [HOURS]

Runs the proxy's state machines under one seeded scheduler for so many simulated hours, 10,000 unless given, with channels
that are renewed and all kinds of trouble; after each trouble every board must be the truth again. A failure prints its
seed. The gate runs 720 hours. About a quarter of an hour.
",
    run,
};

const HOURS: u32 = 10_000;

fn run(args: &[String]) -> Result<()> {
    ensure!(args.len() <= 1, "expected one number of hours, not {}", args.join(" "));
    let hours = args.first().map_or(Ok(HOURS), |hours| hours.parse());
    let hours = hours.with_context(|| format!("`{}` is no number of hours", args.concat()))?;
    run_command(cargo().env("SIMULATED_HOURS", hours.to_string()).args([
        "test",
        "--quiet",
        "--release",
        "--package",
        "proxy",
        "--lib",
        "simulation::for_weeks",
        "--",
        "--nocapture",
    ]))
}
