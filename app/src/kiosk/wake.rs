//! Keeps the screen awake, where the browser can: in a secure context, which the machine itself counts as.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::{document, window, window_event_listener_untyped};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};

/// Asks for it now, and again whenever the page is seen again: browsers let go of it with the page out of sight.
pub fn keep_awake() {
    ask();
    window_event_listener_untyped("visibilitychange", |_| {
        if !document().hidden() {
            ask();
        }
    });
}

fn ask() {
    let Some(promise) = request() else {
        note("unsupported");
        return;
    };
    let Some(then) = member(&promise, "then") else { return };
    // Refused on a battery that is low, or by the machine's owner: the wall is as good without.
    let (held, refused) = (Closure::once_into_js(|| note("held")), Closure::once_into_js(|| note("refused")));
    // The promise that comes back has nothing to say.
    let _ = then.call2(&promise, &held, &refused);
}

/// `navigator.wakeLock.request("screen")`, called by name: older browsers have none of it.
fn request() -> Option<Promise> {
    let lock = Reflect::get(&window().navigator(), &"wakeLock".into()).ok()?;
    member(&lock, "request")?.call1(&lock, &JsValue::from_str("screen")).ok()?.dyn_into().ok()
}

fn member(of: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(of, &name.into()).ok()?.dyn_into().ok()
}

/// For whoever looks after the screen.
fn note(word: &str) {
    if let Some(root) = document().document_element() {
        // The name of the attribute is valid.
        let _ = root.set_attribute("data-awake", word);
    }
}
