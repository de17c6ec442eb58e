//! Workforce management: business units, management units, who works when, and what a supervisor has
//! changed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::Timestamp;
use rand_chacha::ChaCha8Rng;

use super::{
    AgentIx, ScheduleChange, What, World,
    activity_code::ON_QUEUE_WORK,
    adherence::{Adherence, Done},
    calendar::{Day, Zone},
    definition::{OFFLINE, ON_QUEUE},
    guid,
    schedule::{Move, WorkPlan},
};
use crate::config::Config;

/// Name and time zone of the business units.
const BUSINESS_UNITS: &[(&str, &str)] = &[("Europe", "Europe/Berlin"), ("Worldwide", "America/New_York")];
/// Name, time zone and business unit of the management units.
const MANAGEMENT_UNITS: &[(&str, &str, usize)] = &[
    ("Berlin", "Europe/Berlin", 0),
    ("London", "Europe/London", 0),
    ("New York", "America/New_York", 1),
    ("Bengaluru", "Asia/Kolkata", 1),
];
/// Shifts are long, as in a house that works round the clock: 10 to 12 hours.
const SHIFT_MINUTES_LEAST: i64 = 600;
const SHIFT_STEP_MINUTES: i64 = 30;
const SHIFT_STEPS: usize = 5;
/// How much more people work at the hour of founding than on average over the day: the middles of the
/// shifts lie around it with the density 1 + SWING x cos(hours away x 15 degrees).
const SWING: f64 = 0.6;
/// How much of that swing is left in the number of people on shift, a shift being 11 hours long.
const SWING_ON_SHIFT: f64 = 0.41;
/// Work plans begin at a quarter of an hour.
const START_STEP_MINUTES: i64 = 15;
const DAY_HOURS: f64 = 24.0;
/// So many variants of a work plan are tried until one fits.
const VARIANTS_MAX: u64 = 500;
/// So many changes by supervisors are remembered; the oldest days are forgotten first.
const MOVES_MAX: usize = 20_000;

const DAY_MS: i64 = 24 * 3_600_000;
/// The plan of somebody who is never scheduled.
const NO_WORK: WorkPlan = WorkPlan { start_minute: 0, length_minutes: 0, variant: 0 };

/// Everything that workforce management knows.
#[derive(Debug)]
pub(crate) struct Workforce {
    pub(crate) business_units: Vec<BusinessUnit>,
    pub(crate) management_units: Vec<ManagementUnit>,
    /// By agent.
    pub(crate) plans: Vec<WorkPlan>,
    /// By agent: the first day on the roster; nothing for those who are not on it.
    first_days: Vec<Option<Day>>,
    pub(crate) moves: BTreeMap<(Day, AgentIx), Move>,
    /// By agent.
    pub(super) adherence: Vec<Adherence>,
    /// What each agent did in the last hours.
    pub(super) log: Vec<VecDeque<Done>>,
    /// When the schedule of an agent moves on.
    pub(super) boundaries: BTreeSet<(Timestamp, AgentIx)>,
    pub(super) away_is_a_break: bool,
    founded: Timestamp,
}

/// A business unit: the days of its schedules are those of its time zone.
#[derive(Debug)]
pub(crate) struct BusinessUnit {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) zone: Zone,
    pub(crate) division: usize,
}

/// A management unit: the agents of one site.
#[derive(Debug)]
pub(crate) struct ManagementUnit {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) time_zone: &'static str,
    pub(crate) business_unit: usize,
    pub(crate) agents: Vec<AgentIx>,
}

impl Workforce {
    /// Founds the units; people and their plans come later.
    pub(super) fn new(config: &Config, now: Timestamp, rng: &mut ChaCha8Rng) -> Self {
        let units = BUSINESS_UNITS.iter().enumerate().filter_map(|(division, (name, zone))| {
            Some(BusinessUnit { id: guid::next(rng), name, zone: Zone::named(zone)?, division })
        });
        let business_units = units.collect();
        let unit = |(name, time_zone, business_unit): &(&'static str, &'static str, usize)| ManagementUnit {
            id: guid::next(rng),
            name,
            time_zone,
            business_unit: *business_unit,
            agents: Vec::new(),
        };
        Self {
            business_units,
            management_units: MANAGEMENT_UNITS.iter().map(unit).collect(),
            plans: Vec::new(),
            first_days: Vec::new(),
            moves: BTreeMap::new(),
            adherence: Vec::new(),
            log: Vec::new(),
            boundaries: BTreeSet::new(),
            away_is_a_break: config.answers.away_counts_as_break,
            founded: now,
        }
    }

    /// The business unit of this id.
    pub(crate) fn business_unit(&self, id: &str) -> Option<usize> {
        self.business_units.iter().position(|unit| unit.id.eq_ignore_ascii_case(id))
    }

    /// The management unit of this id.
    pub(crate) fn management_unit(&self, id: &str) -> Option<usize> {
        self.management_units.iter().position(|unit| unit.id.eq_ignore_ascii_case(id))
    }

    /// Somebody came who is not on the roster yet and has no work plan.
    pub(super) fn admit(&mut self) {
        self.plans.push(NO_WORK);
        self.first_days.push(None);
    }

    /// The first day on the roster; nothing for those who are not on it.
    pub(super) fn first_day(&self, agent: AgentIx) -> Option<Day> {
        self.first_days[agent.0]
    }

    /// From this day on an agent works as planned.
    pub(super) fn set_first_day(&mut self, agent: AgentIx, day: Day) {
        self.first_days[agent.0] = Some(day);
    }

    /// Remembers a change of a shift.
    pub(crate) fn remember(&mut self, day: Day, agent: AgentIx, change: Move) {
        self.moves.insert((day, agent), change);
        while self.moves.len() > MOVES_MAX {
            self.moves.pop_first();
        }
    }
}

impl World {
    /// The management unit on whose roster an agent is; none for those who left, and for users who
    /// were created by a call, as nothing puts them on a roster.
    pub(crate) fn management_unit_of(&self, agent: AgentIx) -> Option<&ManagementUnit> {
        self.workforce.first_day(agent).map(|_| self.site_of(agent))
    }

    /// The business unit whose days an agent's are.
    pub(crate) fn business_unit_of(&self, agent: AgentIx) -> &BusinessUnit {
        &self.workforce.business_units[self.site_of(agent).business_unit]
    }

    /// The management unit whose clock an agent lives by, on its roster or not.
    pub(crate) fn site_of(&self, agent: AgentIx) -> &ManagementUnit {
        &self.workforce.management_units[self.agents[agent.0].site]
    }

    /// Puts an agent who has a work plan on the roster, from today on or from the day that the plan
    /// begins.
    pub(crate) fn enrol(&mut self, agent: AgentIx) {
        if self.workforce.plans[agent.0].length_minutes == 0 {
            return;
        }
        if self.workforce.first_day(agent).is_none() {
            let today = self.business_unit_of(agent).zone.day_of(self.now);
            self.workforce.set_first_day(agent, today);
        }
        let agents = &mut self.workforce.management_units[self.agents[agent.0].site].agents;
        if let Err(place) = agents.binary_search(&agent) {
            agents.insert(place, agent);
        }
        self.schedule_moved(agent);
        for shift in self.shifts(agent, self.now, self.now.plus_ms(DAY_MS)) {
            self.tell_aside(What::ScheduleChanged(agent, shift.start, ScheduleChange::Added));
        }
    }

    /// Takes an agent off the roster; nothing is scheduled any more.
    pub(crate) fn strike_off(&mut self, agent: AgentIx) {
        if self.workforce.first_day(agent).is_none() {
            return;
        }
        for shift in self.shifts(agent, self.now, self.now.plus_ms(DAY_MS)) {
            self.tell_aside(What::ScheduleChanged(agent, shift.start, ScheduleChange::Deleted));
        }
        self.workforce.first_days[agent.0] = None;
        let agents = &mut self.workforce.management_units[self.agents[agent.0].site].agents;
        if let Ok(place) = agents.binary_search(&agent) {
            agents.remove(place);
        }
        self.schedule_moved(agent);
        let (team, adherence) = (self.agents[agent.0].team, *self.adherence(agent));
        self.tell_aside(What::LeftUnit(agent, team, adherence));
    }

    /// Gives everybody a work plan, so that many are on shift now, at whatever hour: the further back
    /// in `order`, the further the middle of the shift is from now. The first `at_work` are On Queue
    /// now, the first `on_shift` on shift.
    pub(super) fn plan_work(&mut self, order: &[AgentIx], at_work: usize, on_shift: usize) {
        for n in 0..self.agents.len() {
            self.workforce.management_units[self.agents[n].site].agents.push(AgentIx(n));
        }
        self.workforce.plans = vec![NO_WORK; self.agents.len()];
        self.workforce.first_days = vec![Some(Day(i64::MIN)); self.agents.len()];
        let now = self.now;
        for (n, agent) in order.iter().enumerate() {
            let length_minutes =
                SHIFT_MINUTES_LEAST + SHIFT_STEP_MINUTES * i64::try_from(n % SHIFT_STEPS).unwrap_or(0);
            let away_minutes = minutes_away(n, order.len());
            let away_minutes = if n.is_multiple_of(2) { away_minutes } else { -away_minutes };
            let minute_now = self.business_unit_of(*agent).zone.minute_of(now);
            let start = minute_now - length_minutes / 2 + away_minutes;
            let start = (start + START_STEP_MINUTES / 2).rem_euclid(24 * 60);
            let start_minute = start - start.rem_euclid(START_STEP_MINUTES);
            for variant in 0..VARIANTS_MAX {
                self.workforce.plans[agent.0] = WorkPlan { start_minute, length_minutes, variant };
                if n >= on_shift {
                    break;
                }
                let intention = self.intention(*agent, now).definition;
                let works = intention == ON_QUEUE
                    && (n >= at_work || self.scheduled(*agent, now).code == Some(ON_QUEUE_WORK));
                if works || n >= at_work && intention != OFFLINE {
                    break;
                }
            }
        }
    }

    /// How many customers there are at this hour, against the hour of founding: as many as there are
    /// people to serve them, more or less.
    pub(crate) fn demand(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "hours")]
        let hours = self.now.ms_since(self.workforce.founded) as f64 / 3_600_000.0;
        let swing = SWING_ON_SHIFT * (hours / DAY_HOURS * std::f64::consts::TAU).cos();
        (1.0 + swing) / (1.0 + SWING_ON_SHIFT)
    }
}

/// How far the middle of the shift of the agent in place `n` is from the hour of founding.
fn minutes_away(n: usize, agents: usize) -> i64 {
    #[expect(clippy::cast_precision_loss, reason = "a share of a count")]
    let share = (n as f64 + 0.5) / agents.max(1) as f64;
    let half = DAY_HOURS / 2.0;
    let share_within = |hours: f64| {
        let swing = SWING / std::f64::consts::PI * (hours / half * std::f64::consts::PI).sin();
        hours / half + swing
    };
    let (mut least, mut most) = (0.0, half);
    for _ in 0..24 {
        let middle: f64 = f64::midpoint(least, most);
        if share_within(middle) < share {
            least = middle;
        } else {
            most = middle;
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most half a day")]
    let minutes = (least * 60.0).round() as i64;
    minutes
}
