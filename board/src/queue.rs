//! A queue: what it is called and its figures of the moment.

use std::{collections::BTreeMap, sync::Arc};

use protocol::{
    QueueId, Timestamp,
    event::{observations::Metric, rollcall::ServiceLevelTarget},
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
        Self { id, name: None, service_level: None, figures: BTreeMap::new() }
    }

    /// The sum of a count over all media. Where figures by medium exist they are the sum's parts;
    /// a figure of all media is then not added once more.
    #[must_use]
    pub fn count(&self, metric: &Metric, qualifier: Option<&str>) -> u32 {
        let (mut by_medium, mut of_all, mut any_medium) = (0_u32, 0_u32, false);
        for ((m, media, q), figure) in self.of(metric) {
            if m != metric || q.as_deref() != qualifier {
                continue;
            }
            let Figure::Count(count) = figure else { continue };
            if media.is_some() {
                any_medium = true;
                by_medium = by_medium.saturating_add(*count);
            } else {
                of_all = of_all.saturating_add(*count);
            }
        }
        if any_medium { by_medium } else { of_all }
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

    fn of(&self, metric: &Metric) -> impl Iterator<Item = (&FigureKey, &Figure)> {
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
}
