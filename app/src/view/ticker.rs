//! Durations that grow by themselves: times in state and longest waits.
//!
//! One timer serves them all and writes only texts whose second changed. As states begin at any time, the seconds of a
//! thousand cards change spread over the ticks, not all at once; and those of cards out of view wait until they are seen:
//! one that is due is asked where it is, once a second. An observer of intersections, which asks each of a thousand cards before
//! each frame, costs a sixth of a core, and so does a browser that skips cards far away and tells of it.

use leptos::prelude::{
    LocalStorage, StoredValue, UpdateValue as _, WithValue as _, document, on_cleanup, window,
};
use protocol::Timestamp;
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Element, Text};

use super::js;
use crate::{format, words};

/// All running durations of the page.
#[derive(Clone, Copy)]
pub struct Ticker {
    inner: StoredValue<Inner, LocalStorage>,
}

/// One of them.
#[derive(Clone, Copy)]
pub struct Running {
    ticker: Ticker,
    key: usize,
}

struct Inner {
    now: Timestamp,
    faces: Vec<Option<Face>>,
    free: Vec<usize>,
    /// How often something was scrolled: cards are elsewhere since.
    scrolled: u32,
    clocks: Vec<Option<DayClock>>,
}

/// The time of day, somewhere.
struct DayClock {
    text: Text,
    zone: Option<String>,
    shown: String,
}

struct Face {
    text: Text,
    /// Without one the duration never rests.
    card: Option<Element>,
    since: Option<Timestamp>,
    when_none: &'static str,
    shown_s: Option<i64>,
    /// At which second, and after how many scrolls, the card was asked where it is.
    asked: Option<(Option<i64>, u32)>,
    on_second: Option<Box<dyn Fn(i64)>>,
}

impl Ticker {
    /// A ticker without durations.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let inner = Inner { now, faces: Vec::new(), free: Vec::new(), scrolled: 0, clocks: Vec::new() };
        let ticker = Self { inner: StoredValue::new_local(inner) };
        let scrolls = Closure::<dyn FnMut()>::new(move || {
            ticker.inner.try_update_value(|inner| inner.scrolled = inner.scrolled.wrapping_add(1));
        });
        let on_scroll = scrolls.as_ref().unchecked_ref();
        let _ = document().add_event_listener_with_callback_and_bool("scroll", on_scroll, true);
        // It serves the page for as long as it lives.
        scrolls.forget();
        ticker
    }

    /// Adds a duration, shown in `text` until the current owner is cleaned up. Without beginning it reads `when_none`.
    #[must_use]
    pub fn add(self, text: Text, when_none: &'static str, on_second: Option<Box<dyn Fn(i64)>>) -> Running {
        text.set_data(when_none);
        let face = Face { text, card: None, since: None, when_none, shown_s: None, asked: None, on_second };
        let mut key = 0;
        self.inner.update_value(|inner| {
            key = inner.free.pop().unwrap_or(inner.faces.len());
            if key == inner.faces.len() {
                inner.faces.push(Some(face));
            } else {
                inner.faces[key] = Some(face);
            }
        });
        on_cleanup(move || {
            self.inner.try_update_value(|inner| {
                inner.faces[key] = None;
                inner.free.push(key);
            });
        });
        Running { ticker: self, key }
    }

    /// Shows the time of day in `text` until the current owner is cleaned up: that of a time zone, else the viewer's.
    pub fn add_clock(self, text: Text, zone: Option<String>) {
        let mut key = 0;
        self.inner.update_value(|inner| {
            // Walls take turns for months: a place that was left is taken again.
            key = inner.clocks.iter().position(Option::is_none).unwrap_or(inner.clocks.len());
            let clock = Some(DayClock { text, zone, shown: String::new() });
            if key == inner.clocks.len() {
                inner.clocks.push(clock);
            } else {
                inner.clocks[key] = clock;
            }
            inner.show_clocks();
        });
        on_cleanup(move || {
            self.inner.try_update_value(|inner| inner.clocks[key] = None);
        });
    }

    /// What time it is for the proxy.
    #[must_use]
    pub fn now(self) -> Timestamp {
        self.inner.with_value(|inner| inner.now)
    }

    /// Time passed.
    pub fn tick(self, now: Timestamp) {
        self.inner.update_value(|inner| {
            let is_new_second = now.as_ms().div_euclid(1_000) != inner.now.as_ms().div_euclid(1_000);
            inner.now = now;
            if is_new_second {
                inner.show_clocks();
            }
            let height = window().inner_height().ok().and_then(|height| height.as_f64());
            let height = height.unwrap_or(f64::MAX);
            // All are asked before anything is written: afterwards the browser would lay out the page for each answer.
            let scrolled = inner.scrolled;
            let faces = inner.faces.iter_mut().flatten();
            let due = faces.filter_map(|face| face.is_due(now, height, scrolled).then_some(face));
            for face in due.collect::<Vec<_>>() {
                face.show(now);
            }
        });
    }
}

impl Inner {
    fn show_clocks(&mut self) {
        for clock in self.clocks.iter_mut().flatten() {
            let time = words::clock_time(self.now, false, clock.zone.as_deref());
            if time != clock.shown {
                clock.text.set_data(&time);
                clock.shown = time;
            }
        }
    }
}

impl Running {
    /// Says since when the duration runs.
    pub fn set_since(self, since: Option<Timestamp>) {
        self.ticker.inner.update_value(|inner| {
            let now = inner.now;
            if let Some(Some(face)) = inner.faces.get_mut(self.key) {
                face.since = since;
                face.show(now);
            }
        });
    }

    /// Lets the duration rest while `card` is out of view.
    pub fn rest_out_of_view(self, card: &Element) {
        self.ticker.inner.update_value(|inner| {
            if let Some(Some(face)) = inner.faces.get_mut(self.key) {
                face.card = Some(card.clone());
            }
        });
    }
}

impl Face {
    fn seconds(&self, now: Timestamp) -> Option<i64> {
        self.since.map(|since| now.ms_since(since).max(0) / 1_000)
    }

    /// Whether its second changed and it can be seen. Out of view it is asked once a second and after each scroll.
    fn is_due(&mut self, now: Timestamp, height: f64, scrolled: u32) -> bool {
        let seconds = self.seconds(now);
        if seconds == self.shown_s {
            return false;
        }
        self.asked.replace((seconds, scrolled)) != Some((seconds, scrolled)) && self.is_in_view(height)
    }

    /// Whether any of the card stands between the page's top and its foot.
    fn is_in_view(&self, height: f64) -> bool {
        self.card.as_ref().is_none_or(|card| {
            let place = card.get_bounding_client_rect();
            place.bottom() > 0.0 && place.top() < height
        })
    }

    fn show(&mut self, now: Timestamp) {
        let seconds = self.seconds(now);
        if seconds == self.shown_s {
            return;
        }
        self.shown_s = seconds;
        match seconds {
            Some(seconds) => js::write(&self.text, &format::duration(seconds)),
            None => self.text.set_data(self.when_none),
        }
        if let Some(on_second) = &self.on_second {
            on_second(seconds.unwrap_or(0));
        }
    }
}
