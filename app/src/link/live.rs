//! How live a wall is, in one word and a few more.

use protocol::Timestamp;

/// What the badge says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// No picture yet.
    Connecting {
        /// What the proxy is waiting for, in its words.
        words: Option<String>,
    },
    /// What is shown is true.
    Live {
        /// From the proxy's stamp to the screen, smoothed; `None` until something happened.
        latency_ms: Option<u32>,
    },
    /// Connected, but upstream does not vouch for all of it.
    Stale {
        /// Since then.
        since: Timestamp,
    },
    /// Not connected.
    Reconnecting {
        /// Since then.
        since: Timestamp,
    },
    /// The proxy refuses.
    Refused {
        /// Why, in its words; empty when it had none.
        words: String,
        /// Since when the picture that is still shown is stale.
        since: Option<Timestamp>,
    },
}

/// The proxy's no to a request for a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct No {
    /// It will stay no until a person changes something.
    pub refused: bool,
    /// Why, in the proxy's words.
    pub words: String,
}

/// What the badge is decided by.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// There is something to show.
    pub has_picture: bool,
    /// The socket was open once.
    pub was_live: bool,
    /// The socket is open.
    pub socket_open: bool,
    /// Since when something on the wall is stale.
    pub stale_since: Option<Timestamp>,
    /// The proxy's last no.
    pub no: Option<&'a No>,
    /// The smoothed latency.
    pub latency_ms: Option<u32>,
}

impl Liveness {
    /// What to say in a situation.
    #[must_use]
    pub fn of(situation: &Situation<'_>) -> Self {
        if let Some(no) = situation.no
            && no.refused
        {
            return Self::Refused { words: no.words.clone(), since: situation.stale_since };
        }
        match situation.stale_since {
            Some(since) if situation.socket_open => Self::Stale { since },
            Some(since) => Self::Reconnecting { since },
            None if situation.has_picture && situation.was_live => {
                Self::Live { latency_ms: situation.latency_ms }
            }
            None => Self::Connecting {
                words: situation.no.map(|no| no.words.clone()).filter(|words| !words.is_empty()),
            },
        }
    }

    /// Since when what is shown is stale.
    #[must_use]
    pub fn stale_since(&self) -> Option<Timestamp> {
        match self {
            Self::Connecting { .. } | Self::Live { .. } => None,
            Self::Stale { since } | Self::Reconnecting { since } => Some(*since),
            Self::Refused { since, .. } => *since,
        }
    }

    /// The word in `data-live`.
    #[must_use]
    pub fn as_data(&self) -> &'static str {
        match self {
            Self::Connecting { .. } => "connecting",
            Self::Live { .. } => "live",
            Self::Stale { .. } => "stale",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Refused { .. } => "refused",
        }
    }
}

/// Smooths the age of the newest event, and keeps still for a second at a time, so that it can be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    smoothed_ms: Option<f64>,
    shown_ms: Option<u32>,
    shown_at: Timestamp,
}

impl Latency {
    /// Takes the age of an event that was just shown.
    pub fn take(&mut self, age_ms: i64) {
        /// One event in ten: calm enough to read, quick enough to follow.
        const WEIGHT: f64 = 0.1;
        // Clocks are known to within some milliseconds, so a fresh event may seem to come from the future.
        let age = age_ms.max(0) as f64;
        self.smoothed_ms = Some(self.smoothed_ms.map_or(age, |old| old + (age - old) * WEIGHT));
    }

    /// What to show at `now` of the steady clock.
    pub fn shown(&mut self, now: Timestamp) -> Option<u32> {
        const STILL_MS: i64 = 1_000;
        if self.shown_ms.is_none() || now.ms_since(self.shown_at) >= STILL_MS {
            self.shown_ms = self.smoothed_ms.map(|ms| ms.round() as u32);
            self.shown_at = now;
        }
        self.shown_ms
    }
}

/// The socket's address at the host that served the page, whatever name the proxy knows itself by: the page may speak
/// to no other, and its cookie belongs to this one.
#[must_use]
pub fn socket_address(connect_uri: &str, page_scheme: &str, page_host: &str) -> String {
    let path = match connect_uri.split_once("://") {
        None => connect_uri,
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
    };
    let scheme = if page_scheme == "https:" { "wss" } else { "ws" };
    format!("{scheme}://{page_host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: Timestamp = Timestamp::from_ms(1);

    fn check(change: impl Fn(&mut Situation<'_>), expected: &Liveness) {
        let mut situation = Situation {
            has_picture: true,
            was_live: true,
            socket_open: true,
            stale_since: None,
            no: None,
            latency_ms: Some(42),
        };
        change(&mut situation);
        assert_eq!(Liveness::of(&situation), *expected, "{situation:?}");
    }

    #[test]
    fn the_badge_says_what_is_so() {
        check(|_| {}, &Liveness::Live { latency_ms: Some(42) });
        check(|s| s.socket_open = false, &Liveness::Live { latency_ms: Some(42) });
        check(|s| s.stale_since = Some(SINCE), &Liveness::Stale { since: SINCE });
        check(
            |s| {
                s.stale_since = Some(SINCE);
                s.socket_open = false;
            },
            &Liveness::Reconnecting { since: SINCE },
        );
        check(|s| s.was_live = false, &Liveness::Connecting { words: None });
    }

    #[test]
    fn a_no_is_told_in_the_proxys_words() {
        let not_ready = No { refused: false, words: "Reading the queues.".to_owned() };
        let situation = Situation {
            has_picture: false,
            was_live: false,
            socket_open: false,
            stale_since: None,
            no: Some(&not_ready),
            latency_ms: None,
        };
        assert_eq!(
            Liveness::of(&situation),
            Liveness::Connecting { words: Some("Reading the queues.".to_owned()) }
        );
        let no = No { refused: true, words: String::new() };
        let refused = Liveness::of(&Situation { no: Some(&no), ..situation });
        assert_eq!(refused.as_data(), "refused");
    }

    #[test]
    fn latency_is_smoothed_still_and_never_negative() {
        let at = Timestamp::from_ms;
        let mut latency = Latency::default();
        assert_eq!(latency.shown(at(5_000)), None);
        latency.take(-3);
        assert_eq!(latency.shown(at(5_100)), Some(0));
        latency.take(100);
        assert_eq!(latency.shown(at(6_099)), Some(0));
        assert_eq!(latency.shown(at(6_100)), Some(10));
    }

    #[test]
    fn the_socket_is_at_the_pages_own_host() {
        let address = |uri| socket_address(uri, "https:", "wall.example");
        assert_eq!(address("wss://proxy:8443/channels/c?x=1"), "wss://wall.example/channels/c?x=1");
        assert_eq!(address("/channels/c"), "wss://wall.example/channels/c");
        assert_eq!(socket_address("ws://h/channels/c", "http:", "[::1]:80"), "ws://[::1]:80/channels/c");
    }
}
