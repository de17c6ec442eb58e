//! Which presence is meant: by id, by a name that people use, or by a label in any language.

use protocol::{PresenceDefinitionId, entity::PresenceDefinition, presence::SystemPresence};

use crate::refusal::{Code, Refusal};

/// What people say for the presences that every organisation has; compared without case, spaces and signs.
const FRIENDLY: &[(&str, SystemPresence)] = &[
    ("available", SystemPresence::Available),
    ("away", SystemPresence::Away),
    ("break", SystemPresence::Break),
    ("busy", SystemPresence::Busy),
    ("lunch", SystemPresence::Meal),
    ("meal", SystemPresence::Meal),
    ("meeting", SystemPresence::Meeting),
    ("offline", SystemPresence::Offline),
    ("onqueue", SystemPresence::OnQueue),
    ("training", SystemPresence::Training),
];

/// What people say for what follows a conversation.
const WRAP_UP: [&str; 4] = ["acw", "aftercallwork", "wrap", "wrapup"];

/// One presence of the organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id, which is what is written.
    pub id: PresenceDefinitionId,
    /// What it maps to.
    pub system: SystemPresence,
    /// What it is called: in English where it has that, else in any language.
    pub label: String,
    /// Whether the organisation made it, as a reason below one of the ten.
    pub is_reason: bool,
    /// No longer to be chosen.
    pub is_deactivated: bool,
    /// All labels and the name, as they are compared.
    names: Vec<String>,
}

/// The presences of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue(Vec<Entry>);

impl Catalogue {
    /// Takes the definitions as they are read. One without a system presence cannot be set, and is left out.
    #[must_use]
    pub fn of(definitions: &[PresenceDefinition]) -> Self {
        Self(definitions.iter().filter_map(Entry::of).collect())
    }

    /// Every presence, in the order of the organisation.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// The presence of an id.
    #[must_use]
    pub fn get(&self, id: &PresenceDefinitionId) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.id == *id)
    }

    /// The presence that `wish` means.
    ///
    /// # Errors
    /// When it means none, more than one, or one that cannot be set.
    pub fn find(&self, wish: &str) -> Result<&Entry, Refusal> {
        if let Some(entry) = self.get(&PresenceDefinitionId::new(wish.trim())) {
            return self.choosable(entry);
        }
        let said = compared(wish);
        if WRAP_UP.contains(&said.as_str()) {
            return Err(wrap_up());
        }
        if let Some((_, system)) = FRIENDLY.iter().find(|(name, _)| *name == said)
            && let Some(entry) = self.primary(system)
        {
            return self.choosable(entry);
        }
        let named: Vec<&Entry> = self.0.iter().filter(|entry| entry.names.contains(&said)).collect();
        let active: Vec<&Entry> = named.iter().copied().filter(|entry| !entry.is_deactivated).collect();
        match (active.as_slice(), named.as_slice()) {
            ([one], _) | ([], [one]) => self.choosable(one),
            ([], []) => Err(self.unknown(wish)),
            ([], several) | (several, _) => Err(ambiguous(wish, several)),
        }
    }

    /// The organisation's definition of one of the ten: the system's own, else the only one that maps to it.
    fn primary(&self, system: &SystemPresence) -> Option<&Entry> {
        let mut of_system = self.0.iter().filter(|entry| entry.system == *system);
        let own = of_system.clone().find(|entry| !entry.is_reason);
        own.or_else(|| of_system.next())
    }

    fn choosable<'a>(&self, entry: &'a Entry) -> Result<&'a Entry, Refusal> {
        if entry.is_deactivated {
            let words = format!("the presence \"{}\" is deactivated in Genesys Cloud", entry.label);
            return Err(Refusal::new(Code::PresenceDeactivated, words).accepting(self.labels()));
        }
        Ok(entry)
    }

    fn unknown(&self, wish: &str) -> Refusal {
        let words = format!(
            "no presence is called \"{}\": give a definition's id, its label, or one of its kinds",
            shown(wish)
        );
        Refusal::new(Code::PresenceUnknown, words).accepting(self.labels())
    }

    fn labels(&self) -> Vec<String> {
        self.0.iter().filter(|entry| !entry.is_deactivated).map(|entry| entry.label.clone()).collect()
    }
}

impl Entry {
    fn of(definition: &PresenceDefinition) -> Option<Self> {
        let system = definition.system_presence.clone()?;
        let labels = &definition.language_labels;
        let label = ["en_US", "en", "en_GB"].iter().find_map(|language| labels.get(*language));
        let label = label.or_else(|| labels.values().next()).or(definition.name.as_ref());
        let mut names: Vec<String> =
            labels.values().chain(definition.name.as_ref()).map(|name| compared(name)).collect();
        names.sort_unstable();
        names.dedup();
        Some(Self {
            id: definition.id.clone(),
            label: label.cloned().unwrap_or_else(|| system.in_user().to_owned()),
            is_reason: definition.kind.as_deref() == Some("User"),
            is_deactivated: definition.deactivated,
            names,
            system,
        })
    }
}

/// Why wrap-up is not set.
#[must_use]
pub fn wrap_up() -> Refusal {
    Refusal::new(
        Code::WrapUpNotSettable,
        "wrap-up is neither a presence nor a routing status: Genesys Cloud starts it after a conversation and the agent \
         or the queue's time-out ends it, so that it cannot be set from outside",
    )
}

fn ambiguous(wish: &str, entries: &[&Entry]) -> Refusal {
    let words = format!(
        "{} presences are called \"{}\": give the id of the one that is meant",
        entries.len(),
        shown(wish)
    );
    let ids =
        entries.iter().map(|entry| format!("{} ({}, {})", entry.id, entry.label, entry.system.in_user()));
    Refusal::new(Code::PresenceAmbiguous, words).accepting(ids.collect())
}

/// As names are compared: letters and digits of any script, in lower case.
fn compared(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Nobody reads more of what somebody sent by mistake.
fn shown(wish: &str) -> String {
    const CHARS: usize = 80;
    if wish.chars().count() <= CHARS {
        wish.to_owned()
    } else {
        wish.chars().take(CHARS).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalogue() -> Catalogue {
        let definitions = json!([
            { "id": "a", "type": "System", "systemPresence": "Available", "languageLabels": { "en_US": "Available", "de": "Verfügbar" } },
            { "id": "q", "type": "System", "systemPresence": "OnQueue", "languageLabels": { "en_US": "On Queue", "de": "Warteschlange" } },
            { "id": "m", "type": "System", "systemPresence": "Meal", "languageLabels": { "en_US": "Meal", "ja": "食事" } },
            { "id": "coffee", "type": "User", "systemPresence": "Break", "languageLabels": { "en_US": "Coffee", "de": "Kaffee" } },
            { "id": "b", "type": "System", "systemPresence": "Break", "languageLabels": { "en_US": "Break" } },
            { "id": "old", "type": "User", "systemPresence": "Busy", "languageLabels": { "en_US": "Paperwork" }, "deactivated": true },
            { "id": "p1", "type": "User", "systemPresence": "Busy", "languageLabels": { "en_US": "Project" } },
            { "id": "p2", "type": "User", "systemPresence": "Meeting", "languageLabels": { "en_US": "Project" } },
            { "id": "none", "type": "User", "languageLabels": { "en_US": "Nothing" } },
        ]);
        let definitions: Vec<PresenceDefinition> = serde_json::from_value(definitions).unwrap();
        Catalogue::of(&definitions)
    }

    #[track_caller]
    fn finds(wish: &str, id: &str) {
        assert_eq!(
            catalogue().find(wish).map(|entry| entry.id.as_str().to_owned()),
            Ok(id.to_owned()),
            "{wish}"
        );
    }

    #[track_caller]
    fn refuses(wish: &str, code: Code) -> Refusal {
        let refusal = catalogue().find(wish).unwrap_err();
        assert_eq!(refusal.code, code, "{wish}: {refusal}");
        refusal
    }

    #[test]
    fn an_id_a_friendly_name_or_a_label_in_any_language_is_understood() {
        finds("coffee", "coffee");
        finds("q", "q");
        for wish in ["On Queue", "on_queue", "ON-QUEUE", "onqueue", "Warteschlange"] {
            finds(wish, "q");
        }
        finds("lunch", "m");
        finds("食事", "m");
        finds("VERFÜGBAR", "a");
        finds("Kaffee", "coffee");
        finds("break", "b");
    }

    #[test]
    fn what_is_not_understood_is_answered_with_what_is() {
        let refusal = refuses("Siesta", Code::PresenceUnknown);
        assert_eq!(
            refusal.accepted,
            ["Available", "On Queue", "Meal", "Coffee", "Break", "Project", "Project"]
        );
        refuses("", Code::PresenceUnknown);
        assert!(refuses(&"x".repeat(1_000), Code::PresenceUnknown).words.len() < 300);
        refuses("nothing", Code::PresenceUnknown);
    }

    #[test]
    fn two_of_one_name_are_told_apart_by_id() {
        let refusal = refuses("project", Code::PresenceAmbiguous);
        assert_eq!(refusal.accepted, ["p1 (Project, Busy)", "p2 (Project, Meeting)"]);
        finds("P2", "p2");
    }

    #[test]
    fn what_is_deactivated_cannot_be_chosen_by_any_name() {
        refuses("old", Code::PresenceDeactivated);
        refuses("Paperwork", Code::PresenceDeactivated);
    }

    #[test]
    fn wrap_up_is_no_presence() {
        for wish in ["wrapup", "Wrap-up", "wrap up", "ACW", "After-Call Work"] {
            refuses(wish, Code::WrapUpNotSettable);
        }
    }
}
