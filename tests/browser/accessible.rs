//! axe-core finds nothing on any page, in any theme, on a large screen and on a phone.

use crate::{
    harness::{House, axe::Axe, browser::Browser, still},
    panel,
};

/// Each kind of wall, both directions, and the tools of a person at a desk.
const WALLS: [&str; 10] = [
    "floor",
    "floor?lang=ar",
    "queues",
    "queues?view=table",
    "agents",
    "agents?view=cards&group=state",
    "focus",
    "leaderboard",
    "tiles",
    "lobby",
];

const ALL: [&str; 3] = ["dark", "light", "contrast"];

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page() {
    let axe = Axe::fetched();
    let house = House::start(still(40, 4)).await;
    // Who is on break comes late: there is something in the list of alarms.
    house.clock.advance_ms(3_000_000);
    let (proxy, simulator) = (house.proxy.base_url(), house.simulator.base_url());
    let sign_in = format!(
        "{simulator}/oauth/authorize?client_id=simulator&response_type=code&redirect_uri=http://localhost:1/&state=s"
    );
    let mut found = Vec::new();
    for (width, height, themes) in [(1920, 1080, &ALL[..]), (500, 900, &ALL[..1])] {
        let browser = Browser::start(width, height).await;
        for wall in WALLS {
            browser.open_live(&format!("{proxy}/wall/{wall}")).await;
            found.extend(axe.findings(&browser, &format!("{wall}, {width}"), themes).await);
        }
        browser.open_live(&format!("{proxy}/wall/floor")).await;
        browser.script("document.querySelector('[data-tool=find]').click()", vec![]).await;
        found.extend(axe.findings(&browser, &format!("tools, {width}"), themes).await);
        browser.script("document.querySelector('.alarm-open').click()", vec![]).await;
        browser.wait_for(".alarm-panel .alarm-button").await;
        found.extend(axe.findings(&browser, &format!("alarms, {width}"), themes).await);
        browser.open_live(&format!("{proxy}/wall/floor")).await;
        if width > 1_000 {
            panel::opens_tells_and_closes(&browser, &house).await;
        } else {
            panel::press(&browser, "?").await;
            browser.wait_for("dialog.status[open] [data-row=calls]").await;
        }
        found.extend(axe.findings(&browser, &format!("status, {width}"), themes).await);
        let pages = [
            ("start", format!("{proxy}/")),
            ("no such wall", format!("{proxy}/wall/none")),
            ("sign-in", sign_in.clone()),
        ];
        for (name, address) in pages {
            browser.page.goto(&address).await.unwrap();
            browser.wait_for("h1").await;
            found.extend(axe.findings(&browser, &format!("{name}, {width}"), &["dark", "light"]).await);
        }
        browser.quit().await;
    }
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    house.stop().await;
}
