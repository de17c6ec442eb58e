//! Words for scripts outside: a performance mark and events on the window. Part of the fixed surface.

use leptos::prelude::window;
use protocol::{Timestamp, WallId, event::rollcall::Alarm};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use web_sys::{CustomEvent, CustomEventInit};

use crate::{embed, paint};

/// Set once, when the first picture is painted and the socket is open.
const FIRST_LIVE: &str = "rollcall:first-live";

/// Detail of `rollcall:ready`.
#[derive(Serialize)]
struct Ready {
    wall: WallId,
    agents: usize,
    queues: usize,
}

/// Detail of `rollcall:stale`.
#[derive(Serialize)]
struct Stale {
    stale: bool,
    since: Option<Timestamp>,
}

/// Detail of `rollcall:threshold`.
#[derive(Serialize)]
struct Threshold<'a> {
    change: &'static str,
    #[serde(flatten)]
    alarm: &'a Alarm,
}

/// Marks the first live picture and tells `rollcall:ready`, once it is painted.
pub fn ready(wall: WallId, agents: usize, queues: usize) {
    let tell = move || {
        if let Some(performance) = window().performance() {
            // Fails only for names that the browser itself uses.
            let _ = performance.mark(FIRST_LIVE);
        }
        dispatch("rollcall:ready", &Ready { wall, agents, queues });
    };
    paint::after(tell);
}

/// Tells `rollcall:stale` when the wall goes stale, and when it no longer is.
pub fn stale(since: Option<Timestamp>) {
    dispatch("rollcall:stale", &Stale { stale: since.is_some(), since });
}

/// Tells `rollcall:threshold` when an alarm begins, changes its level or ends.
pub fn threshold(change: &'static str, alarm: &Alarm) {
    dispatch("rollcall:threshold", &Threshold { change, alarm });
}

fn dispatch(name: &str, detail: &impl Serialize) {
    let Ok(detail) = detail.serialize(&Serializer::json_compatible()) else { return };
    embed::tell(name, &detail);
    let init = CustomEventInit::new();
    init.set_detail(&detail);
    if let Ok(event) = CustomEvent::new_with_event_init_dict(name, &init) {
        // False when a listener cancels it, which means nothing here.
        let _ = window().dispatch_event(&event);
    }
}
