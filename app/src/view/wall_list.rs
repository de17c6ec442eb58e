//! The walls to choose from.

use leptos::prelude::*;
use protocol::wall::WallDefinition;

use crate::words::{self, Word};

/// A link to each wall.
#[component]
pub fn WallList(walls: Vec<WallDefinition>) -> impl IntoView {
    let none = walls.is_empty().then(|| view! { <p role="status">{words::text(Word::NoWalls)}</p> });
    let links = walls.into_iter().map(|wall| {
        let id = String::from(js_sys::encode_uri_component(wall.id.as_str()));
        view! { <li><a href=format!("/wall/{id}")>{wall.title}</a></li> }
    });
    view! {
        <main class="notice">
            <h1>{words::text(Word::Walls)}</h1>
            {none}
            <ul class="notice-links">{links.collect_view()}</ul>
        </main>
    }
}
