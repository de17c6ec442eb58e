//! A wall that stays open lives through every kind of fault: it says that it is stale when upstream is lost to it, not when it
//! is not, and agrees with the truth after each.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    agree_within, differences,
    harness::{House, SOON, browser::Browser, lively, until},
    panel,
    recovers::{MARK, was_never_reloaded, watch_for_stale},
};

/// From the end of a fault until wall and truth agree. A proxy that is refused without being told for how long waits half a
/// window at most.
const BOUND: Duration = Duration::from_secs(35);

/// How long the world goes on under a fault.
const UNDER: Duration = Duration::from_millis(2_500);

/// Topics whose events carry dates, so that nothing older is taken for newer.
const DATED: [&str; 2] = ["presence", "routingstatus"];

/// What a fault does to the wall.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// It takes the channel away.
    Breaks,
    /// It strikes calls or subscriptions: a socket that closes meanwhile needs them.
    BreaksWithSocket,
    /// It strikes events, or is announced: no gap.
    Nothing,
}

/// All kinds but the sockets that fall silent, which take half a minute: they have a test of their own.
const KINDS: [(&str, f64, Does); 14] = [
    // First: it counts the channels that were lost before.
    ("deny_topic", 60.0, Does::BreaksWithSocket),
    ("close_sockets", 0.0, Does::Breaks),
    ("evict_channels", 0.0, Does::Breaks),
    ("expire_channels", 0.0, Does::Breaks),
    ("revoke_tokens", 0.0, Does::Breaks),
    ("socket_closing", 2.0, Does::Nothing),
    ("duplicate", 2.0, Does::Nothing),
    ("delay", 2.0, Does::Nothing),
    ("reorder", 2.0, Does::Nothing),
    ("server_error", 2.0, Does::BreaksWithSocket),
    ("slow", 2.0, Does::BreaksWithSocket),
    ("stalled", 2.0, Does::BreaksWithSocket),
    ("rate_limit", 2.0, Does::BreaksWithSocket),
    ("rate_limit_no_header", 2.0, Does::BreaksWithSocket),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_open_wall_lives_through_every_kind_of_fault() {
    let house = House::start(lively(60, 5)).await;
    let browser = Browser::start(1366, 768).await;
    browser.open_live(&house.floor()).await;
    browser.script(MARK, vec![]).await;
    for (kind, seconds, does) in KINDS {
        house.scenario("calm", Some(60.0)).await;
        watch_for_stale(&browser).await;
        let fault = json!({ "kind": kind, "seconds": seconds });
        if matches!(kind, "delay" | "reorder") {
            for topic in DATED {
                let mut fault = fault.clone();
                fault["topic"] = json!(topic);
                house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
            }
        } else {
            house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
        }
        if does == Does::BreaksWithSocket {
            house.fault("close_sockets", 0).await;
        }
        sleep(UNDER).await;
        if kind == "deny_topic" {
            until(SOON, "there is another channel", || async {
                let status = house.machine.get("/rollcall/status").await;
                (status["reconnects"]["closed"] == 1 && status["live"] == 1).then_some(())
            })
            .await;
            sleep(Duration::from_secs(1)).await;
            assert!(browser.any_stale().await, "what is refused is stale, though the channel is live");
            browser.wait_for(".notes").await;
            assert_eq!(panel::says_all_is_well(&browser).await, false, "and nothing says that all is well");
            // Who was refused asks again in ten minutes, and when there is another channel.
            house.upstream.send(Method::DELETE, "/simulator/faults", &Value::Null).await;
            house.fault("close_sockets", 0).await;
        }
        house.scenario("calm", Some(0.0)).await;
        if does == Does::Nothing {
            assert_eq!(browser.script("return window.wasStale", vec![]).await, false, "{kind} is no gap");
        } else {
            until(SOON, kind, || async {
                (browser.script("return window.wasStale", vec![]).await == true).then_some(())
            })
            .await;
        }
        browser.wait_for_badge("live", BOUND).await;
        let took = agree_within(&browser, &house.upstream, BOUND).await;
        println!("{kind}: equal to the truth {took:?} after live");
        assert!(!browser.any_stale().await, "nothing stays stale after {kind}");
    }
    was_never_reloaded(&browser).await;
    browser.quit().await;
    house.stop().await;
}

/// The truth audit's round comes by the proxy's clock, which the test moves on in such steps.
const AUDIT_STEP_MS: i64 = 3_000;
/// Two rounds of the audit and its second reads are over after so many.
const AUDIT_STEPS: usize = 100;

/// Conversations and figures of queues carry no date: when upstream tells them late or in another order, the wall cannot know
/// until they are told again or the truth audit comes round.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_date_and_comes_in_the_wrong_order_is_put_right_by_the_audit() {
    let house = House::start(lively(60, 5)).await;
    let browser = Browser::start(1366, 768).await;
    browser.open_live(&house.floor()).await;
    for kind in ["delay", "reorder"] {
        house.scenario("calm", Some(60.0)).await;
        house.fault(kind, 2).await;
        sleep(UNDER).await;
        house.scenario("calm", Some(0.0)).await;
        let mut steps = 0;
        loop {
            let found = differences(&browser, &house.upstream).await;
            // How long somebody waits goes by the clock that this moves; `agree_within` has it where the clock is left alone.
            let found: Vec<_> = found.into_iter().filter(|line| !line.contains(": longest ")).collect();
            if found.is_empty() {
                break;
            }
            assert!(steps < AUDIT_STEPS, "after two rounds of the audit: {found:#?}");
            steps += 1;
            house.clock.advance_ms(AUDIT_STEP_MS);
            sleep(Duration::from_millis(200)).await;
        }
        browser.wait_for_badge("live", BOUND).await;
        println!("{kind}: equal to the truth after {steps} steps of the clock");
        assert!(!browser.any_stale().await, "nothing stays stale after {kind}");
    }
    browser.quit().await;
    house.stop().await;
}
