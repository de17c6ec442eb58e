//! An agent's day: what the schedule asks for, as people keep it, short absences on top, and calls on
//! the side.

use std::{ops::Range, sync::Arc};

use protocol::Timestamp;
use rand::Rng;

use super::conversation::whole_ms;
use crate::world::{
    AgentIx, Counts, DefinitionIx, Due, MediaType, RoutingStatus, SystemPresence, World,
    definition::{AVAILABLE, AWAY, BREAK, BUSY, COACHING, IDLE, OFFLINE, ON_QUEUE, PAPERWORK},
};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;

/// How long agents need to notice that they missed a conversation.
const RECOVER_AFTER_MS: Range<i64> = 15 * SECOND_MS..110 * SECOND_MS;
/// Share of those who missed one because they were not at their desk.
const GONE: f64 = 0.25;
/// How long a call outside the contact centre lasts.
const CALL_MS: Range<i64> = 20 * SECOND_MS..150 * SECOND_MS;
/// Mean time between one agent's attempts to start such a call.
const CHATTER_EVERY_MS: f64 = 2_400_000.0;
/// Share of agents who say what they are doing.
const WITH_MESSAGE: f64 = 0.3;

/// Why an agent leaves the queue without the schedule saying so, by weight.
const ABSENCES: &[(DefinitionIx, u32)] =
    &[(AWAY, 14), (AVAILABLE, 9), (BUSY, 7), (PAPERWORK, 6), (BREAK, 5), (COACHING, 4), (IDLE, 3)];
/// Share of those who come back who first get their bearings.
const SLOWLY: f64 = 0.12;

impl World {
    /// The agent goes on with the day, or does so when hands are free.
    pub(super) fn routine(&mut self, agent: AgentIx, turn: u32) {
        let who = &mut self.agents[agent.0];
        if who.turn != turn || !who.is_active() {
            return;
        }
        if who.engaged.is_some() || who.routing.status == RoutingStatus::Communicating {
            who.leaving = true;
        } else {
            self.go_on(agent);
        }
    }

    /// The agent has just become free: does what the routine asked for in between.
    pub(super) fn hands_are_free(&mut self, agent: AgentIx) {
        if self.agents[agent.0].engaged.is_none() && self.go_for_good(agent) {
            return;
        }
        let who = &self.agents[agent.0];
        if let (Some(future), None) = (who.presence.future, who.engaged) {
            let message = who.presence.message.clone();
            self.set_presence(agent, future, message);
            return;
        }
        if who.leaving && who.engaged.is_none() {
            self.go_on(agent);
        }
    }

    /// An agent who missed a conversation notices, or turns out to be gone.
    pub(super) fn recover(&mut self, agent: AgentIx, turn: u32) {
        let who = &self.agents[agent.0];
        if who.turn != turn || who.routing.status != RoutingStatus::NotResponding {
            return;
        }
        if self.rng.random_bool(GONE) {
            let message = self.draw_message(AWAY);
            self.set_presence(agent, AWAY, message);
        } else {
            self.set_routing(agent, RoutingStatus::Idle, self.now);
            self.refresh_ready(agent);
        }
    }

    /// Plans when an agent who missed a conversation notices.
    pub(crate) fn plan_recovery(&mut self, agent: AgentIx) {
        let after_ms = self.draw(RECOVER_AFTER_MS);
        let turn = self.agents[agent.0].turn;
        self.plan(after_ms, Due::Recover { agent, turn });
    }

    /// Somebody calls a colleague, if the one who would is free.
    pub(super) fn chatter(&mut self, epoch: u32) {
        if epoch != self.epoch {
            return;
        }
        self.plan_chatter();
        let agent = AgentIx(self.rng.random_range(0..self.agents.len()));
        let who = &self.agents[agent.0];
        let available = self.definition_of(agent).system == SystemPresence::Available;
        if who.ready_since.is_some() || (available && who.engaged.is_none()) {
            self.begin_call(agent, self.now);
        }
    }

    /// Plans the next call outside the contact centre.
    pub(crate) fn plan_chatter(&mut self) {
        if self.agents.is_empty() {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a mean")]
        let mean_ms = CHATTER_EVERY_MS / self.scenario.chatter() / self.agents.len() as f64;
        let after_ms = whole_ms(self.exponential(mean_ms));
        self.plan(after_ms, Due::Chatter { epoch: self.epoch });
    }

    /// A call outside the contact centre begins.
    pub(crate) fn begin_call(&mut self, agent: AgentIx, since: Timestamp) {
        if self.agents[agent.0].routing.status == RoutingStatus::Communicating {
            return;
        }
        self.set_routing(agent, RoutingStatus::Communicating, since);
        self.refresh_ready(agent);
        self.set_enterprise(agent, MediaType::Voice, Counts { active: 1, acw: 0 });
        let lasts_ms = self.draw(CALL_MS);
        self.plan(lasts_ms, Due::CallEnds(agent));
    }

    /// A call outside the contact centre ends.
    pub(super) fn call_ends(&mut self, agent: AgentIx) {
        if self.agents[agent.0].routing.status != RoutingStatus::Communicating {
            return;
        }
        let free = if self.is_on_queue(agent) { RoutingStatus::Idle } else { RoutingStatus::OffQueue };
        self.set_routing(agent, free, self.now);
        self.set_enterprise(agent, MediaType::Voice, Counts::default());
        self.refresh_ready(agent);
        self.hands_are_free(agent);
    }

    /// Why an agent would leave the queue now.
    pub(crate) fn draw_absence(&mut self) -> DefinitionIx {
        let total = ABSENCES.iter().map(|(_, weight)| weight).sum();
        let mut rest: u32 = self.rng.random_range(0..total);
        for (definition, weight) in ABSENCES {
            if rest < *weight {
                return *definition;
            }
            rest -= weight;
        }
        BREAK
    }

    /// How long an agent who has this presence now keeps it: as long as it is what the agent means to
    /// do, but whoever is On Queue gets up now and then.
    pub(crate) fn until_next_turn_ms(&mut self, agent: AgentIx) -> i64 {
        let definition = self.agents[agent.0].presence.definition;
        let intention = self.intention(agent, self.now);
        let rest_ms = intention.until.ms_since(self.now);
        let stay_ms = self.stay_ms(definition);
        if definition != intention.definition {
            stay_ms
        } else if definition == ON_QUEUE {
            stay_ms.min(rest_ms)
        } else {
            rest_ms
        }
    }

    /// How long an agent keeps a presence that the schedule does not ask for, or stays On Queue.
    pub(crate) fn stay_ms(&mut self, definition: DefinitionIx) -> i64 {
        let minutes = match self.definitions[definition.0].system {
            SystemPresence::OnQueue => 22..75,
            SystemPresence::Available => 1..7,
            SystemPresence::Away => 1..8,
            SystemPresence::Busy => 4..18,
            SystemPresence::Idle => 4..15,
            SystemPresence::Break => 8..16,
            SystemPresence::Meal => 28..45,
            SystemPresence::Training => 25..60,
            SystemPresence::Meeting => 15..50,
            SystemPresence::Offline => 90..390,
        };
        let stay_ms = self.draw(minutes.start * MINUTE_MS..minutes.end * MINUTE_MS);
        #[expect(clippy::cast_precision_loss, reason = "hours in milliseconds")]
        let longer_ms = whole_ms(stay_ms as f64 * self.scenario.endurance());
        if definition == ON_QUEUE { longer_ms } else { stay_ms }
    }

    /// What an agent writes beside a presence, if anything.
    pub(crate) fn draw_message(&mut self, definition: DefinitionIx) -> Arc<str> {
        let choices: &[&str] = match self.definitions[definition.0].system {
            SystemPresence::Meal => &["Lunch", "Back in half an hour", "Canteen, 3rd floor"],
            SystemPresence::Meeting => &["Team huddle", "1:1", "Quarterly review – room Ångström"],
            SystemPresence::Training => &["New tariff", "Data protection course"],
            SystemPresence::Away => &["Back in five", "School called", "At reception"],
            SystemPresence::Busy => &["Finishing a case", "With a colleague"],
            SystemPresence::Available
            | SystemPresence::Offline
            | SystemPresence::Idle
            | SystemPresence::OnQueue
            | SystemPresence::Break => &[],
        };
        if choices.is_empty() || !self.rng.random_bool(WITH_MESSAGE) {
            return "".into();
        }
        choices[self.rng.random_range(0..choices.len())].into()
    }

    fn go_on(&mut self, agent: AgentIx) {
        let is = self.agents[agent.0].presence.definition;
        let wanted = if self.agents[agent.0].going_home {
            OFFLINE
        } else {
            self.intention(agent, self.now).definition
        };
        let next = if is != wanted {
            let from_afar = is == OFFLINE || (is != AVAILABLE && self.rng.random_bool(SLOWLY));
            if wanted == ON_QUEUE && from_afar { AVAILABLE } else { wanted }
        } else if is == ON_QUEUE {
            self.draw_absence()
        } else {
            // The world runs faster than the clock that the schedule goes by.
            let turn = self.agents[agent.0].turn;
            let stay_ms = self.until_next_turn_ms(agent);
            self.agents[agent.0].leaving = false;
            self.plan(stay_ms, Due::Routine { agent, turn });
            return;
        };
        let message = self.draw_message(next);
        self.set_presence(agent, next, message);
    }
}
