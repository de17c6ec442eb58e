//! What all faces share: the world, the channels, the tokens and the faults, under one lock, so that
//! what a call sees and what a socket hears belong together.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use protocol::{Clock, Timestamp, UserId};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::sleep;

use crate::{
    audit::{Audits, Author, Deed, deed},
    config::Config,
    control::strike,
    fault::Faults,
    notify::{Hub, Outgoing, Publisher, SocketTasks, audits},
    oauth::{Caller, Pledges, Tokens},
    rest::{AuditQueries, DetailJobs, Downloads, Jobs},
    timeline::{Action, Playing},
    world::{Happening, UserState, What, World},
};

/// How much of the world's time is taken at once, so that the list of happenings stays small.
const SLICE_MS: i64 = 60_000;
/// When the clock jumps further than this, listeners hear the last word of each facet only: nobody's
/// socket could take the hours in between.
const JUMP_MS: i64 = 10_000;
/// How often somebody who waits looks at the clock, which may have been moved.
const LOOK_AT_CLOCK: Duration = Duration::from_millis(20);

/// From here on the announcements of audits are counted, those of jobs below.
const FIRST_OF_AUDITS: u64 = 1 << 62;

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
    pub(crate) pledges: Pledges,
    pub(crate) faults: Faults<Outgoing>,
    pub(crate) timeline: Option<Playing>,
    /// Calls by method and route.
    pub(crate) calls: BTreeMap<String, u64>,
    /// For tokens, channel ids and correlation ids: different in every run, so that what an earlier
    /// run gave out is not taken for valid.
    pub(crate) secrets: ChaCha8Rng,
    publisher: Publisher,
    /// Large answers that are fetched by an address of their own.
    pub(crate) downloads: Downloads,
    pub(crate) jobs: Jobs,
    pub(crate) audits: Audits,
    pub(crate) audit_queries: AuditQueries,
    pub(crate) detail_jobs: DetailJobs,
}

impl Shared {
    /// Founds the world and everything around it.
    pub(crate) fn new(config: Config, clock: Arc<dyn Clock>, address: SocketAddr) -> Self {
        let now = clock.now();
        let mut secrets = ChaCha8Rng::seed_from_u64(config.seed ^ now.as_ms().unsigned_abs().rotate_left(17));
        let world = World::new(&config, now);
        let state = State {
            hub: Hub::new(&config, &world.organisation.id),
            world,
            tokens: Tokens::default(),
            pledges: Pledges::default(),
            faults: Faults::new(config.seed),
            timeline: config.timeline.clone().map(|timeline| timeline.play(now)),
            calls: BTreeMap::new(),
            downloads: Downloads::default(),
            jobs: Jobs::default(),
            audits: Audits::new(config.seed),
            audit_queries: AuditQueries::default(),
            detail_jobs: DetailJobs::default(),
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
        let mut now = self.clock.now();
        while let Some((due, action)) = state.timeline.as_ref().and_then(|timeline| timeline.due(now)) {
            // What was due in between happens first.
            state.pass_time(due, now);
            let did = self.play(&mut state, action);
            if let Some(timeline) = &mut state.timeline {
                timeline.played(due, did);
            }
            now = self.clock.now();
        }
        state.pass_time(now, now);
        state
    }

    /// Waits until that moment of the simulator's clock, which may be moved meanwhile.
    pub(crate) async fn wait_until(&self, moment: Timestamp) {
        loop {
            let left_ms = moment.ms_since(self.clock.now());
            let Ok(left_ms @ 1..) = u64::try_from(left_ms) else { return };
            sleep(Duration::from_millis(left_ms).min(LOOK_AT_CLOCK)).await;
        }
    }

    fn play(&self, state: &mut State, action: Action) -> serde_json::Value {
        match action {
            Action::Scenario(scene) => scene.play(&mut state.world),
            Action::Fault(order) => strike(state, &self.config, *order),
            Action::Clock(ms) => {
                self.clock.advance_ms(ms);
                serde_json::json!({ "now": self.clock.now() })
            }
        }
    }
}

impl State {
    /// Tells listeners what has happened and was not told yet.
    pub(crate) fn tell(&mut self) {
        let happenings = self.world.take_happenings();
        for happening in &happenings {
            self.hear(happening);
        }
        self.send_out();
    }

    /// Tells listeners, and takes the tokens of who has left.
    fn hear(&mut self, happening: &Happening) {
        self.publisher.publish(&self.world, &mut self.hub, happening);
        if let What::UserState(agent, UserState::Inactive | UserState::Deleted) = happening.what {
            let id = self.world.agents[agent.0].id.clone();
            self.revoke_user(&id);
        }
    }

    /// Sends what was published, as far as faults let it pass, and what they held back until now.
    pub(crate) fn send_out(&mut self) {
        let events = self.hub.take_outgoing();
        for event in self.faults.disturb(events, self.world.now) {
            self.hub.send(&event);
        }
    }

    /// Records what a call did, and tells whoever listens to it.
    pub(crate) fn audit(&mut self, author: &Author, deeds: Vec<Deed>) {
        for entry in self.audits.record(self.world.now, author, deeds) {
            let body = audits::body(&self.world, entry);
            let number = FIRST_OF_AUDITS + entry.number;
            self.publisher.announce(&mut self.hub, audits::topic(entry), number, &body);
        }
        self.send_out();
    }

    /// Records that a token was given out.
    pub(crate) fn audit_new_token(&mut self, token: &str, remote_ip: IpAddr) {
        if let Some(Caller { client, user, .. }) = self.tokens.caller(token, self.world.now) {
            let author = Author { client, user, remote_ip: Some(remote_ip) };
            self.audit(&author, deed::new_token(&author));
        }
    }

    /// Takes back all tokens of a person, and what could become one; their channels hear of it.
    pub(crate) fn revoke_user(&mut self, user: &UserId) {
        for token in self.tokens.revoke_user(user) {
            self.hub.token_revoked(&token);
        }
        self.pledges.revoke_user(user);
    }

    /// Lets time pass until then, on the way to `now`.
    fn pass_time(&mut self, until: Timestamp, now: Timestamp) {
        let jump = now.ms_since(self.world.now) > JUMP_MS;
        let mut last_words: BTreeMap<Facet, Happening> = BTreeMap::new();
        while self.world.now < until {
            let until = until.min(self.world.now.plus_ms(SLICE_MS));
            self.world.step(until);
            if jump {
                for happening in self.world.take_happenings() {
                    last_words.insert(Facet::of(&self.world, &happening.what), happening);
                }
            }
        }
        self.tell();
        for happening in last_words.values() {
            self.hear(happening);
        }
        for (number, job) in self.jobs.take_ready(self.world.now) {
            self.publisher.announce(&mut self.hub, job.topic, number, &job.body);
        }
        self.publisher.publish_user_aggregates(&self.world, &mut self.hub);
        self.send_out();
        self.hub.outlive_tokens(|token| self.tokens.caller(token, self.world.now).is_some());
        self.hub.pass_time(self.world.now);
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
    /// A participant of a conversation.
    Conversation(u64, usize),
    ScheduleChanged(usize),
    LeftUnit(usize),
    Queues(usize, usize),
    OutOfOffice(usize),
    UserState(usize),
}

impl Facet {
    fn of(world: &World, what: &What) -> Self {
        match what {
            What::Presence(agent, _) => Self::Presence(agent.0),
            What::RoutingStatus(agent, _) => Self::RoutingStatus(agent.0),
            What::ConversationSummary(agent, _) => Self::ConversationSummary(agent.0),
            What::Numbers(queue, group, _) => Self::Numbers(queue.0, *group),
            What::Adherence(agent, _) => Self::Adherence(agent.0),
            What::Conversation(record, step) => {
                let of = world.ledger.record(*record);
                Self::Conversation(*record, of.map_or(0, |of| of.participant(*step)))
            }
            What::LeftUnit(agent, ..) => Self::LeftUnit(agent.0),
            What::ScheduleChanged(agent, ..) => Self::ScheduleChanged(agent.0),
            What::OutOfOffice(agent) => Self::OutOfOffice(agent.0),
            What::UserState(agent, _) => Self::UserState(agent.0),
            What::Queues { agent, queue, .. } => Self::Queues(agent.0, queue.0),
        }
    }
}
