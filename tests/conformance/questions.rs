//! Where nobody outside Genesys knows the answer, a client has to work with either: everything that holds
//! of a speaker is tried with each open question answered the other way, one at a time.

use std::{future::ready, time::Duration};

use futures_util::{StreamExt, stream};

use crate::{AGENTS, Party, QUEUES, harness::lively, proxy_of, reads, simulator_of, start_with, suite};

/// Houses that stand at the same time.
const AT_ONCE: usize = 4;
/// Enough that presences, conversations and figures change in every queue.
const EVENTS_PER_SECOND: f64 = 150.0;
/// How long there is life before the two are compared.
const LIFE: Duration = Duration::from_secs(4);
/// What no event told the truth audit finds: a round begins after a minute and then every two, and a second read twelve seconds
/// later has to agree. Where zeros are left out, a group of zeros is no event at all.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOK_FOR: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread")]
async fn every_open_question_may_be_answered_the_other_way() {
    let tries = simulator::Answers::NAMES.iter().map(|name| tokio::spawn(the_other_way(name)));
    let failed: Vec<_> = stream::iter(tries)
        .buffer_unordered(AT_ONCE)
        .filter_map(|tried| ready(tried.err().map(|error| error.to_string())))
        .collect()
        .await;
    assert_eq!(failed, [""; 0], "what each says stands above");
}

async fn the_other_way(name: &'static str) {
    let mut config =
        simulator::Config { events_per_second: Some(EVENTS_PER_SECOND), ..lively(AGENTS, QUEUES) };
    assert!(config.answers.turn(name), "{name} is a question");
    let house = start_with(config).await;
    // The proxy answers as ever, whatever it is answered itself.
    let simulator = Party { turned: Some(name), ..simulator_of(&house).await };
    let proxy = proxy_of(&house).await;
    tokio::time::sleep(LIFE).await;
    house.scenario("calm", Some(0.0)).await;
    agree(name, &simulator, &proxy).await;
    suite(&simulator).await;
    suite(&proxy).await;
    agree(name, &simulator, &proxy).await;
    house.stop().await;
}

/// Within a while the proxy tells what the simulator tells.
async fn agree(name: &str, simulator: &Party, proxy: &Party) {
    let mut apart = Vec::new();
    let until = tokio::time::Instant::now() + LOOK_FOR;
    while tokio::time::Instant::now() < until {
        apart = reads::figures_apart(simulator, proxy).await;
        apart.extend(reads::users_apart(simulator, proxy).await);
        if apart.is_empty() {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    panic!("{name}: {} apart, such as {}", apart.len(), apart[0]);
}
