//! What was done, told in the words of the service that audits it.

use std::collections::{BTreeMap, BTreeSet};

use protocol::UserId;
use serde::Serialize;

use super::Author;
use crate::{
    config::Answers,
    world::{Abilities, AbilityKind, Agent, AgentIx, MemberBy, Presence, Queue, QueueIx, UserState, World},
};

/// What an entry is about, by the names of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) service: &'static str,
    pub(crate) entity_type: &'static str,
    pub(crate) action: &'static str,
}

impl Kind {
    const fn of(service: &'static str, entity_type: &'static str, action: &'static str) -> Self {
        Self { service, entity_type, action }
    }
}

const ABILITIES: Kind = Kind::of("ContactCenter", "AgentRoutingInfo", "Update");
const QUEUE: Kind = Kind::of("ContactCenter", "Queue", "Update");
const MEMBER_ADD: Kind = Kind::of("ContactCenter", "Queue", "MemberAdd");
const MEMBER_REMOVE: Kind = Kind::of("ContactCenter", "Queue", "MemberRemove");
const MEMBER_UPDATE: Kind = Kind::of("ContactCenter", "Queue", "MemberUpdate");
const USER: Kind = Kind::of("Directory", "User", "Update");
const USER_CREATE: Kind = Kind::of("Directory", "User", "Create");
const USER_DELETE: Kind = Kind::of("Directory", "User", "Delete");
const GROUP: Kind = Kind::of("Groups", "DirectoryGroup", "Update");
const TEAM: Kind = Kind::of("Groups", "Team", "Update");
const TOKEN_CREATE: Kind = Kind::of("PeoplePermissions", "AccessToken", "Create");
const TOKEN_REVOKE: Kind = Kind::of("PeoplePermissions", "AccessToken", "Revoke");
const PRESENCE: Kind = Kind::of("Presence", "UserPresence", "Update");

/// Whether somebody did it, or it followed from what somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Somebody did it.
    User,
    /// It followed; the entry names nobody.
    System,
}

impl Level {
    /// As Genesys writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::System => "SYSTEM",
        }
    }
}

/// What was changed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entity {
    pub(crate) id: String,
    /// Only some services tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    self_uri: String,
}

/// A property before and after.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Change {
    property: String,
    #[serde(rename = "oldValues")]
    old: Vec<String>,
    #[serde(rename = "newValues")]
    new: Vec<String>,
}

impl Change {
    fn of(property: impl Into<String>, old: impl Into<String>, new: impl Into<String>) -> Self {
        Self { property: property.into(), old: vec![old.into()], new: vec![new.into()] }
    }
}

/// One entry to be.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    pub(crate) kind: Kind,
    pub(crate) level: Level,
    pub(crate) entity: Entity,
    pub(crate) changes: Vec<Change>,
    pub(crate) context: BTreeMap<&'static str, String>,
}

impl Deed {
    fn new(kind: Kind, entity: Entity, changes: Vec<Change>) -> Self {
        Self { kind, level: Level::User, entity, changes, context: BTreeMap::new() }
    }

    fn that_followed(mut self) -> Self {
        self.level = Level::System;
        self
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.context.insert(name, value.into());
        self
    }
}

/// What is audited of a user's profile.
pub(crate) type Profile = [(&'static str, String); 7];

/// A user's profile as it is now, to be compared with what it becomes.
pub(crate) fn profile(who: &Agent) -> Profile {
    [
        ("version", who.version.to_string()),
        ("name", who.name.clone()),
        ("title", who.title.to_string()),
        ("department", who.department.to_string()),
        ("email", who.email.clone()),
        ("acdAutoAnswer", who.acd_auto_answer.to_string()),
        ("state", who.state.as_str().to_owned()),
    ]
}

/// A user's profile was changed.
pub(crate) fn user(world: &World, agent: AgentIx, before: Profile) -> Vec<Deed> {
    let who = &world.agents[agent.0];
    let changes: Vec<Change> = before
        .into_iter()
        .zip(profile(who))
        .filter(|((_, old), (_, new))| old != new)
        .map(|((property, old), (_, new))| Change::of(property, old, new))
        .collect();
    let is_deleted = who.state == UserState::Deleted;
    some(if is_deleted { USER_DELETE } else { USER }, of_user(who), changes)
}

/// A user was created.
pub(crate) fn user_created(who: &Agent) -> Vec<Deed> {
    let created = |(property, value): (&str, String)| Change {
        property: property.to_owned(),
        old: Vec::new(),
        new: vec![value],
    };
    some(USER_CREATE, of_user(who), profile(who).into_iter().map(created).collect())
}

/// A user's skills or languages were changed.
pub(crate) fn abilities(world: &World, kind: AbilityKind, agent: AgentIx, before: &Abilities) -> Vec<Deed> {
    let written = |abilities: &Abilities| -> Vec<String> {
        let of = |subject: usize| &world.subjects(kind)[subject].id;
        let state = |active| if active { "active" } else { "inactive" };
        let all = abilities.all().iter();
        all.map(|is| format!("{}:{}:{}", of(is.subject), is.proficiency, state(is.active))).collect()
    };
    let property = match kind {
        AbilityKind::Skill => "routingSkills",
        AbilityKind::Language => "routingLanguages",
    };
    let (old, new) = (written(before), written(world.abilities(kind, agent)));
    let gone = old.iter().filter(|is| !new.contains(is)).cloned().collect();
    let come = new.iter().filter(|is| !old.contains(is)).cloned().collect();
    if old == new {
        return Vec::new();
    }
    let change = Change { property: property.to_owned(), old: gone, new: come };
    some(ABILITIES, of_user(&world.agents[agent.0]), vec![change])
}

/// A queue was given another name.
pub(crate) fn queue_renamed(world: &World, queue: QueueIx, before: String) -> Vec<Deed> {
    let of = &world.queues[queue.0];
    let changes = if before == of.name { Vec::new() } else { vec![Change::of("name", before, &*of.name)] };
    some(QUEUE, of_queue(of), changes)
}

fn of_queue(queue: &Queue) -> Entity {
    Entity {
        id: queue.id.to_string(),
        name: Some(queue.name.clone()),
        self_uri: format!("/api/v2/routing/queues/{}", queue.id),
    }
}

/// What became of a member of a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Member {
    Added,
    Removed,
    Joined { was: bool, is: bool },
    Ring { was: u8, is: u8 },
}

/// A member of a queue was added, changed or removed.
pub(crate) fn member(
    answers: &Answers,
    world: &World,
    queue: QueueIx,
    agent: AgentIx,
    became: Member,
) -> Vec<Deed> {
    let (user, of) = (&world.agents[agent.0].id, &world.queues[queue.0]);
    let listed = answers.queue_members_are_listed_in_audits;
    let named = |what: &str| format!("QueueMember/{}:{user}{what}", of.id);
    let list = format!("queueId:{}:members", of.id);
    let in_list = || vec![format!("queueMember:{user}")];
    let (kind, change) = match became {
        Member::Added if listed => (MEMBER_ADD, Change { property: list, old: Vec::new(), new: in_list() }),
        Member::Removed if listed => {
            (MEMBER_REMOVE, Change { property: list, old: in_list(), new: Vec::new() })
        }
        Member::Added => {
            let new = vec!["<queue member added>".to_owned()];
            (MEMBER_ADD, Change { property: named(""), old: Vec::new(), new })
        }
        Member::Removed => {
            let old = vec!["<queue member deleted>".to_owned()];
            (MEMBER_REMOVE, Change { property: named(""), old, new: Vec::new() })
        }
        Member::Joined { was, is } if was == is => return Vec::new(),
        Member::Joined { was, is } => {
            (MEMBER_UPDATE, Change::of(named(":joined"), was.to_string(), is.to_string()))
        }
        Member::Ring { was, is } if was == is => return Vec::new(),
        Member::Ring { was, is } => {
            (MEMBER_UPDATE, Change::of(named(":ringNumber"), was.to_string(), is.to_string()))
        }
    };
    let deed = Deed::new(kind, of_queue(of), vec![change]);
    vec![deed.with("entityId", of.id.to_string()).with("auditType", "QUEUE")]
}

/// What is known of a group before somebody comes or goes.
pub(crate) struct GroupBefore {
    group: usize,
    count: usize,
    /// Who will come or go.
    moved: Vec<AgentIx>,
    /// Who of them is in which queue through the group.
    served: Vec<(QueueIx, AgentIx)>,
}

impl GroupBefore {
    /// Before these come, or go; who is there already, or is not, does not move.
    pub(crate) fn of(world: &World, group: usize, agents: &BTreeSet<AgentIx>, comes: bool) -> Self {
        let members = &world.groups[group].members;
        let moves = |agent: &&AgentIx| members.binary_search(agent).is_ok() != comes;
        let moved: Vec<AgentIx> = agents.iter().filter(moves).copied().collect();
        Self { group, count: members.len(), served: served(world, group, &moved), moved }
    }
}

/// Members of a group came or went: the count, an empty change, and who; and what followed for the
/// queues that the group serves. `correlation` is the same in the first three, and `author` the person.
pub(crate) fn group(
    answers: &Answers,
    world: &World,
    before: &GroupBefore,
    correlation: &str,
    author: Option<&UserId>,
) -> Vec<Deed> {
    if before.moved.is_empty() {
        return Vec::new();
    }
    let group = &world.groups[before.group];
    let deed = |property: &str, old, new| {
        let self_uri = format!("/api/v2/groups/{}", group.id);
        let change = Change { property: property.to_owned(), old, new };
        let entity = Entity { id: group.id.clone(), name: None, self_uri };
        Deed::new(GROUP, entity, vec![change]).with("correlationId", correlation)
    };
    let (was, is) = (before.count.to_string(), group.members.len().to_string());
    let mut count = deed("memberCount", vec![was], vec![is]).that_followed();
    if let Some(author) = author {
        count = count.with("userid", author.to_string());
    }
    let moved: Vec<&str> = before.moved.iter().map(|agent| world.agents[agent.0].id.as_str()).collect();
    let members = vec![format!("[{}]", moved.join(", "))];
    let mut deeds = vec![
        count,
        deed("individuals", Vec::new(), Vec::new()),
        deed("group-membership", Vec::new(), members),
    ];
    let now = served(world, before.group, &before.moved);
    let gone = before.served.iter().filter(|is| !now.contains(is)).map(|is| (*is, Member::Removed));
    let come = now.iter().filter(|is| !before.served.contains(is)).map(|is| (*is, Member::Added));
    let of_queues =
        gone.chain(come).flat_map(|((queue, agent), became)| member(answers, world, queue, agent, became));
    deeds.extend(of_queues.map(Deed::that_followed));
    deeds
}

/// Who of these is in which queue through a group.
fn served(world: &World, group: usize, agents: &[AgentIx]) -> Vec<(QueueIx, AgentIx)> {
    let through = |agent: AgentIx| {
        let memberships = world.agents[agent.0].memberships.iter();
        memberships.filter(|is| is.by == MemberBy::UserGroup(group)).map(move |is| (is.queue, agent))
    };
    agents.iter().flat_map(|agent| through(*agent)).collect()
}

/// People came into a team, or went.
pub(crate) fn team(world: &World, team: usize, gone: &[AgentIx], come: &[AgentIx]) -> Vec<Deed> {
    if gone.is_empty() && come.is_empty() {
        return Vec::new();
    }
    let ids = |agents: &[AgentIx]| agents.iter().map(|agent| world.agents[agent.0].id.to_string()).collect();
    let id = world.teams[team].id.clone();
    let self_uri = format!("/api/v2/teams/{id}");
    let change = Change { property: "members".to_owned(), old: ids(gone), new: ids(come) };
    some(TEAM, Entity { id, name: None, self_uri }, vec![change])
}

/// A token was given out.
pub(crate) fn new_token(author: &Author) -> Vec<Deed> {
    vec![Deed::new(TOKEN_CREATE, holder(author.user.as_ref(), &author.client), Vec::new())]
}

/// The tokens of a person were taken back.
pub(crate) fn tokens_of_user(user: &UserId) -> Vec<Deed> {
    vec![Deed::new(TOKEN_REVOKE, holder(Some(user), ""), Vec::new())]
}

/// A client gave its token back.
pub(crate) fn token_of_client(client: &str) -> Vec<Deed> {
    vec![Deed::new(TOKEN_REVOKE, holder(None, client), Vec::new())]
}

/// A token has no id that could be told; its entries are about whom it stands for.
fn holder(user: Option<&UserId>, client: &str) -> Entity {
    let (id, self_uri) = match user {
        Some(user) => (user.to_string(), format!("/api/v2/users/{user}")),
        None => (client.to_owned(), format!("/api/v2/oauth/clients/{client}")),
    };
    Entity { id, name: None, self_uri }
}

/// A presence was written. As far as is known Genesys does not audit that.
pub(crate) fn presence(answers: &Answers, world: &World, agent: AgentIx, before: &Presence) -> Vec<Deed> {
    if !answers.presence_changes_are_audited {
        return Vec::new();
    }
    let who = &world.agents[agent.0];
    let id = |presence: &Presence| world.definitions[presence.definition.0].id.to_string();
    let mut changes = vec![
        Change::of("presenceDefinition", id(before), id(&who.presence)),
        Change::of("message", &*before.message, &*who.presence.message),
    ];
    changes.retain(|change| change.old != change.new);
    some(PRESENCE, of_user(who), changes)
}

fn of_user(who: &Agent) -> Entity {
    Entity { id: who.id.to_string(), name: None, self_uri: format!("/api/v2/users/{}", who.id) }
}

/// Nothing is told of a write that changed nothing.
fn some(kind: Kind, entity: Entity, changes: Vec<Change>) -> Vec<Deed> {
    if changes.is_empty() { Vec::new() } else { vec![Deed::new(kind, entity, changes)] }
}

#[cfg(test)]
mod tests {
    use super::{super::CATALOGUE, *};

    #[test]
    fn every_kind_is_in_the_catalogue() {
        let kinds = [
            ABILITIES,
            QUEUE,
            MEMBER_ADD,
            MEMBER_REMOVE,
            MEMBER_UPDATE,
            USER,
            GROUP,
            TEAM,
            TOKEN_CREATE,
            TOKEN_REVOKE,
            PRESENCE,
        ];
        for kind in kinds {
            let service = CATALOGUE.iter().find(|service| service.name == kind.service).unwrap();
            let (_, actions) = service.entities.iter().find(|(name, _)| *name == kind.entity_type).unwrap();
            assert!(actions.contains(&kind.action), "{kind:?}");
        }
    }
}
