//! Figures that tiles show: of one queue, or of all of a wall together.

use std::sync::{Arc, Mutex, MutexGuard};

use board::{Board, Queue};
use leptos::prelude::{ArcRwSignal, Set as _, WithUntracked as _};
use protocol::{Timestamp, wall::Metric};

use crate::format::lower;

/// The figures that are shown somewhere.
#[derive(Clone, Debug, Default)]
pub struct Gauges(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    gauges: Vec<Gauge>,
    /// The queues of the wall by name or id; all when empty.
    queues: Vec<String>,
    /// The teams of the wall; all when empty.
    teams: Vec<String>,
    leaders: bool,
    second: i64,
}

#[derive(Debug)]
struct Gauge {
    metric: Metric,
    queue: Option<String>,
    value: ArcRwSignal<Option<f64>>,
}

impl Gauges {
    /// A figure, kept up to date from now on; in its own unit, `None` while nothing is known.
    #[must_use]
    pub fn of(&self, metric: Metric, queue: Option<&str>) -> ArcRwSignal<Option<f64>> {
        let mut inner = self.inner();
        let known =
            inner.gauges.iter().find(|gauge| gauge.metric == metric && gauge.queue.as_deref() == queue);
        if let Some(known) = known {
            return known.value.clone();
        }
        let value = ArcRwSignal::new(None);
        inner.gauges.push(Gauge { metric, queue: queue.map(str::to_owned), value: value.clone() });
        // Whoever asks is told with the next refresh, however little changed.
        inner.second = 0;
        value
    }

    /// Says which queues and teams the wall is of.
    pub fn set_wall(&self, queues: &[String], teams: &[String]) {
        let mut inner = self.inner();
        inner.queues = queues.to_vec();
        inner.teams = teams.iter().map(|team| lower(team.trim())).collect();
        inner.second = 0;
    }

    /// Whether an agent of this team is of the wall.
    #[must_use]
    pub fn has_team(&self, team: Option<&str>) -> bool {
        let teams = &self.inner().teams;
        teams.is_empty() || team.is_some_and(|team| teams.contains(&lower(team)))
    }

    /// Says that agents are to be listed by what they handled.
    pub fn want_leaders(&self) {
        self.inner().leaders = true;
    }

    /// Whether anybody wants that list.
    #[must_use]
    pub fn wants_leaders(&self) -> bool {
        self.inner().leaders
    }

    /// Reads all figures again, when something changed or a second passed.
    pub(super) fn refresh(&self, board: &Board, now: Timestamp, changed: bool) {
        let mut inner = self.inner();
        let second = now.as_ms().div_euclid(1_000);
        if inner.gauges.is_empty() || (!changed && second == inner.second) {
            return;
        }
        inner.second = second;
        let mut told = Vec::new();
        for gauge in &inner.gauges {
            let wanted = |queue: &&Queue| match &gauge.queue {
                Some(one) => is(queue, one),
                None => inner.queues.is_empty() || inner.queues.iter().any(|one| is(queue, one)),
            };
            let queues: Vec<&Queue> =
                board.queues().filter(|queue| queue.name.is_some()).filter(wanted).collect();
            let value = board::metrics::value(gauge.metric, queues.iter().copied(), now);
            if gauge.value.with_untracked(|before| *before != value) {
                told.push((gauge.value.clone(), value));
            }
        }
        // Whoever hears of it may ask for another figure.
        drop(inner);
        for (signal, value) in told {
            signal.set(value);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("nobody panics while holding the gauges")
    }
}

/// Whether this is the queue's id or name.
#[must_use]
fn is(queue: &Queue, text: &str) -> bool {
    let text = text.trim();
    queue.id.as_str().eq_ignore_ascii_case(text)
        || queue.name.as_deref().is_some_and(|name| lower(name) == lower(text))
}
