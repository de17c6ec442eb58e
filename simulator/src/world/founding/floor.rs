//! A floor that looks as if it had been open for hours, at whatever hour it begins.

use rand::{Rng, seq::SliceRandom};

use crate::world::{
    AgentIx, DefinitionIx, Due, Presence, QueueIx, Routing, RoutingStatus, World, definition,
};

/// Share of the agents who are on shift, about: each has a shift of 10 to 12 hours, and most of them
/// lie around the hour of founding.
pub(super) const ON_SHIFT: f64 = 0.62;
/// Share of those who are On Queue.
pub(super) const ON_QUEUE: f64 = 0.72;
/// So many agents at least are On Queue and idle, if there are enough.
const IDLE: usize = 14;
/// One waiting conversation for so many agents.
const AGENTS_A_WAITING: usize = 40;
const MINUTE_MS: i64 = 60_000;
/// Share of those who should be On Queue and are not.
const ABSENT: f64 = 0.08;
/// Nobody is met in the middle of something that began longer ago than this.
const LONGEST_MS: i64 = 3 * 60 * MINUTE_MS;

impl World {
    /// Puts everybody where they would be in the middle of a day, with dates in the past.
    pub(super) fn open_the_floor(&mut self) {
        let mut order: Vec<AgentIx> = (0..self.agents.len()).map(AgentIx).collect();
        order.shuffle(&mut self.rng);
        let on_shift = share_of(self.agents.len(), ON_SHIFT).max(self.agents.len().div_ceil(3));
        let on_queue = share_of(on_shift, ON_QUEUE).max(IDLE.min(on_shift));
        let idle = IDLE.min(on_queue.div_ceil(2)).max(on_queue.min(10));
        self.plan_work(&order, idle, self.agents.len().div_ceil(3).max(idle));
        for (n, agent) in order.into_iter().enumerate() {
            let intention = self.intention(agent, self.now).definition;
            if n < idle && intention == definition::ON_QUEUE {
                self.begin_idle(agent, 4 * MINUTE_MS);
            } else if intention == definition::ON_QUEUE && !self.rng.random_bool(ABSENT) {
                self.begin_at_work(agent);
            } else if intention == definition::ON_QUEUE {
                let absence = self.draw_absence();
                let ago_ms = self.begin(agent, absence, 1_000);
                self.begin_routing(agent, RoutingStatus::OffQueue, ago_ms);
            } else {
                let ago_ms = self.begin(agent, intention, 1_000);
                self.begin_routing(agent, RoutingStatus::OffQueue, ago_ms);
            }
        }
        for _ in 0..self.agents.len() / AGENTS_A_WAITING {
            let queue = QueueIx(self.rng.random_range(0..self.queues.len()));
            let waits_ms = self.draw(2_000..25_000);
            self.arrive_at(queue, self.now.plus_ms(-waits_ms));
        }
    }

    fn begin_idle(&mut self, agent: AgentIx, longest_ms: i64) {
        let idle_ms = self.draw(1_000..longest_ms);
        self.begin(agent, definition::ON_QUEUE, idle_ms);
        self.begin_routing(agent, RoutingStatus::Idle, idle_ms);
    }

    fn begin_at_work(&mut self, agent: AgentIx) {
        match self.rng.random_range(0..100) {
            0..60 => {
                let talk_ms = self.draw(4_000..4 * MINUTE_MS);
                self.begin(agent, definition::ON_QUEUE, talk_ms + MINUTE_MS);
                self.begin_routing(agent, RoutingStatus::Idle, talk_ms + MINUTE_MS);
                self.begin_interacting(agent, self.now.plus_ms(-talk_ms));
            }
            60..69 => {
                let wrap_ms = self.draw(1_000..12_000);
                self.begin(agent, definition::ON_QUEUE, 2 * MINUTE_MS);
                self.begin_routing(agent, RoutingStatus::Idle, 2 * MINUTE_MS);
                self.begin_wrapping_up(agent, self.now.plus_ms(-wrap_ms));
            }
            69..72 => {
                let since_ms = self.draw(2_000..3 * MINUTE_MS);
                self.begin(agent, definition::ON_QUEUE, since_ms + 1_000);
                self.begin_routing(agent, RoutingStatus::Idle, since_ms + 1_000);
                self.begin_call(agent, self.now.plus_ms(-since_ms));
            }
            72..74 => {
                let since_ms = self.draw(2_000..MINUTE_MS);
                self.begin(agent, definition::ON_QUEUE, since_ms);
                self.begin_routing(agent, RoutingStatus::NotResponding, since_ms);
                self.plan_recovery(agent);
            }
            _ => self.begin_idle(agent, 3 * MINUTE_MS),
        }
    }

    /// With this presence for `least_ms` or longer; answers for how long. What the schedule asks for
    /// began when it should have, if that is not too long ago.
    fn begin(&mut self, agent: AgentIx, definition: DefinitionIx, least_ms: i64) -> i64 {
        let now = self.now;
        let intention = self.intention(agent, now);
        let stay_ms = self.stay_ms(definition);
        let mut ago_ms = self.draw(0..stay_ms);
        if intention.definition == definition {
            let meant_ms = now.ms_since(intention.since).min(LONGEST_MS);
            ago_ms = if definition == definition::ON_QUEUE { ago_ms.min(meant_ms) } else { meant_ms };
        }
        let ago_ms = ago_ms.max(least_ms);
        let message = self.draw_message(definition);
        self.agents[agent.0].presence =
            Presence { definition, message, modified: now.plus_ms(-ago_ms), future: None };
        self.count_in(agent);
        let rest_ms = self.until_next_turn_ms(agent);
        let rest_ms = if intention.definition == definition {
            rest_ms
        } else {
            (stay_ms - ago_ms).max(0) + self.draw(1_000..MINUTE_MS)
        };
        self.plan(rest_ms, Due::Routine { agent, turn: self.agents[agent.0].turn });
        ago_ms
    }

    fn begin_routing(&mut self, agent: AgentIx, status: RoutingStatus, ago_ms: i64) {
        self.count_out(agent);
        self.agents[agent.0].routing = Routing { status, start: self.now.plus_ms(-ago_ms) };
        self.count_in(agent);
        self.refresh_ready(agent);
    }
}

fn share_of(count: usize, share: f64) -> usize {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count is a count"
    )]
    let share = (count as f64 * share).round() as usize;
    share
}
