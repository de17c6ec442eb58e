//! Every kind of wall shows the truth: queues, agents, one queue, tiles, counts; grouped, sorted, searched, in pages.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::harness::{House, browser::Browser, still, until};

/// Text of elements, as it is seen.
const TEXTS: &str = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())";

async fn texts(browser: &Browser, selector: &str) -> Vec<String> {
    let found = browser.script(TEXTS, vec![json!(selector)]).await;
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The cards in the order in which they are seen: row by row, from the side at which lines begin.
const SEEN: &str = "
    return [...document.querySelectorAll('.floor [data-user-id], .floor .floor-group')]
        .filter(e => !e.hidden)
        .map(e => [e.getBoundingClientRect(), e])
        .sort(([a], [b]) => Math.abs(a.top - b.top) > 2 ? a.top - b.top : a.left - b.left)
        .map(([, e]) => e.dataset.userId ?? 'group ' + e.querySelector('b').textContent)";

async fn seen(browser: &Browser) -> Vec<String> {
    let found = browser.script(SEEN, vec![]).await;
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn agents(truth: &Value) -> &Vec<Value> {
    truth["agents"].as_array().unwrap()
}

fn by_state(truth: &Value) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for agent in agents(truth) {
        *counts.entry(agent["state"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// Which states the wall counts, and how many.
async fn counted(browser: &Browser) -> BTreeMap<String, usize> {
    let script = "return [...document.querySelectorAll('.states > li')]
        .map(e => [e.dataset.state, Number(e.querySelector('b').textContent)])";
    let found = browser.script(script, vec![]).await;
    let entry = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_u64().unwrap() as usize);
    found.as_array().unwrap().iter().map(entry).collect()
}

async fn open(browser: &Browser, house: &House, path: &str) {
    browser.open_live(&format!("{}{path}", house.proxy.base_url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_wall_shows_the_truth() {
    let house = House::start(still(60, 5)).await;
    let truth = house.truth().await;
    let browser = Browser::start(1920, 1080).await;
    let queues = truth["queues"].as_array().unwrap();
    let waiting: f64 = queues.iter().map(|queue| queue["waiting"].as_f64().unwrap()).sum();

    // Queues, as tiles and as a table.
    open(&browser, &house, "/wall/queues?view=cards").await;
    let tiles = browser.queues().await;
    for queue in queues {
        assert_eq!(tiles[queue["id"].as_str().unwrap()]["waiting"].as_f64(), queue["waiting"].as_f64());
    }
    assert_eq!(tiles.as_object().unwrap().len(), queues.len());
    open(&browser, &house, "/wall/queues?view=table").await;
    let mut names = texts(&browser, ".table tbody th [data-field=name]").await;
    names.sort();
    let mut true_names: Vec<String> =
        queues.iter().map(|queue| queue["name"].as_str().unwrap().to_owned()).collect();
    true_names.sort();
    assert_eq!(names, true_names);

    // One queue.
    let second = queues[1]["name"].as_str().unwrap();
    open(&browser, &house, &format!("/wall/floor?kind=focus&queues={}", second.replace(' ', "%20"))).await;
    assert_eq!(texts(&browser, ".tile [data-field=name]").await, [second]);

    // Agents in teams: each heading counts those who stand below it.
    open(&browser, &house, "/wall/agents?view=cards&group=team&sort=name").await;
    let mut team = String::new();
    let mut in_team: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for entry in seen(&browser).await {
        match entry.strip_prefix("group ") {
            Some(name) => team = name.to_owned(),
            None => {
                let agent = agents(&truth).iter().find(|agent| agent["id"] == entry).unwrap();
                assert_eq!(
                    agent["team"]["name"].as_str().or(agent["team"].as_str()),
                    Some(team.as_str()),
                    "{agent}"
                );
                in_team.entry(team.clone()).or_default().push(agent["name"].as_str().unwrap());
            }
        }
    }
    assert!(in_team.len() > 1, "{in_team:?}");
    assert_eq!(in_team.values().map(Vec::len).sum::<usize>(), agents(&truth).len());
    // They are counted a moment after the first picture.
    until(Duration::from_secs(5), "the states beside them are counted", || async {
        (counted(&browser).await == by_state(&truth)).then_some(())
    })
    .await;

    // Whoever is longest in a state comes first.
    open(&browser, &house, "/wall/agents?view=cards&group=none&sort=time").await;
    let since = "return Number(document.querySelector(`[data-user-id=\"${arguments[0]}\"] [data-since-ms]`)?.dataset.sinceMs ?? 0)";
    let order = seen(&browser).await;
    let first = browser.script(since, vec![json!(order[0])]).await.as_f64().unwrap();
    let last = browser.script(since, vec![json!(order[order.len() - 1])]).await.as_f64().unwrap();
    assert!(first < last, "{first} {last}");

    // A wall that names nobody.
    open(&browser, &house, "/wall/lobby").await;
    until(Duration::from_secs(5), "the states are counted", || async {
        (counted(&browser).await == by_state(&truth)).then_some(())
    })
    .await;
    let page = browser.script("return document.documentElement.outerHTML", vec![]).await;
    for agent in agents(&truth) {
        for member in ["name", "id"] {
            let told = agent[member].as_str().unwrap();
            assert!(!page.as_str().unwrap().contains(told), "{told} stands on a wall that names nobody");
        }
    }

    // Tiles: one of each type, and a sum of all queues.
    open(&browser, &house, "/wall/tiles?queues=").await;
    let types = texts(&browser, ".box").await;
    assert!(types.len() >= 12, "{types:?}");
    open(&browser, &house, "/wall/tiles").await;
    let series = texts(&browser, "[data-type=series] [data-field=value]").await;
    let three: f64 = queues
        .iter()
        .filter(|queue| ["Billing", "Technical Support", "Orders"].contains(&queue["name"].as_str().unwrap()))
        .map(|queue| queue["waiting"].as_f64().unwrap())
        .sum();
    assert_eq!(series, [format!("{three}")], "of {waiting} in all queues");

    super::names::may_be_anything(&browser, &house).await;

    // What the address says wrong is said.
    open(&browser, &house, "/wall/floor?theme=pink").await;
    assert!(texts(&browser, ".notes li").await.iter().any(|note| note.contains("pink")));
    assert_eq!(browser.console().await, Vec::<String>::new(), "the console stays empty");
    browser.quit().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_found_and_pages_turn() {
    let house = House::start(still(300, 8)).await;
    let truth = house.truth().await;
    let browser = Browser::start(1920, 1080).await;

    // A person looks for somebody.
    open(&browser, &house, "/wall/floor").await;
    let wanted = agents(&truth)[17]["name"].as_str().unwrap();
    browser.script("document.querySelector('[data-tool=find]').click()", vec![]).await;
    let search = "const field = document.querySelector('.tools-search');
        field.value = arguments[0]; field.dispatchEvent(new Event('input', { bubbles: true }))";
    browser.script(search, vec![json!(wanted.to_uppercase())]).await;
    until(Duration::from_secs(5), "only who was looked for is left", || async {
        (texts(&browser, ".card [data-field=name]").await == [wanted]).then_some(())
    })
    .await;
    browser.script(search, vec![json!("nobody of this name")]).await;
    until(Duration::from_secs(5), "it is said that nobody was found", || async {
        (!texts(&browser, ".floor-none").await.is_empty()).then_some(())
    })
    .await;
    browser.script(search, vec![json!("")]).await;
    browser.script("document.querySelector('.states [data-state=offline] button').click()", vec![]).await;
    let offline = by_state(&truth)["offline"];
    until(Duration::from_secs(5), "only those who are offline are left", || async {
        let all = seen(&browser).await;
        (all.len() == offline).then_some(())
    })
    .await;

    // A screen that nobody touches turns its pages, each of whole rows.
    open(&browser, &house, "/wall/floor?kiosk&rotate=1").await;
    let whole = "const region = document.querySelector('.floor-scroll');
        const room = region.getBoundingClientRect();
        const cut = [...region.querySelectorAll('.card')].map(card => card.getBoundingClientRect())
            .filter(card => card.bottom > room.top + 2 && card.top < room.bottom - 2)
            .filter(card => card.bottom > room.bottom + 2 || card.top < room.top - 2);
        return [Math.round(region.scrollTop), cut.length]";
    browser.wait_for(".rotation").await;
    let mut tops = Vec::new();
    for _ in 0..40 {
        let looked = browser.script(whole, vec![]).await;
        assert_eq!(looked[1], 0, "a card is cut at {}", looked[0]);
        let top = looked[0].as_i64().unwrap();
        if tops.last() != Some(&top) {
            tops.push(top);
        }
        if tops.len() > 2 {
            break;
        }
        sleep(Duration::from_millis(250)).await;
    }
    assert!(tops.len() > 2, "pages turn: {tops:?}");
    assert!(texts(&browser, ".header-tool").await.is_empty(), "nothing to click");
    browser.quit().await;
    house.stop().await;
}
