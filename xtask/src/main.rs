//! Our scripts, in Rust: `cargo xtask help` lists them.
//!
//! One file per command. Nothing of the product is linked in, so that the scripts build in seconds and keep
//! working while the product does not compile.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks through both")]
#![expect(clippy::disallowed_methods, reason = "scripts read the environment and time their steps")]

mod bench;
mod build;
mod bundle;
mod check;
mod demo;
mod machine;
mod postgres;
mod process;
mod shots;
mod sizes;
mod soak;
mod steps;
mod test;
mod tidy;

use std::process::ExitCode;

/// A command: how it is called, what it says of itself, and what it does with its arguments.
struct Command {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    run: fn(&[String]) -> anyhow::Result<()>,
}

const COMMANDS: &[Command] = &[
    demo::COMMAND,
    build::COMMAND,
    bundle::COMMAND,
    check::COMMAND,
    test::COMMAND,
    tidy::COMMAND,
    bench::COMMAND,
    shots::COMMAND,
    soak::COMMAND,
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> anyhow::Result<()> {
    let Some((name, rest)) = args.split_first() else {
        print!("{}", overview());
        return Ok(());
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", overview());
        return Ok(());
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        anyhow::bail!("there is no command `{name}`; `cargo xtask help` lists them");
    };
    if rest.first().is_some_and(|arg| arg == "--help" || arg == "-h") {
        print!("{}", command.help);
        return Ok(());
    }
    (command.run)(rest)
}

fn overview() -> String {
    let mut text = String::from("Usage: cargo xtask <command> [--help]\n\n");
    for command in COMMANDS {
        text.push_str(&format!("  {:<8}{}\n", command.name, command.summary));
    }
    text
}

/// Refuses arguments that a command does not know, instead of ignoring them.
fn only_flags(args: &[String], known: &[&str]) -> anyhow::Result<()> {
    for arg in args {
        if !known.contains(&arg.as_str()) {
            anyhow::bail!("unknown argument `{arg}`; `--help` shows the known ones");
        }
    }
    Ok(())
}
