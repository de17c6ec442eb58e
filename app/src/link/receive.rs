//! From the socket's messages to the store: noted when they arrive, applied together before the page is painted.

use std::rc::Rc;

use js_sys::JsString;
use leptos::prelude::window;
use protocol::{Frame, link::Input, system::SystemKind};
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::console;

use super::WallLink;

impl WallLink {
    /// Takes a message. It stays in the browser's memory until its turn: wasm's memory never shrinks.
    pub(super) fn receive(self: &Rc<Self>, text: JsString) {
        if self.inbox.borrow_mut().push((text, self.clock.steady())).is_err() {
            self.inbox.borrow_mut().clear();
            drop(self.socket.take());
            self.tell(Input::Closed);
        } else if self.hidden.get() || self.inbox.borrow().is_crowded() {
            // Nothing is painted in a hidden page, and no animation frame comes.
            self.drain();
        } else {
            self.drain_soon();
        }
    }

    fn drain_soon(self: &Rc<Self>) {
        if self.drain_due.replace(true) {
            return;
        }
        let before_paint = self.before_paint.get_or_init(|| {
            let this = self.clone();
            Closure::new(move || {
                this.drain_due.set(false);
                this.drain();
            })
        });
        // Fails only in a page that is being closed.
        let _ = window().request_animation_frame(before_paint.as_ref().unchecked_ref());
    }

    /// Applies what waits, up to a slice of time, and shows it together.
    pub(super) fn drain(self: &Rc<Self>) {
        let now = self.clock.now();
        let mut heard = false;
        let mut gone = false;
        let mut store = self.store.borrow_mut();
        self.inbox.borrow_mut().drain_slice(
            || self.clock.steady(),
            |(text, arrived)| {
                heard = true;
                match Frame::parse(&String::from(text)) {
                    Ok(Frame::Event(event)) => {
                        if let Some(at) = event.stamp.as_ref().and_then(|stamp| stamp.at) {
                            self.clock.learn_at_least(at, arrived);
                        }
                        store.take_event(&event, now);
                    }
                    Ok(Frame::Heartbeat(heartbeat)) => {
                        if let Some(heartbeat) = &heartbeat.rollcall {
                            self.clock.learn(heartbeat.server_time, arrived);
                            store.take_heartbeat(heartbeat);
                        }
                    }
                    Ok(Frame::System(SystemKind::NoLongerSubscribed | SystemKind::TokenRevoked)) => {
                        gone = true;
                    }
                    Ok(
                        Frame::System(SystemKind::SocketClosing | SystemKind::SubscriptionUpdated)
                        | Frame::Pong
                        | Frame::Answer(_),
                    ) => {}
                    Err(_) => store.skip_unreadable(),
                }
            },
        );
        let now = self.clock.now();
        if heard {
            store.feed().hear(now);
        }
        store.publish(now);
        if let Some(at) = store.take_newest() {
            self.latency.borrow_mut().take(now.at.ms_since(at));
        }
        let unreadable = store.unreadable() > 0;
        let is_stale = store.feed().wall_stale_since(now).is_some();
        drop(store);

        if is_stale != self.was_stale.get() {
            // Told at once: upstream may be back before the next tick, and the gap was there all the same.
            self.show_live();
        }
        if unreadable && !self.warned.replace(true) {
            // Once, and without the message itself, which may hold names.
            console::warn_1(&"Rollcall: a message of the server could not be read and was skipped.".into());
        }
        if heard {
            self.tell(Input::Heard);
        }
        if gone {
            self.tell(Input::ChannelGone);
        } else if !self.inbox.borrow().is_empty() {
            self.drain_soon();
        }
    }
}
