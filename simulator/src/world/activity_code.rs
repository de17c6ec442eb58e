//! What an agent can be scheduled for: the eight default activity codes and one of this organisation's
//! own, and the categories that adherence compares.

use super::SystemPresence;

/// Place of an activity code in [`CODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CodeIx(pub(crate) usize);

/// The kind of an activity, scheduled or actual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
    OnQueueWork,
    Break,
    Meal,
    Meeting,
    OffQueueWork,
    TimeOff,
    Training,
    Unavailable,
    /// Nothing is scheduled.
    Unscheduled,
}

impl Category {
    /// As Genesys writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::OnQueueWork => "OnQueueWork",
            Self::Break => "Break",
            Self::Meal => "Meal",
            Self::Meeting => "Meeting",
            Self::OffQueueWork => "OffQueueWork",
            Self::TimeOff => "TimeOff",
            Self::Training => "Training",
            Self::Unavailable => "Unavailable",
            Self::Unscheduled => "Unscheduled",
        }
    }

    /// What somebody with this presence does. Genesys' own map is not published; whether Away and
    /// Idle are a break is one of the open questions.
    pub(crate) fn of_presence(presence: SystemPresence, away_is_a_break: bool) -> Self {
        match presence {
            SystemPresence::OnQueue => Self::OnQueueWork,
            SystemPresence::Available | SystemPresence::Busy => Self::OffQueueWork,
            SystemPresence::Break => Self::Break,
            SystemPresence::Meal => Self::Meal,
            SystemPresence::Meeting => Self::Meeting,
            SystemPresence::Training => Self::Training,
            SystemPresence::Away | SystemPresence::Idle if away_is_a_break => Self::Break,
            SystemPresence::Away | SystemPresence::Idle | SystemPresence::Offline => Self::Unavailable,
        }
    }
}

/// An activity code. Every business unit has the same.
#[derive(Debug)]
pub(crate) struct ActivityCode {
    /// Those of default codes are small numbers; the organisation's own have GUIDs.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) category: Category,
    pub(crate) default_code: bool,
    pub(crate) length_minutes: i64,
    pub(crate) paid: bool,
    pub(crate) work_time: bool,
}

pub(crate) const ON_QUEUE_WORK: CodeIx = CodeIx(0);
pub(crate) const BREAK: CodeIx = CodeIx(1);
pub(crate) const MEAL: CodeIx = CodeIx(2);
pub(crate) const MEETING: CodeIx = CodeIx(3);
pub(crate) const TIME_OFF: CodeIx = CodeIx(5);
pub(crate) const TRAINING: CodeIx = CodeIx(6);
pub(crate) const COACHING: CodeIx = CodeIx(8);

#[rustfmt::skip]
pub(crate) const CODES: &[ActivityCode] = &[
    ActivityCode { id: "0", name: "On Queue Work", category: Category::OnQueueWork, default_code: true, length_minutes: 60, paid: true, work_time: true },
    ActivityCode { id: "1", name: "Break", category: Category::Break, default_code: true, length_minutes: 15, paid: true, work_time: false },
    ActivityCode { id: "2", name: "Meal", category: Category::Meal, default_code: true, length_minutes: 45, paid: false, work_time: false },
    ActivityCode { id: "3", name: "Meeting", category: Category::Meeting, default_code: true, length_minutes: 30, paid: true, work_time: true },
    ActivityCode { id: "4", name: "Off Queue Work", category: Category::OffQueueWork, default_code: true, length_minutes: 60, paid: true, work_time: true },
    ActivityCode { id: "5", name: "Time Off", category: Category::TimeOff, default_code: true, length_minutes: 480, paid: true, work_time: false },
    ActivityCode { id: "6", name: "Training", category: Category::Training, default_code: true, length_minutes: 60, paid: true, work_time: true },
    ActivityCode { id: "7", name: "Unavailable", category: Category::Unavailable, default_code: true, length_minutes: 60, paid: false, work_time: false },
    ActivityCode { id: "4f0d2c61-9b3e-4d7a-8c15-6e2a90b7d384", name: "Coaching", category: Category::OffQueueWork, default_code: false, length_minutes: 30, paid: true, work_time: true },
];

impl CodeIx {
    /// The code itself.
    pub(crate) fn code(self) -> &'static ActivityCode {
        &CODES[self.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_name_the_right_codes() {
        let check = |ix: CodeIx, name: &str| assert_eq!(ix.code().name, name);
        check(ON_QUEUE_WORK, "On Queue Work");
        check(BREAK, "Break");
        check(MEAL, "Meal");
        check(MEETING, "Meeting");
        check(TIME_OFF, "Time Off");
        check(TRAINING, "Training");
        check(COACHING, "Coaching");
    }
}
