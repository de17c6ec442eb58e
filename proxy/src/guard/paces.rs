//! How often an agent and a caller may be written and write.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex},
};

use protocol::{Clock, UserId};
use rules::window::Window;

use crate::caller::{Caller, CallerKind};

/// Changes of an agent in a second.
const OF_AGENT: usize = 10;
const SECOND_MS: i64 = 1_000;

const MINUTE_MS: i64 = 60_000;

/// Windows are looked through for idle ones when there are so many.
const KEPT: usize = 10_000;

pub(super) struct Paces {
    /// A monotonic clock: upstream's may be put right.
    steady: Arc<dyn Clock>,
    /// Changes in a minute by a person, and by a program.
    a_minute: (usize, usize),
    callers: Mutex<HashMap<Arc<str>, Window>>,
    agents: Mutex<HashMap<UserId, Window>>,
}

impl Paces {
    pub(super) fn new(steady: Arc<dyn Clock>, a_minute: (usize, usize)) -> Self {
        Self { steady, a_minute, callers: Mutex::default(), agents: Mutex::default() }
    }

    /// One more by a caller; else after how many milliseconds.
    pub(super) fn of_caller(&self, name: &Arc<str>, caller: &Caller) -> Result<(), i64> {
        let most = match caller.kind {
            CallerKind::Machine(_) | CallerKind::Rollcall(_) => self.a_minute.1,
            CallerKind::Local(_) | CallerKind::Screen(_) => self.a_minute.0,
        };
        self.take(&self.callers, name, most, MINUTE_MS)
    }

    /// One more of an agent; else after how many milliseconds.
    pub(super) fn of_agent(&self, user: &UserId) -> Result<(), i64> {
        self.take(&self.agents, user, OF_AGENT, SECOND_MS)
    }

    fn take<K: Clone + Eq + Hash>(
        &self,
        windows: &Mutex<HashMap<K, Window>>,
        key: &K,
        most: usize,
        length_ms: i64,
    ) -> Result<(), i64> {
        let now = self.steady.now().as_ms();
        let mut windows = windows.lock().expect("nobody panics while counting");
        if windows.len() >= KEPT {
            windows.retain(|_, window| !window.is_idle(now));
        }
        windows.entry(key.clone()).or_insert_with(|| Window::new(most, length_ms)).take(now)
    }
}
