//! What the simulator says, held against the vendor's own description of its bodies: every answer of
//! every route, and every event of ten minutes of rush.
//!
//! | file | holds |
//! | --- | --- |
//! | [`slice`] | the description, made strict, and what it gets wrong itself |
//! | [`routes`] | which routes the simulator has, read from its source |
//! | [`calls`] | what is called: one line a call |
//! | [`caller`] | makes the calls and checks each answer |
//! | [`listener`] | hears every topic and checks each event |
//!
//! The description is two files, `openapi-slice.json` and `notification-topics.json`. They come from the
//! vendor's SDKs, are large and not ours to give away, so they are not in this repository: a checkout
//! elsewhere, public CI among them, cannot have them. Without them the test says that it did not run and
//! passes, under `CI=true` too. They are looked for in `../shared/genesys-cloud` beside the repository,
//! or where `ROLLCALL_GENESYS_CLOUD` points; once that variable is set, they must be there.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "what is not as expected fails the test")]

mod caller;
mod calls;
mod listener;
mod routes;
mod slice;

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use protocol::{Clock, Timestamp};
use reqwest::Method;
use simulator::{Client, Config, Running, start};

use crate::{
    caller::{CROWD, Caller, LISTENER, ME},
    listener::{Listener, PRODUCED, topics_in_no_list},
    slice::Slice,
};

/// Ten minutes, in steps short enough that listeners hear everything.
const RUSH_SECONDS: i64 = 600;
const STEP_SECONDS: i64 = 8;
/// All calls are made once in so many steps: five times in all.
const STEPS_A_LAP: i64 = 15;

/// Hours after the rush, of which the last words are heard: schedules change less often than calls come.
const QUIET_HOURS: i64 = 3;

/// A clock that moves only when the test says so.
struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }

    fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

async fn simulator(change: impl FnOnce(&mut Config)) -> (Running, Arc<ManualClock>) {
    // Another test may have been faster.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Ten o'clock in Dublin on a Monday.
    let clock = Arc::new(ManualClock(AtomicI64::new(1_767_607_200_000)));
    let mut config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        agents: 60,
        queues: 5,
        turnover: 60.0,
        // A query of the audit log is asked and read within one lap.
        audit_query_delay: Duration::ZERO,
        clients: [ME, LISTENER, CROWD].map(|id| Client::new(id, id)).to_vec(),
        ..Config::default()
    };
    change(&mut config);
    (start(config, clock.clone()).await.unwrap(), clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_and_every_event_of_a_rush_is_as_the_vendor_describes() {
    let Some(slice) = Slice::read() else { return };
    // The one switch that brings events of a topic of its own.
    let (running, clock) = simulator(|config| config.answers.subscription_updated_is_told = true).await;
    let mut caller = Caller::new(&running.base_url(), &slice).await;
    caller.control("/simulator/scenario", r#"{"name": "rush"}"#).await;
    caller.find_samples().await;
    let mut listener = Listener::open(&mut caller, &slice).await;
    for step in 0..RUSH_SECONDS / STEP_SECONDS {
        clock.advance_ms(STEP_SECONDS * 1_000);
        if step % STEPS_A_LAP == 0 {
            caller.lap().await;
        } else {
            caller.step().await;
        }
        listener.hear(&slice).await;
    }
    for _ in 0..QUIET_HOURS {
        clock.advance_ms(3_600_000);
        listener.hear(&slice).await;
    }
    listener.crowd_out(&mut caller).await;
    caller.control("/simulator/faults", r#"{"kind": "socket_closing", "seconds": 60}"#).await;
    listener.lose_token(&mut caller).await;
    for last in ["v2.system.socket_closing", "v2.system.token_revoked.{id}"] {
        listener.hear_until(&slice, last).await;
    }
    let mut complaints = caller.routes_without_success().await;
    complaints.extend(topics_in_no_list(&slice));
    running.stop().await;
    let events: u32 = listener.heard.values().sum();
    eprintln!("{} answers and {events} events were checked: {:?}", caller.answers, listener.heard);
    let silent = PRODUCED.iter().filter(|topic| !listener.heard.contains_key(**topic));
    complaints.extend(silent.map(|topic| format!("{topic}: no event came")));
    let faults = caller.faults.iter().chain(&listener.faults);
    complaints.extend(faults.map(|(fault, times)| format!("{fault} ({times} times)")));
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_that_come_over_time_are_whole_too() {
    let Some(slice) = Slice::read() else { return };
    let (running, clock) = simulator(|config| {
        config.enforce_call_limits = true;
        config.faults_strike_all = true;
        config.token_seconds = 3_600;
    })
    .await;
    let mut caller = Caller::new(&running.base_url(), &slice).await;
    let mut status = 200;
    for _ in 0..301 {
        status = caller.call(ME, Method::GET, "/api/v2/tokens/me", None).await;
    }
    assert_eq!(status, 429);
    clock.advance_ms(61_000);
    caller.control("/simulator/faults", r#"{"kind": "server_error", "seconds": 30}"#).await;
    assert_eq!(caller.call(ME, Method::GET, "/api/v2/users", None).await, 503);
    clock.advance_ms(3_600_000);
    assert_eq!(caller.call(ME, Method::GET, "/api/v2/users", None).await, 401);
    assert!(caller.faults.is_empty(), "{:#?}", caller.faults);
    running.stop().await;
}

#[test]
fn what_is_described_is_a_route_or_said_to_be_none() {
    let Some(slice) = Slice::read() else { return };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let routes = routes::all(&here.join("src"));
    // A parameter of a route may be a word in the description, as in `presences/purecloud`.
    let is_route = |name: &str| {
        let parts: Vec<&str> = name.split('/').collect();
        routes.iter().any(|route| {
            let fits = |(own, part): (&str, &&str)| own == *part || own.starts_with('{');
            route.split('/').count() == parts.len() && route.split('/').zip(&parts).all(fits)
        })
    };
    let missing: BTreeSet<String> = slice.operations().filter(|name| !is_route(name)).collect();
    let text = fs::read_to_string(here.join("DIFFERENCES.md")).unwrap();
    let (_, list) = text.split_once("## Routes that are not there").expect("the list of what is not there");
    let list = list.split("\n## ").next().unwrap();
    let said: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`'))
        .flat_map(|line| {
            let (methods, path) = line.split_once(" /").unwrap();
            methods.split(' ').map(|method| format!("{method} /{path}")).collect::<Vec<_>>()
        })
        .collect();
    let (unsaid, wrong): (Vec<_>, Vec<_>) =
        (missing.difference(&said).collect(), said.difference(&missing).collect());
    assert!(unsaid.is_empty() && wrong.is_empty(), "not there and not said: {unsaid:#?}; there: {wrong:#?}");
}
