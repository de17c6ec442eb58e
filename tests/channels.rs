//! The lives of upstream's channels, through the running program: planned ends lose nothing and show nothing twice, unplanned
//! ones are read again, and the truth is on the wall after each.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;

use std::time::Duration;

use harness::{
    House, Socket,
    page::{Page, metric},
    still,
};
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
