//! `cargo xtask demo`: from a fresh clone to a live wall.

use crate::process::{cannot_start, root};
use crate::{Command, build};
use anyhow::{Error, Result};

/// The command.
pub const COMMAND: Command = Command {
    name: "demo",
    summary: "builds all that is needed and starts a wall on simulated agents",
    help: "\
Usage: cargo xtask demo [-- <arguments of `rollcall demo`>]

Adds the wasm32 target if it is missing, builds the app and the server, and starts `rollcall demo`, which prints
the address of the wall. Ctrl-C stops it.

  cargo xtask demo -- --agents 50     a smaller world
  cargo xtask demo -- --help          what `rollcall demo` takes
",
    run,
};

fn run(args: &[String]) -> Result<()> {
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    let server = build::release(&["rollcall"])?;
    let mut command = std::process::Command::new(server);
    command.current_dir(root()).arg("demo").args(args);
    Err(become_server(&mut command))
}

/// Gives this process to the server, so that signals and the exit code are its own.
#[cfg(unix)]
fn become_server(command: &mut std::process::Command) -> Error {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    Error::new(error).context(cannot_start(command))
}

#[cfg(not(unix))]
fn become_server(command: &mut std::process::Command) -> Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => Error::new(error).context(cannot_start(command)),
    }
}
