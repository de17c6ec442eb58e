//! How old the picture is. Unchanged is not stale: a tile is stale when nobody vouches for it any more.

use protocol::{
    Timestamp,
    event::rollcall::RollcallShard,
    frame::{ShardAge, UNCOVERED_SHARD},
};

use crate::clock::Now;

/// Heartbeats come every 10 s: two lost and one late.
pub const SILENCE_MS: i64 = 25_000;

/// Upstream's own heartbeats come every 30 s and are passed on within 10 s.
pub const SHARD_AGE_MS: i64 = 45_000;

/// A socket that comes back within this time leaves no trace on the wall. With the tick of the page it still is stale
/// within a second.
pub const REOPEN_MS: i64 = 700;

/// Who vouches for what is shown, and since when no longer.
#[derive(Debug, Default)]
pub struct Feed {
    closed: Option<Now>,
    heard: Option<Now>,
    shards: Vec<ShardAge>,
}

impl Feed {
    /// The socket opened.
    pub fn open(&mut self, now: Now) {
        self.closed = None;
        self.heard = Some(now);
    }

    /// The socket closed, or is not open yet.
    pub fn close(&mut self, now: Now) {
        self.closed = self.closed.or(Some(now));
    }

    /// Anything was heard from the proxy.
    pub fn hear(&mut self, now: Now) {
        self.heard = Some(now);
    }

    /// The proxy told the state of all its upstream channels.
    pub fn set_shards(&mut self, ages: &[ShardAge]) {
        self.shards = ages.to_vec();
    }

    /// The proxy told the state of one.
    pub fn set_shard(&mut self, shard: u16, told: &RollcallShard) {
        let known = self.shard(shard).and_then(|age| age.as_of);
        // The frame of a snapshot may be old; what is live does not grow older by it.
        let as_of = if told.live { told.live_as_of.max(known) } else { told.live_as_of.or(known) };
        self.shards.retain(|age| age.shard != shard);
        self.shards.push(ShardAge { shard, live: told.live, as_of });
    }

    /// Since when nobody vouches for what the shard covers; `None` while it is live.
    #[must_use]
    pub fn stale_since(&self, shard: Option<u16>, now: Now) -> Option<Timestamp> {
        let link = self.link_stale_since(now);
        if shard == Some(UNCOVERED_SHARD) {
            return earlier(link, Some(now.at));
        }
        let shard = shard.and_then(|shard| self.shard(shard)).and_then(|age| shard_stale_since(age, now));
        earlier(link, shard)
    }

    /// The same of the whole wall: the earliest of its parts.
    #[must_use]
    pub fn wall_stale_since(&self, now: Now) -> Option<Timestamp> {
        self.shards
            .iter()
            .filter_map(|age| shard_stale_since(*age, now))
            .fold(self.link_stale_since(now), |first, since| earlier(first, Some(since)))
    }

    fn shard(&self, shard: u16) -> Option<ShardAge> {
        self.shards.iter().find(|age| age.shard == shard).copied()
    }

    fn link_stale_since(&self, now: Now) -> Option<Timestamp> {
        let heard = self.heard?;
        let silent = now.steady.ms_since(heard.steady) >= SILENCE_MS;
        let closed = self.closed.is_some_and(|closed| now.steady.ms_since(closed.steady) >= REOPEN_MS);
        (silent || closed).then_some(heard.at)
    }
}

fn shard_stale_since(age: ShardAge, now: Now) -> Option<Timestamp> {
    let old = age.as_of.is_some_and(|as_of| now.at.ms_since(as_of) > SHARD_AGE_MS);
    // A shard that is dead without a date was never live in this run of the proxy.
    (!age.live || old).then(|| age.as_of.unwrap_or(now.at))
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(ms: i64) -> Now {
        Now { steady: Timestamp::from_ms(ms), at: Timestamp::from_ms(1_000_000 + ms) }
    }

    fn at(ms: i64) -> Timestamp {
        now(ms).at
    }

    fn live(shard: u16, as_of_ms: i64) -> ShardAge {
        ShardAge { shard, live: true, as_of: Some(at(as_of_ms)) }
    }

    fn feed() -> Feed {
        let mut feed = Feed::default();
        feed.open(now(0));
        feed.set_shards(&[live(0, 0), live(1, 0)]);
        feed
    }

    #[test]
    fn an_open_socket_that_speaks_is_live() {
        assert_eq!(feed().stale_since(Some(0), now(1_000)), None);
        assert_eq!(feed().wall_stale_since(now(24_999)), None);
    }

    #[test]
    fn silence_of_the_proxy_makes_everything_stale_since_its_last_word() {
        assert_eq!(feed().stale_since(None, now(25_000)), Some(at(0)));
        assert_eq!(feed().wall_stale_since(now(25_000)), Some(at(0)));
    }

    #[test]
    fn a_closed_socket_makes_everything_stale_within_a_second() {
        let mut feed = feed();
        feed.hear(now(900));
        feed.close(now(1_000));
        feed.close(now(1_500));
        assert_eq!(feed.stale_since(Some(1), now(1_699)), None);
        assert_eq!(feed.stale_since(Some(1), now(1_700)), Some(at(900)));
        feed.open(now(2_000));
        assert_eq!(feed.stale_since(Some(1), now(9_000)), None);
    }

    #[test]
    fn a_dead_shard_takes_only_its_own_tiles() {
        let mut feed = feed();
        feed.set_shard(1, &RollcallShard { live: false, live_as_of: Some(at(500)), reason: None });
        assert_eq!(feed.stale_since(Some(0), now(1_000)), None);
        assert_eq!(feed.stale_since(Some(1), now(1_000)), Some(at(500)));
        assert_eq!(feed.wall_stale_since(now(1_000)), Some(at(500)));
        feed.set_shard(1, &RollcallShard { live: true, live_as_of: Some(at(2_000)), reason: None });
        assert_eq!(feed.stale_since(Some(1), now(2_000)), None);
    }

    #[test]
    fn an_old_shard_is_stale_until_a_heartbeat_vouches_for_it() {
        let mut feed = feed();
        feed.hear(now(45_001));
        assert_eq!(feed.stale_since(Some(0), now(45_000)), None);
        assert_eq!(feed.stale_since(Some(0), now(45_001)), Some(at(0)));
        feed.set_shards(&[live(0, 45_001)]);
        assert_eq!(feed.stale_since(Some(0), now(45_001)), None);
    }

    #[test]
    fn an_old_frame_of_a_live_shard_makes_nothing_older() {
        let mut feed = feed();
        feed.set_shards(&[live(0, 60_000)]);
        feed.hear(now(60_000));
        feed.set_shard(0, &RollcallShard { live: true, live_as_of: Some(at(0)), reason: None });
        assert_eq!(feed.stale_since(Some(0), now(60_000)), None);
    }

    #[test]
    fn what_nobody_covers_is_stale_without_the_rest_of_the_wall() {
        assert!(feed().stale_since(Some(UNCOVERED_SHARD), now(1_000)).is_some());
        assert_eq!(feed().wall_stale_since(now(1_000)), None);
    }

    #[test]
    fn before_the_first_word_nothing_is_stale_because_nothing_is_shown() {
        assert_eq!(Feed::default().wall_stale_since(now(1_000_000)), None);
    }
}
