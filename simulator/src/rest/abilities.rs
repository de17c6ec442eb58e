//! Skills and languages: `/api/v2/routing/skills`, `/api/v2/users/{userId}/routingskills` and the
//! same of languages. Both families are alike but for the methods that exist.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, patch, put},
};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Query, TypedBody, page::Page};
use crate::{
    audit::{Author, deed},
    refusal::Refusal,
    shared::{Shared, State as Inside},
    world::{Abilities, Ability, AbilityKind, Agent, AgentIx, PROFICIENCY_MAX, Subject, World},
};

/// Skills that one call may name. Source: the Terraform provider, user_utils.go.
const BULK_MAX: usize = 50;
/// A page of the organisation's skills, as of users and queues.
const PAGE_MAX: usize = 500;

/// The routes of this file.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/routing/skills", get(get_subjects))
        .route("/api/v2/routing/skills/{skillId}", get(get_skill))
        .route("/api/v2/routing/languages", get(get_subjects))
        .route("/api/v2/users/{userId}/routingskills", get(get_abilities).post(post_ability))
        .route("/api/v2/users/{userId}/routingskills/bulk", patch(patch_bulk).put(put_bulk))
        .route("/api/v2/users/{userId}/routingskills/{skillId}", put(put_ability).delete(delete_ability))
        .route("/api/v2/users/{userId}/routinglanguages", get(get_abilities).post(post_ability))
        .route("/api/v2/users/{userId}/routinglanguages/bulk", patch(patch_bulk))
        .route(
            "/api/v2/users/{userId}/routinglanguages/{languageId}",
            patch(put_ability).delete(delete_ability),
        )
}

/// Which family the path belongs to.
struct Family(AbilityKind);

impl<S: Sync> FromRequestParts<S> for Family {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let of_languages =
            parts.uri.path().split('/').any(|part| part == "routinglanguages" || part == "languages");
        Ok(Self(if of_languages { AbilityKind::Language } else { AbilityKind::Skill }))
    }
}

/// A skill or a language of the organisation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubjectBody<'a> {
    id: &'a str,
    name: &'a str,
    date_modified: Timestamp,
    state: &'static str,
    version: &'static str,
    self_uri: String,
}

impl<'a> SubjectBody<'a> {
    fn of(kind: AbilityKind, subject: &'a Subject) -> Self {
        Self {
            id: &subject.id,
            name: subject.name,
            date_modified: subject.modified,
            state: "active",
            version: "1",
            self_uri: uri_of(kind, subject),
        }
    }
}

/// A user's skill or language.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AbilityBody<'a> {
    id: &'a str,
    name: &'a str,
    proficiency: f64,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    skill_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language_uri: Option<String>,
    self_uri: String,
}

impl<'a> AbilityBody<'a> {
    fn of(world: &'a World, kind: AbilityKind, who: &Agent, ability: &Ability) -> Self {
        let subject = &world.subjects(kind)[ability.subject];
        let uri = uri_of(kind, subject);
        let (skill_uri, language_uri, family) = match kind {
            AbilityKind::Skill => (Some(uri), None, "routingskills"),
            AbilityKind::Language => (None, Some(uri), "routinglanguages"),
        };
        Self {
            id: &subject.id,
            name: subject.name,
            proficiency: ability.proficiency,
            state: if ability.active { "active" } else { "inactive" },
            skill_uri,
            language_uri,
            self_uri: format!("/api/v2/users/{}/{family}/{}", who.id, subject.id),
        }
    }

    /// All skills or all languages of a user.
    pub(super) fn all(world: &'a World, kind: AbilityKind, who: &Agent) -> Vec<Self> {
        who.abilities(kind).all().iter().map(|ability| Self::of(world, kind, who, ability)).collect()
    }
}

fn uri_of(kind: AbilityKind, subject: &Subject) -> String {
    match kind {
        AbilityKind::Skill => format!("/api/v2/routing/skills/{}", subject.id),
        AbilityKind::Language => format!("/api/v2/routing/languages/{}", subject.id),
    }
}

/// `GET /api/v2/routing/skills`, `GET /api/v2/routing/languages`
async fn get_subjects(
    State(shared): State<Arc<Shared>>,
    Family(kind): Family,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let ids = query.list("id");
    let name = query.text("name").map(str::to_lowercase);
    let descending = query.is_descending()?;
    let state = shared.enter();
    let mut asked: Vec<&Subject> = state
        .world
        .subjects(kind)
        .iter()
        .filter(|subject| ids.is_empty() || ids.contains(&subject.id.as_str()))
        .filter(|subject| name.as_ref().is_none_or(|name| subject.name.to_lowercase().contains(name)))
        .collect();
    asked.sort_by_key(|subject| subject.name);
    if descending {
        asked.reverse();
    }
    let listing = page.with_total(&query, &asked, |subject| SubjectBody::of(kind, subject));
    Ok(Json(listing).into_response())
}

/// `GET /api/v2/routing/skills/{skillId}`
async fn get_skill(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let kind = AbilityKind::Skill;
    let state = shared.enter();
    let subject = state.world.subject(kind, &id).ok_or_else(|| not_found(kind))?;
    Ok(Json(SubjectBody::of(kind, &state.world.subjects(kind)[subject])).into_response())
}

/// `GET /api/v2/users/{userId}/routingskills`, `.../routinglanguages`
async fn get_abilities(
    State(shared): State<Arc<Shared>>,
    Family(kind): Family,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let descending = query.is_descending()?;
    let state = shared.enter();
    let agent = find(&state.world, &id)?;
    Ok(listing(&state.world, kind, agent, page, &query, descending))
}

/// What adds or changes a skill.
#[derive(Deserialize)]
struct PostBody {
    id: String,
    proficiency: f64,
}

/// `POST /api/v2/users/{userId}/routingskills`, `.../routinglanguages`: adds one, or changes it.
async fn post_ability(
    State(shared): State<Arc<Shared>>,
    Family(kind): Family,
    Path(id): Path<String>,
    author: Author,
    TypedBody(body): TypedBody<PostBody>,
) -> Result<Response, Refusal> {
    let mut state = shared.enter();
    let agent = find(&state.world, &id)?;
    let ability = wanted(&state.world, kind, agent, &body)?;
    write(&mut state, &author, kind, agent, |abilities| abilities.put(ability));
    Ok(one(&state.world, kind, agent, &ability))
}

/// What changes a skill that the user has.
#[derive(Deserialize)]
struct PutBody {
    proficiency: Option<f64>,
    state: Option<String>,
}

/// `PUT /api/v2/users/{userId}/routingskills/{skillId}`, `PATCH .../routinglanguages/{languageId}`
async fn put_ability(
    State(shared): State<Arc<Shared>>,
    Family(kind): Family,
    Path((id, subject)): Path<(String, String)>,
    author: Author,
    TypedBody(body): TypedBody<PutBody>,
) -> Result<Response, Refusal> {
    let mut state = shared.enter();
    let agent = find(&state.world, &id)?;
    let mut ability = held(&state.world, kind, agent, &subject)?;
    if let Some(proficiency) = body.proficiency {
        ability.proficiency = checked(proficiency)?;
    }
    match body.state.as_deref() {
        None => {}
        Some("active") => ability.active = true,
        Some("inactive") => ability.active = false,
        Some("deleted") => {
            write(&mut state, &author, kind, agent, |abilities| {
                abilities.remove(ability.subject);
            });
            let who = &state.world.agents[agent.0];
            let mut body = AbilityBody::of(&state.world, kind, who, &ability);
            body.state = "deleted";
            return Ok(Json(body).into_response());
        }
        Some(_) => return Err(Refusal::invalid_value("state: expected active, inactive or deleted")),
    }
    write(&mut state, &author, kind, agent, |abilities| abilities.put(ability));
    Ok(one(&state.world, kind, agent, &ability))
}

/// `DELETE /api/v2/users/{userId}/routingskills/{skillId}`, `.../routinglanguages/{languageId}`
async fn delete_ability(
    State(shared): State<Arc<Shared>>,
    Family(kind): Family,
    Path((id, subject)): Path<(String, String)>,
    author: Author,
) -> Result<StatusCode, Refusal> {
    let mut state = shared.enter();
    let agent = find(&state.world, &id)?;
    let ability = held(&state.world, kind, agent, &subject)?;
    write(&mut state, &author, kind, agent, |abilities| {
        abilities.remove(ability.subject);
    });
    Ok(StatusCode::OK)
}

/// `PATCH /api/v2/users/{userId}/routingskills/bulk`, `.../routinglanguages/bulk`: adds and changes.
async fn patch_bulk(
    State(shared): State<Arc<Shared>>,
    Family(kind): Family,
    Path(id): Path<String>,
    query: Query,
    author: Author,
    TypedBody(bodies): TypedBody<Vec<PostBody>>,
) -> Result<Response, Refusal> {
    write_bulk(&shared, &author, kind, (&id, &query), &bodies, false)
}

/// `PUT /api/v2/users/{userId}/routingskills/bulk`: what is not named is taken away.
async fn put_bulk(
    State(shared): State<Arc<Shared>>,
    Family(kind): Family,
    Path(id): Path<String>,
    query: Query,
    author: Author,
    TypedBody(bodies): TypedBody<Vec<PostBody>>,
) -> Result<Response, Refusal> {
    write_bulk(&shared, &author, kind, (&id, &query), &bodies, true)
}

fn write_bulk(
    shared: &Shared,
    author: &Author,
    kind: AbilityKind,
    (id, query): (&str, &Query),
    bodies: &[PostBody],
    replaces: bool,
) -> Result<Response, Refusal> {
    if bodies.len() > BULK_MAX {
        return Err(Refusal::bad_request(format!(
            "expected at most {BULK_MAX} a call, not {}",
            bodies.len()
        )));
    }
    let mut state = shared.enter();
    let agent = find(&state.world, id)?;
    // All are checked before the first is written, so that a refused call changes nothing.
    let wanted = bodies
        .iter()
        .map(|body| wanted(&state.world, kind, agent, body))
        .collect::<Result<Vec<Ability>, Refusal>>()?;
    write(&mut state, author, kind, agent, |abilities| {
        if replaces {
            abilities.clear();
        }
        for ability in wanted {
            abilities.put(ability);
        }
    });
    Ok(listing(&state.world, kind, agent, Page::first(PAGE_MAX), query, false))
}

/// Writes, and has it audited.
fn write(
    state: &mut Inside,
    author: &Author,
    kind: AbilityKind,
    agent: AgentIx,
    change: impl FnOnce(&mut Abilities),
) {
    let before = state.world.abilities(kind, agent).clone();
    change(state.world.abilities_mut(kind, agent));
    let deeds = deed::abilities(&state.world, kind, agent, &before);
    state.audit(author, deeds);
}

fn listing(
    world: &World,
    kind: AbilityKind,
    agent: AgentIx,
    page: Page,
    query: &Query,
    descending: bool,
) -> Response {
    let who = &world.agents[agent.0];
    let mut abilities: Vec<&Ability> = who.abilities(kind).all().iter().collect();
    abilities.sort_by_key(|ability| world.subjects(kind)[ability.subject].name);
    if descending {
        abilities.reverse();
    }
    Json(page.with_total(query, &abilities, |ability| AbilityBody::of(world, kind, who, ability)))
        .into_response()
}

fn one(world: &World, kind: AbilityKind, agent: AgentIx, ability: &Ability) -> Response {
    Json(AbilityBody::of(world, kind, &world.agents[agent.0], ability)).into_response()
}

/// What a body asks for; the state of one that the user has already stays as it is.
fn wanted(world: &World, kind: AbilityKind, agent: AgentIx, body: &PostBody) -> Result<Ability, Refusal> {
    let subject = world.subject(kind, &body.id).ok_or_else(|| {
        Refusal::invalid_value(format!("id: {} is no {} of this organisation", body.id, name_of(kind)))
    })?;
    let active = world.abilities(kind, agent).get(subject).is_none_or(|ability| ability.active);
    Ok(Ability { subject, proficiency: checked(body.proficiency)?, active })
}

fn held(world: &World, kind: AbilityKind, agent: AgentIx, id: &str) -> Result<Ability, Refusal> {
    let subject = world.subject(kind, id);
    subject.and_then(|subject| world.abilities(kind, agent).get(subject)).ok_or_else(|| not_found(kind))
}

fn checked(proficiency: f64) -> Result<f64, Refusal> {
    if (0.0..=PROFICIENCY_MAX).contains(&proficiency) {
        Ok(proficiency)
    } else {
        Err(Refusal::invalid_value(format!("proficiency: expected 0 to {PROFICIENCY_MAX}")))
    }
}

fn find(world: &World, id: &str) -> Result<AgentIx, Refusal> {
    world.user(id).ok_or_else(|| Refusal::not_found("The user"))
}

fn not_found(kind: AbilityKind) -> Refusal {
    Refusal::not_found(&format!("The {}", name_of(kind)))
}

fn name_of(kind: AbilityKind) -> &'static str {
    match kind {
        AbilityKind::Skill => "skill",
        AbilityKind::Language => "language",
    }
}
