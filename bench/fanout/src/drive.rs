//! One run: screens connect, messages are published, and what the server used for them is read.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use hdrhistogram::Histogram;
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{Instant, interval, sleep},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    peers::{Peer, Server, Socket},
    process::{Used, resident_kb},
    rollcall::{AGENTS, MARK, find},
};

/// Bytes of a message.
pub const PAYLOAD: usize = 600;

/// Latency is taken on every tenth screen.
const SAMPLE_EVERY: usize = 10;

/// Without a delivery for this long the rest is lost.
const SILENCE_MAX: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    pub screens: usize,
    pub rate: u64,
    pub seconds: u64,
}

/// What a run came to.
pub struct Outcome {
    pub peer: Peer,
    pub load: Load,
    pub delivered: u64,
    /// Deliveries that a newer change of the same slot took the place of.
    pub overtaken: u64,
    pub cpu_us_per_delivery: f64,
    /// Of one core.
    pub cpu_share: f64,
    /// Writing system calls of the whole process, a delivery. `None` where /proc does not count them: raw sends.
    pub writes_per_delivery: Option<f64>,
    pub kb_per_screen: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// What the screens have received.
pub struct Received {
    pub count: AtomicU64,
    latency_us: Mutex<Histogram<u64>>,
    /// When the messages of a Rollcall run were sent, by number.
    sent_us: Mutex<HashMap<u64, u64>>,
}

impl Received {
    pub fn new() -> Result<Arc<Self>> {
        let latency_us = Mutex::new(Histogram::new(3)?);
        Ok(Arc::new(Self { count: AtomicU64::new(0), latency_us, sent_us: Mutex::default() }))
    }

    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        lock(&self.latency_us).value_at_quantile(quantile) as f64 / 1_000.0
    }

    fn record(&self, sent_us: u64) {
        // The histogram grows as it needs; there is no latency that it cannot take.
        let _ = lock(&self.latency_us).record(now_us().saturating_sub(sent_us));
    }
}

/// One screen that reads, until this is dropped.
pub struct Screen {
    task: JoinHandle<()>,
    newest: Arc<Mutex<Newest>>,
}

/// The newest message of each user of Rollcall.
type Newest = HashMap<u64, u64>;

impl Screen {
    /// Lets a task read from the socket. With `sample` it takes the latency, too.
    pub fn listen(peer: Peer, socket: Socket, sample: bool, received: Arc<Received>) -> Self {
        let newest = Arc::<Mutex<Newest>>::default();
        let task = tokio::spawn(listen(peer, socket, sample, received, newest.clone()));
        Self { task, newest }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs one load against a server.
pub async fn drive(server: &Server, load: Load) -> Result<Outcome> {
    let pid = server.process.pid;
    let Load { screens: count, rate, seconds } = load;
    let idle_kb = resident_kb(pid)?;
    let received = Received::new()?;
    let mut screens: Vec<Screen> = Vec::with_capacity(count);
    for at in 0..count {
        let socket = server.connect().await.with_context(|| format!("screen {at}"))?;
        screens.push(Screen::listen(server.peer, socket, at % SAMPLE_EVERY == 0, received.clone()));
    }
    sleep(Duration::from_millis(1_500)).await;
    let connected_kb = resident_kb(pid)?;
    let overtaken = overtaken(server).await?;
    let (before, began) = (Used::by(pid)?, Instant::now());
    publish(server, rate, seconds, &received).await?;
    let wanted = rate * seconds * count as u64;
    wait_for(wanted, &received).await;
    let (used, took) = (Used::by(pid)?.since(before), began.elapsed());
    let delivered = received.count();
    let overtaken = self::overtaken(server).await? - overtaken;
    check(server, &screens, Totals { wanted, delivered, overtaken }).await?;
    let deliveries = delivered.max(1) as f64;
    Ok(Outcome {
        peer: server.peer,
        load,
        delivered,
        overtaken,
        cpu_us_per_delivery: used.cpu_us as f64 / deliveries,
        cpu_share: used.cpu_us as f64 / took.as_micros() as f64,
        writes_per_delivery: (server.peer != Peer::Raw).then(|| used.writes as f64 / deliveries),
        kb_per_screen: connected_kb.saturating_sub(idle_kb) as f64 / count as f64,
        p50_ms: received.quantile_ms(0.5),
        p99_ms: received.quantile_ms(0.99),
    })
}

async fn listen(
    peer: Peer,
    mut socket: Socket,
    sample: bool,
    received: Arc<Received>,
    newest: Arc<Mutex<Newest>>,
) {
    while let Some(Ok(message)) = socket.next().await {
        if message.is_ping() {
            continue;
        }
        if message.is_close() {
            break;
        }
        let data = message.into_data();
        match peer {
            Peer::Nats if data.starts_with(b"PING") => drop(socket.send(Message::binary("PONG\r\n")).await),
            Peer::Rollcall => {
                // Our own message comes back in the event, so that one PATCH is one delivery.
                let Some(number) = numbered(&data) else { continue };
                received.count.fetch_add(1, Ordering::Relaxed);
                lock(&newest).insert(number % AGENTS as u64, number);
                if sample && let Some(sent) = lock(&received.sent_us).get(&number) {
                    received.record(*sent);
                }
            }
            Peer::Raw | Peer::Ws | Peer::Nats => {
                // A frame of NATS may carry several messages.
                let messages = data.windows(STAMP.len()).filter(|window| *window == STAMP).count();
                received.count.fetch_add(messages as u64, Ordering::Relaxed);
                if sample && let Some(sent) = stamp(&data) {
                    received.record(sent);
                }
            }
        }
    }
}

/// Publishes `rate` messages a second.
pub async fn publish(server: &Server, rate: u64, seconds: u64, received: &Received) -> Result<()> {
    let mut tick = interval(Duration::from_micros(1_000_000 / rate));
    let Some(rollcall) = &server.rollcall else {
        let mut socket = server.publisher().await?;
        for _ in 0..rate * seconds {
            tick.tick().await;
            let text = body();
            socket
                .send(match server.peer {
                    Peer::Nats => Message::binary(format!("PUB t {}\r\n{text}\r\n", text.len())),
                    Peer::Raw | Peer::Ws | Peer::Rollcall => Message::text(text),
                })
                .await?;
        }
        return Ok(());
    };
    let mut in_flight = JoinSet::new();
    for number in 0..rate * seconds {
        tick.tick().await;
        lock(&received.sent_us).insert(number, now_us());
        in_flight.spawn(rollcall.publish(number));
        while let Some(done) = in_flight.try_join_next() {
            done??;
        }
    }
    while let Some(done) = in_flight.join_next().await {
        done??;
    }
    Ok(())
}

/// Waits until all is delivered, or nothing comes any more.
pub async fn wait_for(wanted: u64, received: &Received) {
    let (mut seen, mut late) = (received.count(), Instant::now() + SILENCE_MAX);
    while seen < wanted && Instant::now() < late {
        sleep(Duration::from_millis(20)).await;
        if received.count() > seen {
            (seen, late) = (received.count(), Instant::now() + SILENCE_MAX);
        }
    }
}

struct Totals {
    wanted: u64,
    delivered: u64,
    overtaken: u64,
}

/// Fails when Rollcall lost a delivery. One that was overtaken is not lost: the screen has what came after it. What the
/// others lose stands in the table.
async fn check(server: &Server, screens: &[Screen], totals: Totals) -> Result<()> {
    let Some(rollcall) = &server.rollcall else { return Ok(()) };
    let Totals { wanted, delivered, overtaken } = totals;
    if delivered + overtaken != wanted {
        bail!("rollcall: {delivered} delivered and {overtaken} overtaken of {wanted}");
    }
    let truth = rollcall.truth().await?;
    let truth: Newest = truth
        .iter()
        .filter_map(|message| numbered(message.as_bytes()))
        .map(|number| (number % AGENTS as u64, number))
        .collect();
    for (at, screen) in screens.iter().enumerate() {
        if *lock(&screen.newest) != truth {
            bail!("screen {at} does not have the newest message of every user");
        }
    }
    Ok(())
}

async fn overtaken(server: &Server) -> Result<u64> {
    match &server.rollcall {
        Some(rollcall) => rollcall.overtaken().await,
        None => Ok(0),
    }
}

const STAMP: &[u8] = b"\"t\":";

/// A message with the time when it is sent.
fn body() -> String {
    let head = format!("{{\"t\":{:020},\"topicName\":\"v2.users.x.presence\",\"pad\":\"", now_us());
    let padding = PAYLOAD.saturating_sub(head.len() + 2);
    format!("{head}{}\"}}", "x".repeat(padding))
}

/// Finds the time of sending in a frame of any protocol.
fn stamp(bytes: &[u8]) -> Option<u64> {
    digits(bytes.get(find(bytes, STAMP)? + STAMP.len()..)?)
}

/// Finds our number in an event of Rollcall.
fn numbered(bytes: &[u8]) -> Option<u64> {
    digits(bytes.get(find(bytes, MARK.as_bytes())? + MARK.len()..)?)
}

fn digits(bytes: &[u8]) -> Option<u64> {
    std::str::from_utf8(bytes.get(..20)?).ok()?.parse().ok()
}

fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
