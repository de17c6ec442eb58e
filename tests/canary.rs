//! The client secret, the upstream token and the names of upstream channels appear in no byte that a
//! browser, a machine client or a log receives; nor do our own capabilities in the log.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::StreamExt;
use harness::{
    SOON, Socket, Speaker,
    junk::{Junk, Middleman, Mood},
    page::{Page, metric},
    process::{SCREEN_KEY, Serve},
    ready, system_clock, until,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

const SECRET: &str = "canary-secret-9c1f7b02+/=&";

/// Everything that callers were given, to be looked through at the end.
#[derive(Default)]
struct Received(Vec<(String, String)>);

impl Received {
    async fn take(&mut self, what: &str, answer: Response) -> String {
        let head = format!("{} {:?}", answer.status(), answer.headers());
        let body = answer.bytes().await.unwrap();
        let body = String::from_utf8_lossy(&body).into_owned();
        self.0.push((what.to_owned(), format!("{head}\n{body}")));
        body
    }

    /// What a socket says in half a second.
    async fn listen(&mut self, what: &str, socket: &mut Socket) {
        let hear = async {
            while let Some(Ok(message)) = socket.0.next().await {
                if let Message::Text(text) = message {
                    self.0.push((what.to_owned(), text.to_string()));
                }
            }
        };
        // It goes on for ever; that is what the time is for.
        let _ = timeout(Duration::from_millis(500), hear).await;
    }

    fn holds_none_of(&self, canaries: &[String]) {
        for (what, text) in &self.0 {
            for canary in canaries {
                assert!(!text.contains(canary.as_str()), "{what} holds {canary:?}:\n{text}");
            }
        }
    }
}

/// A secret as itself, and as it would look where it was encoded.
fn spellings(secret: &str) -> Vec<String> {
    let mut all = vec![secret.to_owned()];
    let json = serde_json::to_string(secret).unwrap();
    all.push(json[1..json.len() - 1].to_owned());
    all.push(BASE64_STANDARD.encode(secret));
    all.push(BASE64_STANDARD.encode(format!("simulator:{secret}")));
    all.push(
        secret
            .bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() || b == b'-' {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect(),
    );
    all.push(format!("{:?}", secret.as_bytes()));
    all.sort();
    all.dedup();
    all
}

/// Every route that there is, in both ways in, well and badly asked for.
async fn ask_everything(base: &str, machine: &Speaker, received: &mut Received) {
    let page = Page::open(base).await;
    let users = machine.get("/api/v2/users?pageSize=2").await;
    let user = users["entities"][0]["id"].as_str().unwrap().to_owned();
    let queues = machine.get("/api/v2/routing/queues?pageSize=1").await;
    let queue = queues["entities"][0]["id"].as_str().unwrap().to_owned();
    let channel = machine.send(Method::POST, "/api/v2/notifications/channels", &Value::Null).await;
    let channel = channel["id"].as_str().unwrap().to_owned();
    let subscriptions = format!("/api/v2/notifications/channels/{channel}/subscriptions");

    let mut paths: Vec<String> = [
        "/",
        "/wall/floor",
        "/wall/nope",
        "/favicon.ico",
        "/nothing",
        "/healthz",
        "/readyz",
        "/metrics",
        "/rollcall/walls",
        "/rollcall/walls/floor",
        "/rollcall/walls/nope",
        "/rollcall/nothing",
        "/oauth/token",
        "/channels/nobodys",
        "/api/v2/nothing",
        "/api/v2/users?expand=presence,routingStatus",
        "/api/v2/users?pageSize=none",
        "/api/v2/presence/definitions",
        "/api/v2/routing/queues",
        "/api/v2/routing/queues/nobodys",
        "/api/v2/routing/queues/nobodys/members",
        "/api/v2/analytics/queues/observations/query",
        "/api/v2/notifications/availabletopics",
        "/api/v2/notifications/channels",
        "/api/v2/notifications/channels/nobodys",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend([
        format!("/api/v2/users/{user}?expand=presence"),
        format!("/api/v2/users/{user}/presences/purecloud"),
        format!("/api/v2/routing/queues/{queue}"),
        format!("/api/v2/routing/queues/{queue}/members"),
        format!("/channels/{channel}"),
        subscriptions.clone(),
    ]);
    // The page names the app's files.
    let index = page.request(Method::GET, "/").send().await.unwrap().text().await.unwrap();
    let files = index.split(['"', '\'']).filter(|part| part.starts_with('/') && part.contains('.'));
    paths.extend(files.map(str::to_owned));

    for path in &paths {
        let what = format!("GET {path}");
        let answer = page.request(Method::GET, path).send().await.unwrap();
        received.take(&format!("{what} by a page"), answer).await;
        received.take(&format!("{what} by a machine"), machine.call(Method::GET, path, None).await).await;
        let answer = page.http.get(format!("{base}{path}")).bearer_auth("made-up").send().await.unwrap();
        received.take(&format!("{what} by nobody"), answer).await;
        for body in [json!(null), json!([{ "id": format!("v2.users.{user}.presence") }]), json!({ "bad": 1 })]
        {
            if !path.starts_with("/rollcall/walls") {
                let answer = machine.call(Method::POST, path, Some(&body)).await;
                received.take(&format!("POST {path} {body}"), answer).await;
            }
        }
    }
    for (secret, grant) in
        [("reports-secret", "client_credentials"), ("wrong", "client_credentials"), ("x", "code")]
    {
        let request = page.http.post(format!("{base}/oauth/token")).basic_auth("reports", Some(secret));
        let answer = request.form(&[("grant_type", grant)]).send().await.unwrap();
        received.take("a token", answer).await;
    }
    for method in [Method::PUT, Method::DELETE] {
        let body = json!([{ "id": format!("v2.users.{user}.presence") }, { "id": "v2.nothing" }]);
        let path = format!("{subscriptions}?ignoreErrors=true");
        received.take("subscriptions", machine.call(method, &path, Some(&body)).await).await;
    }
    let answer = page.request(Method::POST, "/rollcall/walls/floor/channel").send().await.unwrap();
    received.take("a wall's channel", answer).await;
}

/// Screens that come by a key, right and wrong, in every way in, and what they are given.
async fn come_by_key(base: &str, received: &mut Received) {
    let http =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let key: String = form_urlencoded(SCREEN_KEY);
    for path in [
        format!("/wall/floor?key={key}&theme=light"),
        format!("/wall/nope?key={key}"),
        format!("/wall/floor?key={key}wrong"),
        format!("/?key={key}"),
        format!("/embed/floor?key={key}"),
        format!("/rollcall/walls?key={key}"),
        format!("/nothing?key={key}"),
    ] {
        let answer = http.get(format!("{base}{path}")).send().await.unwrap();
        received.take(&format!("a key at {}", path.replace(&key, "...")), answer).await;
    }
    for wall in ["floor", "nope"] {
        let body = json!({ "key": SCREEN_KEY, "wall": wall });
        let answer = http.post(format!("{base}/rollcall/token")).json(&body).send().await.unwrap();
        let token = received.take("a token for a key", answer).await;
        let token: Value = serde_json::from_str(&token).unwrap();
        let bearer = token["token"].as_str().unwrap_or(SCREEN_KEY);
        let answer = http.get(format!("{base}/rollcall/walls")).bearer_auth(bearer).send().await.unwrap();
        received.take("walls for a token", answer).await;
    }
}

fn form_urlencoded(text: &str) -> String {
    reqwest::Url::parse_with_params("http://x/", [("k", text)]).unwrap().query().unwrap()[2..].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_upstream_reaches_anybody() {
    let simulator = simulator::Config {
        clients: vec![simulator::Client::new("simulator", SECRET)],
        ..harness::lively(30, 3)
    };
    let simulator = simulator::start(simulator, system_clock()).await.unwrap();
    let middle = Middleman::start(&simulator.base_url(), Mood::PassOn).await;
    // Whatever a library or we say at the finest level is in this log.
    let mut serve =
        Serve::start_with(&middle.base_url(), SECRET, &["--log", "trace", "--log-format", "json"]);
    let base = serve.process.base_url().await;
    ready(&base).await;
    let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", SECRET).await;
    let machine = Speaker::sign_in(&base, "reports", "reports-secret").await;
    let page = Page::open(&base).await;
    let mut received = Received::default();

    let (snapshot, mut wall) = page.wall("floor").await;
    received.0.push(("a wall's snapshot".to_owned(), snapshot.to_string()));
    let users = machine.get("/api/v2/users?pageSize=1").await;
    let user = users["entities"][0]["id"].as_str().unwrap().to_owned();
    let mut plain = machine.listen(&[format!("v2.users.{user}?presence&routingStatus")]).await;
    plain.say(r#"{"message":"subscribe","topics":["v2.nothing"]}"#).await;
    upstream.patch_presence(&user, &json!({ "message": "hello" })).await;
    ask_everything(&base, &machine, &mut received).await;
    come_by_key(&base, &mut received).await;
    received.listen("a wall's socket", &mut wall).await;
    received.listen("a plain socket", &mut plain).await;

    // An upstream that repeats credentials and channels in its errors, while the channel is lost too.
    middle.set_mood(Mood::Blab);
    // What a frame that is none makes the proxy read again is answered so, too.
    middle.say(Junk::Message(Message::text("{")));
    serve.process.says("re-read failed").await;
    let queues = machine.get("/api/v2/routing/queues?pageSize=1").await;
    let queue = queues["entities"][0]["id"].as_str().unwrap();
    let members = format!("/api/v2/routing/queues/{queue}/members?pageSize=3&joined=true");
    let answer = machine.call(Method::GET, &members, None).await;
    assert_eq!(answer.status(), 502);
    received.take("an error of upstream", answer).await;
    let lost = metric(&base, "rollcall_shards_lost_total").await;
    upstream.send(Method::POST, "/simulator/faults", &json!({ "kind": "close_sockets" })).await;
    until(SOON, "the channel is lost", || async {
        (metric(&base, "rollcall_shards_lost_total").await > lost).then_some(())
    })
    .await;
    serve.process.says("500").await;
    ask_everything(&base, &machine, &mut received).await;
    received.listen("a wall's socket", &mut wall).await;
    received.listen("a plain socket", &mut plain).await;

    let seen = middle.seen();
    assert!(seen.len() >= 2, "a token and a channel went by");
    let mut canaries = spellings(SECRET);
    canaries.extend(spellings(SCREEN_KEY));
    canaries.extend(seen);
    let (wall_id, cookie) = (id_in(&snapshot["connectUri"]), page.cookie.split_once('=').unwrap().1);
    drop((wall, plain));
    serve.process.kill();
    let (stdout, log) = (serve.process.stdout(), serve.process.stderr());
    assert!(log.contains("\"DEBUG\"") && received.0.len() > 300, "there is much to look through");
    assert!(log.contains("let in by its key") && log.contains("not known was refused"), "keys came and went");
    received.holds_none_of(&canaries);

    // Of our own capabilities the log has none either.
    canaries.extend([wall_id, cookie.to_owned(), machine.bearer.clone(), "reports-secret".to_owned()]);
    for (what, text) in [("stdout", &stdout), ("the log", &log)] {
        for canary in &canaries {
            let line = text.lines().find(|line| line.contains(canary.as_str()));
            assert!(line.is_none(), "{what} holds {canary:?}: {line:?}");
        }
    }
    only_documented_fields(&log);
    simulator.stop().await;
}

/// Every line is one JSON object with no other fields than docs/operations.md lists.
fn only_documented_fields(log: &str) {
    let (_, section) = include_str!("../docs/operations.md").split_once("\n## Logs\n").unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeSet<&str> =
        rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    let mut seen = BTreeSet::new();
    for line in log.lines() {
        let fields: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let fields = fields.as_object().unwrap();
        for always in ["timestamp", "level", "target", "message"] {
            assert!(fields[always].is_string(), "{always}: {line}");
        }
        for field in fields.keys() {
            assert!(documented.contains(field.as_str()), "{field} is not in docs/operations.md: {line}");
            // An object has a field once; the parser would hide a second.
            assert_eq!(line.matches(&format!("\"{field}\":")).count(), 1, "{field} comes twice: {line}");
            seen.insert(field.clone());
        }
    }
    for field in
        ["error", "bad", "shard", "cause", "client", "route", "status", "correlation_id", "users", "key"]
    {
        assert!(seen.contains(field), "{field} has been looked at: {seen:?}");
    }
}

/// The last part of an address.
fn id_in(uri: &Value) -> String {
    uri.as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn libraries_say_nothing_fine_whatever_is_asked_for() {
    let simulator = simulator::start(harness::still(5, 1), system_clock()).await.unwrap();
    let filter = "trace,hyper=trace,hyper_util=trace,reqwest=trace,tungstenite=trace,rustls=trace";
    let mut serve = Serve::start(&simulator.base_url(), "simulator", filter);
    let base = serve.process.base_url().await;
    ready(&base).await;
    let page = Page::open(&base).await;
    drop(page.wall("floor").await);
    serve.process.kill();
    let log = serve.process.stderr();
    assert!(log.contains("DEBUG proxy::"), "our own lines are as fine as was asked for:\n{log}");
    for library in ["hyper", "reqwest", "tungstenite", "tokio_tungstenite", "rustls", "h2", "mio", "want"] {
        for level in ["TRACE", "DEBUG"] {
            let line = log.lines().find(|line| line.contains(&format!("{level} {library}")));
            assert!(line.is_none(), "{line:?}");
        }
    }
    simulator.stop().await;
}
