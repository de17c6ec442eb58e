//! The browser's tab says how much is wrong, for those who look at something else.

use leptos::prelude::*;
use protocol::event::rollcall::{Alarm, Level};

use crate::store::Signals;

/// Keeps the page's title.
pub fn keep(signals: &Signals) {
    let (wall, alarms) = (signals.wall.clone(), signals.alarms.clone());
    let badge = Memo::new(move |_| alarms.with(|alarms| badge(alarms)));
    Effect::new(move || {
        if let Some(title) = wall.with(|wall| wall.as_ref().map(|wall| wall.title.clone())) {
            document().set_title(&badge.with(|badge| format!("{badge}{title} · Rollcall")));
        }
    });
}

/// How many alarms nobody took note of, and how bad the worst is; nothing when there is none.
fn badge(alarms: &[Alarm]) -> String {
    let open = || alarms.iter().filter(|alarm| alarm.acknowledged.is_none());
    match open().map(|alarm| alarm.level).max() {
        None => String::new(),
        Some(level) => format!("({}) {} ", open().count(), glyph(level)),
    }
}

/// The sign of a level, as the style sheet draws it.
fn glyph(level: Level) -> char {
    match level {
        Level::Warn => '◆',
        Level::Critical => '▲',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::samples::{alarm, seen};

    #[test]
    fn it_counts_what_nobody_took_note_of() {
        assert_eq!(badge(&[]), "");
        assert_eq!(badge(&[seen("a", Level::Critical), alarm("b", Level::Warn)]), "(1) ◆ ");
        assert_eq!(badge(&[alarm("a", Level::Critical), alarm("b", Level::Warn)]), "(2) ▲ ");
        assert_eq!(badge(&[seen("a", Level::Critical)]), "");
    }
}
