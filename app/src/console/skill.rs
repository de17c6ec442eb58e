//! Skills of agents as the proxy tells them, and what can be made of one. Pure.

use protocol::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// The best that an agent can have a skill.
pub const PROFICIENCY_MAX: u32 = 5;

/// The word for a skill by which no conversation comes.
const OFF: &str = "inactive";
const ON: &str = "active";

/// A skill that an agent has.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Skill {
    /// Which.
    pub id: String,
    /// Its name.
    pub name: String,
    /// As it is now.
    #[serde(flatten)]
    pub level: Level,
    /// Until when it is so, where that is for a while.
    pub until: Option<Timestamp>,
    /// What it is then.
    pub restores: Option<Level>,
    /// Its version.
    pub etag: Option<String>,
}

/// How an agent has a skill.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Level {
    /// From 0 to [`PROFICIENCY_MAX`].
    pub proficiency: Option<f64>,
    /// `active` or `inactive`; whoever says nothing means the first.
    pub state: Option<String>,
}

impl Level {
    /// Whether conversations come by it.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.state.as_deref() != Some(OFF)
    }

    /// The same level has the same text.
    #[must_use]
    pub fn as_text(&self) -> String {
        format!("{} {}", state(self.is_on()), self.proficiency.unwrap_or_default())
    }

    /// What it is after a change.
    #[must_use]
    pub fn with(&self, to: To) -> Self {
        let mut level = self.clone();
        match to {
            To::Switch(is_on) => level.state = Some(state(is_on).to_owned()),
            To::Proficiency(proficiency) => level.proficiency = Some(proficiency),
        }
        level
    }
}

fn state(is_on: bool) -> &'static str {
    if is_on { ON } else { OFF }
}

/// What is to be made of a skill. What is not named stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum To {
    /// On or off.
    Switch(bool),
    /// From 0 to [`PROFICIENCY_MAX`].
    Proficiency(f64),
}

impl To {
    /// What takes it back.
    #[must_use]
    pub fn back_to(self, level: &Level) -> Self {
        match self {
            Self::Switch(_) => Self::Switch(level.is_on()),
            Self::Proficiency(_) => Self::Proficiency(level.proficiency.unwrap_or_default()),
        }
    }
}

/// A change of a skill.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillChange {
    /// Of which.
    pub skill: String,
    /// What it is to be; what it was before it was changed for a while, when there is nothing.
    pub to: Option<To>,
    /// For how many minutes; 0 is for good.
    pub minutes: u32,
}

impl SkillChange {
    /// The method of the request, its address without the host, and its body; `user` and the skill's id are `escaped`.
    #[must_use]
    pub fn request(
        &self,
        user: &str,
        escaped: impl Fn(&str) -> String,
    ) -> (&'static str, String, Option<Value>) {
        let (user, skill) = (escaped(user), escaped(&self.skill));
        let for_a_while = format!("/rollcall/users/{user}/skills/{skill}");
        let Some(to) = self.to else { return ("DELETE", for_a_while, None) };
        let mut body = match to {
            To::Switch(is_on) => json!({ "state": state(is_on) }),
            To::Proficiency(proficiency) => json!({ "proficiency": proficiency }),
        };
        if self.minutes == 0 {
            return ("PUT", format!("/api/v2/users/{user}/routingskills/{skill}"), Some(body));
        }
        body["minutes"] = json!(self.minutes);
        ("POST", for_a_while, Some(body))
    }

    /// What takes it back, to what stood before.
    #[must_use]
    pub fn undoing(&self, before: &Level) -> Option<Self> {
        let to = match self.minutes {
            0 => Some(self.to?.back_to(before)),
            _ => None,
        };
        Some(Self { skill: self.skill.clone(), to, minutes: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(to: Option<To>, minutes: u32) -> SkillChange {
        SkillChange { skill: "s 1".to_owned(), to, minutes }
    }

    fn request(change: &SkillChange) -> (&'static str, String, Option<Value>) {
        change.request("u", |text| text.replace(' ', "%20"))
    }

    #[test]
    fn a_skill_is_read_as_the_proxy_tells_it() {
        let told = r#"{"id":"s","name":"Billing","proficiency":3.5,"state":"inactive","until":"2026-01-02T03:04:05.000Z",
            "restores":{"proficiency":3.5,"state":"active"},"selfUri":"/x"}"#;
        let skill: Skill = serde_json::from_str(told).unwrap();
        assert_eq!((skill.level.is_on(), skill.level.as_text().as_str()), (false, "inactive 3.5"));
        assert_eq!(skill.restores.unwrap(), skill.level.with(To::Switch(true)));
        assert!(skill.until.is_some());
        let plain: Skill = serde_json::from_str(r#"{"id":"s"}"#).unwrap();
        assert!(plain.level.is_on() && plain.until.is_none(), "who says nothing is active");
    }

    #[test]
    fn only_what_changes_is_sent() {
        let off = change(Some(To::Switch(false)), 0);
        let address = "/api/v2/users/u/routingskills/s%201".to_owned();
        assert_eq!(request(&off), ("PUT", address, Some(json!({ "state": "inactive" }))));
        let better = change(Some(To::Proficiency(4.0)), 30);
        let address = "/rollcall/users/u/skills/s%201".to_owned();
        assert_eq!(
            request(&better),
            ("POST", address.clone(), Some(json!({ "proficiency": 4.0, "minutes": 30 })))
        );
        assert_eq!(request(&change(None, 0)), ("DELETE", address, None));
    }

    #[test]
    fn what_was_for_a_while_is_taken_back_by_its_restore() {
        let before = Level { proficiency: Some(2.0), state: None };
        let better = change(Some(To::Proficiency(4.0)), 0);
        assert_eq!(better.undoing(&before), Some(change(Some(To::Proficiency(2.0)), 0)));
        let off = change(Some(To::Switch(false)), 30);
        assert_eq!(off.undoing(&before), Some(change(None, 0)));
        assert_eq!(change(None, 0).undoing(&before), None, "it took something back itself");
    }
}
