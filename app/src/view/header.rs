//! The head of a wall: its title, how many agents, how live, what time.

use leptos::prelude::*;
use web_sys::Element;

use super::{live_badge::LiveBadge, part, rotation::RotationProgress, ticker::Ticker};
use crate::{
    link::Liveness,
    store::Signals,
    words::{self, Counted},
};

/// The header.
#[component]
pub fn Header(signals: Signals, live: ArcRwSignal<Liveness>) -> impl IntoView {
    let Signals { wall, agents, .. } = signals;
    let counted = {
        let wall = wall.clone();
        move || {
            let counted = || agents.with(|agents| words::counted(Counted::Agents, agents.len()));
            wall.with(Option::is_some).then(counted)
        }
    };
    let title = move || {
        wall.with(|wall| wall.as_ref().map_or_else(|| "Rollcall".to_owned(), |wall| wall.title.clone()))
    };
    let ticker = expect_context::<Ticker>();
    view! {
        <header class="header">
            <h1><span data-field="title">{title}</span></h1>
            <p class="header-count" data-field="agents">{counted}</p>
            <RotationProgress/>
            <LiveBadge live/>
            <time class="header-clock" use:keep_time=ticker></time>
        </header>
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a directive owns its element")]
fn keep_time(clock: Element, ticker: Ticker) {
    ticker.set_clock(part::text_in(&clock));
}
