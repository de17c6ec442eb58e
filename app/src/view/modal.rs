//! Dialogs of the browser's own: they keep the keyboard, and give it back where it was.

use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use web_sys::Element;

use super::part;

#[wasm_bindgen]
extern "C" {
    type Modal;
    #[wasm_bindgen(method, catch, js_name = showModal)]
    fn show_modal(this: &Modal) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn close(this: &Modal) -> Result<(), JsValue>;
}

/// Opens one. A browser at the floor of what is supported has no dialogs: there it stands on the page.
pub fn show(dialog: &Element) {
    if dialog.unchecked_ref::<Modal>().show_modal().is_err() {
        part::set(dialog, "open", "");
    }
}

/// Closes it, if it is open.
pub fn close(dialog: &Element) {
    if dialog.unchecked_ref::<Modal>().close().is_err() {
        drop(dialog.remove_attribute("open"));
    }
}
