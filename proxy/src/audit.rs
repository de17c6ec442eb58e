//! Who changed what: the log of every write and every refusal.
//!
//! Records are only ever appended. Each is sealed with the one before it (`audit/chain.rs`), by a key in a file of its own
//! (`audit/key.rs`), so that `rollcall audit verify` names the first that was altered, taken out or moved. They are kept in
//! the store; a write is two of them, one that is on the disk before anything is sent and one of how it ended.

pub mod activity;
pub mod chain;
pub mod export;
pub mod key;
pub mod observed;
pub mod retention;

use protocol::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::caller::{Caller, CallerKind};

/// One record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The write that it is of: what opens it and what closes it have the same.
    pub id: String,
    /// What it says.
    pub kind: Kind,
    /// When, in upstream's time.
    pub at: Timestamp,
    /// Who asked.
    pub actor: Actor,
    /// Where the request came from, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whom it is about.
    pub user_id: UserId,
    /// What was to be changed.
    pub action: Action,
    /// What was asked for, in the words of the request.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub asked: Value,
    /// What is sent upstream for it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub sent: Value,
    /// What stood before, as far as it was read.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub before: Value,
    /// What stands now, as upstream answered.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub after: Value,
    /// How it ended; none in a record that opens a write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The stable code of a refusal or an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Codes of rules that were broken and only warn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Milliseconds from the call upstream to its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_ms: Option<i64>,
    /// Milliseconds from the call upstream to the event that tells of its effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_ms: Option<i64>,
    /// Changes of somebody else that the write met.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub conflicts: u32,
    /// Calls upstream that were made again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// The entity tag after the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The correlation id of the request here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Upstream's correlation id of the call that it answered, by which its support finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_correlation_id: Option<String>,
    /// What the caller files the write under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compliance_tag: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Record {
    /// A record that says who, whom and when, and nothing else.
    #[must_use]
    pub fn new(id: String, kind: Kind, at: Timestamp, actor: Actor, user_id: UserId, action: Action) -> Self {
        Self {
            id,
            kind,
            at,
            actor,
            address: None,
            user_id,
            action,
            asked: Value::Null,
            sent: Value::Null,
            before: Value::Null,
            after: Value::Null,
            outcome: None,
            code: None,
            words: None,
            warnings: Vec::new(),
            answered_ms: None,
            seen_ms: None,
            conflicts: 0,
            retries: 0,
            etag: None,
            correlation_id: None,
            upstream_correlation_id: None,
            compliance_tag: None,
        }
    }
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something is about to be sent.
    Opened,
    /// How it ended.
    Closed,
    /// Nothing was sent.
    Refused,
    /// Somebody changed it elsewhere.
    Observed,
    /// What the event stream told of it afterwards.
    Seen,
}

impl Kind {
    /// As records name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Observed => "observed",
            Self::Seen => "seen",
        }
    }
}

/// What was to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// A presence, a message, or both.
    Presence,
    /// A routing status.
    RoutingStatus,
    /// One skill.
    Skill,
    /// Many skills; those that are not named stay.
    Skills,
    /// All skills; those that are not named go.
    AllSkills,
}

impl Action {
    /// Each of them.
    pub const ALL: [Self; 5] =
        [Self::Presence, Self::RoutingStatus, Self::Skill, Self::Skills, Self::AllSkills];

    /// As records and queries name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Presence => "presence",
            Self::RoutingStatus => "routingStatus",
            Self::Skill => "skill",
            Self::Skills => "skills",
            Self::AllSkills => "allSkills",
        }
    }
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Upstream took it.
    Accepted,
    /// It was so already.
    NoChange,
    /// Upstream will do it once the agent is free.
    Deferred,
    /// Somebody else changed it since: what is theirs was left alone.
    Superseded,
    /// A rule, a limit or upstream said no.
    Refused,
    /// Nobody knows whether it took effect.
    Unknown,
}

impl Outcome {
    /// Each of them.
    pub const ALL: [Self; 6] =
        [Self::Accepted, Self::NoChange, Self::Deferred, Self::Superseded, Self::Refused, Self::Unknown];

    /// As records and queries name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NoChange => "noChange",
            Self::Deferred => "deferred",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `local`, `machine`, `screen` or `rollcall`; `unknown` of what was done elsewhere.
    pub kind: String,
    /// The name in the configuration; of a session on this machine nothing more is known.
    pub name: String,
}

impl Actor {
    /// The name, or what kind it is where there is none.
    #[must_use]
    pub fn said(&self) -> &str {
        if self.name.is_empty() { &self.kind } else { &self.name }
    }

    /// As whom a caller stands in the log. A session's name is its secret, and stays out.
    #[must_use]
    pub fn of(caller: &Caller) -> Self {
        let (kind, name) = match &caller.kind {
            CallerKind::Local(_) => ("local", String::new()),
            CallerKind::Machine(id) => ("machine", id.to_string()),
            CallerKind::Screen(screen) => ("screen", screen.key.to_string()),
            CallerKind::Rollcall(whom) => ("rollcall", format!("rollcall, for {whom}")),
        };
        Self { kind: kind.to_owned(), name }
    }
}
