//! Why a channel upstream was lost, in one word: for counting. What happened exactly is told in words beside it.

use prometheus_client::encoding::EncodeLabelSet;

/// A cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Its socket was closed, or the connection broke.
    Closed,
    /// Nothing was heard for too long.
    Silent,
    /// Another channel of the same OAuth client took its place.
    Evicted,
    /// Its token was revoked.
    Revoked,
    /// Upstream said that it is over.
    Ended,
    /// Its end was announced, and there was no room for another beside it.
    Announced,
    /// A frame could not be read.
    Malformed,
    /// A call that it needed failed or was not answered in time.
    Failed,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Closed,
        Self::Silent,
        Self::Evicted,
        Self::Revoked,
        Self::Ended,
        Self::Announced,
        Self::Malformed,
        Self::Failed,
    ];

    /// As metrics and the status route name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Silent => "silent",
            Self::Evicted => "evicted",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
            Self::Announced => "announced",
            Self::Malformed => "malformed",
            Self::Failed => "failed",
        }
    }

    /// As a label.
    #[must_use]
    pub const fn label(self) -> OfCause {
        OfCause { cause: self.name() }
    }
}

/// A cause as a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfCause {
    /// As [`Cause::name`].
    pub cause: &'static str,
}
