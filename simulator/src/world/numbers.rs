//! The numbers of a queue as analytics names them, and what of them is news.
//!
//! Media numbers stand in the group {queueId, mediaType}, numbers of users in the group {queueId}.
//! A group is published at most once a second.

use std::collections::BTreeSet;

use protocol::Timestamp;

use super::{
    DefinitionIx, Figure, Figures, MediaType, Queue, QueueIx, RoutingStatus, Share, Stat, World, interval_of,
};

/// Genesys sends an analytics topic at most once a second.
/// Source: developer center, analytics data management, "Analytics notifications".
const PUBLISH_EVERY_MS: i64 = 1_000;

/// The two kinds of groups in which a queue's numbers are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// Numbers of conversations of one media type.
    Media(MediaType),
    /// Numbers of members.
    Users,
}

/// A metric of observation, or of the present interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Metric {
    Waiting,
    LongestWaiting,
    Alerting,
    Interacting,
    LongestInteracting,
    MemberUsers,
    ActiveUsers,
    OffQueueUsers,
    OnQueueUsers,
    UserRoutingStatuses,
    UserPresences,
    Figure(Figure),
    ServiceLevel,
}

impl Metric {
    /// Those of observation, which can be asked for at any moment.
    pub(crate) const ALL: [Self; 11] = [
        Self::Waiting,
        Self::LongestWaiting,
        Self::Alerting,
        Self::Interacting,
        Self::LongestInteracting,
        Self::MemberUsers,
        Self::ActiveUsers,
        Self::OffQueueUsers,
        Self::OnQueueUsers,
        Self::UserRoutingStatuses,
        Self::UserPresences,
    ];

    /// Whether it belongs to an interval and not to a moment.
    pub(crate) fn is_of_interval(self) -> bool {
        matches!(self, Self::Figure(_) | Self::ServiceLevel)
    }

    /// As Genesys names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "oWaiting",
            Self::LongestWaiting => "oLongestWaiting",
            Self::Alerting => "oAlerting",
            Self::Interacting => "oInteracting",
            Self::LongestInteracting => "oLongestInteracting",
            Self::MemberUsers => "oMemberUsers",
            Self::ActiveUsers => "oActiveUsers",
            Self::OffQueueUsers => "oOffQueueUsers",
            Self::OnQueueUsers => "oOnQueueUsers",
            Self::UserRoutingStatuses => "oUserRoutingStatuses",
            Self::UserPresences => "oUserPresences",
            Self::Figure(figure) => figure.as_str(),
            Self::ServiceLevel => "oServiceLevel",
        }
    }
}

/// What a metric is split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Qualifier {
    None,
    Routing(RoutingStatus),
    Definition(DefinitionIx),
}

/// The value of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    /// So many.
    Count(u32),
    /// The longest of them lasts since then; `None` when there is none.
    Since(Option<Timestamp>),
    /// A figure of the present interval.
    Figure(Figure, Stat),
    /// The service level of the present interval.
    Share(Share),
}

impl Value {
    /// Whether a read leaves it out.
    pub(crate) fn is_zero(self) -> bool {
        match self {
            Self::Count(count) => count == 0,
            Self::Since(since) => since.is_none(),
            Self::Figure(_, stat) => stat.count == 0,
            Self::Share(share) => share.all == 0,
        }
    }
}

/// One number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reading {
    pub(crate) metric: Metric,
    pub(crate) qualifier: Qualifier,
    pub(crate) value: Value,
    /// Whether it is not what was published last.
    pub(crate) changed: bool,
}

/// What is remembered of publishing a queue's groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Published {
    media: [OfGroup; MediaType::ALL.len()],
    users: OfGroup,
}

#[derive(Clone, Debug, Default)]
struct OfGroup {
    at: Option<Timestamp>,
    planned: bool,
    last: Vec<Reading>,
    /// Definitions whose count was touched since; one that came and went must still be told.
    touched: BTreeSet<DefinitionIx>,
}

impl Published {
    fn of(&mut self, group: Group) -> &mut OfGroup {
        match group {
            Group::Media(media) => &mut self.media[media as usize],
            Group::Users => &mut self.users,
        }
    }
}

impl Queue {
    /// All numbers of a group as they are, zero or not.
    pub(crate) fn readings(&self, group: Group) -> Vec<Reading> {
        let mut readings = Vec::with_capacity(32);
        let mut add = |metric, qualifier, value| {
            readings.push(Reading { metric, qualifier, value, changed: false });
        };
        let count = |set: usize| Value::Count(u32::try_from(set).unwrap_or(u32::MAX));
        match group {
            Group::Media(media) => {
                let line = self.line(media);
                add(Metric::Waiting, Qualifier::None, count(line.waiting.len()));
                let first = line.waiting.first().map(|(since, _)| *since);
                add(Metric::LongestWaiting, Qualifier::None, Value::Since(first));
                add(Metric::Alerting, Qualifier::None, count(line.alerting.len()));
                add(Metric::Interacting, Qualifier::None, count(line.interacting.len()));
                let first = line.interacting.first().map(|(since, _)| *since);
                add(Metric::LongestInteracting, Qualifier::None, Value::Since(first));
            }
            Group::Users => {
                let members = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
                let joined = u32::try_from(self.joined).unwrap_or(u32::MAX);
                let on_queue = self.tally.on_queue_all();
                add(Metric::MemberUsers, Qualifier::None, Value::Count(members));
                add(Metric::ActiveUsers, Qualifier::None, Value::Count(joined));
                add(Metric::OffQueueUsers, Qualifier::None, Value::Count(joined - on_queue));
                for status in RoutingStatus::ALL {
                    let qualifier = Qualifier::Routing(status);
                    if status != RoutingStatus::OffQueue {
                        add(Metric::OnQueueUsers, qualifier, Value::Count(self.tally.on_queue(status)));
                    }
                    add(Metric::UserRoutingStatuses, qualifier, Value::Count(self.tally.routing(status)));
                }
                for (definition, count) in self.tally.presences() {
                    add(Metric::UserPresences, Qualifier::Definition(definition), Value::Count(count));
                }
            }
        }
        readings
    }

    /// Adds the figures of the present interval, zero or not.
    fn add_figures(&self, media: MediaType, interval: i64, of_offered: bool, readings: &mut Vec<Reading>) {
        let nothing = Figures::default();
        let figures = self.line(media).figures(interval).unwrap_or(&nothing);
        let mut add = |metric, value| {
            readings.push(Reading { metric, qualifier: Qualifier::None, value, changed: false });
        };
        for figure in Figure::ALL {
            add(Metric::Figure(figure), Value::Figure(figure, figures.of(figure)));
        }
        add(Metric::ServiceLevel, Value::Share(figures.service_level(of_offered)));
    }
}

impl World {
    /// The numbers of a group have changed: plans to publish them, as soon as the limit allows.
    pub(crate) fn mark(&mut self, queue: QueueIx, group: Group) {
        let now = self.now;
        let published = self.queues[queue.0].published.of(group);
        if !published.planned {
            published.planned = true;
            let at = published.at.map_or(now, |at| at.plus_ms(PUBLISH_EVERY_MS).max(now));
            self.publications.insert((at, queue, group));
        }
    }

    /// Remembers that the count of a definition was touched.
    pub(crate) fn touch(&mut self, queue: QueueIx, definition: DefinitionIx) {
        self.queues[queue.0].published.of(Group::Users).touched.insert(definition);
    }

    /// The numbers to publish now, with what is news among them. A presence that nobody has and
    /// nobody had is left out, and so is a figure of which nothing is known in this interval.
    pub(crate) fn publish(&mut self, queue: QueueIx, group: Group) -> Vec<Reading> {
        let now = self.now;
        let of_offered = self.service_level_of_offered;
        let queue = &mut self.queues[queue.0];
        let mut readings = queue.readings(group);
        if let Group::Media(media) = group {
            queue.add_figures(media, interval_of(now), of_offered, &mut readings);
        }
        let published = queue.published.of(group);
        // A group always holds the same numbers in the same order.
        for (n, reading) in readings.iter_mut().enumerate() {
            let last = published.last.get(n);
            let touched = match reading.qualifier {
                Qualifier::Definition(definition) => published.touched.contains(&definition),
                Qualifier::None | Qualifier::Routing(_) => false,
            };
            reading.changed = touched || last.is_none_or(|last| last.value != reading.value);
        }
        published.touched.clear();
        published.planned = false;
        published.at = Some(now);
        published.last.clone_from(&readings);
        readings.retain(|reading| {
            if reading.metric.is_of_interval() {
                return !reading.value.is_zero();
            }
            reading.metric != Metric::UserPresences || reading.changed || !reading.value.is_zero()
        });
        readings
    }
}
