//! Intervals, `start/end`, and how granularity cuts them.

use axum::http::StatusCode;
use protocol::Timestamp;

use crate::refusal::Refusal;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A day in milliseconds.
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
/// More parts than this are refused.
const PARTS_MAX: i64 = 10_000;

/// From then until then, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Interval {
    /// From what a query says.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let wrong = || {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                "invalid.date",
                "interval: expected start/end, such as 2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z",
            )
        };
        let (start, end) = text.split_once('/').ok_or_else(wrong)?;
        let start: Timestamp = start.trim().parse().map_err(|_| wrong())?;
        let end: Timestamp = end.trim().parse().map_err(|_| wrong())?;
        if start < end { Ok(Self { start, end }) } else { Err(wrong()) }
    }

    /// How long it is.
    pub(super) fn length_ms(self) -> i64 {
        self.end.ms_since(self.start)
    }

    /// Its parts of this length, the last one shorter when it does not come out even.
    pub(super) fn parts(self, part_ms: i64) -> impl Iterator<Item = Self> {
        let count = (self.length_ms() + part_ms - 1) / part_ms;
        (0..count).map(move |n| {
            let start = self.start.plus_ms(n * part_ms);
            Self { start, end: start.plus_ms(part_ms).min(self.end) }
        })
    }

    /// Its parts by days of UTC; none when it ends before it starts.
    pub(super) fn days(self) -> impl Iterator<Item = Self> {
        let day_of = |moment: Timestamp| moment.as_ms().div_euclid(DAY_MS);
        let last = day_of(self.end.plus_ms(-1));
        let days = (day_of(self.start)..=last).map(move |day| Self {
            start: Timestamp::from_ms(day * DAY_MS).max(self.start),
            end: Timestamp::from_ms((day + 1) * DAY_MS).min(self.end),
        });
        days.filter(|day| day.start < day.end)
    }

    /// The length of a part; without granularity the whole interval is one.
    ///
    /// Parts are counted from the start of the interval, so that the time zone matters only for
    /// days, some of which are not 24 hours long.
    pub(super) fn part_ms(self, granularity: Option<&str>, time_zone: Option<&str>) -> Result<i64, Refusal> {
        super::check_time_zone(time_zone)?;
        let part_ms = match granularity {
            None => self.length_ms(),
            Some(text) => period_ms(text).ok_or_else(|| {
                Refusal::invalid_value("granularity: expected an ISO 8601 period such as PT30M, PT1H or P1D")
            })?,
        };
        let utc = time_zone.is_none_or(|zone| matches!(zone, "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT" | "Z"));
        if !utc && granularity.is_some() && part_ms >= DAY_MS {
            return Err(Refusal::invalid_value("timeZone: with a granularity of days only UTC is imitated"));
        }
        if self.length_ms() / part_ms >= PARTS_MAX {
            let message = format!("granularity: the interval would have more than {PARTS_MAX} parts");
            return Err(Refusal::invalid_value(message));
        }
        Ok(part_ms)
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.start, self.end)
    }
}

/// An ISO 8601 period of weeks, days, hours, minutes and seconds; months and years have no length.
fn period_ms(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P')?;
    let (days, times) = rest.split_once('T').unwrap_or((rest, ""));
    let ms = of_units(days, &[('W', 7 * DAY_MS), ('D', DAY_MS)])?
        .checked_add(of_units(times, &[('H', HOUR_MS), ('M', MINUTE_MS), ('S', 1_000)])?)?;
    (ms > 0).then_some(ms)
}

fn of_units(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum: i64 = 0;
    let mut rest = text;
    for (unit, unit_ms) in units {
        if let Some((number, behind)) = rest.split_once(*unit) {
            sum = sum.checked_add(number.parse::<u32>().ok().map(i64::from)?.checked_mul(*unit_ms)?)?;
            rest = behind;
        }
    }
    rest.is_empty().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_have_lengths() {
        for (text, expected) in [
            ("PT30M", Some(30 * MINUTE_MS)),
            ("PT1H30M", Some(90 * MINUTE_MS)),
            ("P1DT2H", Some(26 * HOUR_MS)),
            ("P2W", Some(14 * DAY_MS)),
            ("P1M", None),
            ("PT0M", None),
            ("30M", None),
            ("PT", None),
            ("PT30", None),
            ("PT1M1H", None),
        ] {
            assert_eq!(period_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn an_interval_comes_in_parts() {
        let interval = Interval::read("2026-01-02T03:10:00Z/2026-01-02T04:20:00.000Z").unwrap();
        let part_ms = interval.part_ms(Some("PT30M"), Some("Europe/Berlin")).unwrap();
        let parts: Vec<String> = interval.parts(part_ms).map(|part| part.to_string()).collect();
        assert_eq!(
            parts,
            [
                "2026-01-02T03:10:00.000Z/2026-01-02T03:40:00.000Z",
                "2026-01-02T03:40:00.000Z/2026-01-02T04:10:00.000Z",
                "2026-01-02T04:10:00.000Z/2026-01-02T04:20:00.000Z",
            ]
        );
        assert_eq!(interval.days().collect::<Vec<_>>(), [interval]);
        let night = Interval::read("2026-01-02T23:00:00Z/2026-01-04T00:00:00.000Z").unwrap();
        let days: Vec<String> = night.days().map(|day| day.to_string()).collect();
        assert_eq!(
            days,
            [
                "2026-01-02T23:00:00.000Z/2026-01-03T00:00:00.000Z",
                "2026-01-03T00:00:00.000Z/2026-01-04T00:00:00.000Z",
            ]
        );
        assert_eq!(Interval { end: night.start, ..night }.days().count(), 0);
        let whole = interval.part_ms(None, Some("Europe/Berlin")).unwrap();
        assert_eq!(interval.parts(whole).collect::<Vec<_>>(), [interval]);
        assert!(interval.part_ms(Some("P1D"), Some("Europe/Berlin")).is_err());
        for text in ["2026-01-02T03:10:00Z", "2026-01-02T03:10:00Z/2026-01-02T03:10:00Z", "a/b"] {
            assert!(Interval::read(text).is_err(), "{text}");
        }
    }
}
