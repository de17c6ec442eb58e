//! How many waited: of every queue that is covered, also of one that came later.

use proxy::feed::Input;
use serde_json::json;

use super::bench::{Bench, Line, Person, Screen, wall};

const PEOPLE: [Person<'_>; 1] = [("ann", "Ann", None)];
const QUEUES: [Line<'_>; 2] = [("q1", "Sales"), ("q2", "Support")];

async fn last_sample(screen: &mut Screen, queue: &str) -> u64 {
    let frames = screen.until(&format!("rollcall.samples.{queue}")).await;
    let waiting = &frames.last().expect("at least the one waited for")["eventBody"]["waiting"];
    waiting.as_array().and_then(|all| all.last()?.as_u64()).expect("a sample")
}

#[tokio::test]
async fn a_queue_that_comes_between_two_samples_is_sampled_at_once() {
    let bench = Bench::set_up(vec![wall(json!({ "id": "all", "title": "All" }))]);
    let mut screen = bench.screen("all").await;
    bench.organisation(&PEOPLE, &QUEUES[..1]).await;
    bench.feed.tell(Input::Live { shard: 0 }).await;
    assert_eq!(last_sample(&mut screen, "q1").await, 1);
    bench.organisation(&PEOPLE, &QUEUES).await;
    assert_eq!(last_sample(&mut screen, "q2").await, 1);
}
