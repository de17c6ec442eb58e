//! How the proxy is: what its status route answers and the status panel of a wall shows. It names no person, no secret and no
//! address.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::time::Timestamp;

/// `GET /rollcall/status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The proxy's run.
    pub epoch: String,
    /// The proxy's version.
    pub version: String,
    /// The app's build that the proxy serves.
    pub build: String,
    /// Where upstream is: the domain of its region, or `simulator`.
    pub upstream: String,
    /// The proxy's time, which is upstream's.
    pub server_time: Timestamp,
    /// Seconds since the proxy was started.
    pub up_s: i64,
    /// Whether everything was read once.
    pub complete: bool,
    /// Milliseconds from the vendor's date of an event until the proxy had it, smoothed; not there before the first event
    /// that has a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_delay_ms: Option<i64>,
    /// Channels upstream.
    pub channels: Used,
    /// Those of them that are live now.
    pub live: usize,
    /// Topics that those channels carry.
    pub topics: Used,
    /// Subjects beyond what the channels carry: nobody vouches for them.
    pub left_out: usize,
    /// Subjects of which upstream refused a topic: nobody vouches for them.
    pub refused: usize,
    /// In words for people, what is wrong with upstream: why channels are not live, what is refused; not there while nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Each channel upstream.
    pub shards: Vec<ShardStatus>,
    /// Each OAuth client's budget of calls, in the order of the configuration.
    pub clients: Vec<ClientStatus>,
    /// How often a channel upstream was lost, by cause; all causes are named.
    pub reconnects: BTreeMap<String, u64>,
    /// Differences that the truth audit found and mended, by facet; not there while nothing compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<BTreeMap<String, u64>>,
    /// Some of it as the panel shows it.
    pub shown: Shown,
    /// Screens connected now.
    pub screens: i64,
}

/// Counts in one line: their sum, and by name what is above zero, as `3 · closed 1 · silent 2`. The names are those of the metrics, in
/// every language, so that no page has to be able to make such a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Channels upstream that were lost.
    pub lost: String,
    /// What the truth audit found; not there while nothing compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<String>,
}

/// Something of which there is so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Used {
    /// In use.
    pub used: usize,
    /// As many as can be used.
    pub limit: usize,
    /// What is left of it.
    pub left: usize,
}

impl Used {
    /// So many of so many.
    #[must_use]
    pub const fn of(used: usize, limit: usize) -> Self {
        Self { used, limit, left: limit.saturating_sub(used) }
    }
}

/// One channel upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardStatus {
    /// Its number.
    pub shard: u16,
    /// The OAuth client that it belongs to, by its place in the configuration; 0 is the one of `[genesys]`.
    pub client: usize,
    /// Whether what it covers is true now.
    pub live: bool,
    /// Until when what it covers is known to be true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_as_of: Option<Timestamp>,
    /// In words, why it is not live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its topics.
    pub topics: Used,
}

/// One OAuth client's budget of calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientStatus {
    /// Its place in the configuration; 0 is the one of `[genesys]`.
    pub client: usize,
    /// Calls that upstream allows in the present window; not there before its first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<i64>,
    /// Calls of the present window, those under way among them.
    pub used: i64,
    /// Calls that are left in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
    /// Seconds until counting begins anew, at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resets_in_s: Option<i64>,
    /// Seconds for which no call is made, because upstream said so.
    pub paused_s: i64,
    /// Calls that were made since the start, by what they were for; what was never called for is not there.
    pub by_purpose: BTreeMap<String, u64>,
    /// Calls that wait for their turn, by what they are for; where nobody waits nothing is there.
    pub waiting: BTreeMap<String, u64>,
}
