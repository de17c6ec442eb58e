//! A screen that nobody touches: `?kiosk`.
//!
//! The cursor is hidden, the screen stays awake, nothing scrolls, the picture wanders a little so that it does not burn
//! in, and it is dimmed at night. Keys turn what rotates, here and on every other page.

mod night;
mod shift;
mod wake;

use std::{cell::Cell, rc::Rc, time::Duration};

use js_sys::Date;
use leptos::{
    ev,
    prelude::{document, set_interval, window_event_listener, window_event_listener_untyped},
};
use protocol::wall::Night;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use crate::{format::hundredths, playlist::Stage, rotation::Rotation};

/// A mouse that was not moved for so long is not in use.
const IDLE_MS: f64 = 3_000.0;

/// Minutes are what shift and night change by; the cursor is hidden a little later than it could be.
const LOOK: Duration = Duration::from_secs(1);

/// Begins what a kiosk needs.
pub fn begin(stage: Rc<Stage>) {
    let Some(root) = document().document_element() else { return };
    // The names of attributes here are valid.
    let _ = root.set_attribute("data-kiosk", "true");
    wake::keep_awake();

    let moved_at = Rc::new(Cell::new(Date::now()));
    let (moved, seen) = (moved_at.clone(), root.clone());
    for pointer in ["pointermove", "pointerdown"] {
        let (moved, seen) = (moved.clone(), seen.clone());
        window_event_listener_untyped(pointer, move |_| {
            moved.set(Date::now());
            let _ = seen.remove_attribute("data-idle");
        });
    }
    let cover = cover();
    let look = move || {
        let now = Date::now();
        if now - moved_at.get() >= IDLE_MS {
            let _ = root.set_attribute("data-idle", "true");
        }
        wander(now);
        dim_to(cover.as_ref(), dimmed_by(stage.night().as_ref()));
    };
    look();
    set_interval(look, LOOK);
}

/// Space lets what rotates stand still or go on, arrows turn it.
pub fn listen_to_keys(stage: Rc<Stage>, rotation: Rotation) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let modified = event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key();
        if modified || event.default_prevented() || rotation.shown_now().is_none() || is_used(&event) {
            return;
        }
        match event.key().as_str() {
            " " => rotation.pause(!rotation.is_paused_now()),
            "ArrowRight" => stage.turn(if is_right_to_left() { -1 } else { 1 }),
            "ArrowLeft" => stage.turn(if is_right_to_left() { 1 } else { -1 }),
            _ => return,
        }
        event.prevent_default();
    });
    // It serves the page for as long as it lives.
    std::mem::forget(listener);
}

/// Whether what has the focus has a use of its own for the key.
fn is_used(event: &web_sys::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| {
        target
            .closest("a, button, input, select, textarea, summary, [contenteditable], [tabindex]")
            .is_ok_and(|it| it.is_some())
    })
}

fn is_right_to_left() -> bool {
    document().document_element().is_some_and(|root| root.get_attribute("dir").as_deref() == Some("rtl"))
}

/// What lies over the picture at night.
fn cover() -> Option<HtmlElement> {
    let cover = document().create_element("div").ok()?.dyn_into::<HtmlElement>().ok()?;
    cover.set_class_name("night");
    let _ = cover.set_attribute("aria-hidden", "true");
    document().body()?.append_child(&cover).ok()?;
    Some(cover)
}

fn dimmed_by(night: Option<&Night>) -> u32 {
    let now = Date::new_0();
    night.map_or(0, |night| night::dim_at(night, now.get_hours() * 60 + now.get_minutes()))
}

fn dim_to(cover: Option<&HtmlElement>, percent: u32) {
    if let Some(cover) = cover {
        let _ = cover.set_attribute("data-dim", &percent.to_string());
        // The name of the property is valid.
        let _ = cover.style().set_property("opacity", &hundredths(percent));
    }
}

fn wander(now_ms: f64) {
    if let Some(body) = document().body() {
        let (x, y) = shift::at_minute((now_ms / 60_000.0) as i64);
        let _ = body.style().set_property("transform", &format!("translate({x}px, {y}px)"));
    }
}
