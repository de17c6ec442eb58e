//! The test programs, run one after the other as `cargo test` would, but with as many tests at a time as suits each.

use super::outcome::Outcome;
use crate::build;
use crate::postgres;
use crate::process::{cannot_start, cargo};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

/// What there is to run.
#[derive(Debug)]
pub struct Programs(Vec<Program>);

/// Sorted, those that compute come first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Program {
    /// Whether it lies in `tests/`.
    is_end_to_end: bool,
    /// Of the package; tests find their files from here.
    folder: PathBuf,
    file: PathBuf,
}

impl Programs {
    /// Builds the tests of what `choice` says.
    pub fn build(choice: &[&str]) -> Result<Self> {
        let built = build::artifacts(cargo().args(["test", "--locked", "--no-run"]).args(choice))?;
        let tests = built.iter().filter(|artifact| artifact["profile"]["test"] == true);
        let programs =
            tests.map(|artifact| Program::of(artifact).context("cargo does not say where a test is"));
        let mut programs = programs.collect::<Result<Vec<_>>>()?;
        // Cargo tells them as they get ready.
        programs.sort();
        Ok(Self(programs))
    }

    /// Runs all, whatever fails.
    pub fn run(&self, postgres: Option<&postgres::Server>) -> Result<Outcome> {
        let cores = std::thread::available_parallelism()?.get();
        let mut outcome = Outcome::default();
        let mut failed = Vec::new();
        for program in &self.0 {
            let mut command = program.command(cores);
            command.envs(postgres.map(|server| (postgres::VARIABLE, server.url())));
            println!("\n     Running {}", program.file.display());
            if !run(&mut command, &mut outcome, &mut std::io::stdout())?.success() {
                failed.push(program.file.display().to_string());
            }
        }
        ensure!(failed.is_empty(), "{outcome}; failed: {}", failed.join(", "));
        Ok(outcome)
    }
}

impl Program {
    fn of(artifact: &Value) -> Option<Self> {
        Some(Self {
            file: artifact["executable"].as_str()?.into(),
            folder: PathBuf::from(artifact["manifest_path"].as_str()?).parent()?.to_owned(),
            is_end_to_end: artifact["target"]["kind"].as_array()?.iter().any(|kind| kind == "test"),
        })
    }

    fn command(&self, cores: usize) -> Command {
        let mut command = Command::new(&self.file);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        // What runs end to end waits for sockets and browsers most of the time, the others compute.
        let at_a_time = if self.is_end_to_end { 2 * cores } else { cores };
        command.env("RUST_TEST_THREADS", at_a_time.to_string());
        command
    }
}

/// Runs one with its output for all to see, and counts what it reports.
fn run(command: &mut Command, outcome: &mut Outcome, seen: &mut impl Write) -> Result<ExitStatus> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| cannot_start(command))?;
    let printed = BufReader::new(child.stdout.take().context("the pipe from a test program is missing")?);
    for line in printed.split(b'\n') {
        let line = line.context("reading from a test program")?;
        seen.write_all(&line)?;
        seen.write_all(b"\n")?;
        outcome.read(&String::from_utf8_lossy(&line))?;
    }
    child.wait().with_context(|| cannot_start(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_run_where_its_package_is_and_as_suits_it() {
        let artifact = |kind: &str| {
            serde_json::json!({
                "executable": "/t/debug/deps/walls-1",
                "manifest_path": "/r/proxy/Cargo.toml",
                "target": { "kind": [kind] },
            })
        };
        let threads = |kind: &str| {
            let command = Program::of(&artifact(kind)).unwrap().command(2);
            assert_eq!(command.get_program(), "/t/debug/deps/walls-1");
            assert_eq!(command.get_current_dir(), Some("/r/proxy".as_ref()));
            let mut set = command.get_envs();
            let (_, value) = set.find(|(name, _)| *name == "RUST_TEST_THREADS").unwrap();
            value.unwrap().to_owned()
        };
        assert_eq!(threads("test"), "4");
        assert_eq!(threads("lib"), "2");
        assert_eq!(Program::of(&serde_json::json!({ "executable": "/t/x" })), None);
    }

    #[test]
    fn what_a_program_reports_is_counted_and_its_failure_is_seen() {
        let mut outcome = Outcome::default();
        let line = "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        let script = format!("echo '{line}'; exit 101");
        let mut seen = Vec::new();
        let status = run(Command::new("sh").args(["-c", &script]), &mut outcome, &mut seen).unwrap();
        assert!(!status.success());
        assert_eq!(seen, [line.as_bytes(), b"\n"].concat());
        assert!(outcome.to_string().contains("3 passed, 2 failed"), "{outcome}");
    }
}
