//! Names as strangers choose them: a queue's new one, an agent's without end, one that is written from right to left.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::harness::{House, browser::Browser, until};

/// A little more than polled lists may be old.
const POLL_MS: i64 = 301_000;

/// What a name breaks: cards and rows of other sizes than their neighbours, parts outside of them, a page that is too wide, a
/// name without a box of its own for its direction.
const BROKEN: &str = "
    const found = [];
    const cards = [...document.querySelectorAll('.floor [data-user-id]')].filter(e => !e.hidden);
    const boxes = cards.map(card => card.getBoundingClientRect());
    for (const side of ['width', 'height']) {
        const sizes = boxes.map(box => box[side]);
        if (Math.max(...sizes) - Math.min(...sizes) > 1) found.push(`${side} from ${Math.min(...sizes)} to ${Math.max(...sizes)}`);
    }
    cards.forEach((card, n) => {
        const name = card.querySelector('[data-field=name]');
        for (const part of card.querySelectorAll('[data-field]')) {
            const { left, right, top, bottom, width } = part.getBoundingClientRect();
            const box = boxes[n];
            if (!part.textContent.trim() || getComputedStyle(part).display === 'none') continue;
            if (width < 1) found.push(`${part.dataset.field} beside ${name.textContent} has no room`);
            const out = left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1;
            if (out) found.push(`${part.dataset.field} of ${name.textContent} is outside of its card`);
        }
        const { overflowX, textOverflow } = getComputedStyle(name);
        const ends = overflowX !== 'visible' && textOverflow === 'ellipsis';
        if (name.scrollWidth > name.clientWidth + 1 && !ends) found.push(`${name.textContent} runs out of its card or is cut off without a sign`);
        if (!['isolate', 'plaintext', 'isolate-override'].includes(getComputedStyle(name).unicodeBidi)) found.push(`${name.textContent} orders its neighbours`);
    });
    if (document.documentElement.scrollWidth > innerWidth) found.push(`a page of ${document.documentElement.scrollWidth} in ${innerWidth}`);
    return found;";

async fn rename(house: &House, user: &Value, name: &str) {
    let path = format!("/api/v2/users/{}", user["id"].as_str().unwrap());
    let version = house.upstream.get(&path).await["version"].clone();
    house.upstream.send(Method::PATCH, &path, &json!({ "name": name, "version": version })).await;
}

/// Text of the part of an element that bears the name.
async fn name(browser: &Browser, attribute: &str, id: &Value) -> String {
    let script = "return document.querySelector(`[${arguments[0]}=\"${arguments[1]}\"] [data-field=name]`)?.textContent ?? ''";
    browser.script(script, vec![json!(attribute), id.clone()]).await.as_str().unwrap().to_owned()
}

/// Everybody's names change while walls are open; nothing breaks.
pub async fn may_be_anything(browser: &Browser, house: &House) {
    let truth = house.truth().await;
    let (agents, queue) = (truth["agents"].as_array().unwrap(), &truth["queues"][2]["id"]);
    let endless = "Wolfeschlegelsteinhausen".repeat(5);
    let from_right = "محمد عبد الرحمن بن عبد العزيز بن سلمان الهاشمي القرشي الأندلسي";
    let open = |path: &'static str| async move {
        browser.open_live(&format!("{}{path}", house.proxy.base_url())).await;
    };
    open("/wall/floor?rotate=0").await;
    let before = name(browser, "data-queue-id", queue).await;
    rename(house, &agents[0], &endless).await;
    rename(house, &agents[1], from_right).await;
    let path = format!("/api/v2/routing/queues/{}", queue.as_str().unwrap());
    house.upstream.send(Method::PUT, &path, &json!({ "name": "Quince Queue" })).await;
    assert_ne!(before, "Quince Queue");
    house.clock.advance_ms(POLL_MS);
    until(Duration::from_secs(15), "the open wall shows the new names", || async {
        let shown = (
            name(browser, "data-queue-id", queue).await,
            name(browser, "data-user-id", &agents[0]["id"]).await,
        );
        (shown == ("Quince Queue".to_owned(), endless.clone())).then_some(())
    })
    .await;
    for path in
        ["/wall/floor?rotate=0", "/wall/agents?view=cards&rotate=0", "/wall/agents?view=table&rotate=0"]
    {
        open(path).await;
        assert_eq!(name(browser, "data-user-id", &agents[1]["id"]).await, from_right, "{path}");
        // Sizes follow the window a moment later.
        let begun = Instant::now();
        let mut broken = browser.script(BROKEN, vec![]).await;
        while broken != json!([]) && begun.elapsed() < Duration::from_secs(3) {
            sleep(Duration::from_millis(100)).await;
            broken = browser.script(BROKEN, vec![]).await;
        }
        assert_eq!(broken, json!([]), "{path}");
    }
}
