//! A wall: its header, its queues, its agents.

use leptos::prelude::*;

use super::{agent_card::AgentCard, header::Header, part::yes_no, queue_tile::QueueTile};
use crate::{
    link::Liveness,
    store::Signals,
    words::{self, Word},
};

/// The wall.
#[component]
pub fn Wall(#[prop(into)] id: String, signals: Signals, live: ArcRwSignal<Liveness>) -> impl IntoView {
    let definition = signals.wall.clone();
    Effect::new(move || {
        if let Some(title) = definition.with(|wall| wall.as_ref().map(|wall| wall.title.clone())) {
            document().set_title(&format!("{title} · Rollcall"));
        }
    });
    let stale = {
        let live = live.clone();
        move || yes_no(live.with(|live| live.stale_since().is_some()))
    };
    let Signals { agents, queues, .. } = signals.clone();
    let (agents_size, queues_size) = (agents.clone(), queues.clone());
    view! {
        <main class="wall" data-wall-id=id data-stale=stale>
            <Header signals=signals.clone() live=live.clone()/>
            <Words signals live/>
            <ul class="queues" aria-label=words::text(Word::Queues) data-size=move || queues_size.with(|queues| size(queues.len(), 6, 12))>
                <For each=move || queues.get() key=|place| place.id.to_string() let:place>
                    <QueueTile place/>
                </For>
            </ul>
            <ul class="floor" aria-label=words::text(Word::Agents) data-size=move || agents_size.with(|agents| size(agents.len(), 64, 160))>
                <For each=move || agents.get() key=|place| place.id.to_string() let:place>
                    <AgentCard place/>
                </For>
            </ul>
        </main>
    }
}

/// What is said in the place of a picture.
#[component]
fn Words(signals: Signals, live: ArcRwSignal<Liveness>) -> impl IntoView {
    move || {
        let words = if signals.wall.with(Option::is_some) {
            let empty = signals.agents.with(Vec::is_empty) && signals.queues.with(Vec::is_empty);
            empty.then(|| words::text(Word::EmptyWall).to_owned())
        } else {
            Some(live.with(|live| match live {
                Liveness::Refused { words, .. } | Liveness::Connecting { words: Some(words) } => {
                    words.clone()
                }
                Liveness::Connecting { words: None }
                | Liveness::Live { .. }
                | Liveness::Stale { .. }
                | Liveness::Reconnecting { .. } => words::text(Word::FirstPicture).to_owned(),
            }))
        };
        words.map(|words| view! { <p class="wall-words">{words}</p> })
    }
}

/// How much room each has: more of them are shown smaller.
fn size(count: usize, roomy: usize, compact: usize) -> &'static str {
    if count <= roomy {
        "roomy"
    } else if count <= compact {
        "compact"
    } else {
        "dense"
    }
}
