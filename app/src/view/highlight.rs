//! A short highlight when something changes, so that the eye finds it. Only where it helps: when half the wall changes
//! at once nothing is gained. It fades with the ticks of the page, many cards at once: while an animation runs, the browser
//! goes through styles and layers sixty times a second, and on a large wall one always does.

use leptos::prelude::{LocalStorage, StoredValue, UpdateValue as _};
use web_sys::Element;

use super::js;

/// At most this many begin between two ticks of the page: a dozen a second.
const PER_TICK: u32 = 3;

/// When this many changed between two ticks, the whole wall moves and no eye follows a highlight: none begins
/// until it is calmer.
const TOO_MANY: u32 = 20;

/// For how many ticks a highlight can be seen: about 1.4 s.
const TICKS: u32 = 6;

/// How many of these, the last, it is faint.
const FAINT_TICKS: u32 = 2;

/// The page's highlights.
#[derive(Clone, Copy)]
pub struct Highlights {
    inner: StoredValue<Inner, LocalStorage>,
}

struct Inner {
    allowance: Allowance,
    /// What is highlighted, and for how many ticks more. The allowance bounds them.
    fading: Vec<(Element, u32)>,
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
        Self { inner: StoredValue::new_local(Inner { allowance: Allowance::FULL, fading: Vec::new() }) }
    }

    /// To be called on each tick of the page: highlights fade, and others may begin.
    pub fn tick(self) {
        self.inner.update_value(|inner| {
            inner.allowance.refill();
            inner.fading.retain_mut(|(card, left)| {
                *left -= 1;
                match *left {
                    // The name of the attribute is valid.
                    0 => drop(card.remove_attribute(FRESH)),
                    FAINT_TICKS => js::set(card, FRESH, "faint"),
                    _ => {}
                }
                *left > 0
            });
        });
    }

    /// Highlights a card, if the allowance lasts.
    pub fn begin(self, card: &Element) {
        self.inner.update_value(|inner| {
            if inner.allowance.take() {
                inner.fading.retain(|(other, _)| other != card);
                inner.fading.push((card.clone(), TICKS));
                js::set(card, FRESH, "bright");
            }
        });
    }
}

const FRESH: &str = "data-fresh";

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
