//! Who works here: people who come, people who go, and how often.
//!
//! Whoever has come keeps a place in the world for good, as conversations and figures of the past name
//! it; whoever has left does nothing there any more.

use protocol::UserId;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{Agent, AgentIx, Named, StateChange, UserState, World};
use crate::scenario::Scenario;

/// So many more people than at the founding there have ever been, at most: then nobody comes any more.
const NEWCOMERS_MAX: usize = 20_000;
const HOUR_MS: f64 = 3_600_000.0;

/// How people come and go.
#[derive(Debug)]
pub(crate) struct Staff {
    /// A stream of its own, so that nobody else's day depends on who comes and goes.
    pub(crate) rng: ChaCha8Rng,
    /// How many come, and how many go, an hour and 100 agents of the founding, on a calm day.
    turnover: f64,
    founded: usize,
    /// Departments that have teams.
    pub(super) departments: usize,
    /// Teams of the founding: these take newcomers.
    pub(super) teams: usize,
    /// How many have come.
    pub(crate) joined: u64,
    /// How many have gone.
    pub(crate) left: u64,
}

impl Staff {
    /// Nobody has come or gone yet.
    pub(super) fn new(rng: ChaCha8Rng, turnover: f64, founded: usize, departments: usize) -> Self {
        Self { rng, turnover, founded, departments, teams: 0, joined: 0, left: 0 }
    }

    /// Whether one more can be spared: half of those of the founding always stay.
    pub(crate) fn can_spare_one(&self) -> bool {
        let there = (self.founded as u64 + self.joined).saturating_sub(self.left);
        there > self.founded.div_ceil(2) as u64
    }

    /// A time until the next who comes, or until the next who goes; never where nobody does.
    pub(crate) fn draw_next_ms(&mut self, scenario: Scenario) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a mean")]
        let an_hour = self.turnover * self.founded as f64 / 100.0 * scenario.turnover();
        let uniform: f64 = self.rng.random();
        (an_hour > 0.0).then(|| -HOUR_MS / an_hour * (1.0 - uniform).ln())
    }
}

impl World {
    /// The user with this id who has not been deleted.
    pub(crate) fn user(&self, id: &str) -> Option<AgentIx> {
        self.known_user(id).filter(|agent| self.agents[agent.0].state != UserState::Deleted)
    }

    /// The user with this id, deleted or not.
    pub(crate) fn known_user(&self, id: &str) -> Option<AgentIx> {
        self.users_by_id.get(id).or_else(|| self.users_by_id.get(&UserId::new(id))).copied()
    }

    /// Those who work here, in the order in which they came.
    pub(crate) fn people(&self) -> impl DoubleEndedIterator<Item = AgentIx> + '_ {
        let all = self.agents.iter().enumerate();
        all.filter(|(_, who)| who.is_active()).map(|(ix, _)| AgentIx(ix))
    }

    /// The team that an agent is in.
    pub(crate) fn team_of(&self, agent: AgentIx) -> Option<&Named> {
        self.agents[agent.0].team.map(|team| &self.teams[team])
    }

    /// Whether there is room for one more.
    pub(crate) fn has_room(&self) -> bool {
        self.agents.len() < self.staff.founded + NEWCOMERS_MAX
    }

    /// Somebody is there who was not there before. Nobody is told yet.
    pub(crate) fn admit(&mut self, mut who: Agent) -> AgentIx {
        let agent = AgentIx(self.agents.len());
        who.joined = Some(self.now);
        if !who.is_active() {
            who.state_change = Some(StateChange { at: self.now, reason: "Unknown" });
        }
        self.users_by_id.insert(who.id.clone(), agent);
        self.histories.begin(&who);
        self.agents.push(who);
        self.workforce.admit();
        self.begin_adherence_of(agent);
        agent
    }
}
