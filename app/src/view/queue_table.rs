//! All queues in a table: the alternative to tiles for those who compare, or cannot see pictures.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::wall::WallDefinition;

use super::{
    bind::{self, Item},
    list,
    memo::Memo,
    part::{fixed, text_in},
    queue_tile::{duration, level_in_words, number, percent},
    ticker::Ticker,
};
use crate::{
    order::sorted,
    store::{QueueFace, QueuePlace, Signals},
    words::{self, Word},
};

/// The columns after the queue's name.
const COLUMNS: [Word; 9] = [
    Word::MetricWaiting,
    Word::MetricLongestWait,
    Word::MetricServiceLevel,
    Word::MetricInteracting,
    Word::MetricOnQueue,
    Word::MetricIdle,
    Word::MetricAnswered,
    Word::MetricAbandoned,
    Word::MetricHandleTime,
];

/// The table; what is wrong comes first.
#[component]
pub fn QueueTable(signals: Signals, shown: Memo<WallDefinition>) -> impl IntoView {
    let listed =
        Memo::new(move || shown.with(|wall| signals.queues.with(|all| list::queues(all, &wall.queues))));
    let rows = Memo::new(move || {
        let level = |place: &Arc<QueuePlace>| place.face.with(|face| face.level);
        // The order within a level stays.
        listed.with(|rows| list::Listed(sorted(&rows.0, |a, b| level(b).cmp(&level(a)))))
    });
    let body = bind::items(move || {
        let item = |place: Arc<QueuePlace>| Item::new(place.id.to_string(), move || view! { <Row place/> });
        rows.get().0.into_iter().map(item).collect()
    });
    let heads = COLUMNS.map(|word| view! { <th use:fixed="scope=col">{words::text(word)}</th> });
    view! {
        <div class="table-room" use:fixed="tabindex=0 role=group" aria-label=words::text(Word::Queues)>
            <table class="table">
                <thead>
                    <tr>
                        <th use:fixed="scope=col">{words::text(Word::Queue)}</th>
                        {bind::all(heads)}
                    </tr>
                </thead>
                <tbody>
                    {body}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(place: Arc<QueuePlace>) -> impl IntoView {
    let id = place.id.to_string();
    let face = place.face.clone();
    let of = move |read: fn(&QueueFace) -> String| {
        let face = face.clone();
        view! { <td>{bind::text(move || face.with(read))}</td> }
    };
    let (level, stale, name, flag) =
        (place.face.clone(), place.face.clone(), place.face.clone(), place.face.clone());
    let longest = place.face.clone();
    let keep_longest = move |cell: web_sys::Element, ()| {
        let running = bind::context::<Ticker>().add(text_in(&cell), "0:00", None);
        let longest = longest.clone();
        bind::effect(move || running.set_since(longest.with(|face| face.longest_since)));
    };
    view! {
        <tr
            data-queue-id=id
            data-level=bind::maybe(move || level.with(|face| face.level.map(protocol::event::rollcall::Level::as_str)))
            data-stale=bind::truth(move || stale.with(|face| face.stale))
        >
            <th use:fixed="scope=row">
                <span use:fixed="dir=auto" data-field="name">{bind::text(move || name.with(|face| face.name.to_string()))}</span>
                <span class="tile-flag">{bind::text(move || flag.with(|face| face.level.map_or_else(String::new, |level| level_in_words(level).to_owned())))}</span>
            </th>
            {of(|face| words::number(f64::from(face.waiting)))}
            <td use:keep_longest=()></td>
            {of(|face| percent(face.figures.and_then(|sums| sums.service_level)))}
            {of(|face| words::number(f64::from(face.interacting)))}
            {of(|face| words::number(f64::from(face.staff.on_queue())))}
            {of(|face| words::number(f64::from(face.staff.idle)))}
            {of(|face| number(face.figures.and_then(|sums| sums.answered)))}
            {of(|face| number(face.figures.and_then(|sums| sums.abandoned)))}
            {of(|face| duration(face.figures.and_then(|sums| sums.handle_s)))}
        </tr>
    }
}
