//! `cargo xtask test`: everything that gates.

mod outcome;
mod programs;

use crate::process::{cargo, root, run as run_command};
use crate::sizes::Sizes;
use crate::steps::Steps;
use crate::{Command, bench, build, bundle, check, machine, only_flags};
use anyhow::Result;
use programs::Programs;

/// The command.
pub const COMMAND: Command = Command {
    name: "test",
    summary: "everything that gates, headless Chromium included",
    help: "\
Usage: cargo xtask test

Runs all that must pass: what the machine needs, format, tidy, clippy (native and wasm32), the documentation, the
bundle and its sizes, all tests, and that the benches work. Needs Node 20; on Debian, root gets Chromium and PostgreSQL installed if they are missing.
A PostgreSQL server in a temporary folder is started for the tests of the store, and ended with them. With
CI=true a test that is ignored is a failure.
",
    run,
};

fn run(args: &[String]) -> Result<()> {
    only_flags(args, &[])?;
    let mut steps = Steps::new(check::STEPS + 11);
    steps.step("wasm32 target", machine::wasm_target)?;
    steps.step("Node", machine::node)?;
    steps.step("Python", machine::python)?;
    steps.step("Chromium", machine::browser)?;
    let gate = is_gate();
    // Ended when it goes out of sight, whatever fails.
    let postgres = steps.step("PostgreSQL", || machine::postgres(gate))?;
    check::steps(&mut steps)?;
    steps.step("documentation", documentation)?;
    let bundled = steps.step("app for the browser", || bundle::bundle(root(), bundle::Pace::Small))?;
    let sizes = steps.step("sizes", || {
        let sizes = Sizes::measure()?;
        sizes.check()?;
        Ok(sizes)
    })?;
    // Apart from running them, to see what each takes.
    let (tests, server) = steps.step("tests and programs are built", || {
        let tests = Programs::build(&ALL)?;
        // With the tests, or cargo would choose other features and compile all again.
        let programs = bench::PROGRAMS.iter().flat_map(|program| ["--bin", program]);
        let args: Vec<_> = ["--tests"].into_iter().chain(programs).chain(ALL).collect();
        Ok((tests, build::cargo_build("rollcall", &args)?))
    })?;
    let outcome = steps.step("tests", || {
        let outcome = tests.run(postgres.as_ref())?;
        outcome.check(gate)?;
        Ok(outcome)
    })?;
    steps.step("examples in the documentation", || {
        run_command(cargo().args(["test", "--locked", "--doc"]).args(ALL))
    })?;
    steps.step("benches work", || bench::quick(&server))?;
    println!("\n{bundled}\n{}\n{}\n{outcome}", sizes.table(), steps.summary());
    Ok(())
}

/// What is built for tests: everything, with every option that a build can have. One build for all: another choice of packages or features
/// would compile most of it again.
const ALL: [&str; 3] = ["--workspace", "--features", "rollcall/otel,app/console"];

/// Whether a skip is a failure.
fn is_gate() -> bool {
    std::env::var_os("CI").is_some_and(|ci| ci == "true")
}

fn documentation() -> Result<()> {
    let doc = || {
        let mut command = cargo();
        command.args(["doc", "--locked", "--no-deps", "--document-private-items"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        command
    };
    run_command(doc().args(["--workspace", "--exclude", "app"]))?;
    run_command(doc().args(["-p", "app", "--target", machine::WASM]))?;
    run_command(doc().args(["-p", "app", "--target", machine::WASM, "--features", "console"]))
}
