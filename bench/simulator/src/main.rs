//! What a simulated organisation costs: start, memory, CPU at 450 events a second, and some calls.
//! README.md says what is measured and how.
#![expect(clippy::print_stdout, reason = "a command-line tool")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark times what it measures and reads the environment"
)]

mod client;
mod organisation;
// Shared by the harnesses.
#[path = "../../process.rs"]
mod process;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::{Instant, sleep, timeout},
};

use crate::{
    client::Client,
    process::{Process, Used, resident_kb},
};

#[derive(Parser)]
enum Cli {
    /// The simulator alone, on a free port.
    Serve {
        #[arg(long)]
        agents: usize,
        #[arg(long)]
        queues: usize,
        #[arg(long)]
        events_per_second: f64,
    },
    /// What organisations of other sizes cost the proxy.
    Organisations {
        /// The rollcall program.
        #[arg(long)]
        rollcall: PathBuf,
        /// Four seconds instead of ten, and without the largest.
        #[arg(long)]
        quick: bool,
    },
    /// Starts each size in turn, measures, and prints.
    Bench {
        /// The rollcall program; without it, this one.
        #[arg(long)]
        rollcall: Option<PathBuf>,
        /// Four seconds instead of ten, and without the largest.
        #[arg(long)]
        quick: bool,
    },
}

/// An organisation: agents and queues.
const SIZES: [(usize, usize); 2] = [(300, 20), (50_000, 500)];
const EVENTS_PER_SECOND: f64 = 450.0;
/// Topics of the one listener, over as many channels as it takes.
const TOPICS: usize = 4_000;
/// Until the pace has settled.
const WARM_UP: Duration = Duration::from_secs(5);
/// An organisation of this size has to be there in this time.
const QUICK_START: (usize, f64) = (300, 300.0);
/// The first start reads the program from the disk; the median of so many counts.
const STARTS: usize = 5;
const START_MAX: Duration = Duration::from_secs(60);

fn main() -> Result<()> {
    // Fails only when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match Cli::parse() {
        Cli::Serve { agents, queues, events_per_second } => {
            runtime.block_on(serve(agents, queues, events_per_second))
        }
        Cli::Organisations { rollcall, quick } => runtime.block_on(organisation::run(&rollcall, quick)),
        Cli::Bench { rollcall, quick } => runtime.block_on(bench(rollcall, quick)),
    }
}

async fn serve(agents: usize, queues: usize, events_per_second: f64) -> Result<()> {
    let config = simulator::Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        agents,
        queues,
        events_per_second: Some(events_per_second),
        ..simulator::Config::default()
    };
    let running = simulator::start(config, Arc::new(SystemClock)).await?;
    println!("{}", running.base_url());
    std::future::pending::<()>().await;
    Ok(())
}

struct SystemClock;

impl protocol::Clock for SystemClock {
    fn now(&self) -> protocol::Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        protocol::Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn advance_ms(&self, _: i64) {}
}

async fn bench(rollcall: Option<PathBuf>, quick: bool) -> Result<()> {
    let (sizes, seconds) = length(&SIZES, quick);
    println!(
        "{EVENTS_PER_SECOND} events/s wished, one listener, {seconds} s; load of the machine before: {}",
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()
    );
    println!(
        "{:>7} {:>8} {:>8} {:>8} {:>7} {:>8} {:>7} {:>9} {:>9} {:>9}",
        "agents",
        "start ms",
        "MB then",
        "MB later",
        "topics",
        "frames/s",
        "CPU %",
        "page ms",
        "last page",
        "truth ms"
    );
    let mut bounds = Vec::new();
    for &(agents, queues) in sizes {
        let mut starts = Vec::with_capacity(STARTS);
        for _ in 1..STARTS {
            starts.push(start(rollcall.as_ref(), agents, queues).await?.2);
        }
        let (process, url, last) = start(rollcall.as_ref(), agents, queues).await?;
        starts.push(last);
        starts.sort_unstable();
        let start_ms = ms(starts[starts.len() / 2]);
        let first_kb = resident_kb(process.pid)?;
        let client = Client::sign_in(url).await?;
        let topics = client.topics(TOPICS).await?;
        let listener = client.listen(&topics).await?;
        sleep(WARM_UP).await;
        let (used, heard, began) = (Used::by(process.pid)?, listener.heard(), Instant::now());
        sleep(Duration::from_secs(seconds)).await;
        let used = Used::by(process.pid)?.since(used);
        let took = began.elapsed().as_secs_f64();
        let frames = (listener.heard() - heard) as f64 / took;
        let cpu = used.cpu_us as f64 / 10_000.0 / took;
        let later_kb = resident_kb(process.pid)?;
        let page_ms = client.time("/api/v2/users?pageSize=100&pageNumber=1&expand=presence").await?;
        let last_page = agents / 100;
        let last = format!("/api/v2/users?pageSize=100&pageNumber={last_page}&expand=presence");
        let last_ms = client.time(&last).await?;
        let truth_ms = client.time("/simulator/truth").await?;
        println!(
            "{agents:>7} {start_ms:>8.0} {:>8.1} {:>8.1} {:>7} {frames:>8.0} {cpu:>7.1} {page_ms:>9.1} {last_ms:>9.1} {truth_ms:>9.0}",
            first_kb as f64 / 1_024.0,
            later_kb as f64 / 1_024.0,
            topics.len(),
        );
        if agents == QUICK_START.0 {
            let verdict = if start_ms < QUICK_START.1 { "met    " } else { "NOT MET" };
            bounds.push(format!(
                "bound  {verdict}  simulator, start of {agents} agents: {start_ms:.0} ms, below {} ms",
                QUICK_START.1
            ));
        }
        if listener.heard() == heard {
            bail!("{agents} agents: nothing was heard in {seconds} s");
        }
    }
    println!("\n{}", bounds.join("\n"));
    Ok(())
}

/// The sizes, the smallest first, and for how many seconds each is measured.
fn length<T>(sizes: &[T], quick: bool) -> (&[T], u64) {
    if quick { (&sizes[..sizes.len() - 1], 4) } else { (sizes, 10) }
}

/// Starts one in a process of its own, and takes the time until it says where it listens.
async fn start(
    rollcall: Option<&PathBuf>,
    agents: usize,
    queues: usize,
) -> Result<(Process, String, Duration)> {
    let mut command = match rollcall {
        Some(program) => {
            let mut command = Command::new(program);
            command.env("RUST_LOG", "warn").args(["simulator", "--listen", "127.0.0.1:0"]);
            command
        }
        None => {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("serve");
            command
        }
    };
    command.args(["--agents", &agents.to_string(), "--queues", &queues.to_string()]);
    command.args(["--events-per-second", &EVENTS_PER_SECOND.to_string()]);
    let began = Instant::now();
    let mut process = Process::start(command.stdout(std::process::Stdio::piped()))?;
    let mut lines = BufReader::new(process.child.stdout.take().context("no stdout")?).lines();
    let greeting = async {
        while let Some(line) = lines.next_line().await? {
            if line.starts_with("http://") {
                return Ok(line.trim_end_matches('/').to_owned());
            }
        }
        bail!("the simulator has ended before it listened")
    };
    let url = timeout(START_MAX, greeting).await.context("the simulator does not say where it listens")??;
    let took = began.elapsed();
    // Whoever prints needs somebody who reads.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((process, url, took))
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
