//! A conversation's way: it arrives, waits, alerts, is talked in, is wrapped up; or it is given up.

use std::ops::Range;

use protocol::Timestamp;
use rand::Rng;

use crate::world::{
    AgentIx, Conversation, ConversationKey, Counts, Due, Group, MediaType, QueueIx, RoutingStatus, Stage,
    World, guid,
};

/// Time between arrival and the first attempt to find an agent: announcements and the like.
const ROUTABLE_AFTER_MS: Range<i64> = 800..4_000;
/// Time in which an agent answers an alert.
const ANSWER_AFTER_MS: Range<i64> = 1_200..5_500;
/// Time after which an alert is taken back from an agent.
const ALERTING_TIMEOUT_MS: i64 = 8_000;
/// Time until a conversation that came back finds its next agent.
const REROUTE_AFTER_MS: i64 = 300;
/// Share of alerts that are not answered.
const NOT_ANSWERED: f64 = 0.018;
/// How long a customer waits at least, and on top of that on average.
const PATIENCE_MIN_MS: f64 = 12_000.0;
const PATIENCE_MEAN_MS: f64 = 85_000.0;
/// A customer who hears the agent's telephone ring waits so much longer.
const PATIENCE_ALERTING_MS: i64 = 10_000;
/// The shortest and the longest talk.
const TALK_MS: Range<f64> = 6_000.0..1_200_000.0;
/// The shortest and the longest after-call work.
const WRAP_UP_MS: Range<f64> = 2_000.0..180_000.0;

impl World {
    /// A conversation reaches a queue, and the next one is planned.
    pub(super) fn arrive(&mut self, queue: QueueIx, epoch: u32) {
        if epoch != self.epoch {
            return;
        }
        self.arrive_at(queue, self.now);
        self.plan_arrival(queue);
    }

    /// Plans the arrivals of all queues anew.
    pub(crate) fn plan_arrivals(&mut self) {
        self.epoch += 1;
        for queue in 0..self.queues.len() {
            self.plan_arrival(QueueIx(queue));
        }
        if self.epoch > 1 {
            self.plan_chatter();
        }
    }

    /// A conversation begins to wait.
    pub(crate) fn arrive_at(&mut self, queue: QueueIx, arrived: Timestamp) {
        self.conversations_begun += 1;
        let key = self.conversations_begun;
        let id = guid::next(&mut self.rng);
        self.conversations.insert(
            key,
            Conversation {
                id,
                queue,
                media: MediaType::Voice,
                arrived,
                since: arrived,
                stage: Stage::Waiting { routable: false },
                stages: 0,
            },
        );
        self.queues[queue.0].waiting.insert((arrived, key));
        self.mark(queue, Group::Media(MediaType::Voice));
        let routable_ms = self.draw(ROUTABLE_AFTER_MS);
        self.plan(routable_ms, Due::Route(key));
        let patience_ms = PATIENCE_MIN_MS + self.exponential(PATIENCE_MEAN_MS);
        self.plan(whole_ms(patience_ms), Due::Abandon(key));
    }

    /// A conversation may be given to an agent from now on.
    pub(super) fn route(&mut self, key: ConversationKey) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let Stage::Waiting { routable } = &mut conversation.stage else { return };
        *routable = true;
        let queue = conversation.queue;
        if let Some((_, agent)) = self.queues[queue.0].ready.first().copied() {
            self.alert(key, agent);
        }
    }

    /// A free agent takes the conversation that has waited longest in any of the agent's queues.
    pub(super) fn look_for_work(&mut self, agent: AgentIx) {
        let who = &self.agents[agent.0];
        if who.ready_since.is_none() {
            return;
        }
        let longest = who
            .joined_queues()
            .filter_map(|queue| {
                let mut waiting = self.queues[queue.0].waiting.iter();
                waiting.find(|(_, key)| self.is_routable(*key)).copied()
            })
            .min();
        if let Some((_, key)) = longest {
            self.alert(key, agent);
        }
    }

    /// The customer gives up, unless an agent has been found.
    pub(super) fn abandon(&mut self, key: ConversationKey) {
        let Some(conversation) = self.conversations.get(&key) else { return };
        match conversation.stage {
            Stage::Waiting { .. } => {
                let (queue, arrived) = (conversation.queue, conversation.arrived);
                self.queues[queue.0].waiting.remove(&(arrived, key));
                self.conversations.remove(&key);
                self.ended.abandoned += 1;
                self.mark(queue, Group::Media(MediaType::Voice));
            }
            Stage::Alerting(_) => self.plan(PATIENCE_ALERTING_MS, Due::Abandon(key)),
            Stage::Interacting(_) | Stage::AfterCallWork(_) => {}
        }
    }

    /// An alert was answered, or it was not.
    pub(super) fn alert_ends(&mut self, key: ConversationKey, stage: u32, answered: bool) {
        let Some(agent) = self.agent_at_stage(key, stage) else { return };
        if answered {
            self.connect(key, agent, self.now);
        } else {
            self.back_to_waiting(key, agent);
            self.set_routing(agent, RoutingStatus::NotResponding, self.now);
            self.refresh_ready(agent);
            self.plan_recovery(agent);
        }
    }

    /// The customer hangs up; the agent has after-call work.
    pub(super) fn talk_ends(&mut self, key: ConversationKey, stage: u32) {
        if let Some(agent) = self.agent_at_stage(key, stage) {
            self.wrap_up(key, agent, self.now);
        }
    }

    /// After-call work is done; the agent is free.
    pub(super) fn wrap_up_ends(&mut self, key: ConversationKey, stage: u32) {
        let Some(agent) = self.agent_at_stage(key, stage) else { return };
        let Some(conversation) = self.conversations.remove(&key) else { return };
        self.ended.completed += 1;
        self.set_contact_center(agent, conversation.media, Counts::default());
        let who = &mut self.agents[agent.0];
        who.engaged = None;
        who.wrapping_since = None;
        self.refresh_ready(agent);
        self.hands_are_free(agent);
    }

    /// An alert goes back to its queue, where it waits as long as it did in all.
    pub(super) fn back_to_waiting(&mut self, key: ConversationKey, agent: AgentIx) {
        let now = self.now;
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        conversation.stage = Stage::Waiting { routable: true };
        conversation.stages += 1;
        conversation.since = now;
        let (queue, arrived) = (conversation.queue, conversation.arrived);
        self.queues[queue.0].alerting.remove(&key);
        self.queues[queue.0].waiting.insert((arrived, key));
        self.agents[agent.0].engaged = None;
        self.mark(queue, Group::Media(MediaType::Voice));
        self.plan(REROUTE_AFTER_MS, Due::Route(key));
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
            self.wrap_up(key, agent, since);
        }
    }

    fn begin_alerting(&mut self, agent: AgentIx, since: Timestamp) -> Option<ConversationKey> {
        let choice = self.rng.random_range(0..self.agents[agent.0].memberships.len().max(1));
        let queue = self.agents[agent.0].memberships.get(choice)?.queue;
        self.arrive_at(queue, since.plus_ms(-9_000));
        let key = self.conversations_begun;
        self.alert(key, agent);
        Some(key)
    }

    fn alert(&mut self, key: ConversationKey, agent: AgentIx) {
        let now = self.now;
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let (queue, arrived) = (conversation.queue, conversation.arrived);
        conversation.stage = Stage::Alerting(agent);
        conversation.stages += 1;
        conversation.since = now;
        let stage = conversation.stages;
        self.queues[queue.0].waiting.remove(&(arrived, key));
        self.queues[queue.0].alerting.insert(key);
        self.agents[agent.0].engaged = Some(key);
        self.refresh_ready(agent);
        self.mark(queue, Group::Media(MediaType::Voice));
        let answered = !self.rng.random_bool(NOT_ANSWERED);
        let rings_ms = if answered { self.draw(ANSWER_AFTER_MS) } else { ALERTING_TIMEOUT_MS };
        self.plan(rings_ms, Due::AlertEnds { conversation: key, stage, answered });
    }

    fn connect(&mut self, key: ConversationKey, agent: AgentIx, since: Timestamp) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        conversation.stage = Stage::Interacting(agent);
        conversation.stages += 1;
        conversation.since = since;
        let (queue, media, stage) = (conversation.queue, conversation.media, conversation.stages);
        self.queues[queue.0].alerting.remove(&key);
        self.queues[queue.0].interacting.insert((since, key));
        self.set_routing(agent, RoutingStatus::Interacting, since);
        self.set_contact_center(agent, media, Counts { active: 1, acw: 0 });
        self.mark(queue, Group::Media(media));
        let mean_ms = self.queues[queue.0].talk_ms / 2.0;
        let talk_ms = self.exponential(mean_ms) + self.exponential(mean_ms);
        let talk_ms = whole_ms(talk_ms.clamp(TALK_MS.start, TALK_MS.end));
        self.plan(talk_ms, Due::TalkEnds { conversation: key, stage });
    }

    fn wrap_up(&mut self, key: ConversationKey, agent: AgentIx, since: Timestamp) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let talked_since = conversation.since;
        conversation.stage = Stage::AfterCallWork(agent);
        conversation.stages += 1;
        conversation.since = since;
        let (queue, media, stage) = (conversation.queue, conversation.media, conversation.stages);
        self.queues[queue.0].interacting.remove(&(talked_since, key));
        self.agents[agent.0].wrapping_since = Some(since);
        let free = if self.is_on_queue(agent) { RoutingStatus::Idle } else { RoutingStatus::OffQueue };
        self.set_routing(agent, free, since);
        self.set_contact_center(agent, media, Counts { active: 0, acw: 1 });
        self.mark(queue, Group::Media(media));
        let mean_ms = self.queues[queue.0].wrap_up_ms;
        let wrap_ms = whole_ms(self.exponential(mean_ms).clamp(WRAP_UP_MS.start, WRAP_UP_MS.end));
        self.plan(wrap_ms, Due::WrapUpEnds { conversation: key, stage });
    }

    fn plan_arrival(&mut self, queue: QueueIx) {
        let mean_ms = self.queues[queue.0].arrival_every_ms / self.scenario.arrivals();
        let after_ms = whole_ms(self.exponential(mean_ms));
        self.plan(after_ms, Due::Arrive { queue, epoch: self.epoch });
    }

    fn agent_at_stage(&self, key: ConversationKey, stage: u32) -> Option<AgentIx> {
        let conversation =
            self.conversations.get(&key).filter(|conversation| conversation.stages == stage)?;
        conversation.stage.agent()
    }

    fn is_routable(&self, key: ConversationKey) -> bool {
        self.conversations
            .get(&key)
            .is_some_and(|conversation| conversation.stage == Stage::Waiting { routable: true })
    }

    /// A whole number of this range.
    pub(crate) fn draw(&mut self, range: Range<i64>) -> i64 {
        self.rng.random_range(range)
    }

    /// A time until the next of things that come at random, this mean apart.
    pub(crate) fn exponential(&mut self, mean_ms: f64) -> f64 {
        let uniform: f64 = self.rng.random();
        -mean_ms * (1.0 - uniform).ln()
    }
}

/// Rounds to milliseconds.
pub(crate) fn whole_ms(ms: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, which is long enough")]
    let whole = ms.round() as i64;
    whole
}
