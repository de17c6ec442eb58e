//! GUIDs from a seed: lower-case, version 4, the same for the same seed.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The next GUID of this stream of random numbers.
pub(crate) fn next(rng: &mut ChaCha8Rng) -> String {
    of(rng.random())
}

/// The GUID made of these bits.
pub(crate) fn of(bits: u128) -> String {
    let bits = (bits & !(0xf << 76)) | (0x4 << 76);
    let bits = (bits & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_lower_case_and_of_version_4() {
        assert_eq!(of(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(of(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
