//! `cargo xtask build`: the one binary, with the app inside.

use crate::process::{cannot_start, cargo, root, shown};
use crate::steps::Steps;
use crate::{Command, bundle, machine, only_flags};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Stdio;

/// The command.
pub const COMMAND: Command = Command {
    name: "build",
    summary: "target/release/rollcall, with the app inside",
    help: "\
Usage: cargo xtask build

Builds the app for the browser, bundles it into dist/, and builds the release server, which embeds dist/.
",
    run,
};

fn run(args: &[String]) -> Result<()> {
    only_flags(args, &[])?;
    let server = server()?;
    println!("{}", server.strip_prefix(root()).unwrap_or(&server).display());
    Ok(())
}

/// Builds app and server, one after the other: side by side they only fight for the cores.
pub fn server() -> Result<PathBuf> {
    let mut steps = Steps::new(2);
    steps.step("app for the browser", || {
        machine::wasm_target()?;
        eprintln!("      {}", bundle::bundle(root(), bundle::Pace::Small)?);
        Ok(())
    })?;
    steps.step("server", release_server)
}

fn release_server() -> Result<PathBuf> {
    cargo_build("rollcall", &["--release", "--package", "rollcall"])
}

/// Builds one program and returns where cargo has put it: the target folder may be anywhere.
pub fn cargo_build(bin: &str, args: &[&str]) -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--message-format=json-render-diagnostics", "--bin", bin]).args(args);
    // Diagnostics and the progress bar go to stderr, where they are seen; stdout has one message a line for us.
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().with_context(|| cannot_start(&command))?;
    ensure!(output.status.success(), "`{}` failed ({})", shown(&command), output.status);
    let messages = String::from_utf8(output.stdout).context("cargo's messages are not UTF-8")?;
    messages
        .lines()
        .find_map(|line| program_in(line, bin))
        .with_context(|| format!("cargo does not say where it has put `{bin}`"))
}

fn program_in(message: &str, bin: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["reason"] != "compiler-artifact" || message["target"]["name"] != bin {
        return None;
    }
    message["executable"].as_str().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_cargo_s_messages() {
        let library = r#"{"reason":"compiler-artifact","target":{"name":"app"},"executable":null}"#;
        let program = r#"{"reason":"compiler-artifact","target":{"name":"app"},"executable":"/t/app.wasm"}"#;
        assert_eq!(program_in(library, "app"), None);
        assert_eq!(program_in(program, "rollcall"), None);
        assert_eq!(program_in(program, "app"), Some(PathBuf::from("/t/app.wasm")));
    }
}
