//! Which rules block, warn or allow.

use crate::refusal::Refusal;

/// A rule that can be switched. What is not listed here always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Not while in a conversation or in after-call work.
    Busy,
    /// Some presences need a reason.
    Reason,
    /// Outside of a published shift only Offline.
    Shift,
    /// Nothing is published for the agent: neither inside nor outside.
    NoSchedule,
    /// Outside of the operating hours only Offline.
    Hours,
    /// Nobody goes On Queue without a queue.
    NoQueues,
    /// A queue keeps so many on queue.
    StaffingFloor,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 7] = [
        Self::Busy,
        Self::Reason,
        Self::Shift,
        Self::NoSchedule,
        Self::Hours,
        Self::NoQueues,
        Self::StaffingFloor,
    ];

    /// The word for it in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Reason => "reason",
            Self::Shift => "outside_shift",
            Self::NoSchedule => "no_schedule",
            Self::Hours => "outside_hours",
            Self::NoQueues => "no_queues",
            Self::StaffingFloor => "staffing_floor",
        }
    }
}

/// What a rule does to a change that breaks it; the later, the more lenient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// It is refused.
    Block,
    /// It is made, and said.
    Warn,
    /// It is made.
    Allow,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Block, Self::Warn, Self::Allow];

    /// The word for it in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Warn => "warn",
            Self::Allow => "allow",
        }
    }
}

/// The mode of each rule, for one caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modes([Mode; Rule::ALL.len()]);

impl Default for Modes {
    /// All block, but that agents without a schedule are only warned of: few organisations plan everybody.
    fn default() -> Self {
        Self([Mode::Block; Rule::ALL.len()]).with(Rule::NoSchedule, Mode::Warn)
    }
}

impl Modes {
    /// The same, but for one rule.
    #[must_use]
    pub const fn with(mut self, rule: Rule, mode: Mode) -> Self {
        self.0[rule as usize] = mode;
        self
    }

    /// The mode of a rule.
    #[must_use]
    pub const fn of(self, rule: Rule) -> Mode {
        self.0[rule as usize]
    }

    /// What somebody may who holds the roles of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let mut both = self;
        for rule in Rule::ALL {
            both = both.with(rule, self.of(rule).max(other.of(rule)));
        }
        both
    }

    /// Weighs a rule that is broken.
    ///
    /// # Errors
    /// When the rule blocks.
    pub fn weigh(self, rule: Rule, broken: Refusal, warnings: &mut Vec<Refusal>) -> Result<(), Refusal> {
        match self.of(rule) {
            Mode::Block => return Err(broken),
            Mode::Warn => warnings.push(broken),
            Mode::Allow => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Code;

    #[test]
    fn each_rule_has_a_place_of_its_own() {
        for rule in Rule::ALL {
            let modes = Modes::default().with(rule, Mode::Allow);
            for other in Rule::ALL.into_iter().filter(|other| *other != rule) {
                assert_eq!(modes.of(other), Modes::default().of(other), "{rule:?} {other:?}");
            }
            assert_eq!(modes.of(rule), Mode::Allow);
        }
    }

    #[test]
    fn who_holds_two_roles_may_what_either_may() {
        let one = Modes::default().with(Rule::Busy, Mode::Warn);
        let other = Modes::default().with(Rule::Shift, Mode::Allow);
        let both = one.or(other);
        assert_eq!((both.of(Rule::Busy), both.of(Rule::Shift)), (Mode::Warn, Mode::Allow));
        assert_eq!(both.of(Rule::Hours), Mode::Block);
    }

    #[test]
    fn a_broken_rule_blocks_is_said_or_is_nothing() {
        let broken = || Refusal::new(Code::AgentBusy, "busy");
        let weigh = |mode| {
            let mut warnings = Vec::new();
            let refused = Modes::default().with(Rule::Busy, mode).weigh(Rule::Busy, broken(), &mut warnings);
            (refused.is_err(), warnings.len())
        };
        assert_eq!([Mode::Block, Mode::Warn, Mode::Allow].map(weigh), [(true, 0), (false, 1), (false, 0)]);
    }
}
