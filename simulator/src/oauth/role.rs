//! What people may do: those who lead may do everything, the others little beyond their own work.

use std::collections::BTreeSet;

use super::Rights;
use crate::world::{AgentIx, World};

/// The title of those who lead.
const TITLE_OF_LEADS: &str = "Team Lead";
/// What an agent may do. Own presence and routing status need no permission.
const AGENT_PERMISSIONS: [&str; 3] =
    ["presence:presenceDefinition:view", "routing:queue:join", "wfm:agentSchedule:view"];

/// A person's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Leads a team, and may do everything.
    Supervisor,
    /// Works in a team.
    Agent,
}

impl Role {
    /// The role of a person: whoever has the title, and the first of every team, so that there is
    /// one.
    pub(crate) fn of(world: &World, agent: AgentIx) -> Self {
        let who = &world.agents[agent.0];
        let leads = who.title == TITLE_OF_LEADS
            || (who.team.is_some()
                && world.agents.iter().position(|other| other.team == who.team) == Some(agent.0));
        if leads { Self::Supervisor } else { Self::Agent }
    }

    /// What it allows.
    pub(crate) fn rights(self) -> Rights {
        match self {
            Self::Supervisor => Rights::Everything,
            Self::Agent => {
                let list: BTreeSet<String> = AGENT_PERMISSIONS.map(str::to_owned).into();
                Rights::of_list(Some(&list))
            }
        }
    }

    /// The id, as the vendor's default roles have one.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Supervisor => "7b1d3e52-0c64-4b8f-9f1e-52a6c1d80e01",
            Self::Agent => "7b1d3e52-0c64-4b8f-9f1e-52a6c1d80e02",
        }
    }

    /// In one word, for people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
        }
    }
}
