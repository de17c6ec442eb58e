//! What an agent means to do: the schedule, as people keep it. Breaks begin early and late, some are
//! forgotten, some people do not appear. A pure function like the schedule itself.

use protocol::Timestamp;

use super::{
    AgentIx, DefinitionIx, World,
    activity_code::{self, CodeIx},
    calendar::Day,
    definition::{self, COACHING, OFFLINE, ON_QUEUE},
    schedule::{DayPlan, Dice, Shift},
};

const SECOND_MS: i64 = 1_000;
/// One in so many shifts is missed.
const ABSENT_EVERY: u64 = 32;
/// One in so many interruptions of On Queue work is forgotten.
const FORGOTTEN_EVERY: u64 = 14;
/// One in so many agents comes late, by up to so many seconds.
const LATE_EVERY: u64 = 16;
const LATE_S: i64 = 25 * 60;
/// By how much other times are missed, in seconds: less than the shortest activity, so that their
/// order stays.
const EARLY_S: i64 = 4 * 60;
const DELAY_S: i64 = 6 * 60;
/// So many days ahead the next shift is looked for.
const DAYS_AHEAD: i64 = 15;

/// What an agent means to do now, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Intention {
    pub(crate) definition: DefinitionIx,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
}

impl World {
    /// What an agent means to do at a moment.
    pub(crate) fn intention(&self, agent: AgentIx, at: Timestamp) -> Intention {
        let today = self.business_unit_of(agent).zone.day_of(at);
        let mut since = Timestamp::from_ms(i64::MIN);
        for ahead in -1..DAYS_AHEAD {
            let DayPlan::Shift(shift) = self.day_plan(agent, today.plus(ahead)) else { continue };
            let lived = self.lived(agent, &shift);
            let (Some(first), Some(last)) = (lived.first(), lived.last()) else { continue };
            if at < first.since {
                return Intention { definition: OFFLINE, since, until: first.since };
            }
            if let Some(now) = lived.iter().find(|part| at < part.until) {
                return *now;
            }
            since = last.until;
        }
        let until = at.plus_ms(24 * 3_600 * SECOND_MS);
        Intention { definition: OFFLINE, since, until }
    }

    /// A shift as the agent lives it; nothing when the agent does not appear.
    fn lived(&self, agent: AgentIx, shift: &Shift) -> Vec<Intention> {
        let dice = self.dice(agent, shift.day);
        if dice.roll(100).is_multiple_of(ABSENT_EVERY) {
            return Vec::new();
        }
        let mut lived: Vec<Intention> = Vec::with_capacity(shift.activities.len());
        for (n, activity) in (200_u64..).zip(&shift.activities) {
            let forgotten = activity.code != activity_code::ON_QUEUE_WORK
                && dice.roll(n + 100).is_multiple_of(FORGOTTEN_EVERY);
            let definition = if forgotten { ON_QUEUE } else { presence_for(activity.code) };
            let since = match lived.last() {
                Some(before) => before.until,
                None if dice.roll(101).is_multiple_of(LATE_EVERY) => {
                    activity.start.plus_ms(dice.between(102, 0, LATE_S) * SECOND_MS)
                }
                None => activity.start.plus_ms(dice.between(102, -EARLY_S, DELAY_S) * SECOND_MS),
            };
            let until = activity.end().plus_ms(dice.between(n, -EARLY_S, DELAY_S) * SECOND_MS);
            match lived.last_mut() {
                Some(before) if before.definition == definition => before.until = until,
                _ => lived.push(Intention { definition, since, until }),
            }
        }
        lived
    }

    fn dice(&self, agent: AgentIx, day: Day) -> Dice {
        Dice::of(self.seed, agent, self.workforce.plans[agent.0].variant).on(day)
    }
}

/// The presence that belongs to an activity.
fn presence_for(code: CodeIx) -> DefinitionIx {
    match code {
        activity_code::ON_QUEUE_WORK => ON_QUEUE,
        activity_code::BREAK => definition::BREAK,
        activity_code::MEAL => definition::MEAL,
        activity_code::MEETING => definition::MEETING,
        activity_code::TRAINING => definition::TRAINING,
        activity_code::COACHING => COACHING,
        _ => definition::AVAILABLE,
    }
}
