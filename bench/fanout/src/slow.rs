//! Screens that hardly read: what they cost the server and their neighbours.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinHandle,
    time::{interval, sleep},
};

use crate::{
    MAIN,
    bounds::Bounds,
    drive::{Received, Screen, publish},
    peers::{Peer, Server, Servers},
    process::resident_kb,
};

pub const ROUNDS: usize = 5;
const SECONDS: u64 = 6;
/// One in so many screens is slow.
pub const SLOW_EVERY: u64 = 20;
/// What a slow screen reads in a second.
pub const SLOW_BYTES: usize = 1_000;
/// The kernel of a slow screen takes no more than this on its behalf.
pub const SLOW_RECEIVES: u32 = 4_096;

const SLOW_KB_MAX: f64 = 64.0;
const NEIGHBOURS_MAX_SHARE: f64 = 0.10;
const NEIGHBOURS_MAX_MS: f64 = 5.0;

struct Round {
    p99_ms: f64,
    /// By what the server grew while it published.
    grown_kb: f64,
    /// What the kernel holds for the slow screens.
    queued_kb: f64,
}

/// Runs of well screens and runs with slow ones among them, in turn.
pub async fn slow(servers: &Servers, bounds: &mut Bounds) -> Result<()> {
    let server = servers.start(Peer::Rollcall).await?.context("rollcall")?;
    let count = MAIN.screens / SLOW_EVERY as usize;
    println!("\n{} screens x {} events/s, {SECONDS} s, p99 of those that read", MAIN.screens, MAIN.rate);
    // One to warm up.
    round(&server, 0).await?;
    let (mut well, mut ill) = (Vec::new(), Vec::new());
    for at in 1..=ROUNDS {
        let (a, b) = (round(&server, 0).await?, round(&server, count).await?);
        println!(
            "round {at}: all well {:.1} ms, +{:.0} KB; {count} slow {:.1} ms, +{:.0} KB and {:.0} KB in the kernel",
            a.p99_ms, a.grown_kb, b.p99_ms, b.grown_kb, b.queued_kb
        );
        well.push(a);
        ill.push(b);
    }
    let p99 = |rounds: &[Round]| median(rounds.iter().map(|round| round.p99_ms));
    let grown_kb = median(well.iter().zip(&ill).map(|(a, b)| b.grown_kb - a.grown_kb)).max(0.0);
    let queued_kb = median(ill.iter().map(|round| round.queued_kb)) / count as f64;
    println!("a slow screen: {:.1} KB, and {queued_kb:.1} KB in the kernel", grown_kb / count as f64);
    bounds.at_most("relay, a slow screen", "KB", SLOW_KB_MAX, grown_kb / count as f64);
    neighbours(bounds, "relay, p99 beside slow screens", p99(&well), p99(&ill));
    Ok(())
}

/// Slow screens are the others' business by so much at most.
pub fn neighbours(bounds: &mut Bounds, what: &str, well_ms: f64, beside_ms: f64) {
    let limit = well_ms + (well_ms * NEIGHBOURS_MAX_SHARE).max(NEIGHBOURS_MAX_MS);
    bounds.at_most(what, "ms", limit, beside_ms);
}

async fn round(server: &Server, slow: usize) -> Result<Round> {
    let rollcall = server.rollcall.as_ref().context("rollcall")?;
    let received = Received::new()?;
    let mut screens: Vec<Screen> = Vec::new();
    let mut slow_screens: Vec<(u16, JoinHandle<()>)> = Vec::new();
    for at in 0..MAIN.screens {
        if at % SLOW_EVERY as usize == 0 && slow_screens.len() < slow {
            slow_screens.push(hardly_read(&rollcall.plain_channel().await?).await?);
        } else {
            let sample = at % 10 == 0;
            screens.push(Screen::listen(Peer::Rollcall, server.connect().await?, sample, received.clone()));
        }
    }
    sleep(Duration::from_secs(1)).await;
    let before_kb = resident_kb(server.process.pid)? as f64;
    publish(server, MAIN.rate, SECONDS, &received).await?;
    sleep(Duration::from_millis(500)).await;
    let grown_kb = resident_kb(server.process.pid)? as f64 - before_kb;
    let queued = queued_bytes(&slow_screens.iter().map(|(port, _)| *port).collect::<Vec<_>>())?;
    drop(screens);
    slow_screens.iter().for_each(|(_, screen)| screen.abort());
    // The next round begins without those of this one.
    sleep(Duration::from_secs(1)).await;
    Ok(Round { p99_ms: received.quantile_ms(0.99), grown_kb, queued_kb: queued as f64 / 1_000.0 })
}

/// Opens a socket by hand, as a library would read ahead, and reads a little every second.
async fn hardly_read(url: &str) -> Result<(u16, JoinHandle<()>)> {
    let (host, path) = url.trim_start_matches("ws://").split_once('/').context("a connectUri")?;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(SLOW_RECEIVES)?;
    let mut stream: TcpStream = socket.connect(host.parse()?).await?;
    let request = format!(
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    if !head.starts_with(b"HTTP/1.1 101") {
        bail!("a slow screen: {}", String::from_utf8_lossy(&head));
    }
    let port = stream.local_addr()?.port();
    let reads = tokio::spawn(async move {
        let mut second = interval(Duration::from_secs(1));
        let mut bytes = vec![0; SLOW_BYTES];
        while second.tick().await.elapsed() < Duration::from_secs(60) {
            if !matches!(stream.read(&mut bytes).await, Ok(1..)) {
                return;
            }
        }
    });
    Ok((port, reads))
}

/// Bytes that the kernel holds on the server's side of these sockets, not yet received.
fn queued_bytes(ports: &[u16]) -> Result<u64> {
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let mut sum = 0;
    for line in table.lines().skip(1) {
        let mut columns = line.split_whitespace().skip(2);
        let (Some(remote), Some(queues)) = (columns.next(), columns.nth(1)) else { continue };
        let port = remote.split_once(':').and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
        let waiting = queues.split_once(':').and_then(|(sent, _)| u64::from_str_radix(sent, 16).ok());
        if port.is_some_and(|port| ports.contains(&port)) {
            sum += waiting.unwrap_or_default();
        }
    }
    Ok(sum)
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
