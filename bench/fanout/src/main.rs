//! What one delivery to a screen costs the server: raw writes, Node's `ws`, NATS and Rollcall in one run.
//! README.md says what is measured and how.
#![expect(clippy::print_stdout, reason = "a command-line tool")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark times what it measures and reads the environment"
)]

mod bounds;
mod crowd;
mod drive;
mod light;
mod memory;
mod peers;
// Shared by the harnesses.
#[path = "../../process.rs"]
mod process;
mod raw;
mod rollcall;
mod slow;
mod table;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use crate::{
    bounds::Bounds,
    drive::{Load, Outcome, drive},
    peers::{Peer, Servers},
};

#[derive(Parser)]
enum Cli {
    /// The limit of "one write a message": one thread, one ready-made frame, one blocking write a screen.
    RawServer {
        #[arg(long)]
        port: u16,
    },
    /// Starts all servers in turn, measures, and prints.
    Bench {
        /// The rollcall program.
        #[arg(long)]
        rollcall: PathBuf,
        /// The folder of the Node server, with its packages installed.
        #[arg(long)]
        peers: PathBuf,
        /// One load for four seconds, without NATS and slow screens.
        #[arg(long)]
        quick: bool,
        /// Only the memory of idle and of slow screens.
        #[arg(long, conflicts_with = "quick")]
        memory: bool,
        /// Only screens by the thousand.
        #[arg(long, conflicts_with = "memory")]
        crowd: bool,
    },
}

/// The load of the bounds.
const MAIN: Load = Load { screens: 400, rate: 200, seconds: 8 };
const FAST: Load = Load { screens: 400, rate: 1_000, seconds: 8 };
const LOADS: [Load; 4] =
    [Load { screens: 100, rate: 50, seconds: 8 }, Load { screens: 400, rate: 50, seconds: 8 }, MAIN, FAST];
const QUICK: Load = Load { seconds: 4, ..MAIN };

fn main() -> Result<()> {
    // Fails only when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Cli::parse() {
        Cli::RawServer { port } => raw::serve(port),
        Cli::Bench { rollcall, peers, quick, memory, crowd } => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let servers = Servers { rollcall, peers };
            let mut bounds = Bounds::default();
            if !crowd {
                runtime.block_on(async {
                    if !memory {
                        relay(&servers, quick, &mut bounds).await?;
                    }
                    memory::idle(&servers, quick, &mut bounds).await?;
                    if !quick {
                        slow::slow(&servers, &mut bounds).await?;
                    }
                    anyhow::Ok(())
                })?;
            }
            if !memory {
                crowd::run(&servers, quick, &mut bounds)?;
            }
            println!("\n{bounds}");
            Ok(())
        }
    }
}

async fn relay(servers: &Servers, quick: bool, bounds: &mut Bounds) -> Result<()> {
    let (loads, peers): (&[Load], &[Peer]) =
        if quick { (&[QUICK], &[Peer::Raw, Peer::Ws, Peer::Rollcall]) } else { (&LOADS, &Peer::ALL) };
    let mut outcomes: Vec<Outcome> = Vec::new();
    println!("{}", table::HEAD);
    for load in loads {
        for peer in peers {
            match servers.start(*peer).await? {
                Some(server) => {
                    let outcome = drive(&server, *load).await?;
                    println!("{}", table::row(&outcome));
                    outcomes.push(outcome);
                }
                None => println!("{}", table::not_installed(*load, *peer)),
            }
        }
    }
    bounds.relay(&outcomes, if quick { QUICK } else { MAIN }, FAST);
    Ok(())
}
