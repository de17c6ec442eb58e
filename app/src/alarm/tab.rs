//! The browser's tab says how much is wrong, and whether that is still true, for those who look at something else.

use leptos::prelude::*;
use protocol::event::rollcall::{Alarm, Level};

use crate::{
    link::Liveness,
    store::Signals,
    view::{bind, memo::Memo, part::set},
};

/// Keeps the page's title and its picture.
pub fn keep(signals: &Signals, live: ArcRwSignal<Liveness>) {
    let marked = signals.alarms.clone();
    let mark = Memo::new(move || match live.with(|live| live.stale_since().is_some()) {
        true => Some(STALE),
        false => marked.with(|alarms| worst(alarms)).map(mark),
    });
    bind::effect(move || {
        if let Ok(Some(link)) = document().query_selector("link[rel=icon]") {
            let own = link.get_attribute(OWN).or_else(|| link.get_attribute("href")).unwrap_or_default();
            set(&link, OWN, &own);
            let href = mark.get().map_or(own, |mark| format!("{PICTURE}{mark}/%3E%3C/svg%3E"));
            set(&link, "href", &href);
        }
    });
    let (wall, alarms) = (signals.wall.clone(), signals.alarms.clone());
    let badge = Memo::new(move || alarms.with(|alarms| badge(alarms)));
    bind::effect(move || {
        if let Some(title) = wall.with(|wall| wall.as_ref().map(|wall| wall.title.clone())) {
            document().set_title(&badge.with(|badge| format!("{badge}{title} · Rollcall")));
        }
    });
}

/// Where the page's own picture is kept while another one is shown.
const OWN: &str = "data-own";

/// Two ticks, as on the page's own picture, and a place for a mark.
const PICTURE: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 64 64'%3E%3Crect width='64' height='64' rx='14' fill='%230b0f14'/%3E%3Cpath d='M8 15l6 6 11-13M8 43l6 6 11-13' fill='none' stroke='%235cc8ff' stroke-width='7'/%3E%3Cpath stroke-width='6' stroke-linejoin='round' ";

/// A ring: nobody vouches for anything.
const STALE: &str = "d='M44 27a14 14 0 1 0 .1 0z' fill='none' stroke='%23a9b7c6'";

/// The form and the colour of a level, as on the wall.
fn mark(level: Level) -> &'static str {
    match level {
        Level::Warn => "d='M43 20l17 21-17 21-17-21z' fill='%23ffb454'",
        Level::Critical => "d='M43 24l17 34H26z' fill='%23ff6b79' stroke='%23ff6b79'",
    }
}

fn worst(alarms: &[Alarm]) -> Option<Level> {
    alarms.iter().filter(|alarm| alarm.acknowledged.is_none()).map(|alarm| alarm.level).max()
}

/// How many alarms nobody took note of, and how bad the worst is; nothing when there is none.
fn badge(alarms: &[Alarm]) -> String {
    let open = alarms.iter().filter(|alarm| alarm.acknowledged.is_none()).count();
    worst(alarms).map_or_else(String::new, |level| format!("({open}) {} ", glyph(level)))
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
