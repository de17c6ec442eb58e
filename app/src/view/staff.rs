//! What a queue's members do: a bar, and the same in numbers.

use web_sys::{Element, Text};

use super::{
    js,
    part::{field, style, text_in, yes_no},
};
use crate::{
    store::Staff,
    words::{self, Word},
};

/// The bar. Its parts and the legend's entries stand in the same order, each with the colour and glyph of the agents'
/// state.
pub const MARKUP_BAR: &str = concat!(
    r#"<div class="staff" aria-hidden="true"><i data-state="interacting"></i><i data-state="on-queue"></i>"#,
    r#"<i data-state="communicating"></i><i data-state="not-responding"></i><i data-state="offline"></i></div>"#,
);

/// Field, state and word of each part.
const ENTRIES: [(&str, &str, Word); 5] = [
    ("on-queue-interacting", "interacting", Word::StateInteracting),
    ("on-queue-idle", "on-queue", Word::StaffIdle),
    ("on-queue-communicating", "communicating", Word::StateCommunicating),
    ("on-queue-not-responding", "not-responding", Word::StateNotResponding),
    ("off-queue", "offline", Word::StaffOffQueue),
];

/// The numbers.
#[must_use]
pub fn legend() -> String {
    let entries = ENTRIES.map(|(name, state, word)| {
        let word = words::text(word);
        format!(
            r#"<li data-state="{state}" title="{word}"><i class="glyph" aria-hidden="true"></i><b data-field="{name}"></b><span class="spoken">{word}</span></li>"#
        )
    });
    format!(r#"<ul class="legend">{}</ul>"#, entries.concat())
}

/// The parts of bar and legend.
pub struct StaffParts([StaffPart; 5]);

struct StaffPart {
    bar: Element,
    entry: Element,
    text: Text,
}

impl StaffParts {
    /// Those of a tile with both.
    #[must_use]
    pub fn of(tile: &Element) -> Self {
        Self(ENTRIES.map(|(name, state, _)| {
            let number = field(tile, name);
            let entry = number.parent_element().expect("a number stands in its entry");
            let bar = tile.query_selector(&format!(".staff > [data-state={state}]")).ok().flatten();
            let bar = bar.expect("the bar has a part for each entry");
            StaffPart { bar, entry, text: text_in(&number) }
        }))
    }

    /// Writes what changed.
    pub fn paint(&self, shown: Option<Staff>, staff: Staff) {
        if shown == Some(staff) {
            return;
        }
        let counts =
            [staff.interacting, staff.idle, staff.communicating, staff.not_responding, staff.off_queue];
        for (part, count) in self.0.iter().zip(counts) {
            part.text.set_data(&words::number(f64::from(count)));
            js::set(&part.entry, "data-none", yes_no(count == 0));
            style(&part.bar, "flex-grow", &count.to_string());
        }
    }
}
