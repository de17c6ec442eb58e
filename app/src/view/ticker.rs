//! Durations that grow by themselves: times in state and longest waits.
//!
//! One timer serves them all and writes only texts whose second changed. As states begin at any time, the seconds of a
//! thousand cards change spread over the ticks, not all at once; and those of cards out of view wait until they are seen.

use js_sys::WeakMap;
use leptos::prelude::{LocalStorage, StoredValue, UpdateValue as _, WithValue as _, on_cleanup};
use protocol::Timestamp;
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, Text};

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
    /// Element to key, for the observer.
    keys: WeakMap,
    observer: Option<IntersectionObserver>,
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
    since: Option<Timestamp>,
    when_none: &'static str,
    shown_s: Option<i64>,
    in_view: bool,
    on_second: Option<Box<dyn Fn(i64)>>,
}

impl Ticker {
    /// A ticker without durations.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let inner = Inner {
            now,
            faces: Vec::new(),
            free: Vec::new(),
            keys: WeakMap::new(),
            observer: None,
            clocks: Vec::new(),
        };
        let ticker = Self { inner: StoredValue::new_local(inner) };
        let seen =
            Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| ticker.seen(&entries));
        // Without an observer all durations count as in view.
        let observer = IntersectionObserver::new(seen.as_ref().unchecked_ref()).ok();
        // It serves the page for as long as it lives.
        seen.forget();
        ticker.inner.update_value(|inner| inner.observer = observer);
        ticker
    }

    /// Adds a duration, shown in `text` until the current owner is cleaned up. Without beginning it reads `when_none`.
    #[must_use]
    pub fn add(self, text: Text, when_none: &'static str, on_second: Option<Box<dyn Fn(i64)>>) -> Running {
        text.set_data(when_none);
        let face = Face { text, since: None, when_none, shown_s: None, in_view: true, on_second };
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
            inner.now = now;
            inner.show_clocks();
            for face in inner.faces.iter_mut().flatten().filter(|face| face.in_view) {
                face.show(now);
            }
        });
    }

    fn seen(self, entries: &js_sys::Array) {
        self.inner.try_update_value(|inner| {
            for entry in entries.iter() {
                let entry: IntersectionObserverEntry = entry.unchecked_into();
                let Some(key) = inner.keys.get(&entry.target()).as_f64() else { continue };
                if let Some(Some(face)) = inner.faces.get_mut(key as usize) {
                    face.in_view = entry.is_intersecting();
                    if face.in_view {
                        face.show(inner.now);
                    }
                }
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
        self.ticker.inner.with_value(|inner| {
            if let Some(observer) = &inner.observer {
                inner.keys.set(card, &(self.key as f64).into());
                observer.observe(card);
                let (observer, card) = (observer.clone(), card.clone());
                let rest = StoredValue::new_local((observer, card));
                on_cleanup(move || {
                    rest.try_with_value(|(observer, card)| observer.unobserve(card));
                });
            }
        });
    }
}

impl Face {
    fn show(&mut self, now: Timestamp) {
        let seconds = self.since.map(|since| now.ms_since(since).max(0) / 1_000);
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
