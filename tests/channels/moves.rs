//! Planned ends that come one upon the other.

use std::time::Duration;

use tokio::time::sleep;

use super::{Talker, connected};
use crate::harness::{House, SOON, page::metric, still, until};

/// As long as the simulator gives sockets whose end it announced: longer than two moves take.
const ANNOUNCED_SECONDS: u32 = 25;

#[tokio::test]
async fn an_end_that_is_announced_while_one_channel_takes_anothers_place_loses_nothing() {
    let house = House::start(still(20, 2)).await;
    let base = house.proxy.base_url();
    let mut talker = Talker::new(&house).await;
    assert_eq!(connected(&house.truth().await).len(), 1, "twenty agents need one channel");
    house.fault("socket_closing", ANNOUNCED_SECONDS).await;
    let both = until(SOON, "another channel is beside the first", || async {
        Some(connected(&house.truth().await)).filter(|now| now.len() == 2)
    })
    .await;
    // Maintenance goes on to the machine that the second one is at.
    house.fault("socket_closing", ANNOUNCED_SECONDS).await;
    let mut n = 0;
    loop {
        talker.say(&house, n).await;
        n += 1;
        let now = connected(&house.truth().await);
        if now.len() == 1 && !both.contains(&now[0]) {
            break;
        }
        assert!(n < 1_000, "a third channel takes over: {now:?}");
        sleep(Duration::from_millis(50)).await;
    }
    for expected in 0..n {
        assert_eq!(talker.hear().await, expected, "each once, in order");
    }
    assert_eq!(metric(&base, "rollcall_shards_lost_total").await, 0.0);
    house.stop().await;
}
