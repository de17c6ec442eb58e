//! Who is a member of which queue, worked out anew: from what was done to the world from outside and by
//! rules of its own. Every change that the world tells must have a reason here, and every reason must
//! have brought its change.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// What somebody did from outside.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Add(AgentIx, QueueIx),
    Remove(AgentIx, QueueIx),
    JoinLater(AgentIx, QueueIx, bool),
    JoinNow(AgentIx, QueueIx, bool),
    JoinGroup(AgentIx, usize),
    LeaveGroup(AgentIx, usize),
    /// The user is made this, and leaves everything.
    State(AgentIx, UserState),
    Create,
}

/// How late a [`Deed::JoinLater`] takes effect.
pub(super) const LATER_MS: i64 = 700;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seat {
    joined: bool,
    by: Option<usize>,
}

/// A change of a seat, as the world tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) agent: AgentIx,
    pub(super) queue: QueueIx,
    pub(super) joined: bool,
    pub(super) membership: bool,
}

/// All seats, and the changes that are still to be told.
pub(super) struct Seats {
    seats: Vec<BTreeMap<QueueIx, Seat>>,
    groups: Vec<BTreeSet<AgentIx>>,
    /// The groups of each queue.
    groups_of: Vec<Vec<usize>>,
    expected: Vec<(Change, Option<usize>)>,
    later: Vec<(Timestamp, AgentIx, QueueIx, bool)>,
    unexplained: Vec<Change>,
    /// Those who came in this step.
    newcomers: BTreeSet<AgentIx>,
}

impl Seats {
    pub(super) fn of(world: &World) -> Self {
        let seat = |membership: &Membership| {
            let by = match membership.by {
                MemberBy::User => None,
                MemberBy::UserGroup(group) => Some(group),
            };
            (membership.queue, Seat { joined: membership.joined, by })
        };
        Self {
            seats: world.agents.iter().map(|who| who.memberships.iter().map(seat).collect()).collect(),
            groups: world.groups.iter().map(|group| group.members.iter().copied().collect()).collect(),
            groups_of: world.queues.iter().map(|queue| queue.member_groups.clone()).collect(),
            expected: Vec::new(),
            later: Vec::new(),
            unexplained: Vec::new(),
            newcomers: BTreeSet::new(),
        }
    }

    /// What must follow from a deed.
    pub(super) fn expect(&mut self, deed: Deed, now: Timestamp) {
        match deed {
            Deed::Add(agent, queue) => self.expect_seat(agent, queue, None),
            Deed::Remove(agent, queue) => self.expect_no_seat(agent, queue),
            Deed::JoinLater(agent, queue, joined) => {
                self.later.push((now.plus_ms(LATER_MS), agent, queue, joined));
            }
            Deed::JoinNow(agent, queue, joined) => {
                if self.would_change(agent, queue, joined) {
                    self.expected.push((Change { agent, queue, joined, membership: false }, None));
                }
            }
            Deed::JoinGroup(agent, group) => {
                if self.groups[group].insert(agent) {
                    for queue in self.queues_of(group) {
                        self.expect_seat(agent, queue, Some(group));
                    }
                }
            }
            Deed::LeaveGroup(agent, group) => {
                if self.groups[group].remove(&agent) {
                    for queue in self.queues_of(group) {
                        if self.seats[agent.0].get(&queue).is_some_and(|seat| seat.by == Some(group)) {
                            self.expect_no_seat(agent, queue);
                        }
                    }
                }
            }
            Deed::State(_, UserState::Active) | Deed::Create => {}
            Deed::State(agent, UserState::Inactive | UserState::Deleted) => {
                self.groups.iter_mut().for_each(|group| group.retain(|member| *member != agent));
                let queues: Vec<QueueIx> = self.seats[agent.0].keys().copied().collect();
                queues.into_iter().for_each(|queue| self.expect_no_seat(agent, queue));
            }
        }
    }

    /// The world tells of a change.
    pub(super) fn told(&mut self, change: Change, now: Timestamp) {
        let Change { agent, queue, joined, membership } = change;
        let is_later = |later: &(Timestamp, AgentIx, QueueIx, bool)| {
            later.0 <= now && (later.1, later.2, later.3) == (agent, queue, joined) && !membership
        };
        if let Some(place) = self.expected.iter().position(|(expected, _)| *expected == change) {
            let (_, by) = self.expected.remove(place);
            self.apply(change, by);
        } else if let Some(place) = self.later.iter().position(is_later) {
            self.later.remove(place);
            assert!(self.would_change(agent, queue, joined), "{change:?} changes nothing");
            self.apply(change, None);
        } else {
            if !(self.newcomers.contains(&agent) && joined && membership) {
                self.unexplained.push(change);
            }
            self.apply(change, None);
        }
    }

    /// Somebody came, left, or came back: what was told of a leaver's seats has its reason here.
    pub(super) fn told_state(&mut self, agent: AgentIx, state: UserState) {
        if agent.0 == self.seats.len() {
            self.seats.push(BTreeMap::new());
            self.newcomers.insert(agent);
        }
        if state != UserState::Active {
            self.unexplained.retain(|change| change.agent != agent || change.joined || !change.membership);
            self.groups.iter_mut().for_each(|group| group.retain(|member| *member != agent));
            assert!(self.seats[agent.0].is_empty(), "{agent:?} left and is still a member");
        }
    }

    /// After a step nothing is open.
    pub(super) fn settle(&mut self, now: Timestamp, at: &str) {
        assert!(self.expected.is_empty(), "{at}: did not come: {:?}", self.expected);
        assert!(self.unexplained.is_empty(), "{at}: for no reason: {:?}", self.unexplained);
        self.newcomers.clear();
        let (due, later) = self.later.iter().copied().partition::<Vec<_>, _>(|later| later.0 <= now);
        self.later = later;
        for (_, agent, queue, joined) in due {
            let is_done = !self.would_change(agent, queue, joined);
            assert!(is_done, "{at}: {agent:?} {queue:?} should have become {joined}");
        }
    }

    /// Whether an agent has joined a queue.
    pub(super) fn has_joined(&self, agent: AgentIx, queue: QueueIx) -> bool {
        self.seats[agent.0].get(&queue).is_some_and(|seat| seat.joined)
    }

    /// The queues that an agent has joined.
    pub(super) fn joined(&self, agent: AgentIx) -> impl Iterator<Item = QueueIx> + '_ {
        self.seats[agent.0].iter().filter(|(_, seat)| seat.joined).map(|(queue, _)| *queue)
    }

    /// How many are members of a queue, and how many of them have joined.
    pub(super) fn count(&self, queue: QueueIx) -> (u32, u32) {
        let seats = self.seats.iter().filter_map(|seats| seats.get(&queue));
        seats.fold((0, 0), |(members, joined), seat| (members + 1, joined + u32::from(seat.joined)))
    }

    /// What was worked out here is what the world keeps.
    pub(super) fn check(&self, world: &World, at: &str) {
        let is = Self::of(world);
        assert_eq!(self.seats, is.seats, "{at}");
        assert_eq!(self.groups, is.groups, "{at}");
        for (ix, queue) in world.queues.iter().enumerate() {
            let members = |(_, seats): &(usize, &BTreeMap<QueueIx, Seat>)| seats.contains_key(&QueueIx(ix));
            let members = self.seats.iter().enumerate().filter(members).map(|(agent, _)| AgentIx(agent));
            assert_eq!(queue.members, members.collect::<Vec<_>>(), "{at}: {}", queue.name);
        }
    }

    fn queues_of(&self, group: usize) -> Vec<QueueIx> {
        let of_group = |(_, groups): &(usize, &Vec<usize>)| groups.contains(&group);
        self.groups_of.iter().enumerate().filter(of_group).map(|(queue, _)| QueueIx(queue)).collect()
    }

    fn would_change(&self, agent: AgentIx, queue: QueueIx, joined: bool) -> bool {
        self.seats[agent.0].get(&queue).is_some_and(|seat| seat.joined != joined)
    }

    fn apply(&mut self, change: Change, by: Option<usize>) {
        let seats = &mut self.seats[change.agent.0];
        match (change.membership, change.joined) {
            (true, true) => {
                seats.insert(change.queue, Seat { joined: true, by });
            }
            (true, false) => {
                seats.remove(&change.queue);
            }
            (false, joined) => {
                if let Some(seat) = seats.get_mut(&change.queue) {
                    seat.joined = joined;
                }
            }
        }
    }

    fn expect_seat(&mut self, agent: AgentIx, queue: QueueIx, by: Option<usize>) {
        if !self.seats[agent.0].contains_key(&queue) {
            self.expected.push((Change { agent, queue, joined: true, membership: true }, by));
        }
    }

    fn expect_no_seat(&mut self, agent: AgentIx, queue: QueueIx) {
        if self.seats[agent.0].contains_key(&queue) {
            self.expected.push((Change { agent, queue, joined: false, membership: true }, None));
        }
    }
}
