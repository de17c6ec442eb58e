//! How large cards and tiles are drawn: as large as lets all of them be seen at once, and never so small that they cannot
//! be read from afar; what still does not fit stands on further pages.

/// A size in which something can be drawn. Lengths are in rem.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// The word in `data-size`.
    pub name: &'static str,
    /// The least width of one.
    pub width: f64,
    /// The least height of one.
    pub height: f64,
    /// The distance between two.
    pub gap: f64,
}

/// Cards of agents, largest first. Their widths leave room for a name of twenty letters; in the last two it may take
/// two lines.
pub const CARDS: &[Size] = &[
    Size { name: "large", width: 21.5, height: 8.5, gap: 0.875 },
    Size { name: "roomy", width: 15.25, height: 5.75, gap: 0.625 },
    Size { name: "snug", width: 14.0, height: 5.0, gap: 0.5 },
    Size { name: "compact", width: 13.0, height: 3.875, gap: 0.5 },
    Size { name: "dense", width: 13.25, height: 3.375, gap: 0.4375 },
];

/// Rows of agents.
pub const ROWS: &[Size] = &[
    Size { name: "roomy", width: 120.0, height: 2.75, gap: 0.0 },
    Size { name: "dense", width: 120.0, height: 2.125, gap: 0.0 },
];

/// Tiles of queues, largest first.
pub const TILES: &[Size] = &[
    Size { name: "huge", width: 34.0, height: 30.0, gap: 1.125 },
    Size { name: "large", width: 26.0, height: 23.5, gap: 0.875 },
    Size { name: "roomy", width: 19.0, height: 16.25, gap: 0.875 },
    Size { name: "compact", width: 15.0, height: 12.5, gap: 0.75 },
    Size { name: "dense", width: 13.0, height: 8.25, gap: 0.5 },
];

/// The tile of one queue that has a place of its own.
pub const ONE: &[Size] = &[
    Size { name: "focus", width: 70.0, height: 36.0, gap: 0.0 },
    Size { name: "huge", width: 34.0, height: 30.0, gap: 0.0 },
    Size { name: "large", width: 24.0, height: 23.5, gap: 0.0 },
    Size { name: "roomy", width: 17.0, height: 15.0, gap: 0.0 },
    Size { name: "compact", width: 14.0, height: 11.5, gap: 0.0 },
    Size { name: "dense", width: 11.0, height: 6.0, gap: 0.0 },
];

/// The largest size in which `count` fit into a room of this width and height; else the smallest.
#[must_use]
pub fn choose(sizes: &'static [Size], count: usize, width: f64, height: f64) -> &'static Size {
    let fits = |size: &&Size| {
        let columns = columns(size, count, width);
        let rows = count.div_ceil(columns) as f64;
        width >= size.width && rows * (size.height + size.gap) - size.gap <= height + 0.01
    };
    sizes.iter().find(fits).unwrap_or(&sizes[sizes.len() - 1])
}

/// How many stand side by side.
#[must_use]
pub fn columns(size: &Size, count: usize, width: f64) -> usize {
    let most = ((width + size.gap) / (size.width + size.gap)).floor().max(1.0) as usize;
    most.min(count.max(1))
}

/// Columns that leave the rows equally full: ten tiles are two rows of five, not of seven and three.
#[must_use]
pub fn even_columns(size: &Size, count: usize, width: f64) -> usize {
    let most = columns(size, count, width);
    let rows = count.div_ceil(most).max(1);
    count.div_ceil(rows).max(1)
}

/// How much higher than it must a card is drawn where there is room, at most.
const STRETCH: f64 = 1.3;

/// How high each is drawn, so that all of them fill the room, or as many rows as there is room for.
#[must_use]
pub fn stretched(size: &Size, count: usize, width: f64, height: f64) -> f64 {
    let room = ((height + size.gap) / (size.height + size.gap)).floor();
    let rows = (count.div_ceil(columns(size, count, width)) as f64).min(room).max(1.0);
    let filling = (height + size.gap) / rows - size.gap;
    filling.min(size.height * STRETCH).max(size.height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(count: usize, width: f64, height: f64) -> &'static str {
        choose(CARDS, count, width, height).name
    }

    #[test]
    fn fewer_are_drawn_larger() {
        assert_eq!(name(12, 117.0, 60.0), "large");
        assert_eq!(name(56, 117.0, 60.0), "roomy");
        assert_eq!(name(80, 117.0, 60.0), "snug");
        assert_eq!(name(100, 117.0, 60.0), "compact");
        assert_eq!(name(120, 117.0, 60.0), "dense");
        assert_eq!(name(1_000, 117.0, 60.0), "dense");
        assert_eq!(name(0, 117.0, 60.0), "large");
    }

    #[test]
    fn what_fits_to_the_hair_fits() {
        let size = &CARDS[1];
        let width = 4.0 * size.width + 3.0 * size.gap;
        let height = 3.0 * size.height + 2.0 * size.gap;
        assert_eq!(name(12, width, height), "roomy");
        assert_eq!(name(13, width, height), "compact");
        assert_eq!(columns(size, 100, width), 4);
    }

    #[test]
    fn cards_fill_the_room_but_do_not_become_towers() {
        let size = &CARDS[3];
        let two_rows = 2.0 * size.height + size.gap;
        let high = |room: f64| stretched(size, 16, 8.0 * size.width + 7.0 * size.gap, room);
        assert!((high(two_rows) - size.height).abs() < 0.01);
        assert!((high(two_rows + 1.0) - (size.height + 0.5)).abs() < 0.01);
        assert!((high(60.0) - size.height * STRETCH).abs() < 0.01);
        assert!((high(1.0) - size.height).abs() < 0.01, "what does not fit is not squeezed");
        let many = stretched(size, 1_000, 8.0 * size.width + 7.0 * size.gap, two_rows + 1.0);
        assert!((many - (size.height + 0.5)).abs() < 0.01, "a page is filled too");
    }

    #[test]
    fn rows_are_equally_full() {
        let size = &TILES[2];
        assert_eq!(even_columns(size, 5, 117.0), 5);
        assert_eq!(even_columns(size, 8, 117.0), 4);
        assert_eq!(even_columns(size, 1, 117.0), 1);
        assert_eq!(even_columns(size, 0, 117.0), 1);
    }
}
