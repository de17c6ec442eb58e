//! What people can: skills and languages. Drawn in a stream of its own, so that nobody's day depends on it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{STREAM_DIRECTORY, stream};
use crate::world::{Abilities, Ability, Subject, World, guid, names};

const DAY_MS: i64 = 24 * 3_600_000;
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
        }
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

fn draw_abilities(rng: &mut ChaCha8Rng, subjects: usize, count: usize) -> Abilities {
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
