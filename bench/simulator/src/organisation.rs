//! What organisations of other sizes cost the proxy: time until all is complete and live, memory, CPU, calls.
//! README.md says what is measured and how.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::{Instant, sleep, timeout},
};

use crate::{
    client::Client,
    process::{Process, Used, resident_kb},
};

/// Agents, queues, and how many OAuth clients carry them: 18,000 topics each.
const SIZES: [(usize, usize, usize); 3] = [(500, 6, 1), (5_000, 60, 1), (50_000, 600, 3)];

/// The same for all, so that what an event costs is seen beside the size.
const EVENTS_PER_SECOND: f64 = 450.0;

/// With the calls that a token has in a minute a large organisation is read over several.
const READY_MAX: Duration = Duration::from_secs(300);

/// Ten times the organisation may cost ten times as much, and a tenth of that for what is measured beside it.
const GROWTH_MAX: f64 = 11.0;

/// Times that all sizes are measured in turn; bounds hold of the medians, since a single start varies by a tenth and more.
const ROUNDS: usize = 5;

/// The kernel counts CPU in hundredths of a second.
const LEAST: f64 = 0.01;

/// What one size cost.
#[derive(Clone, Copy)]
struct Cost {
    channels: usize,
    ready_s: f64,
    cpu_ready_s: f64,
    ready_mb: f64,
    calls: u64,
    later_mb: f64,
    cpu_percent: f64,
}

/// One of them.
type Figure = fn(&Cost) -> f64;

/// Starts each size in turn, measures, and prints.
pub async fn run(rollcall: &Path, quick: bool) -> Result<()> {
    let (sizes, seconds) = crate::length(&SIZES, quick);
    println!(
        "organisations, {EVENTS_PER_SECOND} events/s wished, {seconds} s; load of the machine before: {}",
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()
    );
    println!(
        "{:>7} {:>7} {:>8} {:>8} {:>9} {:>8} {:>6} {:>8} {:>6}",
        "agents", "clients", "channels", "ready s", "CPU s", "MB then", "calls", "MB later", "CPU %"
    );
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); sizes.len()];
    for _ in 0..if quick { 1 } else { ROUNDS } {
        for (&(agents, queues, clients), costs) in sizes.iter().zip(&mut costs) {
            let cost = measure(rollcall, agents, queues, clients, seconds).await?;
            println!(
                "{agents:>7} {clients:>7} {:>8} {:>8.1} {:>9.2} {:>8.1} {:>6} {:>8.1} {:>6.1}",
                cost.channels,
                cost.ready_s,
                cost.cpu_ready_s,
                cost.ready_mb,
                cost.calls,
                cost.later_mb,
                cost.cpu_percent,
            );
            costs.push(cost);
        }
    }
    println!();
    for (sizes, costs) in sizes.windows(2).zip(costs.windows(2)) {
        let ([small, large], [before, after]) = (sizes, costs) else { continue };
        let figures: [(&str, Figure); 4] = [
            ("time until ready", |cost| cost.ready_s),
            ("CPU until ready", |cost| cost.cpu_ready_s),
            ("memory", |cost| cost.later_mb),
            ("calls until ready", |cost| cost.calls as f64),
        ];
        for (what, figure) in figures {
            let growth = median(after, figure) / median(before, figure).max(LEAST);
            let verdict = if growth <= GROWTH_MAX { "met    " } else { "NOT MET" };
            println!(
                "bound  {verdict}  organisation, {what} from {} to {} agents: {growth:.1} times, at most {GROWTH_MAX}",
                small.0, large.0
            );
        }
    }
    Ok(())
}

fn median(costs: &[Cost], figure: Figure) -> f64 {
    let mut figures: Vec<f64> = costs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

async fn measure(
    rollcall: &Path,
    agents: usize,
    queues: usize,
    clients: usize,
    seconds: u64,
) -> Result<Cost> {
    let (_simulator, simulator) = simulator(rollcall, agents, queues, clients).await?;
    let client = Client::sign_in(simulator.clone()).await?;
    let config = configuration(&simulator, clients)?;
    let began = Instant::now();
    let mut command = Command::new(rollcall);
    command.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&config);
    command.arg("--data").arg(config.with_extension("data")).env("RUST_LOG", "warn");
    let (proxy, url) = listening(&mut command).await.context("rollcall serve")?;
    ready(&url).await?;
    let ready_s = began.elapsed().as_secs_f64();
    let (cpu_ready_s, ready_kb) = (Used::by(proxy.pid)?.cpu_us as f64 / 1e6, resident_kb(proxy.pid)?);
    let truth = client.truth().await?;
    let calls = calls(&truth);
    let channels = truth["channels"].as_array().context("channels")?;
    let topics: u64 = channels.iter().filter_map(|channel| channel["topics"].as_u64()).sum();
    ensure!(topics as usize == agents + queues, "{topics} topics for {agents} agents and {queues} queues");
    let (used, since) = (Used::by(proxy.pid)?, Instant::now());
    sleep(Duration::from_secs(seconds)).await;
    let took = since.elapsed().as_secs_f64();
    let used = Used::by(proxy.pid)?.since(used);
    let _ = std::fs::remove_file(&config);
    let _ = std::fs::remove_dir_all(config.with_extension("data"));
    Ok(Cost {
        channels: channels.len(),
        ready_s,
        cpu_ready_s,
        ready_mb: ready_kb as f64 / 1_024.0,
        calls,
        later_mb: resident_kb(proxy.pid)? as f64 / 1_024.0,
        cpu_percent: used.cpu_us as f64 / 10_000.0 / took,
    })
}

/// What was asked of the simulator, but for what is asked to measure it.
fn calls(truth: &Value) -> u64 {
    let calls = truth["calls"].as_object().into_iter().flatten();
    calls.filter(|(route, _)| !route.contains("/simulator/")).filter_map(|(_, count)| count.as_u64()).sum()
}

/// A simulator that knows so many clients, in a process of its own.
async fn simulator(
    rollcall: &Path,
    agents: usize,
    queues: usize,
    clients: usize,
) -> Result<(Process, String)> {
    let mut command = Command::new(rollcall);
    command.args(["simulator", "--listen", "127.0.0.1:0", "--enforce-call-limits"]).env("RUST_LOG", "warn");
    command.args(["--agents", &agents.to_string(), "--queues", &queues.to_string()]);
    command.args(["--events-per-second", &EVENTS_PER_SECOND.to_string()]);
    for number in 0..clients {
        let name = client_name(number);
        command.args(["--client", &format!("{name}:{name}")]);
    }
    listening(&mut command).await.context("the simulator")
}

/// The id of an OAuth client, and its secret.
fn client_name(number: usize) -> String {
    format!("client-{number}")
}

/// A configuration with all clients.
fn configuration(simulator: &str, clients: usize) -> Result<PathBuf> {
    let file = std::env::temp_dir().join(format!("organisation-{}.toml", std::process::id()));
    let mut text = format!("[genesys]\nbase_url = \"{simulator}\"\n");
    for number in 0..clients {
        let section = if number == 0 { "" } else { "[[genesys.client]]\n" };
        let name = client_name(number);
        text.push_str(&format!("{section}client_id = \"{name}\"\nclient_secret = \"{name}\"\n"));
    }
    std::fs::write(&file, text)?;
    Ok(file)
}

/// Starts a server and waits until it says where it listens.
async fn listening(command: &mut Command) -> Result<(Process, String)> {
    let mut process = Process::start(command.stdout(Stdio::piped()))?;
    let mut lines = BufReader::new(process.child.stdout.take().context("no stdout")?).lines();
    let greeting = async {
        while let Some(line) = lines.next_line().await? {
            if line.starts_with("http://") {
                return Ok(line.trim_end_matches('/').to_owned());
            }
        }
        bail!("it has ended before it listened")
    };
    let url = timeout(READY_MAX, greeting).await.context("it does not say where it listens")??;
    // Whoever prints needs somebody who reads.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((process, url))
}

async fn ready(url: &str) -> Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let wait = async {
        loop {
            let answer = http.get(format!("{url}/readyz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(READY_MAX, wait).await.context("the proxy is not ready in time")
}
