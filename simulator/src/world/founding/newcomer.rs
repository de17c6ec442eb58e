//! Somebody who comes while the world runs: a person as those of the founding, with a first shift that
//! begins soon.

use protocol::{Timestamp, UserId};
use rand::Rng;

use super::{directory::draw_abilities, draw_memberships};
use crate::world::{
    Agent, AgentIx, NewAgent, QueueIx, UserState, World,
    definition::ON_QUEUE,
    guid, names,
    schedule::{DayPlan, WorkPlan},
};

const MINUTE_MS: i64 = 60_000;
/// When the first shift begins, in minutes from now, and the multiple at which shifts begin.
const FIRST_SHIFT_MINUTES: std::ops::Range<i64> = 6..20;
const START_STEP_MINUTES: i64 = 5;
/// Hours that a newcomer works a day.
const SHIFT_HOURS: std::ops::RangeInclusive<i64> = 8..=10;
/// So many variants of a work plan are tried until one begins with a shift that is not missed.
const VARIANTS_MAX: u64 = 200;

impl World {
    /// A newcomer of some team, in whose department the newcomer's queues are; answers these too.
    pub(crate) fn take_on(&mut self) -> (AgentIx, Vec<QueueIx>) {
        let n = self.agents.len();
        let (name, email) = names::name_and_address(&names::people(), n);
        let (teams, departments) = (self.staff.teams, self.staff.departments);
        let rng = &mut self.staff.rng;
        let id = UserId::new(&guid::next(rng));
        let team = rng.random_range(0..teams.max(1));
        let department = team % departments;
        let own: Vec<QueueIx> = (department..self.queues.len()).step_by(departments).map(QueueIx).collect();
        let memberships = draw_memberships(rng, n, &own, self.queues.len());
        let title = names::TITLES[rng.random_range(0..names::TITLES.len())];
        let (skills, languages) = (rng.random_range(1..=4), rng.random_range(1..=2));
        let skills = draw_abilities(rng, self.skills.len(), skills);
        let languages = draw_abilities(rng, self.languages.len(), languages);
        let new = NewAgent {
            id,
            name,
            email,
            title: title.into(),
            department: names::DEPARTMENTS[department].into(),
            state: UserState::Active,
            division: team % self.divisions.len().max(1),
            site: team % self.workforce.management_units.len(),
            team: Some(team),
        };
        let agent = self.admit(Agent { skills, languages, ..Agent::new(new, self.now) });
        self.plan_first_shift(agent);
        (agent, memberships.into_iter().map(|membership| membership.queue).collect())
    }

    fn plan_first_shift(&mut self, agent: AgentIx) {
        let soon_ms = self.staff.rng.random_range(FIRST_SHIFT_MINUTES) * MINUTE_MS;
        let length_minutes = self.staff.rng.random_range(SHIFT_HOURS) * 60;
        let zone = &self.business_unit_of(agent).zone;
        let at: Timestamp = self.now.plus_ms(soon_ms);
        let (first_day, minute) = (zone.day_of(at), zone.minute_of(at));
        let start_minute = minute - minute.rem_euclid(START_STEP_MINUTES);
        self.workforce.set_first_day(agent, first_day);
        for variant in 0..VARIANTS_MAX {
            self.workforce.plans[agent.0] = WorkPlan { start_minute, length_minutes, variant };
            let DayPlan::Shift(shift) = self.day_plan(agent, first_day) else { continue };
            // Half an hour later even those are there who come late.
            let there = self.intention(agent, shift.start.plus_ms(30 * MINUTE_MS));
            if there.definition == ON_QUEUE {
                break;
            }
        }
    }
}
