//! Screens by the thousand: a floor's worth of events to all of them, and all of them cut at once.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use anyhow::{Context as _, Result, bail};
use tokio::{
    task::LocalSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    bounds::Bounds,
    light::{Crowd, Known},
    peers::Servers,
    process::{Process, Used, resident_kb},
    rollcall::Rollcall,
    slow::{ROUNDS, SLOW_EVERY, median, neighbours},
};

/// How many screens, what happens before them, and for how long.
struct Size {
    screens: usize,
    rate: u64,
    seconds: u64,
    /// For so long calls are counted after a cut.
    calls: Duration,
    /// Whether it is also measured with some that hardly read.
    beside_slow: bool,
}

const FULL: Size =
    Size { screens: 2_000, rate: 450, seconds: 20, calls: Duration::from_secs(10), beside_slow: true };
const QUICK: Size =
    Size { screens: 500, rate: 100, seconds: 4, calls: Duration::from_millis(1_500), beside_slow: false };

/// Of each round with or without slow screens.
const ROUND_SECONDS: u64 = 8;

/// An organisation in which so much happens.
const ORGANISATION: [&str; 4] = ["--agents", "1000", "--queues", "40"];

/// Latency is taken on every so manieth screen, none of which is ever slow.
const SAMPLE_EVERY: usize = 40;

/// Time for what is on its way.
const SETTLE: Duration = Duration::from_millis(1_500);

/// Nothing is opened or comes back that takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

const P99_MAX_MS: f64 = 250.0;
const CONFLATED_MAX_PERCENT: f64 = 1.0;
const BACK_MAX_S: f64 = 10.0;

/// In a thread of its own: neither locks nor other threads between a socket and its count.
pub fn run(servers: &Servers, quick: bool, bounds: &mut Bounds) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, crowd(servers, if quick { &QUICK } else { &FULL }, bounds))
}

async fn crowd(servers: &Servers, size: &Size, bounds: &mut Bounds) -> Result<()> {
    let (process, rollcall) = Rollcall::start_with(&servers.rollcall, &ORGANISATION).await?;
    let host = rollcall.url.trim_start_matches("http://").to_owned();
    let crowd = Crowd::new(host)?;
    let Size { screens: count, rate, seconds, calls, beside_slow: with_slow } = *size;
    println!("\n{count} walls x {rate} events/s, {seconds} s, {}", ORGANISATION.join(" "));

    let base_kb = resident_kb(process.pid)?;
    let began = Instant::now();
    let mut screens: Vec<Rc<Known>> = Vec::with_capacity(count);
    for at in 0..count {
        screens.push(crowd.admit(at as u64 + 1, at % SAMPLE_EVERY == 0));
        // They come one after the other, as people switch them on; the storm is below.
        if at % 20 == 19 {
            sleep(Duration::from_millis(20)).await;
        }
    }
    wait_until_live(&crowd, count).await?;
    sleep(SETTLE).await;
    println!(
        "opened in {:.1} s: {:.1} KB a screen, a snapshot of {} KB",
        began.elapsed().as_secs_f64() - SETTLE.as_secs_f64(),
        resident_kb(process.pid)?.saturating_sub(base_kb) as f64 / count as f64,
        crowd.snapshot.get() / 1_000,
    );

    let stream = stream(&crowd, &process, &rollcall, size).await?;
    stream.print();
    let load = format!("{count} x {rate}");
    bounds.below(&format!("relay, p99 to the screen at {load}"), "ms", P99_MAX_MS, stream.p99_ms);
    bounds.at_most(
        &format!("relay, conflated at {load}"),
        "%",
        CONFLATED_MAX_PERCENT,
        stream.conflated_percent(),
    );
    all_have_the_same(&crowd, &screens).await?;
    if with_slow {
        beside_slow(&crowd, &process, &rollcall, size, bounds).await?;
        all_have_the_same(&crowd, &screens).await?;
    }

    // The same happenings in each: nothing at all but one screen or all that come back.
    let alone = comes_back(&crowd, &process, &rollcall, (&screens, calls), Cut::One).await?;
    for (cut, what) in
        [(Cut::All, "all cut at once"), (Cut::AllForget, "all cut, and none knows what it had")]
    {
        let back = comes_back(&crowd, &process, &rollcall, (&screens, calls), cut).await?;
        println!(
            "{what}: live again after {:.2} s, {:.2} s of CPU, +{:.0} MB, {} asked to come later, {} whole snapshots",
            back.seconds, back.cpu_s, back.grown_mb, back.refused, back.whole
        );
        println!("calls upstream by route, one screen back: {:?}; all: {:?}", alone.calls, back.calls);
        bounds.at_most(&format!("relay, {count} walls, {what}"), "s", BACK_MAX_S, back.seconds);
        let more: u64 = back
            .calls
            .iter()
            .map(|(route, calls)| calls.saturating_sub(alone.calls.get(route).copied().unwrap_or_default()))
            .sum();
        // A poll may fall into one time and not into the other.
        bounds.below(&format!("calls upstream more than for one, {what}"), "calls", POLLS_MAX, more as f64);
    }
    all_have_the_same(&crowd, &screens).await
}

/// Polls of the proxy itself whose turn may come within the one time and not within the other.
const POLLS_MAX: f64 = 10.0;

/// What a load came to.
struct Stream {
    delivered: u64,
    overtaken: u64,
    cpu_us: u64,
    writes: u64,
    wall: Duration,
    bytes: u64,
    reads: u64,
    own_cpu_us: u64,
    p50_ms: f64,
    p99_ms: f64,
    screens: usize,
}

impl Stream {
    fn conflated_percent(&self) -> f64 {
        100.0 * self.overtaken as f64 / (self.delivered + self.overtaken).max(1) as f64
    }

    fn print(&self) {
        let (delivered, seconds) = (self.delivered.max(1) as f64, self.wall.as_secs_f64());
        println!(
            "{:.0} frames a screen and second of {:.0} bytes; {} delivered, {} overtaken ({:.3} %)",
            delivered / self.screens as f64 / seconds,
            self.bytes as f64 / delivered,
            self.delivered,
            self.overtaken,
            self.conflated_percent()
        );
        println!(
            "proxy {:.2} of a core, {:.3} us and {:.4} writes a delivery; driver {:.2} of a core, {:.4} reads a delivery",
            self.cpu_us as f64 / 1e6 / seconds,
            self.cpu_us as f64 / delivered,
            self.writes as f64 / delivered,
            self.own_cpu_us as f64 / 1e6 / seconds,
            self.reads as f64 / delivered,
        );
        println!("relay to screen: p50 {:.0} ms, p99 {:.0} ms", self.p50_ms, self.p99_ms);
    }
}

/// Lets it happen, and reads what it cost.
async fn stream(crowd: &Crowd, process: &Process, rollcall: &Rollcall, size: &Size) -> Result<Stream> {
    let own = std::process::id();
    crowd.latency_ms.borrow_mut().reset();
    let overtaken = rollcall.overtaken().await?;
    let (frames, bytes, reads) = (crowd.frames.get(), crowd.bytes.get(), crowd.reads.get());
    let (before, own_before, began) = (Used::by(process.pid)?, Used::by(own)?, Instant::now());
    rollcall.pace(size.rate).await?;
    sleep(Duration::from_secs(size.seconds)).await;
    rollcall.pace(0).await?;
    let wall = began.elapsed();
    let (used, own_used) = (Used::by(process.pid)?.since(before), Used::by(own)?.since(own_before));
    sleep(SETTLE).await;
    let overtaken = rollcall.overtaken().await? - overtaken;
    let latency = crowd.latency_ms.borrow();
    Ok(Stream {
        delivered: crowd.frames.get() - frames,
        overtaken,
        cpu_us: used.cpu_us,
        writes: used.writes,
        wall,
        bytes: crowd.bytes.get() - bytes,
        reads: crowd.reads.get() - reads,
        own_cpu_us: own_used.cpu_us,
        p50_ms: latency.value_at_quantile(0.5) as f64,
        p99_ms: latency.value_at_quantile(0.99) as f64,
        screens: size.screens,
    })
}

/// Fails when a screen lacks what another has.
async fn all_have_the_same(crowd: &Crowd, screens: &[Rc<Known>]) -> Result<()> {
    let late = Instant::now() + PATIENCE;
    loop {
        // Also now the proxy counts and polls, so that the number goes on.
        let newest = screens.iter().map(|screen| screen.seq.get()).max().unwrap_or_default();
        sleep(SETTLE).await;
        let behind = screens.iter().filter(|screen| screen.seq.get() < newest).count();
        if behind == 0 {
            return Ok(());
        }
        if Instant::now() > late {
            bail!("{behind} screens lack what others have; {} are live", crowd.live.get());
        }
    }
}

/// Rounds in which all read, and rounds in which some hardly do, in turn.
async fn beside_slow(
    crowd: &Crowd,
    process: &Process,
    rollcall: &Rollcall,
    size: &Size,
    bounds: &mut Bounds,
) -> Result<()> {
    let size = Size { seconds: ROUND_SECONDS, ..*size };
    let slow = size.screens / SLOW_EVERY as usize;
    println!("{slow} of them slow or not, {ROUND_SECONDS} s each, p99 of those that read");
    let (mut well, mut ill) = (Vec::new(), Vec::new());
    for at in 1..=ROUNDS {
        crowd.slow.send_replace(false);
        let all_read = stream(crowd, process, rollcall, &size).await?;
        crowd.slow.send_replace(true);
        let some_do_not = stream(crowd, process, rollcall, &size).await?;
        println!(
            "round {at}: all well {:.0} ms, {slow} slow {:.0} ms and {} overtaken",
            all_read.p99_ms, some_do_not.p99_ms, some_do_not.overtaken
        );
        well.push(all_read.p99_ms);
        ill.push(some_do_not.p99_ms);
    }
    crowd.slow.send_replace(false);
    let what = format!("relay, p99 beside {slow} slow of {} walls", size.screens);
    neighbours(bounds, &what, median(well.into_iter()), median(ill.into_iter()));
    Ok(())
}

enum Cut {
    One,
    All,
    AllForget,
}

struct Back {
    seconds: f64,
    cpu_s: f64,
    grown_mb: f64,
    refused: u64,
    whole: u64,
    calls: BTreeMap<String, u64>,
}

/// Cuts, and waits until all are live again. The calls are those of the same time, whenever they are live.
async fn comes_back(
    crowd: &Rc<Crowd>,
    process: &Process,
    rollcall: &Rollcall,
    (screens, least): (&[Rc<Known>], Duration),
    cut: Cut,
) -> Result<Back> {
    let (refused, whole, calls) = (crowd.refused.get(), crowd.whole.get(), rollcall.calls().await?);
    let (before, memory_kb, began) = (Used::by(process.pid)?, resident_kb(process.pid)?, Instant::now());
    match cut {
        // Who comes new asks for no less than who comes back.
        Cut::One => drop(crowd.admit(u64::MAX, false)),
        Cut::All => crowd.cut(),
        Cut::AllForget => {
            crowd.forgetful.set(true);
            crowd.cut();
        }
    }
    let mut peak_kb = memory_kb;
    let back = async {
        loop {
            sleep(Duration::from_millis(20)).await;
            peak_kb = peak_kb.max(resident_kb(process.pid)?);
            if screens.iter().all(|screen| screen.live_at.get().is_some()) {
                return anyhow::Ok(());
            }
        }
    };
    timeout(PATIENCE, back).await.with_context(|| format!("{} are live", crowd.live.get()))??;
    let live_at = screens.iter().filter_map(|screen| screen.live_at.get()).max().unwrap_or(began);
    let seconds = live_at.saturating_duration_since(began).as_secs_f64();
    let used = Used::by(process.pid)?.since(before);
    sleep(least.saturating_sub(began.elapsed())).await;
    crowd.forgetful.set(false);
    let mut by_route = rollcall.calls().await?;
    by_route.retain(|route, count| {
        *count -= calls.get(route).copied().unwrap_or_default();
        *count > 0
    });
    Ok(Back {
        seconds,
        cpu_s: used.cpu_us as f64 / 1e6,
        grown_mb: (peak_kb - memory_kb) as f64 / 1e3,
        refused: crowd.refused.get() - refused,
        whole: crowd.whole.get() - whole,
        calls: by_route,
    })
}

async fn wait_until_live(crowd: &Crowd, count: usize) -> Result<()> {
    let late = Instant::now() + PATIENCE;
    while crowd.live.get() < count {
        if Instant::now() > late {
            bail!("{} of {count} walls are live after {PATIENCE:?}", crowd.live.get());
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
