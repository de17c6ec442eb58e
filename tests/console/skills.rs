//! Skills and the routing status: what is changed of them for good, for a while, and back.

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::By;

use crate::{
    Desk,
    harness::{House, SOON, still, system_clock, until},
};

const HALF_AN_HOUR_MS: i64 = 30 * 60_000;

impl Desk {
    /// The skills of an agent as Genesys Cloud has them.
    async fn skills(&self, agent: &Value) -> Vec<Value> {
        let path = format!("/api/v2/users/{}/routingskills?pageSize=100", agent["id"].as_str().unwrap());
        self.house.upstream.get(&path).await["entities"].as_array().unwrap().clone()
    }

    async fn skill(&self, agent: &Value, id: &Value) -> Value {
        let all = self.skills(agent).await;
        all.into_iter().find(|skill| skill["id"] == *id).unwrap()
    }

    /// An agent with a skill that is active.
    async fn skilled(&self) -> (Value, Value) {
        let truth = self.house.truth().await;
        for agent in truth["agents"].as_array().unwrap() {
            let skills = self.skills(agent).await;
            if let Some(skill) = skills.into_iter().find(|skill| skill["state"] == "active") {
                return (agent.clone(), skill);
            }
        }
        panic!("nobody has an active skill");
    }

    /// What the drawer says of a skill: whether it is on, the proficiency, and until when.
    async fn row(&self, skill: &Value) -> Value {
        let read = "
            const row = document.querySelector(`[data-skill='${arguments[0]}']`);
            return row && [row.dataset.on, row.querySelector('[data-tool=proficiency]').value,
                row.querySelector('.skill-until')?.innerText ?? '']";
        self.browser.script(read, vec![skill["id"].clone()]).await
    }

    async fn shows(&self, skill: &Value, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        until(SOON, what, || async {
            let row = self.row(skill).await;
            is_so(&row).then_some(row)
        })
        .await
    }

    async fn choose(&self, selector: &str, value: &str) {
        let option = format!("{selector} option[value='{value}']");
        self.browser.wait_for(&option).await;
        self.browser.page.find(By::Css(&option)).await.unwrap().click().await.unwrap();
    }

    async fn switch(&self, skill: &Value) {
        self.click(&format!("[data-skill='{}'] .switch[aria-disabled=false]", skill["id"].as_str().unwrap()))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_off_for_good_until_it_is_taken_back_and_has_another_proficiency() {
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let (agent, skill) = desk.skilled().await;
    desk.open_drawer(&agent).await;
    desk.switch(&skill).await;
    let note = desk.note("confirmed", SOON).await;
    let (name, title) = (agent["name"].as_str().unwrap(), skill["name"].as_str().unwrap());
    assert!(note.contains(&format!("{name}: {title} off, confirmed by a fresh read")), "{note}");
    desk.spoken("confirmed by a fresh read").await;
    assert_eq!(desk.skill(&agent, &skill["id"]).await["state"], "inactive");
    desk.shows(&skill, "off", |row| row[0] == "false" && row[2] == "").await;

    desk.click(".notes [data-tool=undo]").await;
    desk.shows(&skill, "on again", |row| row[0] == "true").await;
    desk.note("confirmed", SOON).await;
    let stands = desk.skill(&agent, &skill["id"]).await;
    assert_eq!((&stands["state"], &stands["proficiency"]), (&json!("active"), &skill["proficiency"]));

    let better = if skill["proficiency"] == json!(5.0) { "4" } else { "5" };
    desk.choose(&format!("[data-skill='{}']", skill["id"].as_str().unwrap()), better).await;
    desk.shows(&skill, "better", |row| row[1] == better).await;
    desk.note("confirmed", SOON).await;
    let stands = desk.skill(&agent, &skill["id"]).await;
    assert_eq!((&stands["state"], stands["proficiency"].as_f64()), (&json!("active"), better.parse().ok()));
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_off_for_half_an_hour_over_a_restart_and_is_put_back() {
    let (folder, clock) = (TempDir::new().unwrap(), system_clock());
    let data = Some(folder.path().to_owned());
    let kept = data.clone();
    let mut desk =
        Desk::open(House::start_with(clock.clone(), still(40, 4), |config| config.data = kept).await).await;
    let (agent, skill) = desk.skilled().await;
    desk.open_drawer(&agent).await;
    desk.choose("[data-tool=skill-while]", "30").await;
    desk.switch(&skill).await;
    let note = desk.note("confirmed", SOON).await;
    assert!(note.contains("off for 30 min"), "{note}");
    let is_for_a_while = |row: &Value| {
        let text = row[2].as_str().unwrap_or_default();
        row[0] == "false" && text.contains("Until ") && text.contains("left")
    };
    let row = desk.shows(&skill, "off for a while", is_for_a_while).await;
    let then = format!("then {} on", skill["name"].as_str().unwrap());
    assert!(row[2].as_str().unwrap().contains(&then), "{row}");

    // Another run of the proxy knows it still.
    desk.house = desk.house.start_again(|config| config.data = data).await;
    desk.go("/console?lang=en").await;
    desk.open_drawer(&agent).await;
    desk.shows(&skill, "still off for a while", is_for_a_while).await;
    assert_eq!(desk.skill(&agent, &skill["id"]).await["state"], "inactive");
    desk.click("[data-tool=restore]").await;
    desk.shows(&skill, "put back", |row| row[0] == "true" && row[2] == "").await;
    let note = desk.note("confirmed", SOON).await;
    assert!(note.contains("as before"), "{note}");
    assert_eq!(desk.skill(&agent, &skill["id"]).await["state"], "active");

    // What comes due is seen without a hand.
    desk.choose("[data-tool=skill-while]", "30").await;
    desk.switch(&skill).await;
    desk.shows(&skill, "off once more", is_for_a_while).await;
    clock.advance_ms(HALF_AN_HOUR_MS + 1_000);
    desk.shows(&skill, "restored in time", |row| row[0] == "true" && row[2] == "").await;
    assert_eq!(desk.skill(&agent, &skill["id"]).await["state"], "active");

    // The log has all of it in words: off, put back, off, and restored by itself.
    desk.go("/console/audit?lang=en").await;
    let lines = "return [...document.querySelectorAll('.log-line summary')].map(line => line.innerText)";
    until(SOON, "the log tells of the skill", || async {
        let lines = desk.browser.script(lines, vec![]).await;
        let title = skill["name"].as_str().unwrap();
        let lines = lines.as_array()?.iter().map(|line| line.as_str().unwrap().to_owned());
        let lines: Vec<String> = lines.collect();
        let off = lines.iter().filter(|line| line.contains(&format!("{title} off for 30 min"))).count();
        (off == 2 && lines.len() == 4 && lines[0].contains("rollcall, for")).then_some(())
    })
    .await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_that_cannot_be_changed_says_why_and_stays_as_it_is_shown() {
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let (agent, skill) = desk.skilled().await;
    desk.open_drawer(&agent).await;
    desk.shows(&skill, "on", |row| row[0] == "true").await;
    // It is gone, and the page does not know.
    let path = format!(
        "/api/v2/users/{}/routingskills/{}",
        agent["id"].as_str().unwrap(),
        skill["id"].as_str().unwrap()
    );
    desk.house.upstream.call(Method::DELETE, &path, None).await.error_for_status().unwrap();
    desk.switch(&skill).await;
    let note = desk.note("refused", SOON).await;
    assert!(note.contains("was refused") && note.contains("skill.not.held"), "{note}");
    until(SOON, "the drawer has what there is", || async { desk.row(&skill).await.is_null().then_some(()) })
        .await;
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_not_respond_is_made_idle_again() {
    let house = House::start(still(60, 4)).await;
    let agent = somebody_silent(&house).await;
    let desk = Desk::open(house).await;
    let id = agent["id"].as_str().unwrap();
    desk.open_drawer(&agent).await;
    desk.click("[data-tool=reset]").await;
    let note = desk.note("confirmed", SOON).await;
    assert!(note.contains(agent["name"].as_str().unwrap()) && note.contains("idle"), "{note}");
    assert_eq!(desk.truth_of(id).await["routingStatus"]["status"], "IDLE");
    until(SOON, "the list shows it", || async { (desk.shown(&agent).await == "on-queue").then_some(()) })
        .await;
    until(SOON, "there is nothing to reset any more", || async {
        let left = desk.browser.script("return document.querySelector('[data-tool=reset]')", vec![]).await;
        left.is_null().then_some(())
    })
    .await;
    desk.leave().await;
}

/// An agent who does not respond, in a world that stands still from then on.
async fn somebody_silent(house: &House) -> Value {
    house.scenario("rush", None).await;
    for _ in 0..200 {
        house.upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": 10 })).await;
        let truth = house.truth().await;
        let agents = truth["agents"].as_array().unwrap();
        let silent = agents.iter().find(|agent| agent["routingStatus"]["status"] == "NOT_RESPONDING");
        if let Some(silent) = silent {
            house.scenario("rush", Some(0.0)).await;
            return silent.clone();
        }
    }
    panic!("somebody does not respond in half an hour of rush");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_that_somebody_changed_meanwhile_stays_as_they_made_it() {
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let (agent, skill) = desk.skilled().await;
    desk.open_drawer(&agent).await;
    for minutes in ["0", "30"] {
        desk.choose("[data-tool=skill-while]", minutes).await;
        let stands = desk.skill(&agent, &skill["id"]).await;
        let theirs = if stands["proficiency"] == json!(4.0) { 3.0 } else { 4.0 };
        let waits = format!("[data-skill='{}'] .switch[aria-disabled=false]", skill["id"].as_str().unwrap());
        desk.browser.wait_for(&waits).await;
        let path = format!(
            "/api/v2/users/{}/routingskills/{}",
            agent["id"].as_str().unwrap(),
            skill["id"].as_str().unwrap()
        );
        desk.house.upstream.send(Method::PUT, &path, &json!({ "proficiency": theirs })).await;
        desk.switch(&skill).await;
        let note = desk.note("refused", SOON).await;
        assert!(note.contains("Somebody changed it meanwhile"), "{note}");
        desk.shows(&skill, "theirs", |row| row[1] == json!(theirs.to_string()) && row[0] == "true").await;
        let stands = desk.skill(&agent, &skill["id"]).await;
        assert_eq!((&stands["state"], &stands["proficiency"]), (&json!("active"), &json!(theirs)));
        desk.click(".notes .note[data-end=refused] .quiet").await;
    }
    desk.leave().await;
}
