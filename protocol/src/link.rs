//! The client half of a channel as a state machine: what happened and what time it is go in, what
//! to do comes out. No I/O, no clock, no randomness of its own.
//!
//! The proxy runs one for each upstream channel, the app one for its wall. They differ in [`Policy`]:
//! upstream a channel is subscribed and then read, and outlives its socket; a wall's channel comes
//! with its snapshot and is asked for anew each time.
//!
//! ```text
//! Idle -> MakingChannel -> Opening -> Subscribing -> Reading -> Live
//!             ^               ^                                  |
//!             +--- Waiting <--+----------- any failure ----------+
//! ```

use crate::{chance::Chance, time::Timestamp};

/// How a link behaves.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Whether a socket must be followed by a subscription and a read before it is live.
    pub subscribes: bool,
    /// Whether a channel is used again after its socket closed.
    pub reuses_channel: bool,
    /// After this silence a ping is sent; `None` for a side that only listens.
    pub ping_after_ms: Option<i64>,
    /// After this silence the socket counts as dead.
    pub dead_after_ms: i64,
    /// A step that takes longer than this has failed; reading is not one of them.
    pub step_timeout_ms: i64,
    /// The first wait after a failure; doubled each time.
    pub backoff_base_ms: i64,
    /// The longest wait between attempts that create no channel.
    pub backoff_cap_ms: i64,
    /// The longest wait between attempts that create a channel: channels are few, and one more evicts another.
    pub channel_backoff_cap_ms: i64,
}

/// Official clients give up after 35 s without a frame; heartbeats come every 30 s.
/// Source: genesys-cloud-streaming-client, `server-monitor.ts`.
pub const SILENCE_DEAD_MS: i64 = 35_000;

/// A link that was live for this long was no failure.
pub const STABLE_MS: i64 = 60_000;

/// A channel is used for at most this many sockets, as the official client does.
pub const CHANNEL_REUSES: u32 = 10;

impl Policy {
    /// For a channel of Genesys.
    pub const UPSTREAM: Self = Self {
        subscribes: true,
        reuses_channel: true,
        ping_after_ms: Some(31_500),
        dead_after_ms: SILENCE_DEAD_MS,
        step_timeout_ms: 30_000,
        backoff_base_ms: 250,
        backoff_cap_ms: 4_000,
        channel_backoff_cap_ms: 30_000,
    };

    /// For a wall's channel at the proxy, whose heartbeats come every 10 s.
    pub const WALL: Self = Self {
        subscribes: false,
        reuses_channel: false,
        ping_after_ms: None,
        dead_after_ms: 25_000,
        step_timeout_ms: 15_000,
        backoff_base_ms: 250,
        backoff_cap_ms: 4_000,
        channel_backoff_cap_ms: 4_000,
    };
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Begin.
    Start,
    /// The channel was made.
    ChannelMade,
    /// The socket is open.
    Opened,
    /// The subscription was answered.
    Subscribed,
    /// What the subscription covers was read and applied.
    CaughtUp,
    /// A step failed and may be tried again, not before the given delay.
    Failed {
        /// The server's own wish.
        retry_after_ms: Option<i64>,
    },
    /// The channel does not exist any more.
    ChannelGone,
    /// The socket closed.
    Closed,
    /// A frame arrived.
    Heard,
    /// Time passed.
    Tick,
    /// End: close what is open and do nothing more.
    Stop,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask for a channel; answer with `ChannelMade`, `Failed`.
    MakeChannel,
    /// Open the channel's socket; answer with `Opened`, `Failed`, `ChannelGone`.
    OpenSocket,
    /// Send the whole subscription; answer with `Subscribed`, `Failed`, `ChannelGone`.
    Subscribe,
    /// Read what the subscription covers; answer with `CaughtUp`, `Failed`.
    Read,
    /// Send `{"message":"ping"}`.
    Ping,
    /// Close the socket without ceremony: a polite close hangs on a dead network.
    DropSocket,
    /// What the channel covers is true from now on.
    SayLive,
    /// What the channel covers is no longer known to be true.
    SayLost,
}

/// Where a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not started, or stopped.
    Idle,
    /// Waits before the next attempt.
    Waiting {
        /// Until then.
        until: Timestamp,
    },
    /// A channel is being made.
    MakingChannel,
    /// The socket is being opened.
    Opening,
    /// The subscription is being sent.
    Subscribing,
    /// What it covers is being read.
    Reading,
    /// Live.
    Live,
}

/// The client half of one channel.
#[derive(Debug)]
pub struct Link {
    policy: Policy,
    phase: Phase,
    entered: Timestamp,
    heard: Timestamp,
    pinged: bool,
    reads: bool,
    has_channel: bool,
    socket_open: bool,
    live_told: bool,
    uses: u32,
    failures: u32,
    /// Channels that were made since then.
    made: u32,
    chance: Chance,
}

impl Link {
    /// A link that waits for [`Input::Start`]. `seed` decides the jitter.
    #[must_use]
    pub fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            phase: Phase::Idle,
            entered: Timestamp::default(),
            heard: Timestamp::default(),
            pinged: false,
            reads: true,
            has_channel: false,
            socket_open: false,
            live_told: false,
            uses: 0,
            failures: 0,
            made: 0,
            chance: Chance::new(seed),
        }
    }

    /// Begins beside a channel that covers the same and is live: what it hears from its subscription on is enough.
    #[must_use]
    pub fn without_read(mut self) -> Self {
        self.reads = false;
        self
    }

    /// What was live beside it was not to be relied upon: it has to read before it is live, also when it was so already.
    pub fn must_read(&mut self, now: Timestamp) -> Vec<Action> {
        self.reads = true;
        if self.phase != Phase::Live {
            return Vec::new();
        }
        self.live_told = false;
        self.enter(Phase::Reading, now);
        vec![Action::Read]
    }

    /// Where the link is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether a socket is open.
    #[must_use]
    pub fn socket_open(&self) -> bool {
        self.socket_open
    }

    /// Attempts that failed since the link was last live for [`STABLE_MS`].
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether nothing was heard for so long that the socket counts as dead, though nobody said so yet: whoever looks at it
    /// stood still itself. What comes over it then is old.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let listens = matches!(self.phase, Phase::Subscribing | Phase::Reading | Phase::Live);
        listens && self.socket_open && now.ms_since(self.heard) >= self.policy.dead_after_ms
    }

    /// When the next [`Input::Tick`] is due, if nothing else happens before.
    #[must_use]
    pub fn next_tick(&self) -> Option<Timestamp> {
        let step = self.entered.plus_ms(self.policy.step_timeout_ms);
        let silence = match self.policy.ping_after_ms {
            Some(ping) if !self.pinged => self.heard.plus_ms(ping),
            _ => self.heard.plus_ms(self.policy.dead_after_ms),
        };
        match self.phase {
            Phase::Idle => None,
            Phase::Waiting { until } => Some(until),
            Phase::MakingChannel | Phase::Opening => Some(step),
            Phase::Subscribing => Some(step.min(silence)),
            Phase::Reading | Phase::Live => Some(silence),
        }
    }

    /// Takes one input and says what to do, in order.
    pub fn handle(&mut self, input: Input, now: Timestamp) -> Vec<Action> {
        let mut actions = Vec::new();
        match (input, self.phase) {
            (Input::Start, Phase::Idle) => self.begin(now, &mut actions),
            (Input::Stop, _) => {
                self.lose(&mut actions);
                self.enter(Phase::Idle, now);
            }
            (Input::ChannelMade, Phase::MakingChannel) => {
                self.has_channel = true;
                self.made = self.made.saturating_add(1);
                self.uses = 0;
                self.open(now, &mut actions);
            }
            (Input::Opened, Phase::Opening) => {
                self.socket_open = true;
                self.uses += 1;
                self.heard = now;
                self.pinged = false;
                if self.policy.subscribes {
                    self.enter(Phase::Subscribing, now);
                    actions.push(Action::Subscribe);
                } else {
                    self.live(now, &mut actions);
                }
            }
            (Input::Subscribed, Phase::Subscribing) if !self.reads => {
                // Whatever ends it from now on is a gap.
                self.reads = true;
                self.live(now, &mut actions);
            }
            (Input::Subscribed, Phase::Subscribing) => {
                self.enter(Phase::Reading, now);
                actions.push(Action::Read);
            }
            (Input::CaughtUp, Phase::Reading) => self.live(now, &mut actions),
            (Input::Heard, _) if self.socket_open => {
                self.heard = now;
                self.pinged = false;
            }
            (Input::ChannelGone, Phase::Opening | Phase::Subscribing | Phase::Reading | Phase::Live) => {
                self.has_channel = false;
                self.fail(None, now, &mut actions);
            }
            (Input::Closed, Phase::Opening | Phase::Subscribing | Phase::Reading | Phase::Live) => {
                self.socket_open = false;
                self.fail(None, now, &mut actions);
            }
            (
                Input::Failed { retry_after_ms },
                Phase::MakingChannel | Phase::Opening | Phase::Subscribing | Phase::Reading,
            ) => self.fail(retry_after_ms, now, &mut actions),
            (Input::Tick, phase) => self.tick(phase, now, &mut actions),
            // Late news of a step that was given up.
            (
                Input::Start
                | Input::ChannelMade
                | Input::Opened
                | Input::Subscribed
                | Input::CaughtUp
                | Input::Failed { .. }
                | Input::ChannelGone
                | Input::Closed
                | Input::Heard,
                _,
            ) => {}
        }
        actions
    }

    fn tick(&mut self, phase: Phase, now: Timestamp, actions: &mut Vec<Action>) {
        match phase {
            Phase::Idle => {}
            Phase::Waiting { until } => {
                if now >= until {
                    self.begin(now, actions);
                }
            }
            Phase::MakingChannel | Phase::Opening => {
                if now.ms_since(self.entered) >= self.policy.step_timeout_ms {
                    self.fail(None, now, actions);
                }
            }
            Phase::Subscribing | Phase::Reading | Phase::Live => {
                let silence = now.ms_since(self.heard);
                // Reading takes as long as the organisation is large; each call has a time-out of its own.
                let step_over =
                    phase == Phase::Subscribing && now.ms_since(self.entered) >= self.policy.step_timeout_ms;
                if silence >= self.policy.dead_after_ms || step_over {
                    self.fail(None, now, actions);
                } else if self.policy.ping_after_ms.is_some_and(|after| silence >= after) && !self.pinged {
                    self.pinged = true;
                    actions.push(Action::Ping);
                }
            }
        }
    }

    fn begin(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.has_channel && self.policy.reuses_channel && self.uses < CHANNEL_REUSES {
            self.open(now, actions);
        } else {
            self.has_channel = false;
            self.enter(Phase::MakingChannel, now);
            actions.push(Action::MakeChannel);
        }
    }

    fn open(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.enter(Phase::Opening, now);
        actions.push(Action::OpenSocket);
    }

    fn live(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.enter(Phase::Live, now);
        self.live_told = true;
        actions.push(Action::SayLive);
    }

    fn lose(&mut self, actions: &mut Vec<Action>) {
        if self.live_told {
            self.live_told = false;
            actions.push(Action::SayLost);
        }
        if self.socket_open {
            self.socket_open = false;
            actions.push(Action::DropSocket);
        }
    }

    fn fail(&mut self, retry_after_ms: Option<i64>, now: Timestamp, actions: &mut Vec<Action>) {
        // What worked for a while until now is tried again almost at once; only repeated failure waits, and what is lost
        // again and again soon after it was live is one: each new channel may take another one's place.
        if self.phase == Phase::Live && now.ms_since(self.entered) >= STABLE_MS {
            (self.failures, self.made) = (0, 0);
        }
        self.lose(actions);
        // Asking somebody who does not answer makes no channel: only those that were made count towards the long wait.
        let mut wait = self.backoff(self.failures, self.policy.backoff_cap_ms);
        if !(self.has_channel && self.policy.reuses_channel) {
            wait = wait.max(self.backoff(self.made, self.policy.channel_backoff_cap_ms));
        }
        self.failures = self.failures.saturating_add(1);
        self.wait(wait, retry_after_ms.unwrap_or(0), now);
    }

    fn wait(&mut self, wait: i64, least: i64, now: Timestamp) {
        let wait = self.jitter(wait).max(least);
        self.enter(Phase::Waiting { until: now.plus_ms(wait) }, now);
    }

    fn backoff(&self, times: u32, cap: i64) -> i64 {
        let doubled = self.policy.backoff_base_ms.saturating_mul(1 << times.min(20));
        doubled.min(cap)
    }

    /// Full jitter with a floor, so that many clients cut at once do not come back at once.
    fn jitter(&mut self, wait: i64) -> i64 {
        self.chance.within(wait.min(50), wait)
    }

    fn enter(&mut self, phase: Phase, now: Timestamp) {
        self.phase = phase;
        self.entered = now;
    }
}

#[cfg(test)]
mod tests;
