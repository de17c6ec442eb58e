//! What is done from this page: asks the proxy for a change, watches for what comes of it, and says how it ended. Views hold a
//! copy of it; it changes nothing that they show of an agent.

use std::{collections::BTreeMap, rc::Rc, sync::Arc, time::Duration};

use leptos::prelude::*;
use protocol::{Timestamp, UserId};
use serde::Deserialize;

use super::{
    ask::{self, Answer, No},
    presences::{self, State},
    said,
    skill::Skill,
    skills,
    writes::{End, Facet, Made, Standing, Wish, Writes},
};
use crate::{
    clock::BrowserClock,
    link::WallLink,
    net,
    store::{Detail, Signals},
    words::{Say, fill_in},
};

/// How soon what could not be read is asked for again.
pub const READ_AGAIN: Duration = Duration::from_secs(4);

/// How soon skills are read again while a change of one waits to be seen: no notification tells of them.
const READ_AGAIN_MS: i64 = 2_000;

/// The desk of the page.
#[derive(Clone, Copy)]
pub struct Desk {
    parts: StoredValue<Parts, LocalStorage>,
    /// Every change that was asked for here.
    pub writes: RwSignal<Writes>,
    /// What can be set; empty until it is known.
    pub states: RwSignal<Vec<State>>,
    /// The skills of those whose drawers were opened, as they were read last.
    pub skills: RwSignal<BTreeMap<UserId, Held>>,
    /// What those are told who listen, and whether it cannot wait.
    pub spoken: RwSignal<(String, bool)>,
    /// Whether whoever is here may change agents.
    pub may_write: RwSignal<bool>,
    /// Counts up with time: what shows times that run is drawn anew.
    pub beat: RwSignal<u32>,
}

struct Parts {
    link: Rc<WallLink>,
    clock: Rc<BrowserClock>,
}

/// The skills of an agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// When they were asked for last.
    asked_at: Timestamp,
    /// When those were asked for that are here.
    read_at: Timestamp,
    /// Those that there are; `None` until they are known.
    pub all: Option<Vec<Skill>>,
    /// Why they could not be read.
    pub fault: Option<No>,
}

impl Held {
    /// One of them.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Skill> {
        self.all.as_ref()?.iter().find(|skill| skill.id == id)
    }
}

/// A presence as Genesys Cloud has it at this moment, with its version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fresh {
    /// What stands.
    pub standing: Standing,
    /// Its version.
    pub etag: Option<String>,
}

impl Desk {
    /// A desk on which nothing was done.
    #[must_use]
    pub fn new(link: Rc<WallLink>, clock: Rc<BrowserClock>, signals: &Signals) -> Self {
        let desk = Self {
            parts: StoredValue::new_local(Parts { link, clock }),
            writes: RwSignal::default(),
            states: RwSignal::default(),
            skills: RwSignal::default(),
            spoken: RwSignal::default(),
            may_write: RwSignal::default(),
            beat: RwSignal::default(),
        };
        let may = signals.may_acknowledge.clone();
        // Both are for supervisors.
        Effect::new(move || desk.may_write.set(may.get()));
        desk
    }

    /// What time it is for the proxy.
    #[must_use]
    pub fn now(self) -> Timestamp {
        self.parts.with_value(|parts| parts.clock.now().at)
    }

    /// An agent as it stands.
    #[must_use]
    pub fn detail(self, id: &UserId) -> Option<Detail> {
        self.parts.with_value(|parts| parts.link.detail(id))
    }

    /// Time passed, or a notification came.
    pub fn tick(self) {
        if !self.writes.with_untracked(Writes::has_open) {
            return;
        }
        let now = self.now();
        let mut writes = self.writes.get_untracked();
        let changed = self.parts.with_value(|parts| {
            writes.look(now, |id, facet| match facet {
                Facet::Presence => parts.link.presence_standing(id),
                Facet::RoutingStatus => parts.link.routing_standing(id),
                Facet::Skill(change) => self.skills.with_untracked(|skills| {
                    let held = skills.get(id)?;
                    Some((held.get(&change.skill)?.level.as_text(), held.read_at))
                }),
            })
        });
        if changed {
            self.put(writes);
        }
        let waiting = self.writes.with_untracked(|writes| {
            let waiting = writes
                .all()
                .iter()
                .filter(|write| write.wish.is_of_skill() && write.end.is_none() && write.answered.is_some());
            waiting.map(|write| write.user.clone()).collect::<Vec<_>>()
        });
        for user in waiting {
            self.read_skills_again(&user, READ_AGAIN_MS);
        }
    }

    /// Reads an agent's skills again, a while after they could not be read.
    pub fn retry_skills(self, user: &UserId) {
        if self.skills.with_untracked(|skills| skills.get(user).is_some_and(|held| held.fault.is_some())) {
            self.read_skills_again(user, READ_AGAIN.as_millis() as i64);
        }
    }

    /// Reads an agent's skills, unless they were asked for in the last so many milliseconds.
    pub fn read_skills_again(self, user: &UserId, after_ms: i64) {
        let asked = self.skills.with_untracked(|skills| skills.get(user).map(|held| held.asked_at));
        if asked.is_none_or(|at| self.now().ms_since(at) >= after_ms) {
            self.read_skills(user);
        }
    }

    /// Reads the skills of an agent.
    pub fn read_skills(self, user: &UserId) {
        let (user, asked_at) = (user.clone(), self.now());
        self.skills.update(|skills| skills.entry(user.clone()).or_default().asked_at = asked_at);
        net::spawn(async move {
            let answer = skills_of(&user).await;
            self.skills.update(|skills| {
                let held = skills.entry(user.clone()).or_default();
                match answer {
                    // An answer that was overtaken by a newer one tells nothing.
                    Ok(all) if asked_at >= held.read_at => {
                        (held.all, held.read_at, held.fault) = (Some(all), asked_at, None);
                    }
                    Ok(_) => {}
                    Err(no) => held.fault = Some(no),
                }
            });
            self.tick();
        });
    }

    /// Asks for a change of an agent; with a tag, only while what stands has it.
    pub fn change(
        self,
        (user, name): (UserId, Arc<str>),
        wish: Wish,
        before: Option<Standing>,
        etag: Option<String>,
    ) {
        self.send((user, name), wish, before, etag, None);
    }

    /// Takes a change back: puts back what stood before it, while what it made still stands.
    pub fn undo(self, id: u32) {
        let found = self.writes.with_untracked(|writes| {
            let write = writes.get(id)?;
            write.undo_left_ms(self.now())?;
            let before = Standing {
                definition: write.wish.definition.clone(),
                label: write.wish.label.clone(),
                ..Standing::default()
            };
            Some((write.user.clone(), write.name.clone(), write.undoing()?, before, write.etag.clone()))
        });
        if let Some((user, name, wish, before, etag)) = found {
            self.send((user, name), wish, Some(before), etag, Some(id));
        }
    }

    /// A presence as Genesys Cloud has it at this moment.
    ///
    /// # Errors
    /// When there is no answer or it is a refusal.
    pub async fn fresh(self, user: &UserId) -> Result<Fresh, No> {
        let answer = ask::get_fresh(&address(user)).await?;
        let read: Presence = answer.read()?;
        let label =
            self.states.with_untracked(|states| presences::name_of(states, &read.presence_definition.id));
        Ok(Fresh {
            standing: Standing {
                label: label.unwrap_or(read.presence_definition.system_presence),
                definition: read.presence_definition.id,
                message: read.message,
                since: read.modified_date,
                ..Standing::default()
            },
            etag: answer.etag,
        })
    }

    fn send(
        self,
        (user, name): (UserId, Arc<str>),
        wish: Wish,
        before: Option<Standing>,
        etag: Option<String>,
        undoes: Option<u32>,
    ) {
        let body = wish.body().to_string();
        let (asked_later, facet) = (wish.when_free, wish.facet.clone());
        let mut writes = self.writes.get_untracked();
        let id = writes.begin((user.clone(), name), wish, before, undoes, self.now());
        self.put(writes);
        net::spawn(async move {
            let answer = match &facet {
                Facet::Presence => ask::write("PATCH", &address(&user), Some(&body), etag.as_deref()).await,
                Facet::RoutingStatus => {
                    let address = format!("/api/v2/users/{}/routingstatus", ask::escaped(user.as_str()));
                    ask::write("PUT", &address, Some(&body), None).await
                }
                Facet::Skill(change) => {
                    let (method, address, body) = change.request(user.as_str(), ask::escaped);
                    let body = body.map(|body| body.to_string());
                    ask::write(method, &address, body.as_deref(), etag.as_deref()).await
                }
            };
            let is_of_skill = matches!(facet, Facet::Skill(_));
            let answer = match answer {
                // Of a skill Genesys Cloud tells no date: what is read from now on counts.
                Ok(answer) if is_of_skill => {
                    made(&answer, false).map(|made| Made { modified: Some(self.now()), ..made })
                }
                Ok(answer) => made(&answer, asked_later),
                Err(no) if no.code == "version.mismatch" => {
                    Err(self.with_what_stands(no, &user, &facet).await)
                }
                Err(no) => Err(no),
            };
            let mut writes = self.writes.get_untracked();
            writes.answered(id, answer, self.now());
            self.put(writes);
            if is_of_skill {
                self.read_skills(&user);
            }
            // The notification may have come before the answer.
            self.tick();
        });
    }

    /// Somebody else was faster: says what stands now, which the board may not know yet.
    async fn with_what_stands(self, no: No, user: &UserId, facet: &Facet) -> No {
        let stands = match facet {
            Facet::Presence => self.fresh(user).await.ok().map(|fresh| fresh.standing.label),
            Facet::Skill(change) => {
                let all = skills_of(user).await.unwrap_or_default();
                all.iter().find(|skill| skill.id == change.skill).map(skills::stands)
            }
            Facet::RoutingStatus => None,
        };
        let Some(stands) = stands else { return no };
        No { words: fill_in(Say::ConflictNow, &[("state", &stands)]), ..no }
    }

    /// Shows the changes, and says which of them have ended since.
    fn put(self, writes: Writes) {
        let ended = self.writes.with_untracked(|before| {
            let was_open = |id| before.get(id).and_then(|write| write.end.clone());
            let mut ended =
                writes.all().iter().filter(|write| write.end.is_some() && was_open(write.id) != write.end);
            ended
                .next_back()
                .map(|write| (said::how_it_ended(write), matches!(write.end, Some(End::Refused(_)))))
        });
        self.writes.set(writes);
        if let Some(ended) = ended {
            self.spoken.set(ended);
        }
    }
}

async fn skills_of(user: &UserId) -> Result<Vec<Skill>, No> {
    #[derive(Deserialize)]
    struct Page {
        entities: Vec<Skill>,
    }
    let address = format!("/rollcall/users/{}/skills", ask::escaped(user.as_str()));
    Ok(ask::get(&address).await?.read::<Page>()?.entities)
}

fn address(user: &UserId) -> String {
    format!("/api/v2/users/{}/presences/purecloud", ask::escaped(user.as_str()))
}

/// A presence as the proxy answers it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Presence {
    presence_definition: Definition,
    future_presence_definition: Option<Definition>,
    message: String,
    modified_date: Option<Timestamp>,
    /// Of a routing status.
    start_time: Option<Timestamp>,
    changed: bool,
    /// Of a skill that was changed for a while.
    outcome: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Definition {
    id: String,
    system_presence: String,
}

fn made(answer: &Answer, asked_later: bool) -> Result<Made, No> {
    let read: Presence = answer.read()?;
    Ok(Made {
        changed: read.changed,
        is_superseded: read.outcome == "superseded",
        is_deferred: asked_later && read.future_presence_definition.is_some(),
        modified: read.modified_date.or(read.start_time),
        etag: answer.etag.clone(),
    })
}
