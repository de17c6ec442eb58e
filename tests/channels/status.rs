//! `/rollcall/status`, through the running program: what it tells is what is so, and it tells nobody's name and no secret.

use protocol::wall::Names;
use proxy::config::{ScreenKey, Secret};
use reqwest::{Client, Method, StatusCode, Url, header::SET_COOKIE, redirect};
use serde_json::{Value, json};

use crate::harness::{House, SOON, page::Page, still, system_clock, until};

const GUEST: &str = "guests' key of the tests";

/// As a page on this machine asks.
async fn status(base: &str) -> Value {
    let page = Page::open(base).await;
    let answer = page.request(Method::GET, "/rollcall/status").send().await.unwrap();
    answer.error_for_status().unwrap().json().await.unwrap()
}

/// Opens the wall with the guests' key, as a screen's browser does.
async fn let_in(base: &str) -> Page {
    let http = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    let address = Url::parse_with_params(&format!("{base}/wall/floor"), [("key", GUEST)]).unwrap();
    let answer = http.get(address).send().await.unwrap();
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    Page { http, base: base.to_owned(), cookie }
}

#[tokio::test]
async fn the_status_tells_what_is_so_and_nobodys_name() {
    let house = House::start_with(system_clock(), still(30, 3), |config| {
        let walls = vec![protocol::WallId::new("floor")];
        let (name, secret) = ("guest".into(), Secret::new(GUEST));
        config.keys = vec![ScreenKey { name, secret, walls, names: Names::Counts, embed: false }];
    })
    .await;
    let base = house.proxy.base_url();
    let first = status(&base).await;
    assert_eq!(first["complete"], true);
    assert_eq!(first["upstream"], "simulator");
    assert_eq!(first["version"], env!("CARGO_PKG_VERSION"));
    // 30 agents and 3 queues, one entry each, on one of the 18 channels of which none is kept for moves.
    assert_eq!(first["channels"], json!({ "used": 1, "limit": 18, "left": 17 }));
    assert_eq!(first["topics"], json!({ "used": 33, "limit": 18_000, "left": 17_967 }));
    assert_eq!((&first["leftOut"], &first["live"]), (&json!(0), &json!(1)));
    let shard = &first["shards"][0];
    assert_eq!(
        (&shard["live"], &shard["topics"]["used"], &shard["client"]),
        (&json!(true), &json!(33), &json!(0))
    );
    assert!(shard["liveAsOf"].is_string(), "{shard}");
    let lost = first["reconnects"].as_object().unwrap();
    assert!(lost.len() == 8 && lost.values().all(|count| count == 0), "{lost:?}");

    // What the simulator counted is what the status says.
    let (client, truth) = (&first["clients"][0], house.truth().await);
    let limits = truth["limits"].as_array().unwrap();
    let calls = limits.iter().map(|limit| limit["calls"].as_u64().unwrap()).max();
    assert_eq!(client["used"].as_u64(), calls, "{client}");
    assert_eq!(
        client["left"].as_u64().zip(client["used"].as_u64()).map(|(left, used)| left + used),
        client["allowed"].as_u64()
    );
    let made: u64 = client["byPurpose"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(Some(made), client["used"].as_u64(), "{client}");

    // A break is counted by its cause, and an event tells how long it was on its way.
    house.fault("close_sockets", 0).await;
    until(SOON, "the break is counted and mended", || async {
        let now = status(&base).await;
        (now["reconnects"]["closed"] == 1 && now["shards"][0]["live"] == true).then_some(())
    })
    .await;
    house.fault("evict_channels", 0).await;
    until(SOON, "the eviction is counted and mended", || async {
        let now = status(&base).await;
        (now["reconnects"]["evicted"] == 1 && now["shards"][0]["live"] == true).then_some(())
    })
    .await;
    assert_eq!(status(&base).await["trouble"], Value::Null, "nothing is wrong");
    // Why a channel does not come back is told, not why it went.
    house.fault("server_error", 60).await;
    house.fault("close_sockets", 0).await;
    until(SOON, "the failing call is told", || async {
        let told = status(&base).await;
        let why = told["shards"][0]["reason"].as_str()?;
        let is_told = told["live"] == 0 && told["trouble"] == format!("channel 0: {why}");
        (is_told && why.contains(" answered 5")).then_some(())
    })
    .await;
    house.upstream.send(Method::DELETE, "/simulator/faults", &Value::Null).await;
    until(SOON, "it is live again", || async {
        let told = status(&base).await;
        (told["live"] == 1 && told["trouble"].is_null()).then_some(())
    })
    .await;
    assert_eq!(status(&base).await["shown"], json!({ "lost": "3 · closed 2 · evicted 1" }));
    let users = house.machine.get("/api/v2/users?pageSize=1").await;
    let user = users["entities"][0]["id"].as_str().unwrap();
    house.upstream.patch_presence(user, &json!({ "message": "told at once" })).await;
    let delay =
        until(SOON, "the event is heard", || async { status(&base).await["upstreamDelayMs"].as_i64() }).await;
    assert!((0..2_000).contains(&delay), "on this machine: {delay} ms");

    // Who may see it: a screen that is told counts alone, too, since nobody is named; not who is unknown.
    let page = let_in(&base).await;
    let _wall = page.wall("floor").await;
    let answer = page.request(Method::GET, "/rollcall/status").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["screens"], 1, "the guest's own");
    let told = told.to_string();
    let people = house.machine.get("/api/v2/users?pageSize=100").await;
    for person in people["entities"].as_array().unwrap() {
        let name = person["name"].as_str().unwrap();
        assert!(
            !told.contains(name) && !told.contains(person["id"].as_str().unwrap()),
            "{name} is in {told}"
        );
    }
    for secret in ["rollcall-demo", "simulator.", "connectUri", "token", "ws:", "http:"] {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
    let stranger =
        page.http.get(format!("{base}/rollcall/status")).bearer_auth("nobody").send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    house.stop().await;
}
