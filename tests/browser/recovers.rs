//! After every kind of break the wall says that it is stale while it is, comes back without a reload,
//! and equals the truth.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    agree_within,
    harness::{self, House, SOON, Speaker, browser::Browser, lively, until},
    panel,
};

/// From detection or return until the wall equals the truth.
const RECOVERY: Duration = Duration::from_secs(10);

pub const MARK: &str = "window.neverReloaded = true";

/// From now on, until it is loaded again, the page hears that the server carries another build.
const OTHER_BUILD: &str = "
    const own = window.fetch;
    window.fetch = async (...call) => {
        const answer = await own(...call);
        if (!answer.ok || !answer.url.endsWith('/channel')) return answer;
        const body = { ...await answer.json(), build: 'another' };
        return new Response(JSON.stringify(body), { status: answer.status, headers: answer.headers });
    };";

pub async fn was_never_reloaded(browser: &Browser) {
    assert_eq!(
        browser.script("return window.neverReloaded === true", vec![]).await,
        true,
        "the page was reloaded"
    );
}

/// The badge says stale, and so do the tiles.
async fn says_stale(browser: &Browser, limit: Duration) {
    let began = Instant::now();
    loop {
        let badge = browser.badge().await;
        if (badge == "stale" || badge == "reconnecting") && browser.any_stale().await {
            // The tab's picture has a ring.
            browser.wait_for("link[rel=icon][href*='a14 14']").await;
            assert_eq!(panel::says_all_is_well(browser).await, false, "nothing on it says that all is well");
            return;
        }
        assert!(began.elapsed() < limit, "not stale after {limit:?}: the badge says {badge:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Remembers whether the wall ever said that it is stale, also for a moment.
pub async fn watch_for_stale(browser: &Browser) {
    let script = "if (window.wasStale === undefined)
            addEventListener('rollcall:stale', e => { if (e.detail.stale) window.wasStale = true; });
        window.wasStale = false;";
    browser.script(script, vec![]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_close_sockets() {
    let house = House::start(lively(80, 6)).await;
    let browser = Browser::start(1366, 768).await;
    browser.open_live(&house.floor()).await;
    browser.script(MARK, vec![]).await;
    watch_for_stale(&browser).await;
    house.fault("close_sockets", 1).await;
    until(SOON, "the wall says that it is stale", || async {
        (browser.script("return window.wasStale", vec![]).await == true).then_some(())
    })
    .await;
    browser.wait_for_badge("live", RECOVERY).await;
    house.scenario("calm", Some(0.0)).await;
    let took = agree_within(&browser, &house.upstream, RECOVERY).await;
    println!("close_sockets: equal to the truth {took:?} after live");
    was_never_reloaded(&browser).await;
    browser.quit().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_silent_sockets() {
    let house = House::start(lively(80, 6)).await;
    let browser = Browser::start(1366, 768).await;
    browser.open_live(&house.floor()).await;
    browser.script(MARK, vec![]).await;
    watch_for_stale(&browser).await;
    // Something is heard just before: silence is reckoned from then.
    let user = house.truth().await["agents"][0]["id"].as_str().unwrap().to_owned();
    house.upstream.patch_presence(&user, &json!({ "message": "the last word" })).await;
    let began = Instant::now();
    house.fault("silent_sockets", 1).await;
    until(Duration::from_secs(40), "the wall says that it is stale", || async {
        (browser.script("return window.wasStale", vec![]).await == true).then_some(())
    })
    .await;
    let silence = began.elapsed();
    assert!((34.0..40.0).contains(&silence.as_secs_f64()), "dead after 35 s of silence, not {silence:?}");
    browser.wait_for_badge("live", RECOVERY).await;
    house.scenario("calm", Some(0.0)).await;
    agree_within(&browser, &house.upstream, RECOVERY).await;
    println!(
        "silent_sockets: dead after {silence:?}, equal to the truth {:?} later",
        began.elapsed() - silence
    );
    was_never_reloaded(&browser).await;
    browser.quit().await;
    house.stop().await;
}

/// A real process, ended with the test.
struct Program(Child);

impl Program {
    fn start(arguments: &[&str], secret: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args(arguments)
            .env("GENESYSCLOUD_OAUTHCLIENT_ID", "simulator")
            .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", secret)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to stop, as a service manager does before it starts the next version.
    fn stop(&mut self) {
        assert!(
            Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status().unwrap().success()
        );
        assert!(self.0.wait().unwrap().success(), "it ends in good order");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

async fn answers(address: &str) {
    let wait = async {
        while tokio::net::TcpStream::connect(address).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, wait).await.expect("the program listens");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_proxy_and_simulator_were_stopped_and_started_again() {
    let (simulator_at, proxy_at) = (free_address(), free_address());
    let folder = std::env::temp_dir().join(format!("rollcall-recovers-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("rollcall.toml");
    let text = format!("listen = \"{proxy_at}\"\n[genesys]\nbase_url = \"http://{simulator_at}\"\n");
    std::fs::write(&config, text).unwrap();
    let simulate = ["simulator", "--listen", &simulator_at, "--agents", "60", "--queues", "5"];
    let serve = ["serve", "--config", config.to_str().unwrap()];
    let base = format!("http://{simulator_at}");

    let mut simulator = Program::start(&simulate, "simulator");
    answers(&simulator_at).await;
    let mut proxy = Program::start(&serve, "simulator");
    answers(&proxy_at).await;
    harness::ready(&format!("http://{proxy_at}")).await;
    let browser = Browser::start(1366, 768).await;
    browser.open_live(&format!("http://{proxy_at}/")).await;
    browser.script(MARK, vec![]).await;

    // The proxy goes and comes back.
    proxy.kill();
    says_stale(&browser, Duration::from_secs(3)).await;
    sleep(Duration::from_secs(2)).await;
    assert!(browser.any_stale().await, "stale for as long as the proxy is gone");
    proxy = Program::start(&serve, "simulator");
    let returned = Instant::now();
    browser.wait_for_badge("live", RECOVERY).await;
    let upstream = Speaker::sign_in(&base, "simulator", "simulator").await;
    upstream
        .send(reqwest::Method::POST, "/simulator/scenario", &json!({"name": "calm", "eventsPerSecond": 0}))
        .await;
    agree_within(&browser, &upstream, RECOVERY.saturating_sub(returned.elapsed())).await;
    println!("proxy started again: equal to the truth after {:?}", returned.elapsed());

    // The simulator goes and comes back as another world: other states, other dates, no channel, no token.
    simulator.kill();
    says_stale(&browser, Duration::from_secs(3)).await;
    sleep(Duration::from_secs(2)).await;
    assert!(browser.any_stale().await, "stale for as long as upstream is gone");
    simulator = Program::start(&simulate, "simulator");
    answers(&simulator_at).await;
    let returned = Instant::now();
    let upstream = Speaker::sign_in(&base, "simulator", "simulator").await;
    browser.wait_for_badge("live", RECOVERY).await;
    upstream
        .send(reqwest::Method::POST, "/simulator/scenario", &json!({"name": "calm", "eventsPerSecond": 0}))
        .await;
    agree_within(&browser, &upstream, RECOVERY.saturating_sub(returned.elapsed())).await;
    println!("simulator started again: equal to the truth after {:?}", returned.elapsed());
    was_never_reloaded(&browser).await;

    // The proxy comes back with another build: the page is loaded again, but not twice in ten minutes.
    for reloads in [true, false] {
        browser.script(MARK, vec![]).await;
        browser.script(OTHER_BUILD, vec![]).await;
        // The page is told, and when to come back.
        proxy.stop();
        says_stale(&browser, Duration::from_secs(3)).await;
        proxy = Program::start(&serve, "simulator");
        if reloads {
            until(RECOVERY, "the page is loaded again", || async {
                let marked = browser.page.execute("return window.neverReloaded === true", vec![]).await;
                marked.is_ok_and(|marked| *marked.json() == false).then_some(())
            })
            .await;
            browser.wait_for_badge("live", RECOVERY).await;
        } else {
            browser.wait_for_badge("live", RECOVERY).await;
            was_never_reloaded(&browser).await;
        }
    }

    browser.quit().await;
    drop((proxy, simulator));
    std::fs::remove_dir_all(&folder).unwrap();
}
