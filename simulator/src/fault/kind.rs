//! The kinds of faults, and which members of an order mean something to each.

/// What can be ordered to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sockets are closed at once.
    CloseSockets,
    /// Delayed: events come later.
    Delay,
    /// Subscriptions of topics are refused.
    DenyTopic,
    /// Events come twice.
    Duplicate,
    /// Channels have to make room for others.
    EvictChannels,
    /// Channels end as if their day were over.
    ExpireChannels,
    /// REST answers 429 and says when to come again.
    RateLimit,
    /// REST answers 429 and does not say when to come again.
    RateLimitNoHeader,
    /// Neighbouring events change places.
    Reorder,
    /// Tokens are taken back.
    RevokeTokens,
    /// REST answers 500, 502, 503 or 504.
    ServerError,
    /// The sockets of this moment never speak again, but stay open.
    SilentSockets,
    /// REST answers late.
    Slow,
    /// Sockets are told of maintenance, and closed a while later.
    SocketClosing,
    /// REST acts late, and answers then.
    Stalled,
}

/// What a kind strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// What there is at this moment: sockets, channels, tokens.
    Moment,
    /// Sockets of this moment, after a while.
    Closing,
    /// Calls.
    Calls,
    /// Events on their way out.
    Events,
    /// Topics that are asked for.
    Topics,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 15] = [
        Self::CloseSockets,
        Self::SilentSockets,
        Self::SocketClosing,
        Self::EvictChannels,
        Self::ExpireChannels,
        Self::Duplicate,
        Self::Reorder,
        Self::Delay,
        Self::RateLimit,
        Self::RateLimitNoHeader,
        Self::ServerError,
        Self::Slow,
        Self::Stalled,
        Self::RevokeTokens,
        Self::DenyTopic,
    ];

    /// The kind of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As `POST /simulator/faults` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CloseSockets => "close_sockets",
            Self::Delay => "delay",
            Self::DenyTopic => "deny_topic",
            Self::Duplicate => "duplicate",
            Self::EvictChannels => "evict_channels",
            Self::ExpireChannels => "expire_channels",
            Self::RateLimit => "rate_limit",
            Self::RateLimitNoHeader => "rate_limit_no_header",
            Self::Reorder => "reorder",
            Self::RevokeTokens => "revoke_tokens",
            Self::ServerError => "server_error",
            Self::SilentSockets => "silent_sockets",
            Self::Slow => "slow",
            Self::SocketClosing => "socket_closing",
            Self::Stalled => "stalled",
        }
    }

    /// What it strikes.
    pub(crate) fn target(self) -> Target {
        match self {
            Self::CloseSockets
            | Self::SilentSockets
            | Self::EvictChannels
            | Self::ExpireChannels
            | Self::RevokeTokens => Target::Moment,
            Self::SocketClosing => Target::Closing,
            Self::RateLimit | Self::RateLimitNoHeader | Self::ServerError | Self::Slow | Self::Stalled => {
                Target::Calls
            }
            Self::Duplicate | Self::Reorder | Self::Delay => Target::Events,
            Self::DenyTopic => Target::Topics,
        }
    }

    /// The members of an order that mean something to it.
    pub(crate) fn members(self) -> &'static [&'static str] {
        match self {
            Self::CloseSockets
            | Self::SilentSockets
            | Self::SocketClosing
            | Self::EvictChannels
            | Self::ExpireChannels
            | Self::RevokeTokens => &["kind", "seconds", "rate"],
            Self::Duplicate | Self::Reorder | Self::DenyTopic => &["kind", "seconds", "rate", "topic"],
            Self::Delay => &["kind", "seconds", "rate", "topic", "delaySeconds"],
            Self::RateLimit => &["kind", "seconds", "rate", "route", "retryAfterSeconds"],
            Self::RateLimitNoHeader => &["kind", "seconds", "rate", "route"],
            Self::ServerError => &["kind", "seconds", "rate", "route", "status"],
            Self::Slow | Self::Stalled => &["kind", "seconds", "rate", "route", "delaySeconds"],
        }
    }

    /// How long it lasts when the order does not say, in seconds; `None` is until it is ended.
    pub(crate) fn seconds_by_default(self) -> Option<f64> {
        match self.target() {
            Target::Moment => Some(0.0),
            // Source: community forum, "regarding the behavior of websocket heartbeats": about a minute.
            Target::Closing => Some(60.0),
            Target::Calls | Target::Events => Some(10.0),
            Target::Topics => None,
        }
    }
}
