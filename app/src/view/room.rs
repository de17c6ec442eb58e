//! How much room an element has, in rem: what fits is decided from it.

use js_sys::Array;
use leptos::prelude::{GetUntracked as _, RwSignal, Set as _, StoredValue, WithValue as _, on_cleanup};
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Element, ResizeObserver};

use crate::view::part::root_size;

/// Width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Room {
    /// In rem.
    pub width: f64,
    /// In rem.
    pub height: f64,
}

impl Room {
    fn of(element: &Element) -> Self {
        let rem = root_size();
        Self {
            width: f64::from(element.client_width()) / rem,
            height: f64::from(element.client_height()) / rem,
        }
    }
}

/// Tells an element's room whenever it changes, until the current owner is cleaned up.
#[expect(clippy::needless_pass_by_value, reason = "a directive owns its element")]
pub fn observe(element: Element, room: RwSignal<Room>) {
    let seen = {
        let element = element.clone();
        Closure::<dyn FnMut(Array)>::new(move |_: Array| {
            let now = Room::of(&element);
            if room.try_get_untracked().is_some_and(|before| before != now) {
                room.set(now);
            }
        })
    };
    // Without an observer the room at the beginning counts.
    room.set(Room::of(&element));
    let Ok(observer) = ResizeObserver::new(seen.as_ref().unchecked_ref()) else { return };
    observer.observe(&element);
    let kept = StoredValue::new_local((observer, seen));
    on_cleanup(move || {
        kept.try_with_value(|(observer, _)| observer.disconnect());
    });
}
