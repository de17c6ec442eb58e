//! Everything by the keyboard alone.

use serde_json::json;
use thirtyfour::{Key, TypingData};

use crate::{
    BREAK, Desk,
    harness::{House, SOON, still, until},
};

async fn press(desk: &Desk, keys: impl Into<TypingData>) {
    let element = desk.browser.page.active_element().await.unwrap();
    element.send_keys(keys).await.unwrap();
}

async fn open_palette(desk: &Desk) {
    press(desk, Key::Control + "k").await;
    desk.browser.wait_for("dialog.palette[open] [data-tool=palette-input]").await;
    until(SOON, "the palette has the keyboard", || async {
        let focus = "return document.activeElement?.dataset.tool === 'palette-input'";
        (desk.browser.script(focus, vec![]).await == json!(true)).then_some(())
    })
    .await;
}

async fn enter(desk: &Desk) {
    press(desk, Key::Enter).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_palette_sets_a_presence_by_keyboard_alone() {
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let agent = desk.agent("IDLE").await;
    open_palette(&desk).await;
    press(&desk, format!("break {}", agent["name"].as_str().unwrap())).await;
    desk.browser.wait_for("#palette-0[data-state=break]").await;
    enter(&desk).await;
    desk.browser.wait_for(".change-form [data-tool=send]").await;
    // Nothing is sent by choosing; Tab leads to the button that sends.
    until(SOON, "the button that sends has the keyboard", || async {
        let at = "return document.activeElement?.dataset.tool ?? ''";
        if desk.browser.script(at, vec![]).await == json!("send") {
            return Some(());
        }
        press(&desk, String::from(Key::Tab.value())).await;
        None
    })
    .await;
    enter(&desk).await;
    desk.note("confirmed", SOON).await;
    assert_eq!(desk.truth_of(agent["id"].as_str().unwrap()).await["presence"]["definitionId"], BREAK);

    open_palette(&desk).await;
    press(&desk, "audit").await;
    desk.browser.wait_for("#palette-0").await;
    enter(&desk).await;
    desk.browser.wait_for("#audit").await;
    let path = desk.browser.script("return location.pathname", vec![]).await;
    assert_eq!(path, "/console/audit");
    desk.browser.script("history.back()", vec![]).await;
    desk.browser.wait_for("#agents").await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn arrows_go_through_the_list_and_enter_opens() {
    let desk = Desk::open(House::start(still(60, 4)).await).await;
    desk.browser.wait_for(".row[data-user-id]").await;
    desk.browser.script("document.querySelector('[data-list=agents]').focus()", vec![]).await;
    for _ in 0..3 {
        press(&desk, String::from(Key::Down.value())).await;
    }
    press(&desk, String::from(Key::Up.value())).await;
    let active = "const list = document.querySelector('[data-list=agents]');
        const row = document.getElementById(list.getAttribute('aria-activedescendant'));
        return [row?.getAttribute('aria-rowindex'), row?.dataset.userId]";
    let at = desk.browser.script(active, vec![]).await;
    assert_eq!(at[0], "3", "the second agent, behind the head");
    enter(&desk).await;
    desk.browser.wait_for(&format!("[data-drawer-of='{}']", at[1].as_str().unwrap())).await;
    press(&desk, String::from(Key::Escape.value())).await;
    let focus =
        "return [document.querySelector('.drawer') === null, document.activeElement?.dataset.list ?? '']";
    until(SOON, "the drawer is closed and the list has the keyboard", || async {
        (desk.browser.script(focus, vec![]).await == json!([true, "agents"])).then_some(())
    })
    .await;
    // The end of the list is on the page when the cursor is there.
    press(&desk, String::from(Key::End.value())).await;
    until(SOON, "the last row", || async {
        let at = desk.browser.script(active, vec![]).await;
        (at[0] == "61").then_some(())
    })
    .await;
    desk.leave().await;
}
