//! Frames that nobody can read: what their channels cover is read again.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use protocol::{Clock, Timestamp};
use proxy::{
    feed::{
        Feed, Input, Surroundings,
        plan::{Capacity, Subject},
    },
    upstream::read,
};

use crate::bench::{surroundings, user, wall};

/// What broken frames may have told is asked for this often.
const EVERY_MS: i64 = 30_000;

struct Set(AtomicI64);

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

#[test]
fn every_channel_that_brought_a_broken_frame_is_read_again() {
    let clock = Arc::new(Set(AtomicI64::new(1_000_000)));
    let (rereads, mut line) = read::line();
    let of_test = surroundings(clock.clone(), vec![wall(serde_json::json!({ "id": "w" }))]);
    let capacity = Capacity { channels: 18, topics: 1 };
    let (mut feed, _plans) = Feed::new(Surroundings { rereads, capacity, ..of_test });
    let users = vec![user("ann", "Ann", None), user("bob", "Bob", None)];
    feed.take(Input::Directory { users, queues: Vec::new(), definitions: Vec::new() });
    let mut asked = || std::iter::from_fn(|| line.try_recv().ok()).flatten().collect::<Vec<Subject>>();
    let broken = |shard| Input::Unreadable { shard, outcome: "malformed" };

    feed.take(broken(0));
    let mut all = asked();
    assert_eq!(all.len(), 1, "at once");
    // For a while nothing more is asked for, and nothing is forgotten.
    feed.take(broken(1));
    feed.take(broken(1));
    clock.0.fetch_add(EVERY_MS - 1, Ordering::Relaxed);
    feed.tick();
    assert_eq!(asked(), []);
    clock.0.fetch_add(1, Ordering::Relaxed);
    feed.tick();
    all.extend(asked());
    all.sort();
    assert_eq!(all, ["ann", "bob"].map(|id| Subject::User(id.into())), "what each of the two covers, once");
    clock.0.fetch_add(EVERY_MS, Ordering::Relaxed);
    feed.tick();
    assert_eq!(asked(), [], "once is enough");
}
