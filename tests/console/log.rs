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
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let agent = desk.agent("IDLE").await;
    desk.open_drawer(&agent).await;
    desk.set("break").await;
    desk.note("confirmed", SOON).await;
    let busy = desk.agent("INTERACTING").await;
    desk.open_drawer(&busy).await;
    desk.click(".state-button[data-state=break]").await;
    desk.click("[data-tool=later]").await;
    desk.click("[data-tool=send]").await;
    desk.note("refused", SOON).await;

    desk.go("/console/audit?lang=en").await;
    until(SOON, "both are in the log, each once", || async {
        (desk.browser.script(LINES, vec![]).await == json!(["refused", "accepted"])).then_some(())
    })
    .await;
    desk.click(".log-line[data-outcome=accepted] summary").await;
    let line = "return document.querySelector('.log-line[data-outcome=accepted]').innerText";
    let text = desk.browser.script(line, vec![]).await;
    let text = text.as_str().unwrap();
    assert!(text.contains(agent["name"].as_str().unwrap()), "{text}");
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
