//! How many agents of a wall are in which state, where nobody is named: counted again when something has changed, at most
//! once a second.

use std::collections::{BTreeMap, BTreeSet};

use board::{Agent, AgentState};
use protocol::{
    Slot, Topic, WallId,
    event::rollcall::{RollcallStates, StateCount},
    fact::{Fact, Part, Value},
    merge::{Origin, Verdict},
};

use super::Feed;

/// Which walls are counted, and up to which change they were.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// Walls that a screen was opened for that may only count.
    asked: BTreeSet<WallId>,
    up_to: u64,
}

impl Feed {
    /// From now on there are counts for this wall.
    pub(super) fn count_states_of(&mut self, wall: &WallId) {
        if self.counted.asked.insert(wall.clone()) {
            self.counted.up_to = 0;
            self.count_states();
        }
    }

    /// Counts for all walls that are counted, when something has changed.
    pub(super) fn count_states(&mut self) {
        if self.counted.asked.is_empty() || self.counted.up_to == self.seq {
            return;
        }
        let mut counts: Vec<(WallId, RollcallStates)> = Vec::new();
        {
            let book = self.s.book.read().expect("nobody panics while holding the book");
            for (wall, reach, _) in self.walls.all() {
                if !self.counted.asked.contains(&wall.id) {
                    continue;
                }
                let mut states: BTreeMap<String, u32> = BTreeMap::new();
                let is_counted =
                    |agent: &&Agent| reach.has_team(agent.team.as_deref()) && !self.is_left_out(&agent.id);
                for agent in book.board.agents().filter(is_counted) {
                    let state = agent.readable().state;
                    // Nothing was read of it yet.
                    if state != AgentState::Unknown {
                        *states.entry(state.as_data()).or_default() += 1;
                    }
                }
                let states = states.into_iter().map(|(state, agents)| StateCount { state, agents }).collect();
                counts.push((wall.id.clone(), RollcallStates { states }));
            }
        }
        let now = self.s.clock.now();
        for (wall, states) in counts {
            let slot = Slot::from(Topic::RollcallStates(wall));
            let fact = Fact { slot, part: Part::Whole, value: Value::States(states), date: None };
            if let Verdict::Accepted(_) = self.ledger.weigh(&fact, Origin::Event, now) {
                self.publish(&fact.slot, now, None);
            }
        }
        self.counted.up_to = self.seq;
    }
}
