//! Whether a moment is at work: inside a published shift, and inside the operating hours.

use jiff::{civil::Time, tz::TimeZone};
use protocol::Timestamp;

use crate::refusal::{Code, Refusal};

/// A published shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// When it begins.
    pub start: Timestamp,
    /// How long it is. The vendor gives lengths and no ends.
    pub minutes: u32,
}

impl Shift {
    /// When it is over; that moment is not part of it.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.start.plus_ms(i64::from(self.minutes) * 60_000)
    }

    fn contains(self, at: Timestamp) -> bool {
        self.start <= at && at < self.end()
    }
}

/// Where an agent's day is looked up.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
    name: String,
    /// Nobody said which: it is UTC, and that is said.
    pub is_guess: bool,
}

impl Zone {
    /// The first that somebody names: the request, the configuration, the business unit; else UTC.
    ///
    /// # Errors
    /// When a name is no time zone's. Nobody's wrong name is passed over for the next one's.
    pub fn first_of(names: [Option<&str>; 3]) -> Result<Self, Refusal> {
        let Some(name) = names.into_iter().flatten().next() else {
            return Ok(Self { zone: TimeZone::UTC, name: "UTC".to_owned(), is_guess: true });
        };
        let unknown = |_| {
            let shown: String = name.chars().take(80).collect();
            let words = format!("\"{shown}\" is no time zone: give an IANA name, as in Europe/Berlin");
            Refusal::new(Code::TimeZoneUnknown, words).accepting(alike(name))
        };
        let zone = TimeZone::get(name).map_err(unknown)?;
        Ok(Self { zone, name: name.to_owned(), is_guess: false })
    }

    /// What clocks there show, from midnight on.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> Time {
        let at = jiff::Timestamp::from_millisecond(at.as_ms());
        // The ends of time are no time of anybody's day.
        at.map_or(Time::midnight(), |at| at.to_zoned(self.zone.clone()).time())
    }

    /// The name that was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn shown(&self, at: Timestamp) -> String {
        let shown = jiff::Timestamp::from_millisecond(at.as_ms())
            .map(|at| at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string());
        shown.unwrap_or_else(|_| at.to_string())
    }
}

/// Time zones that share a word with what somebody gave for one, few enough to read.
fn alike(name: &str) -> Vec<String> {
    const SHOWN: usize = 8;
    /// Shorter words are in half of all names.
    const LETTERS_LEAST: usize = 3;
    let name = name.to_lowercase();
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= LETTERS_LEAST)
        .collect();
    let is_alike = |zone: &str| {
        let zone = zone.to_lowercase();
        // The last word is the town, which says more than the continent.
        words.last().is_some_and(|word| zone.contains(word))
    };
    let zones = jiff::tz::db().available().map(|zone| zone.to_string());
    let found: Vec<String> = zones.filter(|zone| is_alike(zone)).take(SHOWN).collect();
    if found.is_empty() {
        ["UTC", "Europe/Berlin", "America/New_York"].map(str::to_owned).to_vec()
    } else {
        found
    }
}

/// From when to when a contact centre works, by the clock on the wall. `from` later than `until` spans midnight; both
/// equal is the whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// In minutes from midnight.
    pub from: u16,
    /// In minutes from midnight, not part of it; 1,440 for the end of the day.
    pub until: u16,
}

/// A day's minutes.
const DAY: u16 = 24 * 60;

impl Default for Hours {
    /// 08:00 to 20:00.
    fn default() -> Self {
        Self { from: 8 * 60, until: 20 * 60 }
    }
}

impl Hours {
    /// The whole day.
    pub const ALL_DAY: Self = Self { from: 0, until: DAY };

    /// Reads `08:00-20:00`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let minute = |clock: &str| {
            let (hour, minute) = clock.trim().split_once(':')?;
            let is_short = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            let (hour, minute): (u16, u16) = (is_short(hour) && is_short(minute))
                .then(|| (hour.parse().ok(), minute.parse().ok()))
                .and_then(|(hour, minute)| Some((hour?, minute?)))?;
            let all = hour * 60 + minute;
            (minute < 60 && all <= DAY).then_some(all)
        };
        let (from, until) = text.split_once('-')?;
        Some(Self { from: minute(from)?, until: minute(until)? })
    }

    /// Whether the clock stands inside.
    #[must_use]
    pub fn contain(self, clock: Time) -> bool {
        let minute = u16::from(clock.hour().unsigned_abs()) * 60 + u16::from(clock.minute().unsigned_abs());
        let (from, until) = (self.from % DAY, self.until % DAY);
        match from.cmp(&until) {
            std::cmp::Ordering::Less => (from..until).contains(&minute),
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => minute >= from || minute < until,
        }
    }

    fn shown(self) -> String {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        format!("{} to {}", clock(self.from), clock(self.until))
    }
}

/// What is known of an agent's shifts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Read: what is published, which may be nothing for this day.
    Published(Vec<Shift>),
    /// The agent is in no business unit, or nothing is published for it at all.
    Nothing,
    /// It could not be read, in words.
    Unread(String),
}

impl Schedule {
    /// Whether the agent is at work at a moment, by what is published.
    ///
    /// # Errors
    /// When it is not, or when nobody knows: the code tells the two apart.
    pub fn holds(&self, at: Timestamp, zone: &Zone) -> Result<(), Refusal> {
        match self {
            Self::Published(shifts) if shifts.iter().any(|shift| shift.contains(at)) => Ok(()),
            Self::Published(shifts) => {
                let next = shifts.iter().filter(|shift| shift.start > at).min_by_key(|shift| shift.start);
                let next = next.map_or_else(
                    || "none is published after it".to_owned(),
                    |next| format!("the next one begins at {}", zone.shown(next.start)),
                );
                let words = format!(
                    "{} ({}) is outside of the agent's published shifts, and only Offline can be set there; {next}",
                    zone.shown(at),
                    zone.name
                );
                Err(Refusal::new(Code::OutsideShift, words).accepting(vec!["Offline".to_owned()]))
            }
            Self::Nothing => Err(Refusal::new(
                Code::NoSchedule,
                "no schedule is published for the agent, so that nobody can say whether it is at work",
            )),
            Self::Unread(why) => Err(Refusal::new(
                Code::NoSchedule,
                format!(
                    "the agent's schedule could not be read, so that nobody can say whether it is at work: {why}"
                ),
            )),
        }
    }
}

/// Whether a moment is inside the operating hours.
///
/// # Errors
/// When it is not.
pub fn within_hours(hours: Hours, at: Timestamp, zone: &Zone) -> Result<(), Refusal> {
    if hours.contain(zone.clock(at)) {
        return Ok(());
    }
    let words = format!(
        "{} ({}) is outside of the operating hours, {}, and only Offline can be set there",
        zone.shown(at),
        zone.name,
        hours.shown()
    );
    Err(Refusal::new(Code::OutsideHours, words).accepting(vec!["Offline".to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> Zone {
        Zone::first_of([Some(name), None, None]).unwrap()
    }

    #[test]
    fn a_shift_has_its_first_moment_and_not_its_last() {
        let night = Shift { start: at("2026-03-01T22:00:00.000Z"), minutes: 8 * 60 };
        let schedule = Schedule::Published(vec![night]);
        let holds = |text: &str| schedule.holds(at(text), &zone("UTC")).map_err(|refusal| refusal.code);
        assert_eq!(holds("2026-03-01T21:59:59.999Z"), Err(Code::OutsideShift));
        assert_eq!(holds("2026-03-01T22:00:00.000Z"), Ok(()));
        assert_eq!(holds("2026-03-02T05:59:59.999Z"), Ok(()), "across midnight");
        assert_eq!(holds("2026-03-02T06:00:00.000Z"), Err(Code::OutsideShift));
    }

    #[test]
    fn outside_is_told_in_the_agents_own_time_with_the_next_shift() {
        let shift = Shift { start: at("2026-03-29T06:00:00.000Z"), minutes: 480 };
        let refusal =
            Schedule::Published(vec![shift]).holds(at("2026-03-28T23:30:00.000Z"), &zone("Europe/Berlin"));
        let words = refusal.unwrap_err().words;
        assert!(words.contains("2026-03-29 00:30 (Europe/Berlin)"), "{words}");
        assert!(words.contains("begins at 2026-03-29 08:00"), "summer has begun in between: {words}");
    }

    #[test]
    fn no_schedule_is_not_outside_of_one() {
        let code = |schedule: &Schedule| {
            schedule.holds(at("2026-03-28T23:30:00.000Z"), &zone("UTC")).unwrap_err().code
        };
        assert_eq!(code(&Schedule::Nothing), Code::NoSchedule);
        assert_eq!(code(&Schedule::Unread("503".to_owned())), Code::NoSchedule);
        assert_eq!(code(&Schedule::Published(Vec::new())), Code::OutsideShift, "a day off");
    }

    #[test]
    fn hours_go_by_the_clock_on_the_wall() {
        let open = |hours, text: &str, name: &str| within_hours(hours, at(text), &zone(name)).is_ok();
        let day = Hours::default();
        assert!(!open(day, "2026-03-29T05:59:59.999Z", "Europe/Berlin"), "summer time: 07:59");
        assert!(open(day, "2026-03-29T06:00:00.000Z", "Europe/Berlin"));
        assert!(!open(day, "2026-03-28T06:59:59.999Z", "Europe/Berlin"), "winter time: 07:59");
        assert!(open(day, "2026-01-01T02:30:00.000Z", "Asia/Kolkata"), "half an hour: 08:00");
        assert!(!open(day, "2026-01-01T02:29:00.000Z", "Asia/Kolkata"));
        let night = Hours { from: 22 * 60, until: 6 * 60 };
        assert!(
            open(night, "2026-01-01T23:00:00.000Z", "UTC") && open(night, "2026-01-01T05:59:00.000Z", "UTC")
        );
        assert!(
            !open(night, "2026-01-01T06:00:00.000Z", "UTC")
                && !open(night, "2026-01-01T21:59:00.000Z", "UTC")
        );
        assert!(open(Hours::ALL_DAY, "2026-01-01T00:00:00.000Z", "UTC"));
        assert!(open(Hours::ALL_DAY, "2026-01-01T23:59:59.999Z", "UTC"));
    }

    #[test]
    fn hours_are_written_as_two_times() {
        assert_eq!(Hours::parse("08:00-20:00"), Some(Hours::default()));
        assert_eq!(Hours::parse("00:00 - 24:00"), Some(Hours::ALL_DAY));
        assert_eq!(Hours::parse("22:30-06:15"), Some(Hours { from: 22 * 60 + 30, until: 6 * 60 + 15 }));
        for wrong in [
            "",
            "8-20",
            "8:00-20:00",
            "08:00",
            "08:60-20:00",
            "08:00-24:01",
            "+8:00-20:00",
            "08:00-20:00-21:00",
        ] {
            assert_eq!(Hours::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_first_who_names_a_zone_decides_and_a_wrong_name_is_no_guess() {
        let named = |names| Zone::first_of(names).map(|zone| (zone.name().to_owned(), zone.is_guess));
        assert_eq!(
            named([None, Some("Asia/Tokyo"), Some("Europe/Paris")]),
            Ok(("Asia/Tokyo".to_owned(), false))
        );
        assert_eq!(named([None, None, None]), Ok(("UTC".to_owned(), true)));
        let refusal = named([Some("Mars/Olympus"), Some("UTC"), None]).unwrap_err();
        assert_eq!(refusal.code, Code::TimeZoneUnknown);
        assert!(refusal.accepted.contains(&"UTC".to_owned()), "{refusal}");
        let refusal = named([Some("America/Berlin"), None, None]).unwrap_err();
        assert_eq!(refusal.accepted, ["Europe/Berlin"], "{refusal}");
    }
}
