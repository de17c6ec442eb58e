//! How far a rotation is: a bar for each page or wall, as tall as a hair.

use leptos::prelude::*;
use web_sys::Element;

use super::{
    bind,
    memo::Memo,
    part::{fixed, style},
};
use crate::{
    format::hundredths,
    options::Options,
    rotation::{Rotation, Turn},
    words::{self, Word},
};

/// The bars; nothing when nothing rotates.
#[component]
pub fn RotationProgress() -> impl IntoView {
    let rotation = bind::context::<Rotation>();
    let is_kiosk = bind::context::<Options>().kiosk;
    let of = Memo::new(move || rotation.shown().map_or(0, |turn| turn.of));
    let at = Memo::new(move || rotation.shown().map_or(0, |turn| turn.at));
    let bars = move |of: usize| {
        let bar = move |index: usize| {
            let fill = move |bar: Element, ()| {
                bind::effect(move || style(&bar, "transform", &scale_of(index, rotation.shown())));
            };
            view! { <i class="rotation-bar"><b use:fill=()></b></i> }
        };
        bind::all((0..of).map(bar))
    };
    bind::some_part(move || {
        let of = of.get();
        (of > 1).then(|| {
            view! {
                <p class="rotation" use:fixed="role=img" data-paused=bind::truth(move || rotation.is_paused())
                    aria-label=bind::text(move || {
                        words::filled(Word::PageOf, &[("page", &(at.get() + 1).to_string()), ("pages", &of.to_string())])
                    })>
                    {bars(of)}
                </p>
                {bind::when(!is_kiosk, || view! { <Pause/> })}
            }
        })
    })
}

/// Lets it stand still and go on, for those who want to read.
#[component]
fn Pause() -> impl IntoView {
    let rotation = bind::context::<Rotation>();
    let says = move || Some(words::text(if rotation.is_paused() { Word::Resume } else { Word::Pause }));
    view! {
        <button
            use:fixed="type=button"
            class="header-tool"
            data-tool=bind::maybe(move || Some(if rotation.is_paused() { "resume" } else { "pause" }))
            aria-label=bind::maybe(says)
            title=bind::maybe(says)
            on:click=move |_| rotation.pause(!rotation.is_paused_now())
        ></button>
    }
}

/// What is over is full, what comes is empty.
fn scale_of(index: usize, turn: Option<Turn>) -> String {
    let percent = match turn {
        Some(turn) if index < turn.at => 100,
        Some(turn) if index == turn.at => turn.done_percent,
        Some(_) | None => 0,
    };
    format!("scaleX({})", hundredths(percent.into()))
}
