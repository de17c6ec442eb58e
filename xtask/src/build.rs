//! `cargo xtask build`: the one binary, with the app inside.

use crate::process::{cannot_start, cargo, root, shown};
use crate::steps::Steps;
use crate::{Command, bundle, machine, only_flags};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command as Cargo, Stdio};

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
    let server = release(&["rollcall"])?;
    println!("{}", server.strip_prefix(root()).unwrap_or(&server).display());
    Ok(())
}

/// Builds the app and then these packages, `rollcall` among them, and returns where that is. One after the other: side by side they only
/// fight for the cores.
pub fn release(packages: &[&str]) -> Result<PathBuf> {
    let mut steps = Steps::new(2);
    steps.step("app for the browser", || {
        machine::wasm_target()?;
        eprintln!("      {}", bundle::bundle(root(), bundle::Pace::Small)?);
        Ok(())
    })?;
    steps.step("server", || {
        let packages = packages.iter().flat_map(|package| ["--package", package]);
        cargo_build("rollcall", &["--release", "--bins"].into_iter().chain(packages).collect::<Vec<_>>())
    })
}

/// Builds what `args` say and returns where cargo has put one program of it: the target folder may be anywhere.
pub fn cargo_build(bin: &str, args: &[&str]) -> Result<PathBuf> {
    let built = artifacts(cargo().args(["build", "--locked"]).args(args))?;
    let program = built.iter().find(|artifact| is_program(artifact, bin));
    let program = program.and_then(|artifact| artifact["executable"].as_str());
    program.map(PathBuf::from).with_context(|| format!("cargo does not say where it has put `{bin}`"))
}

/// Runs cargo and returns its messages about the programs that it has built.
pub fn artifacts(command: &mut Cargo) -> Result<Vec<Value>> {
    command.arg("--message-format=json-render-diagnostics");
    // Diagnostics and the progress bar go to stderr, where they are seen; stdout has one message a line for us.
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().with_context(|| cannot_start(command))?;
    ensure!(output.status.success(), "`{}` failed ({})", shown(command), output.status);
    let messages = String::from_utf8(output.stdout).context("cargo's messages are not UTF-8")?;
    Ok(messages.lines().filter_map(program_in).collect())
}

/// Whether it is the program itself: its tests have its name.
fn is_program(artifact: &Value, bin: &str) -> bool {
    artifact["target"]["name"] == bin && artifact["profile"]["test"] == false
}

fn program_in(message: &str) -> Option<Value> {
    let message: Value = serde_json::from_str(message).ok()?;
    (message["reason"] == "compiler-artifact" && message["executable"].is_string()).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_are_found_among_cargo_s_messages() {
        let library = r#"{"reason":"compiler-artifact","target":{"name":"app"},"executable":null}"#;
        let program = r#"{"reason":"compiler-artifact","target":{"name":"app"},"executable":"/t/app.wasm"}"#;
        assert_eq!(program_in(library), None);
        assert_eq!(program_in("no JSON"), None);
        assert_eq!(program_in(program).unwrap()["executable"], "/t/app.wasm");
        let built = |name: &str, test: bool| serde_json::json!({ "target": { "name": name }, "profile": { "test": test } });
        assert!(is_program(&built("rollcall", false), "rollcall"));
        assert!(!is_program(&built("rollcall", true), "rollcall"), "its tests");
        assert!(!is_program(&built("fanout", false), "rollcall"));
    }
}
