//! Tiles that show no figure: what is wrong, the time, words, pictures, pages of others.

use leptos::prelude::*;
use protocol::wall::Tile;
use web_sys::Element;

use super::super::part::fixed;
use super::super::{alarm_list::AlarmList, alarm_ticker::MuteButton, part::text_in, ticker::Ticker};
use crate::view::bind;
use crate::{options::Options, store::Signals};

/// What is wrong.
pub fn alarms(signals: Signals) -> AnyView {
    if bind::context::<Options>().picture {
        return ().into_any();
    }
    view! { <AlarmList signals/> <MuteButton/> }.into_any()
}

/// The time of day, here or in a time zone.
pub fn clock(zone: Option<String>) -> AnyView {
    let place = zone.as_deref().and_then(|zone| zone.rsplit('/').next()).map(|city| city.replace('_', " "));
    let ticker = bind::context::<Ticker>();
    let keep = move |element: Element, ()| ticker.add_clock(text_in(&element), zone.clone());
    view! {
        <time class="box-clock" use:keep=()></time>
        {bind::maybe_part(place.map(|place| view! { <p class="box-whose">{place}</p> }))}
    }
    .into_any()
}

/// Words.
pub fn text(words: Option<String>) -> AnyView {
    view! { <p class="box-text" use:fixed="dir=auto">{words.unwrap_or_default()}</p> }.into_any()
}

/// A picture.
pub fn image(tile: Tile) -> AnyView {
    view! { <img class="box-image" src=tile.url.unwrap_or_default() alt=tile.text.unwrap_or_default()/> }
        .into_any()
}

/// A page of another site. It may run its own scripts, and nothing else.
pub fn page(tile: Tile) -> AnyView {
    let title = tile.text.or(tile.title).unwrap_or_default();
    // With its own origin a page of ours could take the fence away.
    let is_own = tile.url.as_deref().is_some_and(|url| url.starts_with('/'));
    let may = if is_own { "allow-scripts" } else { "allow-scripts allow-same-origin" };
    view! {
        <iframe
            class="box-page"
            src=tile.url.unwrap_or_default()
            title=title
            sandbox=may
            use:fixed="referrerpolicy=no-referrer"
        ></iframe>
    }
    .into_any()
}
