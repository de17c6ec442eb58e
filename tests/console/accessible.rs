//! axe-core finds nothing on any page of the console, and nothing is wider than the screen, in any language.

use serde_json::json;

use crate::{
    Desk,
    harness::{House, axe::Axe, still},
};

/// What sticks out of the page to either side, with what it is.
const WIDE: &str = "
    const width = document.documentElement.clientWidth;
    // What is cut off by the page's own frame is cut off; only parts that can be scrolled, or end in dots, may be wider.
    const frame = '.console, .console-main';
    const scrolls = (e) => { for (let p = e.parentElement; p && !p.matches(frame); p = p.parentElement)
        if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(p).overflowX)) return true; return false; };
    const out = [...document.querySelectorAll('.console *')].filter((e) => {
        const box = e.getBoundingClientRect();
        return box.width > 1 && (box.right > width + 1 || box.left < -1) && !scrolls(e);
    }).map((e) => e.outerHTML.slice(0, 120));
    for (const e of document.querySelectorAll('.console-main, .grid, .log, .activity, .drawer'))
        if (e.scrollWidth > e.clientWidth + 1) out.push(`${e.className} scrolls to the side`);
    if (document.documentElement.scrollWidth > width) out.push('the page scrolls to the side');
    return out";

/// Width and height in pixels: a large screen, a laptop, a phone.
const SCREENS: [(u32, u32); 3] = [(1920, 1080), (1366, 768), (390, 844)];

impl Desk {
    async fn resize(&self, (width, height): (u32, u32)) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.browser.page.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
    }

    async fn wide(&self, what: &str) -> Vec<String> {
        let out = self.browser.script(WIDE, vec![]).await;
        out.as_array().unwrap().iter().map(|one| format!("{what}: {one}")).collect()
    }

    async fn findings(&self, axe: &Axe, what: &str) -> Vec<String> {
        axe.findings(&self.browser, what, &["dark", "light", "contrast"]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_and_nothing_sticks_out() {
    let axe = Axe::fetched();
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let agent = desk.agent("IDLE").await;
    let mut found = Vec::new();
    for screen in SCREENS {
        desk.resize(screen).await;
        desk.go("/console?lang=en").await;
        let what = |name: &str| format!("{name}, {}", screen.0);
        found.extend(desk.findings(&axe, &what("agents")).await);
        found.extend(desk.wide(&what("agents")).await);
        desk.open_drawer(&agent).await;
        desk.browser.wait_for("[data-skill]").await;
        desk.click("[data-tool=on-queue]").await;
        desk.browser.wait_for(".notes .note[data-end=confirmed]").await;
        desk.click(".state-button[data-state=break]").await;
        desk.browser.wait_for(".change-form").await;
        found.extend(desk.findings(&axe, &what("drawer")).await);
        found.extend(desk.wide(&what("drawer")).await);
        desk.browser.script("document.querySelector('[data-tool=palette]').click()", vec![]).await;
        desk.browser.wait_for("dialog.palette[open] #palette-0").await;
        found.extend(desk.findings(&axe, &what("palette")).await);
        found.extend(desk.wide(&what("palette")).await);
        desk.go("/console/activity?lang=en").await;
        desk.browser.wait_for("[data-attempt]").await;
        found.extend(desk.findings(&axe, &what("activity")).await);
        found.extend(desk.wide(&what("activity")).await);
        desk.go("/console/audit?lang=en").await;
        desk.browser.wait_for(".log-line").await;
        desk.click(".log-line summary").await;
        found.extend(desk.findings(&axe, &what("audit")).await);
        found.extend(desk.wide(&what("audit")).await);
    }
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_every_language_and_fits_in_each() {
    let desk = Desk::open(House::start(still(40, 4)).await).await;
    let agent = desk.agent("IDLE").await;
    let mut found = Vec::new();
    for screen in [SCREENS[0], SCREENS[2]] {
        desk.resize(screen).await;
        for language in ["ar", "de", "es", "fr", "it", "ja", "pt"] {
            desk.go(&format!("/console?lang={language}")).await;
            let title = desk
                .browser
                .script("return document.querySelector('.console-find > span').textContent", vec![])
                .await;
            assert_ne!(title, "Find an agent, a state or a page", "{language}");
            let direction = desk.browser.script("return document.documentElement.dir", vec![]).await;
            assert_eq!(direction, if language == "ar" { "rtl" } else { "ltr" });
            found.extend(desk.wide(&format!("agents, {language}, {}", screen.0)).await);
            desk.open_drawer(&agent).await;
            desk.click(".state-button[data-state=away]").await;
            desk.browser.wait_for(".change-form").await;
            found.extend(desk.wide(&format!("drawer, {language}, {}", screen.0)).await);
            for page in ["activity", "audit"] {
                desk.go(&format!("/console/{page}?lang={language}")).await;
                desk.browser.wait_for(&format!("#{page}")).await;
                found.extend(desk.wide(&format!("{page}, {language}, {}", screen.0)).await);
            }
        }
    }
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    desk.leave().await;
}
