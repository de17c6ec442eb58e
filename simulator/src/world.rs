//! The organisation as it is, and time passing in it.
//!
//! Pure: a seed, the time and what others do go in, happenings come out. Nothing here knows a
//! socket, a clock or a task. The cost of a step is that of what happens in it, not of how many
//! agents there are.

mod ability;
pub(crate) mod activity_code;
pub(crate) mod adherence;
mod agenda;
mod agent;
mod awaited;
pub(crate) mod calendar;
mod conversation;
pub(crate) mod definition;
mod figures;
mod founding;
pub(crate) mod guid;
mod history;
mod intention;
#[cfg(test)]
mod invariants;
mod ledger;
mod media;
mod names;
mod numbers;
mod pace;
mod queue;
pub(crate) mod schedule;
mod staff;
mod workforce;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use protocol::{PresenceDefinitionId, QueueId, Timestamp, UserId};
use rand_chacha::ChaCha8Rng;

pub(crate) use self::{
    ability::{Abilities, Ability, AbilityKind, PROFICIENCY_MAX, Subject},
    adherence::Adherence,
    agenda::Due,
    agent::{
        Agent, ConversationSummary, Counts, MemberBy, Membership, NewAgent, OutOfOffice, Presence, Routing,
        StateChange, UserState,
    },
    awaited::Awaited,
    conversation::{Conversation, Stage, Talk},
    definition::{Definition, SystemPresence},
    figures::{Cell, Figure, FigureBook, Figures, INTERVAL_MS, Share, Stat, begin_of, interval_of},
    history::{Histories, Stretch},
    ledger::{Ledger, Record, Step, StepKind},
    numbers::{Group, Metric, Qualifier, Reading, Value},
    queue::{Queue, ServiceLevel},
    schedule::Scheduled,
    staff::Staff,
    workforce::{ManagementUnit, Workforce},
};
use self::{agenda::Agenda, pace::Pace};
pub use self::{agent::RoutingStatus, media::MediaType};
use crate::scenario::Scenario;

/// Place of an agent in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AgentIx(pub(crate) usize);

/// Place of a queue in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueueIx(pub(crate) usize);

/// Place of a presence definition in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DefinitionIx(pub(crate) usize);

/// Number of a leg of a conversation, counted from the first.
pub(crate) type ConversationKey = u64;

/// The organisation.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) now: Timestamp,
    /// The world's own time, which the agenda counts in.
    pub(crate) own_now: i64,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) scenario: Scenario,
    pub(crate) organisation: Named,
    pub(crate) divisions: Vec<Named>,
    pub(crate) teams: Vec<Named>,
    pub(crate) groups: Vec<UserGroup>,
    /// Where presences come from; the first is the platform itself.
    pub(crate) sources: Vec<Named>,
    pub(crate) skills: Vec<Subject>,
    pub(crate) languages: Vec<Subject>,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) queues: Vec<Queue>,
    /// The legs that are not over.
    pub(crate) conversations: BTreeMap<ConversationKey, Conversation>,
    /// How many legs there were so far.
    pub(crate) conversations_begun: ConversationKey,
    pub(crate) ledger: Ledger,
    pub(crate) figures: FigureBook,
    /// Whether the service level is a share of what was offered, not of what was answered or given up.
    pub(crate) service_level_of_offered: bool,
    pub(crate) ended: Ended,
    pub(crate) histories: Histories,
    pub(crate) agenda: Agenda,
    pub(crate) workforce: Workforce,
    pub(crate) staff: Staff,
    /// Counts changes of scenario; arrivals planned under an earlier one no longer count.
    pub(crate) epoch: u32,
    pace: Pace,
    next_second: Timestamp,
    events_this_second: u32,
    publications: BTreeSet<(Timestamp, QueueIx, Group)>,
    awaited: BTreeMap<(Timestamp, u64), Awaited>,
    awaited_in_all: u64,
    causes: u64,
    happenings: Vec<Happening>,
    users_by_id: HashMap<UserId, AgentIx>,
    queues_by_id: HashMap<QueueId, QueueIx>,
    definitions_by_id: HashMap<PresenceDefinitionId, DefinitionIx>,
}

/// How many legs of conversations are over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ended {
    /// Talked in and wrapped up.
    pub(crate) completed: u64,
    /// Given up by the customer.
    pub(crate) abandoned: u64,
    /// Sent to another queue and wrapped up; each goes on as a leg of its own.
    pub(crate) transferred: u64,
}

/// Something with an id and a name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A group of people, as the directory has them.
#[derive(Clone, Debug)]
pub(crate) struct UserGroup {
    pub(crate) id: String,
    pub(crate) name: String,
    /// In the order of founding.
    pub(crate) members: Vec<AgentIx>,
    pub(crate) modified: Timestamp,
    pub(crate) version: u32,
}

/// Something that happened, as those who listen are told.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    /// When.
    pub(crate) at: Timestamp,
    /// What happened out of one cause carries one number.
    pub(crate) cause: u64,
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Presence(AgentIx, Presence),
    RoutingStatus(AgentIx, Routing),
    ConversationSummary(AgentIx, ConversationSummary),
    Numbers(QueueIx, Group, Vec<Reading>),
    Adherence(AgentIx, Adherence),
    /// A step of a conversation, by its place among the steps of the record.
    Conversation(ConversationKey, usize),
    /// An agent who was in this team is no longer on the roster of the management unit.
    LeftUnit(AgentIx, Option<usize>, Adherence),
    /// The shift that begins then was changed.
    ScheduleChanged(AgentIx, Timestamp, ScheduleChange),
    OutOfOffice(AgentIx),
    /// Somebody came, left, or came back.
    UserState(AgentIx, UserState),
    /// The queues of an agent have changed: joined or left, or (`membership`) added or removed.
    Queues {
        agent: AgentIx,
        queue: QueueIx,
        joined: bool,
        membership: bool,
    },
}

/// What became of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScheduleChange {
    Added,
    Edited,
    Deleted,
}

impl ScheduleChange {
    /// As Genesys writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Edited => "Edited",
            Self::Deleted => "Deleted",
        }
    }
}

impl World {
    /// Lets time pass until `now`: everything that is due happens, in order.
    pub(crate) fn step(&mut self, now: Timestamp) {
        while let Some((at, turn)) = self.next_turn().filter(|(at, _)| *at <= now) {
            self.now = self.now.max(at);
            match turn {
                Turn::Schedule => {
                    if let Some((_, agent)) = self.workforce.boundaries.first().copied() {
                        self.causes += 1;
                        self.schedule_moved(agent);
                    }
                }
                Turn::Agenda => {
                    if let Some((own, due)) = self.agenda.pop() {
                        self.own_now = self.own_now.max(own);
                        self.causes += 1;
                        self.act(due);
                    }
                }
                Turn::Publication => {
                    if let Some((_, queue, group)) = self.publications.pop_first() {
                        self.causes += 1;
                        let readings = self.publish(queue, group);
                        self.tell(What::Numbers(queue, group, readings));
                    }
                }
                Turn::Awaited => self.let_happen(),
                Turn::Second => {
                    self.pace.second_passed(self.now, self.events_this_second);
                    self.events_this_second = 0;
                    self.next_second = self.next_second.plus_ms(1_000);
                }
            }
        }
        self.now = self.now.max(now);
        self.own_now = self.own_now.max(self.pace.own_time(self.now));
    }

    /// Takes what has happened since it was last taken.
    pub(crate) fn take_happenings(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }

    /// The wished number of events a second.
    pub(crate) fn events_per_second(&self) -> Option<f64> {
        self.pace.wished()
    }

    /// Changes scenario and pace from now on.
    pub(crate) fn play(&mut self, scenario: Scenario, events_per_second: Option<f64>) {
        if self.scenario != scenario {
            self.scenario = scenario;
            self.plan_arrivals();
            self.plan_wave();
        }
        self.pace.wish(self.now, events_per_second, self.natural());
    }

    /// The queue with this id.
    pub(crate) fn queue(&self, id: &str) -> Option<QueueIx> {
        self.queues_by_id.get(id).or_else(|| self.queues_by_id.get(&QueueId::new(id))).copied()
    }

    /// The presence definition with this id.
    pub(crate) fn definition(&self, id: &str) -> Option<DefinitionIx> {
        self.definitions_by_id.get(&PresenceDefinitionId::new(id)).copied()
    }

    /// The definition of an agent's presence.
    pub(crate) fn definition_of(&self, agent: AgentIx) -> &Definition {
        &self.definitions[self.agents[agent.0].presence.definition.0]
    }

    /// Plans something `after_ms` of the world's own time from now, at least a millisecond.
    pub(crate) fn plan(&mut self, after_ms: i64, what: Due) {
        self.agenda.plan(self.own_now.saturating_add(after_ms.max(1)), what);
    }

    /// Begins a cause of its own, for something that comes from outside.
    pub(crate) fn new_cause(&mut self) {
        self.causes += 1;
    }

    /// Tells those who listen.
    pub(crate) fn tell(&mut self, what: What) {
        self.events_this_second = self.events_this_second.saturating_add(1);
        self.tell_aside(what);
    }

    /// Tells those who listen something that is not counted in the pace: adherence changes when the
    /// clock says so, however fast the world runs, and few listen to the steps of conversations.
    pub(crate) fn tell_aside(&mut self, what: What) {
        self.happenings.push(Happening { at: self.now, cause: self.causes, what });
    }

    fn next_turn(&self) -> Option<(Timestamp, Turn)> {
        let agenda = self.agenda.next_at().and_then(|own| self.pace.when(own));
        let schedule = self.workforce.boundaries.first().map(|(at, _)| *at);
        let publication = self.publications.first().map(|(at, ..)| *at);
        [
            schedule.map(|at| (at.max(self.now), Turn::Schedule)),
            agenda.map(|at| (at.max(self.now), Turn::Agenda)),
            publication.map(|at| (at.max(self.now), Turn::Publication)),
            self.awaited.keys().next().map(|(at, _)| ((*at).max(self.now), Turn::Awaited)),
            Some((self.next_second, Turn::Second)),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// Whose turn it is; those of the same moment in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Schedule,
    Agenda,
    Publication,
    Awaited,
    Second,
}
