//! A browser and a proxy that stand still for a minute, as a machine does that sleeps: both are right within ten seconds of
//! waking. `STOPPED_SECONDS` stops them for longer; `cargo xtask soak` does so for ten minutes.

use std::{process::Command, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    differences,
    harness::{House, browser::Browser, lively, process::Serve, ready},
    panel,
};

/// How long they stand still unless told otherwise.
const STOPPED: Duration = Duration::from_secs(60);

/// From waking until the wall is live and equals the truth.
const RIGHT_WITHIN: Duration = Duration::from_secs(10);

/// Heartbeats come every 10 s; a wall that hears nothing for 25 s is stale, and a tick later it shows.
const SILENCE_SEEN: Duration = Duration::from_secs(27);

/// Counts from now on how many questions for the status are under way, and remembers the most.
const COUNTS_QUESTIONS: &str = "
    const own = window.fetch;
    [window.questions, window.questionsMost] = [0, 0];
    window.fetch = (...call) => {
        if (!String(call[0]).endsWith('/rollcall/status')) return own(...call);
        window.questionsMost = Math.max(window.questionsMost, ++window.questions);
        return own(...call).finally(() => { window.questions -= 1; });
    };";

#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
fn stopped() -> Duration {
    let told = std::env::var("STOPPED_SECONDS").ok();
    told.map_or(STOPPED, |seconds| Duration::from_secs(seconds.parse().expect("STOPPED_SECONDS is a number")))
}

fn signal(name: &str, processes: &[u32]) {
    let ids = processes.iter().map(u32::to_string);
    assert!(Command::new("kill").args(["-s", name]).args(ids).status().unwrap().success());
}

/// Live and equal to the truth, in good time.
async fn is_right(what: &str, browser: &Browser, house: &House, woke: Instant) -> Duration {
    browser.wait_for_badge("live", RIGHT_WITHIN.saturating_sub(woke.elapsed())).await;
    loop {
        let found = differences(browser, &house.upstream).await;
        if found.is_empty() {
            break;
        }
        assert!(woke.elapsed() < RIGHT_WITHIN, "{what}: not right after {RIGHT_WITHIN:?}: {found:#?}");
        sleep(Duration::from_millis(50)).await;
    }
    let negative = "return [...document.querySelectorAll('[data-user-id], [data-queue-id]')].filter(e => e.textContent.includes('-0:') || e.textContent.includes('−')).length";
    assert_eq!(browser.script(negative, vec![]).await, 0, "no time is below zero");
    woke.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_and_a_proxy_that_slept_are_right_again() {
    let house = House::start(lively(60, 5)).await;
    // A proxy of its own beside the one in this process; each has a wall in a browser.
    let serve = Serve::start(&house.simulator.base_url(), "simulator", "info");
    let base = serve.process.base_url().await;
    ready(&base).await;
    let (sleeper, watcher) = tokio::join!(Browser::start(1366, 768), Browser::start(1366, 768));
    sleeper.open_live(&house.floor()).await;
    watcher.open_live(&format!("{base}/wall/floor")).await;

    watcher.script(COUNTS_QUESTIONS, vec![]).await;
    panel::press(&watcher, "?").await;
    watcher.wait_for("dialog.status[open] [data-row=calls]").await;

    // All of the browser: what draws, what speaks to the network, what holds them together.
    let of_browser = sleeper.processes();
    assert!(of_browser.len() >= 3, "a browser is several processes: {of_browser:?}");
    let began = Instant::now();
    signal("STOP", &of_browser);
    serve.process.signal("STOP");
    sleep(SILENCE_SEEN).await;
    assert!(
        watcher.any_stale().await,
        "a wall whose proxy stands still says so: {:?}",
        watcher.badge().await
    );
    let rows = panel::rows(&watcher).await;
    assert_eq!(rows["connection"], "The server does not answer. Trying again…", "{rows}");
    let most = watcher.script("return window.questionsMost", vec![]).await;
    assert_eq!(most, 1, "one question at a time");
    sleep(stopped().saturating_sub(began.elapsed())).await;
    house.scenario("calm", Some(0.0)).await;
    let woke = Instant::now();
    serve.process.signal("CONT");
    signal("CONT", &of_browser);
    let browser = is_right("the browser that slept", &sleeper, &house, woke);
    let took = tokio::join!(browser, is_right("the proxy that slept", &watcher, &house, woke));
    println!(
        "after {:?} of standing still: browser right after {:?}, proxy after {:?}",
        stopped(),
        took.0,
        took.1
    );
    sleeper.quit().await;
    watcher.quit().await;
    house.stop().await;
}
