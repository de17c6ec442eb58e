//! `cargo xtask check`: the fast part of the gate.

use crate::process::{cargo, run as run_command};
use crate::steps::Steps;
use crate::{Command, machine, only_flags, tidy};
use anyhow::Result;

/// The command.
pub const COMMAND: Command = Command {
    name: "check",
    summary: "the fast part of `test`: format, lints, tidy",
    help: "\
Usage: cargo xtask check

Checks the format, runs clippy for the server and, on wasm32, for the app and what it shares, and runs tidy.
",
    run,
};

/// How many steps `steps` takes.
pub const STEPS: usize = 4;

fn run(args: &[String]) -> Result<()> {
    only_flags(args, &[])?;
    let mut progress = Steps::new(STEPS + 1);
    progress.step("wasm32 target", machine::wasm_target)?;
    steps(&mut progress)?;
    eprint!("{}", progress.summary());
    Ok(())
}

/// The steps that `test` begins with, too.
pub fn steps(steps: &mut Steps) -> Result<()> {
    steps.step("format", || run_command(cargo().args(["fmt", "--all", "--check"])))?;
    steps.step("tidy", tidy::tidy)?;
    steps.step("clippy, native", || {
        run_command(
            cargo()
                .args(["clippy", "--locked", "--workspace", "--exclude", "app", "--all-targets"])
                .args(DENY),
        )
    })?;
    steps.step("clippy, wasm32", || {
        let clippy = |packages: &[&str]| {
            run_command(
                cargo().args(["clippy", "--locked", "--target", machine::WASM]).args(packages).args(DENY),
            )
        };
        // The tests of the shared crates run natively and bring crates that a browser lacks.
        clippy(&["-p", "protocol", "-p", "board"])?;
        clippy(&["-p", "app", "--all-targets"])?;
        clippy(&["-p", "app", "--all-targets", "--features", "console"])
    })
}

const DENY: [&str; 3] = ["--", "-D", "warnings"];
