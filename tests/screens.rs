//! Screens that a key lets in, over real sockets: what a key opens, and that it opens nothing else.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{House, Socket, http, page::Page, still, system_clock};
use protocol::{
    WallId,
    wall::{Kind, Names, Play, WallDefinition},
};
use proxy::config::{Config, Origin, ScreenKey, Secret, WallConfig};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, LOCATION, ORIGIN, REFERRER_POLICY, RETRY_AFTER,
        SET_COOKIE,
    },
    redirect,
};
use serde_json::{Value, json};

const LOBBY: &str = "lobby key +/= of the tests";
const PORTAL: &str = "portal key of the tests";
const LOOP: &str = "playlist key of the tests";
const GUEST: &str = "guests' key of the tests";

fn wall(id: &str) -> WallDefinition {
    WallDefinition { id: WallId::new(id), title: format!("Title of {id}"), ..WallDefinition::default() }
}

fn key(name: &str, secret: &str, wall: &str, embed: bool) -> ScreenKey {
    let walls = vec![WallId::new(wall)];
    ScreenKey { name: name.into(), secret: Secret::new(secret), walls, names: Names::Full, embed }
}

/// Four walls, one of them a playlist of two others, and four keys.
fn shape(config: &mut Config) {
    let play = |id: &str| Play { wall: WallId::new(id), seconds: 10 };
    let playlist =
        WallDefinition { kind: Kind::Playlist, play: vec![play("sales"), play("support")], ..wall("loop") };
    config.walls = WallConfig::fixed(vec![wall("floor"), wall("sales"), wall("support"), playlist]);
    config.keys = vec![
        key("lobby", LOBBY, "floor", false),
        key("portal", PORTAL, "floor", true),
        key("loop", LOOP, "loop", false),
        ScreenKey { names: Names::Counts, ..key("guest", GUEST, "floor", true) },
    ];
    config.embed.parents = vec![origin("https://portal.example.com")];
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

/// A client that shows where it is sent instead of going there.
fn stays() -> Client {
    drop(http());
    Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap()
}

fn header(answer: &Response, name: reqwest::header::HeaderName) -> &str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Opens a wall with a key, as a screen's browser does, and returns the page with its cookie.
async fn let_in(base: &str, wall: &str, key: &str) -> Page {
    let query = form(key);
    let answer = stays().get(format!("{base}/wall/{wall}?key={query}")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", answer.text().await.unwrap());
    let cookie = header(&answer, SET_COOKIE).split(';').next().unwrap().to_owned();
    Page { http: stays(), base: base.to_owned(), cookie }
}

fn form(text: &str) -> String {
    reqwest::Url::parse_with_params("http://x/", [("k", text)]).unwrap().query().unwrap()[2..].to_owned()
}

async fn status_and_body(request: RequestBuilder) -> (StatusCode, String) {
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// Everything that a key does not open: method, path.
const CLOSED: [(Method, &str); 24] = [
    (Method::GET, "/rollcall/walls/sales"),
    (Method::POST, "/rollcall/walls/sales/channel"),
    (Method::GET, "/rollcall/walls/nope"),
    (Method::POST, "/rollcall/walls/nope/channel"),
    (Method::POST, "/rollcall/walls/floor/alarms/some/acknowledge"),
    (Method::GET, "/rollcall/nothing"),
    (Method::GET, "/wall/sales"),
    (Method::GET, "/wall/nope"),
    (Method::GET, "/api/v2/users"),
    (Method::GET, "/api/v2/users/somebody"),
    (Method::GET, "/api/v2/users/somebody/presences/purecloud"),
    (Method::PATCH, "/api/v2/users/somebody/presences/purecloud"),
    (Method::GET, "/api/v2/presence/definitions"),
    (Method::GET, "/api/v2/routing/queues"),
    (Method::GET, "/api/v2/routing/queues/some"),
    (Method::GET, "/api/v2/routing/queues/some/members"),
    (Method::POST, "/api/v2/analytics/queues/observations/query"),
    (Method::GET, "/api/v2/notifications/availabletopics"),
    (Method::GET, "/api/v2/notifications/channels"),
    (Method::POST, "/api/v2/notifications/channels"),
    (Method::GET, "/api/v2/notifications/channels/some/subscriptions"),
    (Method::PUT, "/api/v2/notifications/channels/some/subscriptions"),
    (Method::DELETE, "/api/v2/notifications/channels/some/subscriptions"),
    (Method::GET, "/api/v2/nothing"),
];

async fn opens_floor_alone(house: &House, request: impl Fn(Method, &str) -> RequestBuilder) {
    let list: Value = request(Method::GET, "/rollcall/walls").send().await.unwrap().json().await.unwrap();
    let ids: Vec<&str> =
        list["walls"].as_array().unwrap().iter().map(|w| w["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["floor"]);
    assert_eq!(list["console"], Value::Null, "no link leads where a screen may not go");
    for (method, path) in
        [(Method::GET, "/rollcall/walls/floor"), (Method::POST, "/rollcall/walls/floor/channel")]
    {
        let (status, body) = status_and_body(request(method, path)).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
    }
    for (method, path) in CLOSED {
        let (status, body) = status_and_body(request(method.clone(), path)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: {body}");
        assert!(
            body.contains("screen's key") || body.contains("screen&#39;s key"),
            "{method} {path}: {body}"
        );
        assert!(!body.contains("Title of"), "{method} {path} tells of other walls: {body}");
    }
    // A key is no machine's secret.
    let token =
        http().post(format!("{}/oauth/token", house.proxy.base_url())).basic_auth("lobby", Some(LOBBY));
    let token = token.form(&[("grant_type", "client_credentials")]).send().await.unwrap();
    assert_eq!(token.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_its_wall_and_nothing_else() {
    let house = House::start_with(system_clock(), still(20, 2), shape).await;
    let base = house.proxy.base_url();
    let address = format!("{base}/wall/floor?theme=light&key={}&scale=2", form(LOBBY));
    let answer = stays().get(&address).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&answer, LOCATION), "/wall/floor?theme=light&scale=2");
    // Neither a cache keeps the address with the key, nor is the next page told of it.
    assert_eq!(
        (header(&answer, CACHE_CONTROL), header(&answer, REFERRER_POLICY)),
        ("no-store", "no-referrer")
    );
    let cookies: Vec<_> = answer.headers().get_all(SET_COOKIE).iter().collect();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    let cookie = header(&answer, SET_COOKIE).to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=34560000"] {
        assert!(cookie.contains(part), "{part} is not in {cookie}");
    }
    let screen = let_in(&base, "floor", LOBBY).await;
    opens_floor_alone(&house, |method, path| screen.request(method, path)).await;

    // It comes back with its key as the same screen; its sockets are its own.
    let again = stays().get(&address).header(COOKIE, &screen.cookie).send().await.unwrap();
    let id = |cookie: &str| cookie.split('.').nth(2).unwrap().to_owned();
    assert_eq!(id(header(&again, SET_COOKIE)), id(&screen.cookie));
    let as_guest = format!("{base}/wall/floor?key={}", form(GUEST));
    let guest = stays().get(as_guest).header(COOKIE, &screen.cookie).send().await.unwrap();
    assert_ne!(id(header(&guest, SET_COOKIE)), id(&screen.cookie), "another key, another screen");
    let (snapshot, mut socket) = screen.wall("floor").await;
    let uri = snapshot["connectUri"].as_str().unwrap();
    house.fault("close_sockets", 1).await;
    socket.find(|frame| frame["topicName"].as_str().is_some_and(|topic| topic.contains("shards"))).await;
    let other = let_in(&base, "floor", LOBBY).await;
    assert_ne!(id(&other.cookie), id(&screen.cookie));
    assert_eq!(upgrade(&other, uri, Some(&base), true).await, StatusCode::NOT_FOUND);
    assert_eq!(upgrade(&screen, uri, Some("https://evil.example"), true).await, StatusCode::FORBIDDEN);
    assert_eq!(upgrade(&screen, uri, Some(&base), true).await, StatusCode::SWITCHING_PROTOCOLS);

    // In use it gets another cookie each day, as the same screen.
    let list = async |cookie: &str| {
        let request = stays().get(format!("{base}/rollcall/walls")).header(COOKIE, cookie);
        header(&request.send().await.unwrap(), SET_COOKIE).to_owned()
    };
    assert_eq!(list(&screen.cookie).await, "");
    house.clock.advance_ms(24 * 3_600_000);
    let renewed = list(&screen.cookie).await;
    assert!(renewed.contains("Max-Age=34560000") && id(&renewed) == id(&screen.cookie), "{renewed}");
    assert_eq!(list(renewed.split(';').next().unwrap()).await, "");

    // A page that changes something needs our header.
    let bare =
        screen.http.post(format!("{base}/rollcall/walls/floor/channel")).header(COOKIE, &screen.cookie);
    assert_eq!(status_and_body(bare).await.0, StatusCode::FORBIDDEN);
    // A forged cookie is none: on this machine the page gets a session by itself.
    let forged = screen.cookie.replace(".lobby.", ".portal.");
    let forged = stays().get(format!("{base}/rollcall/walls")).header(COOKIE, forged).send().await.unwrap();
    assert!(header(&forged, SET_COOKIE).len() > 10, "a new session");
    house.stop().await;
}

/// Asks for the upgrade of a socket and returns the status.
async fn upgrade(page: &Page, uri: &str, origin: Option<&str>, with_cookie: bool) -> StatusCode {
    let mut request = page.http.get(uri.replacen("ws", "http", 1));
    for (name, value) in [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ] {
        request = request.header(name, value);
    }
    if let Some(origin) = origin {
        request = request.header(ORIGIN, origin);
    }
    if with_cookie {
        request = request.header(COOKIE, &page.cookie);
    }
    request.send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_playlist_opens_the_walls_that_it_plays() {
    let house = House::start_with(system_clock(), still(10, 1), shape).await;
    let screen = let_in(&house.proxy.base_url(), "loop", LOOP).await;
    for (wall, expected) in [
        ("loop", StatusCode::OK),
        ("sales", StatusCode::OK),
        ("support", StatusCode::OK),
        ("floor", StatusCode::FORBIDDEN),
    ] {
        let request = screen.request(Method::POST, &format!("/rollcall/walls/{wall}/channel"));
        assert_eq!(status_and_body(request).await.0, expected, "{wall}");
    }
    let (status, page) = status_and_body(screen.request(Method::GET, "/wall/sales")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_wall_is_for_whoever_asks() {
    // What is wrong with the wall tells of queues that it does not show, and its neighbour of a site.
    let house = House::start_with(system_clock(), still(10, 3), |config| {
        shape(config);
        let tiles: WallDefinition =
            serde_json::from_value(json!({ "id": "sales", "title": "Sales", "kind": "tiles",
            "tiles": [{ "type": "image", "url": "https://intranet.example.com/a.png", "text": "A" }] }))
            .unwrap();
        config.walls.fixed[0].queues = vec!["No such queue".to_owned()];
        config.walls.fixed[1] = tiles;
        config.walls.default = Some(WallId::new("sales"));
    })
    .await;
    let base = house.proxy.base_url();
    let said = async |page: &Page, path: &str| -> Value {
        page.request(Method::GET, path).send().await.unwrap().json().await.unwrap()
    };
    let (lobby, guest) = (let_in(&base, "floor", LOBBY).await, let_in(&base, "floor", GUEST).await);
    let wall = said(&lobby, "/rollcall/walls/floor").await;
    assert!(wall["notes"][0].as_str().unwrap().contains("No such queue"), "{wall}");
    for wall in [
        said(&guest, "/rollcall/walls/floor").await,
        said(&guest, "/rollcall/walls").await["walls"][0].clone(),
    ] {
        assert_eq!((&wall["notes"], &wall["names"]), (&Value::Null, &json!("counts")), "{wall}");
    }

    // Nor does anybody reach a screen of that key, whatever it asks for.
    for (query, body) in [("", json!({})), ("?names=full", json!({ "names": "full", "class": "full" }))] {
        let path = format!("/rollcall/walls/floor/channel{query}");
        let answer = guest.request(Method::POST, &path).json(&body).send().await.unwrap();
        let snapshot: Value = answer.json().await.unwrap();
        assert_eq!(snapshot["wall"]["names"], "counts");
        let text = snapshot.to_string();
        assert!(!text.contains("v2.users.") && !text.contains("rollcall.users."), "{text}");
        assert!(text.contains("rollcall.states.floor"));
    }

    let policy =
        async |page: RequestBuilder| header(&page.send().await.unwrap(), CONTENT_SECURITY_POLICY).to_owned();
    let intranet = "https://intranet.example.com";
    let local = Page::open(&base).await;
    for path in ["/", "/wall/sales"] {
        let policy = policy(local.request(Method::GET, path)).await;
        assert!(policy.contains(intranet), "{path}: {policy}");
    }
    // All are at an address of their own, whichever is the default.
    let default = async |page: &Page| said(page, "/rollcall/walls").await["default"].clone();
    assert_eq!((default(&local).await, default(&lobby).await), (json!("sales"), Value::Null));
    let list = stays().get(format!("{base}/walls")).send().await.unwrap();
    assert!(list.status() == StatusCode::OK && !header(&list, SET_COOKIE).is_empty());
    let playing = let_in(&base, "loop", LOOP).await;
    assert_eq!(default(&playing).await, "sales");
    assert!(policy(playing.request(Method::GET, "/wall/loop")).await.contains(intranet));
    for page in [
        lobby.request(Method::GET, "/"),
        lobby.request(Method::GET, "/wall/floor"),
        stays().get(format!("{base}/embed/floor")),
    ] {
        let policy = policy(page).await;
        assert!(policy.contains("img-src 'self' data:;"), "{policy}");
    }
    house.stop().await;
}

/// As it is behind a TLS proxy.
fn public(config: &mut Config) {
    shape(config);
    config.server.public_url = Some(origin("https://wall.example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_somebody_else_by_saying_so() {
    let house = House::start_with(system_clock(), still(10, 1), shape).await;
    let base = house.proxy.base_url();
    let open = async |n: u32| {
        let request = stays().get(format!("{base}/wall/floor?key=wrong"));
        status_and_body(request.header("x-forwarded-for", format!("192.0.2.{n}"))).await.0
    };
    for n in 0..10 {
        assert_eq!(open(n).await, StatusCode::FORBIDDEN);
    }
    assert_eq!(open(10).await, StatusCode::TOO_MANY_REQUESTS);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_are_refused_and_slowed_down() {
    let house = House::start_with(system_clock(), still(10, 1), public).await;
    let base = house.proxy.base_url();
    let open = |wall: &str, key: &str, from: &str| {
        let request = stays().get(format!("{base}/wall/{wall}?key={}", form(key)));
        request.header("x-forwarded-for", from.to_owned())
    };
    let answer = open("floor", "no key of anybody", "192.0.2.1").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!header(&answer, SET_COOKIE).contains(".lobby."));
    let page = answer.text().await.unwrap();
    assert!(page.contains("[[key]]") && !page.contains("no key of anybody"), "{page}");
    // Right, but for another wall.
    let (status, page) = status_and_body(open("sales", LOBBY, "192.0.2.2")).await;
    assert!(status == StatusCode::FORBIDDEN && page.contains("does not open that wall"), "{status} {page}");

    for _ in 1..10 {
        assert_eq!(status_and_body(open("floor", "wrong", "192.0.2.1")).await.0, StatusCode::FORBIDDEN);
    }
    let answer = open("floor", LOBBY, "192.0.2.1").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "the right one has to wait too");
    assert!((50..=60).contains(&header(&answer, RETRY_AFTER).parse::<u32>().unwrap()));
    assert_eq!(status_and_body(open("floor", LOBBY, "192.0.2.2")).await.0, StatusCode::SEE_OTHER);
    // The other way in is counted together with this one.
    let token = http().post(format!("{base}/rollcall/token")).header("x-forwarded-for", "192.0.2.1");
    let (status, _) = status_and_body(token.json(&json!({ "key": PORTAL, "wall": "floor" }))).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    house.stop().await;
}

/// Requests as they arrive through a TLS proxy on this machine.
fn through(base: &str, method: Method, path: &str, cookie: &str) -> RequestBuilder {
    let request = stays().request(method, format!("{base}{path}")).header(HOST, "wall.example.com");
    request.header(COOKIE, cookie).header(ORIGIN, "https://wall.example.com").header("x-rollcall", "1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_lets_a_screen_in_where_no_page_gets_a_session_and_the_screen_outlives_a_start() {
    let house = House::start_with(system_clock(), still(10, 1), public).await;
    let base = house.proxy.base_url();
    let (status, body) = status_and_body(through(&base, Method::GET, "/rollcall/walls", "")).await;
    assert!(status == StatusCode::UNAUTHORIZED && body.contains("?key="), "{status} {body}");
    let (status, body) = status_and_body(through(&base, Method::GET, "/wall/nope", "")).await;
    assert!(status == StatusCode::NOT_FOUND && !body.contains("Title of"), "{status} {body}");

    let path = format!("/wall/floor?key={}", form(LOBBY));
    let answer = through(&base, Method::GET, &path, "").send().await.unwrap();
    let cookie = header(&answer, SET_COOKIE).to_owned();
    assert!(cookie.starts_with("__Host-rollcall=") && cookie.contains("; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let channel = "/rollcall/walls/floor/channel";
    assert_eq!(status_and_body(through(&base, Method::POST, channel, cookie)).await.0, StatusCode::OK);

    // Another run of the proxy, with the same keys and then with others.
    for (keys_stay, expected) in [(true, StatusCode::OK), (false, StatusCode::UNAUTHORIZED)] {
        let mut config = Config::demo(house.simulator.address(), harness::ANYWHERE);
        public(&mut config);
        if !keys_stay {
            config.keys.clear();
        }
        let proxy = proxy::start(config, house.clock.clone()).await.unwrap();
        harness::ready(&proxy.base_url()).await;
        let request = through(&proxy.base_url(), Method::POST, channel, cookie);
        assert_eq!(status_and_body(request).await.0, expected, "the keys stay: {keys_stay}");
        proxy.stop().await;
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_framed_page_lives_on_a_token_and_gets_no_cookie() {
    let house = House::start_with(system_clock(), still(20, 2), shape).await;
    let base = house.proxy.base_url();
    let get = |path: &str| stays().get(format!("{base}{path}")).send();
    for (path, status) in
        [("/embed/floor?theme=light", 200), ("/embed/nope", 404), ("/embed/floor?key=x", 400)]
    {
        let page = get(path).await.unwrap();
        assert_eq!(page.status(), status, "{path}");
        let policy = header(&page, CONTENT_SECURITY_POLICY);
        assert!(policy.contains("frame-ancestors https://portal.example.com"), "{path}: {policy}");
        assert_eq!(header(&page, SET_COOKIE), "", "{path}");
        assert!(!page.text().await.unwrap().contains("Title of"), "{path} tells which walls there are");
    }
    for path in ["/", "/wall/floor", "/wall/nope"] {
        let page = get(path).await.unwrap();
        let policy = header(&page, CONTENT_SECURITY_POLICY);
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }

    let buy = |body: Value| http().post(format!("{base}/rollcall/token")).json(&body).send();
    for (body, expected) in [
        (json!({ "key": "no key of anybody", "wall": "floor" }), 403),
        (json!({ "key": LOBBY, "wall": "floor" }), 403),
        (json!({ "key": PORTAL, "wall": "sales" }), 403),
        (json!({ "key": PORTAL }), 400),
        (json!({ "key": "x".repeat(9_000), "wall": "floor" }), 413),
        (json!(null), 400),
    ] {
        let answer = buy(body.clone()).await.unwrap();
        assert_eq!(answer.status(), expected, "{body}");
        assert_eq!(header(&answer, SET_COOKIE), "", "{body}");
    }
    let bought = buy(json!({ "key": PORTAL, "wall": "floor" })).await.unwrap();
    assert_eq!(header(&bought, SET_COOKIE), "");
    let bought: Value = bought.json().await.unwrap();
    assert_eq!(
        (&bought["expiresInS"], &bought["parents"]),
        (&json!(600), &json!(["https://portal.example.com"]))
    );
    let token = bought["token"].as_str().unwrap();
    let with_token = |method, path: &str| {
        let request = stays().request(method, format!("{base}{path}")).bearer_auth(token);
        request.header(ORIGIN, &base).header("x-rollcall", "1")
    };
    opens_floor_alone(&house, with_token).await;

    // The socket: the channel's name and the Origin of a page of ours.
    let answer = with_token(Method::POST, "/rollcall/walls/floor/channel").send().await.unwrap();
    assert_eq!(header(&answer, SET_COOKIE), "");
    let snapshot: Value = answer.json().await.unwrap();
    let uri = snapshot["connectUri"].as_str().unwrap();
    let page = Page { http: stays(), base: base.clone(), cookie: String::new() };
    assert_eq!(upgrade(&page, uri, None, false).await, StatusCode::FORBIDDEN);
    let portal = Some("https://portal.example.com");
    assert_eq!(upgrade(&page, uri, portal, false).await, StatusCode::FORBIDDEN);
    let mut socket: Socket = page.socket(uri).await;
    house.fault("close_sockets", 1).await;
    socket.find(|frame| frame["topicName"].as_str().is_some_and(|topic| topic.contains("shards"))).await;

    // A cookie's pass is no token, a token no cookie, and a key neither.
    let screen = let_in(&base, "floor", LOBBY).await;
    let cookie = screen.cookie.split_once('=').unwrap();
    for made_up in [cookie.1, PORTAL, "t.portal.x.1.y"] {
        let asked = http().get(format!("{base}/rollcall/walls")).bearer_auth(made_up).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::UNAUTHORIZED, "{made_up}");
        assert_eq!(header(&asked, SET_COOKIE), "");
    }
    let asked = http().get(format!("{base}/rollcall/walls")).header(COOKIE, format!("{}={token}", cookie.0));
    let asked: Value = asked.send().await.unwrap().json().await.unwrap();
    assert_eq!(asked["walls"].as_array().unwrap().len(), 4, "a session of this machine, not of the key");
    house.stop().await;
}
