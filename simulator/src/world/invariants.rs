//! What must be true of the world at every moment, recounted from its parts.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use rand::{Rng, SeedableRng};

mod hours;
mod recount;
mod seats;

use self::seats::{Deed, LATER_MS};
use super::{queue::Tally, *};
use crate::{Config, act::PresenceChange, control::agents_and_queues};

const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);

fn world(seed: u64, agents: usize, queues: usize, events_per_second: Option<f64>) -> World {
    let config = Config { seed, agents, queues, events_per_second, ..Config::default() };
    World::new(&config, START)
}

fn world_with(seed: u64, agents: usize, queues: usize, turnover: f64) -> World {
    let config = Config { seed, agents, queues, turnover, ..Config::default() };
    World::new(&config, START)
}

#[test]
fn counts_agree_at_every_step() {
    for (seed, agents, queues) in [(1, 24, 4), (2, 40, 7), (3, 33, 1), (4, 10, 20), (5, 1, 1), (6, 300, 20)] {
        let mut world = world_with(seed, agents, queues, 30.0);
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let mut dates = Dates::default();
        check(&world, seed);
        for step in 0..2_000 {
            if step == 700 {
                world.play(Scenario::Rush, None);
            }
            if step == 1_400 {
                world.play(Scenario::Calm, Some(20.0));
            }
            world.step(world.now.plus_ms(dice.random_range(1..6_000)));
            if dice.random_bool(0.1) {
                somebody_interferes(&mut world, &mut dice);
            }
            check(&world, seed);
            dates.check(&world.take_happenings());
        }
        recount::check_figures(&world, &format!("seed {seed}"));
    }
}

#[test]
fn the_same_seed_gives_the_same_world_however_time_is_sliced() {
    let digest = |seed: u64, slice_ms: i64| {
        let events_per_second = Some(12.0);
        let config =
            Config { seed, agents: 60, queues: 6, events_per_second, turnover: 20.0, ..Config::default() };
        let mut world = World::new(&config, START);
        let mut hasher = DefaultHasher::new();
        for _ in 0..3_600_000 / slice_ms {
            world.step(world.now.plus_ms(slice_ms));
            for happening in world.take_happenings() {
                format!("{happening:?}").hash(&mut hasher);
            }
        }
        format!("{:?}{:?}{:?}", world.agents, world.queues, world.conversations).hash(&mut hasher);
        hasher.finish()
    };
    assert_eq!(digest(7, 40), digest(7, 60_000));
    assert_ne!(digest(7, 60_000), digest(8, 60_000));
}

#[test]
fn a_floor_begins_in_the_middle_of_a_day() {
    for seed in 0..20 {
        for agents in [30, 60, 300] {
            let world = world(seed, agents, 20, None);
            let on_shift = world
                .agents
                .iter()
                .filter(|who| world.definitions[who.presence.definition.0].system != SystemPresence::Offline)
                .count();
            assert!(on_shift * 3 >= agents, "seed {seed}: {on_shift} of {agents} on shift");
            let idle = world.agents.iter().filter(|who| who.ready_since.is_some()).count();
            assert!(idle >= 10, "seed {seed}: {idle} of {agents} idle");
            for who in &world.agents {
                assert!(who.presence.modified < START && who.routing.start < START, "seed {seed}: {who:?}");
                assert!(!who.memberships.is_empty());
            }
            let ids: BTreeSet<_> = world.agents.iter().map(|who| &who.name).collect();
            assert_eq!(ids.len(), agents, "names are different");
        }
    }
}

#[test]
fn at_whatever_hour_it_begins_the_schedules_say_who_is_there() {
    for hour in 0..24 {
        for (day, agents) in [(88, 30), (89, 60), (90, 200)] {
            // Half an hour past, around a night on which clocks change.
            let now = START.plus_ms((day * 24 + hour) * 3_600_000 + 1_800_000);
            let seed = u64::try_from(hour).unwrap();
            let config = Config { seed, agents, queues: 20, ..Config::default() };
            let world = World::new(&config, now);
            let on_shift = |agent: &AgentIx| !world.shifts(*agent, now, now.plus_ms(1)).is_empty();
            let scheduled = (0..agents).map(AgentIx).filter(on_shift).count();
            assert!(scheduled * 3 >= agents, "{now}: {scheduled} of {agents} are scheduled");
            assert!(scheduled * 10 <= agents * 9, "{now}: {scheduled} of {agents} are scheduled");
            let idle = |agent: &AgentIx| {
                let scheduled = world.adherence(*agent).scheduled;
                world.agents[agent.0].ready_since.is_some() && scheduled == Some(activity_code::ON_QUEUE_WORK)
            };
            let idle = (0..agents).map(AgentIx).filter(idle).count();
            assert!(idle >= 10, "{now}: {idle} of {agents} are On Queue as scheduled, and idle");
        }
    }
}

#[test]
fn a_day_goes_by_and_the_house_is_never_empty() {
    let mut world = world(3, 200, 10, None);
    let mut least = usize::MAX;
    let mut adherent = 0.0_f64;
    for _ in 0..48 {
        world.step(world.now.plus_ms(1_800_000));
        world.take_happenings();
        check(&world, 3);
        let there = (0..200).map(AgentIx).filter(|agent| world.is_on_queue(*agent)).count();
        least = least.min(there);
        let state = |agent: usize| world.adherence(AgentIx(agent)).state;
        let scheduled = (0..200).filter(|agent| state(*agent) != adherence::AdherenceState::Unscheduled);
        let (mut good, mut all) = (0, 0);
        for agent in scheduled {
            all += 1;
            good += i32::from(state(agent) == adherence::AdherenceState::InAdherence);
        }
        adherent += f64::from(good) / f64::from(all) / 48.0;
    }
    assert!(least >= 24, "{least} of 200 On Queue");
    assert!((0.7..0.97).contains(&adherent), "{adherent} adhere to the schedule");
    assert!(!world.workforce.moves.is_empty(), "a supervisor moves something");
}

#[test]
fn a_house_of_300_looks_lively_and_keeps_a_wished_rate() {
    let rate_of = |wished: Option<f64>, warm_up_s: i64, seconds: i64| {
        let mut world = world(7, 300, 20, wished);
        world.step(START.plus_ms(warm_up_s * 1_000));
        world.take_happenings();
        world.step(world.now.plus_ms(seconds * 1_000));
        let counts = |happening: &&Happening| !matches!(happening.what, What::Conversation(..));
        world.take_happenings().iter().filter(counts).count() as f64 / seconds as f64
    };
    let natural = rate_of(None, 0, 900);
    assert!((5.0..15.0).contains(&natural), "{natural} events a second");
    for wished in [2.0, 30.0, 200.0, 450.0] {
        let is = rate_of(Some(wished), 20, 60);
        assert!((0.8..1.2).contains(&(is / wished)), "{is} instead of {wished} events a second");
    }
}

/// The members who are On Queue and could answer.
fn at_work(world: &World) -> usize {
    let answers = |agent: &AgentIx| {
        let status = world.agents[agent.0].routing.status;
        world.definition_of(*agent).system == SystemPresence::OnQueue
            && status != RoutingStatus::NotResponding
    };
    (0..world.agents.len()).map(AgentIx).filter(answers).count()
}

#[test]
fn an_outage_empties_the_floor_and_is_over_in_a_quarter_of_an_hour() {
    let mut world = world(7, 300, 20, None);
    let before = at_work(&world);
    world.play(Scenario::Outage, None);
    world.step(START.plus_ms(3 * 60_000));
    let during = at_work(&world);
    assert!(during * 10 < before * 7, "{during} of {before} are left");
    world.step(START.plus_ms(10 * 60_000));
    let abandoned = world.ended.abandoned;
    assert!(abandoned > 25, "{abandoned} gave up");
    world.step(START.plus_ms(16 * 60_000));
    let after = at_work(&world);
    assert!(after * 10 > before * 8, "{after} of {before} are back");
    check(&world, 7);
}

#[test]
fn shifts_change_within_minutes_and_the_floor_stays_manned() {
    let mut world = world(7, 300, 20, None);
    let on_shift = |world: &World| -> BTreeSet<usize> {
        let is_there = |agent: &usize| world.definition_of(AgentIx(*agent)).system != SystemPresence::Offline;
        (0..300).filter(is_there).collect()
    };
    let before = on_shift(&world);
    world.play(Scenario::ShiftChange, None);
    world.step(START.plus_ms(12 * 60_000));
    let after = on_shift(&world);
    let (gone, new) = (before.difference(&after).count(), after.difference(&before).count());
    assert!(gone > 80 && new > 80, "{gone} went, {new} came");
    assert!(after.len() * 10 > before.len() * 8);
    check(&world, 7);
}

#[test]
fn a_storm_brings_many_times_as_much() {
    let events_of = |scenario| {
        let mut world = world(7, 300, 20, None);
        world.play(scenario, None);
        let begun = world.conversations_begun;
        world.step(START.plus_ms(20 * 60_000));
        (world.conversations_begun - begun, world.take_happenings().len())
    };
    let (calm, storm) = (events_of(Scenario::Calm), events_of(Scenario::Storm));
    assert!(storm.0 > calm.0 * 5 / 2 && storm.1 * 10 > calm.1 * 14, "{calm:?} against {storm:?}");
}

#[test]
fn when_the_world_stands_still_only_waiting_grows() {
    let mut world = world(7, 60, 4, None);
    world.step(START.plus_ms(60_000));
    world.play(Scenario::Rush, Some(0.0));
    world.step(world.now.plus_ms(2_000));
    world.take_happenings();
    let longest = |world: &World| -> Vec<_> {
        world
            .queues
            .iter()
            .map(|queue| {
                let first = queue.lines.iter().filter_map(|line| line.waiting.first()).min();
                first.map(|(since, _)| world.now.ms_since(*since))
            })
            .collect()
    };
    let before = longest(&world);
    world.step(world.now.plus_ms(90_000));
    assert_eq!(world.take_happenings().len(), 0);
    let grown: Vec<_> = before.iter().map(|ms| ms.map(|ms| ms + 90_000)).collect();
    assert_eq!(longest(&world), grown);

    // A message alone tells one event, and numbers do not move.
    let change = PresenceChange { definition: None, message: Some("back at 2".into()) };
    world.patch_presence(AgentIx(3), change);
    world.step(world.now.plus_ms(5_000));
    let happenings = world.take_happenings();
    assert!(
        matches!(happenings.as_slice(), [Happening { what: What::Presence(AgentIx(3), _), .. }]),
        "{happenings:?}"
    );
}

#[test]
fn leaving_and_joining_the_queue_moves_the_routing_status() {
    let mut world = world(7, 30, 3, Some(0.0));
    let idle = (0..30).map(AgentIx).find(|agent| world.agents[agent.0].ready_since.is_some()).unwrap();
    let patch = |world: &mut World, definition| {
        world.patch_presence(idle, PresenceChange { definition: Some(definition), message: None });
        world.agents[idle.0].routing.status
    };
    assert_eq!(patch(&mut world, definition::MEAL), RoutingStatus::OffQueue);
    assert_eq!(patch(&mut world, definition::ON_QUEUE), RoutingStatus::Idle);
    let busy =
        world.agents.iter().position(|who| who.routing.status == RoutingStatus::Interacting).map(AgentIx);
    let busy = busy.expect("somebody interacts at the start");
    world.patch_presence(busy, PresenceChange { definition: Some(definition::BREAK), message: None });
    assert_eq!(world.agents[busy.0].routing.status, RoutingStatus::Interacting);
    world.play(Scenario::Calm, None);
    while world.agents[busy.0].routing.status == RoutingStatus::Interacting {
        world.step(world.now.plus_ms(1_000));
        assert!(world.now < START.plus_ms(3_600_000), "the talk ends");
    }
    assert_eq!(world.agents[busy.0].routing.status, RoutingStatus::OffQueue);
}

/// Somebody does something from outside; answers what, if it concerns who is a member of what.
fn somebody_interferes(world: &mut World, dice: &mut ChaCha8Rng) -> Option<Deed> {
    let people: Vec<AgentIx> = world.people().collect();
    let somebody = |dice: &mut ChaCha8Rng| people[dice.random_range(0..people.len())];
    let agent = somebody(dice);
    let definition = dice.random_bool(0.8).then(|| DefinitionIx(dice.random_range(0..12)));
    let message = dice.random_bool(0.5).then(|| "said".into());
    world.patch_presence(agent, PresenceChange { definition, message });
    // Whether it is allowed does not matter here.
    let _ = world.put_routing_status(somebody(dice), RoutingStatus::Idle);
    let agent = somebody(dice);
    let queue = QueueIx(dice.random_range(0..world.queues.len()));
    let group = dice.random_range(0..world.groups.len());
    let deed = match dice.random_range(0..20) {
        0..3 => Deed::Add(agent, queue),
        3..6 => Deed::Remove(agent, queue),
        6..9 => Deed::JoinLater(agent, queue, dice.random_bool(0.5)),
        9..12 => Deed::JoinGroup(agent, group),
        12..14 => Deed::LeaveGroup(agent, group),
        14..17 => Deed::JoinNow(agent, queue, dice.random_bool(0.7)),
        17 if people.len() > 8 => Deed::State(agent, UserState::Deleted),
        17 | 18 => {
            let gone = (0..world.agents.len()).map(AgentIx).find(|agent| !world.agents[agent.0].is_active());
            Deed::State(gone?, UserState::Active)
        }
        _ => Deed::Create,
    };
    match deed {
        Deed::Add(agent, queue) => drop(world.add_member(agent, queue, MemberBy::User)),
        Deed::Remove(agent, queue) => drop(world.remove_member(agent, queue)),
        Deed::JoinLater(agent, queue, joined) => world.join_later(agent, queue, joined, LATER_MS),
        Deed::JoinNow(agent, queue, joined) => world.set_joined(agent, queue, joined),
        Deed::JoinGroup(agent, group) => world.join_group(agent, group),
        Deed::LeaveGroup(agent, group) => world.leave_group(agent, group),
        Deed::State(agent, state) => world.set_user_state(agent, state, "Unknown", false),
        Deed::Create => drop(world.create_user(NewAgent {
            id: UserId::new(&guid::next(dice)),
            name: "Somebody New".to_owned(),
            email: "somebody@example.com".to_owned(),
            title: "".into(),
            department: "".into(),
            state: UserState::Active,
            division: 0,
            site: 0,
            team: None,
        })),
    }
    Some(deed)
}

fn check(world: &World, seed: u64) {
    let at = format!("seed {seed} at {}", world.now);
    let live = u64::try_from(world.conversations.len()).unwrap();
    let ended = world.ended.completed + world.ended.abandoned + world.ended.transferred;
    assert_eq!(world.conversations_begun, ended + live, "{at}: a conversation was lost");

    let mut expected: Vec<_> = world.queues.iter().map(|_| Expected::new(world.definitions.len())).collect();
    for (key, conversation) in &world.conversations {
        let queue = &mut expected[conversation.queue.0].lines[conversation.media as usize];
        match conversation.stage {
            Stage::Waiting { .. } => queue.waiting.insert((conversation.arrived, *key)),
            Stage::Alerting(_) => queue.alerting.insert(*key),
            Stage::Interacting(_) => queue.interacting.insert((conversation.since, *key)),
            Stage::AfterCallWork(_) => true,
        };
        if let Some(agent) = conversation.stage.agent() {
            assert_eq!(world.agents[agent.0].engaged, Some(*key), "{at}");
        }
    }
    check_adherence(world, &at);
    let mut interacting_agents = vec![0; world.queues.len()];
    for (ix, who) in world.agents.iter().enumerate() {
        let agent = AgentIx(ix);
        let definition = world.definition_of(agent);
        let on_queue = definition.system == SystemPresence::OnQueue;
        let stage = who.engaged.map(|key| world.conversations[&key].stage);
        let (talks, wraps) = match stage {
            Some(Stage::Interacting(_)) => (1, 0),
            Some(Stage::AfterCallWork(_)) => (0, 1),
            Some(Stage::Waiting { .. }) => panic!("{at}: nobody has a waiting conversation"),
            Some(Stage::Alerting(_)) | None => (0, 0),
        };
        let engaged = who.engaged.map(|key| world.conversations[&key].media);
        for media in MediaType::ALL {
            let counts = who.summary.of(media).contact_center;
            let expected = if engaged == Some(media) { (talks, wraps) } else { (0, 0) };
            assert_eq!((counts.active, counts.acw), expected, "{at}: {who:?}");
        }
        assert_eq!(who.wrapping_since.is_some(), wraps == 1, "{at}: {who:?}");
        let status = who.routing.status;
        assert_eq!(status == RoutingStatus::Interacting, talks == 1, "{at}: {who:?}");
        let enterprise = who.summary.of(MediaType::Voice).enterprise;
        assert_eq!(status == RoutingStatus::Communicating, enterprise.active == 1, "{at}: {who:?}");
        match status {
            RoutingStatus::Idle | RoutingStatus::NotResponding => assert!(on_queue, "{at}: {who:?}"),
            RoutingStatus::OffQueue => assert!(!on_queue, "{at}: {who:?}"),
            RoutingStatus::Interacting | RoutingStatus::Communicating => {}
        }
        let ready = on_queue && status == RoutingStatus::Idle && who.engaged.is_none();
        assert_eq!(who.ready_since.is_some(), ready, "{at}: {who:?}");
        if let (Some(key), 1) = (who.engaged, talks) {
            interacting_agents[world.conversations[&key].queue.0] += 1;
        }
        for membership in &who.memberships {
            let queue = &mut expected[membership.queue.0];
            if membership.joined {
                queue.tally.add(who.presence.definition, on_queue, status);
                queue.ready.extend(who.place_when_ready(agent));
                queue.joined += 1;
            }
            queue.members += 1;
        }
    }
    for ((queue, expected), interacting) in world.queues.iter().zip(expected).zip(interacting_agents) {
        let at = format!("{at}, {}", queue.name);
        for (line, expected) in queue.lines.iter().zip(&expected.lines) {
            assert_eq!(line.waiting, expected.waiting, "{at}");
            assert_eq!(line.alerting, expected.alerting, "{at}");
            assert_eq!(line.interacting, expected.interacting, "{at}");
        }
        let talks: usize = queue.lines.iter().map(|line| line.interacting.len()).sum();
        assert_eq!(talks, interacting, "{at}");
        assert_eq!(queue.ready, expected.ready, "{at}");
        assert_eq!(queue.members.len(), expected.members, "{at}");
        assert_eq!(queue.joined, expected.joined, "{at}");
        assert_eq!(format!("{:?}", queue.tally), format!("{:?}", expected.tally), "{at}");
    }
}

/// Adherence, worked out anew from schedule and presence, is what was kept.
fn check_adherence(world: &World, at: &str) {
    let mut members: Vec<_> =
        world.workforce.management_units.iter().flat_map(|unit| unit.agents.iter().copied()).collect();
    members.sort();
    // All who work here and were not created by a call have a work plan, and so a unit.
    let has_plan = |agent: &AgentIx| world.workforce.plans[agent.0].length_minutes > 0;
    assert_eq!(members, world.people().filter(has_plan).collect::<Vec<_>>(), "{at}");
    // To work the schedule out anew takes a while: a sixteenth of the agents at a time.
    for agent in members.into_iter().filter(|agent| (agent.0 as u64 + world.causes).is_multiple_of(16)) {
        let kept = *world.adherence(agent);
        let scheduled = world.scheduled(agent, world.now);
        assert_eq!(kept, world.reckon(agent, scheduled, kept.since), "{at}: {agent:?}");
        assert!(kept.since <= world.now && kept.until > world.now, "{at}: {kept:?}");
        let in_shift = world.shifts(agent, world.now, world.now.plus_ms(1)).len();
        let works = kept.scheduled.is_some_and(|code| code != activity_code::TIME_OFF);
        assert_eq!(in_shift, usize::from(works), "{at}: {agent:?}");
        let last = world.done(agent).last().expect("something is always done");
        let who = &world.agents[agent.0];
        assert_eq!(last.definition, who.presence.definition, "{at}");
    }
}

struct Expected {
    lines: [queue::Line; MediaType::ALL.len()],
    ready: BTreeSet<(Timestamp, AgentIx)>,
    tally: Tally,
    members: usize,
    joined: usize,
}

impl Expected {
    fn new(definitions: usize) -> Self {
        Self {
            lines: MediaType::ALL.map(queue::Line::new),
            ready: BTreeSet::new(),
            tally: Tally::new(definitions),
            members: 0,
            joined: 0,
        }
    }
}

/// Dates of a facet strictly increase, and a group of numbers is published at most once a second.
#[derive(Default)]
struct Dates {
    last: BTreeMap<(u8, usize), Timestamp>,
}

impl Dates {
    fn check(&mut self, happenings: &[Happening]) {
        for happening in happenings {
            let (facet, date, apart_ms) = match &happening.what {
                What::Presence(agent, presence) => ((0, agent.0), presence.modified, 1),
                What::RoutingStatus(agent, routing) => ((1, agent.0), routing.start, 1),
                What::Numbers(queue, Group::Users, _) => ((2, queue.0), happening.at, 1_000),
                What::Numbers(queue, Group::Media(media), _) => {
                    ((3 + *media as u8, queue.0), happening.at, 1_000)
                }
                What::ConversationSummary(..)
                | What::Adherence(..)
                | What::Conversation(..)
                | What::LeftUnit(..)
                | What::ScheduleChanged(..)
                | What::OutOfOffice(_)
                | What::UserState(..)
                | What::Queues { .. } => continue,
            };
            if let Some(before) = self.last.insert(facet, date) {
                assert!(date.ms_since(before) >= apart_ms, "{before} was followed by {date}: {happening:?}");
            }
        }
    }
}
