//! Numbers of JSON.

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(u64),
    Negative(i64),
    Real(f64),
}

/// Powers of ten that a float holds exactly.
const EXACT_POWER_MAX: i32 = 22;

/// Exponents beyond these make any number of ours endless or nothing.
const EXPONENT_MAX: i32 = 400;

/// The number that bytes begin with, endless when no float is so large, and how many bytes it has. With up to 15 digits it is exact, with
/// more within the last binary place: the table that makes those exact is 10 KB.
pub(super) fn read(bytes: &[u8]) -> Option<(Number, usize)> {
    let mut at = 0;
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let is_negative = byte(0) == b'-';
    at += usize::from(is_negative);
    let (mut digits, mut exponent, mut is_whole) = (Digits::default(), 0_i32, true);
    let begin = at;
    while byte(at).is_ascii_digit() {
        exponent += i32::from(!digits.take(byte(at)));
        at += 1;
    }
    let length = at - begin;
    if length == 0 || (length > 1 && byte(begin) == b'0') {
        return None;
    }
    if byte(at) == b'.' {
        is_whole = false;
        at += 1;
        let fraction = at;
        while byte(at).is_ascii_digit() {
            exponent -= i32::from(digits.take(byte(at)));
            at += 1;
        }
        if at == fraction {
            return None;
        }
    }
    if matches!(byte(at), b'e' | b'E') {
        is_whole = false;
        at += 1;
        let is_small = byte(at) == b'-';
        at += usize::from(matches!(byte(at), b'-' | b'+'));
        let from = at;
        let mut power = 0_i32;
        while byte(at).is_ascii_digit() {
            power = (power * 10 + i32::from(byte(at) - b'0')).min(EXPONENT_MAX);
            at += 1;
        }
        if at == from {
            return None;
        }
        exponent += if is_small { -power } else { power };
    }
    let digits = digits.value;
    let number = match (is_whole && exponent == 0, is_negative) {
        (true, false) => Number::Whole(digits),
        (true, true) if digits != 0 && digits <= i64::MIN.unsigned_abs() => {
            Number::Negative(0_i64.wrapping_sub_unsigned(digits))
        }
        (true, true) | (false, _) => {
            let real = scaled(digits, exponent);
            Number::Real(if is_negative { -real } else { real })
        }
    };
    Some((number, at))
}

/// The leading digits of a number, as many as fit.
#[derive(Default)]
struct Digits {
    value: u64,
    is_full: bool,
}

impl Digits {
    /// False when it does not fit any more.
    fn take(&mut self, digit: u8) -> bool {
        let more = self.value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0')));
        match more {
            Some(more) if !self.is_full => self.value = more,
            Some(_) | None => self.is_full = true,
        }
        !self.is_full
    }
}

fn scaled(digits: u64, exponent: i32) -> f64 {
    let mut real = digits as f64;
    let mut left = exponent.clamp(-EXPONENT_MAX, EXPONENT_MAX);
    while left != 0 {
        let step = left.clamp(-EXACT_POWER_MAX, EXACT_POWER_MAX);
        let power = (0..step.abs()).fold(1.0, |power, _| power * 10.0);
        real = if step < 0 { real / power } else { real * power };
        left -= step;
    }
    real
}
