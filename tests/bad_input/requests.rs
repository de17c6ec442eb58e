//! Requests that are not to be served: each is refused in its own way, and other screens do not notice.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, client::IntoClientRequest, http::HeaderValue},
};

use crate::{
    Watch,
    harness::{House, page::Page, still},
};

const WALL: &str = "/rollcall/walls/floor/channel";

async fn check(request: RequestBuilder, expected: (u16, &str), what: &str) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{what}: {status} {text}"));
    assert_eq!((status, body["code"].as_str().unwrap_or("no code")), expected, "{what}: {text}");
    assert_eq!(body["status"], status, "{what}: {text}");
    assert!(body["contextId"].is_string(), "{what}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_walls_are_told_which_there_are() {
    let house = House::start(still(10, 2)).await;
    let page = Page::open(&house.proxy.base_url()).await;
    let answer = page.request(Method::GET, "/wall/nope").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let text = answer.text().await.unwrap();
    assert!(text.contains("/wall/floor") && text.contains("Support floor"), "the list: {text}");
    let script = page.request(Method::GET, "/wall/%3Cscript%3Ealert(1)%3C%2Fscript%3E").send().await.unwrap();
    assert_eq!(script.status(), StatusCode::NOT_FOUND);
    assert!(!script.text().await.unwrap().contains("<script>alert"), "what was asked for is not markup");
    check(page.request(Method::GET, "/rollcall/walls/nope"), (404, "not.found"), "definition").await;
    let channel = page.request(Method::POST, "/rollcall/walls/nope/channel").json(&json!({}));
    let answer = channel.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let body: Value = answer.json().await.unwrap();
    assert!(body["message"].as_str().unwrap().contains("floor"), "it names those there are: {body}");
    check(page.request(Method::GET, "/rollcall/nothing"), (404, "not.found"), "no such route").await;
    check(page.request(Method::DELETE, "/rollcall/walls"), (405, "method.not.allowed"), "wrong method").await;
    let wrong = page.request(Method::DELETE, "/rollcall/walls").send().await.unwrap();
    assert_eq!(wrong.headers()["allow"], "GET,HEAD", "it names those that there are");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_from_our_page_is_refused() {
    let house = House::start(still(10, 2)).await;
    let base = house.proxy.base_url();
    let page = Page::open(&base).await;
    let mut watch = Watch::begin(&house.upstream, &house.machine).await;
    let bare = |method: Method, path: &str| {
        page.http.request(method, format!("{base}{path}")).header("cookie", &page.cookie)
    };

    for host in ["rebound.example.com", "rebound.example.com:80", "127.0.0.1", "127.0.0.1:1", "[::1]:1", ""] {
        for path in ["/", "/healthz", "/rollcall/walls", "/api/v2/users"] {
            check(bare(Method::GET, path).header("host", host), (421, "wrong.host"), host).await;
        }
    }
    watch.still_hears("wrong hosts").await;

    let post = || bare(Method::POST, WALL).json(&json!({}));
    let foreign = ["http://evil.example.com", "null", "http://127.0.0.1:1", "https://127.0.0.1"];
    for origin in foreign {
        let request = post().header("x-rollcall", "1").header("origin", origin);
        check(request, (403, "not.authorized"), origin).await;
    }
    check(post().header("origin", &base), (403, "not.authorized"), "without x-rollcall").await;
    check(post(), (403, "not.authorized"), "without anything").await;
    let stranger = page.http.post(format!("{base}{WALL}")).json(&json!({}));
    check(stranger, (401, "authentication.required"), "a program without a token").await;
    let token = page.http.post(format!("{base}{WALL}")).bearer_auth("made-up").json(&json!({}));
    check(token, (401, "authentication.required"), "a made-up token").await;
    watch.still_hears("foreign requests").await;

    // The page's own channel: neither another site nor another session gets in.
    let opened = page.request(Method::POST, WALL).json(&json!({})).send().await.unwrap();
    let opened: Value = opened.json().await.unwrap();
    let uri = opened["connectUri"].as_str().unwrap();
    let other = Page::open(&base).await;
    let knocks = [
        (Some("http://evil.example.com"), Some(page.cookie.as_str()), 403),
        (None, Some(page.cookie.as_str()), 403),
        (Some(base.as_str()), None, 404),
        (Some(base.as_str()), Some(other.cookie.as_str()), 404),
    ];
    for (origin, cookie, expected) in knocks {
        let mut request = uri.into_client_request().unwrap();
        for (name, value) in [("origin", origin), ("cookie", cookie)] {
            if let Some(value) = value {
                request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        match connect_async(request).await {
            Err(Error::Http(answer)) => assert_eq!(answer.status(), expected, "{origin:?} {cookie:?}"),
            other => panic!("{origin:?} {cookie:?}: {other:?}"),
        }
    }
    let mut socket = page.socket(uri).await;
    watch.still_hears("foreign sockets").await;
    socket.find(|frame| frame["eventBody"]["modifiedDate"].is_string()).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_session_is_replaced_silently() {
    let house = House::start(still(10, 2)).await;
    let base = house.proxy.base_url();
    let page = Page::open(&base).await;
    let name = page.cookie.split('=').next().unwrap();
    let lost = Page { cookie: format!("{name}=of-another-run"), base: base.clone(), http: page.http.clone() };
    for (method, path) in [(Method::GET, "/"), (Method::GET, "/rollcall/walls"), (Method::POST, WALL)] {
        let answer = lost.request(method, path).body("{}").send().await.unwrap();
        // Without a bundle the page itself is 503, with a session all the same.
        assert!(answer.status().is_success() || path == "/", "{path}: {}", answer.status());
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.starts_with(&format!("{name}=")) && !cookie.contains("of-another-run"), "{cookie}");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    }
    let known = page.request(Method::GET, "/rollcall/walls").send().await.unwrap();
    assert!(known.headers().get("set-cookie").is_none(), "a known session stays");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn huge_bodies_are_refused() {
    let house = House::start(still(10, 2)).await;
    let page = Page::open(&house.proxy.base_url()).await;
    let mut watch = Watch::begin(&house.upstream, &house.machine).await;
    let huge = || format!("{{\"epoch\":\"{}\"}}", "x".repeat(600_000));
    check(page.request(Method::POST, WALL).body(huge()), (413, "request.entity.too.large"), "wall").await;
    let form = page.http.post(format!("{}/oauth/token", page.base)).basic_auth("rollcall-demo", Some("x"));
    check(form.body("a".repeat(20_000)), (413, "request.entity.too.large"), "token").await;
    for bad in ["{", "{\"seq\":\"many\"}", "{\"epoch\":7}", "\u{0}"] {
        check(page.request(Method::POST, WALL).body(bad), (400, "bad.request"), bad).await;
    }
    watch.still_hears("huge bodies").await;
    house.stop().await;
}
