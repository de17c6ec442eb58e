//! The walls to choose from.

use leptos::prelude::*;
use protocol::wall::WallDefinition;

/// A link to each wall.
#[component]
pub fn WallList(walls: Vec<WallDefinition>) -> impl IntoView {
    let none = walls.is_empty().then(|| view! { <p role="status">"No wall is set up yet."</p> });
    let links = walls.into_iter().map(|wall| {
        let id = String::from(js_sys::encode_uri_component(wall.id.as_str()));
        view! { <li><a href=format!("/wall/{id}")>{wall.title}</a></li> }
    });
    view! {
        <main class="notice">
            <h1>"Walls"</h1>
            {none}
            <ul class="notice-links">{links.collect_view()}</ul>
        </main>
    }
}
