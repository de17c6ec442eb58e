//! `cargo xtask shots`: the pictures of the documentation.

use crate::process::{cannot_start, cargo, root, shown};
use crate::{Command, bundle, machine, only_flags};
use anyhow::{Context as _, Result, ensure};

/// The command.
pub const COMMAND: Command = Command {
    name: "shots",
    summary: "the pictures in docs/images, remade",
    help: "\
Usage: cargo xtask shots

Builds the app, starts a simulated organisation from a fixed seed and date, and takes pictures of each kind of wall on
a 1080p and a 4K screen, a laptop and a phone, dark and light, and of what a wall shows when something is missing. Writes
docs/images/*.webp. Needs Chromium and ChromeDriver; about ten minutes.
",
    run,
};

fn run(args: &[String]) -> Result<()> {
    only_flags(args, &[])?;
    machine::wasm_target()?;
    machine::browser()?;
    println!("{}", bundle::bundle(root(), bundle::Pace::Small)?);
    let mut command = cargo();
    command.args(["test", "--quiet", "--package", "rollcall", "--test", "shots"]);
    let status = command.status().with_context(|| cannot_start(&command))?;
    ensure!(status.success(), "`{}` failed ({status})", shown(&command));
    Ok(())
}
