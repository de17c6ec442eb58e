//! What is wrong, as a supervisor sees, hears and answers it: levels on tiles and cards, the line and the list, a note
//! taken on one screen and seen on another, the tab, the sound.

use std::{sync::Arc, time::Duration};

use protocol::Clock;
use proxy::config::{Config, WallConfig};
use reqwest::Method;
use serde_json::{Value, json};
use thirtyfour::By;

use crate::harness::{self, ANYWHERE, Speaker, browser::Browser, still, system_clock, until};

const BREAK: &str = "227b37e2-f1d0-4dd0-8f50-badd7cf6d158";
const ON_QUEUE: &str = "e08eaf1b-ee47-4fa9-a231-1200e284798f";

/// A look a second, and a frame.
const SEEN: Duration = Duration::from_secs(15);

/// Counts what would be heard, and what scripts are told.
const LISTEN: &str = "
    window.told = [];
    addEventListener('rollcall:threshold', e => window.told.push(e.detail));
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };";

async fn advance(upstream: &Speaker, seconds: i64) {
    upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": seconds })).await;
}

async fn patch(upstream: &Speaker, user: &str, definition: &str) {
    upstream.patch_presence(user, &json!({ "presenceDefinition": { "id": definition } })).await;
}

async fn wait_for(browser: &Browser, what: &str, script: &str, arguments: Vec<Value>) {
    until(SEEN, what, || async { (browser.script(script, arguments.clone()).await == true).then_some(()) })
        .await;
}

/// The level on the card or tile, an empty word when all is well.
async fn wait_for_level(browser: &Browser, selector: &str, level: &str) {
    let what = format!("{selector} says {level:?}");
    let script = "return (document.querySelector(arguments[0])?.dataset.level ?? '') === arguments[1]";
    wait_for(browser, &what, script, vec![json!(selector), json!(level)]).await;
}

/// Clicks like a person, which is what lets a page sound.
async fn click(browser: &Browser, selector: &str) {
    browser.page.find(By::Css(selector.to_owned())).await.unwrap().click().await.unwrap();
}

/// A queue, how many are on it, and those of them who are idle: at least two.
fn line_of_a_queue(truth: &Value) -> (String, u64, Vec<String>) {
    let found = truth["queues"].as_array().unwrap().iter().find_map(|queue| {
        let id = queue["id"].as_str()?;
        let on_queue = queue["onQueueUsers"].as_object()?.values().filter_map(Value::as_u64).sum();
        let idle = truth["agents"].as_array()?.iter().filter(|agent| {
            agent["state"] == "on-queue"
                && agent["joinedQueueIds"].as_array().unwrap().iter().any(|of| of == id)
        });
        let idle: Vec<String> = idle.map(|agent| agent["id"].as_str().unwrap().to_owned()).collect();
        (idle.len() >= 2).then(|| (id.to_owned(), on_queue, idle))
    });
    found.expect("two wait for calls of a queue")
}

fn who_does_not_answer(truth: &Value) -> Option<String> {
    let agents = truth["agents"].as_array().unwrap();
    let silent = agents.iter().find(|agent| agent["state"] == "not-responding")?;
    Some(silent["id"].as_str().unwrap().to_owned())
}

/// One agent in a hundred does not answer when a world begins: not in every small one.
async fn world_where_somebody_does_not_answer(
    clock: &Arc<dyn Clock>,
) -> (simulator::Running, Speaker, Value) {
    for seed in 1..50 {
        let config = simulator::Config { seed, ..still(80, 3) };
        let simulator = simulator::start(config, clock.clone()).await.unwrap();
        let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
        let truth = upstream.get("/simulator/truth").await;
        if who_does_not_answer(&truth).is_some() {
            return (simulator, upstream, truth);
        }
        simulator.stop().await;
    }
    panic!("everybody answers in every world");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_seen_heard_and_answered() {
    let clock = system_clock();
    let (simulator, upstream, truth) = world_where_somebody_does_not_answer(&clock).await;
    let (queue, on_queue, leavers) = line_of_a_queue(&truth);
    let mut config = Config::demo(simulator.address(), ANYWHERE);
    let wall = json!({ "id": "floor", "title": "Support floor", "thresholds": [
        { "metric": "on-queue", "queues": [queue], "warn": on_queue - 2, "back": 2 },
    ] });
    config.walls = WallConfig::fixed(vec![serde_json::from_value(wall).unwrap()]);
    let proxy = proxy::start(config, clock).await.unwrap();
    harness::ready(&proxy.base_url()).await;
    let browser = Browser::start(1920, 1080).await;
    browser.open_live(&proxy.base_url()).await;
    browser.script(LISTEN, vec![]).await;
    let tile = format!("[data-queue-id=\"{queue}\"]");
    let card = |user: &str| format!("[data-user-id=\"{user}\"]");

    // Who does not answer is critical at once.
    let silent = who_does_not_answer(&truth).unwrap();
    wait_for_level(&browser, &card(&silent), "critical").await;

    // A figure that passes its limit, comes back into the band, and out of it.
    let (first, second) = (leavers[0].as_str(), leavers[1].as_str());
    patch(&upstream, first, BREAK).await;
    wait_for_level(&browser, &tile, "").await;
    patch(&upstream, second, BREAK).await;
    wait_for_level(&browser, &tile, "warn").await;
    let says = "const name = document.querySelector(arguments[0] + ' [data-field=name]').textContent;
        return document.querySelector('.alarm-ticker').textContent.includes(name)";
    wait_for(&browser, "the line names the queue", says, vec![json!(tile)]).await;
    patch(&upstream, first, ON_QUEUE).await;
    // Twenty minutes later, which the proxy has looked at all of, the second is on break for too long.
    advance(&upstream, 1_210).await;
    wait_for_level(&browser, &card(second), "warn").await;
    wait_for_level(&browser, &tile, "warn").await;
    patch(&upstream, second, ON_QUEUE).await;
    wait_for_level(&browser, &tile, "").await;
    wait_for_level(&browser, &card(second), "").await;

    // A note taken on one screen is seen on the other, and the tab counts one less.
    patch(&upstream, second, BREAK).await;
    advance(&upstream, 1_210).await;
    wait_for_level(&browser, &card(second), "warn").await;
    assert_eq!(browser.script("return window.tones", vec![]).await, 0, "nobody has touched the page");
    let here = browser.page.window().await.unwrap();
    let there = browser.page.new_tab().await.unwrap();
    browser.page.switch_to_window(there.clone()).await.unwrap();
    browser.open_live(&proxy.base_url()).await;
    let open_alarms = "return Number(/^\\((\\d+)\\) [▲◆] Support floor/.exec(document.title)?.[1] ?? 0)";
    let counted = browser.script(open_alarms, vec![]).await.as_u64().unwrap();
    assert!(counted >= 2, "{counted}");
    let is_marked = "return document.querySelector('link[rel=icon]').href.startsWith('data:image/svg+xml')";
    assert_eq!(browser.script(is_marked, vec![]).await, true, "the tab's picture shows it too");
    browser.page.switch_to_window(here.clone()).await.unwrap();
    click(&browser, ".alarm-open").await;
    let row = format!("[data-alarm-id^=\"break.{second}.\"]");
    click(&browser, &format!("{row} button")).await;
    let is_noted = "return document.querySelector(arguments[0])?.dataset.acknowledged === 'true'";
    wait_for(&browser, "noted here", is_noted, vec![json!(row)]).await;
    browser.page.switch_to_window(there).await.unwrap();
    click(&browser, ".alarm-open").await;
    wait_for(&browser, "noted there", is_noted, vec![json!(row)]).await;
    let one_less = format!("{open_alarms} === arguments[0]");
    wait_for(&browser, "the tab counts one less", &one_less, vec![json!(counted - 1)]).await;
    browser.page.close_window().await.unwrap();
    browser.page.switch_to_window(here).await.unwrap();

    // Worse than when somebody took note: it asks again, and now it may be heard.
    advance(&upstream, 1_210).await;
    wait_for_level(&browser, &card(second), "critical").await;
    wait_for(&browser, "it is heard", "return window.tones > 0", vec![]).await;
    let changes =
        "return window.told.filter(one => one.user === arguments[0]).map(one => [one.change, one.level])";
    let told = browser.script(changes, vec![json!(second)]).await;
    let expected = json!([["began", "warn"], ["ended", "warn"], ["began", "warn"], ["level", "critical"]]);
    assert_eq!(told, expected);

    // Silence is kept over a reload.
    click(&browser, ".alarm-mute").await;
    browser.page.refresh().await.unwrap();
    browser.wait_for_badge("live", SEEN).await;
    let is_muted = "return document.querySelector('.alarm-mute').dataset.muted === 'true'";
    wait_for(&browser, "still muted", is_muted, vec![]).await;
    browser.script(LISTEN, vec![]).await;
    click(&browser, ".alarm-open").await;
    patch(&upstream, first, BREAK).await;
    advance(&upstream, 2_410).await;
    wait_for_level(&browser, &card(first), "critical").await;
    assert_eq!(browser.script("return window.tones", vec![]).await, 0);

    assert_eq!(browser.console().await, Vec::<String>::new(), "the console stays empty");
    browser.quit().await;
    proxy.stop().await;
    simulator.stop().await;
}
