//! What is said on the publisher's socket: frames are read here, and answered in `publisher/answer.rs`. Pure.

use protocol::{SkillId, UserId};
use rules::{
    presence,
    skills::{One, State},
};
use serde_json::{Map, Value};

use super::answer;
use crate::{
    guard::{Asked, Change, tag},
    problem::Problem,
};

/// One update.
#[derive(Clone, Debug, PartialEq)]
pub struct Publish {
    /// The client's own name for it, given back with the answer.
    pub id: Option<Value>,
    /// The agent.
    pub user: UserId,
    /// What is to become of presence and message, if anything.
    pub presence: Option<Asked>,
    /// And of skills, each a write of its own.
    pub skills: Vec<Asked>,
}

/// A frame that is no update.
#[derive(Clone, Debug, PartialEq)]
pub enum Unreadable {
    /// An object, answered with what is wrong.
    Refused(Value),
    /// No object at all: the socket is closed with this reason.
    NoObject(String),
}

/// Members that an update may have.
const KNOWN: [&str; 11] = [
    "id",
    "userId",
    "presence",
    "routing",
    "availability",
    "presenceDefinitionId",
    "message",
    "skillOverrides",
    "wrapupSeconds",
    "timeZone",
    tag::MEMBER,
];

/// Members that say which presence.
const PRESENCES: [&str; 4] = ["presenceDefinitionId", "presence", "availability", "routing"];

/// Routing statuses, as Genesys Cloud spells them.
const ROUTING_STATUSES: [&str; 5] = ["IDLE", "INTERACTING", "COMMUNICATING", "NOT_RESPONDING", "OFF_QUEUE"];

/// Skills of one update: with the presence as many writes as an agent may have in a second.
const SKILLS_MAX: usize = 9;

/// What programs call a skill that conversations come by, and one that they do not.
const STATES: [(&str, State); 5] = [
    ("available", State::Active),
    ("active", State::Active),
    ("busy", State::Inactive),
    ("offline", State::Inactive),
    ("inactive", State::Inactive),
];

impl Publish {
    /// Reads a frame.
    ///
    /// # Errors
    /// With the answer, or with the reason for which the socket is closed.
    pub fn read(frame: &str) -> Result<Self, Unreadable> {
        let said: Value = serde_json::from_str(frame)
            .map_err(|error| Unreadable::NoObject(format!("not JSON: {error}")))?;
        let Value::Object(members) = &said else {
            return Err(Unreadable::NoObject("an update is a JSON object".to_owned()));
        };
        let id = given(members, "id").cloned();
        Self::of(members, &said, id.clone()).map_err(|problem| {
            Unreadable::Refused(answer::refusal(id.as_ref(), members.get("userId"), &problem))
        })
    }

    /// The writes that it is made of, in their order.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Asked> {
        self.presence.iter().chain(&self.skills)
    }

    /// Whether it says everything anew that an older one of the same agent says.
    pub(super) fn covers(&self, older: &Self) -> bool {
        let wishes = |publish: &Self| match publish.presence.as_ref().map(|asked| &asked.change) {
            Some(Change::Presence(change)) => (change.presence.is_some(), change.message.is_some()),
            Some(Change::RoutingStatus(_) | Change::Skill(_) | Change::Skills(_)) | None => (false, false),
        };
        let ((presence, message), (older_presence, older_message)) = (wishes(self), wishes(older));
        let says = |older: &One| {
            self.overrides().any(|one| {
                one.skill == older.skill
                    && (one.state.is_some() || older.state.is_none())
                    && (one.proficiency.is_some() || older.proficiency.is_none())
            })
        };
        (presence || !older_presence) && (message || !older_message) && older.overrides().all(says)
    }

    fn overrides(&self) -> impl Iterator<Item = &One> {
        self.skills.iter().filter_map(|asked| match &asked.change {
            Change::Skill(one) => Some(one),
            Change::Presence(_) | Change::RoutingStatus(_) | Change::Skills(_) => None,
        })
    }

    fn of(members: &Map<String, Value>, said: &Value, id: Option<Value>) -> Result<Self, Problem> {
        if let Some(name) = members.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(wrong(format!("an update has no member {name}; known: {}", KNOWN.join(", "))));
        }
        let user = text(members, "userId")?;
        let user = user.ok_or_else(|| wrong("userId is missing: whose presence?".to_owned()))?;
        let user = UserId::new(&user);
        let time_zone = Asked::zone(text(members, "timeZone")?)?;
        let given = text(members, tag::MEMBER)?;
        let compliance_tag = given.map(|given| tag::read(&given, tag::MEMBER)).transpose()?;
        let asked = |change: Change| Asked {
            time_zone: time_zone.clone(),
            compliance_tag: compliance_tag.clone(),
            ..Asked::new(user.clone(), change, said.clone())
        };
        let skills: Vec<Asked> =
            skills(members)?.into_iter().map(|skill| asked(Change::Skill(skill))).collect();
        let presence = change(members)?;
        let none = presence::Change::default();
        // No wrap-up is what there is anyway, and beside skills no change of a presence.
        let nothing = presence::Change { wrap_up_seconds: Some(0), ..none.clone() };
        if presence == none && skills.is_empty() {
            return Err(wrong(format!(
                "nothing to change: give skillOverrides, message, or one of {}",
                PRESENCES.join(", ")
            )));
        }
        let is_presence = presence != none && (presence != nothing || skills.is_empty());
        let presence = is_presence.then(|| asked(Change::Presence(presence)));
        Ok(Self { id, presence, skills, user: user.clone() })
    }
}

fn change(members: &Map<String, Value>) -> Result<presence::Change, Problem> {
    let mut wishes = Vec::new();
    for name in PRESENCES {
        wishes.extend(wish(members, name)?);
    }
    let mut wishes = wishes.into_iter();
    let wrap_up_seconds = match given(members, "wrapupSeconds") {
        None => None,
        Some(given) => {
            let whole = || wrong("wrapupSeconds is a whole number of seconds".to_owned());
            Some(given.as_i64().ok_or_else(whole)?)
        }
    };
    Ok(presence::Change {
        presence: wishes.next(),
        also: wishes.collect(),
        message: text(members, "message")?,
        wrap_up_seconds,
        when_free: false,
    })
}

/// A presence, as a text or within an object, as definitions and articles write it.
fn wish(members: &Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    let Some(given) = given(members, name) else { return Ok(None) };
    let within = ["id", "systemPresence", "state"].iter().find_map(|member| given[member].as_str());
    let wish = given.as_str().or(within);
    // Idle and on queue is what "IDLE" means there; as a presence it would take the agent off queue.
    if let Some(status) = wish.filter(|wish| name == "routing" && ROUTING_STATUSES.contains(wish)) {
        return Err(wrong(format!(
            "routing says {status}, which is a routing status and follows from presence and conversations: give a presence, such as \
             \"on queue\", or PUT /api/v2/users/{{id}}/routingstatus"
        )));
    }
    wish.map(|wish| Some(wish.to_owned())).ok_or_else(|| {
        wrong(format!(
            "{name} names a presence: a text, or an object with one as its id, systemPresence or state"
        ))
    })
}

fn skills(members: &Map<String, Value>) -> Result<Vec<One>, Problem> {
    let Some(given) = given(members, "skillOverrides") else { return Ok(Vec::new()) };
    let expected = "skillOverrides is a list: [{\"skillId\": \"...\", \"state\": \"active\"}]";
    let list = given.as_array().ok_or_else(|| wrong(expected.to_owned()))?;
    if list.len() > SKILLS_MAX {
        return Err(wrong(format!("an update changes at most {SKILLS_MAX} skills, not {}", list.len())));
    }
    let skills = list.iter().map(skill).collect::<Result<Vec<One>, Problem>>()?;
    for (place, one) in skills.iter().enumerate() {
        if skills[..place].iter().any(|other| other.skill == one.skill) {
            return Err(wrong(format!("skillOverrides names the skill {} twice", one.skill)));
        }
    }
    Ok(skills)
}

fn skill(given_skill: &Value) -> Result<One, Problem> {
    const MEMBERS: [&str; 4] = ["skillId", "skill_id", "state", "proficiency"];
    let expected = || {
        wrong("a skill of skillOverrides is an object with skillId, and with state or proficiency".to_owned())
    };
    let members = given_skill.as_object().ok_or_else(expected)?;
    if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(wrong(format!("a skill has no member {name}; known: {}", MEMBERS.join(", "))));
    }
    let skill = match (text(members, "skillId")?, text(members, "skill_id")?) {
        (Some(one), Some(other)) if one != other => {
            return Err(wrong(format!("skillId is {one} and skill_id is {other}: give one of them")));
        }
        (one, other) => SkillId::new(&one.or(other).ok_or_else(expected)?),
    };
    let state = match text(members, "state")? {
        None => None,
        Some(said) => {
            let state = STATES.iter().find(|(name, _)| said.eq_ignore_ascii_case(name));
            let names = STATES.map(|(name, _)| name).join(", ");
            let unknown = || wrong(format!("the state of a skill is one of {names}, not {said:?}"));
            Some(state.ok_or_else(unknown)?.1)
        }
    };
    let proficiency = match given(members, "proficiency") {
        None => None,
        Some(given) => {
            let number = || wrong("proficiency is a number from 0 to 5".to_owned());
            Some(given.as_f64().ok_or_else(number)?)
        }
    };
    if state.is_none() && proficiency.is_none() {
        return Err(expected());
    }
    Ok(One { skill, proficiency, state, only_from: Vec::new() })
}

fn wrong(what: String) -> Problem {
    Problem::BadRequest(what)
}

fn given<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|given| !given.is_null())
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    match given(members, name) {
        None => Ok(None),
        Some(given) => {
            given.as_str().map(|text| Some(text.to_owned())).ok_or_else(|| wrong(format!("{name} is a text")))
        }
    }
}
