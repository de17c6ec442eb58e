//! How far a rotation is: a bar for each page or wall, as tall as a hair.

use leptos::prelude::*;

use crate::{
    options::Options,
    rotation::{Rotation, Turn},
    words::{self, Word},
};

/// The bars; nothing when nothing rotates.
#[component]
pub fn RotationProgress() -> impl IntoView {
    let rotation = expect_context::<Rotation>();
    let is_kiosk = expect_context::<Options>().kiosk;
    let of = Memo::new(move |_| rotation.shown().map_or(0, |turn| turn.of));
    let at = Memo::new(move |_| rotation.shown().map_or(0, |turn| turn.at));
    let bars = move |of: usize| {
        let bar = move |index: usize| {
            let scale = move || scale_of(index, rotation.shown());
            view! { <i class="rotation-bar"><b style:transform=scale></b></i> }
        };
        (0..of).map(bar).collect_view()
    };
    move || {
        let of = of.get();
        (of > 1).then(|| {
            view! {
                <p class="rotation" role="img" data-paused=move || rotation.is_paused().to_string()
                    aria-label=move || {
                        words::filled(Word::PageOf, &[("page", &(at.get() + 1).to_string()), ("pages", &of.to_string())])
                    }>
                    {bars(of)}
                </p>
                {(!is_kiosk).then(|| view! { <Pause/> })}
            }
        })
    }
}

/// Lets it stand still and go on, for those who want to read.
#[component]
fn Pause() -> impl IntoView {
    let rotation = expect_context::<Rotation>();
    let says = move || words::text(if rotation.is_paused() { Word::Resume } else { Word::Pause });
    view! {
        <button
            type="button"
            class="header-tool"
            data-tool=move || if rotation.is_paused() { "resume" } else { "pause" }
            aria-label=says
            title=says
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
    format!("scaleX({})", f32::from(percent) / 100.0)
}
