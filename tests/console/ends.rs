//! Each end that a change can have, seen on the page and heard.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use thirtyfour::By;

use crate::{
    AVAILABLE, BREAK, Desk,
    harness::{House, SOON, still, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_confirmed_by_push_and_taken_back() {
    let (desk, agent) = Desk::at("IDLE").await;
    let before = agent["presence"]["definitionId"].clone();
    assert_eq!(desk.shown(&agent).await, "on-queue");

    desk.set("break").await;
    let note = desk.note("confirmed", SOON).await;
    assert!(note.contains(agent["name"].as_str().unwrap()) && note.contains("Break"), "{note}");
    desk.spoken("confirmed by push").await;
    assert_eq!(desk.shown(&agent).await, "break");
    assert_eq!(desk.truth_of(agent["id"].as_str().unwrap()).await["presence"]["definitionId"], BREAK);

    // The same once more is no change.
    desk.set("break").await;
    desk.note("no-change", SOON).await;

    desk.click(".notes .note[data-end=confirmed] [data-tool=undo]").await;
    let note = desk.note("confirmed", SOON).await;
    assert!(note.contains("again"), "{note}");
    assert_eq!(desk.truth_of(agent["id"].as_str().unwrap()).await["presence"]["definitionId"], before);
    let undo = "return document.querySelectorAll('.notes [data-tool=undo]').length";
    until(SOON, "nothing is left to take back", || async {
        (desk.browser.script(undo, vec![]).await == json!(0)).then_some(())
    })
    .await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_and_off_queue_is_one_button() {
    let (desk, agent) = Desk::at("IDLE").await;
    desk.click("[data-tool=on-queue]").await;
    desk.note("confirmed", SOON).await;
    assert_eq!(desk.truth_of(agent["id"].as_str().unwrap()).await["presence"]["definitionId"], AVAILABLE);
    desk.click("[data-tool=on-queue]").await;
    until(SOON, "on queue again", || async { (desk.shown(&agent).await == "on-queue").then_some(()) }).await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_why_and_what_can_wait_waits() {
    let (desk, agent) = Desk::at("INTERACTING").await;
    desk.click(".state-button[data-state=break]").await;
    // Who is in a conversation is asked to wait, unless somebody says otherwise.
    let checked = "return document.querySelector('[data-tool=later]').checked";
    assert_eq!(desk.browser.script(checked, vec![]).await, json!(true));
    desk.click("[data-tool=later]").await;
    desk.click("[data-tool=send]").await;
    let note = desk.note("refused", SOON).await;
    assert!(note.contains("agent.busy"), "{note}");
    desk.spoken("was not set to Break").await;
    assert_eq!(desk.shown(&agent).await, "interacting", "nothing that is shown changed");

    desk.set("break").await;
    desk.note("deferred", SOON).await;
    desk.spoken("once the conversation is over").await;
    assert_eq!(desk.shown(&agent).await, "interacting");

    // It is made, and comes back.
    let made = json!({ "presenceDefinition": { "id": BREAK } });
    desk.house.upstream.patch_presence(agent["id"].as_str().unwrap(), &made).await;
    desk.note("confirmed", SOON).await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presence_that_needs_a_reason_is_not_sent_without_one() {
    let (desk, agent) = Desk::at("IDLE").await;
    desk.click(".state-button[data-state=away]").await;
    let waits = "return document.querySelector('[data-tool=send]').disabled";
    assert_eq!(desk.browser.script(waits, vec![]).await, json!(true));
    let message = desk.browser.page.find(By::Css("[data-tool=message]")).await.unwrap();
    message.send_keys("back at two").await.unwrap();
    desk.click("[data-tool=send]").await;
    desk.note("confirmed", SOON).await;
    assert_eq!(desk.truth_of(agent["id"].as_str().unwrap()).await["presence"]["message"], "back at two");
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changed_meanwhile_is_not_overwritten() {
    let (desk, agent) = Desk::at("IDLE").await;
    let user = agent["id"].as_str().unwrap();
    desk.click(".state-button[data-state=break]").await;
    // Nobody is told of it, neither proxy nor page.
    desk.can_send().await;
    desk.hold_events_back().await;
    desk.house.upstream.patch_presence(user, &json!({ "presenceDefinition": { "id": AVAILABLE } })).await;
    desk.click("[data-tool=send]").await;
    let note = desk.note("refused", SOON).await;
    assert!(note.contains("Somebody changed it meanwhile: Available stands now"), "{note}");
    assert!(note.contains("version.mismatch"), "{note}");
    assert_eq!(desk.truth_of(user).await["presence"]["definitionId"], AVAILABLE);
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_notification_shows_is_not_said_to_be_so() {
    let (desk, agent) = Desk::at("IDLE").await;
    desk.hold_events_back().await;
    desk.set("break").await;
    desk.note("pending", SOON).await;
    let note = desk.note("unconfirmed", Duration::from_secs(20)).await;
    assert!(note.contains("no notification has shown it yet"), "{note}");
    assert_eq!(desk.shown(&agent).await, "on-queue", "what is shown is what is known");
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_overtaken_before_it_was_seen_is_superseded() {
    let (desk, agent) = Desk::at("IDLE").await;
    let user = agent["id"].as_str().unwrap();
    desk.hold_events_back().await;
    desk.set("break").await;
    until(SOON, "it was made", || async {
        (desk.truth_of(user).await["presence"]["definitionId"] == BREAK).then_some(())
    })
    .await;
    desk.let_events_through().await;
    desk.house.upstream.patch_presence(user, &json!({ "presenceDefinition": { "id": AVAILABLE } })).await;
    let note = desk.note("superseded", Duration::from_secs(20)).await;
    assert!(note.contains("something newer stands in place of Break"), "{note}");
    assert_eq!(desk.shown(&agent).await, "available");
    let undo = "return document.querySelector('[data-tool=undo]')";
    assert!(desk.browser.script(undo, vec![]).await.is_null(), "what is not ours is not taken back");
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_answered_is_not_said_to_be_refused() {
    let (desk, agent) = Desk::at("IDLE").await;
    desk.click(".state-button[data-state=break]").await;
    desk.can_send().await;
    // The answer is lost on the way, and what tells of the change is held back.
    desk.hold_events_back().await;
    let lose = "const real = window.fetch;
        window.fetch = async (...all) => { await real(...all); throw new TypeError('gone'); };
        window.answers = () => { window.fetch = real; };";
    desk.browser.script(lose, vec![]).await;
    desk.click("[data-tool=send]").await;
    let note = desk.note("unconfirmed", SOON).await;
    assert!(note.contains("Break is not confirmed"), "{note}");
    assert_eq!(desk.shown(&agent).await, "on-queue", "what is shown is what is known");
    desk.browser.script("window.answers()", vec![]).await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_would_undo_somebody_else_s_change_is_refused() {
    let (desk, agent) = Desk::at("IDLE").await;
    let user = agent["id"].as_str().unwrap();
    desk.set("break").await;
    desk.note("confirmed", SOON).await;
    desk.hold_events_back().await;
    desk.house.upstream.patch_presence(user, &json!({ "message": "mine" })).await;
    desk.click(".notes [data-tool=undo]").await;
    let note = desk.note("refused", SOON).await;
    assert!(note.contains("was not set back"), "{note}");
    let truth: Value = desk.truth_of(user).await;
    assert_eq!(
        (&truth["presence"]["definitionId"], &truth["presence"]["message"]),
        (&json!(BREAK), &json!("mine"))
    );
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_is_asked_for_until_it_is_known() {
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let agent = desk.agent("IDLE").await;
    let order = async |seconds: u32| {
        let route = format!("/api/v2/users/{}", agent["id"].as_str().unwrap());
        let fault = json!({ "kind": "server_error", "status": 503, "route": route, "seconds": seconds });
        desk.house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
    };
    order(3_600).await;
    desk.open_drawer(&agent).await;
    desk.browser.wait_for(".drawer .console-fault").await;
    desk.click(".state-button[data-state=break]").await;
    let send = desk.browser.page.find(By::Css("[data-tool=send]")).await.unwrap();
    assert!(!send.is_enabled().await.unwrap(), "nothing is made upon what nobody knows");
    order(0).await;
    desk.click("[data-tool=send]").await;
    desk.note("confirmed", SOON).await;
    // Skills and queues, too.
    let faults = "return document.querySelectorAll('.drawer .console-fault').length";
    until(SOON, "everything is known", || async {
        (desk.browser.script(faults, vec![]).await == json!(0)).then_some(())
    })
    .await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_somebody_changed_again_is_not_said_to_stand() {
    let (desk, agent) = Desk::at("IDLE").await;
    desk.set("break").await;
    desk.note("confirmed", SOON).await;
    let path = format!("/api/v2/users/{}/presences/purecloud", agent["id"].as_str().unwrap());
    let theirs = json!({ "presenceDefinition": { "id": AVAILABLE } });
    desk.house.upstream.send(Method::PATCH, &path, &theirs).await;
    let read =
        "return [...document.querySelectorAll('.drawer .note, .notes .note')].map(note => note.innerText)";
    until(SOON, "both notes say that it is over", || async {
        let notes = desk.browser.script(read, vec![]).await;
        let is_over = |note: &Value| {
            let note = note.as_str().unwrap();
            note.contains("changed again since") && !note.contains("confirmed by push")
        };
        let notes = notes.as_array().unwrap();
        (notes.len() == 2 && notes.iter().all(is_over)).then_some(())
    })
    .await;
    assert_eq!(desk.shown(&agent).await, "available");
    desk.leave().await;
}
