//! What happens to many at once, as scenarios want it: connections are lost, shifts change.
//!
//! A wave comes when the scenario begins and again every half hour while it is played.

use std::ops::Range;

use rand::Rng;

use crate::{
    scenario::Scenario,
    world::{
        AgentIx, Due, RoutingStatus, SystemPresence, World,
        definition::{OFFLINE, ON_QUEUE},
    },
};

const MINUTE_MS: i64 = 60_000;
/// Time from one wave to the next.
const WAVE_EVERY_MS: i64 = 30 * MINUTE_MS;
/// Share of those On Queue whom an outage strikes, and within which time.
const STRUCK: f64 = 0.5;
const STRUCK_WITHIN_MS: Range<i64> = 1..45_000;
/// Share of those struck who are gone altogether; the telephones of the others ring unheard.
const GONE: f64 = 0.65;
/// How long an outage lasts for one agent.
const OUTAGE_MS: Range<i64> = 5 * MINUTE_MS..12 * MINUTE_MS;
/// Share of those on shift who go home in a change of shifts, and within which time.
const GO_HOME: f64 = 0.6;
const CHANGE_WITHIN_MS: Range<i64> = 1..6 * MINUTE_MS;

impl World {
    /// Plans the first wave of the present scenario.
    pub(crate) fn plan_wave(&mut self) {
        let epoch = self.epoch;
        self.plan(1, Due::Wave { epoch });
    }

    /// A wave reaches everybody whom it will.
    pub(super) fn wave(&mut self, epoch: u32) {
        if epoch != self.epoch {
            return;
        }
        match self.scenario {
            Scenario::Outage => self.lose_connections(),
            Scenario::ShiftChange => self.change_shifts(),
            Scenario::Calm | Scenario::Rush | Scenario::Storm => return,
        }
        self.plan(WAVE_EVERY_MS, Due::Wave { epoch });
    }

    /// An agent's connection is lost: the agent is gone, or hears nothing. A talk goes on.
    pub(super) fn lose_connection(&mut self, agent: AgentIx, epoch: u32) {
        if epoch != self.epoch || !self.is_on_queue(agent) {
            return;
        }
        let lasts_ms = self.draw(OUTAGE_MS);
        if self.rng.random_bool(GONE) {
            self.set_presence(agent, OFFLINE, "".into());
            let turn = self.agents[agent.0].turn;
            self.plan(lasts_ms, Due::Return { agent, turn });
        } else if self.agents[agent.0].ready_since.is_some() {
            self.set_routing(agent, RoutingStatus::NotResponding, self.now);
            self.refresh_ready(agent);
            let turn = self.agents[agent.0].turn;
            self.plan(lasts_ms, Due::Recover { agent, turn });
        }
    }

    /// An agent whose connection was lost is back, unless somebody has done something since.
    pub(super) fn come_back(&mut self, agent: AgentIx, turn: u32) {
        if self.agents[agent.0].turn == turn {
            self.set_presence(agent, ON_QUEUE, "".into());
        }
    }

    /// An agent goes home or comes to work, whichever it was when the shifts began to change.
    pub(super) fn change_shift(&mut self, agent: AgentIx, epoch: u32, comes: bool) {
        let away = self.definition_of(agent).system == SystemPresence::Offline;
        if epoch != self.epoch || away != comes || !self.agents[agent.0].is_active() {
            return;
        }
        if comes {
            self.set_presence(agent, ON_QUEUE, "".into());
        } else {
            // In the middle of a conversation: as soon as hands are free.
            let who = &mut self.agents[agent.0];
            who.going_home = true;
            let turn = who.turn;
            self.routine(agent, turn);
        }
    }

    fn lose_connections(&mut self) {
        for agent in (0..self.agents.len()).map(AgentIx) {
            if self.is_on_queue(agent) && self.rng.random_bool(STRUCK) {
                let after_ms = self.draw(STRUCK_WITHIN_MS);
                self.plan(after_ms, Due::LoseConnection { agent, epoch: self.epoch });
            }
        }
    }

    /// As many come as go, if there are enough at home.
    fn change_shifts(&mut self) {
        let agents = self.people();
        let (at_home, at_work): (Vec<_>, Vec<_>) =
            agents.partition(|agent| self.definition_of(*agent).system == SystemPresence::Offline);
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let come = (at_work.len() as f64 * GO_HOME / at_home.len().max(1) as f64).min(1.0);
        for (agents, share, comes) in [(at_work, GO_HOME, false), (at_home, come, true)] {
            for agent in agents {
                if self.rng.random_bool(share) {
                    let after_ms = self.draw(CHANGE_WITHIN_MS);
                    self.plan(after_ms, Due::ChangeShift { agent, epoch: self.epoch, comes });
                }
            }
        }
    }
}
