//! The page on which a wall is chosen: several walls live at once, each in a picture.

use std::rc::Rc;

use leptos::prelude::*;
use protocol::wall::{Kind, WallDefinition};

use crate::{
    app::{TICK, open},
    clock::BrowserClock,
    link::WallLink,
    view::{
        bind,
        highlight::Highlights,
        ticker::Ticker,
        wall_list::{Choice, WallList},
    },
    words,
};

/// Pictures at most: each is a wall with a channel of its own.
const PICTURES_MAX: usize = 9;

/// Narrower pages have no room for pictures; the style sheet hides them there.
const PICTURES_FROM_PX: f64 = 640.0;

/// The walls to choose from.
#[component]
pub fn Start(walls: Vec<WallDefinition>, console: bool) -> impl IntoView {
    let performance = window().performance().expect("every browser of the stated floor has it");
    let clock = Rc::new(BrowserClock::new(performance));
    let ticker = Ticker::new(clock.now().at);
    let highlights = Highlights::new();
    provide_context(ticker);
    provide_context(highlights);

    let is_wide = window().inner_width().ok().and_then(|width| width.as_f64()) >= Some(PICTURES_FROM_PX);
    let mut links: Vec<Rc<WallLink>> = Vec::new();
    let choices: Vec<Choice> = walls
        .into_iter()
        .map(|wall| {
            // A playlist shows the walls beside it.
            let has_picture = is_wide && wall.kind != Kind::Playlist && links.len() < PICTURES_MAX;
            let live = has_picture.then(|| {
                let (link, signals) = open(&wall.id, &clock);
                let live = link.live();
                links.push(link);
                (signals, live)
            });
            Choice { wall, live }
        })
        .collect();
    for link in &links {
        link.start();
    }
    let ticked = links.clone();
    set_interval(
        move || {
            for link in &ticked {
                link.tick();
            }
            ticker.tick(clock.now().at);
            highlights.tick();
        },
        TICK,
    );
    let changes = words::changes();
    bind::effect(move || {
        changes.track();
        for link in &links {
            link.relabel();
        }
    });
    words::with_words(move || {
        let walls = choices.clone();
        view! { <WallList walls console/> }
    })
}
