//! A no, with what would be accepted.

use std::fmt;

/// What a refusal is called; these words are stable, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// There is no such user.
    UserUnknown,
    /// The user was deleted or switched off.
    UserInactive,
    /// No presence is called so.
    PresenceUnknown,
    /// More than one presence is called so.
    PresenceAmbiguous,
    /// The presence is no longer to be chosen.
    PresenceDeactivated,
    /// One part of the request says another presence than the other.
    PresenceContradiction,
    /// Wrap-up follows a conversation and cannot be set.
    WrapUpNotSettable,
    /// Seconds of wrap-up that cannot be.
    WrapUpSeconds,
    /// The presence needs a reason.
    ReasonMissing,
    /// The message is too long.
    MessageTooLong,
    /// The agent is in a conversation or in after-call work.
    AgentBusy,
    /// Outside of the agent's shift.
    OutsideShift,
    /// Nothing is published for the agent.
    NoSchedule,
    /// Outside of the operating hours.
    OutsideHours,
    /// Nobody knows of the time zone.
    TimeZoneUnknown,
    /// On Queue without any queue.
    NoQueues,
    /// Too few would stay on queue.
    StaffingFloor,
    /// No such routing status, or one that follows from conversations.
    RoutingStatusNotSettable,
    /// The routing status cannot be left for that one.
    RoutingStatusTransition,
    /// The organisation has no such skill.
    SkillUnknown,
    /// The agent has not this skill.
    SkillNotHeld,
    /// A proficiency that cannot be.
    SkillProficiency,
    /// No state of a skill.
    SkillState,
    /// One skill named twice.
    SkillTwice,
    /// More skills than one call takes.
    TooManySkills,
    /// The agent is not as the caller last saw it.
    VersionMismatch,
}

impl Code {
    /// Every code, for documentation.
    pub const ALL: [Self; 26] = [
        Self::UserUnknown,
        Self::UserInactive,
        Self::PresenceUnknown,
        Self::PresenceAmbiguous,
        Self::PresenceDeactivated,
        Self::PresenceContradiction,
        Self::WrapUpNotSettable,
        Self::WrapUpSeconds,
        Self::ReasonMissing,
        Self::MessageTooLong,
        Self::AgentBusy,
        Self::OutsideShift,
        Self::NoSchedule,
        Self::OutsideHours,
        Self::TimeZoneUnknown,
        Self::NoQueues,
        Self::StaffingFloor,
        Self::RoutingStatusNotSettable,
        Self::RoutingStatusTransition,
        Self::SkillUnknown,
        Self::SkillNotHeld,
        Self::SkillProficiency,
        Self::SkillState,
        Self::SkillTwice,
        Self::TooManySkills,
        Self::VersionMismatch,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserUnknown => "user.unknown",
            Self::UserInactive => "user.inactive",
            Self::PresenceUnknown => "presence.unknown",
            Self::PresenceAmbiguous => "presence.ambiguous",
            Self::PresenceDeactivated => "presence.deactivated",
            Self::PresenceContradiction => "presence.contradiction",
            Self::WrapUpNotSettable => "wrapup.not.settable",
            Self::WrapUpSeconds => "wrapup.seconds",
            Self::ReasonMissing => "presence.reason.missing",
            Self::MessageTooLong => "presence.message.too.long",
            Self::AgentBusy => "agent.busy",
            Self::OutsideShift => "shift.outside",
            Self::NoSchedule => "shift.none",
            Self::OutsideHours => "hours.outside",
            Self::TimeZoneUnknown => "time.zone.unknown",
            Self::NoQueues => "agent.without.queues",
            Self::StaffingFloor => "staffing.floor",
            Self::RoutingStatusNotSettable => "routing.status.not.settable",
            Self::RoutingStatusTransition => "routing.status.transition",
            Self::SkillUnknown => "skill.unknown",
            Self::SkillNotHeld => "skill.not.held",
            Self::SkillProficiency => "skill.proficiency",
            Self::SkillState => "skill.state",
            Self::SkillTwice => "skill.twice",
            Self::TooManySkills => "skills.too.many",
            Self::VersionMismatch => "version.mismatch",
        }
    }
}

/// Why something is not written, or what there is to say although it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// For people: what was wrong, and how to mend it.
    pub words: String,
    /// What would be accepted instead, where that is a list.
    pub accepted: Vec<String>,
}

impl Refusal {
    /// One that names nothing to choose from.
    #[must_use]
    pub fn new(code: Code, words: impl Into<String>) -> Self {
        Self { code, words: words.into(), accepted: Vec::new() }
    }

    /// The same with what can be chosen.
    #[must_use]
    pub fn accepting(self, accepted: Vec<String>) -> Self {
        Self { accepted, ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        if self.accepted.is_empty() { Ok(()) } else { write!(f, "; accepted: {}", self.accepted.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_a_word_of_its_own() {
        let words: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
    }
}
