//! Numbers as text.

use std::fmt::{self, Write as _};

use crate::words::{self, Word};

/// A duration as a wall shows it: `0:07`, `4:12`, `1:04:12`, and from a hundred hours on `5 d 3 h`.
#[must_use]
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut text = String::with_capacity(8);
    // Writing to a string cannot fail.
    let _ = match hours {
        0 => write!(text, "{minutes}:{rest:02}"),
        1..100 => write!(text, "{hours}:{minutes:02}:{rest:02}"),
        _ => {
            let (days, hours) = ((hours / 24).to_string(), (hours % 24).to_string());
            return words::filled(Word::DaysAndHours, &[("days", &days), ("hours", &hours)]);
        }
    };
    text
}

/// A length to a tenth. What the language has for it would be 15 KB of the page's program.
#[derive(Clone, Copy, Debug)]
pub struct Tenths(pub f64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        let tenths = tenths.unsigned_abs();
        write!(f, "{sign}{}.{}", tenths / 10, tenths % 10)
    }
}

/// Per cent as a share of one.
#[must_use]
pub fn hundredths(percent: u32) -> String {
    format!("{}.{:02}", percent / 100, percent % 100)
}

/// In lower case. The browser does it: the tables would be a part of the page's program.
#[must_use]
pub fn lower(text: &str) -> String {
    #[cfg(target_family = "wasm")]
    return js_sys::JsString::from(text).to_lower_case().into();
    #[cfg(not(target_family = "wasm"))]
    text.to_lowercase()
}

/// What a name is sorted by, given in lower case and in Unicode's decomposed form: its letters without marks.
#[must_use]
pub fn sort_key(decomposed: &str) -> String {
    let is_mark = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    let mut key = String::with_capacity(decomposed.len());
    for c in decomposed.chars().filter(|c| !is_mark(c)) {
        // Letters with strokes and ligatures have no decomposed form.
        match c {
            'ø' => key.push('o'),
            'ł' => key.push('l'),
            'đ' | 'ð' => key.push('d'),
            'ı' => key.push('i'),
            'ß' => key.push_str("ss"),
            'æ' => key.push_str("ae"),
            'œ' => key.push_str("oe"),
            'þ' => key.push_str("th"),
            _ => key.push(c),
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_grow_from_seconds_to_days() {
        for (seconds, text) in [
            (-5, "0:00"),
            (0, "0:00"),
            (7, "0:07"),
            (252, "4:12"),
            (3_599, "59:59"),
            (3_600, "1:00:00"),
            (3_852, "1:04:12"),
            (359_999, "99:59:59"),
            (360_000, "4 d 4 h"),
            (31_536_000, "365 d 0 h"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn lengths_have_one_digit() {
        for (length, text) in
            [(0.0, "0.0"), (1.25, "1.3"), (-0.04, "0.0"), (-12.34, "-12.3"), (99.96, "100.0")]
        {
            assert_eq!(Tenths(length).to_string(), text);
        }
        assert_eq!((hundredths(5), hundredths(250)), ("0.05".to_owned(), "2.50".to_owned()));
    }

    #[test]
    fn names_are_sorted_by_their_letters() {
        // "Élodie" and "Zoë" as the browser decomposes them.
        let mut names = ["zoe\u{308}", "øystein", "e\u{301}lodie", "emre", "anna", "łukasz", "lars"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["anna", "e\u{301}lodie", "emre", "lars", "łukasz", "øystein", "zoe\u{308}"]);
    }
}
