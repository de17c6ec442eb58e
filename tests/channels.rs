//! The lives of upstream's channels, through the running program: planned ends lose nothing and show nothing twice, unplanned
//! ones are read again, and the truth is on the wall after each.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;

#[path = "channels/attempts.rs"]
mod attempts;
#[path = "channels/audit.rs"]
mod audit;
#[path = "channels/clock.rs"]
mod clock;
#[path = "channels/moves.rs"]
mod moves;
#[path = "channels/rivals.rs"]
mod rivals;
#[path = "channels/shrinks.rs"]
mod shrinks;
#[path = "channels/status.rs"]
mod status;

use std::{collections::BTreeMap, time::Duration};

use harness::{
    House, Socket, Speaker,
    page::{Page, metric},
    still, until,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

/// One user whose presence changes all the time, each time with another message.
struct Talker {
    user: String,
    socket: Socket,
}

impl Talker {
    async fn new(house: &House) -> Self {
        let users = house.machine.get("/api/v2/users?pageSize=1").await;
        let user = users["entities"][0]["id"].as_str().unwrap().to_owned();
        let socket = house.machine.listen(&[format!("v2.users.{user}.presence")]).await;
        Self { user, socket }
    }

    async fn say(&self, house: &House, n: u32) {
        house.upstream.patch_presence(&self.user, &json!({ "message": format!("note {n}") })).await;
    }

    /// The next message that arrives, by its number.
    async fn hear(&mut self) -> u32 {
        let heard = self.socket.find(|frame| frame["eventBody"]["message"].is_string()).await;
        let message = heard["eventBody"]["message"].as_str().unwrap();
        message.strip_prefix("note ").unwrap().parse().unwrap()
    }
}

/// The proxy's channels that a socket is open for, as upstream knows them.
fn connected(truth: &Value) -> Vec<String> {
    let channels = truth["channels"].as_array().unwrap();
    let of_proxy = channels.iter().filter(|c| c["topics"].as_u64() > Some(0) && c["connected"] == true);
    of_proxy.map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

/// Of each user what a card shows, as simulator and proxy answer it alike.
async fn users(of: &Speaker) -> BTreeMap<String, Value> {
    let path = "/api/v2/users?pageSize=100&expand=presence,routingStatus";
    let users = of.get(path).await;
    let entities = users["entities"].as_array().unwrap().iter();
    let shown = |user: &Value| {
        let presence = &user["presence"];
        json!([
            presence["presenceDefinition"]["id"],
            presence["modifiedDate"],
            user["routingStatus"]["status"]
        ])
    };
    entities.map(|user| (user["id"].as_str().unwrap().to_owned(), shown(user))).collect()
}

/// Faults of a moment and of some seconds. Sockets that fall silent take half a minute and have a test of their own.
const FAULTS: [(&str, Option<u32>); 14] = [
    ("close_sockets", None),
    ("evict_channels", None),
    ("expire_channels", None),
    ("revoke_tokens", None),
    ("duplicate", Some(2)),
    ("reorder", Some(2)),
    ("delay", Some(2)),
    ("server_error", Some(2)),
    ("rate_limit", Some(2)),
    ("rate_limit_no_header", Some(2)),
    ("slow", Some(2)),
    ("stalled", Some(2)),
    ("socket_closing", Some(2)),
    ("deny_topic", Some(2)),
];

#[tokio::test]
async fn after_every_fault_the_proxy_says_what_upstream_says() {
    let house = House::start(simulator::Config { agents: 30, queues: 3, ..still(30, 3) }).await;
    for (kind, seconds) in FAULTS {
        house.scenario("calm", Some(60.0)).await;
        let mut fault = json!({ "kind": kind });
        if let Some(seconds) = seconds {
            fault["seconds"] = json!(seconds);
        }
        house.upstream.send(Method::POST, "/simulator/faults", &fault).await;
        // What needs a channel to strike it: one whose socket is closed comes back while the fault is on.
        if seconds.is_some() {
            house.upstream.send(Method::POST, "/simulator/faults", &json!({ "kind": "close_sockets" })).await;
        }
        sleep(Duration::from_millis(2_500)).await;
        if kind == "deny_topic" {
            // Who was refused asks again when there is a new subscription.
            house.fault("close_sockets", 0).await;
        }
        house.scenario("calm", Some(0.0)).await;
        let mut tries = 0;
        loop {
            let (truth, told) = (users(&house.upstream).await, users(&house.machine).await);
            if truth == told {
                break;
            }
            tries += 1;
            let differ = truth.iter().find(|(id, user)| told.get(*id) != Some(user));
            assert!(tries < 200, "after {kind} upstream says {differ:?}");
            sleep(Duration::from_millis(200)).await;
        }
    }
    house.stop().await;
}

#[tokio::test]
async fn channels_that_die_with_their_token_are_left_before() {
    let answers = simulator::Answers { channel_dies_with_token: true, ..simulator::Answers::default() };
    let house = House::start(simulator::Config { token_seconds: 600, answers, ..still(20, 2) }).await;
    let base = house.proxy.base_url();
    let mut talker = Talker::new(&house).await;
    let (mut n, mut passed_ms) = (0, 0);
    // More than the life of a token, so slowly that every heartbeat comes in its time; and more slowly where a new token is
    // looked for every half second.
    while passed_ms < 680_000 {
        let pace = if (530_000..605_000).contains(&passed_ms) { 500 } else { 2_000 };
        if passed_ms % 20_000 == 0 {
            // The test's own token is over now and then.
            let upstream = Speaker::sign_in(&house.simulator.base_url(), "simulator", "simulator").await;
            let note = json!({ "message": format!("note {n}") });
            upstream.patch_presence(&talker.user, &note).await;
            assert_eq!(talker.hear().await, n, "each once, in order");
            n += 1;
        }
        house.clock.advance_ms(pace);
        passed_ms += pace;
        sleep(Duration::from_millis(if pace == 500 { 50 } else { 20 })).await;
    }
    for cause in ["ended", "closed", "silent", "evicted", "revoked", "failed"] {
        let lost = metric(&base, &format!("rollcall_shards_lost_total{{cause=\"{cause}\"}}")).await;
        assert_eq!(lost, 0.0, "{cause}");
    }
    let tokens = metric(&base, "rollcall_upstream_tokens_total").await;
    assert!(tokens >= 2.0, "the token was renewed: {tokens}");
    house.stop().await;
}

#[tokio::test]
async fn after_sockets_fell_silent_the_proxy_says_what_upstream_says() {
    let house = House::start(still(30, 3)).await;
    let mut talker = Talker::new(&house).await;
    talker.say(&house, 0).await;
    assert_eq!(talker.hear().await, 0);
    house.fault("silent_sockets", 0).await;
    // Nobody hears of it, and no socket is closed.
    talker.say(&house, 1).await;
    until(Duration::from_secs(45), "the silence is noticed, and what was missed is read", || async {
        let (truth, told) = (users(&house.upstream).await, users(&house.machine).await);
        (truth == told).then_some(())
    })
    .await;
    let status = house.machine.get("/rollcall/status").await;
    assert_eq!(status["reconnects"]["silent"], 1, "{status}");
    // What was missed comes as an event, once it was read.
    talker.socket.find(|frame| frame["eventBody"]["message"] == "note 1").await;
    house.stop().await;
}

#[tokio::test]
async fn an_announced_end_loses_nothing_shows_nothing_twice_and_is_not_seen_on_the_wall() {
    let house = House::start(still(20, 2)).await;
    let base = house.proxy.base_url();
    let mut talker = Talker::new(&house).await;
    let (_, mut wall) = Page::open(&base).await.wall("floor").await;
    let before = connected(&house.truth().await);
    assert_eq!(before.len(), 1, "twenty agents need one channel");

    house.fault("socket_closing", 15).await;
    // Before, in and after the overlap of the two channels.
    let mut n = 0;
    loop {
        talker.say(&house, n).await;
        n += 1;
        let now = connected(&house.truth().await);
        if now.len() == 1 && now != before {
            break;
        }
        assert!(n < 1_000, "another channel takes over: {now:?}");
        sleep(Duration::from_millis(50)).await;
    }
    for _ in 0..5 {
        talker.say(&house, n).await;
        n += 1;
        // A screen is written to every 20 ms, and then told the newest.
        sleep(Duration::from_millis(50)).await;
    }
    assert!(n > 40, "it took a while: {n}");
    for expected in 0..n {
        assert_eq!(talker.hear().await, expected, "each once, in order");
    }
    assert_eq!(metric(&base, "rollcall_shards_lost_total").await, 0.0);
    // What the wall heard up to now: nothing of its shard.
    let mark = json!({ "message": "the last one" });
    house.upstream.patch_presence(&talker.user, &mark).await;
    let shard = wall.find(|frame| {
        let topic = frame["topicName"].as_str().unwrap_or_default();
        topic.starts_with("rollcall.shards.") || topic.ends_with(&format!("{}.presence", talker.user))
    });
    let first = shard.await;
    assert!(first["topicName"].as_str().unwrap().ends_with(".presence"), "{first}");
    house.stop().await;
}
