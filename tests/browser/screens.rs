//! Screens that nobody touches, and walls in pages of other sites.

use std::time::Duration;

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use protocol::{
    WallId,
    wall::{Kind, Night, Play, Threshold, WallDefinition, Watch},
};
use proxy::config::{Config, Origin, WallConfig};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    House, SOON,
    browser::Browser,
    http,
    process::{Folder, Process, rollcall},
    still, system_clock, until,
};

/// The presence that a wall of the test is alarmed by, `break`.
const BREAK: &str = "227b37e2-f1d0-4dd0-8f50-badd7cf6d158";

fn wall(id: &str, kind: Kind) -> WallDefinition {
    let quiet = (Some(Vec::new()), Some(Vec::new()));
    WallDefinition {
        id: WallId::new(id),
        title: id.to_owned(),
        kind,
        thresholds: quiet.0,
        watches: quiet.1,
        ..WallDefinition::default()
    }
}

/// A playlist of three walls, of which the first is alarmed by a break and the last stays; it is always night there.
fn playlist(config: &mut Config) {
    let play = |id: &str, seconds| Play { wall: WallId::new(id), seconds };
    let watch = Watch { state: "break".to_owned(), warn: None, critical: Some(0) };
    config.walls = WallConfig::fixed(vec![
        WallDefinition { watches: Some(vec![watch]), ..wall("first", Kind::Agents) },
        wall("second", Kind::Queues),
        wall("third", Kind::Floor),
        WallDefinition {
            play: vec![play("first", 2), play("second", 2), play("third", 3_600)],
            night: Some(Night { from: "00:00".to_owned(), to: "24:00".to_owned(), dim: 40 }),
            ..wall("loop", Kind::Playlist)
        },
    ]);
    config.walls.default = Some(WallId::new("loop"));
}

async fn shown(browser: &Browser) -> String {
    let id = browser.script("return document.querySelector('main')?.dataset.wallId ?? ''", vec![]).await;
    id.as_str().unwrap().to_owned()
}

async fn shows(browser: &Browser, id: &str) {
    until(SOON, id, || async { (shown(browser).await == id).then_some(()) }).await;
}

/// The page's clock goes ahead, as after sleep.
async fn pass(browser: &Browser, seconds: f64) {
    let script = "window.ahead = (window.ahead ?? 0) + arguments[0] * 1000;
        if (!window.ownNow) { window.ownNow = Date.now.bind(Date); Date.now = () => window.ownNow() + window.ahead; }";
    browser.script(script, vec![json!(seconds)]).await;
}

async fn press(browser: &Browser, key: &str) {
    let script = "document.body.dispatchEvent(new KeyboardEvent('keydown', \
                  { key: arguments[0], bubbles: true, cancelable: true }))";
    browser.script(script, vec![json!(key)]).await;
}

async fn channels(browser: &Browser) -> Value {
    browser.script(CHANNELS, vec![]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playlist_turns_without_asking_for_anything_and_gives_way_to_alarms() {
    let house = House::start_with(system_clock(), still(40, 4), playlist).await;
    let browser = Browser::start(1366, 768).await;
    // The default wall.
    browser.open_live(&format!("{}/?kiosk", house.proxy.base_url())).await;
    for next in ["first", "second", "third"] {
        shows(&browser, next).await;
    }
    browser.wait_for_badge("live", SOON).await;
    press(&browser, "ArrowLeft").await;
    shows(&browser, "second").await;
    press(&browser, "ArrowLeft").await;
    for next in ["first", "second", "third"] {
        shows(&browser, next).await;
        assert_eq!(browser.badge().await, "live", "what comes is live already");
    }
    assert_eq!(channels(&browser).await, 4, "turning asks for nothing");
    let bars = browser.script("return document.querySelectorAll('.rotation-bar').length", vec![]).await;
    assert_eq!(bars, 3);

    // A break on the first wall.
    let truth = house.truth().await;
    let free = |a: &&Value| a["state"] == "offline" || a["state"] == "available";
    let user = truth["agents"].as_array().unwrap().iter().find(free).expect("somebody is free")["id"].clone();
    let body = json!({ "presenceDefinition": { "id": BREAK } });
    house.upstream.patch_presence(user.as_str().unwrap(), &body).await;
    shows(&browser, "first").await;
    let taken_over = "return document.querySelector('.stage').dataset.takenOver";
    assert_eq!(browser.script(taken_over, vec![]).await, "true");
    pass(&browser, 21.0).await;
    shows(&browser, "third").await;
    assert_eq!(browser.script(taken_over, vec![]).await, "false");

    // Nothing to click, nothing that scrolls, no cursor, a little dimmed, awake.
    until(SOON, "the cursor is hidden", || async {
        (browser.script("return getComputedStyle(document.body).cursor", vec![]).await == "none")
            .then_some(())
    })
    .await;
    let script = "const root = document.documentElement;
        return { buttons: document.querySelectorAll('button, a, input').length,
            scrolls: getComputedStyle(root).overflowY, night: getComputedStyle(document.querySelector('.night')).opacity,
            awake: root.dataset.awake }";
    let kiosk = browser.script(script, vec![]).await;
    assert_eq!(
        (&kiosk["buttons"], &kiosk["scrolls"], &kiosk["night"]),
        (&json!(0), &json!("hidden"), &json!("0.4"))
    );
    // A browser without a screen may refuse, but it was asked.
    assert!(kiosk["awake"] == "held" || kiosk["awake"] == "refused", "{kiosk}");

    // The picture wanders, by a few pixels at most.
    let place = "const m = new DOMMatrix(getComputedStyle(document.body).transform); return [m.e, m.f]";
    let mut places = Vec::new();
    for _ in 0..4 {
        let before = browser.script(place, vec![]).await;
        pass(&browser, 180.0).await;
        let after = until(SOON, "the picture is elsewhere", || async {
            Some(browser.script(place, vec![]).await).filter(|after| *after != before)
        })
        .await;
        assert!(after.as_array().unwrap().iter().all(|at| at.as_f64().unwrap().abs() <= 4.0), "{after}");
        places.push(after);
    }
    println!("the picture stood at {places:?}");

    // On a desk there is a button, and whoever wants to read is not turned away from.
    browser.open_live(&format!("{}/wall/loop", house.proxy.base_url())).await;
    shows(&browser, "third").await;
    // In one go, so that the next turn cannot come in between.
    let turn_and_pause = "document.body.dispatchEvent(new KeyboardEvent('keydown', \
                          { key: 'ArrowRight', bubbles: true, cancelable: true }));
        document.querySelector('button[data-tool=pause]').click()";
    browser.script(turn_and_pause, vec![]).await;
    shows(&browser, "first").await;
    tokio::time::sleep(Duration::from_millis(2_600)).await;
    assert_eq!(shown(&browser).await, "first");
    press(&browser, " ").await;
    shows(&browser, "second").await;
    let night = browser.script("return document.querySelector('.night')", vec![]).await;
    assert_eq!(night, Value::Null, "who reads at a desk reads at night too");

    // All walls are still to be chosen from.
    browser.page.goto(&format!("{}/walls", house.proxy.base_url())).await.unwrap();
    browser.wait_for(".start-wall").await;
    let links = "return [...document.querySelectorAll('.start-wall')].map(link => link.getAttribute('href'))";
    let links = browser.script(links, vec![]).await;
    assert_eq!(links, json!(["/wall/first", "/wall/second", "/wall/third", "/wall/loop"]));
    browser.quit().await;
    house.stop().await;
}

/// The example portal at a port of its own.
async fn portal() -> u16 {
    let file =
        |kind: &'static str, text: &'static str| get(move || async move { ([(CONTENT_TYPE, kind)], text) });
    let router = Router::new()
        .route("/", file("text/html", include_str!("../../examples/portal/index.html")))
        .route("/portal.css", file("text/css", include_str!("../../examples/portal/portal.css")))
        .route("/portal.js", file("text/javascript", include_str!("../../examples/portal/portal.js")));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

const HEARD: &str = "return [...document.querySelectorAll('#messages li')].map(line => line.textContent)";

async fn hears(browser: &Browser, kind: &str, detail: &str) -> String {
    until(SOON, kind, || async {
        let heard = browser.script(HEARD, vec![]).await;
        let mut lines = heard.as_array().unwrap().iter().filter_map(|line| line.as_str().map(str::to_owned));
        lines.rfind(|line| line.contains(kind) && line.contains(detail))
    })
    .await
}

/// Asks the page in the frame, which has no cookie.
async fn framed(browser: &Browser, script: &str) -> Value {
    browser.page.enter_frame(0).await.unwrap();
    let value = browser.script(script, vec![]).await;
    let cookies = browser.page.get_all_cookies().await.unwrap();
    assert!(cookies.is_empty(), "{cookies:?}");
    browser.page.enter_default_frame().await.unwrap();
    value
}

/// The framed page's clocks go ahead.
const AHEAD: &str = "window.ahead = (window.ahead ?? 0) + SECONDS * 1000;
    if (!window.ownNow) {
        window.ownNow = [Date.now.bind(Date), performance.now.bind(performance)];
        Date.now = () => window.ownNow[0]() + window.ahead;
        performance.now = () => window.ownNow[1]() + window.ahead;
    }";

/// Tokens bought, and requests that were answered with 401, since the page was opened.
const ASKED: &str = "const asked = performance.getEntriesByType('resource');
    return [asked.filter(e => e.name.endsWith('/rollcall/token')).length,
        asked.filter(e => e.responseStatus === 401).length]";

/// Requests for a wall since then.
const CHANNELS: &str =
    "return performance.getEntriesByType('resource').filter(e => e.name.endsWith('/channel')).length";

/// Tokens hold over a start, are bought anew before they end and when they are refused, and a key that was taken out of
/// the configuration is shown once in ten minutes.
async fn tokens_are_renewed(house: House, browser: &Browser, shape: &impl Fn(&mut Config)) -> House {
    let badge = "return document.querySelector('[data-live]')?.dataset.live ?? ''";
    let is = async |word: &str| {
        until(SOON * 2, word, || async { (framed(browser, badge).await == word).then_some(()) }).await;
    };
    // The proxy is started again in its place; the page notices and asks for its wall.
    let restart = async |house: House, keys: bool| {
        let tell = |config: &mut Config| {
            shape(config);
            if !keys {
                config.keys.clear();
            }
        };
        let before = framed(browser, CHANNELS).await.as_u64();
        let house = house.start_again(tell).await;
        until(SOON * 2, "the page asks for its wall", || async {
            (framed(browser, CHANNELS).await.as_u64() > before).then_some(())
        })
        .await;
        house
    };
    let has_asked = async |expected: Value| {
        until(SOON, &expected.to_string(), || async {
            (framed(browser, ASKED).await == expected).then_some(())
        })
        .await;
    };
    let pass = async |seconds: f64| {
        framed(browser, &AHEAD.replace("SECONDS", &seconds.to_string())).await;
    };
    is("live").await;
    has_asked(json!([1, 0])).await;
    let house = restart(house, true).await;
    is("live").await;
    // A token holds over a start.
    has_asked(json!([1, 0])).await;

    // Less than a fifth of its ten minutes is left.
    pass(485.0).await;
    let house = restart(house, true).await;
    has_asked(json!([2, 0])).await;
    is("live").await;

    // For the proxy it is over, and the page knows nothing of it, as after a time in which its clock stood.
    house.upstream.send(Method::POST, "/simulator/clock", &json!({ "advanceSeconds": 601 })).await;
    let house = restart(house, true).await;
    has_asked(json!([3, 1])).await;
    is("live").await;

    // The key is taken out.
    let house = restart(house, false).await;
    is("refused").await;
    hears(browser, "rollcall:stale", "\"stale\":true").await;
    let words = framed(browser, "return document.querySelector('[data-live]').textContent").await;
    assert!(words.as_str().unwrap().contains("the key is not known"), "{words}");
    has_asked(json!([4, 2])).await;
    for _ in 0..5 {
        pass(12.0).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(framed(browser, ASKED).await, json!([4, 2]), "no is no");
    is("refused").await;
    // It is back, and so is the wall.
    let house = house.start_again(shape).await;
    pass(600.0).await;
    has_asked(json!([5, 2])).await;
    is("live").await;
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wall_file_is_changed_under_a_screens_eyes() {
    let folder = Folder::new();
    folder.write("floor.toml", "title = \"Before\"\nthresholds = []\nwatches = []\n");
    let mut command = rollcall();
    let here = ["--listen", "127.0.0.1:0", "--simulator-listen", "127.0.0.1:0"];
    command.args(["demo", "--agents", "20", "--queues", "3", "--events-per-second", "0"]).args(here);
    let process = Process::start(command.arg("--walls").arg(folder.path())).unwrap();
    let base = process.base_url().await;
    let browser = Browser::start(1366, 768).await;
    // The only wall.
    browser.open_live(&format!("{base}/")).await;
    browser.script("window.neverReloaded = true", vec![]).await;
    let is = async |what: &str, script: &str, expected: Value| {
        let is = || async { (browser.script(script, vec![]).await == expected).then_some(()) };
        until(SOON * 2, what, is).await;
    };
    let title = "return document.querySelector('[data-field=title]').textContent";
    let kind = "return document.querySelector('main').dataset.kind";
    let alarmed = "return document.querySelectorAll('[data-queue-id][data-level=critical]').length";
    let notes = "return [...document.querySelectorAll('.notes li')].map(note => note.textContent)";
    is("the wall as it was", title, json!("Before")).await;
    is("nothing is wrong", alarmed, json!(0)).await;

    let sound = "title = \"After\"\nkind = \"queues\"\ntheme = \"light\"\n\
                 thresholds = [{ metric = \"waiting\", critical = 0 }]\n";
    folder.write("floor.toml", sound);
    is("another title", title, json!("After")).await;
    is("another kind", kind, json!("queues")).await;
    is("another theme", "return document.documentElement.dataset.theme", json!("light")).await;
    is("other thresholds", alarmed, json!(3)).await;

    // A fault leaves the wall as it was, and says where it is: on the screen and in the log.
    folder.write("floor.toml", "title = \"Faulty\"\ntheme = \"pink\"\n");
    until(SOON, "the fault is told", || async {
        let notes = browser.script(notes, vec![]).await;
        notes[0]
            .as_str()
            .is_some_and(|note| note.starts_with("floor.toml:2:1: theme \"pink\" is not one of"))
            .then_some(())
    })
    .await;
    process.says("floor.toml:2:1: theme \"pink\" is not one of").await;
    is("still", title, json!("After")).await;
    is("still", alarmed, json!(3)).await;
    folder.write("floor.toml", sound);
    is("mended", notes, json!([])).await;

    // The wall is taken away, and comes back.
    let other = folder.write("other.toml", "title = \"Other\"\n");
    std::fs::remove_file(folder.path().join("floor.toml")).unwrap();
    browser.wait_for_badge("refused", SOON).await;
    is("its last picture stays", title, json!("After")).await;
    is("stale", "return document.querySelector('main').dataset.stale", json!("true")).await;
    let words =
        browser.script("return document.querySelector('.live, [data-live]').textContent", vec![]).await;
    println!("the badge says {words}");
    folder.write("floor.toml", sound);
    std::fs::remove_file(other).unwrap();
    let wall = format!("{base}/wall/floor");
    until(SOON, "the wall is there again", || async {
        http().get(&wall).send().await.is_ok_and(|answer| answer.status().is_success()).then_some(())
    })
    .await;
    // It asks every ten seconds.
    browser.script(&AHEAD.replace("SECONDS", "10"), vec![]).await;
    browser.wait_for_badge("live", SOON).await;
    assert_eq!(browser.script("return window.neverReloaded === true", vec![]).await, true);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wall_in_a_portal_of_another_site() {
    let (known, stranger) = (portal().await, portal().await);
    let parent = format!("http://localhost:{known}");
    let origin = Origin::parse(&parent).unwrap();
    // A wall whose file names a queue that is not there.
    let unknown = Threshold { queues: vec!["Nope".to_owned()], warn: Some(1.0), ..Threshold::default() };
    let shape = |config: &mut Config| {
        config.embed.parents = vec![origin.clone()];
        config.walls.fixed[0].thresholds = Some(vec![unknown.clone()]);
    };
    let house = House::start_with(system_clock(), still(30, 3), &shape).await;
    let base = house.proxy.base_url();
    let browser = Browser::start(1366, 768).await;
    browser.page.goto(&format!("{parent}/?rollcall={base}")).await.unwrap();
    let ready = hears(&browser, "rollcall:ready", "").await;
    let ready: Value = serde_json::from_str(&ready).unwrap();
    assert_eq!(
        (&ready["source"], &ready["wall"], &ready["agents"]),
        (&json!("rollcall"), &json!("floor"), &json!(30))
    );
    let in_frame = async |script: &'static str| framed(&browser, script).await;
    let inside = until(SOON, "the framed wall is live", || async {
        let inside = in_frame(
            "return { address: location.href, cards: document.querySelectorAll('[data-user-id]').length,
                badge: document.querySelector('[data-live]').dataset.live, theme: document.documentElement.dataset.theme,
                kept: JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]) }",
        )
        .await;
        (inside["badge"] == "live").then_some(inside)
    })
    .await;
    assert_eq!(
        inside["address"],
        format!("{base}/embed/floor?theme=dark"),
        "the key is gone from the address"
    );
    assert!(inside["cards"] == 30 && inside["theme"] == "dark", "{inside}");
    assert!(!inside["kept"].as_str().unwrap().contains("demo"), "{inside}");

    // It tells when it goes stale, and comes back by itself.
    house.fault("close_sockets", 1).await;
    hears(&browser, "rollcall:stale", "\"stale\":true").await;
    hears(&browser, "rollcall:stale", "\"stale\":false").await;
    // Another theme is another address.
    let choose = "const theme = document.getElementById('theme'); document.getElementById('messages').replaceChildren();
        theme.value = 'light'; theme.dispatchEvent(new Event('change'))";
    browser.script(choose, vec![]).await;
    hears(&browser, "rollcall:ready", "").await;
    assert_eq!(in_frame("return document.documentElement.dataset.theme").await, "light");

    // What is wrong with the wall's file is no matter of the portal's.
    let notes = "return document.querySelectorAll('.notes li').length";
    assert_eq!(in_frame(notes).await, 0);
    let house = tokens_are_renewed(house, &browser, &shape).await;

    // In a page of a third origin the frame stays empty, and nothing is heard.
    browser.page.goto(&format!("http://localhost:{stranger}/?rollcall={base}")).await.unwrap();
    let empty = until(SOON, "the frame is refused", || async {
        let inside =
            in_frame("return [location.href, document.querySelectorAll('main, [data-user-id]').length]")
                .await;
        inside[0].as_str().unwrap().starts_with("chrome-error:").then_some(inside)
    })
    .await;
    assert_eq!(empty[1], 0);
    assert_eq!(browser.script(HEARD, vec![]).await, json!([]));
    browser.quit().await;
    house.stop().await;
}
