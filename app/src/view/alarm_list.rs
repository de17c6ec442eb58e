//! Everything that is wrong, the worst first, and where somebody takes note of it.

use leptos::prelude::*;

use super::part::{fixed, follow};
use super::{
    alarm_row::{Row, longest_since, of, one, run_since},
    bind::{self, Item},
    memo::Memo,
};
use crate::{
    alarm::desk::Desk,
    store::Signals,
    words::{self, Word},
};

/// The list.
#[component]
pub fn AlarmList(signals: Signals) -> impl IntoView {
    let rows = rows(signals.clone());
    let ids = Memo::new(move || rows.with(|rows| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>()));
    let desk = bind::context::<Desk>();
    let refused = bind::some_part(move || {
        desk.refused().map(|why| {
            let why = why.unwrap_or_else(|| words::text(Word::ServerSilent).to_owned());
            let words = words::filled(Word::AcknowledgeFailed, &[("reason", &why)]);
            view! { <p class="alarm-refused" use:fixed="role=alert">{words}</p> }
        })
    });
    let none = bind::some_part(move || {
        ids.with(Vec::is_empty).then(|| view! { <p class="alarm-none">{words::text(Word::NoAlarms)}</p> })
    });
    let list = bind::items(move || {
        let item = |id: String| {
            let signals = signals.clone();
            Item::new(id.clone(), move || view! { <AlarmRow rows id signals/> })
        };
        ids.get().into_iter().map(item).collect()
    });
    view! {
        <div class="alarms" use:fixed="tabindex=0 role=group" aria-label=words::text(Word::Alarms)>
            {refused}
            {none}
            <ul class="alarm-list" aria-label=words::text(Word::Alarms)>
                {list}
            </ul>
        </div>
    }
}

/// The rows of all alarms, as the wall names them.
#[must_use]
pub fn rows(signals: Signals) -> Memo<Vec<Row>> {
    Memo::new(move || {
        signals.alarms.with(|alarms| alarms.iter().map(|alarm| Row::of(alarm, &signals)).collect())
    })
}

#[component]
fn AlarmRow(rows: Memo<Vec<Row>>, id: String, signals: Signals) -> impl IntoView {
    let (row, named) = (one(rows, id.clone()), id.clone());
    let runs = longest_since(&signals, row.with_untracked(|row| row.as_ref()?.runs.clone()));
    let since = Signal::derive(move || row.with(|row| row.as_ref().map(|row| row.since)));
    let limit = of(row, |row| {
        row.limit.as_ref().map(|limit| words::filled(Word::Limit, &[("value", limit)])).unwrap_or_default()
    });
    view! {
        <li
            class="alarm"
            data-alarm-id=named
            data-level=of(row, |row| row.level.as_str().to_owned())
            data-acknowledged=of(row, |row| row.acknowledged.is_some().to_string())
        >
            <i class="alarm-glyph" aria-hidden="true"></i>
            <span class="alarm-level">{of(row, |row| row.level_word().to_owned())}</span>
            <b class="alarm-subject" use:fixed="dir=auto">{of(row, |row| row.subject.clone())}</b>
            <span class="alarm-what">
                {of(row, |row| row.what.clone())} " "
                <b class="alarm-value">{of(row, Row::figure)}<span use:run_since=runs></span></b>
            </span>
            <span class="alarm-limit">{limit}</span>
            <span class="alarm-since" use:run_since=since></span>
            <Note row id/>
        </li>
    }
}

/// Who took note, or the button to do so.
#[component]
fn Note(row: Memo<Option<Row>>, id: String) -> impl IntoView {
    let desk = bind::context::<Desk>();
    let at = Memo::new(move || row.with(|row| row.as_ref().and_then(|row| row.acknowledged)));
    let name = Memo::new(move || row.with(|row| row.as_ref().map(|row| row.subject.clone())));
    bind::part(move || {
        if let Some(at) = at.get() {
            let time = words::clock_time(at, false, None);
            let when = words::filled(Word::AcknowledgedAt, &[("time", &time)]);
            return view! { <span class="alarm-note" title=when>"✓ " {words::text(Word::Acknowledged)}</span> }.into_any();
        }
        if !desk.is_open() {
            return view! { <span class="alarm-note"></span> }.into_any();
        }
        let (asked, waits, own) = (desk.clone(), desk.clone(), id.clone());
        let pending = id.clone();
        let label = words::filled(Word::AcknowledgeOf, &[("subject", &name.get().unwrap_or_default())]);
        view! {
            <button
                use:fixed="type=button"
                class="alarm-button"
                aria-label=label
                use:follow=("aria-disabled", bind::truth(move || waits.is_pending(&pending)))
                on:click=move |_| asked.acknowledge(own.clone())
            >
                {words::text(Word::Acknowledge)}
            </button>
        }
        .into_any()
    })
}
