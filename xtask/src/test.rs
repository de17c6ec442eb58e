//! `cargo xtask test`: everything that gates.

mod outcome;

use crate::process::{cannot_start, cargo, root, run as run_command, shown};
use crate::sizes::Sizes;
use crate::steps::Steps;
use crate::{Command, bench, bundle, check, machine, only_flags, postgres};
use anyhow::{Context as _, Result, ensure};
use outcome::Outcome;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

/// The command.
pub const COMMAND: Command = Command {
    name: "test",
    summary: "everything that gates, headless Chromium included",
    help: "\
Usage: cargo xtask test

Runs all that must pass: what the machine needs, format, tidy, clippy (native and wasm32), the documentation, the
bundle and its sizes, and all tests. Needs Node 20; on Debian, root gets Chromium and PostgreSQL installed if they are missing.
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
    let outcome = steps.step("tests", || tests(postgres.as_ref(), gate))?;
    steps.step("tests of the console", || {
        run_command(cargo().args(["test", "--locked", "-p", "app", "--features", "console"]))
    })?;
    // The option that a build has only when asked for.
    steps.step("tests of traces", || {
        run_command(cargo().args(["test", "--locked", "--features", "otel", "--test", "traces"]))
    })?;
    steps.step("bench, quick", bench::quick)?;
    println!("\n{bundled}\n{}\n{}\n{outcome}", sizes.table(), steps.summary());
    Ok(())
}

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

/// Runs cargo's tests with their output in cargo's own form, and counts what it reports.
fn tests(postgres: Option<&postgres::Server>, gate: bool) -> Result<Outcome> {
    let mut command = cargo();
    // The app, too: what it computes is tested natively, what it shows in Chromium by the tests of the root.
    command.args(["test", "--locked", "--workspace", "--no-fail-fast"]);
    if let Some(server) = postgres {
        command.env(postgres::VARIABLE, server.url());
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(&command))?;
    let printed = BufReader::new(child.stdout.take().context("the pipe from cargo test is missing")?);
    let mut outcome = Outcome::default();
    for line in printed.split(b'\n') {
        let line = line.context("reading from cargo test")?;
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(&line)?;
        stdout.write_all(b"\n")?;
        outcome.read(&String::from_utf8_lossy(&line))?;
    }
    let status = child.wait().with_context(|| cannot_start(&command))?;
    ensure!(status.success(), "`{}` failed ({status}): {outcome}", shown(&command));
    outcome.check(gate)?;
    Ok(outcome)
}
