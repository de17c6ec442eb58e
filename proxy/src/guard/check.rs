//! The step that reads the agent anew and asks every rule: what stands, and what is to be sent.

use protocol::{
    PresenceDefinitionId, SkillId, UserId,
    entity::{User, UserPresence, UserSkill},
    event::conversation_summary::SummaryMedia,
};
use rules::{
    Agent, Catalogue, Code, Refusal,
    agent::Standing,
    presence::{self, Move},
    routing_status,
    shift::Zone,
    skills,
};
use serde_json::{Value, json};

use super::{
    Asked, Change, Guard, Stands,
    floors::{Kept, Leaving},
    read,
};
use crate::{
    audit::Outcome,
    caller::Caller,
    problem::Problem,
    upstream::{Purpose, schedules::Known},
};

/// What was read for a change.
pub(super) struct Seen {
    pub(super) stands: Stands,
    agent: Agent,
    /// All skills of the agent, where skills are to change.
    skills: Vec<UserSkill>,
    /// Those of the skills that it is to be given which the organisation has.
    known: Vec<SkillId>,
}

/// What the rules say.
pub(super) enum Verdict {
    /// Nothing is to be sent.
    Nothing(Outcome),
    /// This is.
    Send { body: Value, warnings: Vec<Refusal>, leaving: Option<Leaving> },
}

impl Guard {
    /// Reads what the rules ask for.
    pub(super) async fn look(&self, asked: &Asked) -> Result<Seen, Problem> {
        let clients = &self.clients;
        let (skills, known) = match &asked.change {
            Change::Presence(_) | Change::RoutingStatus(_) => {
                let user = read::whole_user(clients, &asked.user).await?;
                let stands = match asked.change {
                    Change::RoutingStatus(_) => {
                        Stands::RoutingStatus(user.routing_status.clone().unwrap_or_default())
                    }
                    Change::Presence(_) | Change::Skill(_) | Change::Skills(_) => {
                        Stands::Presence(user.presence.clone().unwrap_or_default())
                    }
                };
                return Ok(Seen { stands, agent: agent(&user), skills: Vec::new(), known: Vec::new() });
            }
            Change::Skill(_) => (self.held(&asked.user).await?, Vec::new()),
            Change::Skills(many) => {
                // No call is made for what could not be sent.
                skills::check_form(many).map_err(Problem::from)?;
                let skills = self.held(&asked.user).await?;
                let added: Vec<&SkillId> = many.added(&skills).collect();
                let known = read::known_skills(clients, &added).await?;
                (skills, known)
            }
        };
        let user = read::user(clients, &asked.user, "").await?;
        let stands = match &asked.change {
            Change::Skill(one) => Stands::Skill(skills.iter().find(|held| held.id == one.skill).cloned()),
            Change::Presence(_) | Change::RoutingStatus(_) | Change::Skills(_) => {
                Stands::Skills(skills.clone())
            }
        };
        Ok(Seen { stands, agent: agent(&user), skills, known })
    }

    async fn held(&self, user: &UserId) -> Result<Vec<UserSkill>, Problem> {
        if !read::is_id(user.as_str()) {
            return Err(read::no_user(user));
        }
        let skills = read::skills(&self.clients, Purpose::Write, user).await;
        skills.map_err(|error| read::no_user_or(user, &error))
    }

    /// Asks every rule of the change's kind.
    pub(super) async fn judge(
        &self,
        (caller, asked): (&Caller, &Asked),
        seen: &Seen,
    ) -> Result<Verdict, Refusal> {
        let send = |body: Value| Verdict::Send { body, warnings: Vec::new(), leaving: None };
        Ok(match &asked.change {
            Change::Presence(change) => self.judge_presence(change, (caller, asked), &seen.agent).await?,
            Change::RoutingStatus(wish) => match routing_status::check(wish, &seen.agent)? {
                routing_status::Decision::Already => Verdict::Nothing(Outcome::NoChange),
                routing_status::Decision::Set(status) => send(json!({ "status": status })),
            },
            Change::Skill(_) if self.was_restored_otherwise(asked) => Verdict::Nothing(Outcome::Superseded),
            Change::Skill(one) => match skills::check_one(one, seen.agent.is_active, &seen.skills)? {
                skills::Decision::Already => Verdict::Nothing(Outcome::NoChange),
                skills::Decision::Superseded => Verdict::Nothing(Outcome::Superseded),
                skills::Decision::Set(level) => send(skill_body(&one.skill, &level)),
            },
            Change::Skills(many) => {
                if skills::check_many(many, seen.agent.is_active, &seen.skills, &seen.known)? {
                    return Ok(Verdict::Nothing(Outcome::NoChange));
                }
                let skill =
                    |(id, proficiency): &(SkillId, f64)| json!({ "id": id, "proficiency": proficiency });
                send(many.wanted.iter().map(skill).collect())
            }
        })
    }

    async fn judge_presence(
        &self,
        change: &presence::Change,
        (caller, asked): (&Caller, &Asked),
        agent: &Agent,
    ) -> Result<Verdict, Refusal> {
        let known = self.working_time(change, &asked.user).await;
        let of_unit = known.as_ref().and_then(|known| known.zone.as_deref());
        let names = [asked.time_zone.as_deref(), self.rules.time_zone.as_deref(), of_unit];
        let zone = Zone::first_of(names)?;
        let (catalogue, queues) = {
            let book = self.book.read().expect("nobody panics while holding the book");
            (Catalogue::of(&book.definitions), book.queues.clone())
        };
        let mut agent = agent.clone();
        let kept = match presence::moves(change, &agent, &catalogue) {
            Some(Move::OnQueue) => {
                // Where the queues cannot be read the rule has nothing to say.
                let is_none = self.joined.is_none(&self.clients, Purpose::Write, &asked.user).await;
                agent.queues = is_none.is_ok_and(|is_none| is_none).then_some(0);
                Kept::default()
            }
            Some(Move::OffQueue) => {
                self.floors.of(&self.clients, &queues, &asked.user, self.steady.now()).await
            }
            None => Kept::default(),
        };
        let context = presence::Context {
            catalogue: &catalogue,
            modes: self.rules.modes_for(caller.roles),
            at: self.clock.now(),
            zone: &zone,
            schedule: known.as_ref().map(|known| &known.schedule),
            hours: self.rules.hours,
            need_reason: &self.rules.need_reason,
            floors: &kept.floors,
        };
        let mut checked = presence::check(change, &agent, &context)?;
        let mut body = json!({});
        match checked.decision {
            presence::Decision::Already => return Ok(Verdict::Nothing(Outcome::NoChange)),
            presence::Decision::Now(None) => {}
            presence::Decision::Now(Some(entry)) => body["presenceDefinition"] = json!({ "id": entry.id }),
            presence::Decision::WhenFree(entry) => {
                body["futurePresenceDefinition"] = json!({ "id": entry.id });
            }
        }
        if let Some(message) = &change.message {
            body["message"] = json!(message);
        }
        for queue in &kept.missing {
            let words = format!("[[rules.floor]] names the queue {queue}, and there is none");
            checked.warnings.push(Refusal::new(Code::StaffingFloor, words));
        }
        Ok(Verdict::Send { body, warnings: checked.warnings, leaving: kept.leaving })
    }
}

impl Guard {
    /// The agent's shifts and time zone, where they are asked for and matter: a message alone is set at any time.
    async fn working_time(&self, change: &presence::Change, user: &UserId) -> Option<Known> {
        if !self.rules.shifts || change.presence.is_none() {
            return None;
        }
        Some(self.schedules.of(user, self.clock.now()).await)
    }
}

/// Both members, whichever is to change: the one that is left out upstream need not stay.
fn skill_body(skill: &SkillId, level: &skills::Level) -> Value {
    let mut body = json!({ "id": skill, "state": level.state });
    if let Some(proficiency) = level.proficiency {
        body["proficiency"] = json!(proficiency);
    }
    body
}

/// A presence as rules look at it.
pub(super) fn standing(presence: &UserPresence) -> Option<Standing> {
    let definition = presence.presence_definition.as_ref()?;
    Some(Standing {
        definition: PresenceDefinitionId::clone(&definition.id),
        system: definition.system_presence.clone(),
        message: presence.message.clone().unwrap_or_default(),
        modified: presence.modified_date.unwrap_or_default(),
    })
}

/// A user as rules look at it.
fn agent(user: &User) -> Agent {
    let summary = user.conversation_summary.as_ref();
    let (mut conversations, mut after_call_work) = (0, 0);
    for counts in SummaryMedia::ALL.iter().filter_map(|media| summary?.get(*media)) {
        conversations += counts.contact_center.active + counts.enterprise.active;
        after_call_work += counts.contact_center.acw;
    }
    Agent {
        is_active: user.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("active")),
        presence: user.presence.as_ref().and_then(standing),
        future: user
            .presence
            .as_ref()
            .and_then(|presence| Some(presence.future_presence_definition.as_ref()?.id.clone())),
        routing: user.routing_status.as_ref().and_then(|routing| routing.status.clone()),
        conversations,
        after_call_work,
        queues: None,
    }
}
