//! How many agents are in which state.

use std::sync::Arc;

use board::{AgentState, Board};
use protocol::UserId;

use super::{AgentFace, Gauges, place::Places};
use crate::{arrange::Arrangement, order::sorted, words};

/// An eye does not follow counts that change more often.
pub(super) const EVERY_MS: i64 = 250;

/// How many agents are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateTally {
    /// The word in `data-state`.
    pub state: Arc<str>,
    /// The state in words.
    pub label: Arc<str>,
    /// How many.
    pub agents: u32,
    /// Where it stands among the states.
    pub order: i32,
}

/// Counted from the cards, or as the proxy tells it where there are none; in the order of the states.
pub(super) fn count(board: &Board, agents: &Places<UserId, AgentFace>, gauges: &Gauges) -> Vec<StateTally> {
    let mut states: Vec<(AgentState, StateTally)> = Vec::new();
    let all = gauges.has_team(None);
    agents.for_each_face(|_, face| match states.iter_mut().find(|(state, _)| *state == face.state) {
        _ if !all && !gauges.has_team(face.team.as_deref()) => {}
        Some((_, tally)) => tally.agents += 1,
        None => states.push((face.state.clone(), tally(&face.state, 1))),
    });
    if states.is_empty() {
        let told = board.states().iter().map(|told| {
            let state = AgentState::from_data(&told.state);
            (state.clone(), tally(&state, told.agents))
        });
        states.extend(told);
    }
    let tallies: Vec<StateTally> = states.into_iter().map(|(_, tally)| tally).collect();
    sorted(&tallies, |a, b| (a.order, &a.state).cmp(&(b.order, &b.state)))
}

/// By the plain name: agents in one state may each have another label of the organisation's.
fn tally(state: &AgentState, agents: u32) -> StateTally {
    let label = words::of_state(state).into();
    StateTally { state: state.as_data().into(), label, agents, order: Arrangement::heading(state) }
}

/// Who handled how much today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    /// Who.
    pub id: UserId,
    /// The name.
    pub name: Arc<str>,
    /// The team, if any.
    pub team: Option<Arc<str>>,
    /// From 1; the same for those who handled equally many.
    pub rank: u32,
    /// Conversations handled.
    pub handled: u32,
    /// Mean seconds of handling.
    pub mean_s: i64,
}

/// A screen has room for so many, and nobody reads further.
const LEADERS_MAX: usize = 40;

/// Most handled first, then by name.
pub(super) fn leaders(board: &Board, agents: &Places<UserId, AgentFace>, gauges: &Gauges) -> Vec<Leader> {
    let mut leaders: Vec<Leader> = Vec::new();
    agents.for_each_face(|id, face| {
        let tally = board.agent(id).and_then(|agent| agent.tally.as_ref());
        // Whoever handled nothing is in no race.
        if let Some(tally) = tally
            && tally.handled > 0
            && gauges.has_team(face.team.as_deref())
        {
            let mean_s = tally.handle_ms.div_euclid(1_000 * i64::from(tally.handled));
            let (name, team) = (face.name.clone(), face.team.clone());
            leaders.push(Leader { id: id.clone(), name, team, rank: 0, handled: tally.handled, mean_s });
        }
    });
    leaders = sorted(&leaders, |a, b| (b.handled, &a.name, &a.id).cmp(&(a.handled, &b.name, &b.id)));
    leaders.truncate(LEADERS_MAX);
    for at in 0..leaders.len() {
        let same = at > 0 && leaders[at - 1].handled == leaders[at].handled;
        leaders[at].rank = if same { leaders[at - 1].rank } else { at as u32 + 1 };
    }
    leaders
}
