//! How the organisation begins: its queues, its people, and how much there is to do.

mod directory;
mod floor;
mod newcomer;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
};

use protocol::{QueueId, Timestamp, UserId};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    Agent, AgentIx, DefinitionIx, Group, MediaType, MemberBy, Membership, Named, NewAgent, Queue, QueueIx,
    UserState, World,
    agenda::Agenda,
    definition, guid, media, names,
    pace::{Natural, Pace},
    queue::Tally,
    staff::Staff,
    workforce::Workforce,
};
use crate::{config::Config, scenario::Scenario};

/// Members of a team.
const TEAM_SIZE: usize = 12;
/// How much of what its members could take arrives at a queue on an ordinary day.
const LOAD: Range<f64> = 0.55..0.97;
/// One queue of so many is a bullseye, with so many rings.
const BULLSEYE_EVERY: usize = 6;
const RINGS: u8 = 3;
const DAY_MS: i64 = 24 * 3_600_000;

/// Streams of random numbers: what is drawn in one does not change another.
const STREAM_PEOPLE: u64 = 1;
const STREAM_QUEUES: u64 = 2;
const STREAM_EVENTS: u64 = 3;
const STREAM_DIRECTORY: u64 = 40;
const STREAM_WORKFORCE: u64 = 4;
const STREAM_STAFF: u64 = 5;

impl World {
    /// Founds the organisation: same configuration and time, same world.
    pub(crate) fn new(config: &Config, now: Timestamp) -> Self {
        let definitions = definition::all();
        let departments = names::DEPARTMENTS
            .len()
            .min(config.queues.div_ceil(3))
            .min(config.agents.div_ceil(TEAM_SIZE))
            .max(1);
        let mut world = Self {
            seed: config.seed,
            now,
            own_now: 0,
            rng: stream(config.seed, STREAM_EVENTS),
            scenario: Scenario::Calm,
            organisation: Named { id: String::new(), name: "Rollcall Example".to_owned() },
            divisions: Vec::new(),
            teams: Vec::new(),
            groups: Vec::new(),
            sources: Vec::new(),
            skills: Vec::new(),
            languages: Vec::new(),
            definitions_by_id: (0..)
                .map(DefinitionIx)
                .zip(&definitions)
                .map(|(ix, d)| (d.id.clone(), ix))
                .collect(),
            definitions,
            agents: Vec::with_capacity(config.agents),
            queues: Vec::with_capacity(config.queues),
            conversations: BTreeMap::new(),
            conversations_begun: 0,
            ledger: super::Ledger::default(),
            figures: super::FigureBook::default(),
            service_level_of_offered: config.answers.service_level_of_offered,
            ended: super::Ended::default(),
            histories: super::Histories::default(),
            agenda: Agenda::default(),
            workforce: Workforce::new(config, now, &mut stream(config.seed, STREAM_WORKFORCE)),
            staff: Staff::new(stream(config.seed, STREAM_STAFF), config.turnover, config.agents, departments),
            epoch: 0,
            pace: Pace::new(now),
            next_second: now.plus_ms(1_000),
            events_this_second: 0,
            publications: BTreeSet::new(),
            awaited: BTreeMap::new(),
            awaited_in_all: 0,
            causes: 0,
            happenings: Vec::new(),
            users_by_id: HashMap::with_capacity(config.agents),
            queues_by_id: HashMap::with_capacity(config.queues),
        };
        world.found_queues(config, departments);
        world.found_people(config, departments);
        world.found_directory();
        world.set_arrivals();
        world.open_the_floor();
        world.begin_adherence();
        world.histories = super::Histories::of(&world);
        for queue in 0..world.queues.len() {
            for group in MediaType::ALL.map(Group::Media).into_iter().chain([Group::Users]) {
                world.publish(QueueIx(queue), group);
            }
        }
        world.happenings.clear();
        // The founding is not part of the first second, whose events the pace is measured by.
        world.events_this_second = 0;
        world.publications.clear();
        world.plan_arrivals();
        world.plan_chatter();
        world.plan_supervision();
        world.plan_changes_of_staff();
        world.pace.wish(now, config.events_per_second, world.natural());
        world
    }

    /// Estimated events a second at the natural pace of the present scenario.
    pub(super) fn natural(&self) -> Natural {
        let per_ms: f64 = self.queues.iter().map(|queue| 1.0 / queue.arrival_every_ms).sum();
        let conversations = per_ms * 1_000.0 * self.scenario.arrivals().min(1.6);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (agents, queues) = (self.agents.len() as f64, self.queues.len() as f64);
        let scaling = conversations * 5.0 + agents * 0.002;
        Natural { scaling, throttled: conversations * 9.0 + agents * 0.003, throttled_max: queues * 1.8 }
    }

    fn found_queues(&mut self, config: &Config, departments: usize) {
        let mut rng = stream(config.seed, STREAM_QUEUES);
        self.organisation.id = guid::next(&mut rng);
        self.divisions = named(names::DIVISIONS, names::DIVISIONS.len(), &mut rng);
        for (n, named) in named(names::QUEUES, config.queues, &mut rng).into_iter().enumerate() {
            let id = QueueId::new(&named.id);
            self.queues_by_id.insert(id.clone(), QueueIx(n));
            self.queues.push(Queue {
                id,
                name: named.name,
                division: n % self.divisions.len().max(1),
                department: names::DEPARTMENTS[n % departments],
                created: self.now.plus_ms(-rng.random_range(100..2_000) * DAY_MS),
                members: Vec::new(),
                lines: MediaType::ALL.map(super::queue::Line::new),
                mix: media::mix_of_queue(n),
                joined: 0,
                member_groups: Vec::new(),
                rings: if n % BULLSEYE_EVERY == BULLSEYE_EVERY - 1 { RINGS } else { 1 },
                ready: BTreeSet::new(),
                tally: Tally::new(self.definitions.len()),
                published: super::numbers::Published::default(),
                arrival_every_ms: f64::INFINITY,
                talk_ms: rng.random_range(70_000.0..190_000.0),
                wrap_up_ms: rng.random_range(9_000.0..26_000.0),
            });
        }
    }

    fn found_people(&mut self, config: &Config, departments: usize) {
        let mut rng = stream(config.seed, STREAM_PEOPLE);
        let people = names::people();
        self.teams = named(names::TEAMS, config.agents.div_ceil(TEAM_SIZE), &mut rng);
        self.staff.teams = self.teams.len();
        let by_department: Vec<Vec<QueueIx>> = (0..departments)
            .map(|department| (department..config.queues).step_by(departments).map(QueueIx).collect())
            .collect();
        for n in 0..config.agents {
            let id = UserId::new(&guid::next(&mut rng));
            let (name, email) = names::name_and_address(&people, n);
            // Teams are of one department, so departments change with teams.
            let team = n / TEAM_SIZE;
            let department = team % departments;
            let memberships = draw_memberships(&mut rng, n, &by_department[department], config.queues);
            for membership in &memberships {
                self.queues[membership.queue.0].members.push(AgentIx(n));
                self.queues[membership.queue.0].joined += 1;
            }
            self.users_by_id.insert(id.clone(), AgentIx(n));
            let new = NewAgent {
                id,
                name,
                email,
                title: names::TITLES[rng.random_range(0..names::TITLES.len())].into(),
                department: names::DEPARTMENTS[department].into(),
                state: UserState::Active,
                division: team % self.divisions.len().max(1),
                site: team % self.workforce.management_units.len(),
                team: Some(team),
            };
            self.agents.push(Agent { memberships, ..Agent::new(new, self.now) });
        }
    }

    /// Gives each queue as many arrivals as its members can take, more or less.
    fn set_arrivals(&mut self) {
        let mut rng = stream(self.seed, STREAM_QUEUES + 16);
        for n in 0..self.queues.len() {
            let load: f64 = rng.random_range(LOAD);
            let queue = &self.queues[n];
            #[expect(clippy::cast_precision_loss, reason = "a handful of memberships")]
            let hands: f64 = queue
                .members
                .iter()
                .map(|agent| {
                    floor::ON_SHIFT * floor::ON_QUEUE / self.agents[agent.0].memberships.len().max(1) as f64
                })
                .sum();
            let every = (queue.handling_ms() + 6_000.0) / (hands * load);
            self.queues[n].arrival_every_ms = if every.is_finite() { every } else { 1e12 };
        }
    }
}

fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

fn named(names: &[&str], count: usize, rng: &mut ChaCha8Rng) -> Vec<Named> {
    (0..count)
        .map(|n| {
            let (name, round) = (names[n % names.len()], n / names.len() + 1);
            let name = if round > 1 { format!("{name} {round}") } else { name.to_owned() };
            Named { id: guid::next(rng), name }
        })
        .collect()
}

/// Two to four queues of the agent's own department, now and then one of another.
fn draw_memberships(rng: &mut ChaCha8Rng, n: usize, own: &[QueueIx], queues: usize) -> Vec<Membership> {
    let mut drawn = BTreeSet::new();
    if let Some(first) = own.get(n % own.len().max(1)) {
        drawn.insert(*first);
    }
    let more = rng.random_range(1..=3);
    for _ in 0..more {
        if !own.is_empty() {
            drawn.insert(own[rng.random_range(0..own.len())]);
        }
    }
    if rng.random_bool(0.1) {
        drawn.insert(QueueIx(rng.random_range(0..queues)));
    }
    drawn
        .into_iter()
        .map(|queue| Membership { queue, joined: true, by: MemberBy::User, ring: 1, added: None })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_house_keeps_the_wished_pace_from_the_first_seconds_on() {
        let config =
            Config { agents: 4_000, queues: 60, events_per_second: Some(450.0), ..Config::default() };
        let start = Timestamp::from_ms(1_767_225_600_000);
        let mut world = World::new(&config, start);
        for second in 1..=10 {
            world.step(start.plus_ms(second * 1_000));
            let events = world.take_happenings().len();
            assert!((225..900).contains(&events), "second {second}: {events} events");
        }
    }
}
