//! People who come and people who go. Whoever leaves of their own accord finishes the conversation
//! first; whoever is sent away from outside hands it over, so that no conversation is lost.

use rand::Rng;

use super::conversation::whole_ms;
use crate::world::{
    Agent, AgentIx, Due, MemberBy, NewAgent, RoutingStatus, Stage, StateChange, UserState, What, World,
    definition::OFFLINE,
};

/// Share of those who go that may come back one day: they become inactive, not deleted.
const ON_LEAVE: f64 = 0.3;
/// Why somebody goes, as Genesys names it.
const REASONS: [&str; 4] = ["Voluntary", "Voluntary", "Performance", "Conduct"];
const REASON_OF_LEAVE: &str = "Leave";

impl World {
    /// Plans who comes next and who goes next.
    pub(crate) fn plan_changes_of_staff(&mut self) {
        let epoch = self.epoch;
        self.plan_change_of_staff(Due::Join { epoch });
        self.plan_change_of_staff(Due::Depart { epoch });
    }

    /// Somebody comes: a user who is in a team, has queues and skills, and begins to work soon.
    pub(super) fn join(&mut self, epoch: u32) {
        if epoch != self.epoch {
            return;
        }
        self.plan_change_of_staff(Due::Join { epoch });
        if !self.has_room() {
            return;
        }
        let (agent, queues) = self.take_on();
        self.staff.joined += 1;
        self.tell_aside(What::UserState(agent, UserState::Active));
        for queue in queues {
            self.add_member(agent, queue, MemberBy::User);
        }
        self.enrol(agent);
        self.begin_routine(agent);
    }

    /// Somebody goes, if the one who would is still there: at once, or when hands are free.
    pub(super) fn depart(&mut self, epoch: u32) {
        if epoch != self.epoch {
            return;
        }
        self.plan_change_of_staff(Due::Depart { epoch });
        let agent = AgentIx(self.staff.rng.random_range(0..self.agents.len()));
        let on_leave = self.staff.rng.random_bool(ON_LEAVE);
        let who = &mut self.agents[agent.0];
        if !who.is_active() || who.departing.is_some() || !self.staff.can_spare_one() {
            return;
        }
        who.departing = Some(if on_leave { UserState::Inactive } else { UserState::Deleted });
        let busy = who.routing.status == RoutingStatus::Communicating
            || who.engaged.and_then(|key| self.conversations.get(&key)).is_some_and(|conversation| {
                matches!(conversation.stage, Stage::Interacting(_) | Stage::AfterCallWork(_))
            });
        if !busy {
            self.go_for_good(agent);
        }
    }

    /// Whoever wanted to leave and has free hands leaves; answers whether that is so.
    pub(super) fn go_for_good(&mut self, agent: AgentIx) -> bool {
        let Some(state) = self.agents[agent.0].departing else { return false };
        let reason = if state == UserState::Inactive {
            REASON_OF_LEAVE
        } else {
            REASONS[self.staff.rng.random_range(0..REASONS.len())]
        };
        self.set_user_state(agent, state, reason, false);
        true
    }

    /// A user who was created from outside: in no team and no queue, and on no roster.
    pub(crate) fn create_user(&mut self, new: NewAgent) -> AgentIx {
        self.new_cause();
        let state = new.state;
        let agent = self.admit(Agent::new(new, self.now));
        self.staff.joined += u64::from(state == UserState::Active);
        self.tell_aside(What::UserState(agent, state));
        agent
    }

    /// Makes a user active, inactive or deleted, at once. Who is no longer active is Offline and on no
    /// roster; who is deleted leaves all queues, groups and the team, too, and so does who becomes
    /// inactive unless such a user stays a member.
    pub(crate) fn set_user_state(
        &mut self,
        agent: AgentIx,
        state: UserState,
        reason: &'static str,
        inactive_stays_member: bool,
    ) {
        let was = self.agents[agent.0].state;
        if was == state {
            return;
        }
        self.new_cause();
        if was == UserState::Active {
            self.stop_work(agent);
            self.staff.left += 1;
        }
        if state == UserState::Deleted || (state == UserState::Inactive && !inactive_stays_member) {
            self.leave_everything(agent);
        }
        if state == UserState::Deleted {
            // Source: help.mypurecloud.com/articles/delete-someone-organization
            self.agents[agent.0].division = 0;
        }
        let who = &mut self.agents[agent.0];
        who.state = state;
        who.state_change = Some(StateChange { at: self.now, reason });
        who.version += 1;
        self.tell_aside(What::UserState(agent, state));
        if state == UserState::Active {
            self.staff.joined += 1;
            self.histories.resume(agent);
            self.enrol(agent);
            self.begin_routine(agent);
        } else {
            self.histories.end(agent, self.now);
        }
    }

    fn plan_change_of_staff(&mut self, due: Due) {
        if let Some(after_ms) = self.staff.draw_next_ms(self.scenario) {
            self.plan(whole_ms(after_ms), due);
        }
    }

    /// Plans when somebody who is not there yet comes to work.
    fn begin_routine(&mut self, agent: AgentIx) {
        let comes_ms = self.intention(agent, self.now).until.ms_since(self.now);
        let turn = self.agents[agent.0].turn;
        self.plan(comes_ms, Due::Routine { agent, turn });
    }

    /// Offline, without a conversation and without a shift.
    fn stop_work(&mut self, agent: AgentIx) {
        let who = &mut self.agents[agent.0];
        who.departing = None;
        if who.presence.definition != OFFLINE {
            self.set_presence(agent, OFFLINE, "".into());
        }
        if let Some(key) = self.agents[agent.0].engaged {
            self.hand_over(key, agent);
        }
        if self.agents[agent.0].routing.status == RoutingStatus::Communicating {
            self.call_ends(agent);
        }
        self.strike_off(agent);
        // What was planned for the day does not count any more.
        self.agents[agent.0].turn += 1;
    }

    /// Groups go first, as they bring queues with them.
    fn leave_everything(&mut self, agent: AgentIx) {
        for group in self.agents[agent.0].groups.clone() {
            self.leave_group(agent, group);
        }
        for membership in self.agents[agent.0].memberships.clone() {
            self.remove_member(agent, membership.queue);
        }
        self.agents[agent.0].team = None;
    }
}
