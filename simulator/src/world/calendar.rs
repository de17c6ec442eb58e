//! Days and wall clocks of a time zone. The rules of the zones come with the program, so that a world
//! does not depend on the machine it runs on.

use jiff::{
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use protocol::Timestamp;

/// A day, counted from 1 January 1970, without a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i64);

/// A time zone with its IANA name.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    pub(crate) name: String,
    rules: TimeZone,
}

/// The names of all time zones, sorted.
pub(crate) fn zone_names() -> Vec<String> {
    let mut names: Vec<String> =
        TimeZoneDatabase::bundled().available().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    names
}

impl Zone {
    /// The zone of this IANA name, whatever the case it is written in.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let rules = TimeZoneDatabase::bundled().get(name).ok()?;
        Some(Self { name: rules.iana_name().unwrap_or(name).to_owned(), rules })
    }

    /// The day that a calendar on the wall shows.
    pub(crate) fn day_of(&self, at: Timestamp) -> Day {
        self.on_the_wall(at).0
    }

    /// Minutes that the clock on the wall has gone since its midnight.
    pub(crate) fn minute_of(&self, at: Timestamp) -> i64 {
        self.on_the_wall(at).1
    }

    /// When the clock on the wall shows this minute of this day. A time that a change of the clocks
    /// leaves out is read by the clock of before; of one that comes twice the first is meant.
    pub(crate) fn at(&self, day: Day, minute: i64) -> Timestamp {
        let (day, minute) = (Day(day.0 + minute.div_euclid(DAY_MINUTES)), minute.rem_euclid(DAY_MINUTES));
        let utc = Timestamp::from_ms((day.0 * DAY_MINUTES + minute) * MINUTE_MS);
        let (Some(date), Ok(hour), Ok(minute)) =
            (day.date(), i8::try_from(minute / 60), i8::try_from(minute % 60))
        else {
            return utc;
        };
        let wall = date.at(hour, minute, 0, 0);
        let moment = self.rules.to_ambiguous_timestamp(wall).compatible();
        moment.map_or(utc, |moment| Timestamp::from_ms(moment.as_millisecond()))
    }

    fn on_the_wall(&self, at: Timestamp) -> (Day, i64) {
        let offset_s = jiff::Timestamp::from_millisecond(at.as_ms())
            .map_or(0, |moment| i64::from(self.rules.to_offset(moment).seconds()));
        let minutes = at.as_ms().saturating_add(offset_s * 1_000).div_euclid(MINUTE_MS);
        (Day(minutes.div_euclid(DAY_MINUTES)), minutes.rem_euclid(DAY_MINUTES))
    }
}

impl Day {
    /// The day `days` later.
    pub(crate) fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// The Monday on or before this day: 1 January 1970 was a Thursday.
    pub(crate) fn monday(self) -> Self {
        Self(self.0 - (self.0 + 3).rem_euclid(7))
    }

    /// As `2026-01-02`.
    pub(crate) fn text(self) -> String {
        self.date().map_or_else(|| format!("day {}", self.0), |date| date.to_string())
    }

    fn date(self) -> Option<Date> {
        let midnight = jiff::Timestamp::from_second(self.0.checked_mul(DAY_MINUTES * 60)?).ok()?;
        Some(TimeZone::UTC.to_datetime(midnight).date())
    }
}

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const DAY_MINUTES: i64 = 24 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &str, at: &str, expected: (&str, i64)) {
        let zone = Zone::named(zone).unwrap();
        let at: Timestamp = at.parse().unwrap();
        let (day, minute) = (zone.day_of(at), zone.minute_of(at));
        assert_eq!((day.text().as_str(), minute), expected);
        assert_eq!(zone.at(day, minute), at);
    }

    #[test]
    fn days_and_minutes_are_those_of_the_zone() {
        check("Europe/Berlin", "2026-03-28T22:59:00.000Z", ("2026-03-28", 23 * 60 + 59));
        check("Europe/Berlin", "2026-03-28T23:00:00.000Z", ("2026-03-29", 0));
        check("Europe/Berlin", "2026-03-29T01:00:00.000Z", ("2026-03-29", 3 * 60));
        check("Europe/Berlin", "2026-10-25T00:00:00.000Z", ("2026-10-25", 2 * 60));
        check("America/New_York", "2026-03-08T07:00:00.000Z", ("2026-03-08", 3 * 60));
        check("Asia/Kolkata", "2026-03-08T18:30:00.000Z", ("2026-03-09", 0));
    }

    #[test]
    fn days_on_which_clocks_change_are_shorter_and_longer() {
        let hours = |zone: &str, day: &str| {
            let zone = Zone::named(zone).unwrap();
            let noon: Timestamp = format!("{day}T12:00:00.000Z").parse().unwrap();
            let day = zone.day_of(noon);
            zone.at(day.plus(1), 0).ms_since(zone.at(day, 0)) / 3_600_000
        };
        assert_eq!(hours("Europe/Berlin", "2026-03-29"), 23);
        assert_eq!(hours("Europe/Berlin", "2026-10-25"), 25);
        assert_eq!(hours("America/New_York", "2026-03-08"), 23);
        assert_eq!(hours("America/New_York", "2026-11-01"), 25);
        assert_eq!(hours("Asia/Kolkata", "2026-03-29"), 24);
    }

    #[test]
    fn a_time_that_a_change_leaves_out_or_repeats_has_one_meaning() {
        let zone = Zone::named("europe/berlin").unwrap();
        assert_eq!(zone.name, "Europe/Berlin");
        let day = zone.day_of("2026-03-29T12:00:00.000Z".parse().unwrap());
        assert_eq!(zone.at(day, 150).to_string(), "2026-03-29T01:30:00.000Z");
        let day = zone.day_of("2026-10-25T12:00:00.000Z".parse().unwrap());
        assert_eq!(zone.at(day, 150).to_string(), "2026-10-25T00:30:00.000Z");
        assert!(Zone::named("Europe/Atlantis").is_none());
    }

    #[test]
    fn weeks_begin_on_monday() {
        let sunday = Zone::named("UTC").unwrap().day_of("2026-03-29T12:00:00.000Z".parse().unwrap());
        assert_eq!(sunday.monday().text(), "2026-03-23");
        assert_eq!(sunday.plus(1).monday().text(), "2026-03-30");
    }
}
