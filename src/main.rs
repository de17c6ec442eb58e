//! The `rollcall` binary: puts proxy and simulator together and decides nothing.

mod cli;
mod clock;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
