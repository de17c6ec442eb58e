//! Pictures of the console: the list, an agent, how changes end, skills, the palette, and the pages beside the list.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    Camera, LAPTOP, LARGE, PHONE, Screen, THEMES, advance,
    harness::{House, standing_clock, still},
    is_wanted,
};

/// Presences of the simulator's organisation.
const ON_QUEUE: &str = "e08eaf1b-ee47-4fa9-a231-1200e284798f";
/// Likewise.
const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";

/// Time in which the world comes to be in the middle of something.
const QUIET_MINUTES: u32 = 20;

/// What a person may change in a minute is not to be in the way of the next pictures; nothing is stale after so many seconds.
const A_MINUTE_S: [u32; 4] = [16; 4];

/// How long Genesys Cloud takes to answer, in milliseconds, for the page of figures.
const ANSWERS_MS: [u64; 24] = [
    38, 42, 44, 47, 52, 55, 58, 61, 64, 70, 72, 75, 81, 88, 93, 110, 120, 135, 150, 190, 220, 280, 420, 1_150,
];

struct Desk<'a> {
    camera: &'a Camera<'a>,
    house: &'a House,
    theme: &'a str,
}

impl Desk<'_> {
    fn url(&self, path: &str) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{}{path}{mark}lang=en&theme={}", self.house.proxy.base_url(), self.theme)
    }

    async fn open(&self, path: &str, screen: Screen) {
        self.camera.open(&self.url(path), screen, self.theme).await;
        self.see("document.querySelector('main') !== null").await;
    }

    async fn take(&self, name: &str, screen: Screen) {
        let theme = self.theme;
        self.camera.take(&format!("console-{name}-{}-{theme}", screen.0), screen).await;
    }

    /// Waits until something is so.
    async fn see(&self, what: &str) {
        let script = format!("return Boolean({what})");
        for _ in 0..400 {
            if self.camera.browser.script(&script, vec![]).await == json!(true) {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("this does not become so: {what}");
    }

    /// Clicks what can be clicked by now.
    async fn click(&self, selector: &str) {
        let found = format!("document.querySelector(`{selector}`)");
        self.see(&format!("{found} && !{found}.disabled")).await;
        self.camera.browser.script(&format!("{found}.click()"), vec![]).await;
    }

    /// Opens the first agent in a state whose drawer was not opened before, and gives their id.
    async fn open_one(&self, state: &str) -> String {
        // Of a long list only what can be seen is on the page.
        let row = format!(
            "(() => {{
                const found = [...document.querySelectorAll('.row[data-user-id][data-state={state}]')]
                    .find(row => !(window.opened ??= []).includes(row.dataset.userId));
                const list = document.querySelector('[data-list=agents]');
                if (!found) list.scrollTop = (list.scrollTop + 200) % (list.scrollHeight - list.clientHeight + 1);
                return found;
            }})()"
        );
        self.see(&row).await;
        let open = format!(
            "const row = {row}; window.opened.push(row.dataset.userId); row.click(); return row.dataset.userId"
        );
        let id = self.camera.browser.script(&open, vec![]).await.as_str().unwrap().to_owned();
        self.see(&format!("document.querySelector(`.drawer[data-drawer-of='{id}'] [data-skill]`)")).await;
        id
    }

    async fn set(&self, presence: &str) {
        self.click(&format!(".state-button[data-state={presence}]")).await;
        self.send("[data-tool=send]").await;
    }

    /// Clicks what sends a change, which takes some time.
    async fn send(&self, selector: &str) {
        self.click(selector).await;
        self.camera.browser.script("window.pass(86)", vec![]).await;
    }

    async fn ends(&self, end: &str) {
        self.see(&format!("document.querySelector('.notes .note')?.dataset.end === '{end}'")).await;
    }

    async fn upstream(&self, path: &str, body: &Value) {
        self.house.upstream.send(Method::POST, path, body).await;
    }

    async fn agents(&self) {
        for screen in [LARGE, LAPTOP, PHONE] {
            self.open("/console", screen).await;
            self.see("document.querySelectorAll('.row[data-user-id]').length > 8").await;
            self.take("agents", screen).await;
        }
        for screen in [LAPTOP, PHONE] {
            self.open("/console", screen).await;
            self.open_one("on-queue").await;
            self.click(".state-button[data-state=away]").await;
            self.see("document.querySelector('.change-form')").await;
            self.take("drawer", screen).await;
        }
    }

    /// The ends that a change can have: three of them, and the other three.
    async fn all_ends(&self) {
        self.open("/console", LAPTOP).await;
        self.open_one("interacting").await;
        self.click(".state-button[data-state=meal]").await;
        self.click("[data-tool=later]").await;
        self.send("[data-tool=send]").await;
        self.ends("refused").await;
        self.open_one("interacting").await;
        // What waits for an agent already is no change.
        self.set(if self.theme == THEMES[0] { "meal" } else { "training" }).await;
        self.ends("deferred").await;
        self.open_one("on-queue").await;
        self.set("break").await;
        self.ends("confirmed").await;
        self.take("ends", LAPTOP).await;

        self.open("/console", LAPTOP).await;
        self.open_one("on-queue").await;
        self.set("on-queue").await;
        self.ends("no-change").await;
        let held = json!({ "kind": "delay", "seconds": 3_600, "delaySeconds": 3_600 });
        self.upstream("/simulator/faults", &held).await;
        let user = self.open_one("on-queue").await;
        self.set("break").await;
        self.see("document.querySelector('.notes .note')?.dataset.end === 'pending'").await;
        self.changed(&user).await;
        self.upstream("/simulator/faults", &json!({ "kind": "delay", "seconds": 0 })).await;
        self.house
            .upstream
            .patch_presence(&user, &json!({ "presenceDefinition": { "id": AVAILABLE } }))
            .await;
        self.ends("superseded").await;
        self.upstream("/simulator/faults", &held).await;
        let user = self.open_one("on-queue").await;
        self.set("break").await;
        self.changed(&user).await;
        for _ in 0..10 {
            self.camera.browser.script("window.pass(1000)", vec![]).await;
            sleep(Duration::from_millis(300)).await;
        }
        self.ends("unconfirmed").await;
        self.take("more-ends", LAPTOP).await;
        self.house.upstream.call(Method::DELETE, "/simulator/faults", None).await;
    }

    /// Waits until an agent is no longer on queue at Genesys Cloud.
    async fn changed(&self, user: &str) {
        for _ in 0..400 {
            let truth = self.house.truth().await;
            let agent = truth["agents"].as_array().unwrap().iter().find(|agent| agent["id"] == user).unwrap();
            if agent["state"] != "on-queue" {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("the change is not made");
    }

    async fn skills(&self) {
        for screen in [LAPTOP, PHONE] {
            self.open("/console", screen).await;
            self.open_one("on-queue").await;
            let choose =
                "const choice = document.querySelector('[data-tool=skill-while]'); choice.value = '30';
                choice.dispatchEvent(new Event('change'))";
            self.camera.browser.script(choose, vec![]).await;
            self.send("[data-skill][data-on=true] .switch").await;
            self.see("document.querySelector('.skill-until')").await;
            self.ends("confirmed").await;
            let part = "document.querySelector('[data-part=skills]').scrollIntoView({ block: 'center' })";
            self.camera.browser.script(part, vec![]).await;
            self.take("skills", screen).await;
            self.click("[data-tool=restore]").await;
            self.see("!document.querySelector('.skill-until')").await;
        }
    }

    async fn palette(&self) {
        for screen in [LAPTOP, PHONE] {
            self.open("/console", screen).await;
            self.see("document.querySelector('.state-button, .row[data-user-id]')").await;
            self.click("[data-tool=palette]").await;
            self.see("document.querySelector('[data-tool=palette-input]')").await;
            let typed =
                "const input = document.querySelector('[data-tool=palette-input]'); input.value = 'break a';
                input.dispatchEvent(new Event('input'))";
            self.camera.browser.script(typed, vec![]).await;
            self.see("document.querySelector('#palette-0[data-state=break]')").await;
            self.take("palette", screen).await;
        }
    }

    async fn activity(&self) {
        for screen in [LAPTOP, PHONE] {
            self.open("/console/activity", screen).await;
            self.see("document.querySelector('[data-attempt]')").await;
            self.take("activity", screen).await;
        }
    }

    async fn audit(&self) {
        for screen in [LAPTOP, PHONE] {
            self.open("/console/audit", screen).await;
            self.click(".log-line[data-outcome=accepted] summary").await;
            self.take("audit", screen).await;
        }
    }

    /// Changes that take their time, for the page of figures.
    async fn work(&self) {
        let truth = self.house.truth().await;
        let idle = truth["agents"].as_array().unwrap().iter().filter(|agent| agent["state"] == "offline");
        for (agent, answer_ms) in idle.cycle().zip(ANSWERS_MS) {
            let seconds = answer_ms as f64 / 1_000.0;
            let route = "PATCH /api/v2/users/{id}/presences/purecloud";
            let slow = json!({ "kind": "slow", "seconds": 60, "delaySeconds": seconds, "route": route });
            self.upstream("/simulator/faults", &slow).await;
            let path = format!("/api/v2/users/{}/presences/purecloud", agent["id"].as_str().unwrap());
            let (machine, note) = (self.house.machine.clone(), format!("{answer_ms}"));
            let write = tokio::spawn(async move {
                let body = json!({ "presenceDefinition": { "id": "offline" }, "message": note });
                machine.call(Method::PATCH, &path, Some(&body)).await
            });
            sleep(Duration::from_millis(60)).await;
            while !write.is_finished() {
                self.house.clock.advance_ms(answer_ms as i64);
                sleep(Duration::from_millis(60)).await;
            }
        }
        self.house.upstream.call(Method::DELETE, "/simulator/faults", None).await;
    }
}

/// All of them, dark and light: a quiet morning, so that there is somebody to be asked.
pub async fn take(camera: &Camera<'_>) {
    // Each is taken where the one before left off: all of them or none.
    if !is_wanted("console") {
        return;
    }
    let world = simulator::Config { seed: 7, ..still(64, 5) };
    let house = House::start_with(standing_clock("2026-03-10T10:05:00Z"), world, |_| {}).await;
    house.scenario("calm", None).await;
    for _ in 0..QUIET_MINUTES {
        advance(&house, 60).await;
    }
    house.scenario("calm", Some(0.0)).await;
    let desk = |theme| Desk { camera, house: &house, theme };
    for theme in THEMES {
        let desk = desk(theme);
        desk.agents().await;
        desk.all_ends().await;
        a_minute(&house).await;
        desk.skills().await;
        desk.palette().await;
        desk.audit().await;
        back_on_queue(&house).await;
        a_minute(&house).await;
    }
    desk(THEMES[0]).work().await;
    for theme in THEMES {
        desk(theme).activity().await;
    }
    house.stop().await;
}

/// Those who were taken off queue are idle again.
async fn back_on_queue(house: &House) {
    let truth = house.truth().await;
    let agents = truth["agents"].as_array().unwrap().iter();
    let off_queue = agents.filter(|agent| agent["state"] == "break" || agent["state"] == "available");
    for agent in off_queue {
        let body = json!({ "presenceDefinition": { "id": ON_QUEUE } });
        house.upstream.patch_presence(agent["id"].as_str().unwrap(), &body).await;
    }
}

async fn a_minute(house: &House) {
    for seconds in A_MINUTE_S {
        advance(house, seconds).await;
    }
}
