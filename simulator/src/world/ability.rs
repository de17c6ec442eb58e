//! Skills and languages: which the organisation knows, and how well an agent has them.

use protocol::Timestamp;

use super::{AgentIx, World};

/// The best that one can be at something; 0 is the least.
pub(crate) const PROFICIENCY_MAX: f64 = 5.0;

/// What can be asked of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AbilityKind {
    /// A skill.
    Skill,
    /// A language.
    Language,
}

/// A skill or a language of the organisation.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) modified: Timestamp,
}

/// An agent's skill or language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ability {
    /// Its place in the organisation's list.
    pub(crate) subject: usize,
    /// From 0 to [`PROFICIENCY_MAX`].
    pub(crate) proficiency: f64,
    /// Whether it counts at present.
    pub(crate) active: bool,
}

/// All skills, or all languages, of an agent, in the order of the organisation's list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Abilities(Vec<Ability>);

impl Abilities {
    /// All of them.
    pub(crate) fn all(&self) -> &[Ability] {
        &self.0
    }

    /// The one of this subject.
    pub(crate) fn get(&self, subject: usize) -> Option<Ability> {
        self.0.iter().find(|ability| ability.subject == subject).copied()
    }

    /// Adds or changes one.
    pub(crate) fn put(&mut self, ability: Ability) {
        self.remove(ability.subject);
        let place = self.0.partition_point(|is| is.subject < ability.subject);
        self.0.insert(place, ability);
    }

    /// Takes one away; whether it was there.
    pub(crate) fn remove(&mut self, subject: usize) -> bool {
        let before = self.0.len();
        self.0.retain(|ability| ability.subject != subject);
        self.0.len() < before
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl World {
    /// The organisation's skills, or its languages.
    pub(crate) fn subjects(&self, kind: AbilityKind) -> &[Subject] {
        match kind {
            AbilityKind::Skill => &self.skills,
            AbilityKind::Language => &self.languages,
        }
    }

    /// The skill or language with this id.
    pub(crate) fn subject(&self, kind: AbilityKind, id: &str) -> Option<usize> {
        self.subjects(kind).iter().position(|subject| subject.id.eq_ignore_ascii_case(id))
    }

    /// An agent's skills or languages.
    pub(crate) fn abilities(&self, kind: AbilityKind, agent: AgentIx) -> &Abilities {
        self.agents[agent.0].abilities(kind)
    }

    /// An agent's skills or languages, to be changed. Nothing else depends on them, and no topic
    /// tells of them.
    pub(crate) fn abilities_mut(&mut self, kind: AbilityKind, agent: AgentIx) -> &mut Abilities {
        let who = &mut self.agents[agent.0];
        match kind {
            AbilityKind::Skill => &mut who.skills,
            AbilityKind::Language => &mut who.languages,
        }
    }
}
