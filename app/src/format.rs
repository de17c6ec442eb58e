//! Numbers as text.

use std::fmt::Write as _;

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

/// What a name is sorted by, given in Unicode's decomposed form: its letters without marks, in lower case.
#[must_use]
pub fn sort_key(decomposed: &str) -> String {
    let is_mark = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    let mut key = String::with_capacity(decomposed.len());
    for c in decomposed.chars().filter(|c| !is_mark(c)).flat_map(char::to_lowercase) {
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
    fn names_are_sorted_by_their_letters() {
        // "Élodie" and "Zoë" as the browser decomposes them.
        let mut names = ["Zoe\u{308}", "Øystein", "E\u{301}lodie", "Emre", "anna", "Łukasz", "Lars"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["anna", "E\u{301}lodie", "Emre", "Lars", "Łukasz", "Øystein", "Zoe\u{308}"]);
    }
}
