//! Names that cannot be guessed.

/// 160 random bits as lower-case letters and digits behind a prefix.
#[must_use]
pub fn token(prefix: &str) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let letters = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    prefix.chars().chain(letters).collect()
}

/// A key of 256 bits.
#[must_use]
pub fn key() -> [u8; 32] {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key).expect("the operating system gives random bytes");
    key
}

/// A random number, for jitter.
#[must_use]
pub fn seed() -> u64 {
    getrandom::u64().expect("the operating system gives random bytes")
}

/// A number between these, the second one included, as likely as any other.
#[must_use]
pub fn between(least: u32, most: u32) -> u32 {
    let width = u64::from(most.saturating_sub(least)) + 1;
    least + (seed() % width) as u32
}

/// A random GUID, as Genesys writes them.
#[must_use]
pub fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
