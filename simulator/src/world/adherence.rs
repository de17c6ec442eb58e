//! Adherence: what is scheduled against what is done, kept for every agent as presences change and
//! schedules move on.

pub(crate) mod history;

use protocol::Timestamp;

use super::{
    AgentIx, DefinitionIx, RoutingStatus, Scheduled, SystemPresence, What, World,
    activity_code::{Category, CodeIx},
};

/// What an agent did is remembered for so long.
pub(crate) const LOG_MS: i64 = 8 * 3_600_000;
/// And not more than so many changes of it, however fast the world runs.
const LOG_LENGTH: usize = 256;

/// Whether an agent does what is scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AdherenceState {
    InAdherence,
    OutOfAdherence,
    /// Nothing is scheduled.
    Unscheduled,
}

impl AdherenceState {
    /// As Genesys writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::InAdherence => "InAdherence",
            Self::OutOfAdherence => "OutOfAdherence",
            Self::Unscheduled => "Unscheduled",
        }
    }
}

/// Whether what is done instead helps the queues or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Impact {
    Positive,
    Negative,
    Neutral,
}

impl Impact {
    /// As Genesys writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "Positive",
            Self::Negative => "Negative",
            Self::Neutral => "Neutral",
        }
    }

    /// More hands On Queue than planned are good, fewer are bad.
    pub(crate) fn of(scheduled: Category, actual: Category) -> Self {
        match (scheduled == Category::OnQueueWork, actual == Category::OnQueueWork) {
            (false, true) => Self::Positive,
            (true, false) => Self::Negative,
            (true, true) | (false, false) => Self::Neutral,
        }
    }
}

/// An agent's adherence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Adherence {
    /// `None` when nothing is scheduled.
    pub(crate) scheduled: Option<CodeIx>,
    /// When the schedule moves on.
    pub(crate) until: Timestamp,
    pub(crate) definition: DefinitionIx,
    pub(crate) actual: Category,
    pub(crate) state: AdherenceState,
    pub(crate) impact: Impact,
    /// Since when the state is what it is.
    pub(crate) since: Timestamp,
}

/// What an agent did since a moment. Of routing only how it began is kept, so that a large house does
/// not remember every talk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    pub(crate) since: Timestamp,
    pub(crate) definition: DefinitionIx,
    pub(crate) routing: RoutingStatus,
}

/// The category of what is scheduled.
pub(crate) fn category_of(scheduled: Option<CodeIx>) -> Category {
    scheduled.map_or(Category::Unscheduled, |code| code.code().category)
}

/// Whether doing `actual` keeps to what is scheduled.
pub(crate) fn state_of(scheduled: Category, actual: Category) -> AdherenceState {
    match (scheduled, actual) {
        (Category::Unscheduled, _) => AdherenceState::Unscheduled,
        (Category::TimeOff, Category::Unavailable) => AdherenceState::InAdherence,
        (scheduled, actual) if scheduled == actual => AdherenceState::InAdherence,
        _ => AdherenceState::OutOfAdherence,
    }
}

impl World {
    /// The adherence of an agent.
    pub(crate) fn adherence(&self, agent: AgentIx) -> &Adherence {
        &self.workforce.adherence[agent.0]
    }

    /// What an agent did in the last hours, the oldest first. Each lasts until the next begins.
    pub(crate) fn done(&self, agent: AgentIx) -> impl Iterator<Item = Done> + '_ {
        self.workforce.log[agent.0].iter().copied()
    }

    /// The category of a presence.
    pub(crate) fn actual_category(&self, presence: SystemPresence) -> Category {
        Category::of_presence(presence, self.workforce.away_is_a_break)
    }

    /// At the founding: everybody's adherence, as if it had always been kept.
    pub(super) fn begin_adherence(&mut self) {
        (0..self.agents.len()).map(AgentIx).for_each(|agent| self.begin_adherence_of(agent));
    }

    /// The adherence of the newest agent, as if it had always been kept.
    pub(super) fn begin_adherence_of(&mut self, agent: AgentIx) {
        let scheduled = self.scheduled(agent, self.now);
        let presence = self.agents[agent.0].presence.modified;
        let since = presence.max(scheduled.since);
        let adherence = self.reckon(agent, scheduled, since);
        self.workforce.adherence.push(adherence);
        self.workforce.boundaries.insert((scheduled.until, agent));
        let routing = self.agents[agent.0].routing.status;
        let definition = adherence.definition;
        self.workforce.log.push([Done { since: presence, definition, routing }].into());
    }

    /// The presence of an agent has changed.
    pub(crate) fn presence_changed(&mut self, agent: AgentIx) {
        let is = self.workforce.adherence[agent.0];
        let scheduled = Scheduled { code: is.scheduled, since: self.now, until: is.until };
        self.refresh_adherence(agent, scheduled);
        self.note_done(agent);
    }

    /// The schedule of an agent moves on, or was changed.
    pub(crate) fn schedule_moved(&mut self, agent: AgentIx) {
        let until = self.workforce.adherence[agent.0].until;
        self.workforce.boundaries.remove(&(until, agent));
        let scheduled = self.scheduled(agent, self.now);
        self.workforce.boundaries.insert((scheduled.until, agent));
        self.refresh_adherence(agent, scheduled);
    }

    /// Remembers what an agent does from now on, if it is something else. What changes in the same
    /// moment counts as one.
    pub(crate) fn note_done(&mut self, agent: AgentIx) {
        let who = &self.agents[agent.0];
        let done = Done { since: self.now, definition: who.presence.definition, routing: who.routing.status };
        let oldest = self.now.plus_ms(-LOG_MS);
        // There is none yet while the organisation is founded.
        let Some(log) = self.workforce.log.get_mut(agent.0) else { return };
        if log.back().is_some_and(|last| last.since == done.since) {
            log.pop_back();
        }
        if log.back().is_none_or(|last| last.definition != done.definition) {
            log.push_back(done);
        }
        while log.len() > LOG_LENGTH || log.get(1).is_some_and(|second| second.since < oldest) {
            log.pop_front();
        }
    }

    /// What the adherence of an agent is, if the state has lasted since `since`.
    pub(super) fn reckon(&self, agent: AgentIx, scheduled: Scheduled, since: Timestamp) -> Adherence {
        let definition = self.agents[agent.0].presence.definition;
        let actual = self.actual_category(self.definition_of(agent).system);
        let category = category_of(scheduled.code);
        Adherence {
            scheduled: scheduled.code,
            until: scheduled.until,
            definition,
            actual,
            state: state_of(category, actual),
            impact: Impact::of(category, actual),
            since,
        }
    }

    fn refresh_adherence(&mut self, agent: AgentIx, scheduled: Scheduled) {
        let before = self.workforce.adherence[agent.0];
        let mut after = self.reckon(agent, scheduled, before.since);
        if after.state != before.state {
            after.since = self.now;
        }
        self.workforce.adherence[agent.0] = after;
        if (Adherence { until: before.until, ..after }) != before {
            self.tell_aside(What::Adherence(agent, after));
        }
    }
}
