//! Nodes of a card or tile that its effect keeps and writes to.

use leptos::prelude::document;
use protocol::event::rollcall::Level;
use web_sys::{Element, Text};

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
