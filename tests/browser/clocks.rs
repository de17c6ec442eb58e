//! Clocks that jump: the machine's date is put forward and back, daylight saving ends, the machine sleeps. Times in state go on
//! evenly, the wall is stale when nobody vouches for it and not else, and the badge is right soon after.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    agree_within,
    harness::{House, SOON, browser::Browser, clock_from, still, until},
};

/// For the proxy ten minutes pass in one moment: it takes its own channel for dead and makes another.
const UPSTREAM_BACK: Duration = Duration::from_secs(30);

/// The browser's two clocks, each ahead by what the test says, before anything of the page runs.
const OWN_CLOCKS: &str = "
    const date = Date.now.bind(Date), steady = performance.now.bind(performance);
    window.ahead = { date: 0, steady: 0 };
    Date.now = () => date() + window.ahead.date;
    performance.now = () => steady() + window.ahead.steady;";

/// What is on the wall: seconds in state of each agent, the clock of the header, and the badge.
const SEEN: &str = "
    const seconds = text => text.split(':').reduce((all, part) => all * 60 + Number(part), 0);
    return {
        times: Object.fromEntries([...document.querySelectorAll('[data-user-id]')].map(card =>
            [card.dataset.userId, seconds(card.querySelector('[data-field=time-in-state]').textContent)])),
        clock: document.querySelector('.header-clock').textContent,
        badge: document.querySelector('[data-live]').dataset.live,
    };";

/// From now on the longest time for which the page did not run.
const LONGEST_PAUSE: &str = "
    let last = performance.now();
    window.pausedMs = 0;
    setInterval(() => {
        const now = performance.now();
        window.pausedMs = Math.max(window.pausedMs, now - last);
        last = now;
    }, 100);";

/// What was seen for a while.
struct Watched {
    badges: Vec<String>,
    clocks: Vec<String>,
}

/// Looks at the wall for so long. The world stands still, so that every time in state grows by what passes and nothing else.
async fn watch(browser: &Browser, what: &str, limit: Duration) -> Watched {
    let (began, first) = (Instant::now(), browser.script(SEEN, vec![]).await);
    let mut last = first.clone();
    let mut watched = Watched { badges: Vec::new(), clocks: Vec::new() };
    let of = |seen: &Value, id: &str| seen["times"][id].as_f64().unwrap();
    while began.elapsed() < limit {
        let seen = browser.script(SEEN, vec![]).await;
        // A second of its own for each: times are whole seconds, and written some moments after they change.
        let most = began.elapsed().as_secs_f64() + 2.0;
        for (id, time) in seen["times"].as_object().unwrap() {
            let (time, before) = (time.as_f64().unwrap(), of(&last, id));
            assert!(time >= before, "{what}: {before} s in state, and then {time} s");
            assert!(
                time <= of(&first, id) + most,
                "{what}: {} s, and {most} s later {time} s",
                of(&first, id)
            );
        }
        for (all, one) in [(&mut watched.badges, &seen["badge"]), (&mut watched.clocks, &seen["clock"])] {
            let one = one.as_str().unwrap().to_owned();
            if all.last() != Some(&one) {
                all.push(one);
            }
        }
        last = seen;
        sleep(Duration::from_millis(50)).await;
    }
    watched
}

/// The organisation's presence for meals.
async fn meal(house: &House) -> String {
    let all = house.upstream.get("/api/v2/presence/definitions").await;
    let found = all["entities"].as_array().unwrap().iter().find(|one| one["systemPresence"] == "Meal");
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Waits until the clock on the wall is right, and the wall live again.
async fn shows(browser: &Browser, clock: &str) {
    until(SOON, "the wall shows the time after the sleep", || async {
        (browser.script(SEEN, vec![]).await["clock"] == clock).then_some(())
    })
    .await;
    browser.wait_for_badge("live", UPSTREAM_BACK).await;
}

async fn put_ahead(browser: &Browser, by: Value) {
    browser.script("Object.assign(window.ahead, arguments[0])", vec![by]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_jump_move_no_time_on_the_wall() {
    // Seconds before daylight saving ends in Berlin.
    let house = House::start_with(clock_from("2026-10-25T00:59:42Z"), still(30, 3), |_| {}).await;
    let browser = Browser::start(1366, 768).await;
    let tools = browser.page.cdp();
    tools.send_raw("Emulation.setTimezoneOverride", json!({ "timezoneId": "Europe/Berlin" })).await.unwrap();
    let script = json!({ "source": OWN_CLOCKS });
    tools.send_raw("Page.addScriptToEvaluateOnNewDocument", script).await.unwrap();
    browser.open_live(&format!("{}?lang=de", house.floor())).await;
    let began = browser.script(SEEN, vec![]).await["clock"].clone();
    assert_eq!(began, "2:59", "the test began before the change");
    let through = Duration::from_millis(
        ("2026-10-25T01:00:03Z".parse::<protocol::Timestamp>().unwrap())
            .ms_since(house.clock.now())
            .max(0)
            .unsigned_abs(),
    );
    let watched = watch(&browser, "the end of daylight saving", through).await;
    assert_eq!(watched.clocks, ["2:59", "2:00"], "only the clock on the wall is put back");
    assert_eq!(watched.badges, ["live"]);

    // The machine's date is put back by two hours: nothing of it is seen.
    put_ahead(&browser, json!({ "date": -7_200_000 })).await;
    let watched = watch(&browser, "a date put back", Duration::from_secs(4)).await;
    assert_eq!((watched.badges, watched.clocks), (vec!["live".to_owned()], vec!["2:00".to_owned()]));

    // It is put forward by four: that looks like sleep, so the proxy is asked, and its word counts.
    put_ahead(&browser, json!({ "date": 7_200_000 })).await;
    let watched = watch(&browser, "a date put forward", Duration::from_secs(6)).await;
    assert_eq!(watched.badges.last().unwrap(), "live", "{:?}", watched.badges);
    assert_eq!(watched.clocks, ["2:00"]);

    // The browser freezes the page, as it does with tabs that nobody looks at; meanwhile somebody goes to lunch.
    browser.script(LONGEST_PAUSE, vec![]).await;
    let lifecycle = |state: &str| json!({ "state": state });
    tools.send_raw("Page.setWebLifecycleState", lifecycle("frozen")).await.unwrap();
    let (user, meal) =
        (house.truth().await["agents"][0]["id"].as_str().unwrap().to_owned(), meal(&house).await);
    house.upstream.patch_presence(&user, &json!({ "presenceDefinition": { "id": meal } })).await;
    sleep(Duration::from_secs(3)).await;
    tools.send_raw("Page.setWebLifecycleState", lifecycle("active")).await.unwrap();
    agree_within(&browser, &house.upstream, SOON).await;
    let paused_ms = browser.script("return window.pausedMs", vec![]).await.as_f64().unwrap();
    assert!(paused_ms > 2_000.0, "the page did not run meanwhile: {paused_ms} ms");

    // The machine sleeps for ten minutes, in which its steady clock stands still and the world goes on.
    let slept_ms = 600_000;
    house.clock.advance_ms(slept_ms);
    put_ahead(&browser, json!({ "date": 7_200_000 + slept_ms })).await;
    shows(&browser, "2:10").await;
    agree_within(&browser, &house.upstream, UPSTREAM_BACK).await;
    // And so does one whose steady clock goes on in its sleep.
    house.clock.advance_ms(slept_ms);
    put_ahead(&browser, json!({ "date": 7_200_000 + 2 * slept_ms, "steady": slept_ms })).await;
    shows(&browser, "2:20").await;
    agree_within(&browser, &house.upstream, UPSTREAM_BACK).await;
    watch(&browser, "after both", Duration::from_secs(1)).await;
    browser.quit().await;
    house.stop().await;
}
