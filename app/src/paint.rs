//! Work that asks the browser where things are and how large. After a paint it knows; at any other time it would have to lay
//! out the page for the answer, which at 1,000 agents takes a third of a frame.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use leptos::{
    leptos_dom::helpers::set_interval_with_handle,
    prelude::{document, on_cleanup, request_animation_frame, set_timeout},
};

/// Does something after the next paint; soon, where nothing is painted.
pub fn after(work: impl FnOnce() + 'static) {
    if document().hidden() {
        set_timeout(work, Duration::ZERO);
    } else {
        // The frame is painted after its callbacks, so the next task comes after the paint.
        request_animation_frame(move || set_timeout(work, Duration::ZERO));
    }
}

/// Does something again and again, after a paint each time, until the current owner is cleaned up.
pub fn every(interval: Duration, work: impl Fn() + 'static) {
    let (waits, gone) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (work, is_gone) = (Rc::new(work), gone.clone());
    let turn = move || {
        // A page that is not painted for a while has nothing to make up for.
        if waits.swap(true, Relaxed) {
            return;
        }
        let (work, waits, is_gone) = (work.clone(), waits.clone(), is_gone.clone());
        after(move || {
            waits.store(false, Relaxed);
            if !is_gone.load(Relaxed) {
                work();
            }
        });
    };
    if let Ok(handle) = set_interval_with_handle(turn, interval) {
        on_cleanup(move || {
            handle.clear();
            gone.store(true, Relaxed);
        });
    }
}
