//! One scheduler for all calls of an OAuth client: each waits here for its turn. [`turns`] decides, this module
//! waits.

pub mod turns;
pub mod window;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use protocol::{Clock, Timestamp};
use tokio::{sync::oneshot, time::sleep};

use self::turns::{Ending, Ticket, Turns};
pub use self::{turns::BudgetView, window::Limits};
use super::Purpose;

/// Who waits looks this often whether the clock has moved: tests and demos move it.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// The budget of one OAuth client.
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    line: Mutex<Line>,
}

struct Line {
    turns: Turns,
    /// Where those who wait are told.
    waiting: HashMap<Ticket, oneshot::Sender<Place>>,
}

impl Budget {
    /// An empty line.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        let line = Mutex::new(Line { turns: Turns::new(seed), waiting: HashMap::new() });
        Self(Arc::new(Inner { clock, line }))
    }

    /// Waits for a turn. Whoever stops waiting leaves the line.
    ///
    /// # Panics
    /// Never: a turn is given or waited for.
    pub async fn take(&self, purpose: Purpose) -> Place {
        let (given, mut place) = oneshot::channel();
        let ticket = {
            let mut line = self.0.line();
            let ticket = line.turns.ask(purpose, self.0.clock.now());
            line.waiting.insert(ticket, given);
            ticket
        };
        let _waiting = Waiting { inner: self.0.clone(), ticket };
        loop {
            self.0.give_turns();
            tokio::select! {
                biased;
                place = &mut place => return place.expect("who waits is told, or stops waiting"),
                () = sleep(self.0.look_after()) => {}
            }
        }
    }

    /// Another token takes the place of the old one: it is counted by itself.
    pub fn renew(&self) {
        self.0.line().turns.renew();
        self.0.give_turns();
    }

    /// The calls that can be made now, as far as is known; 0 while upstream asks to wait.
    #[must_use]
    pub fn free(&self) -> i64 {
        self.0.line().turns.free(self.0.clock.now())
    }

    /// How things stand.
    #[must_use]
    pub fn view(&self) -> BudgetView {
        self.0.line().turns.view(self.0.clock.now())
    }
}

impl Inner {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().expect("nobody panics while holding the line")
    }

    /// Lets everybody go who may.
    fn give_turns(self: &Arc<Self>) {
        let now = self.clock.now();
        let mut given = Vec::new();
        {
            let mut line = self.line();
            while let Some(ticket) = line.turns.start_next(now) {
                given.push((ticket, line.waiting.remove(&ticket)));
            }
        }
        for (ticket, waiting) in given {
            let place = Place { inner: self.clone(), ticket: Some(ticket), sent: false };
            // Who stopped waiting at this moment takes no place: it is dropped here, and so given back.
            let _ = waiting.map(|waiting| waiting.send(place));
        }
    }

    fn look_after(&self) -> Duration {
        let now = self.clock.now();
        let until = |moment: Timestamp| Duration::from_millis(moment.ms_since(now).max(1).unsigned_abs());
        self.line().turns.wakes_at(now).map_or(LOOKED_AT, until).min(LOOKED_AT)
    }
}

/// Somebody in line; leaves it when dropped.
struct Waiting {
    inner: Arc<Inner>,
    ticket: Ticket,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let place = {
            let mut line = self.inner.line();
            line.turns.leave(self.ticket);
            line.waiting.remove(&self.ticket)
        };
        drop(place);
    }
}

/// The right to make one call. It ends with the call, or when it is dropped.
pub struct Place {
    inner: Arc<Inner>,
    ticket: Option<Ticket>,
    sent: bool,
}

impl Place {
    /// The call goes out now.
    pub fn send(&mut self) {
        self.sent = true;
    }

    /// The call was answered, with what it said of the limits.
    pub fn answered(mut self, limits: Option<Limits>) {
        self.end(Ending::Answered(limits));
    }

    /// The call was answered 429, with the milliseconds to wait if they were told; answers how long everybody waits.
    pub fn refused(mut self, limits: Option<Limits>, retry_after_ms: Option<i64>) -> i64 {
        self.end(Ending::Refused(limits, retry_after_ms));
        let now = self.inner.clock.now();
        self.inner.line().turns.view(now).paused_until.map_or(0, |until| until.ms_since(now))
    }

    fn end(&mut self, ending: Ending) {
        let Some(ticket) = self.ticket.take() else { return };
        let now = self.inner.clock.now();
        self.inner.line().turns.end(ticket, ending, now);
        self.inner.give_turns();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.end(if self.sent { Ending::Unanswered } else { Ending::NotMade });
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance, timeout};

    use super::*;

    /// Tokio's paused time.
    struct Paused(Instant);

    impl Clock for Paused {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(self.0.elapsed().as_millis() as i64)
        }
    }

    fn budget() -> Budget {
        Budget::new(Arc::new(Paused(Instant::now())), 7)
    }

    /// One call that is answered at once.
    async fn call(budget: &Budget, limits: Option<Limits>) {
        let mut place = budget.take(Purpose::Board).await;
        place.send();
        place.answered(limits);
    }

    #[tokio::test(start_paused = true)]
    async fn all_calls_wait_as_long_as_upstream_asks_and_no_longer() {
        let budget = budget();
        let began = Instant::now();
        let mut place = budget.take(Purpose::Board).await;
        place.send();
        assert_eq!(place.refused(None, Some(7_000)), 7_000);
        assert_eq!((budget.free(), budget.view().paused_until), (0, Some(Timestamp::from_ms(7_000))));
        drop(budget.take(Purpose::Write).await);
        assert_eq!(began.elapsed().as_millis(), 7_000);
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_waiting_takes_nobodys_place() {
        let budget = budget();
        call(&budget, Some(Limits { count: 299, allowed: 300, reset_s: 30 })).await;
        let gone = timeout(Duration::from_secs(5), budget.take(Purpose::History)).await;
        assert!(gone.is_err(), "few are left");
        assert!(budget.view().waiting.iter().all(|(_, waiting)| *waiting == 0));
        // A place that is given and not used is given back, and counts for nothing.
        drop(budget.take(Purpose::Write).await);
        assert_eq!((budget.view().left, budget.view().under_way), (Some(1), 0));
        let started: u64 = budget.view().started.iter().map(|(_, count)| count).sum();
        assert_eq!(started, 1, "the one that was made");
        let began = Instant::now();
        drop(budget.take(Purpose::History).await);
        assert!(began.elapsed() > Duration::from_secs(20), "until counting begins anew");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_moved_is_noticed() {
        struct Moved(Mutex<i64>);
        impl Clock for Moved {
            fn now(&self) -> Timestamp {
                Timestamp::from_ms(*self.0.lock().expect("no panic"))
            }
        }
        let clock = Arc::new(Moved(Mutex::new(0)));
        let budget = Budget::new(clock.clone(), 7);
        let mut place = budget.take(Purpose::Board).await;
        place.send();
        place.refused(None, Some(60_000));
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { drop(budget.take(Purpose::Board).await) }
        });
        advance(Duration::from_secs(300)).await;
        assert!(!waiting.is_finished());
        *clock.0.lock().expect("no panic") = 60_000;
        timeout(Duration::from_secs(1), waiting).await.expect("it goes").expect("no panic");
    }
}
