//! An agent: who, in which queues, and doing what since when.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use protocol::{Timestamp, UserId};

use super::{Abilities, AbilityKind, AgentIx, ConversationKey, DefinitionIx, MediaType, QueueIx, definition};

/// One agent.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) title: Cow<'static, str>,
    pub(crate) department: Cow<'static, str>,
    pub(crate) acd_auto_answer: bool,
    /// Counts changes of the user; a write must name it.
    pub(crate) version: u32,
    pub(crate) out_of_office: OutOfOffice,
    pub(crate) state: UserState,
    /// When and why the state last changed; `None` for those whom the organisation was founded with.
    pub(crate) state_change: Option<StateChange>,
    /// When the agent came; `None` for those whom the organisation was founded with.
    pub(crate) joined: Option<Timestamp>,
    pub(crate) team: Option<usize>,
    /// Place of the management unit whose clock the agent lives by, on its roster or not.
    pub(crate) site: usize,
    pub(crate) division: usize,
    pub(crate) memberships: Vec<Membership>,
    /// When the queues last changed that the agent has joined.
    pub(crate) queues_changed: Option<Timestamp>,
    /// Places of the groups that the agent belongs to.
    pub(crate) groups: Vec<usize>,
    pub(crate) skills: Abilities,
    pub(crate) languages: Abilities,
    pub(crate) presence: Presence,
    pub(crate) routing: Routing,
    pub(crate) summary: ConversationSummary,
    /// The conversation that alerts, is talked in, or is being wrapped up.
    pub(crate) engaged: Option<ConversationKey>,
    /// When after-call work began.
    pub(crate) wrapping_since: Option<Timestamp>,
    /// Since when a conversation could be given to this agent.
    pub(crate) ready_since: Option<Timestamp>,
    /// Counts changes of presence; what was planned in an earlier turn no longer counts.
    pub(crate) turn: u32,
    /// The shift ends early: home as soon as hands are free.
    pub(crate) going_home: bool,
    /// The routine wants this agent to do something else as soon as hands are free.
    pub(crate) leaving: bool,
    /// The agent leaves the organisation as soon as hands are free.
    pub(crate) departing: Option<UserState>,
}

/// What a user is made of.
#[derive(Clone, Debug)]
pub(crate) struct NewAgent {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) title: Cow<'static, str>,
    pub(crate) department: Cow<'static, str>,
    pub(crate) state: UserState,
    pub(crate) division: usize,
    pub(crate) site: usize,
    pub(crate) team: Option<usize>,
}

/// Whether a user works here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserState {
    /// Works here.
    Active,
    /// Cannot sign in, and may come back.
    Inactive,
    /// Has left; what is known of the past stays.
    Deleted,
}

impl UserState {
    /// The state that Genesys writes so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Inactive, Self::Deleted].into_iter().find(|state| state.as_str() == name)
    }

    /// As Genesys writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }
}

/// A change of a user's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateChange {
    pub(crate) at: Timestamp,
    /// As Genesys names reasons.
    pub(crate) reason: &'static str,
}

/// Whether an agent is away for days, and for how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutOfOffice {
    pub(crate) active: bool,
    pub(crate) indefinite: bool,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    /// When it was last changed; `None` when never.
    pub(crate) modified: Option<Timestamp>,
}

/// An agent's place in a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Membership {
    pub(crate) queue: QueueIx,
    /// Whether the agent takes this queue's conversations when On Queue.
    pub(crate) joined: bool,
    pub(crate) by: MemberBy,
    /// The ring of a bullseye queue.
    pub(crate) ring: u8,
    /// When it was added from outside; `None` for those that the organisation was founded with.
    pub(crate) added: Option<Timestamp>,
}

/// What makes somebody a member of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberBy {
    /// Named one by one.
    User,
    /// Through a group of this place in the world.
    UserGroup(usize),
}

impl MemberBy {
    /// As Genesys writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::UserGroup(_) => "group",
        }
    }
}

/// A presence and since when.
#[derive(Clone, Debug)]
pub(crate) struct Presence {
    pub(crate) definition: DefinitionIx,
    pub(crate) message: Arc<str>,
    pub(crate) modified: Timestamp,
    /// What was asked for until the conversation is over.
    pub(crate) future: Option<DefinitionIx>,
}

/// A routing status and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Routing {
    pub(crate) status: RoutingStatus,
    pub(crate) start: Timestamp,
}

/// Where an agent stands in routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoutingStatus {
    /// Takes nothing.
    OffQueue,
    /// Waits for a conversation, or wraps one up.
    Idle,
    /// In a conversation of a queue.
    Interacting,
    /// Did not answer an alert.
    NotResponding,
    /// In a call that came from no queue.
    Communicating,
}

impl RoutingStatus {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 5] =
        [Self::OffQueue, Self::Idle, Self::Interacting, Self::NotResponding, Self::Communicating];

    /// As Genesys writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OffQueue => "OFF_QUEUE",
            Self::Idle => "IDLE",
            Self::Interacting => "INTERACTING",
            Self::NotResponding => "NOT_RESPONDING",
            Self::Communicating => "COMMUNICATING",
        }
    }
}

/// How many conversations an agent has, by media type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConversationSummary {
    media: BTreeMap<MediaType, MediaSummary>,
}

/// The counts of one media type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MediaSummary {
    pub(crate) contact_center: Counts,
    pub(crate) enterprise: Counts,
}

/// Conversations being talked in and being wrapped up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) active: u32,
    pub(crate) acw: u32,
}

impl ConversationSummary {
    /// The counts of a media type.
    pub(crate) fn of(&self, media: MediaType) -> MediaSummary {
        self.media.get(&media).copied().unwrap_or_default()
    }

    /// The counts of a media type, to be changed.
    pub(crate) fn of_mut(&mut self, media: MediaType) -> &mut MediaSummary {
        self.media.entry(media).or_default()
    }
}

impl Agent {
    /// Somebody who does nothing yet.
    pub(crate) fn new(new: NewAgent, now: Timestamp) -> Self {
        Self {
            id: new.id,
            name: new.name,
            email: new.email,
            title: new.title,
            department: new.department,
            acd_auto_answer: false,
            version: 1,
            out_of_office: OutOfOffice::default(),
            state: new.state,
            state_change: None,
            joined: None,
            team: new.team,
            site: new.site,
            division: new.division,
            memberships: Vec::new(),
            queues_changed: None,
            groups: Vec::new(),
            skills: Abilities::default(),
            languages: Abilities::default(),
            presence: Presence {
                definition: definition::OFFLINE,
                message: "".into(),
                modified: now,
                future: None,
            },
            routing: Routing { status: RoutingStatus::OffQueue, start: now },
            summary: ConversationSummary::default(),
            engaged: None,
            wrapping_since: None,
            ready_since: None,
            turn: 0,
            going_home: false,
            leaving: false,
            departing: None,
        }
    }

    /// Whether the agent works here.
    pub(crate) fn is_active(&self) -> bool {
        self.state == UserState::Active
    }

    /// Since when the agent is what the readable state says: where the agent stands in the ready
    /// lists of the queues.
    pub(crate) fn place_when_ready(&self, ix: AgentIx) -> Option<(Timestamp, AgentIx)> {
        self.ready_since.map(|since| (since, ix))
    }

    /// The agent's skills or languages.
    pub(crate) fn abilities(&self, kind: AbilityKind) -> &Abilities {
        match kind {
            AbilityKind::Skill => &self.skills,
            AbilityKind::Language => &self.languages,
        }
    }

    /// The agent's place in a queue.
    pub(crate) fn membership(&self, queue: QueueIx) -> Option<Membership> {
        self.memberships.iter().find(|membership| membership.queue == queue).copied()
    }

    /// The queues whose conversations the agent takes.
    pub(crate) fn joined_queues(&self) -> impl Iterator<Item = QueueIx> + '_ {
        self.memberships.iter().filter(|membership| membership.joined).map(|membership| membership.queue)
    }
}
