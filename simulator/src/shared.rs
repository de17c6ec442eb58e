//! What all faces share: the world, the channels, the tokens and the faults, under one lock, so that
//! what a call sees and what a socket hears belong together.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use protocol::{Clock, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    config::Config,
    fault::Faults,
    notify::{Hub, Publisher, SocketTasks},
    oauth::Tokens,
    world::{Happening, What, World},
};

/// How much of the world's time is taken at once, so that the list of happenings stays small.
const SLICE_MS: i64 = 60_000;
/// When the clock jumps further than this, listeners hear the last word of each facet only: nobody's
/// socket could take the hours in between.
const JUMP_MS: i64 = 10_000;

/// The simulator as its faces know it.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) address: SocketAddr,
    pub(crate) sockets: SocketTasks,
    state: Mutex<State>,
}

/// What the lock guards.
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) hub: Hub,
    pub(crate) tokens: Tokens,
    pub(crate) faults: Faults,
    /// Calls by method and route.
    pub(crate) calls: BTreeMap<String, u64>,
    /// For tokens, channel ids and correlation ids: different in every run, so that what an earlier
    /// run gave out is not taken for valid.
    pub(crate) secrets: ChaCha8Rng,
    publisher: Publisher,
}

impl Shared {
    /// Founds the world and everything around it.
    pub(crate) fn new(config: Config, clock: Arc<dyn Clock>, address: SocketAddr) -> Self {
        let now = clock.now();
        let mut secrets = ChaCha8Rng::seed_from_u64(config.seed ^ now.as_ms().unsigned_abs().rotate_left(17));
        let state = State {
            world: World::new(&config, now),
            hub: Hub::default(),
            tokens: Tokens::default(),
            faults: Faults::new(config.seed),
            calls: BTreeMap::new(),
            publisher: Publisher::new(&config, secrets.random()),
            secrets,
        };
        Self { config, clock, address, sockets: SocketTasks::default(), state: Mutex::new(state) }
    }

    /// Enters the simulator at the present time: everything due until now has happened and has been
    /// told. The guard must not be held across an await.
    pub(crate) fn enter(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // The time is read under the lock, so that it never runs backwards in the world.
        let now = self.clock.now();
        state.pass_time(now);
        state
    }
}

impl State {
    /// Tells listeners what has happened and was not told yet.
    pub(crate) fn tell(&mut self) {
        let happenings = self.world.take_happenings();
        for happening in &happenings {
            self.publisher.publish(&self.world, &mut self.hub, happening);
        }
    }

    fn pass_time(&mut self, now: Timestamp) {
        let jump = now.ms_since(self.world.now) > JUMP_MS;
        let mut last_words: BTreeMap<Facet, Happening> = BTreeMap::new();
        while self.world.now < now {
            let until = now.min(self.world.now.plus_ms(SLICE_MS));
            self.world.step(until);
            if jump {
                for happening in self.world.take_happenings() {
                    last_words.insert(Facet::of(&happening.what), happening);
                }
            }
        }
        self.tell();
        for happening in last_words.values() {
            self.publisher.publish(&self.world, &mut self.hub, happening);
        }
        self.hub.expire(self.world.now);
    }
}

/// What a happening is about, to keep the last of each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Facet {
    Presence(usize),
    RoutingStatus(usize),
    ConversationSummary(usize),
    Numbers(usize, crate::world::Group),
    Adherence(usize),
    ScheduleChanged(usize),
}

impl Facet {
    fn of(what: &What) -> Self {
        match what {
            What::Presence(agent, _) => Self::Presence(agent.0),
            What::RoutingStatus(agent, _) => Self::RoutingStatus(agent.0),
            What::ConversationSummary(agent, _) => Self::ConversationSummary(agent.0),
            What::Numbers(queue, group, _) => Self::Numbers(queue.0, *group),
            What::Adherence(agent, _) => Self::Adherence(agent.0),
            What::ScheduleChanged(agent, _) => Self::ScheduleChanged(agent.0),
        }
    }
}
