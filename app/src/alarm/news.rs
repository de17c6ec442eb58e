//! What changed in the list of alarms since it was seen last.

use protocol::event::rollcall::{Alarm, Level};

/// What became of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Began,
    /// It is worse or better than before.
    Level,
    /// It is over.
    Ended,
}

impl Change {
    /// The word in `rollcall:threshold`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Level => "level",
            Self::Ended => "ended",
        }
    }
}

/// One alarm and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    pub change: Change,
    pub alarm: Alarm,
}

impl News {
    /// A critical alarm that nobody took note of yet, new or worse than it was.
    pub fn is_worth_a_sound(&self) -> bool {
        match self.change {
            Change::Began | Change::Level => {
                self.alarm.level == Level::Critical && self.alarm.acknowledged.is_none()
            }
            Change::Ended => false,
        }
    }
}

/// The list as it was seen last.
#[derive(Debug, Default)]
pub struct Known(Option<Vec<Alarm>>);

impl Known {
    /// Whether no list was seen yet.
    pub fn is_empty_handed(&self) -> bool {
        self.0.is_none()
    }

    /// Takes the list as it is now.
    pub fn take(&mut self, alarms: &[Alarm]) -> Vec<News> {
        let before = self.0.replace(alarms.to_vec()).unwrap_or_default();
        let news = |change: Change, alarm: &Alarm| News { change, alarm: alarm.clone() };
        let now = alarms.iter().filter_map(|alarm| match before.iter().find(|old| old.id == alarm.id) {
            None => Some(news(Change::Began, alarm)),
            Some(old) => (old.level != alarm.level).then(|| news(Change::Level, alarm)),
        });
        let ended = before.iter().filter(|old| !alarms.iter().any(|alarm| alarm.id == old.id));
        now.chain(ended.map(|old| news(Change::Ended, old))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::samples::{alarm, seen};

    fn told(known: &mut Known, alarms: &[Alarm]) -> Vec<(String, &'static str, bool)> {
        let news = known.take(alarms);
        news.iter().map(|one| (one.alarm.id.clone(), one.change.as_str(), one.is_worth_a_sound())).collect()
    }

    #[test]
    fn each_change_is_told_once_and_only_critical_ones_nobody_saw_are_worth_a_sound() {
        let mut known = Known::default();
        assert!(known.is_empty_handed());
        assert_eq!(told(&mut known, &[]), []);
        assert!(!known.is_empty_handed());
        let (warn, critical) = (alarm("a", Level::Warn), alarm("b", Level::Critical));
        assert_eq!(
            told(&mut known, &[critical.clone(), warn.clone()]),
            [("b".to_owned(), "began", true), ("a".to_owned(), "began", false)]
        );
        assert_eq!(told(&mut known, &[warn, critical.clone()]), []);
        let noted = seen("b", Level::Critical);
        assert_eq!(
            told(&mut known, &[seen("a", Level::Critical), noted.clone()]),
            [("a".to_owned(), "level", false)]
        );
        assert_eq!(told(&mut known, &[alarm("a", Level::Warn), noted]), [("a".to_owned(), "level", false)]);
        assert_eq!(
            told(&mut known, &[alarm("a", Level::Critical)]),
            [("a".to_owned(), "level", true), ("b".to_owned(), "ended", false)]
        );
    }
}
