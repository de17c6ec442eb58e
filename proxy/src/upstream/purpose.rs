//! What a call upstream is for: when calls are few, what matters more goes first.

/// What a call is for, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Somebody pressed a button and waits.
    Write,
    /// A step of a run that changes many.
    Run,
    /// Making, filling and probing a channel: without it nothing is heard at all.
    Channel,
    /// Asking whether upstream is there and the token good; it creates nothing.
    Probe,
    /// What a subscription covers, after a gap or a doubt.
    Board,
    /// Comparing what stands with the truth, when nothing gives reason to doubt it.
    Audit,
    /// Who there is, which queues, which presences, and what programs ask about them.
    Directory,
    /// Figures of intervals and days.
    History,
}

impl Purpose {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 8] = [
        Self::Write,
        Self::Run,
        Self::Channel,
        Self::Probe,
        Self::Board,
        Self::Audit,
        Self::Directory,
        Self::History,
    ];

    /// Its place among all, 0 is the most urgent.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// As metrics and the status panel name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Run => "run",
            Self::Channel => "channel",
            Self::Probe => "probe",
            Self::Board => "board",
            Self::Audit => "audit",
            Self::Directory => "directory",
            Self::History => "history",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_listed_by_urgency() {
        assert!(Purpose::ALL.is_sorted());
        for (index, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!(purpose.index(), index);
        }
    }
}
