//! A short highlight when something changes, so that the eye finds it. Only where it helps: when half the wall changes
//! at once nothing is gained, and every running animation costs the page a repaint.

use leptos::prelude::{LocalStorage, StoredValue, UpdateValue as _};
use web_sys::Element;

use super::js;

/// At most this many begin between two ticks of the page: a dozen a second.
const PER_TICK: u32 = 3;

/// When this many changed between two ticks, the whole wall moves and no eye follows a highlight: none begins
/// until it is calmer.
const TOO_MANY: u32 = 20;

/// The page's allowance of highlights.
#[derive(Clone, Copy)]
pub struct Highlights {
    allowance: StoredValue<Allowance, LocalStorage>,
}

/// What is left between two ticks, and how many asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allowance {
    left: u32,
    asked: u32,
}

impl Allowance {
    const FULL: Self = Self { left: PER_TICK, asked: 0 };

    fn take(&mut self) -> bool {
        self.asked = self.asked.saturating_add(1);
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }

    fn refill(&mut self) {
        *self = if self.asked >= TOO_MANY { Self { left: 0, asked: 0 } } else { Self::FULL };
    }
}

impl Highlights {
    /// A full allowance.
    #[must_use]
    pub fn new() -> Self {
        Self { allowance: StoredValue::new_local(Allowance::FULL) }
    }

    /// To be called on each tick of the page.
    pub fn refill(self) {
        self.allowance.update_value(Allowance::refill);
    }

    /// Highlights a card, if the allowance lasts. The style sheet knows two equal animations, `a` and `b`: changing
    /// from one to the other starts it again.
    pub fn begin(self, card: &Element) {
        let mut allowed = false;
        self.allowance.update_value(|allowance| allowed = allowance.take());
        if allowed {
            let other = if card.get_attribute("data-fresh").as_deref() == Some("a") { "b" } else { "a" };
            js::set(card, "data-fresh", other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_in_uproar_highlights_nothing_until_it_is_calm() {
        let mut allowance = Allowance::FULL;
        let taken = (0..TOO_MANY).filter(|_| allowance.take()).count();
        assert_eq!(taken, PER_TICK as usize);
        allowance.refill();
        assert!(!allowance.take());
        allowance.refill();
        assert!(allowance.take());
    }
}
