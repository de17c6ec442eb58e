//! Pages that turn by themselves: what does not fit on a screen that nobody touches is shown one part after another.
//! A page is a whole number of rows, so that nothing is cut.

use std::time::Duration;

use leptos::prelude::*;
use web_sys::Element;

use super::{
    bind,
    part::{length, pixels, root_size, style},
};
use crate::{
    paint,
    rotation::{Carousel, Rotation},
};

/// How often it is looked whether a page is over.
const LOOK: Duration = Duration::from_millis(250);

/// How something is turned.
#[derive(Clone, Copy)]
pub struct Pages {
    /// Seconds that each page stays; 0 turns none, and one scrolls.
    pub every_s: Signal<u32>,
    /// How high a row is with the gap below it, and how high that gap, in rem.
    pub row: Signal<(f64, f64)>,
    /// Whether the header tells of these pages: of one part of a wall only.
    pub leads: bool,
}

/// Turns the pages of what scrolls in this element.
pub fn turn(region: Element, pages: Pages) {
    let rotation = use_context::<Rotation>();
    let carousel = StoredValue::new(Carousel::new(Vec::new()));
    let Pages { every_s, row, leads } = pages;
    let look = {
        let region = region.clone();
        move || {
            let every_s = every_s.get_untracked();
            let paging = Paging::of(&region, row.get_untracked());
            let count = if every_s == 0 { 1 } else { paging.pages };
            let (mut at, mut turn) = (0, None);
            carousel.update_value(|carousel| {
                let stays = vec![i64::from(every_s) * 1_000; count];
                if !carousel.stays_like(&stays) {
                    *carousel = Carousel::new(stays);
                }
                if !rotation.is_some_and(Rotation::is_paused_now) {
                    carousel.advance(LOOK.as_millis() as i64);
                }
                (at, turn) = (carousel.at(), carousel.turn_shown());
            });
            if every_s > 0 {
                paging.show(&region, at);
            }
            if leads && let Some(rotation) = rotation {
                rotation.show_pages(turn);
            }
        }
    };
    bind::effect(move || {
        let turns = every_s.get() > 0;
        style(&region, "overflow-y", if turns { "hidden" } else { "auto" });
        if !turns {
            style(&region, "height", "");
        }
    });
    paint::every(LOOK, look);
}

/// How many pages there are, and how far apart, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Paging {
    step: f64,
    gap: f64,
    pages: usize,
}

/// Rounding of a browser's layout, not another row.
const SLACK_PX: f64 = 2.0;

impl Paging {
    fn of(region: &Element, (row, gap): (f64, f64)) -> Self {
        // Its own height follows from what is decided here.
        let room = region.parent_element().map_or(0, |parent| parent.client_height());
        let content = region
            .first_element_child()
            .map_or(0.0, |list| f64::from(list.scroll_height().max(list.client_height())) - padding(&list));
        let rem = root_size();
        Self::new(f64::from(room), content, row * rem, gap * rem)
    }

    fn new(room: f64, content: f64, row: f64, gap: f64) -> Self {
        let rows = ((room + gap + SLACK_PX) / row).floor().max(1.0);
        let step = rows * row;
        let pages = if content <= room + SLACK_PX { 1.0 } else { ((content + gap - SLACK_PX) / step).ceil() };
        Self { step, gap, pages: pages.max(1.0) as usize }
    }

    fn show(self, region: &Element, at: usize) {
        let several = self.pages > 1;
        // A row that does not fit is not begun.
        let height = if several { pixels(self.step - self.gap) } else { "100%".to_owned() };
        style(region, "height", &height);
        if let Some(list) = region.first_element_child() {
            // The last page is as long as the others, or it would begin in the middle of the one before.
            let bottom = if several { pixels(self.step) } else { "0".to_owned() };
            style(&list, "padding-bottom", &bottom);
        }
        let top = (self.step * at as f64).round() as i32;
        if region.scroll_top() != top {
            region.set_scroll_top(top);
        }
    }
}

fn padding(list: &Element) -> f64 {
    let style = window().get_computed_style(list).ok().flatten();
    let padding = style.and_then(|style| style.get_property_value("padding-bottom").ok());
    padding.and_then(|padding| length(&padding)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_whole_number_of_rows() {
        // Rows of 90 and gaps of 10; five fit into 500 less a gap.
        let paging = |room, rows: f64| Paging::new(room, rows * 100.0 - 10.0, 100.0, 10.0);
        let pages = |step, pages| Paging { step, gap: 10.0, pages };
        assert_eq!(paging(490.0, 5.0), pages(500.0, 1));
        assert_eq!(paging(490.0, 6.0), pages(500.0, 2));
        assert_eq!(paging(560.0, 10.0), pages(500.0, 2));
        assert_eq!(paging(560.0, 11.0), pages(500.0, 3));
        assert_eq!(paging(50.0, 2.0), pages(100.0, 2), "a room too low for a row shows one");
        assert_eq!(paging(490.0, 0.0).pages, 1);
        assert_eq!(
            Paging::new(490.0, 490.0, 300.0, 10.0).pages,
            1,
            "what is stretched to the room is one page"
        );
    }
}
