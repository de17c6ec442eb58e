//! The walls to choose from, each as it is at this moment.

use leptos::{context::Provider, prelude::*};
use protocol::wall::{Kind, WallDefinition};

use super::part::fixed;
use super::{bind, wall::Wall};
use crate::{
    link::Liveness,
    options::Options,
    rotation::Rotation,
    store::Signals,
    words::{self, Word},
};

/// A wall that can be chosen, with what its picture reads; none where there is no room for pictures.
#[derive(Clone)]
pub struct Choice {
    /// The wall.
    pub wall: WallDefinition,
    /// What is live of it.
    pub live: Option<(Signals, ArcRwSignal<Liveness>)>,
}

/// A link to each wall, and to the console for whom it is.
#[component]
pub fn WallList(walls: Vec<Choice>, console: bool) -> impl IntoView {
    let none = bind::when(
        walls.is_empty(),
        || view! { <p use:fixed="role=status">{words::text(Word::NoWalls)}</p> },
    );
    let to_console = bind::when(
        console,
        || view! { <a class="start-console" use:fixed="href=/console">{words::text(Word::Console)}</a> },
    );
    let links = bind::all(walls.into_iter().map(|choice| view! { <Entry choice/> }));
    view! {
        <main class="start">
            <h1>{words::text(Word::Walls)}</h1>
            {to_console}
            {none}
            <ul class="start-walls">{links}</ul>
        </main>
    }
}

#[component]
fn Entry(choice: Choice) -> impl IntoView {
    let Choice { wall, live } = choice;
    let id = String::from(js_sys::encode_uri_component(wall.id.as_str()));
    let kind = words::text(match wall.kind {
        Kind::Floor => Word::KindFloor,
        Kind::Queues => Word::KindQueues,
        Kind::Agents => Word::KindAgents,
        Kind::Focus => Word::KindFocus,
        Kind::Leaderboard => Word::KindLeaderboard,
        Kind::Tiles => Word::KindTiles,
        Kind::Playlist => Word::KindPlaylist,
    });
    // The picture is for eyes alone: what it says stands behind the link.
    let picture = live.map(|(signals, live)| {
        let id = wall.id.to_string();
        let options = Options::of_picture();
        view! {
            <div class="picture" aria-hidden="true" inert>
                <div class="picture-wall">
                    <Provider value=options>
                        <Provider value=Rotation::new()>
                            <Wall id signals live/>
                        </Provider>
                    </Provider>
                </div>
            </div>
        }
    });
    let sign =
        picture.is_none().then(|| view! { <div class="picture picture-none" aria-hidden="true"></div> });
    view! {
        <li>
            <a class="start-wall" href=format!("/wall/{id}")>
                {bind::maybe_part(picture)}
                {bind::maybe_part(sign)}
                <b use:fixed="dir=auto">{wall.title}</b>
                <span>{kind}</span>
            </a>
        </li>
    }
}
