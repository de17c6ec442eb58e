//! What a supervisor does: now and then a break, a meal or a meeting of today is moved.

use protocol::Timestamp;
use rand::Rng;

use super::conversation::whole_ms;
use crate::world::{
    AgentIx, Due, ScheduleChange, What, World,
    activity_code::ON_QUEUE_WORK,
    schedule::{Move, Shift},
};

const MINUTE_MS: i64 = 60_000;
/// Mean time between changes of one agent's shifts.
const EVERY_MS: f64 = 50.0 * 60.0 * 60_000.0;
/// What begins sooner than this is not moved any more.
const NOTICE_MS: i64 = 20 * MINUTE_MS;
/// By how much things are moved, in minutes.
const MOVES: [i64; 4] = [-30, -15, 15, 30];

impl World {
    /// Plans the next change of a shift.
    pub(crate) fn plan_supervision(&mut self) {
        if self.agents.is_empty() {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a mean")]
        let mean_ms = EVERY_MS / self.agents.len() as f64;
        let after_ms = whole_ms(self.exponential(mean_ms));
        self.plan(after_ms, Due::Supervise);
    }

    /// Somebody's shift of today is changed, if there is anything left in it to move.
    pub(super) fn supervise(&mut self) {
        self.plan_supervision();
        let agent = AgentIx(self.rng.random_range(0..self.agents.len()));
        let minutes = MOVES[self.rng.random_range(0..MOVES.len())];
        let now = self.now;
        if let Some(shift) = self.shifts(agent, now, now.plus_ms(1)).pop() {
            self.move_activity(agent, &shift, minutes, now.plus_ms(NOTICE_MS));
        }
    }

    /// Moves the first interruption of On Queue work that begins after `from`, as far as there is room;
    /// answers whether there is one that moved.
    pub(crate) fn move_activity(
        &mut self,
        agent: AgentIx,
        shift: &Shift,
        minutes: i64,
        from: Timestamp,
    ) -> bool {
        let mut interruptions =
            shift.activities.iter().filter(|activity| activity.code != ON_QUEUE_WORK).enumerate();
        let Some((activity, _)) =
            interruptions.find(|(_, activity)| activity.start.plus_ms(minutes.min(0) * MINUTE_MS) >= from)
        else {
            return false;
        };
        if self.workforce.moves.contains_key(&(shift.day, agent)) {
            return false;
        }
        self.workforce.remember(shift.day, agent, Move { activity, minutes });
        self.schedule_moved(agent);
        self.tell_aside(What::ScheduleChanged(agent, shift.start, ScheduleChange::Edited));
        true
    }
}
