//! Two hundred small worlds over a working day each: after every single happening what it touched is
//! checked, every few minutes everything is counted again.

use std::{
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{
    seats::{Change, Seats},
    *,
};

const SEEDS: u64 = 200;
const HOURS: i64 = 8;
const HOUR_MS: i64 = 3_600_000;
/// Everything is counted again so often.
const RECOUNT_EVERY_MS: i64 = 10 * 60_000;
/// People who come and go, an hour and 100 agents: a handful in each world.
const TURNOVER: f64 = 1.0;

#[test]
fn invariants_hold_at_every_step_of_a_day_in_200_worlds() {
    let threads = thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let moving = AtomicUsize::new(0);
    thread::scope(|scope| {
        for first in 0..threads {
            let moving = &moving;
            scope.spawn(move || {
                for seed in (first..SEEDS).step_by(threads as usize) {
                    let world = live_through(seed);
                    moving.fetch_add(usize::from(people_moved(&world)), Ordering::Relaxed);
                }
            });
        }
    });
    let moving = moving.into_inner();
    assert!(moving * 10 > 200 * 8, "people came and went of their own accord in {moving} of 200 worlds only");
}

/// Whether somebody came, somebody left, and some of them at work, without anybody's doing from outside.
fn people_moved(world: &World) -> bool {
    // Only those whom the world takes on have skills at once, and only those who go by themselves have a
    // reason.
    let came = world.agents.iter().any(|who| who.joined.is_some() && !who.skills.all().is_empty());
    let reason = |who: &Agent| who.state_change.is_some_and(|change| change.reason != "Unknown");
    came && world.agents.iter().any(reason)
}

fn live_through(seed: u64) -> World {
    let agents = 20 + usize::try_from(seed % 21).unwrap();
    let mut world = world_with(seed, agents, 1 + usize::try_from(seed % 7).unwrap(), TURNOVER);
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut told = Told::of(&world);
    let mut next_recount = START;
    for hour in 0..HOURS {
        let n = usize::try_from(hour).unwrap() + usize::try_from(seed).unwrap();
        world.play(Scenario::ALL[n % Scenario::ALL.len()], None);
        let end = START.plus_ms((hour + 1) * HOUR_MS - 1_000);
        while let Some((at, _)) = world.next_turn().filter(|(at, _)| *at <= end) {
            world.step(at);
            told.check(&mut world, seed);
            if world.now >= next_recount {
                check(&world, seed);
                next_recount = world.now.plus_ms(RECOUNT_EVERY_MS);
                told.seats.check(&world, &format!("seed {seed} at {}", world.now));
                if let Some(deed) = somebody_interferes(&mut world, &mut dice) {
                    told.seats.expect(deed, world.now);
                }
            }
        }
        told.check_truth(&world, seed);
        if hour % 4 == 3 {
            check(&world, seed);
            recount::check_figures(&world, &format!("seed {seed} at {}", world.now));
        }
    }
    assert!(world.ended.completed > 0 && world.ended.abandoned > 0, "seed {seed}: a day without work");
    world
}

/// The world as those who only listen know it.
struct Told {
    definitions: Vec<DefinitionIx>,
    routing: Vec<RoutingStatus>,
    states: Vec<UserState>,
    tallies: Vec<Tally>,
    seats: Seats,
    talks: Vec<u32>,
    dates: Dates,
}

impl Told {
    fn of(world: &World) -> Self {
        let mut tallies: Vec<Tally> =
            world.queues.iter().map(|_| Tally::new(world.definitions.len())).collect();
        for (ix, who) in world.agents.iter().enumerate() {
            for membership in who.memberships.iter().filter(|membership| membership.joined) {
                let on_queue = world.is_on_queue(AgentIx(ix));
                tallies[membership.queue.0].add(who.presence.definition, on_queue, who.routing.status);
            }
        }
        Self {
            definitions: world.agents.iter().map(|who| who.presence.definition).collect(),
            routing: world.agents.iter().map(|who| who.routing.status).collect(),
            states: world.agents.iter().map(|who| who.state).collect(),
            tallies,
            seats: Seats::of(world),
            talks: world.agents.iter().map(|who| active(&who.summary)).collect(),
            dates: Dates::default(),
        }
    }

    /// What was told since the last step agrees with what is, and so does what it touched.
    fn check(&mut self, world: &mut World, seed: u64) {
        let live = u64::try_from(world.conversations.len()).unwrap();
        let ended = world.ended.completed + world.ended.abandoned + world.ended.transferred;
        assert_eq!(world.conversations_begun, ended + live, "seed {seed} at {}: one was lost", world.now);
        let happenings = world.take_happenings();
        if happenings.is_empty() {
            return;
        }
        self.dates.check(&happenings);
        for happening in &happenings {
            match &happening.what {
                What::Presence(agent, presence) => {
                    self.change(world, *agent, presence.definition, self.routing[agent.0]);
                }
                What::RoutingStatus(agent, routing) => {
                    self.change(world, *agent, self.definitions[agent.0], routing.status);
                }
                What::ConversationSummary(agent, summary) => self.talks[agent.0] = active(summary),
                What::Numbers(queue, Group::Users, readings) => {
                    self.check_users(world, *queue, readings, seed);
                }
                What::Numbers(queue, Group::Media(media), readings) => {
                    check_line(world, *queue, *media, readings, seed);
                }
                What::Queues { agent, queue, joined, membership } => {
                    let (agent, queue, joined, membership) = (*agent, *queue, *joined, *membership);
                    self.take_seat(world, Change { agent, queue, joined, membership }, happening.at);
                }
                What::UserState(agent, state) => self.change_state(world, *agent, *state),
                What::Adherence(..)
                | What::Conversation(..)
                | What::LeftUnit(..)
                | What::ScheduleChanged(..)
                | What::OutOfOffice(_) => {}
            }
        }
        self.seats.settle(world.now, &format!("seed {seed} at {}", world.now));
        for happening in &happenings {
            match &happening.what {
                What::Presence(agent, _)
                | What::RoutingStatus(agent, _)
                | What::UserState(agent, _)
                | What::ConversationSummary(agent, _) => self.check_agent(world, *agent, seed),
                What::Numbers(..)
                | What::Adherence(..)
                | What::Conversation(..)
                | What::LeftUnit(..)
                | What::ScheduleChanged(..)
                | What::OutOfOffice(_)
                | What::Queues { .. } => {}
            }
        }
    }

    fn change(&mut self, world: &World, agent: AgentIx, definition: DefinitionIx, status: RoutingStatus) {
        let system = |definition: DefinitionIx| world.definitions[definition.0].system;
        let on_queue = |definition| system(definition) == SystemPresence::OnQueue;
        let (old, old_status) = (self.definitions[agent.0], self.routing[agent.0]);
        for queue in self.seats.joined(agent) {
            let tally = &mut self.tallies[queue.0];
            tally.remove(old, on_queue(old), old_status);
            tally.add(definition, on_queue(definition), status);
        }
        self.definitions[agent.0] = definition;
        self.routing[agent.0] = status;
    }

    fn take_seat(&mut self, world: &World, change: Change, now: Timestamp) {
        let Change { agent, queue, .. } = change;
        let (definition, status) = (self.definitions[agent.0], self.routing[agent.0]);
        let on_queue = world.definitions[definition.0].system == SystemPresence::OnQueue;
        let before = self.seats.has_joined(agent, queue);
        self.seats.told(change, now);
        let tally = &mut self.tallies[queue.0];
        match (before, self.seats.has_joined(agent, queue)) {
            (false, true) => tally.add(definition, on_queue, status),
            (true, false) => tally.remove(definition, on_queue, status),
            // A member who had not joined is removed.
            (false, false) if change.membership && !change.joined => {}
            (true, true) | (false, false) => panic!("{change:?} changes nothing"),
        }
    }

    fn change_state(&mut self, world: &World, agent: AgentIx, state: UserState) {
        self.seats.told_state(agent, state);
        if agent.0 == self.states.len() {
            self.states.push(state);
            self.definitions.push(definition::OFFLINE);
            self.routing.push(RoutingStatus::OffQueue);
            self.talks.push(0);
        } else {
            assert_ne!(self.states[agent.0], state, "{}: told twice", world.now);
            self.states[agent.0] = state;
        }
    }

    /// The truth says what was told, and so do conversations and adherence.
    fn check_truth(&self, world: &World, seed: u64) {
        let at = format!("seed {seed} at {}", world.now);
        let (agents, queues) = agents_and_queues(world);
        let active = (0..self.states.len()).filter(|agent| self.states[*agent] == UserState::Active);
        let active: Vec<AgentIx> = active.map(AgentIx).collect();
        assert_eq!(agents.len(), active.len(), "{at}");
        for (truth, agent) in agents.iter().zip(active) {
            let who = &world.agents[agent.0];
            assert_eq!(truth["id"], who.id.as_str(), "{at}");
            let definition = &world.definitions[self.definitions[agent.0].0];
            assert_eq!(truth["presence"]["definitionId"], definition.id.as_str(), "{at}");
            assert_eq!(truth["routingStatus"]["status"], self.routing[agent.0].as_str(), "{at}");
            let joined = self.seats.joined(agent).map(|queue| world.queues[queue.0].id.as_str());
            assert_eq!(truth["joinedQueueIds"], joined.collect::<serde_json::Value>(), "{at}");
            assert_eq!(truth["adherenceState"], world.adherence(agent).state.as_str(), "{at}");
            let scheduled = adherence::category_of(world.adherence(agent).scheduled);
            assert_eq!(truth["scheduledActivity"]["category"], scheduled.as_str(), "{at}");
        }
        for (ix, truth) in (0..).map(QueueIx).zip(queues) {
            let (members, joined) = self.seats.count(ix);
            assert_eq!(truth["memberUsers"], members, "{at}");
            assert_eq!(truth["joinedUsers"], joined, "{at}");
            for status in RoutingStatus::ALL.into_iter().filter(|is| *is != RoutingStatus::OffQueue) {
                let count = self.tallies[ix.0].on_queue(status);
                assert_eq!(truth["onQueueUsers"][status.as_str()], count, "{at}: {status:?}");
            }
            let of_stage = |is: fn(Stage) -> bool| {
                let legs = world.conversations.values();
                legs.filter(|leg| leg.queue == ix && is(leg.stage)).count()
            };
            assert_eq!(truth["waiting"], of_stage(|stage| matches!(stage, Stage::Waiting { .. })), "{at}");
            assert_eq!(truth["alerting"], of_stage(|stage| matches!(stage, Stage::Alerting(_))), "{at}");
            let talks = of_stage(|stage| matches!(stage, Stage::Interacting(_)));
            assert_eq!(truth["interacting"], talks, "{at}");
        }
    }

    fn check_agent(&self, world: &World, agent: AgentIx, seed: u64) {
        let who = &world.agents[agent.0];
        let at = || format!("seed {seed} at {}: {who:?}", world.now);
        assert_eq!(who.presence.definition, self.definitions[agent.0], "{}", at());
        assert_eq!(who.routing.status, self.routing[agent.0], "{}", at());
        assert_eq!(active(&who.summary), self.talks[agent.0], "{}", at());
        let stage = who.engaged.map(|key| world.conversations[&key].stage);
        let talks = matches!(stage, Some(Stage::Interacting(is)) if is == agent);
        assert_eq!(self.talks[agent.0], u32::from(talks), "{}", at());
        assert_eq!(who.routing.status == RoutingStatus::Interacting, talks, "{}", at());
        assert_eq!(who.state, self.states[agent.0], "{}", at());
        if self.states[agent.0] != UserState::Active {
            let idle = who.engaged.is_none() && who.ready_since.is_none();
            assert!(idle && who.presence.definition == definition::OFFLINE, "{}", at());
            assert_eq!((who.routing.status, who.team), (RoutingStatus::OffQueue, None), "{}", at());
            assert!(world.management_unit_of(agent).is_none(), "{}", at());
        }
        let wraps = matches!(stage, Some(Stage::AfterCallWork(_)));
        assert_eq!(who.wrapping_since.is_some(), wraps, "{}", at());
    }

    fn check_users(&self, world: &World, queue: QueueIx, readings: &[Reading], seed: u64) {
        let tally = &self.tallies[queue.0];
        let (members, joined) = self.seats.count(queue);
        let presences: BTreeMap<DefinitionIx, u32> = tally.presences().collect();
        for reading in readings {
            let expected = match (reading.metric, reading.qualifier) {
                (Metric::UserPresences, Qualifier::Definition(definition)) => presences[&definition],
                (Metric::OnQueueUsers, Qualifier::Routing(status)) => tally.on_queue(status),
                (Metric::UserRoutingStatuses, Qualifier::Routing(status)) => tally.routing(status),
                (Metric::OffQueueUsers, _) => joined - tally.on_queue_all(),
                (Metric::MemberUsers, _) => members,
                _ => joined,
            };
            assert_eq!(
                reading.value,
                Value::Count(expected),
                "seed {seed} at {}: {reading:?} of {}",
                world.now,
                world.queues[queue.0].name
            );
        }
    }
}

fn active(summary: &ConversationSummary) -> u32 {
    MediaType::ALL.into_iter().map(|media| summary.of(media).contact_center.active).sum()
}

/// What is published of a line is what its conversations are, one by one.
fn check_line(world: &World, queue: QueueIx, media: MediaType, readings: &[Reading], seed: u64) {
    let mut counts = [0_usize; 3];
    let of_line = |is: &&Conversation| is.queue == queue && is.media == media;
    for conversation in world.conversations.values().filter(of_line) {
        match conversation.stage {
            Stage::Waiting { .. } => counts[0] += 1,
            Stage::Alerting(_) => counts[1] += 1,
            Stage::Interacting(_) => counts[2] += 1,
            Stage::AfterCallWork(_) => {}
        }
    }
    let line = world.queues[queue.0].line(media);
    let kept = [line.waiting.len(), line.alerting.len(), line.interacting.len()];
    assert_eq!(kept, counts, "seed {seed} at {}: {media:?}", world.now);
    for (metric, expected) in [Metric::Waiting, Metric::Alerting, Metric::Interacting].into_iter().zip(counts)
    {
        let told = readings.iter().find(|reading| reading.metric == metric).map(|reading| reading.value);
        let expected = Value::Count(u32::try_from(expected).unwrap());
        assert_eq!(told, Some(expected), "seed {seed} at {}: {media:?} {metric:?}", world.now);
    }
    let offered = readings.iter().find(|reading| reading.metric == Metric::Figure(Figure::Offered));
    let answered = readings.iter().find(|reading| reading.metric == Metric::Figure(Figure::Answered));
    let count = |reading: Option<&Reading>| match reading.map(|reading| reading.value) {
        Some(Value::Figure(_, stat)) => stat.count,
        _ => 0,
    };
    let interval = interval_of(world.now);
    let figures = line.figures(interval).cloned().unwrap_or_default();
    assert!(figures.of(Figure::Offered).count >= count(offered), "seed {seed} at {}", world.now);
    assert!(figures.of(Figure::Answered).count >= count(answered), "seed {seed} at {}", world.now);
}
