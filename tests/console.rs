//! The console in a real browser: who is there, what is done about it, how that ends, and what is recorded of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;

#[path = "console/accessible.rs"]
mod accessible;
#[path = "console/activity.rs"]
mod activity;
#[path = "console/ends.rs"]
mod ends;
#[path = "console/keyboard.rs"]
mod keyboard;
#[path = "console/log.rs"]
mod log;
#[path = "console/roster.rs"]
mod roster;
#[path = "console/skills.rs"]
mod skills;

use std::time::Duration;

use harness::{House, SOON, browser::Browser, still, until};
use serde_json::{Value, json};
use thirtyfour::By;

/// Definitions of the simulator's organisation.
pub const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";
/// Likewise.
pub const BREAK: &str = "227b37e2-f1d0-4dd0-8f50-badd7cf6d158";

/// A person at the console.
pub struct Desk {
    /// The programs.
    pub house: House,
    /// What they look at.
    pub browser: Browser,
}

impl Desk {
    /// Opens the console on a laptop.
    pub async fn open(house: House) -> Self {
        let browser = Browser::start(1440, 900).await;
        let desk = Self { house, browser };
        desk.go("/console?lang=en").await;
        desk
    }

    /// Opens it on a small organisation that stands still, and the drawer of an agent with this routing status.
    pub async fn at(routing: &str) -> (Self, Value) {
        let desk = Self::open(House::start(still(40, 4)).await).await;
        let agent = desk.agent(routing).await;
        desk.open_drawer(&agent).await;
        (desk, agent)
    }

    /// Opens a page and waits until it is live.
    pub async fn go(&self, path: &str) {
        self.browser.open_live(&format!("{}{path}", self.house.proxy.base_url())).await;
    }

    /// An agent with this routing status.
    pub async fn agent(&self, routing: &str) -> Value {
        let truth = self.house.truth().await;
        let agents = truth["agents"].as_array().unwrap();
        let found = agents.iter().find(|agent| agent["routingStatus"]["status"] == routing);
        found.unwrap_or_else(|| panic!("nobody is {routing}")).clone()
    }

    /// The user as the simulator has them.
    pub async fn truth_of(&self, user: &str) -> Value {
        let truth = self.house.truth().await;
        truth["agents"].as_array().unwrap().iter().find(|agent| agent["id"] == user).unwrap().clone()
    }

    /// Opens an agent's drawer, by search and click.
    pub async fn open_drawer(&self, agent: &Value) {
        let name = agent["name"].as_str().unwrap();
        let search = self.browser.page.find(By::Css("[data-tool=search]")).await.unwrap();
        search.clear().await.unwrap();
        search.send_keys(name).await.unwrap();
        let row = format!(".row[data-user-id='{}']", agent["id"].as_str().unwrap());
        self.browser.wait_for(&row).await;
        self.click(&row).await;
        self.browser.wait_for(&format!("[data-drawer-of='{}']", agent["id"].as_str().unwrap())).await;
    }

    /// Clicks what can be clicked by now.
    pub async fn click(&self, selector: &str) {
        until(SOON, selector, || async {
            let element = self.browser.page.find(By::Css(selector)).await.ok()?;
            if !element.is_enabled().await.ok()? {
                return None;
            }
            element.click().await.ok()
        })
        .await;
    }

    /// Chooses a state in the drawer, and sends it.
    pub async fn set(&self, state: &str) {
        self.click(&format!(".state-button[data-state='{state}']")).await;
        self.click("[data-tool=send]").await;
    }

    /// Asks for a break of somebody who is in a conversation, and is refused.
    pub async fn be_refused(&self) {
        let busy = self.agent("INTERACTING").await;
        self.open_drawer(&busy).await;
        self.click(".state-button[data-state=break]").await;
        self.click("[data-tool=later]").await;
        self.click("[data-tool=send]").await;
        self.note("refused", SOON).await;
    }

    /// Waits until what stands was read, so that what is chosen can be sent.
    pub async fn can_send(&self) {
        let waits = "return document.querySelector('[data-tool=send]').disabled";
        until(SOON, "what stands was read", || async {
            (self.browser.script(waits, vec![]).await == json!(false)).then_some(())
        })
        .await;
    }

    /// Waits until the newest note has ended like this, and gives its text.
    pub async fn note(&self, end: &str, limit: Duration) -> String {
        let read = "const note = document.querySelector('.notes .note');
            return note && [note.dataset.end, note.innerText]";
        let what = format!("the note says {end}");
        until(limit, &what, || async {
            let note = self.browser.script(read, vec![]).await;
            (note[0] == end).then(|| note[1].as_str().unwrap().to_owned())
        })
        .await
    }

    /// What those hear who listen.
    pub async fn spoken(&self, words: &str) {
        let read =
            "return [...document.querySelectorAll('[data-spoken]')].map(part => part.textContent).join('')";
        until(SOON, words, || async {
            let spoken = self.browser.script(read, vec![]).await;
            spoken.as_str().unwrap().contains(words).then_some(())
        })
        .await;
    }

    /// The state of an agent in the list.
    pub async fn shown(&self, agent: &Value) -> String {
        let read =
            "return document.querySelector(`.row[data-user-id='${arguments[0]}']`)?.dataset.state ?? ''";
        let state = self.browser.script(read, vec![agent["id"].clone()]).await;
        state.as_str().unwrap().to_owned()
    }

    /// Events of presence come so late that nobody waits for them.
    pub async fn hold_events_back(&self) {
        let fault = json!({ "kind": "delay", "seconds": 3_600, "delaySeconds": 3_600 });
        self.house.upstream.send(reqwest::Method::POST, "/simulator/faults", &fault).await;
    }

    /// From now on they come at once again; those that were held back stay so.
    pub async fn let_events_through(&self) {
        let over = json!({ "kind": "delay", "seconds": 0 });
        self.house.upstream.send(reqwest::Method::POST, "/simulator/faults", &over).await;
    }

    /// Ends the browser and the programs.
    pub async fn leave(self) {
        self.browser.quit().await;
        self.house.stop().await;
    }
}
