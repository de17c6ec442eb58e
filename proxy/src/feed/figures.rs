//! What the feed does with polled figures: they stand until their period is over.

use protocol::{
    Timestamp, Topic,
    event::rollcall::{Figures, RollcallFigures, RollcallTally},
    fact::{Fact, Part, Value},
    merge::{Asked, Origin, Verdict},
};

use super::{Feed, plan::Subject};
use crate::period::Periods;

impl Feed {
    pub(super) fn figures(&mut self, read: Vec<RollcallFigures>) {
        let now = self.s.clock.now();
        let periods = self.s.calendar.at(now);
        for figures in read {
            let topic = Topic::RollcallFigures(figures.id.clone());
            self.counted(topic, Value::Figures(of_now(figures, periods)), now);
        }
    }

    pub(super) fn tallies(&mut self, since: Timestamp, read: Vec<RollcallTally>) {
        let now = self.s.clock.now();
        if since != self.s.calendar.at(now).today {
            return;
        }
        for tally in read {
            self.counted(Topic::RollcallTally(tally.id.clone()), Value::Tally(tally), now);
        }
    }

    /// When a new interval or a new day begins, what was counted in the old one is dropped at once.
    pub(super) fn turn_periods(&mut self) {
        let now = self.s.clock.now();
        let periods = self.s.calendar.at(now);
        let before = std::mem::replace(&mut self.periods, periods);
        if before == periods {
            return;
        }
        let mut over: Vec<(Topic, Value)> = Vec::new();
        {
            let book = self.s.book.read().expect("nobody panics while holding the book");
            for sums in book.board.queues().filter_map(|queue| queue.sums.as_ref()) {
                let topic = Topic::RollcallFigures(sums.id.clone());
                over.push((topic, Value::Figures(of_now(sums.clone(), periods))));
            }
            let agents = book.board.agents().filter(|_| before.today != periods.today);
            for tally in agents.filter_map(|agent| agent.tally.as_ref()) {
                let nothing = RollcallTally { id: tally.id.clone(), handled: 0, handle_ms: 0 };
                over.push((Topic::RollcallTally(tally.id.clone()), Value::Tally(nothing)));
            }
        }
        over.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (topic, value) in over {
            self.counted(topic, value, now);
        }
    }

    /// Lets a figure of ours stand and tells it. Unlike a name it says nothing about whether its subject was read.
    pub(super) fn counted(&mut self, topic: Topic, value: Value, now: Timestamp) {
        if Subject::of(&topic).is_some_and(|subject| self.plan.place(&subject).is_none()) {
            return;
        }
        let fact = Fact { slot: topic.into(), part: Part::Whole, value, date: None };
        let origin = Origin::Read { began: now, asked: Asked::AfterGap };
        if let Verdict::Accepted(date) = self.ledger.weigh(&fact, origin, now) {
            self.book_mut().board.apply(&fact, date);
            self.publish(&fact.slot, now, None);
        }
    }
}

/// Figures without what was counted in a period that is over.
fn of_now(figures: RollcallFigures, periods: Periods) -> RollcallFigures {
    let of = |figures: Figures, since| match figures.since == since {
        true => figures,
        false => Figures { since, ..Figures::default() },
    };
    RollcallFigures {
        interval: of(figures.interval, periods.interval),
        today: of(figures.today, periods.today),
        ..figures
    }
}
