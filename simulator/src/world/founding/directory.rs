//! What people can, and the groups they belong to: skills, languages, groups. Drawn in a stream of its own, so that nobody's day depends on it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{STREAM_DIRECTORY, stream};
use crate::world::{Abilities, Ability, AgentIx, MemberBy, QueueIx, Subject, UserGroup, World, guid, names};

const DAY_MS: i64 = 24 * 3_600_000;
/// Of so many queues the last has members by group.
const BY_GROUP_EVERY: usize = 5;
/// So many of its members come by group, at most.
const BY_GROUP: usize = 6;
/// Members of a group that serves no queue.
const GROUP_SIZE: usize = 15;
/// Share of skills that are put aside for the time being.
const INACTIVE: f64 = 0.06;

impl World {
    /// Gives the organisation its skills and languages, and everybody some of them.
    pub(super) fn found_directory(&mut self) {
        let mut rng = stream(self.seed, STREAM_DIRECTORY);
        self.skills = self.subjects_of(names::SKILLS, &mut rng);
        self.languages = self.subjects_of(names::LANGUAGES, &mut rng);
        for n in 0..self.agents.len() {
            let (skills, languages) = (rng.random_range(1..=4), rng.random_range(1..=2));
            self.agents[n].skills = draw_abilities(&mut rng, self.skills.len(), skills);
            self.agents[n].languages = draw_abilities(&mut rng, self.languages.len(), languages);
            self.agents[n].queues_changed = Some(self.now.plus_ms(-rng.random_range(1..200) * DAY_MS));
        }
        self.found_groups(&mut rng);
        self.sources = super::named(names::SOURCES, names::SOURCES.len(), &mut rng);
    }

    /// Some groups serve a queue, others are for company. Who comes to a queue by group would have
    /// been a member of it anyway.
    fn found_groups(&mut self, rng: &mut ChaCha8Rng) {
        for name in names::GROUPS {
            let count = GROUP_SIZE.min(self.agents.len() / 3);
            let members = (0..count).map(|_| AgentIx(rng.random_range(0..self.agents.len()))).collect();
            self.found_group((*name).to_owned(), members, rng);
        }
        for n in (BY_GROUP_EVERY - 1..self.queues.len()).step_by(BY_GROUP_EVERY) {
            let count = BY_GROUP.min(self.queues[n].members.len() / 2);
            let members: Vec<AgentIx> = self.queues[n].members.iter().take(count).copied().collect();
            let name = format!("{} reserve", self.queues[n].name);
            let group = self.found_group(name, members.clone(), rng);
            self.queues[n].member_groups.push(group);
            for agent in members {
                let mut memberships = self.agents[agent.0].memberships.iter_mut();
                if let Some(membership) = memberships.find(|membership| membership.queue == QueueIx(n)) {
                    membership.by = MemberBy::UserGroup(group);
                }
            }
        }
    }

    fn found_group(&mut self, name: String, mut members: Vec<AgentIx>, rng: &mut ChaCha8Rng) -> usize {
        members.sort_unstable();
        members.dedup();
        let group = self.groups.len();
        for agent in &members {
            self.agents[agent.0].groups.push(group);
        }
        let modified = self.now.plus_ms(-rng.random_range(5..400) * DAY_MS);
        self.groups.push(UserGroup { id: guid::next(rng), name, members, modified, version: 1 });
        group
    }

    fn subjects_of(&self, names: &[&'static str], rng: &mut ChaCha8Rng) -> Vec<Subject> {
        names
            .iter()
            .map(|name| Subject {
                id: guid::next(rng),
                name,
                modified: self.now.plus_ms(-rng.random_range(30..1_500) * DAY_MS),
            })
            .collect()
    }
}

pub(super) fn draw_abilities(rng: &mut ChaCha8Rng, subjects: usize, count: usize) -> Abilities {
    let mut abilities = Abilities::default();
    for _ in 0..count {
        abilities.put(Ability {
            subject: rng.random_range(0..subjects),
            proficiency: f64::from(rng.random_range(1..=5)),
            active: !rng.random_bool(INACTIVE),
        });
    }
    abilities
}
