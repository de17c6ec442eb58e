//! The only ways in which an agent's facets change. Each keeps the counts of the queues, gives a
//! date later than the one before, tells those who listen, and does what follows at once.

use std::sync::Arc;

use protocol::Timestamp;

use crate::world::{
    AgentIx, Counts, DefinitionIx, Due, Group, MediaType, Presence, Routing, RoutingStatus, Stage, StepKind,
    SystemPresence, What, World,
};

/// How long a free agent takes to look for a waiting conversation, in ms.
pub(super) const LOOKS_AFTER_MS: std::ops::Range<i64> = 200..1_200;

impl World {
    /// Gives an agent another presence, with what follows for routing.
    pub(crate) fn set_presence(&mut self, agent: AgentIx, definition: DefinitionIx, message: Arc<str>) {
        let old = self.agents[agent.0].presence.definition;
        self.agents[agent.0].presence.future = None;
        if old != definition {
            self.count_out(agent);
            self.agents[agent.0].presence.definition = definition;
            self.count_in(agent);
            self.mark_users(agent);
            for n in 0..self.agents[agent.0].memberships.len() {
                let queue = self.agents[agent.0].memberships[n].queue;
                self.touch(queue, old);
                self.touch(queue, definition);
            }
        }
        self.date_presence(agent, message);
        self.presence_changed(agent);
        if old != definition {
            self.histories.presence(agent, self.agents[agent.0].presence.modified, definition);
        }
        let status = self.agents[agent.0].routing.status;
        if self.is_on_queue(agent) {
            if matches!(status, RoutingStatus::OffQueue | RoutingStatus::NotResponding) {
                self.set_routing(agent, RoutingStatus::Idle, self.now);
            }
        } else {
            self.withdraw_alert(agent);
            if matches!(status, RoutingStatus::Idle | RoutingStatus::NotResponding) {
                self.set_routing(agent, RoutingStatus::OffQueue, self.now);
            }
        }
        self.refresh_ready(agent);
        let who = &mut self.agents[agent.0];
        who.turn += 1;
        who.leaving = false;
        who.going_home = false;
        let turn = who.turn;
        let stay_ms = self.until_next_turn_ms(agent);
        self.plan(stay_ms, Due::Routine { agent, turn });
    }

    /// Gives an agent's presence another message and a new date, and nothing else.
    pub(crate) fn date_presence(&mut self, agent: AgentIx, message: Arc<str>) {
        let now = self.now;
        let presence = &mut self.agents[agent.0].presence;
        presence.message = message;
        presence.modified = later(now, presence.modified);
        let told: Presence = presence.clone();
        self.tell(What::Presence(agent, told));
    }

    /// Gives an agent another routing status since `at`.
    pub(crate) fn set_routing(&mut self, agent: AgentIx, status: RoutingStatus, at: Timestamp) {
        let old = self.agents[agent.0].routing;
        if old.status == status {
            return;
        }
        self.count_out(agent);
        let routing = Routing { status, start: later(at, old.start) };
        self.agents[agent.0].routing = routing;
        self.histories.routing(agent, routing.start, status);
        self.count_in(agent);
        self.mark_users(agent);
        self.note_done(agent);
        self.tell(What::RoutingStatus(agent, routing));
    }

    /// Gives an agent other counts of conversations of the contact centre.
    pub(crate) fn set_contact_center(&mut self, agent: AgentIx, media: MediaType, counts: Counts) {
        self.agents[agent.0].summary.of_mut(media).contact_center = counts;
        self.tell_summary(agent);
    }

    /// Gives an agent other counts of conversations outside the contact centre.
    pub(crate) fn set_enterprise(&mut self, agent: AgentIx, media: MediaType, counts: Counts) {
        self.agents[agent.0].summary.of_mut(media).enterprise = counts;
        self.tell_summary(agent);
    }

    /// Puts the agent on the ready lists of the queues, or takes the agent off them.
    pub(crate) fn refresh_ready(&mut self, agent: AgentIx) {
        let who = &self.agents[agent.0];
        let ready =
            who.engaged.is_none() && who.routing.status == RoutingStatus::Idle && self.is_on_queue(agent);
        let since = ready.then_some(who.routing.start);
        if since == who.ready_since {
            return;
        }
        let before = who.place_when_ready(agent);
        self.agents[agent.0].ready_since = since;
        let after = self.agents[agent.0].place_when_ready(agent);
        let mut work_waits = false;
        for membership in &self.agents[agent.0].memberships {
            let queue = &mut self.queues[membership.queue.0];
            if let Some(place) = before {
                queue.ready.remove(&place);
            }
            if let Some(place) = after.filter(|_| membership.joined) {
                queue.ready.insert(place);
                work_waits |= queue.lines.iter().any(|line| !line.waiting.is_empty());
            }
        }
        if work_waits {
            let looks_ms = self.draw(LOOKS_AFTER_MS);
            self.plan(looks_ms, Due::Match(agent));
        }
    }

    /// Whether the agent's presence is On Queue.
    pub(crate) fn is_on_queue(&self, agent: AgentIx) -> bool {
        self.definition_of(agent).system == SystemPresence::OnQueue
    }

    /// Counts an agent into the tallies of the queues that the agent has joined.
    pub(crate) fn count_in(&mut self, agent: AgentIx) {
        let on_queue = self.is_on_queue(agent);
        let who = &self.agents[agent.0];
        for membership in who.memberships.iter().filter(|membership| membership.joined) {
            let tally = &mut self.queues[membership.queue.0].tally;
            tally.add(who.presence.definition, on_queue, who.routing.status);
        }
    }

    /// Counts an agent out of the tallies of the queues that the agent has joined.
    pub(crate) fn count_out(&mut self, agent: AgentIx) {
        let on_queue = self.is_on_queue(agent);
        let who = &self.agents[agent.0];
        for membership in who.memberships.iter().filter(|membership| membership.joined) {
            let tally = &mut self.queues[membership.queue.0].tally;
            tally.remove(who.presence.definition, on_queue, who.routing.status);
        }
    }

    /// An alert to an agent who has just left goes back to the queue.
    fn withdraw_alert(&mut self, agent: AgentIx) {
        let Some(key) = self.agents[agent.0].engaged else { return };
        if self
            .conversations
            .get(&key)
            .is_some_and(|conversation| conversation.stage == Stage::Alerting(agent))
        {
            self.back_to_waiting(key, agent, StepKind::Withdrawn(agent));
        }
    }

    fn mark_users(&mut self, agent: AgentIx) {
        for n in 0..self.agents[agent.0].memberships.len() {
            self.mark(self.agents[agent.0].memberships[n].queue, Group::Users);
        }
    }

    fn tell_summary(&mut self, agent: AgentIx) {
        let summary = self.agents[agent.0].summary.clone();
        self.tell(What::ConversationSummary(agent, summary));
    }
}

/// Dates of a facet strictly increase, also within a millisecond.
pub(super) fn later(now: Timestamp, before: Timestamp) -> Timestamp {
    now.max(before.plus_ms(1))
}
