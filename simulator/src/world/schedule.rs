//! Schedules: a pure function of seed, agent and day, worked out when somebody asks, and what a
//! supervisor has changed since.
//!
//! A day is one of the business unit's time zone, and a shift belongs to the day on which it begins.
//! It begins at the same time on the wall clock every working day, also when the clocks have changed;
//! lengths are true minutes, so that on such a day it ends an hour earlier or later.

use protocol::Timestamp;

use super::{
    AgentIx, World,
    activity_code::{self, CodeIx},
    calendar::{Day, MINUTE_MS, Zone},
};

/// One of so many days is free.
const WORK_CYCLE_DAYS: i64 = 9;
/// One in so many working days is taken off.
const TIME_OFF_EVERY: u64 = 50;
/// Activities begin at multiples of this.
const STEP_MINUTES: i64 = 5;

/// When an agent works, as agreed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkPlan {
    /// Minutes after midnight on the wall clock of the business unit.
    pub(crate) start_minute: i64,
    pub(crate) length_minutes: i64,
    /// Tells the days of agents apart whose plans are the same otherwise.
    pub(crate) variant: u64,
}

/// What is scheduled for one agent on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DayPlan {
    /// A free day.
    Free,
    /// The whole day is taken off.
    TimeOff,
    /// A shift begins.
    Shift(Shift),
}

/// A shift: activities without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) day: Day,
    pub(crate) start: Timestamp,
    pub(crate) length_minutes: i64,
    pub(crate) activities: Vec<Activity>,
    /// A supervisor has changed it.
    pub(crate) manually_edited: bool,
}

/// A part of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) code: CodeIx,
    pub(crate) start: Timestamp,
    pub(crate) length_minutes: i64,
}

/// A change by a supervisor: one activity of a shift begins earlier or later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    /// Which of the activities that are not On Queue work, from 0.
    pub(crate) activity: usize,
    pub(crate) minutes: i64,
}

/// What is scheduled at a moment, and until when that is sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scheduled {
    /// `None` when nothing is scheduled.
    pub(crate) code: Option<CodeIx>,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
}

impl Shift {
    /// When it is over.
    pub(crate) fn end(&self) -> Timestamp {
        self.start.plus_ms(self.length_minutes * MINUTE_MS)
    }
}

impl Activity {
    /// When it is over.
    pub(crate) fn end(&self) -> Timestamp {
        self.start.plus_ms(self.length_minutes * MINUTE_MS)
    }
}

impl WorkPlan {
    /// What is planned for a day, before anybody changes it.
    pub(crate) fn day(
        &self,
        seed: u64,
        agent: AgentIx,
        day: Day,
        change: Option<Move>,
        zone: &Zone,
    ) -> DayPlan {
        let dice = Dice::of(seed, agent, self.variant);
        let first_free = i64::try_from(dice.roll(0) % WORK_CYCLE_DAYS.unsigned_abs()).unwrap_or(0);
        if (day.0 + first_free).rem_euclid(WORK_CYCLE_DAYS) == 0 {
            return DayPlan::Free;
        }
        let dice = dice.on(day);
        if dice.roll(1).is_multiple_of(TIME_OFF_EVERY) {
            return DayPlan::TimeOff;
        }
        let mut parts = self.parts(dice);
        if let Some(change) = change {
            parts = moved(&parts, change);
        }
        let start = zone.at(day, self.start_minute);
        let mut activities = Vec::with_capacity(parts.len() * 2 + 1);
        let mut add = |code, from: i64, to: i64| {
            if to > from {
                let start = start.plus_ms(from * MINUTE_MS);
                activities.push(Activity { code, start, length_minutes: to - from });
            }
        };
        let mut at = 0;
        for part in &parts {
            add(activity_code::ON_QUEUE_WORK, at, part.start_minute);
            at = part.start_minute + part.length_minutes;
            add(part.code, part.start_minute, at);
        }
        add(activity_code::ON_QUEUE_WORK, at, self.length_minutes);
        DayPlan::Shift(Shift {
            day,
            start,
            length_minutes: self.length_minutes,
            activities,
            manually_edited: change.is_some(),
        })
    }

    /// What interrupts On Queue work: two breaks around a meal, and on some days something more. They
    /// stand at sixths of the shift, all earlier or all later than that, and each give or take, which
    /// keeps them apart.
    fn parts(&self, dice: Dice) -> Vec<Part> {
        let extra = match dice.roll(2) % 10 {
            0 | 1 => Some(activity_code::MEETING),
            2 => Some(activity_code::TRAINING),
            3 | 4 => Some(activity_code::COACHING),
            _ => None,
        };
        let extra_first = dice.roll(3).is_multiple_of(2);
        let slots = [
            Some(activity_code::BREAK),
            extra.filter(|_| extra_first),
            Some(activity_code::MEAL),
            extra.filter(|_| !extra_first),
            Some(activity_code::BREAK),
        ];
        let all_later = dice.between(4, -10, 10) * STEP_MINUTES;
        let mut parts = Vec::with_capacity(slots.len());
        for (slot, code) in (1_i64..).zip(slots) {
            let Some(code) = code else { continue };
            let jitter = dice.between(10 + slot.unsigned_abs(), -2, 2) * STEP_MINUTES;
            let about = self.length_minutes * slot / 6 + all_later + jitter;
            let start_minute = about - about.rem_euclid(STEP_MINUTES);
            parts.push(Part { code, start_minute, length_minutes: code.code().length_minutes });
        }
        parts
    }
}

/// What interrupts On Queue work, in minutes from the start of the shift.
#[derive(Clone, Copy)]
struct Part {
    code: CodeIx,
    start_minute: i64,
    length_minutes: i64,
}

/// Moves one part, as far as its neighbours let it.
fn moved(parts: &[Part], change: Move) -> Vec<Part> {
    let mut parts = parts.to_vec();
    let before = change.activity.checked_sub(1).and_then(|n| parts.get(n).copied());
    let after = parts.get(change.activity + 1).copied();
    if let Some(part) = parts.get_mut(change.activity) {
        let least = before.map_or(0, |part| part.start_minute + part.length_minutes);
        let most = after.map_or(part.start_minute + part.length_minutes, |part| part.start_minute)
            - part.length_minutes;
        part.start_minute = (part.start_minute + change.minutes).min(most).max(least);
    }
    parts
}

/// Dice that fall the same way for the same agent and day.
#[derive(Clone, Copy)]
pub(super) struct Dice(u64);

impl Dice {
    /// For all days of an agent.
    pub(super) fn of(seed: u64, agent: AgentIx, variant: u64) -> Self {
        let agent = u64::try_from(agent.0).unwrap_or(u64::MAX);
        Self(mix(mix(mix(seed) ^ agent) ^ variant))
    }

    /// For one day.
    pub(super) fn on(self, day: Day) -> Self {
        Self(mix(self.0 ^ day.0.cast_unsigned().wrapping_add(1)))
    }

    /// The throw of this number.
    pub(super) fn roll(self, number: u64) -> u64 {
        mix(self.0 ^ mix(number))
    }

    /// The throw of this number, from `least` to `most`.
    pub(super) fn between(self, number: u64, least: i64, most: i64) -> i64 {
        let choices = (most - least + 1).unsigned_abs().max(1);
        least + i64::try_from(self.roll(number) % choices).unwrap_or(0)
    }
}

/// One step of the generator "splitmix64": spreads every bit of what goes in over what comes out.
fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl World {
    /// What is scheduled for an agent on a day.
    pub(crate) fn day_plan(&self, agent: AgentIx, day: Day) -> DayPlan {
        if self.workforce.first_day(agent).is_none_or(|first| day < first) {
            return DayPlan::Free;
        }
        let plan = &self.workforce.plans[agent.0];
        let change = self.workforce.moves.get(&(day, agent)).copied();
        plan.day(self.seed, agent, day, change, &self.business_unit_of(agent).zone)
    }

    /// The shifts of an agent that touch the time from `start` to `end`.
    pub(crate) fn shifts(&self, agent: AgentIx, start: Timestamp, end: Timestamp) -> Vec<Shift> {
        let zone = &self.business_unit_of(agent).zone;
        let (first, last) = (zone.day_of(start).plus(-1), zone.day_of(end));
        (first.0..=last.0)
            .filter_map(|day| match self.day_plan(agent, Day(day)) {
                DayPlan::Shift(shift) => Some(shift),
                DayPlan::Free | DayPlan::TimeOff => None,
            })
            .filter(|shift| shift.end() > start && shift.start < end)
            .collect()
    }

    /// The days from `start` to `end` that an agent has taken off.
    pub(crate) fn days_taken_off(&self, agent: AgentIx, start: Timestamp, end: Timestamp) -> Vec<Day> {
        let zone = &self.business_unit_of(agent).zone;
        let (first, last) = (zone.day_of(start), zone.day_of(end.plus_ms(-1)));
        (first.0..=last.0).map(Day).filter(|day| self.day_plan(agent, *day) == DayPlan::TimeOff).collect()
    }

    /// What is scheduled for an agent at a moment.
    pub(crate) fn scheduled(&self, agent: AgentIx, at: Timestamp) -> Scheduled {
        let zone = &self.business_unit_of(agent).zone;
        let today = zone.day_of(at);
        let (mut since, mut until) = (zone.at(today, 0), zone.at(today.plus(1), 0));
        let mut time_off = false;
        for day in [today.plus(-1), today] {
            match self.day_plan(agent, day) {
                DayPlan::Shift(shift) if shift.start > at => until = until.min(shift.start),
                DayPlan::Shift(shift) if shift.end() <= at => since = since.max(shift.end()),
                DayPlan::Shift(shift) => {
                    if let Some(is) = shift.activities.iter().find(|activity| activity.end() > at) {
                        return Scheduled { code: Some(is.code), since: is.start, until: is.end() };
                    }
                }
                DayPlan::TimeOff => time_off = day == today,
                DayPlan::Free => {}
            }
        }
        Scheduled { code: time_off.then_some(activity_code::TIME_OFF), since, until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: WorkPlan = WorkPlan { start_minute: 0, length_minutes: 600, variant: 3 };

    fn shift_on(zone: &str, date: &str, plan: WorkPlan) -> Shift {
        let zone = Zone::named(zone).unwrap();
        let day = zone.day_of(format!("{date}T12:00:00.000Z").parse().unwrap());
        (0..50)
            .find_map(|agent| match plan.day(7, AgentIx(agent), day, None, &zone) {
                DayPlan::Shift(shift) => Some(shift),
                DayPlan::Free | DayPlan::TimeOff => None,
            })
            .expect("somebody works")
    }

    #[test]
    fn a_shift_begins_by_the_wall_clock_and_lasts_its_true_minutes() {
        let check = |zone: &str, date: &str, start_minute: i64, from: &str, to: &str| {
            let shift = shift_on(zone, date, WorkPlan { start_minute, ..PLAN });
            assert_eq!((shift.start.to_string().as_str(), shift.end().to_string().as_str()), (from, to));
            let parts: i64 = shift.activities.iter().map(|activity| activity.length_minutes).sum();
            assert_eq!(parts, shift.length_minutes);
        };
        // The night on which clocks go forward: from 22:00 to 09:00 instead of 08:00.
        check("Europe/Berlin", "2026-03-27", 22 * 60, "2026-03-27T21:00:00.000Z", "2026-03-28T07:00:00.000Z");
        check("Europe/Berlin", "2026-03-28", 22 * 60, "2026-03-28T21:00:00.000Z", "2026-03-29T07:00:00.000Z");
        check("Europe/Berlin", "2026-03-29", 22 * 60, "2026-03-29T20:00:00.000Z", "2026-03-30T06:00:00.000Z");
        // And back.
        check("Europe/Berlin", "2026-10-24", 22 * 60, "2026-10-24T20:00:00.000Z", "2026-10-25T06:00:00.000Z");
        check("Europe/Berlin", "2026-10-25", 22 * 60, "2026-10-25T21:00:00.000Z", "2026-10-26T07:00:00.000Z");
        check(
            "America/New_York",
            "2026-03-07",
            9 * 60,
            "2026-03-07T14:00:00.000Z",
            "2026-03-08T00:00:00.000Z",
        );
        check(
            "America/New_York",
            "2026-03-08",
            9 * 60,
            "2026-03-08T13:00:00.000Z",
            "2026-03-08T23:00:00.000Z",
        );
    }

    #[test]
    fn activities_follow_one_another_without_gaps() {
        let zone = Zone::named("Europe/London").unwrap();
        let (mut free, mut off, mut worked) = (0, 0, 0);
        for agent in (0..40).map(AgentIx) {
            for day in (20_000..20_040).map(Day) {
                for length_minutes in [600, 660, 720] {
                    let change = (day.0 % 3 == 0).then_some(Move { activity: 1, minutes: 90 });
                    let shift = match (WorkPlan { length_minutes, ..PLAN }).day(5, agent, day, change, &zone)
                    {
                        DayPlan::Free => {
                            free += 1;
                            continue;
                        }
                        DayPlan::TimeOff => {
                            off += 1;
                            continue;
                        }
                        DayPlan::Shift(shift) => shift,
                    };
                    worked += 1;
                    assert_eq!(shift.manually_edited, change.is_some());
                    let mut at = shift.start;
                    for activity in &shift.activities {
                        assert_eq!(activity.start, at, "{shift:?}");
                        assert!(activity.length_minutes > 0, "{shift:?}");
                        at = activity.end();
                    }
                    assert_eq!(at, shift.end());
                    let count = |code| shift.activities.iter().filter(|is| is.code == code).count();
                    assert_eq!(
                        (count(activity_code::BREAK), count(activity_code::MEAL)),
                        (2, 1),
                        "{shift:?}"
                    );
                }
            }
        }
        assert!(free * 8 > worked / 2 && off > 0 && off * 20 < worked, "{free} {off} {worked}");
    }
}
