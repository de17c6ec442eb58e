//! A queue: what it is called and its figures of the moment.

use std::{collections::BTreeMap, sync::Arc};

use protocol::{
    QueueId, Timestamp,
    event::{
        observations::Metric,
        rollcall::{RollcallFigures, RollcallSamples, ServiceLevelTarget},
    },
};

/// What is known of one queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// The queue.
    pub id: QueueId,
    /// The name; `None` until it is known, and a queue without name is not shown.
    pub name: Option<String>,
    /// The target, if the queue has one.
    pub service_level: Option<ServiceLevelTarget>,
    /// The figures by medium (`None`: of all media), metric and qualifier.
    pub figures: BTreeMap<FigureKey, Figure>,
    /// The figures of the current interval and of today, once read.
    pub sums: Option<RollcallFigures>,
    /// How many waited over the last hour.
    pub samples: Option<RollcallSamples>,
}

/// Which figure.
pub type FigureKey = (Metric, Option<Arc<str>>, Option<Arc<str>>);

/// A figure of the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// A number.
    Count(u32),
    /// Since when the longest one lasts.
    Since(Option<Timestamp>),
}

impl Queue {
    /// A queue of which nothing is known but the id.
    #[must_use]
    pub fn new(id: QueueId) -> Self {
        Self { id, name: None, service_level: None, figures: BTreeMap::new(), sums: None, samples: None }
    }

    /// The sum of a count over all media.
    #[must_use]
    pub fn count(&self, metric: &Metric, qualifier: Option<&str>) -> u32 {
        self.of(metric)
            .filter_map(|((.., q), figure)| match figure {
                Figure::Count(count) if q.as_deref() == qualifier => Some(*count),
                Figure::Count(_) | Figure::Since(_) => None,
            })
            .fold(0, u32::saturating_add)
    }

    /// The earliest beginning of a longest figure over all media.
    #[must_use]
    pub fn since(&self, metric: &Metric) -> Option<Timestamp> {
        self.of(metric)
            .filter_map(|(_, figure)| match figure {
                Figure::Since(since) => *since,
                Figure::Count(_) => None,
            })
            .min()
    }

    /// A count by qualifier, summed over media.
    #[must_use]
    pub fn by_qualifier(&self, metric: &Metric) -> BTreeMap<Arc<str>, u32> {
        let mut sums = BTreeMap::<Arc<str>, u32>::new();
        for ((_, _, qualifier), figure) in self.of(metric) {
            if let (Some(qualifier), Figure::Count(count)) = (qualifier, figure) {
                let sum = sums.entry(qualifier.clone()).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
        sums
    }

    /// The figures that are no totals of others. Where figures by medium exist, one of all media is their
    /// total; events bring the parts alone, so that a total that was once read is soon out of date.
    pub fn parts(&self) -> impl Iterator<Item = (&FigureKey, &Figure)> {
        self.figures.iter().filter(|((metric, media, _), _)| media.is_some() || !self.is_by_medium(metric))
    }

    fn of(&self, metric: &Metric) -> impl Iterator<Item = (&FigureKey, &Figure)> {
        let by_medium = self.is_by_medium(metric);
        self.all_of(metric).filter(move |((_, media, _), _)| media.is_some() == by_medium)
    }

    fn is_by_medium(&self, metric: &Metric) -> bool {
        self.all_of(metric).any(|((_, media, _), _)| media.is_some())
    }

    fn all_of(&self, metric: &Metric) -> impl Iterator<Item = (&FigureKey, &Figure)> {
        let from = (metric.clone(), None, None);
        self.figures.range(from..).take_while(move |((m, ..), _)| m == metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(figures: &[(Metric, Option<&str>, u32)]) -> Queue {
        let mut queue = Queue::new("q".into());
        for (metric, media, count) in figures {
            let key = (metric.clone(), media.map(Arc::from), None);
            queue.figures.insert(key, Figure::Count(*count));
        }
        queue
    }

    #[test]
    fn media_are_summed_and_their_total_is_not_added_again() {
        assert_eq!(
            queue(&[(Metric::Waiting, Some("voice"), 3), (Metric::Waiting, Some("chat"), 2)])
                .count(&Metric::Waiting, None),
            5
        );
        assert_eq!(queue(&[(Metric::Waiting, None, 4)]).count(&Metric::Waiting, None), 4);
        assert_eq!(
            queue(&[(Metric::Waiting, None, 5), (Metric::Waiting, Some("voice"), 5)])
                .count(&Metric::Waiting, None),
            5
        );
        assert_eq!(queue(&[(Metric::Interacting, None, 5)]).count(&Metric::Waiting, None), 0);
    }

    #[test]
    fn a_longest_wait_that_was_read_for_all_media_ends_when_its_part_does() {
        let mut queue = queue(&[]);
        let key = |media: Option<&str>| (Metric::LongestWaiting, media.map(Arc::from), None);
        let long_ago = Figure::Since(Some(Timestamp::from_ms(1_000)));
        queue.figures.insert(key(None), long_ago);
        assert_eq!(queue.since(&Metric::LongestWaiting), Some(Timestamp::from_ms(1_000)));
        queue.figures.insert(key(Some("voice")), long_ago);
        assert_eq!(queue.parts().count(), 1);
        queue.figures.insert(key(Some("voice")), Figure::Since(None));
        assert_eq!(queue.since(&Metric::LongestWaiting), None);
    }
}
