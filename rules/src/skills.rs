//! Whether an agent's skills may be changed, and what is to be sent. They belong to the agent, not to a queue.

use protocol::{SkillId, entity::UserSkill};

use crate::refusal::{Code, Refusal};

/// The most that a proficiency can be; the least is 0.
pub const PROFICIENCY_MAX: f64 = 5.0;

/// Skills in one call. Source: the vendor's own Terraform provider takes no more.
pub const BULK_MAX: usize = 50;

/// Whether conversations are routed by a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// They are.
    Active,
    /// The agent keeps it, and no conversation comes by it.
    Inactive,
    /// The agent loses it.
    Deleted,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Active, Self::Inactive, Self::Deleted];

    /// The vendor's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }

    /// Reads the vendor's word.
    ///
    /// # Errors
    /// Names the words there are.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
            let text: String = text.chars().take(80).collect();
            let accepted = Self::ALL.map(|state| state.as_str().to_owned()).to_vec();
            Refusal::new(Code::SkillState, format!("there is no state \"{text}\" of a skill"))
                .accepting(accepted)
        })
    }
}

/// What is compared of a skill, and what is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// From 0 to 5; `None` where nobody says.
    pub proficiency: Option<f64>,
    /// The vendor's word, which may be one that this version does not know.
    pub state: String,
}

impl Level {
    /// Of a skill that an agent has. One that does not say is active.
    #[must_use]
    pub fn of(held: &UserSkill) -> Self {
        let state = held.state.clone().unwrap_or_else(|| State::Active.as_str().to_owned());
        Self { proficiency: held.proficiency, state }
    }
}

/// A change of one skill that the agent has.
#[derive(Clone, Debug, PartialEq)]
pub struct One {
    /// Which.
    pub skill: SkillId,
    /// `None` leaves it.
    pub proficiency: Option<f64>,
    /// `None` leaves it.
    pub state: Option<State>,
    /// Only if it still stands as one of these, where there are any: what somebody else made of it since is left alone.
    pub only_from: Vec<Level>,
}

/// What is to be done with one skill.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It is so already: nothing is sent.
    Already,
    /// Somebody else changed it since: nothing is sent.
    Superseded,
    /// To be sent.
    Set(Level),
}

/// Checks a change of one skill. `held` are all that the agent has.
///
/// # Errors
/// When the agent has not the skill, or nobody can have it so.
pub fn check_one(change: &One, is_active: bool, held: &[UserSkill]) -> Result<Decision, Refusal> {
    check_active(is_active)?;
    change.proficiency.map_or(Ok(()), check_proficiency)?;
    let Some(standing) = held.iter().find(|held| held.id == change.skill) else {
        // What is to go is gone, whoever took it away.
        return if change.state == Some(State::Deleted) {
            Ok(Decision::Already)
        } else if !change.only_from.is_empty() {
            Ok(Decision::Superseded)
        } else {
            Err(not_held(&change.skill, held))
        };
    };
    let stands = Level::of(standing);
    let wanted = Level {
        proficiency: change.proficiency.or(stands.proficiency),
        state: change.state.map_or_else(|| stands.state.clone(), |state| state.as_str().to_owned()),
    };
    if wanted == stands {
        return Ok(Decision::Already);
    }
    if !change.only_from.is_empty() && !change.only_from.contains(&stands) {
        return Ok(Decision::Superseded);
    }
    Ok(Decision::Set(wanted))
}

/// A change of many skills.
#[derive(Clone, Debug, PartialEq)]
pub struct Many {
    /// Each with the proficiency that it is to have.
    pub wanted: Vec<(SkillId, f64)>,
    /// Whether the agent loses those that are not named.
    pub replaces: bool,
}

impl Many {
    /// Those that the agent has not yet: the organisation has to have them.
    pub fn added<'a>(&'a self, held: &'a [UserSkill]) -> impl Iterator<Item = &'a SkillId> {
        let is_held = move |skill: &SkillId| held.iter().any(|held| held.id == *skill);
        self.wanted.iter().map(|(skill, _)| skill).filter(move |skill| !is_held(skill))
    }
}

/// Checks what can be said of a change of many skills before anything is read.
///
/// # Errors
/// When they are too many, one is named twice, or nobody can have one so.
pub fn check_form(change: &Many) -> Result<(), Refusal> {
    let count = change.wanted.len();
    if count > BULK_MAX {
        let words = format!("{count} skills are named, and at most {BULK_MAX} are taken in one call");
        return Err(Refusal::new(Code::TooManySkills, words));
    }
    for (place, (skill, proficiency)) in change.wanted.iter().enumerate() {
        check_proficiency(*proficiency)?;
        if change.wanted[..place].iter().any(|(other, _)| other == skill) {
            return Err(Refusal::new(
                Code::SkillTwice,
                format!("the skill {skill} is named twice: name it once"),
            ));
        }
    }
    Ok(())
}

/// Checks a change of many skills; whether it is so already. `held` are all that the agent has, `known` those of the
/// [added](Many::added) that the organisation has.
///
/// # Errors
/// When there is no such skill, or nobody can have one so.
pub fn check_many(
    change: &Many,
    is_active: bool,
    held: &[UserSkill],
    known: &[SkillId],
) -> Result<bool, Refusal> {
    check_active(is_active)?;
    check_form(change)?;
    let unknown: Vec<&str> =
        change.added(held).filter(|skill| !known.contains(skill)).map(SkillId::as_str).collect();
    if !unknown.is_empty() {
        let words = format!("the organisation has no skill {}", unknown.join(", "));
        return Err(Refusal::new(Code::SkillUnknown, words));
    }
    let is_so = |(skill, proficiency): &(SkillId, f64)| {
        held.iter().any(|held| held.id == *skill && held.proficiency == Some(*proficiency))
    };
    let are_all = !change.replaces || held.len() == change.wanted.len();
    Ok(are_all && change.wanted.iter().all(is_so))
}

fn check_active(is_active: bool) -> Result<(), Refusal> {
    if is_active {
        return Ok(());
    }
    Err(Refusal::new(Code::UserInactive, "the user is not active in Genesys Cloud"))
}

fn check_proficiency(proficiency: f64) -> Result<(), Refusal> {
    if (0.0..=PROFICIENCY_MAX).contains(&proficiency) {
        return Ok(());
    }
    let words = format!("proficiency is {proficiency}: it is a number from 0 to {PROFICIENCY_MAX}");
    Err(Refusal::new(Code::SkillProficiency, words))
}

fn not_held(skill: &SkillId, held: &[UserSkill]) -> Refusal {
    let words = format!("the agent has no skill {skill}; PATCH .../routingskills/bulk gives it one");
    let held = held.iter().map(|held| match &held.name {
        Some(name) => format!("{} ({name})", held.id),
        None => held.id.to_string(),
    });
    Refusal::new(Code::SkillNotHeld, words).accepting(held.collect())
}

#[cfg(test)]
mod tests;
