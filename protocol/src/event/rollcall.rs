//! Bodies of our own topics, `rollcall.…`: what Genesys has no topic for. Wall channels only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::{PresenceDefinitionId, QueueId, UserId},
    language::Language,
    members::members,
    presence::SystemPresence,
    time::Timestamp,
    wall::Metric,
};

/// `rollcall.users.{id}`: who an agent is, or that the agent is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RollcallUser {
    /// The user.
    pub id: UserId,
    /// The name as this class of screen may see it.
    pub name: String,
    /// The user's team, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// True for a tombstone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

members! {
    RollcallUser from RollcallUser { id: UserId::default(), name: String::new(), team: None, deleted: false }, { id: "id", name: "name", team: "team", deleted: "deleted" } needs id
}

/// `rollcall.queues.{id}`: what a queue is called and promises, or that it is gone.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollcallQueue {
    /// The queue.
    pub id: QueueId,
    /// Its name.
    pub name: String,
    /// The target of the medium shown, if the queue has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_level: Option<ServiceLevelTarget>,
    /// True for a tombstone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

members! {
    RollcallQueue from RollcallQueue { id: QueueId::default(), name: String::new(), service_level: None, deleted: false }, { id: "id", name: "name", service_level: "serviceLevel", deleted: "deleted" } needs id
}

/// A share of conversations to be answered within a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceLevelTarget {
    /// Share, 0 to 1.
    pub percentage: f64,
    /// Milliseconds.
    pub duration_ms: i64,
}

members! {
    ServiceLevelTarget from ServiceLevelTarget::default(), { percentage: "percentage", duration_ms: "durationMs" }
}

/// `rollcall.presences`: the organisation's presence definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RollcallPresences {
    /// All definitions that are not deactivated.
    pub definitions: Vec<PresenceLabel>,
}

members! {
    RollcallPresences from RollcallPresences { definitions: Vec::new() }, { definitions: "definitions" } needs definitions
}

/// A presence definition with the label to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceLabel {
    /// The definition.
    pub id: PresenceDefinitionId,
    /// What to show in English, and where there is nothing better.
    pub label: String,
    /// What to show in other languages of the app, by code, where it differs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// One of the ten that every organisation has: in any language its plain name says the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
    /// The system presence it maps to.
    pub system_presence: SystemPresence,
}

members! {
    PresenceLabel from PresenceLabel { id: PresenceDefinitionId::default(), label: String::new(), labels: BTreeMap::new(), plain: false, system_presence: SystemPresence::Offline }, { id: "id", label: "label", labels: "labels", plain: "plain", system_presence: "systemPresence" } needs id, label, system_presence
}

impl PresenceLabel {
    /// What to show in a language, by its code; `None` where the plain name of the system presence serves better.
    #[must_use]
    pub fn in_language(&self, code: &str) -> Option<&str> {
        let translated = self.labels.get(code);
        translated
            .or((!self.plain || code == Language::English.code()).then_some(&self.label))
            .map(String::as_str)
    }
}

/// `rollcall.shards.{n}`: whether an upstream channel is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollcallShard {
    /// Whether what it covers is live.
    pub live: bool,
    /// Until when what it covers is known to be true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_as_of: Option<Timestamp>,
    /// In words, when it is not live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

members! {
    RollcallShard from RollcallShard { live: false, live_as_of: None, reason: None }, { live: "live", live_as_of: "liveAsOf", reason: "reason" } needs live
}

/// `rollcall.figures.{id}`: what conversation aggregates say about a queue. Polled once for all screens.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollcallFigures {
    /// The queue.
    pub id: QueueId,
    /// When they were read.
    pub as_of: Timestamp,
    /// Of the current interval.
    pub interval: Figures,
    /// Since midnight in the organisation's time zone.
    pub today: Figures,
    /// The permissions that the client lacks to read them; then there are no figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_permissions: Vec<String>,
}

members! {
    RollcallFigures from RollcallFigures { id: QueueId::default(), as_of: Timestamp::default(), interval: Figures::default(), today: Figures::default(), missing_permissions: Vec::new() }, { id: "id", as_of: "asOf", interval: "interval", today: "today", missing_permissions: "missingPermissions" } needs id, as_of
}

/// Sums of a queue over a period. docs/metrics.md says which upstream figure each is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// When the period began.
    pub since: Timestamp,
    /// Conversations offered.
    pub offered: u32,
    /// Conversations answered.
    pub answered: u32,
    /// Conversations abandoned.
    pub abandoned: u32,
    /// Of the service level: answered in time.
    pub in_time: u32,
    /// Of the service level: those that count.
    pub counted: u32,
    /// Milliseconds until an answer, summed over those answered.
    pub answer_ms: i64,
    /// Conversations whose handling ended.
    pub handled: u32,
    /// Milliseconds of their handling, summed.
    pub handle_ms: i64,
}

members! {
    Figures from Figures::default(), { since: "since", offered: "offered", answered: "answered", abandoned: "abandoned", in_time: "inTime", counted: "counted", answer_ms: "answerMs", handled: "handled", handle_ms: "handleMs" }
}

/// `rollcall.samples.{id}`: conversations that waited, at equal distances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollcallSamples {
    /// The queue.
    pub id: QueueId,
    /// When the last sample was taken.
    pub until: Timestamp,
    /// Milliseconds between two.
    pub every_ms: i64,
    /// Oldest first; `null` where nothing was known.
    pub waiting: Vec<Option<u32>>,
}

members! {
    RollcallSamples from RollcallSamples { id: QueueId::default(), until: Timestamp::default(), every_ms: 0, waiting: Vec::new() }, { id: "id", until: "until", every_ms: "everyMs", waiting: "waiting" } needs id, until, every_ms, waiting
}

/// `rollcall.tallies.{id}`: what a user handled today. Polled, and only where a leaderboard is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollcallTally {
    /// The user.
    pub id: UserId,
    /// Conversations handled since midnight.
    pub handled: u32,
    /// Milliseconds of their handling, summed.
    pub handle_ms: i64,
}

members! {
    RollcallTally from RollcallTally { id: UserId::default(), handled: 0, handle_ms: 0 }, { id: "id", handled: "handled", handle_ms: "handleMs" } needs id
}

/// `rollcall.alarms.{wall}`: everything that is wrong on a wall, worst first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollcallAlarms {
    /// The alarms.
    pub alarms: Vec<Alarm>,
}

members! {
    RollcallAlarms from RollcallAlarms::default(), { alarms: "alarms" }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// Its name: the same as long as it lasts, another when it comes again.
    pub id: String,
    /// How bad it is.
    pub level: Level,
    /// The queue, if it is one's own figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
    /// The agent, if it is one's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The figure; absent for an agent's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// The figure's value when the alarm was last looked at, in its own unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The limit that it passed; of an agent's state in seconds.
    pub limit: f64,
    /// Since when it is so.
    pub since: Timestamp,
    /// When somebody took note of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Timestamp>,
}

members! {
    Alarm from Alarm { id: String::new(), level: Level::Warn, queue: None, user: None, metric: None, value: None, limit: 0.0, since: Timestamp::default(), acknowledged: None }, { id: "id", level: "level", queue: "queue", user: "user", metric: "metric", value: "value", limit: "limit", since: "since", acknowledged: "acknowledged" } needs id, level, limit, since
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth a look.
    Warn,
    /// Worth dropping what one does.
    Critical,
}

impl Level {
    /// The word in `data-level`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Critical => "critical",
        }
    }
}

/// `rollcall.states.{wall}`: how many agents are in which state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RollcallStates {
    /// By state, as in `data-state`.
    pub states: Vec<StateCount>,
}

members! {
    RollcallStates from RollcallStates::default(), { states: "states" }
}

/// How many agents are in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateCount {
    /// The state, as in `data-state`.
    pub state: String,
    /// How many.
    pub agents: u32,
}

members! {
    StateCount from StateCount { state: String::new(), agents: 0 }, { state: "state", agents: "agents" } needs state, agents
}
