//! The wall in a real browser, against the simulator's truth.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;

#[path = "browser/accessible.rs"]
mod accessible;
#[path = "browser/alarms.rs"]
mod alarms;
#[path = "browser/clocks.rs"]
mod clocks;
#[path = "browser/faults.rs"]
mod faults;
#[path = "browser/kinds.rs"]
mod kinds;
#[path = "browser/names.rs"]
mod names;
#[path = "browser/panel.rs"]
mod panel;
#[path = "browser/recovers.rs"]
mod recovers;
#[path = "browser/screens.rs"]
mod screens;
#[path = "browser/shows_state.rs"]
mod shows_state;
#[path = "browser/speaks.rs"]
mod speaks;
#[path = "browser/stopped.rs"]
mod stopped;

use std::time::Duration;

use harness::{Speaker, browser::Browser};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// Clocks of page and truth are read some moments apart, and the wall shows whole seconds.
const SECONDS_APART: f64 = 2.0;

/// What differs between the wall and the truth, in words; nothing when all is equal.
async fn differences(browser: &Browser, upstream: &Speaker) -> Vec<String> {
    let (states, queues) = (browser.states().await, browser.queues().await);
    let truth = upstream.get("/simulator/truth").await;
    let mut found = Vec::new();
    let agents = truth["agents"].as_array().unwrap();
    for agent in agents {
        let (id, name) = (agent["id"].as_str().unwrap(), agent["name"].as_str().unwrap());
        if states[id] != agent["state"] {
            found.push(format!("{name}: the wall says {}, the truth {}", states[id], agent["state"]));
        }
    }
    let shown = states.as_object().unwrap().len();
    if shown != agents.len() {
        found.push(format!("{shown} agents on the wall, {} in truth", agents.len()));
    }
    for queue in truth["queues"].as_array().unwrap() {
        let (id, name) = (queue["id"].as_str().unwrap(), queue["name"].as_str().unwrap());
        let on_wall = &queues[id];
        if on_wall["waiting"].as_f64() != queue["waiting"].as_f64() {
            found.push(format!(
                "{name}: {} wait on the wall, {} in truth",
                on_wall["waiting"], queue["waiting"]
            ));
        }
        let (longest, true_longest) = (on_wall["longest"].as_f64(), queue["longestWaitMs"].as_f64());
        let apart = longest.zip(true_longest).map(|(wall, truth)| (wall - truth / 1_000.0).abs());
        if apart.is_none_or(|apart| apart > SECONDS_APART) {
            found.push(format!("{name}: longest {longest:?} s on the wall, {true_longest:?} ms in truth"));
        }
    }
    found
}

/// Waits until wall and truth agree and returns how long that took.
async fn agree_within(browser: &Browser, upstream: &Speaker, limit: Duration) -> Duration {
    let began = Instant::now();
    loop {
        let found = differences(browser, upstream).await;
        if found.is_empty() {
            return began.elapsed();
        }
        assert!(began.elapsed() < limit, "not equal after {limit:?}: {found:#?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// How many seconds the truth's longest waits differ is of no use without somebody waiting.
fn somebody_waits(truth: &Value) -> bool {
    truth["queues"].as_array().unwrap().iter().any(|queue| queue["waiting"].as_u64() > Some(0))
}
