//! `cargo xtask bench`: what the program costs, against its budgets.

use crate::process::root;
use crate::sizes::Sizes;
use crate::{Command, bundle, machine, only_flags};
use anyhow::Result;

/// The command.
pub const COMMAND: Command = Command {
    name: "bench",
    summary: "sizes, fan-out and rendering, against their budgets",
    help: "\
Usage: cargo xtask bench [--quick]

Bundles the app and prints what a first visit downloads.

  --quick     the short form that `cargo xtask test` prints
",
    run,
};

fn run(args: &[String]) -> Result<()> {
    only_flags(args, &["--quick"])?;
    machine::wasm_target()?;
    bundle::bundle(root())?;
    print!("{}", Sizes::measure()?.table());
    Ok(())
}
