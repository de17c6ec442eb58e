//! The page of figures.

use serde_json::{Value, json};

use crate::{
    Desk,
    harness::{House, SOON, still, until},
};

/// The figures that the page shows, by name.
const FIGURES: &str = "return Object.fromEntries([...document.querySelectorAll('[data-figure]')]
    .map(one => [one.dataset.figure, one.querySelector('dd').innerText]))";
/// How many writes each bar stands for, and its height in pixels.
const BARS: &str = "return [...document.querySelectorAll('.histogram > li')]
    .map(bar => [Number(bar.dataset.count), bar.querySelector('i').getBoundingClientRect().height])";
/// How the writes in the table ended.
const LINES: &str =
    "return [...document.querySelectorAll('[data-attempt]')].map(line => line.dataset.outcome)";

impl Desk {
    async fn figure(&self, name: &str, expected: &str) -> Value {
        until(SOON, &format!("{name} is {expected}"), || async {
            let figures = self.browser.script(FIGURES, vec![]).await;
            (figures[name] == expected).then_some(figures)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_those_of_what_was_done_of_all_and_of_one() {
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    desk.go("/console/activity?lang=en").await;
    desk.figure("attempts", "0").await;
    desk.figure("success", "–").await;
    desk.browser.wait_for("[data-part=recent] .console-empty").await;

    desk.go("/console?lang=en").await;
    let agent = desk.agent("IDLE").await;
    desk.open_drawer(&agent).await;
    desk.set("break").await;
    desk.note("confirmed", SOON).await;
    desk.be_refused().await;

    desk.click("[data-place='/console/activity']").await;
    let figures = desk.figure("attempts", "2").await;
    assert_eq!((&figures["success"], &figures["refusals"]), (&json!("50%"), &json!("1")), "{figures}");
    let told = desk.house.machine.call(reqwest::Method::GET, "/rollcall/activity", None).await;
    let told: Value = told.error_for_status().unwrap().json().await.unwrap();
    assert_eq!(told["recent"][0]["actor"], "local", "who has no name is told by what they are");
    assert_eq!(figures["p50"], format!("{} ms", told["p50Ms"]), "{told}");
    assert_ne!(figures["seen-p50"], "–", "the push was heard");
    let bars = desk.browser.script(BARS, vec![]).await;
    let bars = bars.as_array().unwrap();
    let classes = told["latency"].as_array().unwrap();
    assert_eq!(bars.len(), classes.len());
    for (bar, class) in bars.iter().zip(classes) {
        assert_eq!(bar[0], class["count"], "{told}");
        assert_eq!(bar[1].as_f64().unwrap() > 8.0, class["count"] != 0, "a bar is as high as it counts");
    }
    assert_eq!(desk.browser.script(LINES, vec![]).await, json!(["refused", "accepted"]));
    let codes = desk.browser.script("return document.querySelector('.codes').innerText", vec![]).await;
    assert!(codes.as_str().unwrap().contains("agent.busy"), "{codes}");

    let option = format!("[data-tool=activity-agent] option[value='{}']", agent["id"].as_str().unwrap());
    desk.browser.page.find(thirtyfour::By::Css(&option)).await.unwrap().click().await.unwrap();
    desk.figure("attempts", "1").await;
    desk.figure("success", "100%").await;
    assert_eq!(desk.browser.script(LINES, vec![]).await, json!(["accepted"]));

    // What is done elsewhere meanwhile comes by itself.
    let path = format!("/api/v2/users/{}/presences/purecloud", agent["id"].as_str().unwrap());
    desk.house
        .machine
        .send(reqwest::Method::PATCH, &path, &json!({ "presenceDefinition": { "id": "meal" } }))
        .await;
    desk.figure("attempts", "2").await;
    desk.leave().await;
}
