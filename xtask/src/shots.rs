//! `cargo xtask shots`: the pictures of the documentation.

use crate::process::{cannot_start, cargo, root, shown};
use crate::{Command, bundle, machine};
use anyhow::{Context as _, Result, ensure};

/// The command.
pub const COMMAND: Command = Command {
    name: "shots",
    summary: "the pictures in docs/images, remade",
    help: "\
Usage: cargo xtask shots [WORD...]

Builds the app, lives through a morning of a simulated organisation from a fixed seed and date, and takes pictures of each
kind of wall on a 1080p and a 4K screen, a laptop and a phone, dark and light, of what a wall shows when something is
wrong or missing, and of the console. With words only the pictures whose name holds one, with console all
of the console's. Writes docs/images/*.webp, the same each time as far as fonts and the browser's version allow. Needs Chromium and
ChromeDriver; about eight minutes.
",
    run,
};

fn run(args: &[String]) -> Result<()> {
    machine::wasm_target()?;
    machine::browser()?;
    println!("{}", bundle::bundle(root(), bundle::Pace::Quick)?);
    let mut command = cargo();
    command.args(["test", "--quiet", "--package", "rollcall", "--test", "shots", "--"]).args(args);
    let status = command.status().with_context(|| cannot_start(&command))?;
    ensure!(status.success(), "`{}` failed ({status})", shown(&command));
    Ok(())
}
