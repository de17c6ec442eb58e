//! The list: everybody, live, narrowed and gone through.

use serde_json::json;
use thirtyfour::By;

use crate::{
    BREAK, Desk,
    harness::{House, SOON, still, until},
};

/// Names in the list, as far as they are on the page.
const NAMES: &str =
    "return [...document.querySelectorAll('.row[data-user-id] .row-name')].map(name => name.textContent)";
const TOTAL: &str =
    "return Number(document.querySelector('[data-list=agents]').getAttribute('aria-rowcount')) - 1";

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_everybody_and_is_narrowed_by_search_state_and_queue() {
    let desk = Desk::open(House::start(still(60, 4)).await).await;
    let total = |expected: usize| {
        let desk = &desk;
        async move {
            until(SOON, &format!("{expected} in the list"), || async {
                (desk.browser.script(TOTAL, vec![]).await == json!(expected)).then_some(())
            })
            .await;
        }
    };
    total(60).await;
    let truth = desk.house.truth().await;
    let agents = truth["agents"].as_array().unwrap();

    let idle = agents.iter().filter(|agent| agent["state"] == "on-queue").count();
    desk.click(".chip[data-state=on-queue]").await;
    total(idle).await;
    desk.click(".chip[data-chip=all]").await;
    total(60).await;

    let search = desk.browser.page.find(By::Css("[data-tool=search]")).await.unwrap();
    let name = agents[0]["name"].as_str().unwrap();
    search.send_keys(name.to_uppercase()).await.unwrap();
    total(1).await;
    assert_eq!(desk.browser.script(NAMES, vec![]).await, json!([name]));
    search.send_keys("qqq").await.unwrap();
    total(0).await;
    search.clear().await.unwrap();
    search.send_keys(" \u{8}").await.unwrap();
    total(60).await;

    let queue = truth["queues"][0]["id"].as_str().unwrap();
    let members = desk
        .house
        .upstream
        .get(&format!("/api/v2/routing/queues/{queue}/members?joined=true&pageSize=100"))
        .await;
    let members = members["entities"].as_array().unwrap().len();
    let option = format!("[data-tool=queue] option[value='{queue}']");
    desk.browser.page.find(By::Css(&option)).await.unwrap().click().await.unwrap();
    total(members).await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_elsewhere_is_in_list_and_drawer_by_itself() {
    let (desk, agent) = Desk::at("IDLE").await;
    let body = json!({ "presenceDefinition": { "id": BREAK }, "message": "tea" });
    desk.house.upstream.patch_presence(agent["id"].as_str().unwrap(), &body).await;
    until(SOON, "the list shows it", || async { (desk.shown(&agent).await == "break").then_some(()) }).await;
    let drawer = "return document.querySelector('.drawer').innerText";
    until(SOON, "the drawer shows it", || async {
        let text = desk.browser.script(drawer, vec![]).await;
        let text = text.as_str()?;
        (text.contains("Break") && text.contains("tea")).then_some(())
    })
    .await;
    let queues = desk
        .house
        .upstream
        .get(&format!("/api/v2/users/{}/queues?pageSize=100", agent["id"].as_str().unwrap()))
        .await;
    let first = queues["entities"][0]["name"].as_str().unwrap().to_owned();
    until(SOON, "the drawer has the queues", || async {
        desk.browser.script(drawer, vec![]).await.as_str()?.contains(&first).then_some(())
    })
    .await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawer_that_shows_another_agent_keeps_nothing_of_the_one_before() {
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let agents = desk.house.truth().await["agents"].as_array().unwrap().clone();
    for agent in &agents[..3] {
        desk.open_drawer(agent).await;
        let shown = "const text = (part) => document.querySelector(part).textContent;
            return [document.querySelectorAll('.drawer').length, text('.drawer h2'), text('.drawer-time')]";
        let shown = desk.browser.script(shown, vec![]).await;
        assert_eq!((&shown[0], &shown[1]), (&json!(1), &agent["name"]));
        let time = shown[2].as_str().unwrap();
        let parts: Vec<&str> = time.split(':').collect();
        assert!(
            parts.len() <= 3 && parts.iter().skip(1).all(|part| part.len() == 2),
            "one time, not several in a row: {time}"
        );
    }
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_five_thousand_only_what_is_seen_is_on_the_page() {
    let desk = Desk::open(House::start(still(5_000, 20)).await).await;
    until(SOON, "everybody is there", || async {
        (desk.browser.script(TOTAL, vec![]).await == json!(5_000)).then_some(())
    })
    .await;
    let rows = "return document.querySelectorAll('.row[data-user-id]').length";
    assert!(desk.browser.script(rows, vec![]).await.as_u64().unwrap() < 80);
    // The last one is there when it is scrolled to.
    let end = "const list = document.querySelector('[data-list=agents]'); list.scrollTop = list.scrollHeight";
    desk.browser.script(end, vec![]).await;
    let last = "return document.querySelector('.row[aria-rowindex=\"5001\"]') !== null";
    until(SOON, "the last one", || async {
        (desk.browser.script(last, vec![]).await == json!(true)).then_some(())
    })
    .await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_comes_here_from_the_walls_and_a_mistyped_page_says_so() {
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let base = desk.house.proxy.base_url();
    desk.browser.page.goto(&format!("{base}/walls?lang=en")).await.unwrap();
    desk.click("a.start-console").await;
    desk.browser.wait_for("[data-list=agents] [data-user-id]").await;
    desk.browser.page.goto(&format!("{base}/console/nowhere")).await.unwrap();
    desk.browser.wait_for("h1").await;
    let said = desk.browser.script("return document.body.innerText", vec![]).await;
    assert!(said.as_str().unwrap().contains("/console/activity"), "{said}");
    desk.leave().await;
}
