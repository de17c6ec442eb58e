//! Bugs that the simulation must catch. They exist in tests alone: elsewhere [`is`] is a constant false.

/// A bug, named by the promise that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// After a gap nothing is read: boards stay wrong.
    NeverReads,
    /// What is older replaces what is newer.
    TakesOlder,
    /// What channels brought is remembered for ever.
    NeverForgets,
    /// There is always room for one more channel.
    AlwaysRoom,
    /// Both channels of a move are believed.
    TakesTwice,
    /// The old channel is dropped before the new one is heard.
    DropsEarly,
    /// What stands is never compared with the truth.
    NeverCompares,
    /// Nobody is told that a channel is lost.
    KeepsSilent,
    /// Silence is taken for death, and nobody is asked.
    NeverPings,
}

#[cfg(test)]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Whether a bug is planted in this thread.
#[cfg(test)]
pub(crate) fn is(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether a bug is planted: never.
#[cfg(not(test))]
pub(crate) const fn is(_bug: Bug) -> bool {
    false
}

/// Plants a bug, or none, in this thread.
#[cfg(test)]
pub(crate) fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}
