//! What users, queues and presences look like in answers. Absent members are left out, not null.

use protocol::{PresenceDefinitionId, QueueId, Timestamp, UserId};
use serde::Serialize;

use super::abilities::AbilityBody;
use crate::world::{
    AbilityKind, Agent, AgentIx, ConversationSummary, Counts, Definition, DefinitionIx, MediaType, MemberBy,
    Named, Presence, Queue, Routing, World,
};

/// What of a user is asked for beyond the ordinary.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Expand {
    pub(super) presence: bool,
    pub(super) routing_status: bool,
    conversation_summary: bool,
    out_of_office: bool,
    team: bool,
    skills: bool,
    languages: bool,
    groups: bool,
}

impl Expand {
    /// What this list asks for; names that are not simulated are passed over, as `expand` promises
    /// nothing.
    pub(super) fn of(names: &[&str]) -> Self {
        let asked = |name: &str| names.iter().any(|is| is.eq_ignore_ascii_case(name));
        Self {
            presence: asked("presence"),
            routing_status: asked("routingStatus"),
            conversation_summary: asked("conversationSummary"),
            out_of_office: asked("outOfOffice"),
            team: asked("team"),
            skills: asked("skills"),
            languages: asked("languages"),
            groups: asked("groups"),
        }
    }
}

/// A user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserBody<'a> {
    id: &'a UserId,
    name: &'a str,
    division: NamedBody<'a>,
    department: &'a str,
    email: &'a str,
    state: &'static str,
    title: &'a str,
    username: &'a str,
    version: u32,
    acd_auto_answer: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_status: Option<RoutingStatusBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<UserPresenceBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_summary: Option<UserSummaryBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_of_office: Option<OutOfOfficeBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<NamedBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skills: Option<Vec<AbilityBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    languages: Option<Vec<AbilityBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<serde_json::Value>>,
    self_uri: String,
}

impl<'a> UserBody<'a> {
    pub(super) fn of(world: &'a World, agent: AgentIx, expand: Expand) -> Self {
        let who = &world.agents[agent.0];
        Self {
            id: &who.id,
            name: &who.name,
            division: NamedBody::of(&world.divisions[who.division], "/api/v2/authorization/divisions"),
            department: &who.department,
            email: &who.email,
            state: who.state.as_str(),
            title: &who.title,
            username: &who.email,
            version: who.version,
            acd_auto_answer: who.acd_auto_answer,
            routing_status: expand.routing_status.then(|| RoutingStatusBody::of(who)),
            presence: expand.presence.then(|| UserPresenceBody::of(world, who)),
            conversation_summary: expand
                .conversation_summary
                .then(|| UserSummaryBody { user_id: &who.id, media: Summary::of(&who.summary) }),
            out_of_office: expand.out_of_office.then(|| OutOfOfficeBody::of(who)),
            team: world
                .team_of(agent)
                .filter(|_| expand.team)
                .map(|team| NamedBody::of(team, "/api/v2/teams")),
            skills: expand.skills.then(|| AbilityBody::all(world, AbilityKind::Skill, who)),
            languages: expand.languages.then(|| AbilityBody::all(world, AbilityKind::Language, who)),
            groups: expand.groups.then(|| {
                who.groups.iter().map(|group| super::groups::body_of(&world.groups[*group])).collect()
            }),
            self_uri: format!("/api/v2/users/{}", who.id),
        }
    }
}

/// A division, a team.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NamedBody<'a> {
    id: &'a str,
    name: &'a str,
    self_uri: String,
}

impl<'a> NamedBody<'a> {
    pub(super) fn of(named: &'a Named, path: &str) -> Self {
        Self { id: &named.id, name: &named.name, self_uri: format!("{path}/{}", named.id) }
    }
}

/// A user's presence, On Queue spelled with a space.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserPresenceBody<'a> {
    source: &'static str,
    presence_definition: DefinitionRef<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    future_presence_definition: Option<DefinitionRef<'a>>,
    message: &'a str,
    modified_date: Timestamp,
    self_uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DefinitionRef<'a> {
    id: &'a PresenceDefinitionId,
    system_presence: &'static str,
    self_uri: String,
}

impl<'a> DefinitionRef<'a> {
    pub(super) fn of(world: &'a World, definition: DefinitionIx) -> Self {
        let definition = &world.definitions[definition.0];
        Self {
            id: &definition.id,
            system_presence: definition.system.spaced(),
            self_uri: format!("/api/v2/presencedefinitions/{}", definition.id),
        }
    }
}

impl<'a> UserPresenceBody<'a> {
    pub(super) fn of(world: &'a World, who: &'a Agent) -> Self {
        let presence: &Presence = &who.presence;
        Self {
            source: "PURECLOUD",
            presence_definition: DefinitionRef::of(world, presence.definition),
            future_presence_definition: presence.future.map(|future| DefinitionRef::of(world, future)),
            message: &presence.message,
            modified_date: presence.modified,
            self_uri: format!("/api/v2/users/{}/presences", who.id),
        }
    }
}

/// A user's routing status.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoutingStatusBody<'a> {
    user_id: &'a UserId,
    status: &'static str,
    start_time: Timestamp,
}

impl<'a> RoutingStatusBody<'a> {
    pub(super) fn of(who: &'a Agent) -> Self {
        let routing: Routing = who.routing;
        Self { user_id: &who.id, status: routing.status.as_str(), start_time: routing.start }
    }
}

/// Whether a user is away for days.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutOfOfficeBody {
    active: bool,
    indefinite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<Timestamp>,
    self_uri: String,
}

impl OutOfOfficeBody {
    pub(super) fn of(who: &Agent) -> Self {
        let is = who.out_of_office;
        Self {
            active: is.active,
            indefinite: is.indefinite,
            start_date: is.start,
            end_date: is.end,
            self_uri: format!("/api/v2/users/{}/outofoffice", who.id),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserSummaryBody<'a> {
    user_id: &'a UserId,
    #[serde(flatten)]
    media: Summary,
}

/// The counts of all seven media types that a conversation summary names, in reads and in events.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    call: MediaBody,
    callback: MediaBody,
    email: MediaBody,
    message: MediaBody,
    chat: MediaBody,
    social_expression: MediaBody,
    video: MediaBody,
}

#[derive(Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct MediaBody {
    contact_center: CountsBody,
    enterprise: CountsBody,
}

#[derive(Clone, Copy, Default, Serialize)]
struct CountsBody {
    active: u32,
    acw: u32,
}

impl Summary {
    /// The counts as they are written.
    pub(crate) fn of(summary: &ConversationSummary) -> Self {
        let none = MediaBody::default();
        let mut body = Self {
            call: none,
            callback: none,
            email: none,
            message: none,
            chat: none,
            social_expression: none,
            video: none,
        };
        for media in MediaType::ALL {
            let counts = summary.of(media);
            let place = match media {
                MediaType::Voice => &mut body.call,
                MediaType::Chat => &mut body.chat,
                MediaType::Email => &mut body.email,
                MediaType::Message => &mut body.message,
                MediaType::Callback => &mut body.callback,
            };
            *place = MediaBody {
                contact_center: CountsBody::of(counts.contact_center),
                enterprise: CountsBody::of(counts.enterprise),
            };
        }
        body
    }
}

impl CountsBody {
    fn of(counts: Counts) -> Self {
        Self { active: counts.active, acw: counts.acw }
    }
}

/// A presence definition, On Queue spelled in one word.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DefinitionBody<'a> {
    id: &'a PresenceDefinitionId,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    language_labels: serde_json::Map<String, serde_json::Value>,
    system_presence: &'static str,
    division_id: &'static str,
    deactivated: bool,
    self_uri: String,
}

impl<'a> DefinitionBody<'a> {
    /// With the labels that `wanted` lets through.
    pub(super) fn of(definition: &'a Definition, wanted: impl Fn(&str) -> bool) -> Self {
        Self {
            id: &definition.id,
            name: definition.name(),
            kind: if definition.primary { "System" } else { "User" },
            language_labels: definition
                .labels
                .iter()
                .filter(|(language, _)| wanted(language))
                .map(|(language, label)| ((*language).to_owned(), (*label).into()))
                .collect(),
            system_presence: definition.system.compact(),
            division_id: "*",
            deactivated: definition.deactivated,
            self_uri: format!("/api/v2/presence/definitions/{}", definition.id),
        }
    }
}

/// A queue.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueueBody<'a> {
    id: &'a QueueId,
    name: &'a str,
    division: NamedBody<'a>,
    description: String,
    date_created: Timestamp,
    date_modified: Timestamp,
    member_count: usize,
    user_member_count: usize,
    joined_member_count: usize,
    member_groups: Vec<MemberGroupBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bullseye: Option<BullseyeBody>,
    media_settings: MediaSettingsBody,
    acw_settings: AcwSettingsBody,
    skill_evaluation_method: &'static str,
    scoring_method: &'static str,
    self_uri: String,
}

/// A group whose people are members of a queue.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberGroupBody<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    member_count: usize,
    self_uri: String,
}

impl<'a> MemberGroupBody<'a> {
    fn of(world: &'a World, group: usize) -> Self {
        let group = &world.groups[group];
        Self {
            id: &group.id,
            name: &group.name,
            kind: "GROUP",
            member_count: group.members.len(),
            self_uri: format!("/api/v2/groups/{}", group.id),
        }
    }
}

/// Only the groups of a queue are looked through: there are few, and they are small.
fn members_by_group(world: &World, queue: &Queue) -> usize {
    let by_group = |group: &usize| {
        let came = |agent: &&AgentIx| {
            world.agents[agent.0]
                .memberships
                .iter()
                .any(|is| is.by == MemberBy::UserGroup(*group) && world.queues[is.queue.0].id == queue.id)
        };
        world.groups[*group].members.iter().filter(came).count()
    };
    queue.member_groups.iter().map(by_group).sum()
}

/// The rings of a bullseye queue; which of them a member is in stands with the member.
#[derive(Serialize)]
struct BullseyeBody {
    rings: Vec<RingBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RingBody {
    expansion_criteria: [CriterionBody; 1],
}

#[derive(Serialize)]
struct CriterionBody {
    #[serde(rename = "type")]
    kind: &'static str,
    threshold: u32,
}

impl BullseyeBody {
    fn of(rings: u8) -> Self {
        let ring =
            |_| RingBody { expansion_criteria: [CriterionBody { kind: "TIMEOUT_SECONDS", threshold: 30 }] };
        Self { rings: (0..rings).map(ring).collect() }
    }
}

#[derive(Serialize)]
struct MediaSettingsBody {
    call: MediaSettingBody,
    callback: MediaSettingBody,
    chat: MediaSettingBody,
    email: MediaSettingBody,
    message: MediaSettingBody,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct MediaSettingBody {
    alerting_timeout_seconds: u32,
    service_level: ServiceLevelBody,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceLevelBody {
    percentage: f64,
    duration_ms: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AcwSettingsBody {
    wrapup_prompt: &'static str,
    timeout_ms: u32,
}

impl<'a> QueueBody<'a> {
    pub(super) fn of(world: &'a World, queue: &'a Queue) -> Self {
        let setting = |media| MediaSettingBody {
            alerting_timeout_seconds: 8,
            service_level: ServiceLevelBody {
                percentage: queue.line(media).service_level.percentage,
                duration_ms: queue.line(media).service_level.duration_ms,
            },
        };
        Self {
            id: &queue.id,
            name: &queue.name,
            division: NamedBody::of(&world.divisions[queue.division], "/api/v2/authorization/divisions"),
            description: format!("{}, {}", queue.name, queue.department),
            date_created: queue.created,
            date_modified: queue.created,
            member_count: queue.members.len(),
            user_member_count: queue.members.len() - members_by_group(world, queue),
            joined_member_count: queue.joined,
            member_groups: queue
                .member_groups
                .iter()
                .map(|group| MemberGroupBody::of(world, *group))
                .collect(),
            bullseye: (queue.rings > 1).then(|| BullseyeBody::of(queue.rings)),
            media_settings: MediaSettingsBody {
                call: setting(MediaType::Voice),
                callback: setting(MediaType::Callback),
                chat: setting(MediaType::Chat),
                email: setting(MediaType::Email),
                message: setting(MediaType::Message),
            },
            acw_settings: AcwSettingsBody { wrapup_prompt: "MANDATORY_TIMEOUT", timeout_ms: 180_000 },
            skill_evaluation_method: "NONE",
            scoring_method: "TimestampAndPriority",
            self_uri: format!("/api/v2/routing/queues/{}", queue.id),
        }
    }
}
