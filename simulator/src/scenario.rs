//! The scenarios: what kind of day it is.

/// A kind of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// An ordinary day: most callers are answered within the target.
    Calm,
    /// More callers than the house can take.
    Rush,
}

impl Scenario {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Calm, Self::Rush];

    /// The scenario of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// As `POST /simulator/scenario` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Rush => "rush",
        }
    }

    /// How many times as many conversations arrive as on an ordinary day.
    pub(crate) fn arrivals(self) -> f64 {
        match self {
            Self::Calm => 1.0,
            Self::Rush => 1.7,
        }
    }

    /// Share of alerts that are not answered.
    pub(crate) fn not_answered(self) -> f64 {
        match self {
            Self::Calm | Self::Rush => 0.018,
        }
    }

    /// How much longer agents stay On Queue before they leave their desk.
    pub(crate) fn endurance(self) -> f64 {
        match self {
            Self::Calm => 1.0,
            Self::Rush => 1.6,
        }
    }
}
