//! Carrying out an order: what strikes this moment happens at once, what lasts is put in force.

use serde_json::{Value, json};

use crate::{
    config::Config,
    fault::{Kind, Order},
    notify::{Fate, Reason},
    shared::State,
};

/// Carries out an order; answers what was understood and what was struck.
pub(crate) fn strike(state: &mut State, config: &Config, order: Order) -> Value {
    let (kind, rate, now) = (order.kind, order.rate, state.world.now);
    let mut answer = order.described();
    // What was on its way out is not struck by what came after it.
    state.send_out();
    let State { hub, faults, tokens, .. } = state;
    match kind {
        Kind::CloseSockets => {
            let struck = hub.decide(Fate::Close(Reason::Fault), || faults.strikes(rate));
            answer["sockets"] = json!(struck);
        }
        Kind::SilentSockets => {
            let struck = hub.decide(Fate::Silence, || faults.strikes(rate));
            answer["sockets"] = json!(struck);
        }
        Kind::EvictChannels => answer["channels"] = json!(hub.evict_some(|| faults.strikes(rate))),
        Kind::ExpireChannels => answer["channels"] = json!(hub.expire_some(|| faults.strikes(rate))),
        Kind::RevokeTokens => {
            let mut struck = 0;
            for caller in tokens.in_reach(now, config.faults_strike_all) {
                if faults.strikes(rate) {
                    struck += 1;
                    tokens.revoke(&caller);
                    hub.token_revoked(&caller.token);
                }
            }
            answer["tokens"] = json!(struck);
        }
        Kind::SocketClosing => {
            if let Some(until) = faults.order(order, now) {
                let struck = hub.announce_closing(until, || faults.strikes(rate));
                faults.count_closing(struck);
                answer["sockets"] = json!(struck);
                answer["until"] = json!(until);
            }
        }
        Kind::Duplicate
        | Kind::Reorder
        | Kind::Delay
        | Kind::RateLimit
        | Kind::RateLimitNoHeader
        | Kind::ServerError
        | Kind::Slow
        | Kind::Stalled
        | Kind::DenyTopic => {
            if let Some(until) = faults.order(order, now) {
                answer["until"] = json!(until);
            }
        }
    }
    tracing::info!(fault = kind.name(), "fault ordered");
    answer
}

/// Ends the faults that last, sends what they held back, and calls off announced closings; answers
/// how many there were.
pub(crate) fn end_all(state: &mut State) -> usize {
    let now = state.world.now;
    let ended = state.faults.end(now);
    state.send_out();
    for event in state.faults.let_go(now) {
        state.hub.send(&event);
    }
    state.hub.call_off_closing();
    ended
}
