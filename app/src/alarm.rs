//! What is wrong, for those who look and for those who do not: what changed in the list of alarms is told to scripts, to
//! ears and to the browser's tab, and a note that somebody took goes to the proxy.

pub mod desk;
mod news;
pub mod sound;
mod tab;

use leptos::prelude::*;
use protocol::WallId;

use crate::{events, link::Liveness, store::Signals, view::bind};
use desk::Desk;
use news::{Change, Known};
use sound::Sound;

/// New alarms in the order in which they came, for those who hear the page.
#[derive(Clone, Copy)]
pub struct Fresh(pub RwSignal<Vec<String>>);

/// What was wrong on each wall when the page looked last; a playlist comes back to its walls.
#[derive(Clone, Copy)]
struct Memory(StoredValue<Vec<(WallId, Known)>>);

/// To be called once for a page, before [`keep`].
pub fn listen() {
    provide_context(Sound::new());
    provide_context(Memory(StoredValue::new(Vec::new())));
}

/// Watches a wall's alarms for as long as the page shows it.
pub fn keep(wall: WallId, signals: &Signals, live: ArcRwSignal<Liveness>) {
    let (sound, memory, id) = (bind::context::<Sound>(), bind::context::<Memory>().0, wall.clone());
    provide_context(Desk::new(wall, signals.may_acknowledge.clone()));
    let fresh = Fresh(RwSignal::new(Vec::new()));
    provide_context(fresh);
    tab::keep(signals, live);

    let (wall, alarms) = (signals.wall.clone(), signals.alarms.clone());
    bind::effect(move || {
        // Before the first picture nothing is known, which is not the same as nothing being wrong.
        if wall.with(Option::is_none) {
            return;
        }
        let mut news = Vec::new();
        let mut is_first = false;
        alarms.with(|alarms| {
            memory.update_value(|memory| {
                let known = known_of(memory, &id);
                is_first = known.is_empty_handed();
                news = known.take(alarms);
            });
        });
        for one in &news {
            events::threshold(one.change.as_str(), &one.alarm);
        }
        // What was wrong before the page was opened is on it; nobody has to be startled by it.
        if is_first {
            return;
        }
        let begun = news.iter().filter(|one| one.change == Change::Began);
        let ids: Vec<String> = begun.map(|one| one.alarm.id.clone()).collect();
        if !ids.is_empty() {
            fresh.0.set(ids);
        }
        if news.iter().any(news::News::is_worth_a_sound) {
            sound.play();
        }
    });
}

fn known_of<'a>(memory: &'a mut Vec<(WallId, Known)>, wall: &WallId) -> &'a mut Known {
    let at = memory.iter().position(|(id, _)| id == wall).unwrap_or_else(|| {
        memory.push((wall.clone(), Known::default()));
        memory.len() - 1
    });
    &mut memory[at].1
}

#[cfg(test)]
pub mod samples {
    use protocol::{
        Timestamp,
        event::rollcall::{Alarm, Level},
    };

    /// An alarm that says no more than it must.
    pub fn alarm(id: &str, level: Level) -> Alarm {
        Alarm {
            id: id.to_owned(),
            level,
            queue: None,
            user: None,
            metric: None,
            value: None,
            limit: 0.0,
            since: Timestamp::from_ms(0),
            acknowledged: None,
        }
    }

    /// The same, and somebody took note.
    pub fn seen(id: &str, level: Level) -> Alarm {
        Alarm { acknowledged: Some(Timestamp::from_ms(1)), ..alarm(id, level) }
    }
}
