//! Figures of intervals: how many conversations were offered, how long agents talked.
//!
//! Each is counted in the interval in which it is known: an answer when it is given, handling when
//! it is over. They are kept as things happen, by interval, queue, media type and agent.

use std::collections::BTreeMap;

use protocol::Timestamp;

use super::{AgentIx, MediaType, QueueIx};

/// Analytics counts in half hours, aligned to the clock.
pub(crate) const INTERVAL_MS: i64 = 30 * 60 * 1_000;
/// Intervals that are kept: a day.
const INTERVALS_MAX: i64 = 48;
/// Cells that are kept, so that a large organisation does not fill the memory with its past; the
/// present interval and the one before are always kept whole.
const CELLS_MAX: usize = 100_000;

/// A metric that is counted by interval. `n` counts, `t` also sums milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    Offered,
    Connected,
    OverSla,
    Transferred,
    BlindTransferred,
    Wait,
    Acd,
    Answered,
    Abandon,
    ShortAbandon,
    Alert,
    NotResponding,
    Talk,
    TalkComplete,
    Held,
    HeldComplete,
    Acw,
    Handle,
}

impl Figure {
    /// All of them.
    pub(crate) const ALL: [Self; 18] = [
        Self::Offered,
        Self::Connected,
        Self::OverSla,
        Self::Transferred,
        Self::BlindTransferred,
        Self::Wait,
        Self::Acd,
        Self::Answered,
        Self::Abandon,
        Self::ShortAbandon,
        Self::Alert,
        Self::NotResponding,
        Self::Talk,
        Self::TalkComplete,
        Self::Held,
        Self::HeldComplete,
        Self::Acw,
        Self::Handle,
    ];

    /// As Genesys names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "nOffered",
            Self::Connected => "nConnected",
            Self::OverSla => "nOverSla",
            Self::Transferred => "nTransferred",
            Self::BlindTransferred => "nBlindTransferred",
            Self::Wait => "tWait",
            Self::Acd => "tAcd",
            Self::Answered => "tAnswered",
            Self::Abandon => "tAbandon",
            Self::ShortAbandon => "tShortAbandon",
            Self::Alert => "tAlert",
            Self::NotResponding => "tNotResponding",
            Self::Talk => "tTalk",
            Self::TalkComplete => "tTalkComplete",
            Self::Held => "tHeld",
            Self::HeldComplete => "tHeldComplete",
            Self::Acw => "tAcw",
            Self::Handle => "tHandle",
        }
    }

    /// Whether it is a duration, not only a number.
    pub(crate) fn is_timed(self) -> bool {
        self.as_str().starts_with('t')
    }
}

/// What is known of a metric in a cell. Durations in milliseconds; 0 throughout for what is only counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stat {
    pub(crate) count: u32,
    pub(crate) sum: i64,
    pub(crate) min: i64,
    pub(crate) max: i64,
}

impl Stat {
    fn add(&mut self, other: Self) {
        if self.count == 0 {
            *self = other;
        } else if other.count > 0 {
            self.count += other.count;
            self.sum += other.sum;
            self.min = self.min.min(other.min);
            self.max = self.max.max(other.max);
        }
    }
}

/// The figures of a cell, or of several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures(Vec<(Figure, Stat)>);

impl Figures {
    /// The figure, zero when nothing has happened.
    pub(crate) fn of(&self, figure: Figure) -> Stat {
        let place = self.0.binary_search_by_key(&figure, |(is, _)| *is);
        place.map(|place| self.0[place].1).unwrap_or_default()
    }

    /// Counts one more occurrence, that lasted so long.
    pub(crate) fn count(&mut self, figure: Figure, ms: i64) {
        self.add_stat(figure, Stat { count: 1, sum: ms, min: ms, max: ms });
    }

    /// Adds the figures of another cell.
    pub(crate) fn add(&mut self, other: &Self) {
        for (figure, stat) in &other.0 {
            self.add_stat(*figure, *stat);
        }
    }

    /// The service level: how many were answered in time, and of how many.
    pub(crate) fn service_level(&self, of_offered: bool) -> Share {
        let answered = self.of(Figure::Answered).count;
        let over = self.of(Figure::OverSla).count;
        let lost = self.of(Figure::Abandon).count - self.of(Figure::ShortAbandon).count;
        let all = if of_offered { self.of(Figure::Offered).count } else { answered + lost };
        Share { part: answered - over, all }
    }

    fn add_stat(&mut self, figure: Figure, stat: Stat) {
        match self.0.binary_search_by_key(&figure, |(is, _)| *is) {
            Ok(place) => self.0[place].1.add(stat),
            Err(place) => self.0.insert(place, (figure, stat)),
        }
    }
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Share {
    pub(crate) part: u32,
    pub(crate) all: u32,
}

impl Share {
    /// The share as a number from 0 to 1; 0 of nothing.
    pub(crate) fn ratio(self) -> f64 {
        if self.all == 0 { 0.0 } else { f64::from(self.part) / f64::from(self.all) }
    }
}

/// What a cell stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    /// Number of the interval since the epoch.
    pub(crate) interval: i64,
    pub(crate) queue: QueueIx,
    pub(crate) media: MediaType,
    /// `None` for what happens before an agent has answered.
    pub(crate) agent: Option<AgentIx>,
}

/// All cells of the last day.
#[derive(Debug, Default)]
pub(crate) struct FigureBook {
    cells: BTreeMap<Cell, Figures>,
    newest: i64,
}

impl FigureBook {
    /// Counts one more occurrence.
    pub(crate) fn count(&mut self, cell: Cell, figure: Figure, ms: i64) {
        if cell.interval > self.newest {
            self.newest = cell.interval;
            self.forget();
        }
        self.cells.entry(cell).or_default().count(figure, ms);
    }

    /// The cells of the intervals from `first` to before `end`.
    pub(crate) fn between(&self, first: i64, end: i64) -> impl Iterator<Item = (&Cell, &Figures)> {
        let (queue, media) = (QueueIx(0), MediaType::Voice);
        let from = Cell { interval: first, queue, media, agent: None };
        let cells = (first < end).then(|| self.cells.range(from..Cell { interval: end, ..from }));
        cells.into_iter().flatten()
    }

    /// The figures of a queue in an interval, over all media types and agents.
    pub(crate) fn of_queue(&self, interval: i64, queue: QueueIx) -> Figures {
        let from = Cell { interval, queue, media: MediaType::Voice, agent: None };
        let mut sum = Figures::default();
        for (_, figures) in self.cells.range(from..Cell { queue: QueueIx(queue.0 + 1), ..from }) {
            sum.add(figures);
        }
        sum
    }

    fn forget(&mut self) {
        while let Some((cell, _)) = self.cells.first_key_value() {
            let age = self.newest - cell.interval;
            if age < INTERVALS_MAX && (age < 2 || self.cells.len() < CELLS_MAX) {
                break;
            }
            let kept = self.cells.split_off(&Cell {
                interval: cell.interval + 1,
                queue: QueueIx(0),
                media: MediaType::Voice,
                agent: None,
            });
            self.cells = kept;
        }
    }
}

/// The number of the interval in which a moment lies.
pub(crate) fn interval_of(at: Timestamp) -> i64 {
    at.as_ms().div_euclid(INTERVAL_MS)
}

/// When an interval begins.
pub(crate) fn begin_of(interval: i64) -> Timestamp {
    Timestamp::from_ms(interval * INTERVAL_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_intervals_are_forgotten_whole() {
        let mut book = FigureBook::default();
        let cell = |interval, agent| Cell {
            interval,
            queue: QueueIx(1),
            media: MediaType::Chat,
            agent: Some(AgentIx(agent)),
        };
        for agent in 0..CELLS_MAX / 2 + 1 {
            book.count(cell(10, agent), Figure::Alert, 5);
            book.count(cell(11, agent), Figure::Alert, 7);
        }
        book.count(cell(12, 0), Figure::Alert, 9);
        assert_eq!(book.between(0, 11).count(), 0, "the oldest went as a whole");
        assert_eq!(book.between(11, 12).count(), CELLS_MAX / 2 + 1);
        book.count(cell(11 + INTERVALS_MAX, 0), Figure::Alert, 9);
        assert_eq!(book.between(0, 12).count(), 0);
        assert_eq!(book.between(12, 99).map(|(_, figures)| figures.of(Figure::Alert).sum).sum::<i64>(), 18);
    }

    #[test]
    fn a_stat_knows_its_extremes() {
        let mut figures = Figures::default();
        for ms in [40, 10, 70] {
            figures.count(Figure::Talk, ms);
        }
        let mut sum = Figures::default();
        sum.add(&figures);
        sum.add(&figures);
        assert_eq!(sum.of(Figure::Talk), Stat { count: 6, sum: 240, min: 10, max: 70 });
        assert_eq!(sum.of(Figure::Acw), Stat::default());
    }
}
