//! Which periods figures are of: the current interval, and today.

use jiff::tz::TimeZone;
use protocol::{Timestamp, query::aggregates::INTERVAL_MS};

/// When the periods of a moment began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Periods {
    /// The half hour of the clock.
    pub interval: Timestamp,
    /// The last midnight.
    pub today: Timestamp,
}

/// Knows where midnight is.
#[derive(Clone, Debug)]
pub struct Calendar(TimeZone);

impl Calendar {
    /// A calendar of a time zone by its IANA name, as in `Europe/Berlin`; `None` for a name that there is not.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The one whose days are those of UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The periods in which a moment lies.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Periods {
        let interval = Timestamp::from_ms(now.as_ms().div_euclid(INTERVAL_MS) * INTERVAL_MS);
        let midnight = jiff::Timestamp::from_millisecond(now.as_ms())
            .ok()
            // On some days the clocks are put forward at midnight: then the day begins an hour later.
            .and_then(|now| now.to_zoned(self.0.clone()).start_of_day().ok())
            .map(|start| Timestamp::from_ms(start.timestamp().as_millisecond()));
        // No midnight can be reckoned at the ends of time alone.
        Periods { interval, today: midnight.unwrap_or(interval) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &str, now: &str, interval: &str, today: &str) {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let periods = Calendar::named(zone).unwrap().at(at(now));
        assert_eq!(periods, Periods { interval: at(interval), today: at(today) }, "{zone} {now}");
    }

    #[test]
    fn days_begin_where_people_are() {
        check("UTC", "2026-03-02T10:12:00Z", "2026-03-02T10:00:00Z", "2026-03-02T00:00:00Z");
        check("UTC", "2026-03-02T10:30:00Z", "2026-03-02T10:30:00Z", "2026-03-02T00:00:00Z");
        check("Europe/Berlin", "2026-03-02T23:30:00Z", "2026-03-02T23:30:00Z", "2026-03-02T23:00:00Z");
        check("Asia/Kathmandu", "2026-03-02T18:20:00Z", "2026-03-02T18:00:00Z", "2026-03-02T18:15:00Z");
        // Summer time begins on the 29th, and that day has 23 hours.
        check("Europe/Berlin", "2026-03-29T21:59:00Z", "2026-03-29T21:30:00Z", "2026-03-28T23:00:00Z");
        check("Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-29T22:00:00Z", "2026-03-29T22:00:00Z");
        assert!(Calendar::named("Europe/Atlantis").is_none());
    }
}
