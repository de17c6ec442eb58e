//! Which wall is shown, and what runs for it.

use std::{rc::Rc, time::Duration};

use js_sys::JsString;
use leptos::prelude::*;
use protocol::{
    WallId,
    wall::{WallDefinition, WallList},
};
use web_sys::UrlSearchParams;

use crate::{
    alarm,
    clock::BrowserClock,
    embed, format, kiosk,
    link::WallLink,
    net::{
        self,
        http::{self, Failure},
    },
    options::{self, Options},
    paint,
    panel::Panel,
    playlist::{Shown, Stage},
    rotation::Rotation,
    start::Start,
    store::{Signals, Store},
    view::{bind, highlight::Highlights, notice::Notice, ticker::Ticker, wall::Wall},
    words::{self, Word},
};

/// Everything that runs by the clock runs on this one: times in state, age, timeouts. Four times a second, so that
/// seconds change evenly and a tile is stale within one.
pub const TICK: Duration = Duration::from_millis(250);

/// Running durations are written this often, those whose second changed: some a time, so that no frame has to take a
/// quarter of a thousand.
const CLOCK_TICK: Duration = Duration::from_millis(50);

/// How soon the list of walls is asked for again.
const LIST_RETRY: Duration = Duration::from_secs(2);

/// Puts the app on the page; it takes the place of the words that were shown while it loaded when it has its own.
pub fn mount() {
    mount_to_body(App);
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq)]
enum Page {
    /// It is not known yet which wall.
    Looking(Looking),
    /// There is more than one.
    Choose(Vec<WallDefinition>, bool),
    /// A wall.
    Wall(WallId),
}

/// What there is to say while walls are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Looking {
    /// Nothing yet.
    Begun,
    /// There is no answer.
    Unanswered,
    /// The proxy's no, in its words.
    Refused(String),
}

#[component]
fn App() -> impl IntoView {
    words::start();
    provide_context(address());
    let path = window().location().pathname().unwrap_or_default();
    let named = embed::begin().or_else(|| {
        let id = js_sys::decode_uri_component(options::wall_in(&path)?).ok()?;
        Some(WallId::new(&String::from(id)))
    });
    let page = RwSignal::new(named.map_or(Page::Looking(Looking::Begun), Page::Wall));
    if page.with_untracked(|page| matches!(page, Page::Looking(_))) {
        look_for_walls(page, options::is_list(&path));
    }
    bind::part(move || match page.get() {
        Page::Looking(why) => words::with_words(move || {
            let words = match &why {
                Looking::Begun => words::text(Word::LookingForWalls).to_owned(),
                Looking::Unanswered => words::text(Word::ServerSilent).to_owned(),
                Looking::Refused(words) => words.clone(),
            };
            view! { <Notice title="Rollcall" words/> }
        }),
        Page::Choose(walls, console) => view! { <Start walls console/> }.into_any(),
        Page::Wall(wall) => view! { <WallPage wall/> }.into_any(),
    })
}

/// What the page's address asks for.
fn address() -> Options {
    let query = window().location().search().unwrap_or_default();
    let parameters = UrlSearchParams::new_with_str(&query).ok();
    Options::read(&|name| parameters.as_ref()?.get(name))
}

/// The only wall or the default one is shown at once, unless the address is that of all; of several a person chooses.
fn look_for_walls(page: RwSignal<Page>, all: bool) {
    net::spawn(async move {
        let WallList { walls, default, console } = match http::walls().await {
            Ok(list) => list,
            Err(failure) => {
                page.set(Page::Looking(match failure {
                    Failure::Refused { words, .. } if !words.is_empty() => Looking::Refused(words),
                    Failure::Refused { .. } | Failure::Unreachable => Looking::Unanswered,
                }));
                set_timeout(move || look_for_walls(page, all), LIST_RETRY);
                return;
            }
        };
        let only = || walls.first().filter(|_| walls.len() == 1).map(|wall| wall.id.clone());
        page.set(match default.or_else(only).filter(|_| !all) {
            Some(wall) => Page::Wall(wall),
            None => Page::Choose(walls, console),
        });
    });
}

#[component]
fn WallPage(wall: WallId) -> impl IntoView {
    let performance = window().performance().expect("every browser of the stated floor has it");
    let clock = Rc::new(BrowserClock::new(performance));
    let rotation = Rotation::new();
    let stage = Stage::start(&wall, clock.clone(), open, rotation);
    let ticker = Ticker::new(clock.now().at);
    let highlights = Highlights::new();
    provide_context(rotation);
    provide_context(ticker);
    provide_context(highlights);

    let panel = Panel::start(stage.clone(), clock.clone());
    let tick = {
        let stage = stage.clone();
        move || {
            stage.tick();
            highlights.tick();
            if let Some(panel) = &panel {
                panel.tick();
            }
        }
    };
    paint::every(CLOCK_TICK, move || ticker.tick(clock.now().at));
    // None of these is ever taken back: a page shows its wall for as long as it lives.
    for wake in ["visibilitychange", "pageshow", "online"] {
        let tick = tick.clone();
        window_event_listener_untyped(wake, move |_| tick());
    }
    set_interval(tick, TICK);
    alarm::listen();
    kiosk::listen_to_keys(stage.clone(), rotation);
    if bind::context::<Options>().kiosk {
        kiosk::begin(stage.clone());
    }
    let definition = stage.own_wall();
    bind::effect(move || {
        definition.with(|wall| words::wall_says(wall.as_ref().and_then(|wall| wall.language.as_deref())));
    });
    let (changes, relabelled) = (words::changes(), stage.clone());
    bind::effect(move || {
        changes.track();
        relabelled.each_link(WallLink::relabel);
    });
    let (shown, taken_over) = (stage.shown(), stage.taken_over());
    view! {
        <div class="stage" data-taken-over=bind::truth(move || taken_over.get())>
            {bind::part(move || {
                let Shown { id, signals, live } = shown.get();
                // Until another wall takes its place.
                alarm::keep(id.clone(), &signals, live.clone());
                words::with_words(move || {
                    let (signals, live) = (signals.clone(), live.clone());
                    view! { <Wall id=id.as_str().to_owned() signals live/> }
                })
                .into_any()
            })}
        </div>
    }
}

/// A wall with a store of its own.
pub fn open(wall: &WallId, clock: &Rc<BrowserClock>) -> (Rc<WallLink>, Signals) {
    let store = Store::new(sort_key);
    let signals = store.signals();
    (WallLink::new(wall.clone(), clock.clone(), store, seed()), signals)
}

/// A number that differs from page to page, so that forty walls do not come back in step.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    let filled = window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    match filled {
        Ok(_) => u64::from_le_bytes(bytes),
        Err(_) => js_sys::Math::random().to_bits(),
    }
}

/// Names are sorted by their letters, whatever stands above or below them.
fn sort_key(name: &str) -> String {
    format::sort_key(&String::from(JsString::from(name).to_lower_case().normalize("NFD")))
}
