//! Where the picture stands, so that no pixel shows the same edge for months.
//!
//! A pixel a minute is no motion that anybody sees, and the screens that need it most hang where nobody could turn it
//! on: so it is done for those who prefer reduced motion too.

/// The picture never leaves its place by more than so many pixels, up, down or sideways: fewer than its margins have.
pub const PIXELS_MAX: i32 = 4;

/// The place at a minute. The two directions take different times for their way there and back, so that in some hours
/// every place within the bounds is come to.
#[must_use]
pub fn at_minute(minute: i64) -> (i32, i32) {
    let width = i64::from(PIXELS_MAX) * 2;
    // One step every minute, and one every second minute a place further on: the ways have no common period below
    // the product of both.
    (swing(minute, width), swing(minute.div_euclid(2) + minute.div_euclid(width * 8), width))
}

/// There and back again over `width` steps, around zero.
fn swing(step: i64, width: i64) -> i32 {
    let at = step.rem_euclid(width * 2);
    (at.min(width * 2 - at) - width / 2) as i32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_wanders_everywhere_within_bounds_and_never_by_more_than_two_pixels() {
        let begin = 29_000_000;
        let mut seen = BTreeSet::new();
        let mut before = at_minute(begin);
        for minute in begin..begin + 24 * 60 {
            let (x, y) = at_minute(minute);
            assert!(x.abs() <= PIXELS_MAX && y.abs() <= PIXELS_MAX, "{x} {y}");
            assert!((x - before.0).abs() <= 1 && (y - before.1).abs() <= 2, "{before:?} to {x} {y}");
            before = (x, y);
            seen.insert((x, y));
        }
        let places = (PIXELS_MAX * 2 + 1) * (PIXELS_MAX * 2 + 1);
        assert!(seen.len() as i32 > places / 2, "{} of {places}", seen.len());
    }
}
