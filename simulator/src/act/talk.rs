//! A conversation with an agent: talk, hold, transfer to another queue, after-call work.

use std::ops::Range;

use protocol::Timestamp;
use rand::Rng;

use super::conversation::whole_ms;
use crate::world::{
    AgentIx, ConversationKey, Counts, Due, Figure, Group, MediaType, QueueIx, RoutingStatus, Stage, StepKind,
    Talk, World,
};

/// The shortest and the longest talk.
const TALK_MS: Range<f64> = 6_000.0..1_200_000.0;
/// The shortest and the longest after-call work.
const WRAP_UP_MS: Range<f64> = 2_000.0..180_000.0;
/// Share of the calls in which the customer is put on hold.
const WITH_HOLD: f64 = 0.15;
/// When in a talk the customer is put on hold, and for how much of it.
const HOLD_AT: Range<f64> = 0.1..0.6;
const HOLD_LASTS: Range<f64> = 0.05..0.3;
/// Share of the conversations that an agent sends to another queue.
const TRANSFERRED: f64 = 0.06;
/// A customer is sent on at most so often.
const LEGS_MAX: u8 = 4;

impl World {
    /// Customer and agent begin to talk.
    pub(super) fn connect(&mut self, key: ConversationKey, agent: AgentIx, since: Timestamp) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let rang_ms = since.ms_since(conversation.since);
        let waited_ms = since.ms_since(conversation.arrived);
        conversation.stage = Stage::Interacting(agent);
        conversation.stages += 1;
        conversation.since = since;
        conversation.talk = Talk { turned: since, ..Talk::default() };
        let (queue, media, stage) = (conversation.queue, conversation.media, conversation.stages);
        let line = self.queues[queue.0].line_mut(media);
        line.alerting.remove(&key);
        line.interacting.insert((since, key));
        let in_time = waited_ms <= i64::from(line.service_level.duration_ms);
        self.write(key, since, StepKind::Connected(agent));
        self.count((queue, media), Some(agent), Figure::Alert, since, rang_ms);
        self.count((queue, media), Some(agent), Figure::Connected, since, 0);
        self.count((queue, media), None, Figure::Wait, since, waited_ms);
        self.count((queue, media), None, Figure::Acd, since, waited_ms);
        // Genesys counts callbacks neither as answered nor as abandoned.
        if media != MediaType::Callback {
            self.count((queue, media), Some(agent), Figure::Answered, since, waited_ms);
            if !in_time {
                self.count((queue, media), Some(agent), Figure::OverSla, since, 0);
            }
        }
        self.set_routing(agent, RoutingStatus::Interacting, since);
        self.set_contact_center(agent, media, Counts { active: 1, acw: 0 });
        let mean_ms = self.queues[queue.0].talk_ms * media.habit().talk / 2.0;
        let talk_ms = self.exponential(mean_ms) + self.exponential(mean_ms);
        let talk_ms = talk_ms.clamp(TALK_MS.start, TALK_MS.end);
        if media.habit().holds && self.rng.random_bool(WITH_HOLD) {
            let hold_ms = talk_ms * self.rng.random_range(HOLD_AT);
            let resume_ms = hold_ms + talk_ms * self.rng.random_range(HOLD_LASTS);
            self.plan(whole_ms(hold_ms), Due::HoldBegins { conversation: key, stage });
            self.plan(whole_ms(resume_ms), Due::HoldEnds { conversation: key, stage });
        }
        self.plan(whole_ms(talk_ms), Due::TalkEnds { conversation: key, stage });
    }

    /// The customer is put on hold.
    pub(super) fn hold_begins(&mut self, key: ConversationKey, stage: u32) {
        let Some(agent) = self.agent_at_stage(key, stage) else { return };
        let Some((place, ms)) = self.turn_talk(key, self.now, true) else { return };
        self.write(key, self.now, StepKind::Held(agent));
        self.count(place, Some(agent), Figure::Talk, self.now, ms);
    }

    /// The customer is taken off hold.
    pub(super) fn hold_ends(&mut self, key: ConversationKey, stage: u32) {
        if let Some(agent) = self.agent_at_stage(key, stage) {
            self.resume(key, agent, self.now);
        }
    }

    /// The customer hangs up or is sent to another queue; the agent has after-call work.
    pub(super) fn talk_ends(&mut self, key: ConversationKey, stage: u32) {
        let Some(agent) = self.agent_at_stage(key, stage) else { return };
        let next = if self.rng.random_bool(TRANSFERRED) { self.draw_next_queue(key) } else { None };
        self.wrap_up(key, agent, self.now, next);
    }

    /// After-call work is done; the agent is free.
    pub(super) fn wrap_up_ends(&mut self, key: ConversationKey, stage: u32) {
        let Some(agent) = self.agent_at_stage(key, stage) else { return };
        self.write(key, self.now, StepKind::WrappedUp(agent));
        let Some(conversation) = self.conversations.remove(&key) else { return };
        self.ledger.end_leg(conversation.record, self.now);
        if conversation.talk.transferred {
            self.ended.transferred += 1;
        } else {
            self.ended.completed += 1;
        }
        let place = (conversation.queue, conversation.media);
        let wrapped_ms = self.now.ms_since(conversation.since);
        let handled_ms = conversation.talk.talked_ms + conversation.talk.held_ms + wrapped_ms;
        self.count(place, Some(agent), Figure::Acw, self.now, wrapped_ms);
        self.count(place, Some(agent), Figure::Handle, self.now, handled_ms);
        self.set_contact_center(agent, conversation.media, Counts::default());
        let who = &mut self.agents[agent.0];
        who.engaged = None;
        who.wrapping_since = None;
        self.refresh_ready(agent);
        self.hands_are_free(agent);
    }

    /// The agent leaves for good: a customer is sent back to the queue, where it waits for somebody
    /// else, and after-call work is left undone.
    pub(super) fn hand_over(&mut self, key: ConversationKey, agent: AgentIx) {
        let Some(conversation) = self.conversations.get(&key) else { return };
        if let Stage::Interacting(_) = conversation.stage {
            let queue = conversation.queue;
            self.wrap_up(key, agent, self.now, Some(queue));
        }
        if let Some(stage) = self.conversations.get(&key).map(|conversation| conversation.stages) {
            self.wrap_up_ends(key, stage);
        }
    }

    /// At the founding: an agent is in the middle of a conversation.
    pub(crate) fn begin_interacting(&mut self, agent: AgentIx, since: Timestamp) {
        if let Some(key) = self.begin_alerting(agent, since) {
            self.connect(key, agent, since);
        }
    }

    /// At the founding: an agent is in the middle of after-call work.
    pub(crate) fn begin_wrapping_up(&mut self, agent: AgentIx, since: Timestamp) {
        let talk_began = since.plus_ms(-20_000);
        if let Some(key) = self.begin_alerting(agent, talk_began) {
            self.connect(key, agent, talk_began);
            self.wrap_up(key, agent, since, None);
        }
    }

    fn begin_alerting(&mut self, agent: AgentIx, answered: Timestamp) -> Option<ConversationKey> {
        let choice = self.rng.random_range(0..self.agents[agent.0].memberships.len().max(1));
        let queue = self.agents[agent.0].memberships.get(choice)?.queue;
        self.arrive_at(queue, answered.plus_ms(-9_000));
        let key = self.conversations_begun;
        self.alert(key, agent, answered.plus_ms(-4_000));
        Some(key)
    }

    fn wrap_up(&mut self, key: ConversationKey, agent: AgentIx, since: Timestamp, next: Option<QueueIx>) {
        self.resume(key, agent, since);
        let Some((place, ms)) = self.turn_talk(key, since, false) else { return };
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let (talked_since, stage) = (conversation.since, conversation.stages + 1);
        conversation.stage = Stage::AfterCallWork(agent);
        conversation.stages = stage;
        conversation.since = since;
        conversation.talk.transferred = next.is_some();
        let (talk, id, record) = (conversation.talk, conversation.id.clone(), conversation.record);
        let (leg, (queue, media)) = (conversation.leg, place);
        self.queues[queue.0].line_mut(media).interacting.remove(&(talked_since, key));
        self.count(place, Some(agent), Figure::Talk, since, ms);
        self.count(place, Some(agent), Figure::TalkComplete, since, talk.talked_ms);
        if talk.holds > 0 {
            self.count(place, Some(agent), Figure::HeldComplete, since, talk.held_ms);
        }
        if let Some(next) = next {
            self.count(place, Some(agent), Figure::Transferred, since, 0);
            self.count(place, Some(agent), Figure::BlindTransferred, since, 0);
            self.write(key, since, StepKind::Transferred(agent));
            self.ledger.begin_leg(record);
            self.begin_leg(id, record, leg + 1, (next, media), since);
        } else {
            self.write(key, since, StepKind::Disconnected(agent));
        }
        self.agents[agent.0].wrapping_since = Some(since);
        let free = if self.is_on_queue(agent) { RoutingStatus::Idle } else { RoutingStatus::OffQueue };
        self.set_routing(agent, free, since);
        self.set_contact_center(agent, media, Counts { active: 0, acw: 1 });
        self.mark(queue, Group::Media(media));
        let mean_ms = self.queues[queue.0].wrap_up_ms * media.habit().wrap_up;
        let wrap_ms = whole_ms(self.exponential(mean_ms).clamp(WRAP_UP_MS.start, WRAP_UP_MS.end));
        self.plan(wrap_ms, Due::WrapUpEnds { conversation: key, stage });
    }

    /// Takes the customer off hold, if on hold.
    fn resume(&mut self, key: ConversationKey, agent: AgentIx, at: Timestamp) {
        if !self.conversations.get(&key).is_some_and(|conversation| conversation.talk.on_hold) {
            return;
        }
        let Some((place, ms)) = self.turn_talk(key, at, false) else { return };
        self.write(key, at, StepKind::Resumed(agent));
        self.count(place, Some(agent), Figure::Held, at, ms);
    }

    /// One stretch of talk or of hold is over and another begins; answers where, and how long it was.
    fn turn_talk(
        &mut self,
        key: ConversationKey,
        at: Timestamp,
        on_hold: bool,
    ) -> Option<((QueueIx, MediaType), i64)> {
        let conversation = self.conversations.get_mut(&key)?;
        let talk = &mut conversation.talk;
        let ms = at.ms_since(talk.turned);
        if talk.on_hold {
            talk.held_ms += ms;
        } else {
            talk.talked_ms += ms;
        }
        talk.holds += u32::from(on_hold);
        talk.on_hold = on_hold;
        talk.turned = at;
        Some(((conversation.queue, conversation.media), ms))
    }

    /// Another queue of the same department that takes conversations of this kind.
    fn draw_next_queue(&mut self, key: ConversationKey) -> Option<QueueIx> {
        let conversation = self.conversations.get(&key).filter(|leg| leg.leg + 1 < LEGS_MAX)?;
        let (from, media) = (conversation.queue, conversation.media);
        let department = self.queues[from.0].department;
        let takes = |ix: &QueueIx| {
            let queue = &self.queues[ix.0];
            *ix != from && queue.department == department && queue.mix[media as usize] > 0
        };
        let choices: Vec<QueueIx> = (0..self.queues.len()).map(QueueIx).filter(takes).collect();
        let choice = self.rng.random_range(0..choices.len().max(1));
        choices.get(choice).copied()
    }
}
