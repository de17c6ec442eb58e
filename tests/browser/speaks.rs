//! The wall in each of its languages: one file of words is fetched, nothing is left in English, nothing is cut off.

use std::{collections::BTreeMap, time::Duration};

use protocol::{Language, wall::WallDefinition};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::harness::{House, SOON, browser::Browser, still, system_clock, until};

/// A television and a phone.
const SCREENS: [(u32, u32); 2] = [(1920, 1080), (412, 915)];

/// What the page says about its language.
const SPEAKS: &str = "
    const { lang, dir } = document.documentElement;
    const words = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)
        .filter((path) => path.startsWith('/words-'));
    const language = arguments[0];
    return {
        lang, dir, words, direction: getComputedStyle(document.body).direction,
        live: document.querySelector('.live-words').textContent,
        labels: [...new Set([...document.querySelectorAll('[data-user-id] [data-field=label]')].map((e) => e.textContent))],
        categories: new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort(),
    };";

/// Names are the organisation's and as long as they like, and the line of alarms names as many as fit beside the first;
/// everything else on the page is ours. What a wall in small shows, it shows in large elsewhere.
const OTHERS_WORDS: &str = "[data-field=name], [data-field=team], [data-field=title], .leaders tbody, .alarm-subject, .alarm-words ~ .alarm-words, [data-field=new-alarms], .picture";

/// The same, when the names of agents on their cards are to be whole too: those of the simulator have up to twenty letters.
const OTHERS_BUT_AGENTS: &str = ":not(.card-name)[data-field=name], [data-field=title], .alarm-subject, .alarm-words ~ .alarm-words, [data-field=new-alarms]";

/// Every word of ours that is cut off, reaches out of its box or out of the page, by its place and text. What can be
/// scrolled to is not cut off.
const CUT_OFF: &str = "
    const [exempt] = arguments;
    const found = [];
    for (const e of document.body.querySelectorAll('*')) {
        const own = [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || e.closest(exempt) || e.closest('.spoken, script, noscript, [hidden]')) continue;
        // For ears alone, by another rule than that of .spoken.
        if (getComputedStyle(e).clipPath !== 'none') continue;
        const range = document.createRange();
        range.selectNodeContents(e);
        const text = range.getBoundingClientRect();
        if (text.width === 0) continue;
        const say = (why) => found.push(`${e.tagName}.${e.className} [${e.dataset.field ?? ''}] \"${e.textContent}\": ${why}`);
        // Letters reach a little above and below their line.
        const tall = (text.bottom - text.top) / 4;
        let [asideMatters, aboveMatters] = [true, true];
        for (let box = e; box; box = box.parentElement) {
            const { overflowX, overflowY } = getComputedStyle(box);
            const { left, right, top, bottom } = box.getBoundingClientRect();
            // Small cards have no clip, and nothing may stick out of them.
            const hides = (overflow) => overflow === 'hidden' || overflow === 'clip' || box.matches('.card');
            const scrolls = (overflow) => overflow === 'auto' || overflow === 'scroll';
            asideMatters &&= !scrolls(overflowX);
            aboveMatters &&= !scrolls(overflowY);
            if (asideMatters && hides(overflowX) && (text.left < left - 1 || text.right > right + 1)) say(`cut off at the side by ${box.className}`);
            if (aboveMatters && hides(overflowY) && (text.top < top - tall || text.bottom > bottom + tall)) say(`cut off above or below by ${box.className}`);
        }
        if (asideMatters && (text.left < -1 || text.right > innerWidth + 1)) say(`${text.left} to ${text.right} on a page of ${innerWidth}`);
        if (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1) say(`${e.scrollWidth} wide in ${e.clientWidth}`);
    }
    return found;";

/// Every kind of wall, each way to look at it, and the page to choose one. Pages that turn by themselves would hide a part.
const PAGES: [&str; 9] = [
    "wall/queues?rotate=0",
    "wall/queues?view=table&rotate=0",
    "wall/agents?rotate=0",
    "wall/agents?view=cards&group=state&rotate=0",
    "wall/focus?rotate=0",
    "wall/leaderboard?rotate=0",
    "wall/tiles?rotate=0",
    "wall/lobby?rotate=0",
    "?",
];

/// Sizes follow the window a moment later.
const SETTLED: Duration = Duration::from_millis(1_500);

/// What is cut off, once the page has settled.
async fn cut_off(browser: &Browser, what: &str, exempt: &str) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let found = browser.script(CUT_OFF, vec![json!(exempt)]).await;
        let found: Vec<String> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|found| format!("{what}: {}", found.as_str().unwrap()))
            .collect();
        if found.is_empty() || begun.elapsed() > SETTLED {
            return found;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// What is cut off of the page that is open, on each screen.
async fn cut_off_anywhere(browser: &Browser, what: &str, exempt: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (width, height) in SCREENS {
        browser.page.set_window_rect(0, 0, width, height).await.unwrap();
        found.extend(cut_off(browser, &format!("{what}, {width}"), exempt).await);
    }
    found
}

/// Every text of ours with Latin letters in it.
const IN_LATIN: &str = "
    const [exempt] = arguments;
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Set();
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const e = node.parentElement;
        if (/[A-Za-z]{2}/.test(node.data) && !e.closest(exempt) && !e.closest('script, noscript')) found.add(node.data.trim());
    }
    for (const e of document.body.querySelectorAll('[aria-label], [title], [placeholder]')) {
        for (const name of ['aria-label', 'placeholder']) {
            if (/[A-Za-z]{2}/.test(e.getAttribute(name) ?? '')) found.add(`${name} ${e.getAttribute(name)}`);
        }
    }
    return [...found];";

/// What stays in Latin letters: abbreviations, and what the organisation calls its own presences.
const LATIN: [&str; 4] = ["SL ", " ms", "Coaching", "Paperwork"];

fn table(language: Language) -> BTreeMap<String, String> {
    let path = format!("{}/app/words/{}.json", env!("CARGO_MANIFEST_DIR"), language.code());
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is wrong with the words of the page.
async fn faults(browser: &Browser, language: Language) -> Vec<String> {
    let (code, words) = (language.code(), table(language));
    let page = browser.script(SPEAKS, vec![json!(code)]).await;
    let mut faults = Vec::new();
    let mut check = |is_right: bool, what: &str| {
        if !is_right {
            faults.push(format!("{code}: {what}: {page}"));
        }
    };
    let direction = if language.is_right_to_left() { "rtl" } else { "ltr" };
    check(page["dir"] == direction && page["direction"] == direction, "the direction");
    check(page["lang"].as_str().and_then(Language::of_tag) == Some(language), "the page's language");
    let fetched = page["words"].as_array().unwrap();
    check(fetched.len() == 1, "one file of words is fetched");
    check(fetched[0].as_str().unwrap().starts_with(&format!("/words-{code}-")), "the file of this language");
    check(page["live"] == words["live"], "the badge");
    let states: Vec<&String> =
        words.iter().filter(|(key, _)| key.starts_with("state-")).map(|(_, word)| word).collect();
    let labels = page["labels"].as_array().unwrap().iter().filter_map(Value::as_str);
    let is_known = |label: &str| states.iter().any(|state| *state == label);
    check(labels.clone().any(is_known), "the names of states");
    let forms: Vec<&str> = words.keys().filter_map(|key| key.strip_prefix("agents-counted.")).collect();
    check(page["categories"] == json!(forms), "the plural forms that the browser knows");
    if matches!(language, Language::Arabic | Language::Japanese) {
        let latin = browser.script(IN_LATIN, vec![json!(OTHERS_WORDS)]).await;
        let latin = latin.as_array().unwrap().iter().filter_map(Value::as_str);
        let left = latin.filter(|text| !LATIN.iter().any(|known| text.contains(known)));
        faults.extend(left.map(|text| format!("{code}: in Latin letters: {text:?}")));
    }
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn every_language_is_spoken_whole_and_fits_the_screen() {
    let arabic = WallDefinition {
        id: "arabic".into(),
        title: "Arabic".to_owned(),
        language: Some("ar".to_owned()),
        ..WallDefinition::default()
    };
    let house =
        House::start_with(system_clock(), still(64, 5), |config| config.walls.fixed.push(arabic)).await;
    let base = house.proxy.base_url();
    // Who waits has waited for long, and who is on break comes late: there are alarms of both kinds.
    house.clock.advance_ms(3_000_000);
    let mut found = Vec::new();
    let browser = Browser::start(SCREENS[0].0, SCREENS[0].1).await;
    let click = "document.querySelector(arguments[0]).click()";
    for language in Language::ALL {
        let code = language.code();
        browser.open_live(&format!("{base}/wall/floor?lang={code}")).await;
        found.extend(faults(&browser, language).await);
        let others = if language == Language::English { OTHERS_BUT_AGENTS } else { OTHERS_WORDS };
        found.extend(cut_off_anywhere(&browser, &format!("{code}, floor"), others).await);
        browser.script(click, vec![json!(".alarm-open")]).await;
        browser.wait_for(".alarm-panel .alarm").await;
        found.extend(cut_off_anywhere(&browser, &format!("{code}, alarms"), OTHERS_WORDS).await);
        browser.script(click, vec![json!(".alarm-open")]).await;
        browser.script(click, vec![json!("[data-tool=find]")]).await;
        found.extend(cut_off_anywhere(&browser, &format!("{code}, tools"), OTHERS_WORDS).await);
        for page in PAGES {
            let address = format!("{base}/{page}&lang={code}").replace("?&", "?");
            match page {
                "?" => {
                    browser.page.goto(&address).await.unwrap();
                    browser.wait_for(".start-wall").await;
                }
                _ => browser.open_live(&address).await,
            }
            found.extend(cut_off_anywhere(&browser, &format!("{code}, {page}"), OTHERS_WORDS).await);
        }
    }
    // These two speak English alone.
    let sign_in = format!(
        "{}/oauth/authorize?client_id=simulator&response_type=code&redirect_uri=http://localhost:1/&state=s",
        house.simulator.base_url()
    );
    for address in [format!("{base}/wall/none"), sign_in] {
        browser.page.goto(&address).await.unwrap();
        browser.wait_for("h1").await;
        found.extend(cut_off_anywhere(&browser, &address, OTHERS_WORDS).await);
    }
    let _ = browser.console().await;
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));

    // The wall wants another language than the browser: the page changes to it without being loaded again.
    browser.open_live(&format!("{base}/wall/arabic")).await;
    until(SOON, "the wall speaks Arabic", || async {
        (browser.script("return document.documentElement.dir", vec![]).await == "rtl").then_some(())
    })
    .await;
    let live = table(Language::Arabic)["live"].clone();
    until(Duration::from_secs(3), "so do its words", || async {
        let page = browser.script(SPEAKS, vec![json!("ar")]).await;
        (page["live"] == live && page["labels"].as_array().is_some_and(|labels| !labels.is_empty()))
            .then_some(())
    })
    .await;
    assert_eq!(browser.console().await, Vec::<String>::new(), "the console stays empty");
    browser.quit().await;
    house.stop().await;
}
