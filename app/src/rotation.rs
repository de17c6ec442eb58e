//! Things shown one after another: the pages of a wall, the walls of a playlist.
//!
//! [`Carousel`] is the rule, without a clock. [`Rotation`] is what the header reads and what keys and buttons turn; a
//! page provides one as a context.

use leptos::prelude::{Get as _, GetUntracked as _, RwSignal, Set as _};

/// What is shown, of how many, and for how much longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carousel {
    at: usize,
    stays_ms: Vec<i64>,
    shown_ms: i64,
}

impl Carousel {
    /// Begins with the first; each stays for its own time.
    #[must_use]
    pub fn new(stays_ms: Vec<i64>) -> Self {
        Self { at: 0, stays_ms, shown_ms: 0 }
    }

    /// Whether it turns as many, each for as long.
    #[must_use]
    pub fn stays_like(&self, stays_ms: &[i64]) -> bool {
        self.stays_ms == stays_ms
    }

    /// Which one is shown.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Time passed; says whether it turned. A page that slept turns once, not as often as it would have.
    pub fn advance(&mut self, ms: i64) -> bool {
        let Some(stays) = self.stays_ms.get(self.at) else { return false };
        self.shown_ms += ms.max(0);
        let is_over = self.stays_ms.len() > 1 && self.shown_ms >= *stays;
        if is_over {
            self.turn(1);
        }
        is_over
    }

    /// Turns by hand, on or back; what comes then stays for its whole time.
    pub fn turn(&mut self, by: isize) {
        let of = self.stays_ms.len() as isize;
        if of > 0 {
            self.at = (self.at as isize + by).rem_euclid(of) as usize;
            self.shown_ms = 0;
        }
    }

    /// For the header: nothing when there is nothing to turn.
    #[must_use]
    pub fn turn_shown(&self) -> Option<Turn> {
        let stays = *self.stays_ms.get(self.at).filter(|_| self.stays_ms.len() > 1)?;
        let done = self.shown_ms.clamp(0, stays) * 100 / stays.max(1);
        Some(Turn { at: self.at, of: self.stays_ms.len(), done_percent: done as u8 })
    }
}

/// How far a rotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Which one is shown, counted from 0.
    pub at: usize,
    /// Of how many.
    pub of: usize,
    /// How much of its time is over.
    pub done_percent: u8,
}

/// What a page rotates, for whoever shows it or turns it.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    pages: RwSignal<Option<Turn>>,
    walls: RwSignal<Option<Turn>>,
    paused: RwSignal<bool>,
}

impl Rotation {
    /// Nothing rotates yet.
    #[must_use]
    pub fn new() -> Self {
        Self { pages: RwSignal::new(None), walls: RwSignal::new(None), paused: RwSignal::new(false) }
    }

    /// What the header shows: how far the walls are, else how far the pages.
    #[must_use]
    pub fn shown(self) -> Option<Turn> {
        self.walls.get().or_else(|| self.pages.get())
    }

    /// The same, for listeners to keys.
    #[must_use]
    pub fn shown_now(self) -> Option<Turn> {
        self.walls.get_untracked().or_else(|| self.pages.get_untracked())
    }

    /// Whether it stands still, because somebody wants to read.
    #[must_use]
    pub fn is_paused(self) -> bool {
        self.paused.get()
    }

    /// The same, for timers.
    #[must_use]
    pub fn is_paused_now(self) -> bool {
        self.paused.get_untracked()
    }

    /// Lets it stand still, or go on.
    pub fn pause(self, paused: bool) {
        set(self.paused, paused);
    }

    /// Tells how far the pages of the wall are.
    pub fn show_pages(self, turn: Option<Turn>) {
        set(self.pages, turn);
    }

    /// Tells how far the walls of the playlist are.
    pub fn show_walls(self, turn: Option<Turn>) {
        set(self.walls, turn);
    }
}

fn set<T: Clone + PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}

#[cfg(test)]
mod tests {
    use leptos::prelude::Owner;

    use super::*;

    #[test]
    fn each_stays_for_its_own_time_and_the_first_comes_after_the_last() {
        let mut carousel = Carousel::new(vec![1_000, 3_000]);
        assert!(!carousel.advance(999) && carousel.at() == 0);
        assert!(carousel.advance(1) && carousel.at() == 1);
        assert!(!carousel.advance(1_500));
        assert_eq!(carousel.turn_shown(), Some(Turn { at: 1, of: 2, done_percent: 50 }));
        assert!(carousel.advance(60_000) && carousel.at() == 0, "after sleep it turns once");
        assert!(!carousel.advance(-5) && carousel.advance(1_000), "time does not run back");
        assert!(carousel.stays_like(&[1_000, 3_000]) && !carousel.stays_like(&[1_000, 1_000]));
    }

    #[test]
    fn turned_by_hand_it_begins_the_time_anew() {
        let mut carousel = Carousel::new(vec![1_000; 3]);
        carousel.advance(900);
        carousel.turn(-1);
        assert_eq!(carousel.turn_shown(), Some(Turn { at: 2, of: 3, done_percent: 0 }));
        carousel.turn(1);
        assert_eq!(carousel.at(), 0);
    }

    #[test]
    fn the_walls_are_told_of_before_the_pages() {
        let owner = Owner::new();
        owner.set();
        let (rotation, turn) = (Rotation::new(), |at| Some(Turn { at, of: 3, done_percent: 0 }));
        rotation.show_pages(turn(1));
        assert_eq!((rotation.shown_now(), rotation.shown()), (turn(1), turn(1)));
        rotation.show_walls(turn(2));
        assert_eq!((rotation.shown_now(), rotation.shown()), (turn(2), turn(2)));
    }

    #[test]
    fn one_alone_does_not_turn() {
        let mut carousel = Carousel::new(vec![1_000]);
        assert!(!carousel.advance(5_000) && carousel.turn_shown().is_none());
        let mut none = Carousel::new(Vec::new());
        none.turn(1);
        assert!(!none.advance(5_000) && none.turn_shown().is_none());
    }
}
