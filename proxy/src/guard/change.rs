//! What can be written about an agent: kind by kind what is asked, what stands of it, and when what stands is what was sent.

use protocol::{
    Timestamp, UserId,
    entity::{UserPresence, UserSkill},
    event::routing_status::UserRoutingStatus,
    presence::RoutingStatus,
};
use rules::{
    Refusal, etag, presence,
    shift::Zone,
    skills::{self, Level},
};
use serde::Serialize;
use serde_json::Value;

use super::check;
use crate::{
    audit::{Action, Outcome},
    problem::Problem,
    store::Restore,
};

/// What somebody wants of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The agent.
    pub user: UserId,
    /// What is to change.
    pub change: Change,
    /// What has to stand.
    pub if_match: Option<IfMatch>,
    /// Where the agent works, by an IANA name; `None` leaves it to the configuration.
    pub time_zone: Option<String>,
    /// Until when, for a skill that is changed for a while; `None` for good.
    pub until: Option<Timestamp>,
    /// What it restores: only if nothing took its place meanwhile.
    pub restores: Option<Restore>,
    /// What the caller files it under, for the log.
    pub compliance_tag: Option<String>,
    /// The request's own words, for the log.
    pub said: Value,
}

impl Asked {
    /// A time zone as a request names it.
    ///
    /// # Errors
    /// When there is none of that name, whether or not a rule would look at it.
    pub fn zone(name: Option<String>) -> Result<Option<String>, Problem> {
        if name.is_some() {
            Zone::first_of([name.as_deref(), None, None])?;
        }
        Ok(name)
    }

    /// A change at any time and of whatever stands, for good.
    #[must_use]
    pub const fn new(user: UserId, change: Change, said: Value) -> Self {
        Self {
            user,
            change,
            if_match: None,
            time_zone: None,
            until: None,
            restores: None,
            compliance_tag: None,
            said,
        }
    }
}

/// Only if what is to change is as its caller knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch {
    /// It has one of these entity tags.
    pub tags: String,
    /// Where it has not, the write begins anew with what stands, as long as that changes few times.
    pub begins_anew: bool,
}

/// A change of one kind. Each is one call upstream.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A presence, a message, or both.
    Presence(presence::Change),
    /// A routing status, by the vendor's word.
    RoutingStatus(String),
    /// One skill that the agent has.
    Skill(skills::One),
    /// Many skills, or all.
    Skills(skills::Many),
}

impl Change {
    /// As the log names it.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Presence(_) => Action::Presence,
            Self::RoutingStatus(_) => Action::RoutingStatus,
            Self::Skill(_) => Action::Skill,
            Self::Skills(many) if many.replaces => Action::AllSkills,
            Self::Skills(_) => Action::Skills,
        }
    }
}

/// How a write ended well.
#[derive(Clone, Debug)]
pub struct Done {
    /// What became of it.
    pub outcome: Outcome,
    /// What stands now.
    pub stands: Stands,
    /// Its entity tag.
    pub etag: String,
    /// What there is to be said although it was done.
    pub warnings: Vec<Refusal>,
    /// Changes of somebody else that it met before it was made.
    pub conflicts: u32,
}

/// What stands of that which is changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Stands {
    /// The presence.
    Presence(UserPresence),
    /// The routing status.
    RoutingStatus(UserRoutingStatus),
    /// One skill; `None` when the agent has not got it.
    Skill(Option<UserSkill>),
    /// All skills.
    Skills(Vec<UserSkill>),
}

impl Stands {
    /// Its entity tag.
    #[must_use]
    pub fn etag(&self) -> String {
        match self {
            Self::Presence(presence) => etag::of(check::standing(presence).as_ref()),
            Self::RoutingStatus(status) => etag::of_routing_status(status),
            Self::Skill(skill) => etag::of_skills(skill),
            Self::Skills(skills) => etag::of_skills(skills),
        }
    }

    /// Whether it is what was sent.
    pub(super) fn is_so(&self, action: Action, sent: &Value) -> bool {
        match self {
            Self::Presence(stands) => is_presence(stands, sent),
            Self::RoutingStatus(stands) => {
                stands.status.as_ref().map(RoutingStatus::as_str) == sent["status"].as_str()
            }
            Self::Skill(None) => sent["state"] == skills::State::Deleted.as_str(),
            Self::Skill(Some(stands)) => {
                let Level { proficiency, state } = Level::of(stands);
                let same_state = sent["state"].as_str().is_none_or(|sent| sent == state);
                same_state && sent["proficiency"].as_f64().is_none_or(|sent| proficiency == Some(sent))
            }
            Self::Skills(stands) => {
                let Some(sent) = sent.as_array() else { return false };
                let has = |sent: &Value| {
                    stands.iter().any(|stands| {
                        sent["id"] == stands.id.as_str() && sent["proficiency"].as_f64() == stands.proficiency
                    })
                };
                (action != Action::AllSkills || stands.len() == sent.len()) && sent.iter().all(has)
            }
        }
    }
}

fn is_presence(stands: &UserPresence, sent: &Value) -> bool {
    let definition = stands.presence_definition.as_ref().map(|definition| definition.id.as_str());
    let has_definition = sent["presenceDefinition"]["id"].as_str().is_none_or(|id| definition == Some(id));
    let has_message =
        sent["message"].as_str().is_none_or(|message| stands.message.as_deref() == Some(message));
    // What is to come once the agent is free is not seen in what stands.
    sent["futurePresenceDefinition"].is_null() && has_definition && has_message
}
