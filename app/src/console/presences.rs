//! What can be set: the states of the organisation, and the reasons below them.

use board::AgentState;
use protocol::presence::SystemPresence;
use serde::Deserialize;

use super::ask::{self, No};
use crate::words;

/// A state that can be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// The definition's id.
    pub id: String,
    /// The organisation's label.
    pub label: String,
    /// What it means.
    pub system_presence: String,
    /// Whether a reason or a message has to go with it.
    pub needs_reason: bool,
    /// The organisation's own reasons.
    pub reasons: Vec<Reason>,
}

/// A reason: a definition of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Reason {
    /// The definition's id.
    pub id: String,
    /// The organisation's label.
    pub label: String,
}

impl State {
    /// What it means.
    #[must_use]
    pub fn system(&self) -> SystemPresence {
        SystemPresence::parse(&self.system_presence)
    }

    /// Its name on this screen: the organisation's, if it has one that is more than the plain name.
    #[must_use]
    pub fn name(&self) -> String {
        let system = self.system();
        let is_plain = SystemPresence::parse(&self.label) == system;
        if is_plain { words::of_presence(&system).to_owned() } else { self.label.clone() }
    }

    /// The word in `data-state`, by which it has its colour and its sign.
    #[must_use]
    pub fn as_data(&self) -> String {
        let system = self.system();
        // On Queue is a state of its own; the others are called what they mean.
        let state = if system == SystemPresence::OnQueue {
            AgentState::OnQueue
        } else {
            AgentState::Presence(system)
        };
        state.as_data()
    }
}

/// The name of a definition, state or reason.
#[must_use]
pub fn name_of(states: &[State], definition: &str) -> Option<String> {
    let reasons =
        |state: &State| state.reasons.iter().find(|reason| reason.id == definition).map(|r| r.label.clone());
    states.iter().find_map(|state| (state.id == definition).then(|| state.name()).or_else(|| reasons(state)))
}

/// Those that the proxy lists: On Queue first, what ends the day last.
///
/// # Errors
/// When there is no answer or it is a refusal.
pub async fn load() -> Result<Vec<State>, No> {
    #[derive(Deserialize)]
    struct Catalogue {
        states: Vec<State>,
    }
    let catalogue: Catalogue = ask::get("/rollcall/presences").await?.read()?;
    let (first, last) = ([SystemPresence::OnQueue, SystemPresence::Available], SystemPresence::Offline);
    let rank = |state: &State| {
        let system = state.system();
        (system == last, first.iter().position(|one| *one == system).unwrap_or(first.len()))
    };
    // Genesys sets Idle by itself, when nobody touches the keyboard.
    let states: Vec<State> =
        catalogue.states.into_iter().filter(|state| state.system() != SystemPresence::Idle).collect();
    Ok(crate::order::sorted(&states, |a, b| rank(a).cmp(&rank(b))))
}
