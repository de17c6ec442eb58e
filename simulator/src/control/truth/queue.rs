//! The truth about the queues, counted from agents and conversations one by one.

use std::collections::BTreeMap;

use protocol::{QueueId, Timestamp};
use serde::Serialize;

use crate::world::{
    AgentIx, Figure, QueueIx, RoutingStatus, Stage, SystemPresence, World, begin_of, interval_of,
};

/// A queue.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueueTruth {
    id: QueueId,
    name: String,
    waiting: usize,
    longest_wait_ms: i64,
    interacting: usize,
    alerting: usize,
    on_queue_users: BTreeMap<&'static str, usize>,
    member_users: usize,
    joined_users: usize,
    service_level: ServiceLevelTruth,
    interval: IntervalTruth,
}

/// What of the present half hour is known.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IntervalTruth {
    start: Timestamp,
    offered: u32,
    answered: u32,
    abandoned: u32,
    answered_in_time: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_level: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceLevelTruth {
    percentage: f64,
    duration_ms: u32,
}

impl IntervalTruth {
    fn of(world: &World, queue: QueueIx) -> Self {
        let interval = interval_of(world.now);
        let figures = world.figures.of_queue(interval, queue);
        let share = figures.service_level(world.service_level_of_offered);
        Self {
            start: begin_of(interval),
            offered: figures.of(Figure::Offered).count,
            answered: figures.of(Figure::Answered).count,
            abandoned: figures.of(Figure::Abandon).count,
            answered_in_time: share.part,
            service_level: (share.all > 0).then(|| share.ratio()),
        }
    }
}

/// What is counted of a queue.
#[derive(Clone, Default)]
pub(super) struct QueueCount {
    waiting: usize,
    first_arrived: Option<Timestamp>,
    interacting: usize,
    alerting: usize,
    on_queue: BTreeMap<&'static str, usize>,
    members: usize,
    joined: usize,
}

impl QueueCount {
    pub(super) fn of(world: &World) -> Vec<QueueTruth> {
        let mut counts = vec![Self::default(); world.queues.len()];
        for conversation in world.conversations.values() {
            let count = &mut counts[conversation.queue.0];
            match conversation.stage {
                Stage::Waiting { .. } => {
                    count.waiting += 1;
                    let first = count
                        .first_arrived
                        .map_or(conversation.arrived, |first| first.min(conversation.arrived));
                    count.first_arrived = Some(first);
                }
                Stage::Alerting(_) => count.alerting += 1,
                Stage::Interacting(_) => count.interacting += 1,
                Stage::AfterCallWork(_) => {}
            }
        }
        for (ix, who) in world.agents.iter().enumerate() {
            let on_queue = world.definition_of(AgentIx(ix)).system == SystemPresence::OnQueue;
            for membership in &who.memberships {
                let count = &mut counts[membership.queue.0];
                count.members += 1;
                count.joined += usize::from(membership.joined);
                if on_queue && membership.joined {
                    *count.on_queue.entry(who.routing.status.as_str()).or_default() += 1;
                }
            }
        }
        (0..).map(QueueIx).zip(counts).map(|(ix, count)| count.truth(world, ix)).collect()
    }

    fn truth(mut self, world: &World, ix: QueueIx) -> QueueTruth {
        let (queue, now) = (&world.queues[ix.0], world.now);
        for status in [
            RoutingStatus::Idle,
            RoutingStatus::Interacting,
            RoutingStatus::NotResponding,
            RoutingStatus::Communicating,
        ] {
            self.on_queue.entry(status.as_str()).or_default();
        }
        QueueTruth {
            id: queue.id.clone(),
            name: queue.name.clone(),
            waiting: self.waiting,
            longest_wait_ms: self.first_arrived.map_or(0, |first| now.ms_since(first)),
            interacting: self.interacting,
            alerting: self.alerting,
            on_queue_users: self.on_queue,
            member_users: self.members,
            joined_users: self.joined,
            service_level: ServiceLevelTruth {
                percentage: queue.service_level().percentage,
                duration_ms: queue.service_level().duration_ms,
            },
            interval: IntervalTruth::of(world, ix),
        }
    }
}
