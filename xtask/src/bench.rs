//! `cargo xtask bench`: what the program costs, against its budgets.

use crate::process::{cannot_start, root, shown};
use crate::sizes::Sizes;
use crate::{Command, build, machine, only_flags};
use anyhow::{Context as _, Result, ensure};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

/// The command.
pub const COMMAND: Command = Command {
    name: "bench",
    summary: "sizes and the harnesses of bench/, against their budgets",
    help: "\
Usage: cargo xtask bench [--quick]

Builds app and server, prints what a first visit downloads, runs bench/fanout/run, bench/render/run,
bench/simulator/run and bench/audit/run, and sums up which bounds are met. Needs Node and Chromium; about half an hour, on a machine that
does nothing else. A bound that is not met is no failure: that depends on the machine and on what else it does. A lost
delivery or a wall that shows something else is.

  --quick     the short form of each; `cargo xtask test` runs it on programs that are not optimised, to see that it works
",
    run,
};

/// What is run: the server and the harnesses that measure it.
pub const PROGRAMS: [&str; 4] = ["rollcall", "audit-bench", "fanout", "simulator-bench"];

/// The harnesses begin each line about a bound with this.
const BOUND: &str = "bound  ";

/// And goes on with this when it holds.
const MET: &str = "met";

fn run(args: &[String]) -> Result<()> {
    only_flags(args, &["--quick"])?;
    machine::node()?;
    machine::browser()?;
    let quick = args.iter().any(|arg| arg == "--quick");
    let server = build::release(&PROGRAMS)?;
    print!("{}", Sizes::measure()?.table());
    let bounds = harnesses(&server, quick)?;
    let met = bounds.iter().filter(|bound| bound.starts_with(MET)).count();
    println!("\nBounds, {met} of {} met", bounds.len());
    for bound in bounds {
        println!("  {bound}");
    }
    Ok(())
}

/// The short form of the harnesses with programs that the tests have built: shows that all work and lose nothing, and measures nothing.
pub fn quick(server: &Path) -> Result<()> {
    println!("not optimised: that all of it works is seen here, and no figure means anything");
    harnesses(server, true).map(drop)
}

/// Runs them all; the harnesses are beside the server. Returns what they say about bounds.
fn harnesses(server: &Path, quick: bool) -> Result<Vec<String>> {
    let mut bounds = Vec::new();
    // What a delivery to a screen costs the server; what an event costs the app; what a simulated
    // organisation costs; what a recorded write costs.
    for script in ["bench/fanout/run", "bench/render/run", "bench/simulator/run", "bench/audit/run"] {
        println!("\n{script}\n");
        bounds.extend(harness(script, server, quick)?);
    }
    Ok(bounds)
}

/// Runs one with its output for all to see, and returns what it says about bounds.
fn harness(script: &str, server: &Path, quick: bool) -> Result<Vec<String>> {
    let mut command = std::process::Command::new(root().join(script));
    command.current_dir(root()).args(quick.then_some("--quick")).env("ROLLCALL", server);
    command.envs(server.parent().map(|beside| ("HARNESSES", beside)));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(&command))?;
    let printed = BufReader::new(child.stdout.take().context("the pipe from the harness is missing")?);
    let mut bounds = Vec::new();
    for line in printed.lines() {
        let line = line.context("reading from the harness")?;
        match line.strip_prefix(BOUND) {
            Some(bound) => bounds.push(bound.to_owned()),
            None => println!("{line}"),
        }
    }
    let status = child.wait().with_context(|| cannot_start(&command))?;
    ensure!(status.success(), "`{}` failed ({status})", shown(&command));
    Ok(bounds)
}
