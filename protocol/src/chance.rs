//! Chance from a seed: for jitter, and for worlds that can be lived through again. Never for secrets.

/// A seeded source of numbers: SplitMix64.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The same seed gives the same numbers.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `least` up to and with `most`; `least` when that is more.
    pub fn within(&mut self, least: i64, most: i64) -> i64 {
        let span = most.saturating_sub(least).max(0).unsigned_abs() + 1;
        least + (self.next() % span) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_within_their_bounds_and_reach_both() {
        let mut chance = Chance::new(7);
        let numbers: Vec<i64> = (0..200).map(|_| chance.within(-2, 3)).collect();
        assert_eq!((numbers.iter().min(), numbers.iter().max()), (Some(&-2), Some(&3)));
        assert_eq!(chance.within(5, 5), 5);
        assert_eq!(chance.within(5, 1), 5, "there is nothing between");
        assert!(chance.within(0, i64::MAX) >= 0);
    }
}
