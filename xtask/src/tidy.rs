//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! One file a rule, each with tests that show it failing. A rule returns sentences that say what is wrong and how to
//! mend it; all rules run, so that one look shows everything.

mod adr;
mod architecture;
mod bans;
mod files;
mod layers;
mod licences;
mod purity;
mod rust;
mod sources;
mod spdx;
mod workspace;

use crate::{Command, only_flags};
use anyhow::{Result, ensure};
use workspace::Workspace;

/// The command.
pub const COMMAND: Command = Command {
    name: "tidy",
    summary: "the rules no compiler checks: who may know whom, licences, files",
    help: "\
Usage: cargo xtask tidy

Checks who may know whom, that the pure crates stay pure, licences, bans and sources of all dependencies (deny.toml),
sizes and names of files, the numbers of docs/adr, and that ARCHITECTURE.md names every crate.
",
    run,
};

type Rule = fn(&Workspace) -> Vec<String>;

const RULES: &[(&str, Rule)] = &[
    ("layers", layers::check),
    ("purity", purity::check),
    ("licences", licences::check),
    ("bans", bans::check),
    ("sources", sources::check),
    ("files", files::check),
    ("adr", adr::check),
    ("architecture", architecture::check),
];

fn run(args: &[String]) -> Result<()> {
    only_flags(args, &[])?;
    tidy()
}

/// Runs all rules, prints what they find, and fails if they found anything.
pub fn tidy() -> Result<()> {
    let workspace = Workspace::read()?;
    let mut faults = 0;
    for (name, rule) in RULES {
        for fault in rule(&workspace) {
            eprintln!("tidy, {name}: {fault}");
            faults += 1;
        }
    }
    ensure!(faults == 0, "tidy has found {faults} fault(s)");
    println!("tidy: {}", sources::duplicates(&workspace.packages));
    Ok(())
}
