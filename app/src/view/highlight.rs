//! A short highlight when something changes, so that the eye finds it. Only where it helps: when half the wall changes
//! at once nothing is gained, and every running animation costs the page a repaint.

use leptos::prelude::{LocalStorage, StoredValue, UpdateValue as _};
use web_sys::Element;

use super::js;

/// At most this many begin between two ticks of the page: a dozen a second.
const PER_TICK: u8 = 3;

/// The page's allowance of highlights.
#[derive(Clone, Copy)]
pub struct Highlights {
    left: StoredValue<u8, LocalStorage>,
}

impl Highlights {
    /// A full allowance.
    #[must_use]
    pub fn new() -> Self {
        Self { left: StoredValue::new_local(PER_TICK) }
    }

    /// To be called on each tick of the page.
    pub fn refill(self) {
        self.left.update_value(|left| *left = PER_TICK);
    }

    /// Highlights a card, if the allowance lasts. The style sheet knows two equal animations, `a` and `b`: changing
    /// from one to the other starts it again.
    pub fn begin(self, card: &Element) {
        let mut allowed = false;
        self.left.update_value(|left| {
            allowed = *left > 0;
            *left = left.saturating_sub(1);
        });
        if allowed {
            let other = if card.get_attribute("data-fresh").as_deref() == Some("a") { "b" } else { "a" };
            js::set(card, "data-fresh", other);
        }
    }
}
