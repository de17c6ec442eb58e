//! All queues in a table: the alternative to tiles for those who compare, or cannot see pictures.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::wall::WallDefinition;

use super::{
    list,
    part::{text_in, yes_no},
    queue_tile::{duration, level_in_words, number, percent},
    ticker::Ticker,
};
use crate::{
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
        Memo::new(move |_| shown.with(|wall| signals.queues.with(|all| list::queues(all, &wall.queues))));
    let rows = Memo::new(move |_| {
        let mut rows = listed.get();
        // The order within a level stays.
        rows.0.sort_by_key(|place| std::cmp::Reverse(place.face.with(|face| face.level)));
        rows
    });
    let heads = COLUMNS.map(|word| view! { <th scope="col">{words::text(word)}</th> });
    view! {
        <div class="table-room" tabindex="0" role="group" aria-label=words::text(Word::Queues)>
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{words::text(Word::Queue)}</th>
                        {heads.into_iter().collect::<Vec<_>>()}
                    </tr>
                </thead>
                <tbody>
                    <For each=move || rows.get().0 key=|place| place.id.to_string() let:place>
                        <Row place/>
                    </For>
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
        view! { <td>{move || face.with(read)}</td> }
    };
    let (level, stale, name, flag) =
        (place.face.clone(), place.face.clone(), place.face.clone(), place.face.clone());
    let longest = place.face.clone();
    let keep_longest = move |cell: web_sys::Element, ()| {
        let running = expect_context::<Ticker>().add(text_in(&cell), "0:00", None);
        let longest = longest.clone();
        Effect::new(move || running.set_since(longest.with(|face| face.longest_since)));
    };
    view! {
        <tr
            data-queue-id=id
            data-level=move || level.with(|face| face.level.map(protocol::event::rollcall::Level::as_str))
            data-stale=move || yes_no(stale.with(|face| face.stale))
        >
            <th scope="row">
                <span dir="auto" data-field="name">{move || name.with(|face| face.name.to_string())}</span>
                <span class="tile-flag">{move || flag.with(|face| face.level.map(level_in_words))}</span>
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
