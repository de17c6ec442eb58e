//! Moments, to the millisecond, as Genesys writes them, and the clock everything is given.

mod text;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in milliseconds since 1970-01-01 UTC; written as `2026-01-02T03:04:05.678Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is not an ISO-8601 date with a time zone.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a date: expected ISO 8601 in UTC, such as 2026-01-02T03:04:05.678Z")]
pub struct NotADate;

impl Timestamp {
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Later by `ms` milliseconds (earlier when negative); stops at the ends of time.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` until this moment; negative when `earlier` is later.
    #[must_use]
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(self.0, f)
    }
}

impl FromStr for Timestamp {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        text::read(text).or_else(|| in_any_form(text)).map(Self).ok_or(NotADate)
    }
}

/// Other forms that ISO 8601 allows, which only upstream could write.
#[cfg(not(target_family = "wasm"))]
fn in_any_form(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// The app hears the proxy alone, which writes one form.
#[cfg(target_family = "wasm")]
fn in_any_form(_: &str) -> Option<i64> {
    None
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What time it is. Only the binary knows the system clock; everything else is handed one of these,
/// so that a test, a simulation or the demo can move time.
pub trait Clock: Send + Sync {
    /// The time now. Never runs backwards.
    fn now(&self) -> Timestamp;

    /// Moves the clock forward, where that is possible (demo and tests); otherwise does nothing.
    fn advance_ms(&self, _ms: i64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_as_genesys_does() {
        let text = "2022-03-07T08:15:03.625Z";
        let moment: Timestamp = text.parse().unwrap();
        assert_eq!(moment.as_ms(), 1_646_640_903_625);
        assert_eq!(moment.to_string(), text);
        assert_eq!(
            "2022-03-07T08:15:03Z".parse::<Timestamp>().unwrap().to_string(),
            "2022-03-07T08:15:03.000Z"
        );
        assert_eq!("2022-03-07T09:15:03.625+01:00".parse(), Ok(moment));
    }

    #[test]
    fn dates_are_those_of_the_library() {
        // Every day of 400 years, each at another time of day.
        for day in -146_097..146_097_i64 {
            let ms = day * 86_400_000 + (day * 7_919_171).rem_euclid(86_400_000);
            let moment = jiff::Timestamp::from_millisecond(ms).unwrap();
            let written = format!("{moment:.3}");
            assert_eq!(Timestamp::from_ms(ms).to_string(), written);
            assert_eq!(text::read(&written), Some(ms), "{written}");
        }
    }

    #[test]
    fn forms_are_read_as_the_library_reads_them() {
        for form in [
            "2024-02-29T23:59:59Z",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2000-02-29 00:00:00.1z",
            "2024-04-31T00:00:00Z",
            "2024-12-31T23:59:60Z",
            "2024-12-31T24:00:00Z",
            "2024-12-31T23:59:59.123456789Z",
            "2024-12-31T23:59:59.Z",
            "2024-12-31T23:59:59-11:30",
            "2024-12-31T23:59:59+00:60",
            "2024-12-31T23:59:59",
            "2024-12-31T23:59:5äZ",
            "0000-01-01T00:00:00Z",
            "2024-1-31T23:59:59ZZ",
        ] {
            let library = form.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
            assert_eq!(text::read(form), library, "{form}");
        }
        // What only the library reads is read too, where upstream is heard.
        for form in [
            "2024-12-31T23:59Z",
            "20241231T235959Z",
            "2024-12-31T23:59:59+24:00",
            "2024-12-31T23:59:59,5+01",
            "2024-12-31T23:59:59Z[UTC]",
        ] {
            assert_eq!(text::read(form), None, "{form}");
            assert!(form.parse::<Timestamp>().is_ok(), "{form}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in ["", "yesterday", "2022-13-01T00:00:00Z", "2022-03-07T08:15:03"] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotADate), "{text}");
        }
    }
}
