//! The scenarios: what kind of day it is.

/// A kind of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// An ordinary day: most callers are answered within the target.
    Calm,
    /// More callers than the house can take.
    Rush,
    /// Half of those On Queue drop out within a minute and are back within a quarter of an hour.
    Outage,
    /// Many go home and as many come within a few minutes.
    ShiftChange,
    /// Three times as many conversations, and a house that does not sit still.
    Storm,
}

impl Scenario {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Calm, Self::Rush, Self::Outage, Self::ShiftChange, Self::Storm];

    /// The scenario of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// As `POST /simulator/scenario` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Rush => "rush",
            Self::Outage => "outage",
            Self::ShiftChange => "shift_change",
            Self::Storm => "storm",
        }
    }

    /// How many times as many conversations arrive as on an ordinary day.
    pub(crate) fn arrivals(self) -> f64 {
        match self {
            Self::Calm | Self::Outage | Self::ShiftChange => 1.0,
            Self::Rush => 1.7,
            Self::Storm => 3.0,
        }
    }

    /// Share of alerts that are not answered.
    pub(crate) fn not_answered(self) -> f64 {
        match self {
            Self::Calm | Self::Rush | Self::ShiftChange => 0.018,
            Self::Outage => 0.08,
            Self::Storm => 0.05,
        }
    }

    /// How much longer agents stay On Queue before they leave their desk.
    pub(crate) fn endurance(self) -> f64 {
        match self {
            Self::Calm | Self::Outage | Self::ShiftChange => 1.0,
            Self::Rush => 1.6,
            Self::Storm => 0.5,
        }
    }

    /// How many times as many people come and go as on an ordinary day: the new ones begin with a
    /// shift, and a storm drives some away.
    pub(crate) fn turnover(self) -> f64 {
        match self {
            Self::Calm | Self::Rush | Self::Outage => 1.0,
            Self::Storm => 3.0,
            Self::ShiftChange => 6.0,
        }
    }

    /// How many times as often agents call each other.
    pub(crate) fn chatter(self) -> f64 {
        match self {
            Self::Calm | Self::Rush | Self::Outage | Self::ShiftChange => 1.0,
            Self::Storm => 6.0,
        }
    }
}
