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

use crate::time::Timestamp;

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
    has_channel: bool,
    socket_open: bool,
    live_told: bool,
    uses: u32,
    failures: u32,
    random: u64,
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
            has_channel: false,
            socket_open: false,
            live_told: false,
            uses: 0,
            failures: 0,
            random: seed | 1,
        }
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

    /// Attempts that failed since the link was last live.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
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
        self.failures = 0;
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
        // A socket that worked until now is tried again almost at once; only repeated failure waits.
        let was_live = self.phase == Phase::Live;
        self.lose(actions);
        let cap = if self.has_channel && self.policy.reuses_channel {
            self.policy.backoff_cap_ms
        } else {
            self.policy.channel_backoff_cap_ms
        };
        let wait = if was_live { self.policy.backoff_base_ms } else { self.backoff(cap) };
        self.failures = self.failures.saturating_add(1);
        let wait = self.jitter(wait).max(retry_after_ms.unwrap_or(0));
        self.enter(Phase::Waiting { until: now.plus_ms(wait) }, now);
    }

    fn backoff(&self, cap: i64) -> i64 {
        let doubled = self.policy.backoff_base_ms.saturating_mul(1 << self.failures.min(20));
        doubled.min(cap)
    }

    /// Full jitter with a floor, so that many clients cut at once do not come back at once.
    fn jitter(&mut self, wait: i64) -> i64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let floor = wait.min(50);
        floor + (self.random % (wait - floor + 1).unsigned_abs()) as i64
    }

    fn enter(&mut self, phase: Phase, now: Timestamp) {
        self.phase = phase;
        self.entered = now;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T0: Timestamp = Timestamp::from_ms(1_000_000);

    fn run(link: &mut Link, steps: &[(Input, &[Action])]) {
        for (input, expected) in steps {
            assert_eq!(link.handle(*input, T0), *expected, "{input:?}");
        }
    }

    fn live() -> Link {
        let mut link = Link::new(Policy::UPSTREAM, 7);
        run(
            &mut link,
            &[
                (Input::Start, &[Action::MakeChannel]),
                (Input::ChannelMade, &[Action::OpenSocket]),
                (Input::Opened, &[Action::Subscribe]),
                (Input::Subscribed, &[Action::Read]),
                (Input::CaughtUp, &[Action::SayLive]),
            ],
        );
        link
    }

    #[test]
    fn a_link_subscribes_before_it_reads_and_is_live_only_after() {
        assert_eq!(live().phase(), Phase::Live);
    }

    #[test]
    fn silence_brings_a_ping_and_then_the_end() {
        let mut link = live();
        assert_eq!(link.next_tick(), Some(T0.plus_ms(31_500)));
        assert_eq!(link.handle(Input::Tick, T0.plus_ms(31_500)), [Action::Ping]);
        assert_eq!(link.handle(Input::Tick, T0.plus_ms(34_999)), []);
        assert_eq!(link.handle(Input::Tick, T0.plus_ms(35_000)), [Action::SayLost, Action::DropSocket]);
        let Phase::Waiting { until } = link.phase() else { panic!("waits") };
        assert!(until <= T0.plus_ms(35_250));
        assert_eq!(link.handle(Input::Tick, until), [Action::OpenSocket], "the same channel first");
    }

    #[test]
    fn a_long_read_is_not_broken_off_while_the_socket_lives() {
        let mut link = Link::new(Policy::UPSTREAM, 7);
        for input in [Input::Start, Input::ChannelMade, Input::Opened, Input::Subscribed] {
            link.handle(input, T0);
        }
        for n in 1..20 {
            let now = T0.plus_ms(n * 30_000);
            link.handle(Input::Heard, now);
            assert_eq!(link.handle(Input::Tick, now), []);
        }
        assert_eq!(link.handle(Input::CaughtUp, T0.plus_ms(600_000)), [Action::SayLive]);
    }

    #[test]
    fn a_frame_ends_the_silence() {
        let mut link = live();
        link.handle(Input::Tick, T0.plus_ms(31_500));
        link.handle(Input::Heard, T0.plus_ms(32_000));
        assert_eq!(link.handle(Input::Tick, T0.plus_ms(40_000)), []);
    }

    #[test]
    fn a_channel_that_is_gone_is_made_anew() {
        let mut link = live();
        assert_eq!(link.handle(Input::ChannelGone, T0), [Action::SayLost, Action::DropSocket]);
        let Phase::Waiting { until } = link.phase() else { panic!("waits") };
        assert_eq!(link.handle(Input::Tick, until), [Action::MakeChannel]);
    }

    #[test]
    fn waits_grow_and_end_at_the_cap_and_respect_retry_after() {
        let mut link = Link::new(Policy::UPSTREAM, 3);
        let mut now = T0;
        link.handle(Input::Start, now);
        for _ in 0..40 {
            link.handle(Input::Failed { retry_after_ms: None }, now);
            let Phase::Waiting { until } = link.phase() else { panic!("waits") };
            assert!(until.ms_since(now) <= Policy::UPSTREAM.channel_backoff_cap_ms);
            now = until;
            assert_eq!(link.handle(Input::Tick, now), [Action::MakeChannel]);
        }
        link.handle(Input::Failed { retry_after_ms: Some(90_000) }, now);
        assert_eq!(link.phase(), Phase::Waiting { until: now.plus_ms(90_000) });
    }

    #[test]
    fn a_wall_asks_for_a_new_channel_each_time() {
        let mut link = Link::new(Policy::WALL, 1);
        run(
            &mut link,
            &[
                (Input::Start, &[Action::MakeChannel]),
                (Input::ChannelMade, &[Action::OpenSocket]),
                (Input::Opened, &[Action::SayLive]),
                (Input::Closed, &[Action::SayLost]),
            ],
        );
        let Phase::Waiting { until } = link.phase() else { panic!("waits") };
        assert_eq!(link.handle(Input::Tick, until), [Action::MakeChannel]);
    }

    fn any_input() -> impl Strategy<Value = Input> {
        prop_oneof![
            Just(Input::Start),
            Just(Input::ChannelMade),
            Just(Input::Opened),
            Just(Input::Subscribed),
            Just(Input::CaughtUp),
            Just(Input::Failed { retry_after_ms: None }),
            Just(Input::ChannelGone),
            Just(Input::Closed),
            Just(Input::Heard),
            Just(Input::Tick),
        ]
    }

    proptest! {
        /// Whatever happens, a link is never stuck: it is live with a deadline, or a tick brings it on.
        #[test]
        fn a_link_is_never_stuck(inputs in prop::collection::vec((any_input(), 0_i64..40_000), 0..200), seed: u64) {
            let mut link = Link::new(Policy::UPSTREAM, seed);
            let mut now = T0;
            let mut told_live = false;
            link.handle(Input::Start, now);
            for (input, later) in inputs {
                now = now.plus_ms(later);
                for action in link.handle(input, now) {
                    match action {
                        Action::SayLive => { prop_assert!(!told_live); told_live = true; }
                        Action::SayLost => { prop_assert!(told_live); told_live = false; }
                        Action::MakeChannel | Action::OpenSocket | Action::Subscribe | Action::Read
                        | Action::Ping | Action::DropSocket => {}
                    }
                }
                prop_assert_eq!(told_live, link.phase() == Phase::Live);
                prop_assert!(link.next_tick().is_some());
            }
            for _ in 0..4 {
                now = link.next_tick().expect("started").max(now);
                let actions = link.handle(Input::Tick, now);
                let waits = matches!(link.phase(), Phase::Waiting { .. });
                prop_assert!(waits || !actions.is_empty());
            }
        }
    }
}
