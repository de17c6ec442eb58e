//! The head of a wall: its title, how many agents, how far the pages are, how live, what time.

use leptos::prelude::*;
use protocol::wall::WallDefinition;
use web_sys::Element;

use super::memo::Memo;
use super::part::{fixed, follow};
use super::{bind, live_badge::LiveBadge, part, rotation::RotationProgress, ticker::Ticker, toolbar::Finder};
use crate::{
    link::Liveness,
    options::Options,
    store::Signals,
    words::{self, Counted, Word},
};

/// The header.
#[component]
pub fn Header(signals: Signals, shown: Memo<WallDefinition>, live: ArcRwSignal<Liveness>) -> impl IntoView {
    let Signals { wall, agents, states, .. } = signals;
    let known = wall.clone();
    let counted = bind::text(move || {
        if known.with(Option::is_none) {
            return String::new();
        }
        let on_cards = agents.with(Vec::len);
        let counted = states.with(|states| states.iter().map(|state| state.agents as usize).sum());
        words::counted(Counted::Agents, if on_cards > 0 { on_cards } else { counted })
    });
    let title = bind::text(move || {
        if wall.with(Option::is_some) { shown.with(|wall| wall.title.clone()) } else { "Rollcall".to_owned() }
    });
    let ticker = bind::context::<Ticker>();
    let is_kiosk = bind::context::<Options>().kiosk;
    view! {
        <header class="header">
            <h1><span data-field="title" use:fixed="dir=auto">{title}</span></h1>
            <p class="header-count" data-field="agents">{counted}</p>
            <RotationProgress/>
            {bind::when(!is_kiosk, || view! { <Find/> })}
            <LiveBadge live/>
            <time class="header-clock" use:keep_time=ticker></time>
        </header>
    }
}

/// Opens the tools.
#[component]
fn Find() -> impl IntoView {
    let finder = bind::context::<Finder>();
    let toggle = move |_| {
        if finder.open.get_untracked() {
            finder.clear();
        } else {
            finder.open.set(true);
        }
    };
    view! {
        <button
            use:fixed="type=button"
            class="header-tool"
            data-tool="find"
            aria-label=words::text(Word::Filter)
            title=format!("{} (/)", words::text(Word::Filter))
            use:follow=("aria-expanded", bind::truth(move || finder.open.get()))
            on:click=toggle
        ></button>
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a directive owns its element")]
fn keep_time(clock: Element, ticker: Ticker) {
    ticker.add_clock(part::text_in(&clock), None);
}
