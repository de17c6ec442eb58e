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
    /// It is closed, or was never opened; whoever closed it may wish that its screens come back within so many milliseconds.
    Closed {
        /// They shall not all come at once.
        spread_ms: Option<f64>,
    },
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
        let closed = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let reason =
                js_sys::Reflect::get(&event, &"reason".into()).ok().and_then(|reason| reason.as_string());
            heard(Heard::Closed { spread_ms: reason.as_deref().and_then(spread_ms) });
        });
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

/// The wish in the reason of a close.
fn spread_ms(reason: &str) -> Option<f64> {
    let (_, wish) = reason.split_once("spread=")?;
    wish.split(' ').next()?.parse::<u32>().ok().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_may_say_when_to_come_back() {
        assert_eq!(spread_ms("the proxy stops; come back within spread=4000 ms"), Some(4_000.0));
        assert_eq!(spread_ms("spread=250"), Some(250.0));
        assert_eq!((spread_ms("the wall was removed"), spread_ms("spread=much")), (None, None));
    }
}
