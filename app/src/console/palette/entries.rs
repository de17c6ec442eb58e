//! What the palette finds. Pure.

use protocol::{UserId, wall::Theme};

use super::super::{place::Place, presences::State, shell};
use crate::{
    store::AgentFace,
    words::{self, Say, Word, fill_in, say},
};

/// Entries at a time: as many as are read at a glance.
const ENTRIES_MAX: usize = 9;

/// Letters from which on a word may name a state.
const STATE_LETTERS: usize = 2;

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Does {
    /// Goes to a page of the console.
    Go(Place),
    /// Leaves for the walls.
    Walls,
    /// Opens an agent's drawer.
    Open(UserId),
    /// Opens it with a state chosen, by its definition; nothing is sent yet.
    Set(UserId, String),
    /// Changes how the page looks.
    Look(Theme),
}

/// Something that can be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// In words.
    pub words: String,
    /// Of what kind it is.
    pub kind: String,
    /// The word in `data-state`, where it is about a state.
    pub state: Option<String>,
    /// What it does.
    pub does: Does,
}

/// What the words find: changes of agents first, then agents, then everything else.
#[must_use]
pub fn find(
    typed: &[String],
    people: impl Iterator<Item = (UserId, AgentFace)> + Clone,
    states: &[State],
    lower: impl Fn(&str) -> String + Copy,
) -> Vec<Entry> {
    let mut found = Vec::new();
    if !typed.is_empty() {
        for state in states {
            let name = lower(&state.name());
            let names_it =
                |word: &&String| word.chars().count() >= STATE_LETTERS && name.starts_with(word.as_str());
            let Some(named) = typed.iter().position(|word| names_it(&word)) else { continue };
            // "on queue" are two words of one name.
            let rest: Vec<&String> = typed
                .iter()
                .enumerate()
                .filter(|(at, word)| *at != named && !name.split(' ').any(|part| part == word.as_str()))
                .map(|(_, word)| word)
                .collect();
            if rest.is_empty() {
                continue;
            }
            let fits = people.clone().filter(|(_, face)| has_all(&lower(&face.name), &rest));
            found.extend(fits.take(ENTRIES_MAX).map(|(id, face)| Entry {
                words: fill_in(Say::SetAgentTo, &[("name", &face.name), ("state", &state.name())]),
                kind: say(Say::Presence).to_owned(),
                state: Some(state.as_data()),
                does: Does::Set(id, state.id.clone()),
            }));
        }
        let all: Vec<&String> = typed.iter().collect();
        let fits = people.filter(|(_, face)| has_all(&lower(&face.name), &all));
        found.extend(fits.take(ENTRIES_MAX).map(|(id, face)| Entry {
            words: face.name.to_string(),
            kind: face.label.to_string(),
            state: Some(face.state.as_data()),
            does: Does::Open(id),
        }));
    }
    let page = |words: &str, does| Entry {
        words: words.to_owned(),
        kind: say(Say::Page).to_owned(),
        state: None,
        does,
    };
    let look = |what, theme| Entry {
        words: say(what).to_owned(),
        kind: say(Say::Appearance).to_owned(),
        state: None,
        does: Does::Look(theme),
    };
    let others = Place::ALL.map(|place| page(shell::title(place), Does::Go(place))).into_iter().chain([
        page(words::text(Word::Walls), Does::Walls),
        look(Say::LookDark, Theme::Dark),
        look(Say::LookLight, Theme::Light),
        look(Say::LookSystem, Theme::Auto),
    ]);
    let all: Vec<&String> = typed.iter().collect();
    found.extend(others.filter(|entry| has_all(&lower(&entry.words), &all)));
    found.truncate(ENTRIES_MAX);
    found
}

/// Each word begins a word of the text.
fn has_all(text: &str, words: &[&String]) -> bool {
    words.iter().all(|word| text.split([' ', '-', '\'']).any(|part| part.starts_with(word.as_str())))
}

#[cfg(test)]
mod tests {
    use board::AgentState;

    use super::*;

    fn found(typed: &str) -> Vec<Entry> {
        let person = |name: &str| {
            let face = AgentFace {
                name: name.into(),
                team: None,
                state: AgentState::OnQueue,
                label: "On Queue".into(),
                since: None,
                level: None,
                stale: false,
            };
            (UserId::new(&name.to_lowercase()), face)
        };
        let people = [person("Anna Müller"), person("Ben Okafor"), person("Bree Annan")];
        let state = |id: &str, label: &str| State {
            id: id.to_owned(),
            label: label.to_owned(),
            system_presence: label.to_owned(),
            ..State::default()
        };
        let states = [state("1", "On Queue"), state("2", "Break")];
        let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
        find(&words, people.into_iter(), &states, |text: &str| text.to_lowercase())
    }

    fn does(typed: &str) -> Vec<Does> {
        found(typed).into_iter().map(|entry| entry.does).collect()
    }

    #[test]
    fn nothing_typed_offers_the_pages() {
        let all = found("");
        assert_eq!(all[0].does, Does::Go(Place::Agents));
        assert!(all.iter().all(|entry| !matches!(entry.does, Does::Open(_) | Does::Set(..))));
    }

    #[test]
    fn a_name_opens_and_a_state_with_a_name_sets() {
        assert_eq!(does("müll"), [Does::Open(UserId::new("anna müller"))]);
        assert_eq!(
            does("ann"),
            [Does::Open(UserId::new("anna müller")), Does::Open(UserId::new("bree annan"))]
        );
        assert_eq!(does("break ben")[0], Does::Set(UserId::new("ben okafor"), "2".to_owned()));
        assert_eq!(does("ben br")[0], Does::Set(UserId::new("ben okafor"), "2".to_owned()), "in any order");
        assert_eq!(does("on queue ben")[0], Does::Set(UserId::new("ben okafor"), "1".to_owned()));
        assert!(does("break xavier").is_empty());
    }

    #[test]
    fn who_may_not_write_is_offered_nothing_to_write() {
        let person = std::iter::empty();
        assert!(
            find(&["break".to_owned(), "ben".to_owned()], person, &[], |text: &str| text.to_lowercase())
                .is_empty()
        );
    }
}
