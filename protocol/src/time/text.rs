//! A moment as text in the form that everybody writes, RFC 3339: `2026-01-02T03:04:05.678Z`. Our own, because the app needs
//! no other and a whole library of dates would be a tenth of its download; tests hold it against that library.

use std::fmt;

const DAY_MS: i64 = 86_400_000;
/// Days of the Gregorian calendar in 400 years, after which it repeats.
const DAYS_400_YEARS: i64 = 146_097;
/// From the first of March of the year 0, where the reckoning below begins, to 1970.
const DAYS_BEFORE_1970: i64 = 719_468;

/// Reads a moment in milliseconds since 1970; digits beyond the third of a second are dropped. `None` for any other form.
pub fn read(text: &str) -> Option<i64> {
    let text = text.as_bytes();
    let (begin, rest) = text.split_at_checked(19)?;
    let sign = |at: usize, allowed: &[u8]| allowed.contains(&begin[at]).then_some(());
    sign(4, b"-")?;
    sign(7, b"-")?;
    sign(10, b"Tt ")?;
    sign(13, b":")?;
    sign(16, b":")?;
    let part = |from: usize, to: usize, least: i64, most: i64| {
        digits(&begin[from..to]).filter(|value| (least..=most).contains(value))
    };
    let (year, month) = (part(0, 4, 0, 9_999)?, part(5, 7, 1, 12)?);
    let day = part(8, 10, 1, days_of_month(year, month))?;
    // A leap second counts as the one before it.
    let (hour, minute, second) = (part(11, 13, 0, 23)?, part(14, 16, 0, 59)?, part(17, 19, 0, 60)?.min(59));

    let (fraction, zone) = match rest.split_first() {
        Some((b'.', rest)) => rest.split_at(rest.iter().take_while(|byte| byte.is_ascii_digit()).count()),
        Some(_) | None => (b"0".as_slice(), rest),
    };
    let ms = match fraction.len() {
        0 => return None,
        1..=3 => digits(fraction)? * [100, 10, 1][fraction.len() - 1],
        _ => digits(&fraction[..3])?,
    };
    let offset_minutes = match zone {
        b"Z" | b"z" => 0,
        [direction @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = digits(&[*h1, *h2]).filter(|hours| *hours < 24)?;
            let minutes = hours * 60 + digits(&[*m1, *m2]).filter(|minutes| *minutes < 60)?;
            if *direction == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let seconds = (hour * 60 + minute - offset_minutes) * 60 + second;
    Some(days_since_1970(year, month, day) * DAY_MS + seconds * 1_000 + ms)
}

/// Writes a moment; one outside of the years 0 to 9999, which is no date of anybody's, as its number.
pub fn write(ms: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (days, rest) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
    let (year, month, day) = civil(days);
    if !(0..=9_999).contains(&year) {
        return write!(f, "{ms}ms");
    }
    let (second, ms) = (rest / 1_000, rest % 1_000);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Years begin in March here, so that the leap day is their last. Source: howardhinnant.github.io/date_algorithms.html.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * DAYS_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_BEFORE_1970
}

/// The same the other way round.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_BEFORE_1970;
    let (era, of_era) = (days.div_euclid(DAYS_400_YEARS), days.rem_euclid(DAYS_400_YEARS));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}
