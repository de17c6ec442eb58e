//! The program is killed between effect and record. `KILLED_TIMES` does so more often; `cargo xtask soak` 200 times.

use std::{process::Command, time::Duration};

use protocol::chance::Chance;
use proxy::store::verify_audit;
use rusqlite::Connection;
use serde_json::Value;

use super::writers::{Answer, Writers, agents, agree, ends, standing, write};
use crate::harness::{
    ANYWHERE, Speaker,
    process::{Folder, Process, rollcall},
    ready, still, system_clock, until,
};

const TIMES: u32 = 20;

/// A write takes some tens of milliseconds: wherever it is, one of the points strikes it.
const LATEST_MS: i64 = 400;

fn times() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "told by whoever runs the tests")]
    let told = std::env::var("KILLED_TIMES").ok();
    told.map_or(TIMES, |times| times.parse().expect("KILLED_TIMES is a number"))
}

#[tokio::test]
async fn whenever_it_is_killed_what_took_effect_is_in_the_log() {
    let folder = Folder::new();
    let simulator = simulator::start(still(60, 4), system_clock()).await.unwrap();
    let upstream = Speaker::sign_in(&simulator.base_url(), "simulator", "simulator").await;
    let config = format!(
        "[genesys]\nbase_url = \"{}\"\n[rules]\nhours = \"00:00-24:00\"\nmachine_a_minute = 10000\n\
         [[machine]]\nid = \"writer\"\nsecret = \"writer\"\nroles = [\"viewer\", \"supervisor\", \"auditor\"]\n",
        simulator.base_url()
    );
    let file = folder.write("rollcall.toml", &config);
    let data = folder.path().join("rollcall-data");
    let start = || {
        let mut command: Command = rollcall();
        command.arg("serve").arg("--config").arg(&file).arg("--listen").arg(ANYWHERE.to_string());
        command.env("GENESYSCLOUD_OAUTHCLIENT_ID", "simulator");
        command.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "simulator");
        Process::start(&mut command).unwrap()
    };
    let users = agents(&upstream, 12).await;
    let mut chance = Chance::new(7);
    let (mut writes, mut unanswered) = (Vec::new(), 0);
    for time in 0..times() {
        let mut process = start();
        let base = process.base_url().await;
        ready(&base).await;
        let client = Speaker::sign_in(&base, "writer", "writer").await;
        let writers = Writers::start(&client, &users, &format!("k{time}"));
        let ms = chance.within(0, LATEST_MS);
        tokio::time::sleep(Duration::from_millis(ms.unsigned_abs())).await;
        // Without a moment to put anything in order.
        process.signal("KILL");
        process.kill();
        let of_run = writers.stop().await;
        unanswered += of_run.iter().filter(|write| write.answer == Answer::None).count();
        writes.extend(of_run);
        // Whole as it lies there, before anybody has touched it again.
        if data.join("audit.key").exists() {
            verify_audit(&data, None, None)
                .unwrap_or_else(|broken| panic!("after kill {time} at {ms} ms: {broken}"));
            // How long a start waits after starts that did not last is another test's.
            let log = Connection::open(data.join("rollcall.db")).unwrap();
            log.execute("DELETE FROM attempts", []).unwrap();
        }
    }
    assert!(unanswered > 0, "some were under way");

    let mut process = start();
    let base = process.base_url().await;
    ready(&base).await;
    let log = Connection::open(data.join("rollcall.db")).unwrap();
    let records = || -> Vec<Value> {
        let mut select = log.prepare("SELECT text FROM audit ORDER BY seq").unwrap();
        let texts = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        texts.map(|text| serde_json::from_str(&text.unwrap()).unwrap()).collect()
    };
    let ends = until(Duration::from_secs(30), "all that was open is settled", || async {
        let ends = ends(&records());
        ends.values().all(Option::is_some).then_some(ends)
    })
    .await;
    let standing = standing(&upstream).await;
    agree(&writes, &ends, &standing);

    // Whoever was not answered tries again, and is told the truth.
    let client = Speaker::sign_in(&base, "writer", "writer").await;
    for user in &users {
        let Some(last) = writes.iter().rev().find(|write| write.user == *user) else { continue };
        let before = upstream.get(&super::writers::path(user)).await["modifiedDate"].clone();
        let was_done = standing.get(user) == Some(&last.message);
        assert_eq!(write(&client, user, &last.message).await, Answer::Done);
        let after = upstream.get(&super::writers::path(user)).await;
        assert_eq!(after["message"], *last.message);
        assert_eq!(after["modifiedDate"] == before, was_done, "what was done is not done again: {last:?}");
    }
    process.signal("TERM");
    assert!(process.end().await.success(), "{}", process.stderr());
    let head = verify_audit(&data, None, None).unwrap();
    println!(
        "{} kills, {} writes, {unanswered} without an answer, {} records",
        times(),
        writes.len(),
        head.seq
    );
    simulator.stop().await;
}
