//! In what order agents stand. The list in the page stays sorted by name; a number says where a card is seen, so that a
//! change of state moves one card and touches no other.

use std::sync::Arc;

use board::AgentState;
use protocol::{
    Timestamp,
    event::rollcall::Level,
    presence::SystemPresence,
    wall::{Group, Sort},
};

/// How a wall's agents are arranged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// What they are grouped by.
    pub group: Group,
    /// What comes first in a group.
    pub sort: Sort,
    /// The teams in their order, where agents are grouped by them.
    pub teams: Arc<[Arc<str>]>,
    /// Only agents in this state are shown.
    pub only: Option<Arc<str>>,
    /// Times are counted from here: about when the page was opened.
    pub origin: Timestamp,
}

/// What of an agent its place depends on.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The readable state.
    pub state: &'a AgentState,
    /// Since when.
    pub since: Option<Timestamp>,
    /// How wrong it is.
    pub level: Option<Level>,
    /// The team, if any.
    pub team: Option<&'a str>,
}

/// Room for the order within a group: twelve days in seconds. It leaves room for two thousand groups.
const WITHIN: i32 = 1 << 20;

/// The last place in a group; behind it begins the next.
const LAST: i32 = WITHIN - 2;

/// As many groups as there is room for.
const GROUPS_MAX: usize = 2_000;

/// How far back times are told apart, in seconds.
const BACK_S: i64 = 6 * 24 * 3_600;

impl Arrangement {
    /// Where a card is seen: smaller numbers first.
    #[must_use]
    pub fn order(&self, of: Standing<'_>) -> i32 {
        let group = match self.group {
            Group::None => 0,
            Group::Team => self.team_rank(of.team),
            Group::State => rank(of.state),
        };
        let within = match self.sort {
            Sort::Urgency => urgency(of),
            Sort::Name => 0,
            Sort::State => rank(of.state),
            Sort::Time => of.since.map_or(LAST, |since| {
                let seconds = since.ms_since(self.origin).div_euclid(1_000) + BACK_S;
                seconds.clamp(0, i64::from(LAST)) as i32
            }),
        };
        // Places from 1 on: a group's heading stands before its cards.
        group * WITHIN + within + 1
    }

    /// Where the heading of a state's group is seen.
    #[must_use]
    pub fn heading(state: &AgentState) -> i32 {
        rank(state) * WITHIN
    }

    /// Where the heading of a team is seen; `None`: of those without one.
    #[must_use]
    pub fn team_heading(&self, team: Option<&str>) -> i32 {
        self.team_rank(team) * WITHIN
    }

    fn team_rank(&self, team: Option<&str>) -> i32 {
        let rank = team.and_then(|team| self.teams.iter().position(|known| **known == *team));
        rank.unwrap_or(self.teams.len()).min(GROUPS_MAX) as i32
    }
}

/// What is wrong comes first, who is away comes last.
fn urgency(of: Standing<'_>) -> i32 {
    match (of.level, of.state) {
        (Some(Level::Critical), _) => 0,
        (None, AgentState::NotResponding) => 1,
        (Some(Level::Warn), _) => 2,
        (None, AgentState::Offline) => 4,
        (None, AgentState::Unknown) => 5,
        (
            None,
            AgentState::AfterCallWork
            | AgentState::Interacting
            | AgentState::Communicating
            | AgentState::OnQueue
            | AgentState::Presence(_),
        ) => 3,
    }
}

/// States in the order in which a supervisor asks for them.
fn rank(state: &AgentState) -> i32 {
    match state {
        AgentState::NotResponding => 0,
        AgentState::Interacting => 1,
        AgentState::AfterCallWork => 2,
        AgentState::Communicating => 3,
        AgentState::OnQueue => 4,
        AgentState::Presence(presence) => match presence {
            SystemPresence::Available => 5,
            SystemPresence::Busy => 6,
            SystemPresence::Meeting => 7,
            SystemPresence::Training => 8,
            SystemPresence::Break => 9,
            SystemPresence::Meal => 10,
            SystemPresence::Away => 11,
            SystemPresence::Idle => 12,
            SystemPresence::OnQueue | SystemPresence::Offline | SystemPresence::Other(_) => 13,
        },
        AgentState::Offline => 14,
        AgentState::Unknown => 15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn order(group: Group, sort: Sort, state: &AgentState, since_s: i64, level: Option<Level>) -> i32 {
        let since = Some(ORIGIN.plus_ms(since_s * 1_000));
        let arrangement = Arrangement { group, sort, origin: ORIGIN, ..Arrangement::default() };
        arrangement.order(Standing { state, since, level, team: None })
    }

    #[test]
    fn what_is_wrong_comes_first_and_who_is_away_last() {
        let by = |state: &AgentState, level| order(Group::None, Sort::Urgency, state, 0, level);
        let on_break = AgentState::Presence(SystemPresence::Break);
        let places = [
            by(&on_break, Some(Level::Critical)),
            by(&AgentState::NotResponding, None),
            by(&on_break, Some(Level::Warn)),
            by(&on_break, None),
            by(&AgentState::Offline, None),
        ];
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
        assert_eq!(by(&AgentState::OnQueue, None), by(&on_break, None), "the others keep the order of names");
    }

    #[test]
    fn states_stand_in_the_order_in_which_a_supervisor_asks_for_them() {
        let presence = AgentState::Presence;
        let states = [
            AgentState::NotResponding,
            AgentState::Interacting,
            AgentState::AfterCallWork,
            AgentState::Communicating,
            AgentState::OnQueue,
            presence(SystemPresence::Available),
            presence(SystemPresence::Busy),
            presence(SystemPresence::Break),
            presence(SystemPresence::Away),
            AgentState::Offline,
            AgentState::Unknown,
        ];
        let by =
            |sort| states.iter().map(|state| order(Group::None, sort, state, 0, None)).collect::<Vec<_>>();
        assert!(by(Sort::State).is_sorted_by(|a, b| a < b), "{:?}", by(Sort::State));
        assert!(by(Sort::Name).iter().all(|place| *place == by(Sort::Name)[0]), "names alone decide");
    }

    #[test]
    fn groups_stay_together_behind_their_heading() {
        let states =
            [AgentState::NotResponding, AgentState::Interacting, AgentState::Offline, AgentState::Unknown];
        let mut places = Vec::new();
        for state in &states {
            places.push(Arrangement::heading(state));
            places.push(order(Group::State, Sort::Time, state, -100_000_000, None));
            places.push(order(Group::State, Sort::Time, state, 0, None));
            places.push(order(Group::State, Sort::Time, state, 100_000_000, None));
        }
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    }

    #[test]
    fn teams_stay_together_and_those_without_come_last() {
        let teams = ["North".into(), "South".into()].into();
        let arrangement = Arrangement { group: Group::Team, teams, origin: ORIGIN, ..Arrangement::default() };
        let card = |team| {
            arrangement.order(Standing { state: &AgentState::Offline, since: None, level: None, team })
        };
        let places = [
            arrangement.team_heading(Some("North")),
            card(Some("North")),
            arrangement.team_heading(Some("South")),
            card(Some("South")),
            arrangement.team_heading(None),
            card(None),
        ];
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    }

    #[test]
    fn more_teams_than_there_is_room_for_stand_together_at_the_end() {
        let teams: Arc<[Arc<str>]> = (0..3_000).map(|n| format!("Team {n:04}").into()).collect();
        let arrangement = Arrangement { group: Group::Team, teams, ..Arrangement::default() };
        let heading = |n: usize| arrangement.team_heading(Some(&format!("Team {n:04}")));
        assert!(heading(0) < heading(1_999) && heading(1_999) < heading(2_999));
        assert_eq!(heading(2_000), heading(2_999));
    }

    #[test]
    fn whoever_is_longest_in_a_state_comes_first() {
        let by = |since_s| order(Group::None, Sort::Time, &AgentState::OnQueue, since_s, None);
        assert!(by(-60) < by(-1) && by(-1) < by(0));
        let arrangement = Arrangement { sort: Sort::Time, origin: ORIGIN, ..Arrangement::default() };
        let standing = Standing { state: &AgentState::OnQueue, since: None, level: None, team: None };
        assert!(arrangement.order(standing) > by(0), "nobody knows since when");
    }
}
