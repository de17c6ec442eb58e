//! axe-core finds nothing on any page, in any theme, on a large screen and on a phone.

use serde_json::{Value, json};

use crate::{
    harness::{House, browser::Browser, packages::Packages, still},
    panel,
};

const AXE: Packages =
    Packages { manifest: include_str!("axe/package.json"), lock: include_str!("axe/package-lock.json") };
/// The rules of WCAG 2.2 AA, and what is good practice beyond them.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then(({ violations, passes }) => done({
            passes: passes.length,
            violations: violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} (${nodes.length} times) ${nodes[0].failureSummary}`),
        }), (error) => done({ passes: 0, violations: [String(error)] }));
";

/// The wall is told its theme, the page on which a person is chosen follows the browser.
const THEME: &str = "
    document.documentElement.dataset.theme = arguments[0];
    document.documentElement.style.colorScheme = arguments[0];
";

/// What axe finds on a page, in these themes.
async fn findings(browser: &Browser, axe: &str, what: &str, themes: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    browser.script(axe, vec![]).await;
    for theme in themes {
        browser.script(THEME, vec![json!(theme)]).await;
        let answer = browser.page.execute_async(RUN, vec![]).await.unwrap().json().clone();
        assert!(answer["passes"].as_u64() > Some(5), "{what}: axe has looked at something: {answer}");
        let violations = answer["violations"].as_array().unwrap().iter().map(Value::to_string);
        found.extend(violations.map(|violation| format!("{what}, {theme}: {violation}")));
    }
    found
}

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
    let axe = std::fs::read_to_string(AXE.install().join("node_modules/axe-core/axe.min.js")).unwrap();
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
            found.extend(findings(&browser, &axe, &format!("{wall}, {width}"), themes).await);
        }
        browser.open_live(&format!("{proxy}/wall/floor")).await;
        browser.script("document.querySelector('[data-tool=find]').click()", vec![]).await;
        found.extend(findings(&browser, &axe, &format!("tools, {width}"), themes).await);
        browser.script("document.querySelector('.alarm-open').click()", vec![]).await;
        browser.wait_for(".alarm-panel .alarm-button").await;
        found.extend(findings(&browser, &axe, &format!("alarms, {width}"), themes).await);
        browser.open_live(&format!("{proxy}/wall/floor")).await;
        if width > 1_000 {
            panel::opens_tells_and_closes(&browser, &house).await;
        } else {
            panel::press(&browser, "?").await;
            browser.wait_for("dialog.status[open] [data-row=calls]").await;
        }
        found.extend(findings(&browser, &axe, &format!("status, {width}"), themes).await);
        let pages = [
            ("start", format!("{proxy}/")),
            ("no such wall", format!("{proxy}/wall/none")),
            ("sign-in", sign_in.clone()),
        ];
        for (name, address) in pages {
            browser.page.goto(&address).await.unwrap();
            browser.wait_for("h1").await;
            found.extend(findings(&browser, &axe, &format!("{name}, {width}"), &["dark", "light"]).await);
        }
        browser.quit().await;
    }
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    house.stop().await;
}
