//! `cargo xtask bench`: what the program costs, against its budgets.

use crate::process::{root, run as run_command};
use crate::sizes::Sizes;
use crate::{Command, bundle, machine, only_flags};
use anyhow::Result;

/// The command.
pub const COMMAND: Command = Command {
    name: "bench",
    summary: "sizes and the harnesses of bench/, against their budgets",
    help: "\
Usage: cargo xtask bench [--quick]

Bundles the app, prints what a first visit downloads, and runs the harnesses of bench/: bench/fanout/run and
bench/render/run, as far as they are there.

  --quick     the short form of each, as `cargo xtask test` prints it
",
    run,
};

fn run(args: &[String]) -> Result<()> {
    only_flags(args, &["--quick"])?;
    machine::wasm_target()?;
    bundle::bundle(root())?;
    print!("{}", Sizes::measure()?.table());
    let quick = args.iter().any(|arg| arg == "--quick");
    fanout(quick)?;
    render(quick)
}

/// The short form of the harnesses, without the sizes, which `test` prints itself.
pub fn quick() -> Result<()> {
    fanout(true)?;
    render(true)
}

/// What a delivery to a screen costs the server, against raw writes and Node's `ws`.
fn fanout(quick: bool) -> Result<()> {
    harness("bench/fanout/run", quick)
}

/// What an event costs the app, against the same grid in hand-written JavaScript.
fn render(quick: bool) -> Result<()> {
    harness("bench/render/run", quick)
}

fn harness(script: &str, quick: bool) -> Result<()> {
    let path = root().join(script);
    if !path.is_file() {
        return Ok(());
    }
    run_command(std::process::Command::new(path).current_dir(root()).args(quick.then_some("--quick")))
}
