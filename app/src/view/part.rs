//! Nodes of a card or tile that its effect keeps and writes to.

use leptos::{
    prelude::{document, window},
    tachys::reactive_graph::SharedReactiveFunction,
};
use protocol::event::rollcall::Level;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, Text};

use super::bind;
use crate::format::Tenths;

/// The element of a field: the one of the card's markup that has this `data-field`.
#[must_use]
pub fn field(card: &Element, name: &str) -> Element {
    card.query_selector(&format!("[data-field={name}]"))
        .ok()
        .flatten()
        .expect("the markup of the card has the field")
}

/// The text of a field, empty at first.
#[must_use]
pub fn text(card: &Element, name: &str) -> Text {
    text_in(&field(card, name))
}

/// The text in an element that has none yet.
#[must_use]
pub fn text_in(element: &Element) -> Text {
    let text = document().create_text_node("");
    // A new text can be put into any element.
    let _ = element.append_child(&text);
    text
}

/// Sets an attribute whose name is known to be valid.
pub fn set(element: &Element, attribute: &str, value: &str) {
    let _ = element.set_attribute(attribute, value);
}

/// Attributes that stay as they are, as in `role=img tabindex=0`. Written out, each would be a type of its own to the view library, and
/// all together 1 KB of the download.
#[expect(clippy::needless_pass_by_value, reason = "a directive owns its element")]
pub fn fixed(element: Element, attributes: &'static str) {
    for (name, value) in attributes.split(' ').filter_map(|attribute| attribute.split_once('=')) {
        set(&element, name, value);
    }
}

/// An attribute that changes and is not there while it has no value, for the same reason.
pub fn follow(element: Element, (name, read): (&'static str, SharedReactiveFunction<Option<&'static str>>)) {
    bind::effect(move || {
        let value = read.lock().ok().and_then(|mut read| read());
        match value {
            Some(value) => set(&element, name, value),
            None => drop(element.remove_attribute(name)),
        }
    });
}

/// How bad it is with what a card or a tile is of; nothing is said when all is well.
pub fn set_level(card: &Element, level: Option<Level>) {
    match level {
        Some(level) => set(card, "data-level", level.as_str()),
        // The name of the attribute is valid.
        None => drop(card.remove_attribute("data-level")),
    }
}

/// `true` and `false` as attributes have them.
#[must_use]
pub fn yes_no(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// A style property, set through the object model: the page's policy forbids style attributes.
pub fn style(element: &Element, property: &str, value: &str) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // The property is valid.
        let _ = element.style().set_property(property, value);
    }
}

/// Pixels as style sheets write them, to a tenth.
#[must_use]
pub fn pixels(length: f64) -> String {
    format!("{}px", Tenths(length))
}

/// Lengths in units of the root's text as style sheets write them, so exactly that rows stay where they are counted to be.
#[must_use]
pub fn rem(length: f64) -> String {
    let parts = (length.max(0.0) * 10_000.0).round() as u32;
    format!("{}.{:04}rem", parts / 10_000, parts % 10_000)
}

/// The number that a computed length begins with. The browser reads it: a reader of our own brings 14 KB of tables.
#[must_use]
pub fn length(text: &str) -> Option<f64> {
    Some(js_sys::Number::parse_float(text)).filter(|length| length.is_finite())
}

/// How many pixels a rem has.
#[must_use]
pub fn root_size() -> f64 {
    /// What browsers have without a style sheet.
    const PLAIN: f64 = 16.0;
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    let size = size.and_then(|size| length(&size));
    size.filter(|size| *size > 0.0).unwrap_or(PLAIN)
}

/// Writes a text, unless it stands there already.
pub fn write_once(text: &Text, words: &str) {
    if text.data() != words {
        text.set_data(words);
    }
}

/// Whether keys pressed in an element are text.
#[must_use]
pub fn takes_text(element: &Element) -> bool {
    matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
}
