//! What the app says, in the language of the screen.
//!
//! No language is part of the program: the table in use is fetched beside the first snapshot (`load`), and the page is
//! drawn when it is there. A view asks for a word once, when it is made; [`with_words`] makes it anew when the language
//! changes, so that nothing has to watch for it.

mod choice;
#[cfg(any(test, feature = "console"))]
#[cfg_attr(not(feature = "console"), expect(dead_code, reason = "its tables are tested with all others"))]
mod console;
mod key;
mod load;
mod number;
mod table;

use board::AgentState;
use leptos::prelude::{AnyView, Get as _, IntoAny as _, IntoView};
use protocol::presence::SystemPresence;

use crate::view::bind;

#[cfg(feature = "console")]
pub use console::{Say, fill_in, say, with_console, with_said};
pub use key::{Counted, Word};
pub use load::{changes, start, wall_says, when_there};
#[cfg(feature = "console")]
pub use number::day_and_time;
pub use number::{clock_time, number, percent};

/// A word or sentence, as it is. Nothing while no table is there, which is before anything is drawn.
#[must_use]
pub fn text(word: Word) -> &'static str {
    table::current().map_or("", |table| table.word(word))
}

/// A sentence with what belongs into it, each by its name in braces.
#[must_use]
pub fn filled(word: Word, parts: &[(&str, &str)]) -> String {
    table::fill(text(word), parts)
}

/// A number with its noun.
#[must_use]
pub fn counted(noun: Counted, n: usize) -> String {
    let form = table::current().map_or("", |table| table.form(noun, number::plural_category(n)));
    table::fill(form, &[("n", &number(n as f64))])
}

/// The name of an agent's state, where the organisation has none of its own.
#[must_use]
pub fn of_state(state: &AgentState) -> &str {
    text(match state {
        AgentState::Offline => Word::StateOffline,
        AgentState::NotResponding => Word::StateNotResponding,
        AgentState::AfterCallWork => Word::StateAfterCallWork,
        AgentState::Interacting => Word::StateInteracting,
        AgentState::Communicating => Word::StateCommunicating,
        AgentState::OnQueue => Word::StateOnQueue,
        AgentState::Presence(presence) => return of_presence(presence),
        AgentState::Unknown => Word::StateUnknown,
    })
}

/// The name of a system presence; of one that this version does not know, its own.
#[must_use]
pub fn of_presence(presence: &SystemPresence) -> &str {
    text(match presence {
        SystemPresence::Available => Word::StateAvailable,
        SystemPresence::Away => Word::StateAway,
        SystemPresence::Break => Word::StateBreak,
        SystemPresence::Busy => Word::StateBusy,
        SystemPresence::Idle => Word::StateIdle,
        SystemPresence::Meal => Word::StateMeal,
        SystemPresence::Meeting => Word::StateMeeting,
        SystemPresence::Offline => Word::StateOffline,
        SystemPresence::OnQueue => Word::StateOnQueue,
        SystemPresence::Training => Word::StateTraining,
        SystemPresence::Other(raw) => return raw,
    })
}

/// Draws what has words in it: when they are there, and anew when they change.
pub fn with_words<V: IntoView + 'static>(view: impl Fn() -> V + Send + 'static) -> AnyView {
    bind::some_part(move || (changes().get() > 0).then(&view)).into_any()
}

/// The code of the language in use.
#[must_use]
pub fn language() -> &'static str {
    table::current().map_or("en", |table| table.language.code())
}

#[cfg(test)]
pub mod tests;
