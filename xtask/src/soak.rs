//! `cargo xtask soak`: what the gate does in a short form, for as long as somebody has time.

use crate::process::{cargo, root, run as run_command};
use crate::{Command, bundle, machine};
use anyhow::{Context as _, Result, ensure};

/// The command.
pub const COMMAND: Command = Command {
    name: "soak",
    summary: "the long forms: 10,000 simulated hours, ten minutes of sleep, 200 kills",
    help: "\
Usage: cargo xtask soak [HOURS]

Runs the proxy's state machines under one seeded scheduler for so many simulated hours, 10,000 unless given, with channels
that are renewed and all kinds of trouble; after each trouble every board must be the truth again. A failure prints its
seed, and SIMULATED_SEED runs that one alone. The gate runs 720 hours. About twenty minutes on two cores.

Then a browser and a proxy are stopped for ten minutes, as on a machine that sleeps, and must be right within 10 s after;
the gate stops them for one.

Last the program is killed 200 times while it writes, at seeded moments; what took effect must be in the audit log. The gate kills it 20 times.
",
    run,
};

const HOURS: u32 = 10_000;

/// How often the program is killed.
const KILLED_TIMES: u32 = 200;

/// How long browser and proxy stand still.
const STOPPED_SECONDS: u32 = 600;

fn run(args: &[String]) -> Result<()> {
    ensure!(args.len() <= 1, "expected one number of hours, not {}", args.join(" "));
    let hours = args.first().map_or(Ok(HOURS), |hours| hours.parse());
    let hours = hours.with_context(|| format!("`{}` is no number of hours", args.concat()))?;
    run_command(cargo().env("SIMULATED_HOURS", hours.to_string()).args([
        "test",
        "--quiet",
        "--package",
        "proxy",
        "--lib",
        "simulation::for_weeks",
        "--",
        "--nocapture",
    ]))?;
    machine::wasm_target()?;
    machine::browser()?;
    println!("{}", bundle::bundle(root(), bundle::Pace::Quick)?);
    run_command(cargo().env("STOPPED_SECONDS", STOPPED_SECONDS.to_string()).args([
        "test",
        "--quiet",
        "--package",
        "rollcall",
        "--test",
        "browser",
        "stopped::",
        "--",
        "--nocapture",
    ]))?;
    run_command(cargo().env("KILLED_TIMES", KILLED_TIMES.to_string()).args([
        "test",
        "--quiet",
        "--package",
        "rollcall",
        "--test",
        "durable",
        "killed::",
        "--",
        "--nocapture",
    ]))
}
