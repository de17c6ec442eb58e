//! A socket of the browser. Used directly, because the queues of the usual wrappers have no bound.

use js_sys::JsString;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{Event, MessageEvent, WebSocket};

/// What a socket tells.
pub enum Heard {
    /// It is open.
    Opened,
    /// A text message, left in the browser's memory until it is its turn.
    Text(JsString),
    /// It is closed, or was never opened.
    Closed,
}

/// An open or opening socket. Dropping it closes it without ceremony and silences its callbacks.
pub struct Socket {
    socket: WebSocket,
    _callbacks: [Closure<dyn FnMut(Event)>; 3],
}

impl Socket {
    /// Opens a socket to `address` and tells `heard` what happens on it.
    ///
    /// # Errors
    /// When the browser refuses the address itself.
    pub fn open(address: &str, heard: impl Fn(Heard) + Clone + 'static) -> Result<Self, JsValue> {
        let socket = WebSocket::new(address)?;
        let opened = {
            let heard = heard.clone();
            Closure::<dyn FnMut(Event)>::new(move |_| heard(Heard::Opened))
        };
        let message = {
            let heard = heard.clone();
            Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                // Binary messages are not part of the protocol.
                if let Ok(text) = event.unchecked_into::<MessageEvent>().data().dyn_into() {
                    heard(Heard::Text(text));
                }
            })
        };
        // An error is always followed by a close, which says all there is to know.
        let closed = Closure::<dyn FnMut(Event)>::new(move |_| heard(Heard::Closed));
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Ok(Self { socket, _callbacks: [opened, message, closed] })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Closing cannot fail without a code and a reason.
        let _ = self.socket.close();
    }
}
