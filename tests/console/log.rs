//! The audit page.

use proxy::config::{LocalConfig, Role, Roles};
use serde_json::json;
use thirtyfour::By;

use crate::{
    Desk,
    harness::{House, SOON, still, system_clock, until},
};

const LINES: &str = "return [...document.querySelectorAll('.log-line')].map(line => line.dataset.outcome)";

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_every_change_with_what_it_changed_and_is_narrowed() {
    let (desk, agent) = Desk::at("IDLE").await;
    desk.set("break").await;
    desk.note("confirmed", SOON).await;
    desk.be_refused().await;

    desk.go("/console/audit?lang=en").await;
    until(SOON, "both are in the log, each once", || async {
        (desk.browser.script(LINES, vec![]).await == json!(["refused", "accepted"])).then_some(())
    })
    .await;
    let line = "return document.querySelector('.log-line[data-outcome=accepted]').innerText";
    until(SOON, "the line has the agent's name", || async {
        let text = desk.browser.script(line, vec![]).await;
        text.as_str()?.contains(agent["name"].as_str().unwrap()).then_some(())
    })
    .await;
    desk.click(".log-line[data-outcome=accepted] summary").await;
    let text = desk.browser.script(line, vec![]).await;
    let text = text.as_str().unwrap();
    assert!(
        text.contains("presenceDefinition.id") && text.contains("On Queue") && text.contains("Break"),
        "{text}"
    );

    desk.click("[data-tool=audit-outcome] option[value=refused]").await;
    until(SOON, "only what was refused", || async {
        (desk.browser.script(LINES, vec![]).await == json!(["refused"])).then_some(())
    })
    .await;
    desk.click(".log-line summary").await;
    let text = desk.browser.script("return document.querySelector('.log-line').innerText", vec![]).await;
    assert!(text.as_str().unwrap().contains("agent.busy"), "{text}");
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_has_pages() {
    let desk = Desk::open(House::start(still(60, 4)).await).await;
    let truth = desk.house.truth().await;
    // Each refusal is a record.
    for agent in truth["agents"].as_array().unwrap() {
        let path = format!("/api/v2/users/{}/presences/purecloud", agent["id"].as_str().unwrap());
        let body = json!({ "presenceDefinition": { "id": "no such presence" } });
        let answer = desk.house.machine.call(reqwest::Method::PATCH, &path, Some(&body)).await;
        assert_eq!(answer.status().as_u16(), 400);
    }
    desk.go("/console/audit?lang=en").await;
    let shown = |what: &'static str, lines: usize, older: bool, newer: bool| {
        let desk = &desk;
        async move {
            let read = "return [document.querySelectorAll('.log-line').length,
                ...['older', 'newer'].map(tool => !document.querySelector(`[data-tool=${tool}]`).disabled)]";
            until(SOON, what, || async {
                (desk.browser.script(read, vec![]).await == json!([lines, older, newer])).then_some(())
            })
            .await;
        }
    };
    let ids = "return [...document.querySelectorAll('.log-line')].map(line => line.dataset.record)";
    shown("the first page", 50, true, false).await;
    let first = desk.browser.script(ids, vec![]).await;
    desk.click("[data-tool=older]").await;
    shown("the last page", 10, false, true).await;
    let last = desk.browser.script(ids, vec![]).await;
    assert!(last.as_array().unwrap().iter().all(|id| !first.as_array().unwrap().contains(id)));
    desk.click("[data-tool=newer]").await;
    shown("the first page again", 50, true, false).await;

    // The whole of it as a file: what was narrowed is in it, and nothing else.
    let keep = "const made = URL.createObjectURL;
        URL.createObjectURL = (file) => { file.text().then(text => { window.kept = text; }); return made(file); };";
    desk.browser.script(keep, vec![]).await;
    desk.click("[data-tool=csv]").await;
    until(SOON, "the table is saved", || async {
        let kept = desk.browser.script("return window.kept ?? ''", vec![]).await;
        let kept = kept.as_str()?;
        (kept.lines().count() == 61 && kept.starts_with("at,") && kept.contains("presence.unknown"))
            .then_some(())
    })
    .await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_look_is_told_so() {
    let house = House::start_with(system_clock(), still(40, 4), |config| {
        config.local = LocalConfig { roles: Roles::from_iter([Role::Viewer]) };
    })
    .await;
    let desk = Desk::open(house).await;
    let agent = desk.agent("IDLE").await;
    desk.open_drawer(&agent).await;
    let drawer = desk.browser.page.find(By::Css(".drawer")).await.unwrap().text().await.unwrap();
    assert!(drawer.contains("takes the role supervisor"), "{drawer}");
    let buttons = "return document.querySelectorAll('.state-button, [data-tool=on-queue]').length";
    assert_eq!(desk.browser.script(buttons, vec![]).await, json!(0));
    desk.go("/console/audit?lang=en").await;
    desk.browser.wait_for("#audit .console-fault").await;
    let fault = desk.browser.page.find(By::Css("#audit .console-fault")).await.unwrap().text().await.unwrap();
    assert!(fault.contains("auditor"), "{fault}");
    desk.leave().await;
}
