//! What a browser is answered.

use axum::body::to_bytes;

use super::*;

const JS: &str = "app-6ff0af35225acf53.js";
const WASM: &str = "app-538f3c6a486adf2a_bg.wasm";

fn assets() -> Assets {
    let files = [
        ("build.json", r#"{"build":"3262e03cb9fb39fc","files":[]}"#),
        ("index.html", "<link href=\"/style-1ad4b05f64f37105.css\"><script>alert(1)</script>"),
        ("console.html", "<link href=\"/style-99d4b05f64f37105.css\"><script>alert(2)</script>"),
        ("index.html.br", "page in brotli"),
        (JS, "export {}"),
        ("app-6ff0af35225acf53.js.br", "js in brotli"),
        ("app-6ff0af35225acf53.js.gz", "js in gzip"),
        (WASM, "wasm"),
        ("style-1ad4b05f64f37105.css", "p {}"),
        ("style-99d4b05f64f37105.css", "a {}"),
        ("icon-d21884dfd5dbefa0.svg", "<svg/>"),
        ("robots.txt", "nobody"),
    ];
    Assets::of(files.map(|(name, text)| (name.to_owned(), Bytes::from_static(text.as_bytes()))).into())
}

fn request(headers: &[(header::HeaderName, &str)]) -> HeaderMap {
    headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
}

fn accepting(encodings: &str) -> HeaderMap {
    request(&[(header::ACCEPT_ENCODING, encodings)])
}

async fn body(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap()
}

#[track_caller]
fn has(response: &Response, name: &header::HeaderName, expected: Option<&str>) {
    assert_eq!(response.headers().get(name).map(|value| value.to_str().unwrap()), expected, "{name}");
}

#[tokio::test]
async fn a_file_comes_in_the_smallest_encoding_the_browser_takes() {
    for (encodings, expected, encoding) in [
        ("gzip, deflate, br", "js in brotli", Some("br")),
        ("gzip", "js in gzip", Some("gzip")),
        ("br;q=0, gzip;q=0.1", "js in gzip", Some("gzip")),
        ("identity", "export {}", None),
    ] {
        let response = assets().file(JS, &accepting(encodings)).unwrap();
        has(&response, &header::CONTENT_ENCODING, encoding);
        has(&response, &header::VARY, Some("accept-encoding"));
        has(&response, &header::CONTENT_TYPE, Some("text/javascript; charset=utf-8"));
        assert_eq!(body(response).await, expected, "{encodings}");
    }
    let response = assets().file(WASM, &accepting("br")).unwrap();
    has(&response, &header::CONTENT_ENCODING, None);
    has(&response, &header::CONTENT_TYPE, Some("application/wasm"));
    assert_eq!(body(response).await, "wasm");
}

#[test]
fn a_name_with_a_hash_is_kept_for_ever_and_any_other_asked_about() {
    let assets = assets();
    let cache = |path: &str| {
        let response = assets.file(path, &HeaderMap::new()).unwrap();
        has(&response, &header::X_CONTENT_TYPE_OPTIONS, Some("nosniff"));
        has(&response, &header::REFERRER_POLICY, Some("no-referrer"));
        response.headers()[header::CACHE_CONTROL].clone()
    };
    assert_eq!([cache(JS), cache("/style-1ad4b05f64f37105.css"), cache(WASM)], [FOR_EVER; 3]);
    assert_eq!(cache("robots.txt"), ASK_FIRST);
    for name in ["index.html", "app-6ff0af35225acf5.js", "app-6FF0AF35225ACF53.js", "6ff0af35225acf53.js"] {
        assert!(!is_hashed(name), "{name}");
    }
}

#[tokio::test]
async fn what_the_browser_holds_is_not_sent_again() {
    let assets = assets();
    let plain = assets.file(JS, &HeaderMap::new()).unwrap().headers()[header::ETAG].clone();
    let brotli = assets.file(JS, &accepting("br")).unwrap().headers()[header::ETAG].clone();
    assert_ne!(plain, brotli);

    let held = format!("\"other\", W/{}", plain.to_str().unwrap());
    let response = assets.file(JS, &request(&[(header::IF_NONE_MATCH, &held)])).unwrap();
    assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    has(&response, &header::ETAG, Some(plain.to_str().unwrap()));
    assert_eq!(response.headers()[header::CACHE_CONTROL], FOR_EVER);
    assert_eq!(body(response).await, "");

    let other = request(&[(header::IF_NONE_MATCH, &held), (header::ACCEPT_ENCODING, "br")]);
    assert_eq!(assets.file(JS, &other).unwrap().status(), StatusCode::OK);
    let any = request(&[(header::IF_NONE_MATCH, "*")]);
    assert_eq!(assets.index(&any).status(), StatusCode::NOT_MODIFIED);
}

#[test]
fn only_what_the_page_names_can_be_asked_for() {
    let assets = assets();
    for path in [
        "",
        "/",
        "index.html",
        "console.html",
        "build.json",
        "app-6ff0af35225acf53.js.br",
        "../Cargo.toml",
        "/../../etc/passwd",
        "//etc/passwd",
        "%2e%2e/Cargo.toml",
        "app-6ff0af35225acf53.js/",
    ] {
        assert!(assets.file(path, &HeaderMap::new()).is_none(), "{path}");
    }
}

#[tokio::test]
async fn the_page_carries_its_policy_and_is_asked_about() {
    let response = assets().index(&accepting("br"));
    has(&response, &header::CONTENT_TYPE, Some("text/html; charset=utf-8"));
    has(&response, &header::CACHE_CONTROL, Some("no-cache"));
    has(&response, &header::CONTENT_ENCODING, Some("br"));
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), "{policy}");
    assert_eq!(body(response).await, "page in brotli");
    // The console's own, under the same rules.
    let response = assets().console(&HeaderMap::new());
    has(&response, &header::CACHE_CONTROL, Some("no-cache"));
    has(&response, &header::X_CONTENT_TYPE_OPTIONS, Some("nosniff"));
    let of_console = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(of_console.contains("default-src 'none'") && of_console.contains("frame-ancestors 'none'"));
    assert!(of_console.contains("'sha256-") && of_console != policy, "{of_console}");
    assert!(body(response).await.contains("alert(2)"));
}

#[tokio::test]
async fn an_unknown_wall_is_answered_with_the_list_in_the_app_s_look() {
    let walls =
        [WallDefinition { id: "floor".into(), title: "Floor".to_owned(), ..WallDefinition::default() }];
    let response = assets().not_found_page(&walls, "roof");
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    has(&response, &header::CONTENT_TYPE, Some("text/html; charset=utf-8"));
    assert!(
        response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("style-src 'self'")
    );
    let page = body(response).await;
    assert!(page.contains("“roof”") && page.contains("href=\"/wall/floor\""), "{page}");
    assert!(!page.contains("style-99d4b05f64f37105.css"), "the console's is not for walls: {page}");
    assert!(
        page.contains("/style-1ad4b05f64f37105.css") && page.contains("/icon-d21884dfd5dbefa0.svg"),
        "{page}"
    );
}

#[tokio::test]
async fn an_app_that_is_not_there_says_how_to_make_it() {
    let assets = Assets::of(Vec::new());
    assert_eq!(assets.build(), "dev");
    let response = assets.index(&HeaderMap::new());
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(body(response).await.contains("`cargo xtask bundle`"));
}

#[test]
fn the_build_is_named_by_its_file() {
    assert_eq!(assets().build(), "3262e03cb9fb39fc");
    let unreadable = Assets::of(vec![("build.json".to_owned(), Bytes::from_static(b"{"))]);
    assert_eq!(unreadable.build(), "dev");
}

#[cfg(not(embedded_app))]
#[test]
fn a_folder_that_is_missing_gives_no_files() {
    assert!(source::read(std::path::Path::new("/does/not/exist")).is_empty());
}
