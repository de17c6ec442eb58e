//! An alarm takes over: the wall of a new critical alarm is shown at once, for a while, and then the round goes on.

use std::collections::VecDeque;

use protocol::{
    WallId,
    event::rollcall::{Alarm, Level},
};

/// Long enough to see what is wrong and where, from across the room.
const STAYS_MS: i64 = 20_000;

/// Which walls have to be shown out of their turn.
#[derive(Debug, Default)]
pub struct Takeover {
    /// The critical alarms of each wall of the playlist: few walls and few alarms.
    known: Vec<(WallId, Vec<String>)>,
    due: VecDeque<WallId>,
    shown_ms: i64,
}

impl Takeover {
    /// Hears what is wrong on a wall now. What was wrong when the wall was seen first is not new.
    pub fn hear(&mut self, wall: &WallId, alarms: &[Alarm]) {
        let is_critical = |alarm: &&Alarm| alarm.level == Level::Critical && alarm.acknowledged.is_none();
        let critical = alarms.iter().filter(is_critical).map(|alarm| alarm.id.as_str());
        let Some((_, known)) = self.known.iter_mut().find(|(id, _)| id == wall) else {
            self.known.push((wall.clone(), critical.map(str::to_owned).collect()));
            return;
        };
        let mut count = 0;
        let mut is_new = false;
        for id in critical.clone() {
            count += 1;
            is_new |= !known.iter().any(|old| old == id);
        }
        // The common case, four times a second: nothing changed.
        if !is_new && count == known.len() {
            return;
        }
        *known = critical.map(str::to_owned).collect();
        if is_new {
            if self.due.front() == Some(wall) {
                self.shown_ms = 0;
            } else if !self.due.contains(wall) {
                self.due.push_back(wall.clone());
            }
        }
    }

    /// Time passed; says whether a wall is shown out of its turn.
    pub fn advance(&mut self, ms: i64) -> bool {
        if self.due.is_empty() {
            return false;
        }
        self.shown_ms += ms.max(0);
        if self.shown_ms >= STAYS_MS {
            self.end();
        }
        true
    }

    /// The wall that is shown out of its turn.
    #[must_use]
    pub fn wall(&self) -> Option<&WallId> {
        self.due.front()
    }

    /// It was seen long enough, or somebody turned.
    pub fn end(&mut self) {
        self.due.pop_front();
        self.shown_ms = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::samples::{alarm, seen};

    fn wall(id: &str) -> WallId {
        WallId::new(id)
    }

    #[test]
    fn a_new_critical_alarm_takes_over_for_a_while() {
        let mut takeover = Takeover::default();
        let (a, b) = (wall("a"), wall("b"));
        takeover.hear(&a, &[alarm("old", Level::Critical)]);
        takeover.hear(&b, &[]);
        assert_eq!(takeover.wall(), None, "it was so before");
        takeover.hear(&b, &[alarm("1", Level::Warn)]);
        assert_eq!(takeover.wall(), None, "a warning waits for its turn");
        takeover.hear(&b, &[alarm("1", Level::Critical)]);
        assert_eq!(takeover.wall(), Some(&b), "it became worse");
        takeover.hear(&a, &[alarm("old", Level::Critical), alarm("2", Level::Critical)]);
        assert!(takeover.advance(STAYS_MS - 1));
        assert_eq!(takeover.wall(), Some(&b));
        takeover.hear(&b, &[alarm("1", Level::Critical), alarm("3", Level::Critical)]);
        assert!(takeover.advance(STAYS_MS - 1));
        assert_eq!(takeover.wall(), Some(&b), "one more on the same wall begins its time anew");
        assert!(takeover.advance(1));
        assert_eq!(takeover.wall(), Some(&a), "the other one comes after it");
        assert!(takeover.advance(STAYS_MS));
        assert!(!takeover.advance(1) && takeover.wall().is_none());
    }

    #[test]
    fn what_was_so_before_or_was_seen_to_takes_over_nothing() {
        let mut takeover = Takeover::default();
        let a = wall("a");
        takeover.hear(&a, &[alarm("old", Level::Critical)]);
        takeover.hear(&a, &[alarm("old", Level::Critical)]);
        takeover.hear(&a, &[alarm("old", Level::Critical), seen("new", Level::Critical)]);
        assert_eq!(takeover.wall(), None);
    }

    #[test]
    fn a_wall_waits_in_line_once_and_is_shown_for_its_whole_time() {
        let mut takeover = Takeover::default();
        let (a, b) = (wall("a"), wall("b"));
        for wall in [&a, &b] {
            takeover.hear(wall, &[]);
        }
        takeover.hear(&a, &[alarm("1", Level::Critical)]);
        takeover.hear(&b, &[alarm("2", Level::Critical)]);
        takeover.hear(&b, &[alarm("2", Level::Critical), alarm("3", Level::Critical)]);
        takeover.advance(STAYS_MS);
        takeover.advance(STAYS_MS - 1);
        assert_eq!(takeover.wall(), Some(&b));
        takeover.advance(1);
        assert_eq!(takeover.wall(), None);
    }

    #[test]
    fn what_is_over_or_acknowledged_may_come_again() {
        let mut takeover = Takeover::default();
        let a = wall("a");
        takeover.hear(&a, &[alarm("1", Level::Critical)]);
        takeover.hear(&a, &[seen("1", Level::Critical)]);
        takeover.hear(&a, &[]);
        assert_eq!(takeover.wall(), None);
        takeover.hear(&a, &[alarm("2", Level::Critical)]);
        assert_eq!(takeover.wall(), Some(&a));
        takeover.end();
        assert_eq!(takeover.wall(), None, "turned away by hand");
    }
}
