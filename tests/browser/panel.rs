//! The status panel: how it is opened and closed, and that it tells what the proxy tells.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::harness::{House, SOON, browser::Browser, until};

/// The values of all rows, by the row's name; `null` while it is closed.
const ROWS: &str = "return document.querySelector('dialog.status[open]') && Object.fromEntries(
    [...document.querySelectorAll('.status [data-row]')].map(row => [row.dataset.row, row.querySelector('dd').textContent]))";

/// The rows that somebody should look at.
const BAD: &str =
    "return [...document.querySelectorAll('.status [data-bad=true]')].map(row => row.dataset.row)";

/// Whether something on the page says that nothing is wrong.
const ALL_IS_WELL: &str =
    "return [...document.querySelectorAll('.alarm-quiet, .alarm-none, [data-count=\"0\"] > .alarm-open')]
    .some(element => element.checkVisibility())";

const FOCUS: &str = "return document.querySelector('dialog.status').contains(document.activeElement)";

/// Calls that the page made to the status route.
const ASKED: &str =
    "return performance.getEntriesByType('resource').filter(e => e.name.endsWith('/rollcall/status')).length";

pub async fn press(browser: &Browser, key: &str) {
    let element = browser.page.active_element().await.unwrap();
    element.send_keys(key).await.unwrap();
}

pub async fn rows(browser: &Browser) -> Value {
    browser.script(ROWS, vec![]).await
}

async fn bad(browser: &Browser) -> Value {
    browser.script(BAD, vec![]).await
}

pub async fn says_all_is_well(browser: &Browser) -> Value {
    browser.script(ALL_IS_WELL, vec![]).await
}

async fn clear_faults(house: &House) {
    house.upstream.send(Method::DELETE, "/simulator/faults", &Value::Null).await;
}

/// Waits until a row has a value.
async fn told(browser: &Browser, row: &str) -> String {
    until(SOON, row, || async { rows(browser).await[row].as_str().map(str::to_owned) }).await
}

async fn is_open(browser: &Browser) -> bool {
    !rows(browser).await.is_null()
}

/// A finger on the wall for so long.
async fn touch(browser: &Browser, stays: Duration) {
    let tools = browser.page.cdp();
    let point = json!([{ "x": 300, "y": 500 }]);
    let begin = json!({ "type": "touchStart", "touchPoints": point });
    tools.send_raw("Input.dispatchTouchEvent", begin).await.unwrap();
    sleep(stays).await;
    let end = json!({ "type": "touchEnd", "touchPoints": [] });
    tools.send_raw("Input.dispatchTouchEvent", end).await.unwrap();
}

/// With a live wall in the browser; leaves the panel open.
pub async fn opens_tells_and_closes(browser: &Browser, house: &House) {
    assert_eq!(browser.script(ASKED, vec![]).await, 0, "a closed panel asks nothing");
    assert!(!is_open(browser).await);
    // Something happens, so that there are delays to tell.
    let user = house.truth().await["agents"][0]["id"].as_str().unwrap().to_owned();
    house.upstream.patch_presence(&user, &json!({ "message": "on its way" })).await;
    press(browser, "?").await;
    told(browser, "delay-vendors").await;
    let (rows, status) = (rows(browser).await, house.machine.get("/rollcall/status").await);
    let number = |text: &Value| text.as_str().unwrap().replace(',', "");
    assert_eq!(rows["channels"], "1 of 1 live · 17 left");
    assert_eq!((rows.get("trouble"), rows.get("refused-topics")), (None, None), "nothing is wrong: {rows}");
    assert_eq!(
        number(&rows["topics"]),
        format!("{} · {} left", status["topics"]["used"], status["topics"]["left"])
    );
    // The house's clock may have jumped, which nobody can tell from silence.
    let silent = status["reconnects"]["silent"].as_u64().unwrap();
    let lost = if silent == 0 { "0".to_owned() } else { format!("{silent} · silent {silent}") };
    assert_eq!((&rows["lost-channels"], &rows["reconnects"]), (&json!(lost), &json!("0")));
    assert_eq!((&rows["version"], &rows["region"]), (&status["version"], &status["upstream"]));
    assert!(status["build"].as_str().unwrap().starts_with(rows["app"].as_str().unwrap()), "{rows}");
    assert!(rows["connection"].as_str().unwrap().starts_with("Live since "), "{rows}");
    // The house's clock was moved on by 50 minutes, to within what a page knows of it.
    let offset = rows["clock-offset"].as_str().unwrap();
    assert!(["\u{200e}-50:0", "\u{200e}-49:5"].iter().any(|begins| offset.starts_with(begins)), "{offset}");
    assert!(rows["calls"].as_str().unwrap().ends_with(" left"), "{rows}");
    assert!(rows.get("drift").is_none() || status.get("drift").is_some(), "nothing is made up: {rows}");
    assert_eq!(browser.script(FOCUS, vec![]).await, true, "the focus is in it");

    press(browser, "?").await;
    assert!(!is_open(browser).await, "the same key closes it");
    press(browser, "?").await;
    assert!(is_open(browser).await);
    press(browser, "\u{e00c}").await;
    assert!(!is_open(browser).await, "Escape closes it");
    let asked = browser.script(ASKED, vec![]).await;

    touch(browser, Duration::from_millis(100)).await;
    sleep(Duration::from_millis(900)).await;
    assert!(!is_open(browser).await, "a tap opens nothing");
    assert_eq!(browser.script(ASKED, vec![]).await, asked, "and a closed panel asks nothing");
    touch(browser, Duration::from_millis(1_100)).await;
    sleep(Duration::from_millis(100)).await;
    assert!(is_open(browser).await, "a finger that stays opens it, and it stays open when it is lifted");
    touch(browser, Duration::from_millis(50)).await;
    until(SOON, "a tap closes it", || async { (!is_open(browser).await).then_some(()) }).await;

    // A broken channel is told by its cause, and why it does not come back.
    press(browser, "?").await;
    house.fault("server_error", 60).await;
    house.fault("evict_channels", 0).await;
    until(SOON, "the failure is told", || async {
        let trouble = told(browser, "trouble").await;
        (trouble.starts_with("channel 0: ") && trouble.contains(" answered 5")).then_some(())
    })
    .await;
    until(SOON, "the eviction is told", || async {
        let counted = told(browser, "lost-channels").await.contains("evicted 1");
        (counted && told(browser, "channels").await == "0 of 1 live · 17 left").then_some(())
    })
    .await;
    assert_eq!(bad(browser).await, json!(["connection", "clock-offset", "trouble", "channels"]));

    // What is refused is told, though the channel is live.
    clear_faults(house).await;
    browser.wait_for_badge("live", SOON).await;
    house.fault("deny_topic", 60).await;
    house.fault("evict_channels", 0).await;
    until(SOON, "the refusal is told", || async {
        let people = house.truth().await["agents"].as_array().unwrap().len();
        (self::rows(browser).await["refused-topics"] == format!("{}", people + 4)).then_some(())
    })
    .await;
    assert!(told(browser, "trouble").await.starts_with("topics refused: "));
    browser.wait_for_badge("live", SOON).await;
    assert_eq!(bad(browser).await, json!(["clock-offset", "trouble", "refused-topics"]));
    clear_faults(house).await;
    house.fault("evict_channels", 0).await;
    until(SOON, "nothing is refused", || async {
        let rows = self::rows(browser).await;
        (rows.get("trouble").is_none() && rows.get("refused-topics").is_none()).then_some(())
    })
    .await;
    browser.wait_for_badge("live", SOON).await;
}
