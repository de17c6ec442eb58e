//! What stands around the pages of the console: its head, its navigation, the drawer and the notes.

use std::rc::Rc;

use board::AgentState;
use leptos::prelude::*;
use protocol::{Timestamp, UserId, WallId};

use super::{
    activity::Activity,
    audit::Audit,
    desk::Desk,
    drawer::Drawer,
    list::{Agents, Roster},
    notes::Notes,
    palette::{Palette, PaletteState},
    place::{self, Place},
    presences,
};
use crate::{
    app::{TICK, open},
    clock::BrowserClock,
    net, paint,
    view::{bind, live_badge::LiveBadge, part::fixed, ticker::Ticker},
    words::{self, Say, Word, say},
};

/// Running durations are written this often, those whose second changed.
const CLOCK_TICK: std::time::Duration = std::time::Duration::from_millis(50);

/// How soon the catalogue is asked for again.
const RETRY: std::time::Duration = std::time::Duration::from_secs(2);

/// Between two looks at everybody, for counts and order: ticks.
const LOOK_TICKS: u32 = 2;

/// What of the console its parts share.
#[derive(Clone, Copy)]
pub struct Here {
    /// Which page is shown.
    pub place: RwSignal<Place>,
    /// Whose drawer is open.
    pub open: RwSignal<Option<UserId>>,
    /// The state that the drawer is asked to begin with, by its definition.
    pub begin_with: RwSignal<Option<String>>,
}

#[component]
#[expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]
pub fn Shell(wall: WallId, walls: usize) -> impl IntoView {
    let performance = window().performance().expect("every browser of the stated floor has it");
    let clock = Rc::new(BrowserClock::new(performance));
    let (link, signals) = open(&wall, &clock);
    let ticker = Ticker::new(clock.now().at);
    let desk = Desk::new(link.clone(), clock.clone(), &signals);
    let here = Here { place: place::follow(), open: RwSignal::new(None), begin_with: RwSignal::new(None) };
    let roster = Roster::new(&signals);
    let palette = PaletteState::new();
    provide_context(ticker);
    provide_context(desk);
    provide_context(here);
    provide_context(roster);
    provide_context(palette);

    link.start();
    load_states(desk);
    let live = link.live();
    let (ticked, ticking) = (link.clone(), clock.clone());
    let tick = move || {
        ticked.tick();
        desk.tick();
        desk.beat.update(|beat| *beat = beat.wrapping_add(1));
        if desk.beat.get_untracked().is_multiple_of(LOOK_TICKS) {
            roster.look(ticking.now().at);
        }
    };
    // None of these is ever taken back: a page is the console for as long as it lives.
    for wake in ["visibilitychange", "pageshow", "online"] {
        let tick = tick.clone();
        window_event_listener_untyped(wake, move |_| tick());
    }
    set_interval(tick, TICK);
    paint::every(CLOCK_TICK, move || ticker.tick(clock.now().at));
    let changes = words::changes();
    bind::effect(move || {
        changes.track();
        link.relabel();
        roster.look(Timestamp::default());
    });
    palette.listen();

    words::with_said(move || {
        let live = live.clone();
        view! {
            <div class="console" data-drawer=bind::truth(move || here.open.with(Option::is_some))>
                <Head live/>
                <Navigation walls/>
                {bind::part(move || match here.place.get() {
                    Place::Agents => view! { <Agents/> }.into_any(),
                    Place::Activity => view! { <Activity/> }.into_any(),
                    Place::Audit => view! { <Audit/> }.into_any(),
                })}
                <Drawer/>
                <Notes/>
                <Palette/>
            </div>
        }
    })
}

/// The catalogue does not change while a page is open; without it nothing can be set.
fn load_states(desk: Desk) {
    net::spawn(async move {
        match presences::load().await {
            Ok(states) => desk.states.set(states),
            Err(_) => set_timeout(move || load_states(desk), RETRY),
        }
    });
}

/// The plain name of a state, for chips.
pub fn name_of(state: &AgentState) -> String {
    words::of_state(state).to_owned()
}

#[component]
fn Head(live: ArcRwSignal<crate::link::Liveness>) -> impl IntoView {
    let palette = bind::context::<PaletteState>();
    view! {
        <header class="console-head">
            <a class="console-brand" href="/walls">
                <i class="console-mark" aria-hidden="true"></i>
                "Rollcall"
            </a>
            <button class="console-find" use:fixed="type=button aria-haspopup=dialog" data-tool="palette" on:click=move |_| palette.open()>
                <span>{say(Say::FindAnything)}</span>
                <kbd>"Ctrl K"</kbd>
            </button>
            <LiveBadge live/>
        </header>
    }
}

#[component]
fn Navigation(walls: usize) -> impl IntoView {
    let here = bind::context::<Here>();
    let roster = bind::context::<Roster>();
    let entries = Place::ALL.map(|place| {
        let current = bind::maybe(move || (here.place.get() == place).then_some("page"));
        let count = bind::text(move || match place {
            Place::Agents => words::number(roster.len() as f64),
            Place::Activity | Place::Audit => String::new(),
        });
        view! {
            <li>
                <a
                    href=place.path()
                    aria-current=current
                    data-place=place.path()
                    on:click=move |event| {
                        // A click that opens another tab is the browser's.
                        if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
                            event.prevent_default();
                            place::go(here.place, place);
                        }
                    }
                >
                    <i class="nav-icon" aria-hidden="true" data-icon=icon(place)></i>
                    <span>{title(place)}</span>
                    <b>{count}</b>
                </a>
            </li>
        }
    });
    let shown = if walls > 1 { words::number(walls as f64) } else { String::new() };
    view! {
        <nav class="console-nav" aria-label=say(Say::Pages)>
            <ul>
                {entries.into_iter().collect::<Vec<_>>()}
                <li>
                    <a href="/walls">
                        <i class="nav-icon" aria-hidden="true" data-icon="walls"></i>
                        <span>{words::text(Word::Walls)}</span>
                        <b>{shown}</b>
                    </a>
                </li>
            </ul>
        </nav>
    }
}

/// The name of a page.
#[must_use]
pub fn title(place: Place) -> &'static str {
    match place {
        Place::Agents => words::text(Word::Agents),
        Place::Activity => say(Say::Activity),
        Place::Audit => say(Say::Audit),
    }
}

fn icon(place: Place) -> &'static str {
    match place {
        Place::Agents => "agents",
        Place::Activity => "activity",
        Place::Audit => "audit",
    }
}
