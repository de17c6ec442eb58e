//! Who is a member of which queue, and who has joined: the only ways in which that changes. Tallies
//! and ready lists hold members who have joined.

use protocol::Timestamp;

use super::change::{LOOKS_AFTER_MS, later};
use crate::world::{AgentIx, Awaited, Due, Group, MemberBy, Membership, QueueIx, What, World};

impl World {
    /// Makes an agent a member who has joined; whether that is new.
    pub(crate) fn add_member(&mut self, agent: AgentIx, queue: QueueIx, by: MemberBy) -> bool {
        if self.agents[agent.0].membership(queue).is_some() {
            return false;
        }
        self.new_cause();
        let membership = Membership { queue, joined: false, by, ring: 1, added: Some(self.now) };
        let memberships = &mut self.agents[agent.0].memberships;
        let place = memberships.partition_point(|is| is.queue < queue);
        memberships.insert(place, membership);
        let members = &mut self.queues[queue.0].members;
        let place = members.partition_point(|is| *is < agent);
        members.insert(place, agent);
        self.turn_joined(agent, queue, true);
        self.tell_of_queues(agent, queue, true, true);
        true
    }

    /// Ends a membership; whether there was one. A conversation of the queue goes on.
    pub(crate) fn remove_member(&mut self, agent: AgentIx, queue: QueueIx) -> bool {
        if self.agents[agent.0].membership(queue).is_none() {
            return false;
        }
        self.new_cause();
        self.turn_joined(agent, queue, false);
        self.agents[agent.0].memberships.retain(|membership| membership.queue != queue);
        self.queues[queue.0].members.retain(|member| *member != agent);
        self.tell_of_queues(agent, queue, false, true);
        true
    }

    /// Joins or leaves a queue after a time, counted by the clock; who is no member by then is passed
    /// over.
    pub(crate) fn join_later(&mut self, agent: AgentIx, queue: QueueIx, joined: bool, after_ms: i64) {
        if after_ms > 0 {
            self.wait_for(self.now.plus_ms(after_ms), Awaited::Join { agent, queue, joined });
        } else {
            self.set_joined(agent, queue, joined);
        }
    }

    /// Whether a member will have joined when everything that was asked for has taken effect; nothing for
    /// who is no member.
    pub(crate) fn will_be_joined(&self, agent: AgentIx, queue: QueueIx) -> Option<bool> {
        let is = self.agents[agent.0].membership(queue)?;
        Some(self.awaited_join(agent, queue).unwrap_or(is.joined))
    }

    /// Joins or leaves a queue; nothing happens to who is no member.
    pub(crate) fn set_joined(&mut self, agent: AgentIx, queue: QueueIx, joined: bool) {
        let is = self.agents[agent.0].membership(queue);
        if is.is_some_and(|membership| membership.joined != joined) {
            self.new_cause();
            self.turn_joined(agent, queue, joined);
            self.tell_of_queues(agent, queue, joined, false);
        }
    }

    /// Moves a member to another ring.
    pub(crate) fn set_ring(&mut self, agent: AgentIx, queue: QueueIx, ring: u8) {
        let memberships = &mut self.agents[agent.0].memberships;
        if let Some(membership) = memberships.iter_mut().find(|membership| membership.queue == queue) {
            membership.ring = ring;
        }
    }

    /// Takes somebody into a group, and into the queues that the group serves.
    pub(crate) fn join_group(&mut self, agent: AgentIx, group: usize) {
        let members = &mut self.groups[group].members;
        if let Err(place) = members.binary_search(&agent) {
            members.insert(place, agent);
            self.agents[agent.0].groups.push(group);
            self.groups[group].version += 1;
            self.groups[group].modified = self.now;
            for queue in self.queues_of_group(group) {
                self.add_member(agent, queue, MemberBy::UserGroup(group));
            }
        }
    }

    /// Takes somebody out of a group, and out of the queues that came with it.
    pub(crate) fn leave_group(&mut self, agent: AgentIx, group: usize) {
        let members = &mut self.groups[group].members;
        if let Ok(place) = members.binary_search(&agent) {
            members.remove(place);
            self.agents[agent.0].groups.retain(|is| *is != group);
            self.groups[group].version += 1;
            self.groups[group].modified = self.now;
            for queue in self.queues_of_group(group) {
                let by = self.agents[agent.0].membership(queue).map(|membership| membership.by);
                if by == Some(MemberBy::UserGroup(group)) {
                    self.remove_member(agent, queue);
                }
            }
        }
    }

    fn queues_of_group(&self, group: usize) -> Vec<QueueIx> {
        let serves = |queue: &QueueIx| self.queues[queue.0].member_groups.contains(&group);
        (0..self.queues.len()).map(QueueIx).filter(serves).collect()
    }

    /// Keeps tally, ready list and counter while a member joins or leaves.
    fn turn_joined(&mut self, agent: AgentIx, queue: QueueIx, joined: bool) {
        let on_queue = self.is_on_queue(agent);
        let who = &mut self.agents[agent.0];
        let Some(membership) = who.memberships.iter_mut().find(|membership| membership.queue == queue) else {
            return;
        };
        if membership.joined == joined {
            return;
        }
        membership.joined = joined;
        let place = who.place_when_ready(agent);
        let definition = who.presence.definition;
        let of = &mut self.queues[queue.0];
        if joined {
            of.joined += 1;
            of.tally.add(definition, on_queue, who.routing.status);
            of.ready.extend(place);
        } else {
            of.joined -= 1;
            of.tally.remove(definition, on_queue, who.routing.status);
            if let Some(place) = place {
                of.ready.remove(&place);
            }
        }
        let work_waits = joined && place.is_some() && of.lines.iter().any(|line| !line.waiting.is_empty());
        self.touch(queue, definition);
        if work_waits {
            let looks_ms = self.draw(LOOKS_AFTER_MS);
            self.plan(looks_ms, Due::Match(agent));
        }
    }

    fn tell_of_queues(&mut self, agent: AgentIx, queue: QueueIx, joined: bool, membership: bool) {
        self.mark(queue, Group::Users);
        let now = self.now;
        let changed = &mut self.agents[agent.0].queues_changed;
        let at: Timestamp = changed.map_or(now, |before| later(now, before));
        *changed = Some(at);
        self.tell(What::Queues { agent, queue, joined, membership });
    }
}
