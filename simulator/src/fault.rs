//! Faults on order. Those of a moment strike and are over; those that last are kept here.

use protocol::Timestamp;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What can be ordered to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All sockets are closed at once.
    CloseSockets,
    /// The sockets of this moment never speak again, but stay open.
    SilentSockets,
    /// REST answers 503.
    ServerError,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::CloseSockets, Self::SilentSockets, Self::ServerError];

    /// The kind of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As `POST /simulator/faults` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CloseSockets => "close_sockets",
            Self::SilentSockets => "silent_sockets",
            Self::ServerError => "server_error",
        }
    }
}

/// The faults that last.
pub(crate) struct Faults {
    server_error: Option<Lasting>,
    dice: ChaCha8Rng,
}

#[derive(Clone, Copy)]
struct Lasting {
    until: Timestamp,
    rate: f64,
}

impl Faults {
    /// No faults; which calls a share of them strikes follows from the seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        dice.set_stream(99);
        Self { server_error: None, dice }
    }

    /// REST answers 503 to this share of calls until then. A new order replaces the old one.
    pub(crate) fn server_error(&mut self, until: Timestamp, rate: f64) {
        self.server_error = Some(Lasting { until, rate });
    }

    /// Whether a call of now is answered 503.
    pub(crate) fn strikes_call(&mut self, now: Timestamp) -> bool {
        let Some(fault) = self.server_error else { return false };
        if now >= fault.until {
            self.server_error = None;
            return false;
        }
        fault.rate >= 1.0 || self.dice.random_bool(fault.rate.clamp(0.0, 1.0))
    }
}
