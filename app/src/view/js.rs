//! Writing to the page without copying the same few words out of wasm's memory again and again.
//!
//! A string that crosses to the browser is decoded each time, which costs more than the write itself. Attribute names,
//! states, labels and short durations are few: each crosses once and is kept on the browser's side.

use std::{cell::RefCell, collections::HashMap};

use js_sys::JsString;
use wasm_bindgen::{JsCast as _, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// An element, its attributes written by words that are already there.
    type Attributes;
    #[wasm_bindgen(method, js_name = setAttribute)]
    fn set_word(this: &Attributes, name: &JsString, value: &JsString);
    #[wasm_bindgen(method, js_name = setAttribute)]
    fn set_number(this: &Attributes, name: &JsString, value: f64);

    /// A text node, likewise.
    type Characters;
    #[wasm_bindgen(method, setter, structural)]
    fn set_data(this: &Characters, data: &JsString);
}

/// More words than labels, states and an hour's durations together.
const WORDS: usize = 8_192;

thread_local! {
    static KEPT: RefCell<HashMap<Box<str>, JsString>> = RefCell::default();
}

/// Sets an attribute to a word that comes again.
pub fn set(element: &web_sys::Element, name: &str, value: &str) {
    let element = element.unchecked_ref::<Attributes>();
    // What is new is put by before anything is lent out.
    keep(value);
    with_word(name, |name| with_kept(value, |value| element.set_word(name, value)));
}

/// Sets an attribute to a whole number.
pub fn set_number(element: &web_sys::Element, name: &str, value: i64) {
    let element = element.unchecked_ref::<Attributes>();
    // Exact up to 2^53, which is 285,000 years in milliseconds.
    with_word(name, |name| element.set_number(name, value as f64));
}

/// Writes a word that comes again.
pub fn write(text: &web_sys::Text, value: &str) {
    with_word(value, |value| text.unchecked_ref::<Characters>().set_data(value));
}

/// Lends a word out; from what is kept, if there is room.
fn with_word(text: &str, give: impl FnOnce(&JsString)) {
    keep(text);
    with_kept(text, give);
}

fn with_kept(text: &str, give: impl FnOnce(&JsString)) {
    KEPT.with_borrow(|kept| match kept.get(text) {
        Some(word) => give(word),
        None => give(&JsString::from(text)),
    });
}

fn keep(text: &str) {
    let is_new = KEPT.with_borrow(|kept| kept.len() < WORDS && !kept.contains_key(text));
    if is_new {
        KEPT.with_borrow_mut(|kept| kept.insert(text.into(), JsString::from(text)));
    }
}
