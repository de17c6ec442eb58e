//! Who may call upstream next. Pure: what happened and what time it is go in, who goes comes out.
//!
//! - The more urgent goes first, however long the other has waited; one call in ten, and the first of each
//!   window, belongs to whoever waits longer than two minutes, so that nobody waits for ever.
//! - When few calls are left in the window, the less urgent wait for its end, and a share stays for the others.
//! - While upstream asks to wait nobody goes.

use std::collections::{BTreeMap, VecDeque};

use protocol::Timestamp;

use super::window::{Limits, Window};
use crate::upstream::{Purpose, backoff::Backoff};

/// Calls under way at once. Reads are few and large; more would only queue upstream.
pub const AT_ONCE: usize = 8;

/// Of these, reads: the rest stays free for what somebody waits for, and for channels.
const READS_AT_ONCE: usize = 6;

/// Two windows of a minute: whoever waits longer was not merely overtaken in one.
const PATIENCE_MS: i64 = 120_000;

/// A tenth of the calls is enough to let everybody go, and little enough for nobody to notice.
const TURN_EVERY: u32 = 10;

/// A Retry-After above this is not believed; official clients do not wait longer either.
/// Source: platform-client-sdk-go, `apiclient.go`.
const RETRY_AFTER_MAX_MS: i64 = 180_000;

/// Waits when upstream refuses without saying how long: half a window at most, since nothing tells how much is needed.
const UNTOLD_MS: (i64, i64) = (1_000, 30_000);

/// Probes create nothing and cost upstream little; by them it is found out that it is well again.
pub const PROBE_MS: (i64, i64) = (500, 4_000);

/// Who waits, in the order of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was given up before anything was sent.
    NotMade,
    /// Nothing came back; it may have been counted.
    Unanswered,
    /// An answer, with what it said of the limits of this token.
    Answered(Option<Limits>),
    /// 429, with what it said of the limits and of the milliseconds to wait.
    Refused(Option<Limits>, Option<i64>),
}

/// The line of one OAuth client.
#[derive(Debug)]
pub struct Turns {
    window: Window,
    waiting: [VecDeque<Waiting>; Purpose::ALL.len()],
    under_way: BTreeMap<Ticket, (Purpose, Timestamp)>,
    /// Nobody goes before this.
    paused_until: Option<Timestamp>,
    /// Probes do not go before this.
    probes_paused_until: Option<Timestamp>,
    /// When the pause was made: what started before says nothing new.
    paused_at: Option<Timestamp>,
    untold: Backoff,
    untold_probe: Backoff,
    /// Whether any call was answered: until then one goes ahead, and tells how many may follow.
    answered: bool,
    /// Calls started of each purpose.
    started: [u64; Purpose::ALL.len()],
    /// Calls started since somebody had a turn for having waited long.
    since_turn: u32,
    next: u64,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    since: Timestamp,
}

impl Turns {
    /// An empty line; `seed` decides the jitter.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            window: Window::default(),
            waiting: Default::default(),
            under_way: BTreeMap::new(),
            paused_until: None,
            probes_paused_until: None,
            paused_at: None,
            untold: Backoff::new(UNTOLD_MS.0, UNTOLD_MS.1, seed),
            untold_probe: Backoff::new(PROBE_MS.0, PROBE_MS.1, !seed),
            answered: false,
            started: Default::default(),
            since_turn: TURN_EVERY,
            next: 0,
        }
    }

    /// Gets in line.
    pub fn ask(&mut self, purpose: Purpose, now: Timestamp) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.waiting[purpose.index()].push_back(Waiting { ticket, since: now });
        ticket
    }

    /// Leaves the line; does nothing for a call that has started.
    pub fn leave(&mut self, ticket: Ticket) {
        for line in &mut self.waiting {
            line.retain(|waiting| waiting.ticket != ticket);
        }
    }

    /// Starts the call of whoever may go now, if anybody may.
    pub fn start_next(&mut self, now: Timestamp) -> Option<Ticket> {
        if self.window.roll(now) {
            self.since_turn = TURN_EVERY;
        }
        let purpose = self.longest_waiting(now).or_else(|| {
            Purpose::ALL
                .into_iter()
                .find(|purpose| !self.waiting[purpose.index()].is_empty() && self.may_start(*purpose, now))
        })?;
        let Waiting { ticket, since } = self.waiting[purpose.index()].pop_front()?;
        let has_turn = now.ms_since(since) > PATIENCE_MS;
        self.since_turn = if has_turn { 0 } else { self.since_turn.saturating_add(1) };
        self.window.start(now);
        self.started[purpose.index()] += 1;
        self.under_way.insert(ticket, (purpose, now));
        Some(ticket)
    }

    /// Whose turn it is for having waited long, if one is due.
    fn longest_waiting(&self, now: Timestamp) -> Option<Purpose> {
        if self.since_turn + 1 < TURN_EVERY {
            return None;
        }
        let first = |purpose: &Purpose| self.waiting[purpose.index()].front().map(|waiting| waiting.since);
        let longest =
            Purpose::ALL.into_iter().filter(|purpose| first(purpose).is_some()).min_by_key(first)?;
        let is_due = first(&longest).is_some_and(|since| now.ms_since(since) > PATIENCE_MS);
        (is_due && self.may_start(longest, now)).then_some(longest)
    }

    fn may_start(&self, purpose: Purpose, now: Timestamp) -> bool {
        let pause = if purpose == Purpose::Probe { self.probes_paused_until } else { self.paused_until };
        let alone = !self.answered || self.untold.failures() > 0;
        let at_once = match (alone, purpose <= Purpose::Probe) {
            (true, _) => 1,
            (false, true) => AT_ONCE,
            (false, false) => READS_AT_ONCE,
        };
        let has_call = self.window.allowed().is_none_or(|allowed| {
            allowed - self.window.used(self.under_way.len()) > kept_from(purpose, allowed)
        });
        has_call && self.under_way.len() < at_once && pause.is_none_or(|until| now >= until)
    }

    /// A call that had started ended.
    pub fn end(&mut self, ticket: Ticket, ending: Ending, now: Timestamp) {
        let Some((purpose, started)) = self.under_way.remove(&ticket) else { return };
        self.window.roll(now);
        match ending {
            Ending::NotMade => self.started[purpose.index()] -= 1,
            Ending::Unanswered => self.window.end_untold(now),
            Ending::Answered(limits) => {
                self.answered = true;
                if self.paused_at.is_none_or(|at| started >= at) {
                    self.untold.succeed();
                    self.untold_probe.succeed();
                }
                self.hear(limits, started, now);
            }
            Ending::Refused(limits, retry_after_ms) => {
                self.answered = true;
                self.hear(limits, started, now);
                self.pause(retry_after_ms, started, now);
            }
        }
    }

    fn hear(&mut self, limits: Option<Limits>, started: Timestamp, now: Timestamp) {
        match limits {
            Some(limits) => self.window.hear(limits, started, now),
            None => self.window.end_untold(now),
        }
    }

    fn pause(&mut self, retry_after_ms: Option<i64>, started: Timestamp, now: Timestamp) {
        let told = retry_after_ms.filter(|ms| (1..=RETRY_AFTER_MAX_MS).contains(ms));
        let (wait, wait_of_probes) = match told {
            Some(ms) => (ms, ms),
            // Those that were refused together were refused once.
            None if self.paused_at.is_some_and(|at| started < at) => return,
            None => (self.untold.fail(), self.untold_probe.fail()),
        };
        let later = |until: Option<Timestamp>, wait| until.max(Some(now.plus_ms(wait)));
        self.paused_until = later(self.paused_until, wait);
        self.probes_paused_until = later(self.probes_paused_until, wait_of_probes);
        self.paused_at = Some(now);
    }

    /// Another token takes the place of the old one: it is counted by itself.
    pub fn renew(&mut self) {
        self.window.forget();
    }

    /// When to look again though nothing happened; `None` when only the end of a call can change anything.
    #[must_use]
    pub fn wakes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let moments = [self.paused_until, self.probes_paused_until, self.window.ends()];
        moments.into_iter().flatten().filter(|moment| *moment > now).min()
    }

    /// The calls that can be made now, as far as is known; 0 while upstream asks to wait.
    #[must_use]
    pub fn free(&self, now: Timestamp) -> i64 {
        let view = self.view(now);
        match (view.paused_until, view.left) {
            (Some(_), _) => 0,
            (None, Some(left)) => left,
            (None, None) => i64::MAX.saturating_sub(view.used),
        }
    }

    /// How things stand.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> BudgetView {
        let mut window = self.window.clone();
        window.roll(now);
        let used = window.used(self.under_way.len());
        BudgetView {
            allowed: window.allowed(),
            used,
            left: window.allowed().map(|allowed| (allowed - used).max(0)),
            resets_in_s: window.ends().map(|ends| (ends.ms_since(now).max(0) + 999) / 1_000),
            under_way: self.under_way.len(),
            started: Purpose::ALL.map(|purpose| (purpose, self.started[purpose.index()])),
            waiting: Purpose::ALL.map(|purpose| (purpose, self.waiting[purpose.index()].len())),
            paused_until: self.paused_until.filter(|until| *until > now),
        }
    }
}

/// How an OAuth client's budget stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetView {
    /// Calls that upstream allows in the present window; unknown before its first answer.
    pub allowed: Option<i64>,
    /// Calls of the present window, those under way among them.
    pub used: i64,
    /// Calls that are left in it.
    pub left: Option<i64>,
    /// Seconds until counting begins anew, at the latest.
    pub resets_in_s: Option<i64>,
    /// Calls that wait for their answer.
    pub under_way: usize,
    /// Calls started since the start, by what they were for.
    pub started: [(Purpose, u64); Purpose::ALL.len()],
    /// Calls that wait for their turn. What any client may read waits with several at once.
    pub waiting: [(Purpose, usize); Purpose::ALL.len()],
    /// Until when nobody goes, because upstream said so.
    pub paused_until: Option<Timestamp>,
}

/// How many of the allowed calls must stay for what is more urgent. Shares, since what is allowed differs.
fn kept_from(purpose: Purpose, allowed: i64) -> i64 {
    let percent = match purpose {
        Purpose::Write => 0,
        Purpose::Run => 5,
        Purpose::Channel | Purpose::Probe => 10,
        Purpose::Board => 20,
        Purpose::Audit => 30,
        Purpose::Directory => 40,
        Purpose::History => 50,
    };
    allowed.saturating_mul(percent) / 100
}

#[cfg(test)]
mod tests;
