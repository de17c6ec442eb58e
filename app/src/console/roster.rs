//! Whom the list shows, and in what order. Pure.

use std::{cmp::Ordering, collections::BTreeSet};

use board::AgentState;
use protocol::{Timestamp, UserId};

use crate::{order::sorted, store::AgentFace};

/// A state that lasts longer than this is worth a look.
pub const LONG_MS: i64 = 15 * 60_000;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words, each of which name, team or state has somewhere; in lower case.
    pub words: Vec<String>,
    /// Only in this state, by its word in `data-state`.
    pub state: Option<String>,
    /// Only those whose state lasts long.
    pub long: bool,
    /// Only these, the members of a queue.
    pub members: Option<BTreeSet<UserId>>,
    /// What comes first.
    pub sort: Sort,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name, as the list comes.
    #[default]
    Name,
    /// By state, what is wrong first.
    State,
    /// The longest in their state first.
    Time,
}

/// The states in the order of the chips and of the list: what needs somebody first.
const ORDER: [&str; 8] = [
    "not-responding",
    "on-queue",
    "interacting",
    "communicating",
    "after-call-work",
    "available",
    "busy",
    "break",
];

/// Who is shown, and how many there are of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Places in the list that was looked through.
    pub shown: Vec<usize>,
    /// How many are in each state, in the order of the chips: of all, whatever the filter.
    pub states: Vec<Count>,
    /// How many are in their state for long.
    pub long: usize,
}

/// A state and how many are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The word in `data-state`.
    pub state: String,
    /// In words.
    pub label: String,
    /// How many.
    pub count: usize,
}

impl Filter {
    /// The words of a search.
    #[must_use]
    pub fn words_of(text: &str, lower: impl Fn(&str) -> String) -> Vec<String> {
        lower(text).split_whitespace().map(str::to_owned).collect()
    }

    /// Looks through a list that is sorted by name. `label` has the plain name of a state, `lower` makes small letters.
    #[must_use]
    pub fn look(
        &self,
        agents: &[(UserId, AgentFace)],
        now: Timestamp,
        label: impl Fn(&AgentState) -> String,
        lower: impl Fn(&str) -> String,
    ) -> Found {
        let mut states: Vec<Count> = Vec::new();
        let (mut long, mut shown) = (0, Vec::new());
        for (at, (id, face)) in agents.iter().enumerate() {
            let is_long = is_long(face, now);
            long += usize::from(is_long);
            match states.iter_mut().find(|count| face.state.is(&count.state)) {
                Some(count) => count.count += 1,
                None => {
                    states.push(Count { state: face.state.as_data(), label: label(&face.state), count: 1 });
                }
            }
            let fits = self.state.as_ref().is_none_or(|state| face.state.is(state))
                && (!self.long || is_long)
                && self.members.as_ref().is_none_or(|members| members.contains(id))
                && (self.words.is_empty() || {
                    let text = lower(&format!(
                        "{} {} {}",
                        face.name,
                        face.team.as_deref().unwrap_or_default(),
                        face.label
                    ));
                    self.words.iter().all(|word| text.contains(word.as_str()))
                });
            if fits {
                shown.push(at);
            }
        }
        let by_rank = |a: &Count, b: &Count| (rank(&a.state), &a.state).cmp(&(rank(&b.state), &b.state));
        let shown = match self.sort {
            Sort::Name => shown,
            Sort::State => sorted(&shown, |a, b| {
                let [a, b] = [a, b].map(|at| &agents[*at].1);
                let states = rank(&a.state.as_data()).cmp(&rank(&b.state.as_data()));
                states.then_with(|| oldest_first(a, b))
            }),
            Sort::Time => sorted(&shown, |a, b| oldest_first(&agents[*a].1, &agents[*b].1)),
        };
        Found { shown, states: sorted(&states, by_rank), long }
    }
}

/// Whether a state lasts long. Of those who are not at work nobody asks.
fn is_long(face: &AgentFace, now: Timestamp) -> bool {
    let is_away = matches!(face.state, AgentState::Offline | AgentState::Unknown);
    !is_away && face.since.is_some_and(|since| now.ms_since(since) >= LONG_MS)
}

fn oldest_first(a: &AgentFace, b: &AgentFace) -> Ordering {
    let since = |face: &AgentFace| face.since.map_or(i64::MAX, Timestamp::as_ms);
    since(a).cmp(&since(b))
}

fn rank(state: &str) -> usize {
    match state {
        "offline" => ORDER.len() + 1,
        "unknown" => ORDER.len() + 2,
        _ => ORDER.iter().position(|known| *known == state).unwrap_or(ORDER.len()),
    }
}

#[cfg(test)]
mod tests {
    use protocol::presence::SystemPresence;

    use super::*;

    fn agent(name: &str, state: AgentState, since: i64) -> (UserId, AgentFace) {
        let face = AgentFace {
            name: name.into(),
            team: Some("North".into()),
            label: state.as_data().into(),
            state,
            since: Some(Timestamp::from_ms(since)),
            level: None,
            stale: false,
        };
        (UserId::new(&name.to_lowercase()), face)
    }

    fn agents() -> Vec<(UserId, AgentFace)> {
        vec![
            agent("Anna", AgentState::OnQueue, 5_000),
            agent("Ben", AgentState::Presence(SystemPresence::Break), 1_000),
            agent("Chloé", AgentState::NotResponding, 900_000),
            agent("Dora", AgentState::Offline, 0),
        ]
    }

    fn look(filter: &Filter) -> Found {
        let now = Timestamp::from_ms(LONG_MS + 3_000);
        filter.look(&agents(), now, AgentState::as_data, str::to_lowercase)
    }

    fn names(filter: &Filter) -> Vec<String> {
        look(filter).shown.into_iter().map(|at| agents()[at].1.name.to_string()).collect()
    }

    #[test]
    fn every_word_is_found_in_name_team_or_state() {
        let words =
            |text: &str| Filter { words: Filter::words_of(text, str::to_lowercase), ..Filter::default() };
        assert_eq!(names(&words("")), ["Anna", "Ben", "Chloé", "Dora"]);
        assert_eq!(names(&words(" AN ")), ["Anna"]);
        assert_eq!(names(&words("north break")), ["Ben"]);
        assert!(names(&words("north south")).is_empty());
    }

    #[test]
    fn states_members_and_long_ones_narrow_and_the_counts_stay() {
        let of_state = Filter { state: Some("break".to_owned()), ..Filter::default() };
        assert_eq!(names(&of_state), ["Ben"]);
        let long = Filter { long: true, ..Filter::default() };
        assert_eq!(names(&long), ["Ben"], "nobody asks for those who are offline");
        let members = Some([UserId::new("dora"), UserId::new("anna")].into());
        assert_eq!(names(&Filter { members, ..Filter::default() }), ["Anna", "Dora"]);
        let found = look(&of_state);
        let states: Vec<_> = found.states.iter().map(|count| (count.state.as_str(), count.count)).collect();
        assert_eq!(states, [("not-responding", 1), ("on-queue", 1), ("break", 1), ("offline", 1)]);
        assert_eq!(found.long, 1);
    }

    #[test]
    fn what_is_wrong_or_lasts_longest_can_come_first() {
        assert_eq!(
            names(&Filter { sort: Sort::State, ..Filter::default() }),
            ["Chloé", "Anna", "Ben", "Dora"]
        );
        assert_eq!(
            names(&Filter { sort: Sort::Time, ..Filter::default() }),
            ["Dora", "Ben", "Anna", "Chloé"]
        );
    }
}
