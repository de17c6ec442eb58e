//! A conversation's way to an agent: it arrives, waits, alerts; or it is given up.

use std::ops::Range;

use protocol::Timestamp;
use rand::Rng;

use crate::world::{
    AgentIx, Conversation, ConversationKey, Due, Figure, Group, MediaType, QueueIx, RoutingStatus, Stage,
    Step, StepKind, Talk, What, World, guid, interval_of,
};

/// Time between arrival and the first attempt to find an agent: announcements and the like.
const ROUTABLE_AFTER_MS: Range<i64> = 800..4_000;
/// Time in which an agent answers an alert.
const ANSWER_AFTER_MS: Range<i64> = 1_200..5_500;
/// Time after which an alert is taken back from an agent.
const ALERTING_TIMEOUT_MS: i64 = 8_000;
/// Time until a conversation that came back finds its next agent.
const REROUTE_AFTER_MS: i64 = 300;
/// How long a customer waits at least.
const PATIENCE_MIN_MS: f64 = 12_000.0;
/// Share of customers who find that they are in the wrong place, and when.
const MISTAKEN: f64 = 0.02;
const MISTAKEN_MS: Range<i64> = 1_000..9_000;
/// Who gives up earlier than this is not counted against the service level.
const SHORT_ABANDON_MS: i64 = 10_000;
/// A customer who hears the agent's telephone ring waits so much longer.
const PATIENCE_ALERTING_MS: i64 = 10_000;

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
            self.plan_changes_of_staff();
        }
    }

    /// A conversation begins, and begins to wait.
    pub(crate) fn arrive_at(&mut self, queue: QueueIx, arrived: Timestamp) {
        let media = self.draw_media(queue);
        let id = guid::next(&mut self.rng);
        let record = self.conversations_begun + 1;
        self.ledger.begin(record, id.clone(), media, arrived);
        self.begin_leg(id, record, 0, (queue, media), arrived);
    }

    /// A conversation begins to wait in a queue.
    pub(super) fn begin_leg(
        &mut self,
        id: String,
        record: ConversationKey,
        leg: u8,
        (queue, media): (QueueIx, MediaType),
        arrived: Timestamp,
    ) {
        self.conversations_begun += 1;
        let key = self.conversations_begun;
        let stage = Stage::Waiting { routable: false };
        let talk = Talk::default();
        self.conversations.insert(
            key,
            Conversation { id, record, leg, queue, media, arrived, since: arrived, stage, stages: 0, talk },
        );
        self.queues[queue.0].line_mut(media).waiting.insert((arrived, key));
        self.write(key, arrived, StepKind::Offered(queue));
        self.count((queue, media), None, Figure::Offered, arrived, 0);
        let routable_ms = self.draw(ROUTABLE_AFTER_MS);
        self.plan(routable_ms, Due::Route(key));
        let patience_ms = if self.rng.random_bool(MISTAKEN) {
            self.draw(MISTAKEN_MS)
        } else {
            whole_ms(PATIENCE_MIN_MS + self.exponential(media.habit().patience_ms))
        };
        self.plan(patience_ms, Due::Abandon(key));
    }

    /// A conversation may be given to an agent from now on.
    pub(super) fn route(&mut self, key: ConversationKey) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let Stage::Waiting { routable } = &mut conversation.stage else { return };
        *routable = true;
        let queue = conversation.queue;
        if let Some((_, agent)) = self.queues[queue.0].ready.first().copied() {
            self.alert(key, agent, self.now);
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
            .flat_map(|queue| &self.queues[queue.0].lines)
            .filter_map(|line| line.waiting.iter().find(|(_, key)| self.is_routable(*key)).copied())
            .min();
        if let Some((_, key)) = longest {
            self.alert(key, agent, self.now);
        }
    }

    /// The customer gives up, unless an agent has been found.
    pub(super) fn abandon(&mut self, key: ConversationKey) {
        let Some(conversation) = self.conversations.get(&key) else { return };
        match conversation.stage {
            Stage::Waiting { .. } => {
                let (queue, media, arrived) = (conversation.queue, conversation.media, conversation.arrived);
                let (record, now) = (conversation.record, self.now);
                self.queues[queue.0].line_mut(media).waiting.remove(&(arrived, key));
                self.write(key, now, StepKind::Abandoned);
                self.ledger.end_leg(record, now);
                self.conversations.remove(&key);
                self.ended.abandoned += 1;
                let waited_ms = now.ms_since(arrived);
                self.count((queue, media), None, Figure::Wait, now, waited_ms);
                self.count((queue, media), None, Figure::Acd, now, waited_ms);
                // Genesys counts callbacks neither as answered nor as abandoned.
                if media != MediaType::Callback {
                    self.count((queue, media), None, Figure::Abandon, now, waited_ms);
                    if waited_ms < SHORT_ABANDON_MS {
                        self.count((queue, media), None, Figure::ShortAbandon, now, waited_ms);
                    }
                }
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
            self.back_to_waiting(key, agent, StepKind::Missed(agent));
            self.set_routing(agent, RoutingStatus::NotResponding, self.now);
            self.refresh_ready(agent);
            self.plan_recovery(agent);
        }
    }

    /// An alert goes back to its queue, where it waits as long as it did in all.
    pub(super) fn back_to_waiting(&mut self, key: ConversationKey, agent: AgentIx, why: StepKind) {
        let now = self.now;
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let rang_ms = now.ms_since(conversation.since);
        conversation.stage = Stage::Waiting { routable: true };
        conversation.stages += 1;
        conversation.since = now;
        let (queue, media, arrived) = (conversation.queue, conversation.media, conversation.arrived);
        let line = self.queues[queue.0].line_mut(media);
        line.alerting.remove(&key);
        line.waiting.insert((arrived, key));
        self.agents[agent.0].engaged = None;
        self.write(key, now, why);
        self.count((queue, media), Some(agent), Figure::Alert, now, rang_ms);
        if matches!(why, StepKind::Missed(_)) {
            self.count((queue, media), Some(agent), Figure::NotResponding, now, rang_ms);
        }
        self.plan(REROUTE_AFTER_MS, Due::Route(key));
    }

    /// An agent's telephone rings.
    pub(super) fn alert(&mut self, key: ConversationKey, agent: AgentIx, at: Timestamp) {
        let Some(conversation) = self.conversations.get_mut(&key) else { return };
        let (queue, media, arrived) = (conversation.queue, conversation.media, conversation.arrived);
        conversation.stage = Stage::Alerting(agent);
        conversation.stages += 1;
        conversation.since = at;
        let stage = conversation.stages;
        let line = self.queues[queue.0].line_mut(media);
        line.waiting.remove(&(arrived, key));
        line.alerting.insert(key);
        self.agents[agent.0].engaged = Some(key);
        self.refresh_ready(agent);
        self.write(key, at, StepKind::Alerted(agent));
        self.mark(queue, Group::Media(media));
        let answered = !self.rng.random_bool(self.scenario.not_answered());
        let rings_ms = if answered { self.draw(ANSWER_AFTER_MS) } else { ALERTING_TIMEOUT_MS };
        self.plan(rings_ms, Due::AlertEnds { conversation: key, stage, answered });
    }

    /// Writes a step of a conversation into the ledger, and tells of it.
    pub(super) fn write(&mut self, key: ConversationKey, at: Timestamp, what: StepKind) {
        let Some(conversation) = self.conversations.get(&key) else { return };
        let (record, leg) = (conversation.record, conversation.leg);
        if let Some(step) = self.ledger.write(record, Step { at, leg, what }) {
            self.tell_aside(What::Conversation(record, step));
        }
    }

    /// Counts a figure in the interval in which it is known.
    pub(super) fn count(
        &mut self,
        (queue, media): (QueueIx, MediaType),
        agent: Option<AgentIx>,
        figure: Figure,
        at: Timestamp,
        ms: i64,
    ) {
        let cell = crate::world::Cell { interval: interval_of(at), queue, media, agent };
        self.figures.count(cell, figure, ms);
        self.queues[queue.0].line_mut(media).count(cell.interval, figure, ms);
        self.mark(queue, Group::Media(media));
    }

    /// The agent who has a conversation, if it is still at this stage.
    pub(super) fn agent_at_stage(&self, key: ConversationKey, stage: u32) -> Option<AgentIx> {
        let conversation =
            self.conversations.get(&key).filter(|conversation| conversation.stages == stage)?;
        conversation.stage.agent()
    }

    fn plan_arrival(&mut self, queue: QueueIx) {
        let mean_ms = self.queues[queue.0].arrival_every_ms / (self.scenario.arrivals() * self.demand());
        let after_ms = whole_ms(self.exponential(mean_ms));
        self.plan(after_ms, Due::Arrive { queue, epoch: self.epoch });
    }

    fn draw_media(&mut self, queue: QueueIx) -> MediaType {
        let mix = self.queues[queue.0].mix;
        let mut rest = self.rng.random_range(0..mix.iter().sum::<u32>().max(1));
        for (media, share) in MediaType::ALL.into_iter().zip(mix) {
            if rest < share {
                return media;
            }
            rest -= share;
        }
        MediaType::Voice
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
