//! Figures for operators, in Prometheus' text form.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// Figures of the relay.
#[derive(Clone, Debug, Default)]
pub struct RelayMetrics {
    /// Screens connected now.
    pub screens: Gauge,
    /// Changes that a screen did not get because a newer one of the same slot took their place.
    pub overtaken: Counter,
    /// Screens closed because they took nothing.
    pub stuck: Counter,
    /// Snapshots given to screens, whole or in part.
    pub snapshots: Family<Outcome, Counter>,
    /// Screens that were asked to come later because as many as can be served at once were on their way in.
    pub refused: Counter,
}

/// Figures of the feed.
#[derive(Clone, Debug, Default)]
pub struct FeedMetrics {
    /// Frames from upstream by what became of them.
    pub frames: Family<Outcome, Counter>,
    /// Changes given out.
    pub changes: Counter,
    /// Changes that a read brought, not an event.
    pub repairs: Counter,
    /// Upstream channels that are live.
    pub shards_live: Gauge,
    /// Times an upstream channel was lost.
    pub shards_lost: Counter,
}

/// Figures of calls upstream.
#[derive(Clone, Debug, Default)]
pub struct UpstreamMetrics {
    /// Calls by answer.
    pub calls: Family<Outcome, Counter>,
    /// Tokens minted.
    pub tokens: Counter,
    /// Calls left in the present minute, by upstream's own word.
    pub calls_left: Gauge<i64, std::sync::atomic::AtomicI64>,
}

/// What became of something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    /// In one word.
    pub outcome: &'static str,
}

/// All figures.
#[derive(Debug, Default)]
pub struct Metrics {
    registry: Registry,
    /// Of the relay.
    pub relay: RelayMetrics,
    /// Of the feed.
    pub feed: FeedMetrics,
    /// Of calls upstream.
    pub upstream: UpstreamMetrics,
    /// Answers given, by status class.
    pub requests: Family<Outcome, Counter<u64, AtomicU64>>,
}

impl Metrics {
    /// Registers every figure with its help text.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self::default();
        let r = metrics.registry.sub_registry_with_prefix("rollcall");
        r.register("screens", "Screens connected now", metrics.relay.screens.clone());
        r.register(
            "overtaken",
            "Changes overtaken by a newer one before they were written",
            metrics.relay.overtaken.clone(),
        );
        r.register("screens_stuck", "Screens closed because they took nothing", metrics.relay.stuck.clone());
        r.register("snapshots", "Snapshots given to screens", metrics.relay.snapshots.clone());
        r.register("screens_refused", "Screens that were asked to come later", metrics.relay.refused.clone());
        r.register("upstream_frames", "Frames from upstream by outcome", metrics.feed.frames.clone());
        r.register("changes", "Changes given out", metrics.feed.changes.clone());
        r.register("repairs", "Changes that a read brought", metrics.feed.repairs.clone());
        r.register("shards_live", "Upstream channels that are live", metrics.feed.shards_live.clone());
        r.register("shards_lost", "Times an upstream channel was lost", metrics.feed.shards_lost.clone());
        r.register("upstream_calls", "Calls upstream by answer", metrics.upstream.calls.clone());
        r.register("upstream_tokens", "Tokens minted", metrics.upstream.tokens.clone());
        r.register(
            "upstream_calls_left",
            "Calls left in the present minute",
            metrics.upstream.calls_left.clone(),
        );
        r.register("requests", "Answers given, by status class", metrics.requests.clone());
        metrics
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
