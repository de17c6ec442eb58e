//! Back-off survives restarts: a proxy that is started again and again waits like one that fails again and again.

use rusqlite::Connection;

use crate::harness::{House, process::Folder, still, system_clock};

#[tokio::test]
async fn starts_one_after_the_other_count_as_attempts_until_one_lasts() {
    let data = Folder::new();
    let tell = |config: &mut proxy::config::Config| config.data = Some(data.path().to_path_buf());
    let mut house = House::start_with(system_clock(), still(10, 1), tell).await;
    for _ in 0..3 {
        house = house.start_again(tell).await;
    }
    // Read beside the proxy, which alone may open the folder as a store.
    let counted = || -> u32 {
        let file = Connection::open(data.path().join("rollcall.db")).unwrap();
        file.query_row("SELECT count FROM attempts WHERE shard = 0", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(counted(), 4);
    // Live for more than a minute, and heard of meanwhile.
    for _ in 0..40 {
        house.clock.advance_ms(2_000);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let users = house.upstream.get("/api/v2/users?pageSize=1").await;
    let user = users["entities"][0]["id"].as_str().unwrap();
    house.upstream.patch_presence(user, &serde_json::json!({ "message": "it lasts" })).await;
    house.stop().await;
    assert_eq!(counted(), 0, "the next start need not wait");
}
