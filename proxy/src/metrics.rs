//! Figures for operators, in Prometheus' text form.

mod standing;

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use protocol::Timestamp;

use crate::{
    feed::{
        cause::{Cause, OfCause},
        drift::FACETS,
    },
    guard,
    upstream::budget::BudgetView,
};

pub use self::standing::StandingMetrics;

/// Figures of the relay.
#[derive(Clone, Debug, Default)]
pub struct RelayMetrics {
    /// Screens connected now.
    pub screens: Gauge,
    /// Changes that a screen did not get because a newer one of the same slot took their place.
    pub overtaken: Counter,
    /// Screens that have not taken everything there is for them.
    pub behind: Gauge,
    /// Screens that are no longer connected, by cause.
    pub closed: Family<Outcome, Counter>,
    /// Seconds from a change's arrival at the relay until it was written to the screens that keep up.
    pub delay: Delay,
    /// Screens closed because they took nothing.
    pub stuck: Counter,
    /// Snapshots given to screens, whole or in part.
    pub snapshots: Family<Outcome, Counter>,
    /// Screens that were asked to come later because as many as can be served at once were on their way in.
    pub refused: Counter,
}

/// A histogram of waits, in seconds.
#[derive(Clone, Debug)]
pub struct Delay(Histogram);

impl Delay {
    /// Notes one.
    pub fn observe(&self, seconds: f64) {
        self.0.observe(seconds);
    }
}

impl Default for Delay {
    fn default() -> Self {
        // From less than a flush to what somebody would notice on a wall.
        Self(Histogram::new([0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]))
    }
}

/// A histogram of what Genesys Cloud takes, in seconds: for an event, or an answer.
#[derive(Clone, Debug)]
pub struct Age(Histogram);

impl Age {
    /// Notes one. Clocks are known to within some milliseconds, so that a fresh event may seem to come from the future.
    pub fn observe_ms(&self, ms: i64) {
        self.0.observe(ms.max(0) as f64 / 1_000.0);
    }
}

impl Default for Age {
    fn default() -> Self {
        // From what a network takes to what makes a wall useless; Genesys Cloud promises nothing.
        Self(Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0]))
    }
}

/// Figures of the feed.
#[derive(Clone, Debug, Default)]
pub struct FeedMetrics {
    /// Frames from upstream by what became of them.
    pub frames: Family<Outcome, Counter>,
    /// Seconds from the vendor's date of an event until the proxy had it; of facts that have a date.
    pub age: Age,
    /// Changes given out.
    pub changes: Counter,
    /// Changes that a read brought, not an event.
    pub repairs: Counter,
    /// Upstream channels that are live.
    pub shards_live: Gauge,
    /// Facts that the truth audit put right, by facet.
    pub drift: Family<OfFacet, Counter>,
    /// Rounds of the truth audit.
    pub audits: Counter,
    /// Times an upstream channel was lost, by cause.
    pub shards_lost: Family<OfCause, Counter>,
}

/// Figures of changes of agents.
#[derive(Clone, Debug, Default)]
pub struct WriteMetrics {
    /// Those that were answered, by how they ended.
    pub ended: Family<Outcome, Counter>,
    /// From the call upstream to its answer.
    pub answered: Age,
    /// From the call upstream to the event that tells of it.
    pub seen: Age,
}

/// Figures of calls upstream.
#[derive(Clone, Debug, Default)]
pub struct UpstreamMetrics {
    /// Calls by what they were for and how they ended.
    pub calls: Family<Call, Counter>,
    /// Tokens minted.
    pub tokens: Family<OfClient, Counter>,
    /// Calls of the present window, those under way among them.
    pub used: Family<OfClient, Gauge>,
    /// Calls that upstream allows in a window, by its own word.
    pub allowed: Family<OfClient, Gauge>,
    /// Calls that are left in the present window.
    pub left: Family<OfClient, Gauge>,
    /// Seconds until calls are counted anew.
    pub reset_s: Family<OfClient, Gauge>,
    /// Seconds for which no call is made, because upstream said so.
    pub paused_s: Family<OfClient, Gauge>,
    /// Calls that wait for their turn.
    pub waiting: Family<Waiting, Gauge>,
}

impl UpstreamMetrics {
    /// Takes in how the budgets of all OAuth clients stand.
    pub fn note(&self, budgets: &[BudgetView], now: Timestamp) {
        for (place, budget) in budgets.iter().enumerate() {
            let client = OfClient::at(place);
            // What upstream has not told is not shown as a number.
            let told = |gauges: &Family<OfClient, Gauge>, value: Option<i64>| match value {
                Some(value) => drop(gauges.get_or_create(&client).set(value)),
                None => drop(gauges.remove(&client)),
            };
            told(&self.used, Some(budget.used));
            told(&self.allowed, budget.allowed);
            told(&self.left, budget.left);
            told(&self.reset_s, budget.resets_in_s);
            let paused_ms = budget.paused_until.map_or(0, |until| until.ms_since(now).max(0));
            told(&self.paused_s, Some((paused_ms + 999) / 1_000));
            for (purpose, waiting) in budget.waiting {
                let labels = Waiting { client: client.client, purpose: purpose.name() };
                self.waiting.get_or_create(&labels).set(i64::try_from(waiting).unwrap_or(i64::MAX));
            }
        }
    }
}

/// What a call was for and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Call {
    /// As [`Purpose::name`](crate::upstream::Purpose::name).
    pub purpose: &'static str,
    /// In one word or two.
    pub outcome: &'static str,
}

/// An OAuth client: its place in the configuration, since its id is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfClient {
    /// 0 is the one of `[genesys]`.
    pub client: u32,
}

impl OfClient {
    /// The client in this place.
    #[must_use]
    pub fn at(place: usize) -> Self {
        Self { client: u32::try_from(place).unwrap_or(u32::MAX) }
    }
}

/// Who waits where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Waiting {
    /// The OAuth client's place in the configuration.
    pub client: u32,
    /// As [`Purpose::name`](crate::upstream::Purpose::name).
    pub purpose: &'static str,
}

/// What became of something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    /// In one word.
    pub outcome: &'static str,
}

/// A part of what is known about somebody or something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfFacet {
    /// As its topic ends.
    pub facet: &'static str,
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
    /// Of the moment.
    pub standing: StandingMetrics,
    /// Of changes of agents.
    pub writes: WriteMetrics,
    /// Answers given, by status class.
    pub requests: Family<Outcome, Counter<u64, AtomicU64>>,
}

impl Metrics {
    /// Registers every figure with its help text.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self::default();
        // What alerts count is there from the start: a first loss is then seen as one.
        for cause in Cause::ALL {
            drop(metrics.feed.shards_lost.get_or_create(&cause.label()));
        }
        for facet in FACETS {
            drop(metrics.feed.drift.get_or_create(&OfFacet { facet }));
        }
        for outcome in guard::ENDS {
            drop(metrics.writes.ended.get_or_create(&Outcome { outcome }));
        }
        for outcome in ["whole", "part"] {
            drop(metrics.relay.snapshots.get_or_create(&Outcome { outcome }));
        }
        let r = metrics.registry.sub_registry_with_prefix("rollcall");
        r.register("screens", "Screens connected now", metrics.relay.screens.clone());
        r.register(
            "overtaken",
            "Changes overtaken by a newer one before they were written",
            metrics.relay.overtaken.clone(),
        );
        r.register("screens_behind", "Screens that lack something now", metrics.relay.behind.clone());
        r.register("screens_closed", "Screens that were closed or left", metrics.relay.closed.clone());
        r.register(
            "relay_delay_seconds",
            "From a change's arrival at the relay until it was written to the screens",
            metrics.relay.delay.0.clone(),
        );
        r.register("screens_stuck", "Screens closed because they took nothing", metrics.relay.stuck.clone());
        r.register("snapshots", "Snapshots given to screens", metrics.relay.snapshots.clone());
        r.register("screens_refused", "Screens that were asked to come later", metrics.relay.refused.clone());
        r.register("upstream_frames", "Frames from upstream by outcome", metrics.feed.frames.clone());
        r.register(
            "upstream_delay_seconds",
            "From the vendor's date of an event until the proxy had it",
            metrics.feed.age.0.clone(),
        );
        r.register("changes", "Changes given out", metrics.feed.changes.clone());
        r.register("repairs", "Changes that a read brought", metrics.feed.repairs.clone());
        r.register("drift", "Facts that the truth audit put right, by facet", metrics.feed.drift.clone());
        r.register("audits", "Rounds of the truth audit", metrics.feed.audits.clone());
        r.register("shards_live", "Upstream channels that are live", metrics.feed.shards_live.clone());
        r.register(
            "shards_lost",
            "Times an upstream channel was lost, by cause",
            metrics.feed.shards_lost.clone(),
        );
        let u = &metrics.upstream;
        r.register("upstream_calls", "Calls upstream by purpose and outcome", u.calls.clone());
        r.register("upstream_tokens", "Tokens minted, by OAuth client", u.tokens.clone());
        r.register("upstream_calls_used", "Calls of the present window", u.used.clone());
        r.register("upstream_calls_allowed", "Calls that upstream allows in a window", u.allowed.clone());
        r.register("upstream_calls_left", "Calls left in the present window", u.left.clone());
        r.register("upstream_reset_seconds", "Seconds until calls are counted anew", u.reset_s.clone());
        r.register("upstream_paused_seconds", "Seconds for which upstream asks to wait", u.paused_s.clone());
        r.register("upstream_calls_waiting", "Calls that wait for their turn", u.waiting.clone());
        let w = &metrics.writes;
        r.register("writes", "Writes that were answered, by how they ended", w.ended.clone());
        r.register(
            "write_answer_seconds",
            "From a write's call upstream to its answer",
            w.answered.0.clone(),
        );
        r.register(
            "write_event_seconds",
            "From a write's call upstream to the event that tells of it",
            w.seen.0.clone(),
        );
        metrics.standing.register(r);
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
