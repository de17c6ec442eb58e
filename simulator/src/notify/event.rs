//! A happening as the text of an event: encoded once, and only when somebody listens.

use protocol::{PresenceDefinitionId, QueueId, Timestamp, Topic, UserId};
use serde::Serialize;

use super::{
    Hub, conversation, stats::StatsBody, subscription::Heard, user_aggregates::UserAggregates, workforce,
};
use crate::{
    config::Config,
    rest::body::Summary,
    world::{
        AgentIx, DefinitionIx, Group, Happening, INTERVAL_MS, Metric, Presence, Qualifier, QueueIx, Reading,
        Routing, What, World, begin_of, guid,
    },
};

/// Turns happenings into events.
pub(crate) struct Publisher {
    partial_observations: bool,
    omit_zero_in_events: bool,
    shout_in_adherence: bool,
    longest_in_max: bool,
    members_event_on_add_and_remove: bool,
    user_aggregates: UserAggregates,
    /// Makes correlation ids differ from run to run.
    salt: u128,
}

impl Publisher {
    /// With the answers that the configuration asks for.
    pub(crate) fn new(config: &Config, salt: u128) -> Self {
        Self {
            partial_observations: config.answers.partial_observations,
            omit_zero_in_events: config.answers.omit_zero_in_events,
            shout_in_adherence: config.answers.upper_case_presence_in_adherence,
            longest_in_max: config.answers.longest_in_max,
            members_event_on_add_and_remove: config.answers.members_event_on_add_and_remove,
            user_aggregates: UserAggregates::new(config.answers.count_in_user_aggregates),
            salt,
        }
    }

    /// Tells everybody who listens to what happened.
    pub(crate) fn publish(&mut self, world: &World, hub: &mut Hub, happening: &Happening) {
        let cause = self.correlation_id(happening.cause);
        match &happening.what {
            What::Presence(agent, presence) => {
                let id = &world.agents[agent.0].id;
                let body = || PresenceBody::of(world, presence);
                send(hub, Topic::UserPresence(id.clone()), &cause, body);
                self.publish_activity(world, hub, *agent, &cause);
                self.user_aggregates.changed(world, hub, *agent, happening.cause);
            }
            What::RoutingStatus(agent, routing) => {
                let id = &world.agents[agent.0].id;
                let body = || RoutingBody { id, routing_status: RoutingStatusBody::of(*routing) };
                send(hub, Topic::UserRoutingStatus(id.clone()), &cause, body);
                self.publish_activity(world, hub, *agent, &cause);
                self.user_aggregates.changed(world, hub, *agent, happening.cause);
            }
            What::Conversation(record, step) => {
                if let Some(record) = world.ledger.record(*record) {
                    conversation::publish(world, hub, record, *step, &cause);
                }
            }
            What::ConversationSummary(agent, summary) => {
                let id = &world.agents[agent.0].id;
                let body = || SummaryBody { user_id: id, media: Summary::of(summary) };
                send(hub, Topic::UserConversationSummary(id.clone()), &cause, body);
            }
            What::Numbers(queue, group, readings) => {
                self.publish_numbers(world, hub, *queue, *group, readings, happening, &cause);
            }
            What::Adherence(agent, adherence) => {
                let subject = workforce::Subject::of(world, *agent);
                for topic in subject.topics() {
                    let body = || subject.adherence(adherence, self.shout_in_adherence);
                    send_named(hub, topic, &cause, body);
                }
            }
            What::LeftUnit(agent, team, adherence) => {
                let subject = workforce::Subject::who_left(world, *agent, *team);
                for topic in subject.topics() {
                    let body = || subject.adherence(adherence, self.shout_in_adherence);
                    send_named(hub, topic, &cause, body);
                }
            }
            What::ScheduleChanged(agent, start, change) => {
                let topic = workforce::schedules_topic(world, *agent);
                let body = || workforce::schedule_changed(world, *agent, *start, *change);
                send_named(hub, topic, &cause, body);
                let topic = workforce::unit_schedules_topic(world, *agent);
                send_named(hub, topic, &cause, || workforce::unit_schedule_changed(world, *agent, *start));
            }
            What::OutOfOffice(agent) => {
                let who = &world.agents[agent.0];
                let (id, is) = (&who.id, who.out_of_office);
                let body = || OutOfOfficeBody {
                    user: UserRef { id },
                    active: is.active,
                    indefinite: is.indefinite,
                    start_date: is.start,
                    end_date: is.end,
                };
                send_named(hub, format!("v2.users.{id}.outofoffice"), &cause, body);
                self.publish_activity(world, hub, *agent, &cause);
            }
            // No topic tells of it.
            What::UserState(..) => {}
            What::Queues { agent, queue, joined, membership } => {
                let (id, queue_id) = (&world.agents[agent.0].id, &world.queues[queue.0].id);
                if self.members_event_on_add_and_remove || !membership {
                    let body = || QueueMemberBody { id, user: UserRef { id }, queue_id, joined: *joined };
                    send_named(hub, format!("v2.routing.queues.{queue_id}.users"), &cause, body);
                }
                self.publish_activity(world, hub, *agent, &cause);
            }
        }
    }

    /// Tells whoever listens to this topic something that did not happen in the world: an answer that
    /// was asked for earlier is ready.
    pub(crate) fn announce(&self, hub: &mut Hub, topic: String, number: u64, body: &impl Serialize) {
        // The causes of the world count up from 0, these down.
        send_named(hub, topic, &self.correlation_id(u64::MAX - number), || body);
    }

    /// Tells the times of users that have changed since they were last told, as soon as the limit allows.
    pub(crate) fn publish_user_aggregates(&mut self, world: &World, hub: &mut Hub) {
        for (agent, cause) in self.user_aggregates.take_due(world.now) {
            let topic = UserAggregates::topic(world, agent);
            let cause = self.correlation_id(cause);
            send_named(hub, topic, &cause, || self.user_aggregates.body(world, agent));
        }
    }

    fn publish_activity(&self, world: &World, hub: &mut Hub, agent: AgentIx, cause: &Cause) {
        let who = &world.agents[agent.0];
        let body = || ActivityBody {
            id: &who.id,
            routing_status: RoutingStatusBody::of(who.routing),
            presence: ActivityPresence::of(world, &who.presence),
            out_of_office: OutOfOffice {
                active: who.out_of_office.active,
                modified_date: who.out_of_office.modified,
            },
            active_queue_ids: who.joined_queues().map(|queue| &world.queues[queue.0].id).collect(),
            date_active_queues_changed: who.queues_changed,
        };
        send(hub, Topic::UserActivity(who.id.clone()), cause, body);
    }

    #[expect(clippy::too_many_arguments, reason = "one event in its parts")]
    fn publish_numbers(
        &self,
        world: &World,
        hub: &mut Hub,
        queue: QueueIx,
        group: Group,
        readings: &[Reading],
        happening: &Happening,
        cause: &Cause,
    ) {
        let id = &world.queues[queue.0].id;
        let told = || {
            readings
                .iter()
                .filter(|reading| !self.partial_observations || reading.changed)
                .filter(|reading| !self.omit_zero_in_events || !reading.value.is_zero())
        };
        if told().next().is_none() {
            return;
        }
        let body = || ObservationsBody {
            group: GroupBody::of(id, group),
            data: [IntervalBody {
                interval: interval_of(happening.at),
                metrics: told()
                    .map(|reading| MetricBody::of(world, reading, happening.at, self.longest_in_max))
                    .collect(),
            }],
        };
        send(hub, Topic::QueueObservations(id.clone()), cause, body);
        let news = readings.iter().any(|reading| reading.changed && !reading.metric.is_of_interval());
        if let (Group::Media(media), true) = (group, news) {
            let body = || QueueActivityBody {
                results: [QueueActivityResult {
                    media_type: media.as_str(),
                    data: told()
                        .filter(|reading| !reading.metric.is_of_interval())
                        .map(|reading| QueueActivityMetric::of(reading, happening.at))
                        .collect(),
                }],
            };
            send(hub, Topic::QueueActivity(id.clone()), cause, body);
        }
    }

    fn correlation_id(&self, cause: u64) -> Cause {
        // An odd factor spreads the counter over all bits and keeps the ids different.
        Cause(self.salt ^ u128::from(cause).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    }
}

/// The correlation id, not written out unless somebody listens.
pub(super) struct Cause(u128);

fn send<Body: Serialize>(hub: &mut Hub, topic: Topic, cause: &Cause, body: impl FnOnce() -> Body) {
    let heard = Heard::Known(topic);
    let name = || match &heard {
        Heard::Known(topic) => topic.to_string(),
        Heard::Named(name) => name.clone(),
    };
    deliver(hub, &heard, name, cause, body);
}

/// Sends under a topic that has no type of its own.
pub(super) fn send_named<Body: Serialize>(
    hub: &mut Hub,
    topic: String,
    cause: &Cause,
    body: impl FnOnce() -> Body,
) {
    deliver(hub, &Heard::named(&topic), || topic, cause, body);
}

fn deliver<Body: Serialize>(
    hub: &mut Hub,
    topic: &Heard,
    name: impl FnOnce() -> String,
    cause: &Cause,
    body: impl FnOnce() -> Body,
) {
    hub.deliver(topic, || {
        let event = Event {
            topic_name: name(),
            version: "2",
            event_body: body(),
            metadata: Metadata { correlation_id: guid::of(cause.0) },
        };
        serde_json::to_string(&event).unwrap_or_else(|error| {
            tracing::error!(%error, "an event could not be encoded");
            String::new()
        })
    });
}

pub(super) fn interval_of(now: Timestamp) -> String {
    let start = begin_of(crate::world::interval_of(now));
    format!("{start}/{}", start.plus_ms(INTERVAL_MS))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<Body> {
    topic_name: String,
    version: &'static str,
    event_body: Body,
    metadata: Metadata,
}

#[derive(Serialize)]
struct Metadata {
    #[serde(rename = "CorrelationId")]
    correlation_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PresenceBody<'a> {
    source: &'static str,
    presence_definition: DefinitionBody<'a>,
    primary: bool,
    message: &'a str,
    modified_date: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    future_presence_definition: Option<DefinitionBody<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DefinitionBody<'a> {
    id: &'a PresenceDefinitionId,
    system_presence: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoutingBody<'a> {
    id: &'a UserId,
    routing_status: RoutingStatusBody,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoutingStatusBody {
    status: &'static str,
    start_time: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryBody<'a> {
    user_id: &'a UserId,
    #[serde(flatten)]
    media: Summary,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActivityBody<'a> {
    id: &'a UserId,
    routing_status: RoutingStatusBody,
    presence: ActivityPresence<'a>,
    out_of_office: OutOfOffice,
    active_queue_ids: Vec<&'a QueueId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_active_queues_changed: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueMemberBody<'a> {
    id: &'a UserId,
    user: UserRef<'a>,
    queue_id: &'a QueueId,
    joined: bool,
}

#[derive(Serialize)]
struct UserRef<'a> {
    id: &'a UserId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActivityPresence<'a> {
    presence_definition: DefinitionBody<'a>,
    presence_message: &'a str,
    modified_date: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutOfOffice {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_date: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutOfOfficeBody<'a> {
    user: UserRef<'a>,
    active: bool,
    indefinite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<Timestamp>,
}

#[derive(Serialize)]
struct ObservationsBody<'a> {
    group: GroupBody<'a>,
    data: [IntervalBody<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupBody<'a> {
    queue_id: &'a QueueId,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<&'static str>,
}

#[derive(Serialize)]
struct IntervalBody<'a> {
    interval: String,
    metrics: Vec<MetricBody<'a>>,
}

/// A number as observations give it, in events and in reads.
#[derive(Serialize)]
pub(crate) struct MetricBody<'a> {
    metric: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    qualifier: Option<&'a str>,
    stats: StatsBody,
}

#[derive(Serialize)]
struct QueueActivityBody {
    results: [QueueActivityResult; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueActivityResult {
    media_type: &'static str,
    data: Vec<QueueActivityMetric>,
}

#[derive(Serialize)]
struct QueueActivityMetric {
    metric: &'static str,
    #[serde(flatten)]
    stats: StatsBody,
}

impl<'a> PresenceBody<'a> {
    fn of(world: &'a World, presence: &'a Presence) -> Self {
        Self {
            source: "PURECLOUD",
            presence_definition: DefinitionBody::of(world, presence.definition),
            primary: true,
            message: &presence.message,
            modified_date: presence.modified,
            future_presence_definition: presence.future.map(|future| DefinitionBody::of(world, future)),
        }
    }
}

impl<'a> DefinitionBody<'a> {
    fn of(world: &'a World, definition: DefinitionIx) -> Self {
        let definition = &world.definitions[definition.0];
        Self { id: &definition.id, system_presence: definition.system.shouted() }
    }
}

impl<'a> ActivityPresence<'a> {
    fn of(world: &'a World, presence: &'a Presence) -> Self {
        Self {
            presence_definition: DefinitionBody::of(world, presence.definition),
            presence_message: &presence.message,
            modified_date: presence.modified,
        }
    }
}

impl RoutingStatusBody {
    fn of(routing: Routing) -> Self {
        Self { status: routing.status.as_str(), start_time: routing.start }
    }
}

impl<'a> GroupBody<'a> {
    /// The group of a queue's numbers.
    pub(crate) fn of(queue_id: &'a QueueId, group: Group) -> Self {
        let media_type = match group {
            Group::Media(media) => Some(media.as_str()),
            Group::Users => None,
        };
        Self { queue_id, media_type }
    }
}

impl<'a> MetricBody<'a> {
    /// A number at a moment; the longest of something stands in one of two places.
    pub(crate) fn of(world: &'a World, reading: &Reading, now: Timestamp, longest_in_max: bool) -> Self {
        let qualifier = match reading.qualifier {
            Qualifier::None => None,
            Qualifier::Routing(status) => Some(status.as_str()),
            Qualifier::Definition(definition) => Some(world.definitions[definition.0].id.as_str()),
        };
        let stats = StatsBody::of(reading.value, now);
        let stats = if longest_in_max { stats.with_value_as_max() } else { stats };
        Self { metric: reading.metric.as_str(), qualifier, stats }
    }
}

impl QueueActivityMetric {
    fn of(reading: &Reading, now: Timestamp) -> Self {
        let metric: Metric = reading.metric;
        Self { metric: metric.as_str(), stats: StatsBody::of(reading.value, now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_half_hours() {
        let now: Timestamp = "2026-01-02T03:44:05.678Z".parse().unwrap();
        assert_eq!(interval_of(now), "2026-01-02T03:30:00.000Z/2026-01-02T04:00:00.000Z");
    }
}
