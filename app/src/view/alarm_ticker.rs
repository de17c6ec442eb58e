//! The line at the bottom of a wall: what is wrong, in words. It opens the whole list, and says aloud what is new.

use leptos::prelude::*;

use super::part::{fixed, follow};
use super::{
    alarm_list::{AlarmList, rows},
    alarm_row::{Row, longest_since, of, one, run_since},
    bind::{self, Item},
    memo::Memo,
};
use crate::{
    alarm::{Fresh, sound::Sound},
    options::Options,
    store::Signals,
    words::{self, Counted, Word},
};

/// The line names at most this many; what does not fit is cut off, and the list has all.
const NAMED_MAX: usize = 8;

/// At once at most this many are said aloud: a whole floor going wrong is no time for a lecture.
const SPOKEN_MAX: usize = 3;

/// The line.
#[component]
pub fn AlarmTicker(signals: Signals) -> impl IntoView {
    let rows = rows(signals.clone());
    let open = RwSignal::new(false);
    // On a screen that nobody touches there is nothing to click.
    let is_kiosk = bind::context::<Options>().kiosk;
    let count = Memo::new(move || rows.with(Vec::len));
    let named = Memo::new(move || {
        let open = |row: &&Row| row.acknowledged.is_none();
        rows.with(|rows| {
            rows.iter().filter(open).take(NAMED_MAX).map(|row| row.id.clone()).collect::<Vec<_>>()
        })
    });
    let is_quiet = move || named.with(Vec::is_empty);
    let close_by_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            open.set(false);
        }
    };
    let named_of = signals.clone();
    let list = bind::some_part(move || open.get().then(|| view! { <AlarmList signals=signals.clone()/> }));
    let line = bind::items(move || {
        let item = |id: String| {
            let signals = named_of.clone();
            Item::new(id.clone(), move || view! { <InWords rows id signals/> })
        };
        named.get().into_iter().map(item).collect()
    });
    view! {
        <section class="alarm-bar" aria-label=words::text(Word::Alarms) data-count=bind::text(move || count.get().to_string()) on:keydown=close_by_key>
            <div class="alarm-panel" use:fixed="id=alarm-panel" use:follow=("hidden", bind::flag(move || !open.get()))>{list}</div>
            <ul class="alarm-ticker">
                {bind::some_part(move || is_quiet().then(quiet))}
                {line}
            </ul>
            {bind::when(!is_kiosk, || view! {
                <button
                    use:fixed="type=button aria-controls=alarm-panel"
                    class="alarm-open"
                    use:follow=("aria-expanded", bind::truth(move || open.get()))
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    {bind::text(move || words::counted(Counted::Alarms, count.get()))}
                </button>
                <MuteButton/>
            })}
        </section>
    }
}

fn quiet() -> impl IntoView {
    view! { <li class="alarm-quiet">{words::text(Word::NoAlarms)}</li> }
}

/// One alarm of the line.
#[component]
fn InWords(rows: Memo<Vec<Row>>, id: String, signals: Signals) -> impl IntoView {
    let row = one(rows, id);
    let runs = longest_since(&signals, row.with_untracked(|row| row.as_ref()?.runs.clone()));
    let since = Signal::derive(move || row.with(|row| row.as_ref().map(|row| row.since)));
    let limit = move || {
        let limit = row.with(|row| row.as_ref()?.limit.clone());
        limit
            .map(|limit| format!("({})", words::filled(Word::Limit, &[("value", &limit)])))
            .unwrap_or_default()
    };
    // Around the place of the duration, which runs.
    let around = words::filled(Word::ForTime, &[("time", PLACE)]);
    let (before, after) = around.split_once(PLACE).unwrap_or((&around, ""));
    let (before, after) = (before.to_owned(), after.to_owned());
    view! {
        <li class="alarm-words" data-level=of(row, |row| row.level.as_str().to_owned())>
            <i class="alarm-glyph" aria-hidden="true"></i> " "
            <span class="spoken">{of(row, |row| row.level_word().to_owned())}</span>
            <b class="alarm-subject" use:fixed="dir=auto">{of(row, |row| row.subject.clone())}</b> " "
            <span>{of(row, |row| row.what.clone())}</span> " "
            <b class="alarm-value">{of(row, Row::figure)}<span use:run_since=runs></span></b> " "
            <span class="alarm-since">{before}<span use:run_since=since></span>{after}</span> " "
            <span class="alarm-limit">{bind::text(limit)}</span>
        </li>
    }
}

/// Stands where a duration runs in a sentence: no word of any language has it.
const PLACE: &str = "\u{1f}";

/// Says what is new, politely.
#[component]
pub fn Voice(signals: Signals) -> impl IntoView {
    let rows = rows(signals);
    let fresh = bind::context::<Fresh>().0;
    let said = move || {
        let ids = fresh.get();
        rows.with_untracked(|rows| {
            let new = || rows.iter().filter(|row| ids.contains(&row.id));
            let mut sentences: Vec<String> = new().take(SPOKEN_MAX).map(Row::spoken).collect();
            let more = new().count().saturating_sub(SPOKEN_MAX);
            if more > 0 {
                sentences.push(words::counted(Counted::More, more));
            }
            sentences.join(". ")
        })
    };
    view! { <p class="spoken" use:fixed="role=status aria-live=polite" data-field="new-alarms">{bind::text(said)}</p> }
}

/// Sound on or off.
#[component]
pub fn MuteButton() -> impl IntoView {
    let sound = bind::context::<Sound>();
    let label = move || {
        let what = words::text(if sound.is_muted() { Word::Unmute } else { Word::Mute });
        if sound.is_muted() || sound.is_ready() {
            what.to_owned()
        } else {
            format!("{what}. {}", words::text(Word::SoundBlocked))
        }
    };
    view! {
        <button
            use:fixed="type=button"
            class="alarm-mute"
            aria-label=bind::text(label)
            title=bind::text(label)
            data-muted=bind::truth(move || sound.is_muted())
            data-ready=bind::truth(move || sound.is_ready())
            on:click=move |_| sound.toggle()
        >
            <i aria-hidden="true"></i>
        </button>
    }
}
