//! The faults that last, and whom they strike.

use protocol::Timestamp;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{
    disturbance::{Event, HeldBack, REORDER_WINDOW_MS},
    kind::{Kind, Target},
    order::Order,
};

/// The longest wait that a 429 asks for when the order does not say: the window of the limits.
const RETRY_AFTER_S_MAX: i64 = 60;

/// The faults in force, in the order in which they were ordered, and the dice that say whom they strike.
pub(crate) struct Faults<E> {
    in_force: Vec<InForce<E>>,
    dice: ChaCha8Rng,
    seed: u64,
}

struct InForce<E> {
    order: Order,
    /// `None` is until it is ended.
    until: Option<Timestamp>,
    /// How many it has struck.
    struck: u64,
    held: HeldBack<E>,
}

/// A call, as faults see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallFate {
    /// How long the answer is held back.
    pub(crate) delay_ms: i64,
    /// How long it waits before anything is done.
    pub(crate) stall_ms: i64,
    /// What it is answered instead.
    pub(crate) refusal: Option<CallRefusal>,
}

/// What a call is answered by a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallRefusal {
    /// 429; without `Retry-After` when there are no seconds to wait.
    TooMany { retry_after_s: Option<i64> },
    /// This status of an ailing service.
    ServerError(u16),
}

impl<E: Event> Faults<E> {
    /// No faults; whom a share of them strikes follows from the seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        dice.set_stream(99);
        Self { in_force: Vec::new(), dice, seed }
    }

    /// Puts an order in force, in the place of an earlier one of the same kind, route and topic; one
    /// that lasts no time only ends the earlier. Answers until when.
    pub(crate) fn order(&mut self, order: Order, now: Timestamp) -> Option<Timestamp> {
        let until = order.lasts_ms.map(|ms| now.plus_ms(ms));
        for fault in &mut self.in_force {
            if order.replaces(&fault.order) {
                // What it holds back still comes in its time.
                fault.until = Some(now);
            }
        }
        if order.lasts_ms != Some(0) {
            self.in_force.push(InForce { order, until, struck: 0, held: HeldBack::default() });
        }
        self.forget_over(now);
        until
    }

    /// Ends all; what was held back comes with the next events.
    pub(crate) fn end(&mut self, now: Timestamp) -> usize {
        let ended = self.in_force.iter().filter(|fault| fault.lasts(now)).count();
        for fault in &mut self.in_force {
            fault.until = Some(now);
        }
        ended
    }

    /// Takes everything that was held back, whatever its time.
    pub(crate) fn let_go(&mut self, now: Timestamp) -> Vec<E> {
        let mut events = Vec::new();
        for fault in &mut self.in_force {
            fault.held.release_all(&mut events);
        }
        self.forget_over(now);
        events
    }

    /// Those in force, as `GET /simulator/faults` shows them.
    pub(crate) fn listed(&self, now: Timestamp) -> Vec<Value> {
        self.in_force.iter().filter(|fault| fault.lasts(now)).map(InForce::described).collect()
    }

    /// Whether something that is there at this moment is struck.
    pub(crate) fn strikes(&mut self, rate: f64) -> bool {
        roll(&mut self.dice, rate)
    }

    /// What becomes of a call of now. Several faults compose: the first refusal counts, and the
    /// longest delay.
    pub(crate) fn strike_call(&mut self, now: Timestamp, call: Call<'_>) -> CallFate {
        self.forget_over(now);
        let mut fate = CallFate::default();
        for fault in &mut self.in_force {
            if fault.order.kind.target() != Target::Calls || !fault.lasts(now) || !fault.names(call) {
                continue;
            }
            if !roll(&mut self.dice, fault.order.rate) {
                continue;
            }
            fault.struck += 1;
            match fault.order.kind {
                Kind::Slow => fate.delay_ms = fate.delay_ms.max(fault.order.delay_ms),
                Kind::Stalled => fate.stall_ms = fate.stall_ms.max(fault.order.delay_ms),
                Kind::RateLimit => {
                    let refusal = CallRefusal::TooMany { retry_after_s: Some(fault.retry_after_s(now)) };
                    fate.refusal.get_or_insert(refusal);
                }
                Kind::RateLimitNoHeader => {
                    fate.refusal.get_or_insert(CallRefusal::TooMany { retry_after_s: None });
                }
                Kind::ServerError => {
                    fate.refusal.get_or_insert(CallRefusal::ServerError(fault.order.status));
                }
                Kind::CloseSockets
                | Kind::SilentSockets
                | Kind::SocketClosing
                | Kind::EvictChannels
                | Kind::ExpireChannels
                | Kind::RevokeTokens
                | Kind::Duplicate
                | Kind::Reorder
                | Kind::Delay
                | Kind::DenyTopic => {}
            }
        }
        fate
    }

    /// Whether a topic that is asked for now is refused: the same answer for the same topic as long
    /// as the fault lasts.
    pub(crate) fn denies(&mut self, now: Timestamp, topic: &str) -> bool {
        let seed = self.seed;
        let denying = self.in_force.iter_mut().find(|fault| {
            fault.order.kind == Kind::DenyTopic
                && fault.lasts(now)
                && fault.order.names_topic(topic)
                && share_of(topic, seed) < fault.order.rate
        });
        denying.is_some_and(|fault| {
            fault.struck += 1;
            true
        })
    }

    /// Counts sockets that were told of their closing.
    pub(crate) fn count_closing(&mut self, sockets: usize) {
        let closing = self.in_force.iter_mut().rfind(|fault| fault.order.kind == Kind::SocketClosing);
        if let Some(fault) = closing {
            fault.struck += sockets as u64;
        }
    }

    /// Whether events go out as they come.
    pub(crate) fn leaves_events_alone(&self) -> bool {
        self.in_force.iter().all(|fault| fault.order.kind.target() != Target::Events)
    }

    /// What goes out now, when these events come. Several faults compose: what leaves one passes
    /// through those that were ordered after it.
    pub(crate) fn disturb(&mut self, events: Vec<E>, now: Timestamp) -> Vec<E> {
        if self.leaves_events_alone() {
            return events;
        }
        let mut flow = events;
        for fault in &mut self.in_force {
            if fault.order.kind.target() == Target::Events {
                flow = fault.pass(flow, now, &mut self.dice);
            }
        }
        self.forget_over(now);
        flow
    }

    fn forget_over(&mut self, now: Timestamp) {
        self.in_force.retain(|fault| fault.lasts(now) || !fault.held.is_empty());
    }
}

impl<E: Event> InForce<E> {
    fn lasts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    fn names(&self, call: Call<'_>) -> bool {
        match &self.order.route {
            Some(route) => route.names(call.method, call.path),
            None => call.path.starts_with("/api/"),
        }
    }

    /// What is left of the fault, in the window of a minute.
    fn retry_after_s(&self, now: Timestamp) -> i64 {
        let left_s = self.until.map_or(RETRY_AFTER_S_MAX, |until| (until.ms_since(now) + 999) / 1_000);
        self.order.retry_after_s.unwrap_or(left_s.clamp(1, RETRY_AFTER_S_MAX))
    }

    fn pass(&mut self, events: Vec<E>, now: Timestamp, dice: &mut ChaCha8Rng) -> Vec<E> {
        let mut out = Vec::with_capacity(events.len());
        self.held.release(now, &mut out);
        let lasts = self.lasts(now);
        for event in events {
            let named = self.order.names_topic(&event.topic());
            let swaps = self.order.kind == Kind::Reorder && named && !self.held.is_empty();
            let struck = lasts && named && !swaps && roll(dice, self.order.rate);
            self.struck += u64::from(struck);
            match self.order.kind {
                Kind::Duplicate if struck => out.extend([event.clone(), event]),
                Kind::Delay if struck => self.held.hold(now.plus_ms(self.order.delay_ms), event),
                Kind::Reorder if struck => self.held.hold(now.plus_ms(REORDER_WINDOW_MS), event),
                Kind::CloseSockets
                | Kind::SilentSockets
                | Kind::SocketClosing
                | Kind::EvictChannels
                | Kind::ExpireChannels
                | Kind::Duplicate
                | Kind::Reorder
                | Kind::Delay
                | Kind::RateLimit
                | Kind::RateLimitNoHeader
                | Kind::ServerError
                | Kind::Slow
                | Kind::Stalled
                | Kind::RevokeTokens
                | Kind::DenyTopic => out.push(event),
            }
            if swaps {
                self.held.release_all(&mut out);
            }
        }
        out
    }

    fn described(&self) -> Value {
        let mut fault = self.order.described();
        if let Some(until) = self.until {
            fault["until"] = json!(until);
        }
        fault["struck"] = json!(self.struck);
        fault
    }
}

fn roll(dice: &mut ChaCha8Rng, rate: f64) -> bool {
    rate >= 1.0 || dice.random_bool(rate.clamp(0.0, 1.0))
}

/// A number from 0 to 1 that belongs to the topic.
fn share_of(topic: &str, seed: u64) -> f64 {
    let hash = topic.to_lowercase().bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    ChaCha8Rng::seed_from_u64(hash).random()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event, written `topic:number`.
    impl Event for &'static str {
        fn topic(&self) -> String {
            self.split(':').next().unwrap_or_default().to_owned()
        }
    }

    fn faults(orders: &[Value]) -> Faults<&'static str> {
        let mut faults = Faults::new(7);
        for order in orders {
            faults.order(Order::read(order).unwrap(), at(0));
        }
        faults
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(seconds * 1_000)
    }

    fn get(path: &str) -> Call<'_> {
        Call { method: "GET", path }
    }

    #[test]
    fn events_change_places_with_their_neighbours() {
        let mut faults = faults(&[json!({ "kind": "reorder", "topic": "p" })]);
        assert_eq!(faults.disturb(vec!["p:1", "q:1", "p:2", "p:3"], at(1)), ["q:1", "p:2", "p:1"]);
        assert!(faults.disturb(Vec::new(), at(1)).is_empty());
        assert_eq!(faults.disturb(Vec::new(), at(2)), ["p:3"], "nobody came to change places with");
        assert_eq!(faults.disturb(vec!["p:4", "p:5"], at(10)), ["p:4", "p:5"], "it is over");
        assert!(faults.leaves_events_alone());
    }

    #[test]
    fn late_events_keep_their_order_and_outlive_the_fault() {
        let mut faults = faults(&[json!({ "kind": "delay", "topic": "p", "delaySeconds": 5 })]);
        assert_eq!(faults.disturb(vec!["p:1", "q:1", "p:2"], at(1)), ["q:1"]);
        assert!(faults.disturb(vec!["p:3"], at(5)).is_empty());
        assert_eq!(faults.disturb(vec!["q:2"], at(6)), ["p:1", "p:2", "q:2"]);
        assert_eq!(faults.disturb(vec!["p:4"], at(10)), ["p:3", "p:4"]);
        assert!(faults.leaves_events_alone());
    }

    #[test]
    fn faults_of_events_compose_in_their_order() {
        let mut twice_then_late = faults(&[
            json!({ "kind": "duplicate" }),
            json!({ "kind": "delay", "delaySeconds": 1, "topic": "p" }),
        ]);
        assert_eq!(twice_then_late.disturb(vec!["p:1", "q:1"], at(1)), ["q:1", "q:1"]);
        assert_eq!(twice_then_late.disturb(Vec::new(), at(2)), ["p:1", "p:1"]);
        twice_then_late.disturb(vec!["p:2"], at(3));
        assert_eq!(twice_then_late.end(at(3)), 2);
        assert_eq!(twice_then_late.let_go(at(3)), ["p:2", "p:2"]);
    }

    #[test]
    fn faults_of_calls_compose_by_route() {
        let mut faults = faults(&[
            json!({ "kind": "slow", "delaySeconds": 1 }),
            json!({ "kind": "slow", "delaySeconds": 3, "route": "/api/v2/users" }),
            json!({ "kind": "stalled", "delaySeconds": 5, "route": "/api/v2/users" }),
            json!({ "kind": "server_error", "status": 500, "route": "/api/v2/users" }),
            json!({ "kind": "rate_limit", "seconds": 30, "route": "/api/v2/routing" }),
            json!({ "kind": "rate_limit", "retryAfterSeconds": 4, "route": "/api/v2/users" }),
        ]);
        let mut check = |path, (delay_ms, stall_ms), refusal| {
            let fate = CallFate { delay_ms, stall_ms, refusal };
            assert_eq!(faults.strike_call(at(1), get(path)), fate, "{path}");
        };
        check("/api/v2/date", (1_000, 0), None);
        check("/api/v2/users/u", (3_000, 5_000), Some(CallRefusal::ServerError(500)));
        check("/api/v2/routing/queues", (1_000, 0), Some(CallRefusal::TooMany { retry_after_s: Some(29) }));
        check("/oauth/token", (0, 0), None);
        let again = Order::read(&json!({ "kind": "server_error", "seconds": 0, "route": "/api/v2/users" }));
        faults.order(again.unwrap(), at(2));
        let refusal = faults.strike_call(at(2), get("/api/v2/users")).refusal;
        assert_eq!(refusal, Some(CallRefusal::TooMany { retry_after_s: Some(4) }));
        assert_eq!(faults.listed(at(2)).len(), 5);
        assert_eq!(faults.strike_call(at(11), get("/api/v2/users")), CallFate::default());
    }

    #[test]
    fn a_share_of_topics_is_denied_and_always_the_same() {
        let mut faults = faults(&[json!({ "kind": "deny_topic", "rate": 0.5, "topic": "Presence" })]);
        let topics: Vec<String> = (0..200).map(|n| format!("v2.users.{n}.presence")).collect();
        let denied = |faults: &mut Faults<&'static str>| -> Vec<bool> {
            topics.iter().map(|topic| faults.denies(at(1_000_000), topic)).collect()
        };
        let first = denied(&mut faults);
        assert_eq!(denied(&mut faults), first);
        assert!((50..150).contains(&first.iter().filter(|denied| **denied).count()));
        assert!(!faults.denies(at(0), "v2.users.u.routingStatus"));
    }
}
