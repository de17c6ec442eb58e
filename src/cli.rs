//! The command line: one file a command.

mod audit;
mod demo;
mod doctor;
mod lifecycle;
mod log;
mod serve;
mod simulator;
#[cfg(feature = "otel")]
mod traces;
mod walls;
mod world;

use std::{
    fmt,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use self::{lifecycle::End, log::LogArgs};

/// What still runs when Rollcall was told twice to stop, or could not start, gets this long to let go.
const CUT_WAIT: Duration = Duration::from_millis(200);

/// Live wallboard and presence console for Genesys Cloud contact centres.
#[derive(Parser)]
#[command(name = "rollcall", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Subcommand)]
enum Command {
    #[command(subcommand)]
    Audit(audit::Audit),
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    Serve(serve::Serve),
    Simulator(simulator::Simulator),
    #[command(subcommand)]
    Walls(walls::Walls),
}

/// Does what the command line says. An error is one line on stderr.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli) {
        Ok(End::Stopped) => ExitCode::SUCCESS,
        // As a shell reports a program that a signal has ended.
        Ok(End::Cut) => ExitCode::from(130),
        Ok(End::Faulty) => ExitCode::FAILURE,
        Err(error) => {
            // The whole chain of causes, joined by colons. A closed stderr is no reason to panic.
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Result<End> {
    // What a check finds is told once, not in the log as well.
    let quiet = matches!(cli.command, Command::Doctor(_) | Command::Audit(_));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let log = {
        let _inside = runtime.enter();
        cli.log.install(quiet)?
    };
    let end = runtime.block_on(async {
        match cli.command {
            Command::Audit(audit) => audit.run(),
            Command::Demo(demo) => demo.run().await,
            Command::Doctor(doctor) => doctor.run().await,
            Command::Serve(serve) => serve.run().await,
            Command::Simulator(simulator) => simulator.run().await,
            Command::Walls(walls) => walls.run().await,
        }
    });
    log.end();
    runtime.shutdown_timeout(CUT_WAIT);
    end
}

/// Says something to whoever started the program. A closed stdout is no reason to end.
fn say(text: impl fmt::Display) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// Adds to an error that comes from the system by what option another address is chosen.
fn elsewhere(error: anyhow::Error, option: &str) -> anyhow::Error {
    if !error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some()) {
        return error;
    }
    anyhow::anyhow!("{error:#}; choose another with {option}, e.g. {option} 127.0.0.1:0 for a free port")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn only_an_address_that_cannot_be_had_is_chosen_elsewhere() {
        let used =
            anyhow::Error::new(io::Error::from(io::ErrorKind::AddrInUse)).context("cannot listen on x");
        assert_eq!(
            elsewhere(used, "--listen").to_string(),
            "cannot listen on x: address in use; choose another with --listen, e.g. --listen 127.0.0.1:0 for a \
             free port"
        );
        assert_eq!(elsewhere(anyhow::anyhow!("too many agents"), "--listen").to_string(), "too many agents");
    }
}
