//! The console: who is there, and what a supervisor does about it. A page of its own with a program of its own, on the same
//! link, board and words as a wall.
//!
//! | module | holds |
//! | --- | --- |
//! | [`ask`] | requests to the proxy, with their refusals |
//! | [`writes`] | what was asked of agents, and how it ended; pure |
//! | [`desk`] | does it, watches for what comes of it, says it |
//! | [`presences`], [`skill`] | what can be set |
//! | [`roster`], [`members`] | whom the list shows; who is in which queue |
//! | [`shell`], [`list`], [`rows`], [`drawer`], [`change`], [`skills`], [`notes`], [`palette`], [`activity`], [`audit`] | what is seen |
//! | [`parts`] | what several pages show alike |
//! | [`said`] | how a change ended, in words |
//! | [`theme`], [`place`] | how it looks, and which page of the console it is |

mod activity;
mod ask;
mod audit;
mod change;
mod desk;
mod drawer;
mod list;
mod members;
mod notes;
mod palette;
mod parts;
mod place;
mod presences;
mod roster;
mod rows;
mod said;
mod shell;
mod skill;
mod skills;
mod theme;
mod writes;

use std::time::Duration;

use leptos::prelude::*;
use protocol::{
    WallId,
    wall::{Kind, Names, WallDefinition, WallList},
};
use web_sys::UrlSearchParams;

use crate::{
    net::{
        self,
        http::{self, Failure},
    },
    view::{bind, notice::Notice},
    words::{self, Say, Word, fill_in, say},
};
use shell::Shell;

/// How soon the list of walls is asked for again.
const LIST_RETRY: Duration = Duration::from_secs(2);

/// Puts the console on the page; it takes the place of the words that were shown while it loaded when it has its own.
pub fn mount() {
    mount_to_body(Console);
}

/// Whom the console shows: the agents of a wall, which is what whoever is here may see.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    Looking(String),
    NoWall,
    /// The address names one that is not there.
    Unknown(String),
    Wall(WallId, usize),
}

#[component]
fn Console() -> impl IntoView {
    words::start();
    words::with_console();
    theme::begin();
    let found = RwSignal::new(Found::Looking(String::new()));
    look_for_wall(found);
    bind::part(move || match found.get() {
        Found::Looking(no) => words::with_said(move || {
            let words =
                if no.is_empty() { words::text(Word::LookingForWalls).to_owned() } else { no.clone() };
            view! { <Notice title="Rollcall" words/> }
        }),
        Found::NoWall => words::with_said(|| {
            let words = say(Say::NoWallForConsole).to_owned();
            view! { <Notice title="Rollcall" words/> }
        }),
        Found::Unknown(name) => words::with_said(move || {
            view! { <Notice title="Rollcall" words=fill_in(Say::UnknownWall, &[("name", &name)])/> }
        }),
        Found::Wall(wall, walls) => view! { <Shell wall walls/> }.into_any(),
    })
}

/// What the page's address says under a name.
fn option(name: &str) -> Option<String> {
    let query = window().location().search().unwrap_or_default();
    UrlSearchParams::new_with_str(&query).ok()?.get(name).filter(|value| !value.is_empty())
}

fn look_for_wall(found: RwSignal<Found>) {
    net::spawn(async move {
        match http::walls().await {
            Ok(list) => found.set(match (choose(&list, option("wall").as_deref()), option("wall")) {
                (Some(wall), _) => Found::Wall(wall, list.walls.len()),
                (None, Some(name)) => Found::Unknown(name),
                (None, None) => Found::NoWall,
            }),
            Err(failure) => {
                let words = match failure {
                    Failure::Refused { words, .. } if !words.is_empty() => words,
                    Failure::Refused { .. } | Failure::Unreachable => {
                        words::text(Word::ServerSilent).to_owned()
                    }
                };
                found.set(Found::Looking(words));
                set_timeout(move || look_for_wall(found), LIST_RETRY);
            }
        }
    });
}

/// The wall whose agents are shown: that of the address, else the one that shows most of them by their full names.
fn choose(list: &WallList, wish: Option<&str>) -> Option<WallId> {
    if let Some(wish) = wish {
        return list.walls.iter().find(|wall| wall.id.as_str() == wish).map(|wall| wall.id.clone());
    }
    let narrow = |wall: &WallDefinition| {
        let is_default = list.default.as_ref() == Some(&wall.id);
        (wall.names != Names::Full, !wall.teams.is_empty(), !wall.queues.is_empty(), !is_default)
    };
    let mut walls = list.walls.iter().filter(|wall| wall.kind != Kind::Playlist);
    let first = walls.next()?;
    Some(walls.fold(first, |best, wall| if narrow(wall) < narrow(best) { wall } else { best }).id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_wall_with_full_names_is_chosen() {
        let wall = |id: &str| WallDefinition { id: WallId::new(id), ..WallDefinition::default() };
        let narrow = WallDefinition { teams: vec!["North".to_owned()], ..wall("north") };
        let masked = WallDefinition { names: Names::Initials, ..wall("lobby") };
        let tour = WallDefinition { kind: Kind::Playlist, ..wall("tour") };
        let mut list = WallList {
            walls: vec![tour.clone(), narrow, masked, wall("floor"), wall("agents")],
            default: None,
            console: true,
        };
        let chosen = |list: &WallList, wish| choose(list, wish).map(|id| id.to_string());
        assert_eq!(chosen(&list, None).as_deref(), Some("floor"));
        assert_eq!(chosen(&list, Some("north")).as_deref(), Some("north"));
        assert_eq!(chosen(&list, Some("none")), None, "there is no such wall, and no other takes its place");
        list.default = Some(WallId::new("agents"));
        assert_eq!(chosen(&list, None).as_deref(), Some("agents"), "the default among equals");
        assert_eq!(chosen(&WallList { walls: vec![tour], ..list }, None), None);
    }
}
