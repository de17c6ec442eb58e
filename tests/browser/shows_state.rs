//! Every agent's state and every queue's waiting are what the truth says, and a change is seen at once.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    agree_within, differences,
    harness::{House, SOON, browser::Browser, lively, still, until},
    somebody_waits,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_moving_world_is_on_the_wall_as_it_is() {
    let house = House::start(lively(120, 8)).await;
    let browser = Browser::start(1920, 1080).await;
    browser.open_live(&house.floor()).await;
    // Stood still while somebody waits, so that page and truth can be read one after the other.
    until(Duration::from_secs(60), "the world stands still while somebody waits", || async {
        house.scenario("rush", None).await;
        sleep(Duration::from_secs(3)).await;
        house.scenario("rush", Some(0.0)).await;
        somebody_waits(&house.truth().await).then_some(())
    })
    .await;
    agree_within(&browser, &house.upstream, Duration::from_secs(3)).await;

    // A longest wait grows by a second a second without any event.
    let before = browser.queues().await;
    sleep(Duration::from_secs(4)).await;
    assert_eq!(differences(&browser, &house.upstream).await, Vec::<String>::new());
    let after = browser.queues().await;
    let longest = |queues: &serde_json::Value| -> f64 {
        queues.as_object().unwrap().values().map(|q| q["longest"].as_f64().unwrap()).fold(0.0, f64::max)
    };
    let grown = longest(&after) - longest(&before);
    assert!((3.0..=6.0).contains(&grown), "grew by {grown} s in 4 s");

    assert_eq!(browser.console().await, Vec::<String>::new(), "the console stays empty");
    browser.quit().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_presence_is_seen_within_a_quarter_of_a_second() {
    const CHANGES: usize = 50;
    let house = House::start(still(60, 5)).await;
    let browser = Browser::start(1366, 768).await;
    browser.open_live(&house.floor()).await;
    agree_within(&browser, &house.upstream, Duration::from_secs(3)).await;
    let truth = house.truth().await;
    let user = truth["agents"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["state"] == "offline" || a["state"] == "available");
    let user = user.expect("somebody is free")["id"].as_str().unwrap().to_owned();
    // The page notes when the state it is told to wait for is in the DOM.
    let watch = "const [user, state, done] = arguments;
        const card = document.querySelector(`[data-user-id=\"${user}\"]`);
        window.seen = null;
        const look = () => { if (card.dataset.state === state) { window.seen = Date.now(); o.disconnect(); } };
        const o = new MutationObserver(look);
        o.observe(card, { attributes: true });";
    let definitions =
        [("meal", "3fd96123-badb-4f69-bc03-1b1ccc6d8014"), ("break", "227b37e2-f1d0-4dd0-8f50-badd7cf6d158")];
    let mut took = Vec::new();
    for n in 0..CHANGES {
        let (state, definition) = definitions[n % 2];
        browser.script(watch, vec![json!(user), json!(state)]).await;
        let began = Instant::now();
        let sent = browser.script("return Date.now()", vec![]).await.as_f64().unwrap()
            + began.elapsed().as_secs_f64() * 500.0;
        house.upstream.patch_presence(&user, &json!({ "presenceDefinition": { "id": definition } })).await;
        let seen = until(Duration::from_secs(5), "the change is in the DOM", || async {
            browser.script("return window.seen", vec![]).await.as_f64()
        })
        .await;
        took.push(seen - sent);
    }
    took.sort_by(f64::total_cmp);
    let median = took[CHANGES / 2];
    println!("PATCH to DOM, {CHANGES} changes: median {median:.0} ms, worst {:.0} ms", took[CHANGES - 1]);
    assert!(median <= 250.0, "median {median} ms");
    assert_eq!(browser.console().await, Vec::<String>::new(), "the console stays empty");
    browser.quit().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_tells_scripts_around_it() {
    let house = House::start(still(35, 3)).await;
    let browser = Browser::start(1366, 768).await;
    browser.open_live(&house.floor()).await;
    let marks = "return performance.getEntriesByName('rollcall:first-live').length";
    // It is set once the first picture is painted.
    until(SOON, "the mark is set", || async { (browser.script(marks, vec![]).await != 0).then_some(()) })
        .await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(browser.script(marks, vec![]).await, 1);
    let names = browser
        .script("return [...document.querySelectorAll('[data-user-id] [data-field=name]')].map(e => e.textContent)", vec![])
        .await;
    let names = names.as_array().unwrap().clone();
    assert!(
        names.len() >= 30 && names.iter().all(|n| n.as_str().unwrap().contains(' ')),
        "full names: {names:?}"
    );
    browser.quit().await;
    house.stop().await;
}
