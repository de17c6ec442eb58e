//! What is true of the moment in which it is asked for: nobody keeps these up to date in between.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use protocol::Timestamp;

use crate::feed::{
    book::Book,
    plan::{Capacity, Plan},
};

/// Figures of the moment.
#[derive(Clone, Debug, Default)]
pub struct StandingMetrics {
    build: Family<OfBuild, Gauge>,
    up_s: Gauge,
    complete: Gauge,
    channels: Gauge,
    channels_limit: Gauge,
    topics: Gauge,
    topics_limit: Gauge,
    left_out: Gauge,
    refused: Gauge,
    shard_age_s: Family<OfShard, Gauge>,
}

/// Which program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfBuild {
    version: &'static str,
    /// Of the app that it serves.
    build: String,
}

/// Which upstream channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfShard {
    shard: u32,
}

impl StandingMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "build_info",
            "Always 1; its labels name the program and the app it serves",
            self.build.clone(),
        );
        r.register("uptime_seconds", "Seconds since the start", self.up_s.clone());
        r.register(
            "complete",
            "1 when everything was read once since the start, else 0",
            self.complete.clone(),
        );
        r.register("upstream_channels", "Upstream channels that carry topics", self.channels.clone());
        r.register(
            "upstream_channels_limit",
            "Upstream channels that may carry topics",
            self.channels_limit.clone(),
        );
        r.register("upstream_topics", "Topics that upstream channels carry", self.topics.clone());
        r.register(
            "upstream_topics_limit",
            "Topics that upstream channels can carry",
            self.topics_limit.clone(),
        );
        r.register("left_out", "Users and queues beyond what upstream channels carry", self.left_out.clone());
        r.register("refused", "Users and queues of which a topic is refused upstream", self.refused.clone());
        r.register(
            "shard_age_seconds",
            "Seconds since what an upstream channel covers was last known to be true",
            self.shard_age_s.clone(),
        );
    }

    /// Takes in which program runs, and since how many milliseconds.
    pub fn note_program(&self, build: &str, up_ms: i64) {
        let labels = OfBuild { version: env!("CARGO_PKG_VERSION"), build: build.to_owned() };
        self.build.get_or_create(&labels).set(1);
        self.up_s.set(up_ms / 1_000);
    }

    /// Takes in how upstream's channels stand.
    pub fn note_shards(&self, book: &Book, plan: &Plan, capacity: Capacity, now: Timestamp) {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        self.complete.set(i64::from(book.complete));
        self.left_out.set(count(book.left_out));
        self.refused.set(count(book.refused));
        self.channels.set(i64::from(plan.shards()));
        self.channels_limit.set(i64::from(capacity.channels));
        self.topics.set(count((0..plan.shards()).map(|shard| plan.subjects(shard).count()).sum()));
        self.topics_limit.set(count(usize::from(capacity.channels) * capacity.topics));
        for (shard, state) in (0..).zip(&book.shards) {
            let labels = OfShard { shard };
            // Of what was never true there is no age.
            if let Some(as_of) = state.as_of {
                self.shard_age_s.get_or_create(&labels).set(now.ms_since(as_of).max(0) / 1_000);
            } else {
                self.shard_age_s.remove(&labels);
            }
        }
        // Nobody vouches for those that are closed, nor has to.
        for shard in (0..u32::from(capacity.channels)).skip(book.shards.len()) {
            self.shard_age_s.remove(&OfShard { shard });
        }
    }
}
