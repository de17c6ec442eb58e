//! What was asked of agents from this page, and how it ended. A button changes nothing that is shown: it makes an entry here,
//! and what the notifications bring ends it. Pure: the page's clock and the board come in as arguments.

use std::sync::Arc;

use protocol::{Timestamp, UserId};
use serde_json::{Value, json};

use super::{
    ask::No,
    skill::{Level, SkillChange},
};

/// So long a change may be on its way back after it was answered. The proxy's own limit is 5 s.
pub const CONFIRM_MS: i64 = 8_000;

/// So long a change can be taken back.
pub const UNDO_MS: i64 = 15 * 60_000;

/// How far the date of an event may be from that of the answer and still be the same change: Genesys promises no equality.
const SAME_MS: i64 = 2_000;

/// Changes that are remembered: more than anybody makes in the time in which they can be taken back.
const ENTRIES_MAX: usize = 500;

/// What stands: a presence or a skill as it can be put back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// The definition's id, or the skill's level in a text.
    pub definition: String,
    /// The message.
    pub message: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The definition in words.
    pub label: String,
    /// The skill's level.
    pub level: Level,
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A notification brought it back.
    Confirmed,
    /// It was so already.
    NoChange,
    /// The proxy or Genesys Cloud said no.
    Refused(No),
    /// It is made once the agent is free.
    Deferred,
    /// Something newer stands before it was seen.
    Superseded,
    /// Nobody knows, or nobody has seen it.
    Unconfirmed(String),
}

impl End {
    /// The word in `data-end`.
    #[must_use]
    pub fn as_data(&self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::NoChange => "no-change",
            Self::Refused(_) => "refused",
            Self::Deferred => "deferred",
            Self::Superseded => "superseded",
            Self::Unconfirmed(_) => "unconfirmed",
        }
    }
}

/// What of an agent is changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Facet {
    /// The presence.
    #[default]
    Presence,
    /// The routing status, of who did not respond.
    RoutingStatus,
    /// A skill.
    Skill(SkillChange),
}

/// What is to be made of an agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// Of what it is.
    pub facet: Facet,
    /// The presence definition's id, the routing status, or the level of the skill in a text.
    pub definition: String,
    /// In words.
    pub label: String,
    /// The message; what stands there stays when there is none.
    pub message: Option<String>,
    /// Only once the agent is free.
    pub when_free: bool,
}

impl Wish {
    /// The body of the request about a presence or a routing status.
    #[must_use]
    pub fn body(&self) -> Value {
        if self.facet == Facet::RoutingStatus {
            return json!({ "status": self.definition });
        }
        let which = if self.when_free { "futurePresenceDefinition" } else { "presenceDefinition" };
        let mut body = json!({ which: { "id": self.definition } });
        if let Some(message) = &self.message {
            body["message"] = json!(message);
        }
        body
    }

    /// Whether it is about a skill.
    #[must_use]
    pub fn is_of_skill(&self) -> bool {
        matches!(self.facet, Facet::Skill(_))
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// Its own among all of the page.
    pub id: u32,
    /// Of whom.
    pub user: UserId,
    /// The name.
    pub name: Arc<str>,
    /// What is to be.
    pub wish: Wish,
    /// What stood before, as far as it was known.
    pub before: Option<Standing>,
    /// Which change it takes back.
    pub undoes: Option<u32>,
    /// When it was asked for, in the proxy's time.
    pub asked_at: Timestamp,
    /// When it was answered, and the date of what then stood.
    pub answered: Option<(Timestamp, Timestamp)>,
    /// The version that the answer told.
    pub etag: Option<String>,
    /// How it ended.
    pub end: Option<End>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// From the request to the notification, in milliseconds.
    pub took_ms: Option<i64>,
    /// Whether what stands is still what it made.
    pub is_ours: bool,
    /// Whether it was seen to stand, and something else stands since.
    pub is_over: bool,
}

impl Write {
    /// How long it can still be taken back.
    #[must_use]
    pub fn undo_left_ms(&self, now: Timestamp) -> Option<i64> {
        let can = matches!(self.end, Some(End::Confirmed | End::Unconfirmed(_)))
            && self.is_ours
            && self.undoes.is_none()
            && self.before.is_some()
            && self.etag.is_some();
        let left = UNDO_MS - now.ms_since(self.asked_at);
        (can && left > 0).then_some(left)
    }

    /// What puts back what stood before.
    #[must_use]
    pub fn undoing(&self) -> Option<Wish> {
        let before = self.before.as_ref()?;
        let facet = match &self.wish.facet {
            Facet::Skill(change) => Facet::Skill(change.undoing(&before.level)?),
            facet @ (Facet::Presence | Facet::RoutingStatus) => facet.clone(),
        };
        Some(Wish {
            facet,
            definition: before.definition.clone(),
            label: before.label.clone(),
            message: Some(before.message.clone()),
            when_free: false,
        })
    }

    fn end(&mut self, end: End, now: Timestamp) {
        self.end = Some(end);
        self.ended_at = Some(now);
    }
}

/// What a proxy's answer says of a change that it made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// False when it was so already.
    pub changed: bool,
    /// Somebody else changed it meanwhile, and theirs was left alone.
    pub is_superseded: bool,
    /// It waits for the agent to be free.
    pub is_deferred: bool,
    /// The date of what stands.
    pub modified: Option<Timestamp>,
    /// Its version.
    pub etag: Option<String>,
}

/// All changes of the page, the newest last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Writes {
    entries: Vec<Write>,
    last_id: u32,
}

impl Writes {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Write] {
        &self.entries
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&Write> {
        self.entries.iter().find(|write| write.id == id)
    }

    /// The newest of an agent.
    #[must_use]
    pub fn of(&self, user: &UserId) -> Option<&Write> {
        self.entries.iter().rev().find(|write| write.user == *user)
    }

    /// Whether one of the agent is under way.
    #[must_use]
    pub fn is_pending(&self, user: &UserId) -> bool {
        self.entries.iter().any(|write| write.user == *user && write.end.is_none())
    }

    /// Whether there is anything that a notification or time can change.
    #[must_use]
    pub fn has_open(&self) -> bool {
        let is_open = |write: &Write| matches!(write.end, None | Some(End::Deferred)) || write.is_ours;
        self.entries.iter().any(is_open)
    }

    /// A change is asked for.
    pub fn begin(
        &mut self,
        (user, name): (UserId, Arc<str>),
        wish: Wish,
        before: Option<Standing>,
        undoes: Option<u32>,
        now: Timestamp,
    ) -> u32 {
        self.last_id += 1;
        if self.entries.len() >= ENTRIES_MAX {
            self.entries.remove(0);
        }
        self.entries.push(Write {
            id: self.last_id,
            user,
            name,
            wish,
            before,
            undoes,
            asked_at: now,
            answered: None,
            etag: None,
            end: None,
            ended_at: None,
            took_ms: None,
            is_ours: false,
            is_over: false,
        });
        self.last_id
    }

    /// The proxy answered.
    pub fn answered(&mut self, id: u32, answer: Result<Made, No>, now: Timestamp) {
        let Some(write) = self.entries.iter_mut().find(|write| write.id == id) else { return };
        match answer {
            Ok(made) if made.is_superseded => write.end(End::Superseded, now),
            Ok(made) if !made.changed => write.end(End::NoChange, now),
            Ok(made) if made.is_deferred => {
                // It can be seen when the agent is free, and what it then is dated, nobody knows yet.
                write.answered = Some((now, write.asked_at));
                write.end(End::Deferred, now);
            }
            Ok(made) => {
                write.answered = Some((now, made.modified.unwrap_or(write.asked_at)));
                write.etag = made.etag;
                write.is_ours = true;
            }
            // Whoever did not hear an answer does not know that it is a no.
            Err(no) if no.is_silence() || no.code == "write.unknown" => {
                write.answered = Some((now, write.asked_at));
                write.is_ours = true;
                write.end(End::Unconfirmed(no.words), now);
            }
            Err(no) => write.end(End::Refused(no), now),
        }
    }

    /// Looks at what stands, as notifications brought it, and at the clock; true when anything changed. `stands` tells what
    /// an agent's presence, routing status or skill is, and its date: of a skill, of which no notification tells, when it was read.
    pub fn look(
        &mut self,
        now: Timestamp,
        stands: impl Fn(&UserId, &Facet) -> Option<(String, Timestamp)>,
    ) -> bool {
        let mut changed = false;
        for write in &mut self.entries {
            let Some((answered_at, modified)) = write.answered else { continue };
            let waits = matches!(write.end, None | Some(End::Unconfirmed(_) | End::Deferred));
            if !waits && !write.is_ours {
                continue;
            }
            let seen = stands(&write.user, &write.wish.facet);
            let is_it = seen.as_ref().is_some_and(|(definition, since)| {
                *definition == write.wish.definition && since.ms_since(modified) >= -SAME_MS
            });
            // What is read of a skill in the first moment may be from before.
            let settles_ms = if write.wish.is_of_skill() { SAME_MS } else { 0 };
            let is_newer = seen.as_ref().is_some_and(|(_, since)| since.ms_since(modified) > settles_ms);
            if waits && is_it {
                write.end(End::Confirmed, now);
                write.took_ms = Some(now.ms_since(write.asked_at).max(0));
                // Of a deferred change nobody told the version.
                write.is_ours = write.etag.is_some();
                changed = true;
            } else if matches!(write.end, None | Some(End::Unconfirmed(_))) && is_newer {
                write.end(End::Superseded, now);
                write.is_ours = false;
                changed = true;
            } else if write.end.is_none() && now.ms_since(answered_at) >= CONFIRM_MS {
                write.end(End::Unconfirmed(String::new()), now);
                changed = true;
            } else if write.is_ours && write.end == Some(End::Confirmed) && !is_it {
                // Somebody has changed it since.
                (write.is_ours, write.is_over) = (false, true);
                changed = true;
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests;
