//! Presence definitions, and the presence of a user.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Query, TypedBody,
    body::{DefinitionBody, UserPresenceBody},
};
use crate::{
    act::PresenceChange,
    audit::{Author, Deed, deed},
    refusal::Refusal,
    shared::Shared,
    world::{AgentIx, DefinitionIx, SystemPresence, World},
};

/// Longest message of a presence.
const MESSAGE_MAX_CHARS: usize = 1_000;

/// `GET /api/v2/presence/definitions`: all at once, without paging.
pub(super) async fn get_definitions(
    State(shared): State<Arc<Shared>>,
    query: Query,
) -> Result<Response, Refusal> {
    let deactivated = query.list("deactivated").first().map(|text| text.to_ascii_lowercase());
    let wanted = |is: bool| match deactivated.as_deref() {
        None | Some("false") => Ok(!is),
        Some("true") => Ok(is),
        Some("any") => Ok(true),
        Some(_) => Err(Refusal::invalid_value("deactivated: expected true, false or any")),
    };
    wanted(false)?;
    let locale = query.text("localeCode").unwrap_or("ALL");
    let state = shared.enter();
    let entities: Vec<DefinitionBody<'_>> = state
        .world
        .definitions
        .iter()
        .filter(|definition| wanted(definition.deactivated).unwrap_or(true))
        .map(|definition| DefinitionBody::of(definition, |language| is_of_locale(language, locale)))
        .collect();
    let total = entities.len();
    Ok(Json(json!({ "entities": entities, "total": total, "selfUri": "/api/v2/presence/definitions" }))
        .into_response())
}

/// `GET /api/v2/presence/definitions/{definitionId}`
pub(super) async fn get_definition(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Refusal> {
    let locale = query.text("localeCode").unwrap_or("ALL");
    let state = shared.enter();
    let ix = state.world.definition(&id).ok_or_else(|| Refusal::not_found("The presence definition"))?;
    let definition = &state.world.definitions[ix.0];
    Ok(Json(DefinitionBody::of(definition, |language| is_of_locale(language, locale))).into_response())
}

/// `GET /api/v2/users/{userId}/presences/purecloud`, or `/PURECLOUD`
pub(super) async fn get_user_presence(
    State(shared): State<Arc<Shared>>,
    Path((user, source)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let state = shared.enter();
    let agent = find(&state.world, &user, &source)?;
    Ok(Json(UserPresenceBody::of(&state.world, &state.world.agents[agent.0])).into_response())
}

/// What a PATCH of a presence may hold; more is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PatchBody {
    presence_definition: Option<DefinitionAsked>,
    future_presence_definition: Option<DefinitionAsked>,
    message: Option<String>,
    primary: Option<bool>,
}

/// The definition that a call asks for.
#[derive(Deserialize)]
pub(super) struct DefinitionAsked {
    id: Option<String>,
}

/// `PATCH /api/v2/users/{userId}/presences/purecloud`, or `/PURECLOUD`: takes effect at once.
pub(super) async fn patch_user_presence(
    State(shared): State<Arc<Shared>>,
    Path((user, source)): Path<(String, String)>,
    author: Author,
    TypedBody(body): TypedBody<PatchBody>,
) -> Result<Response, Refusal> {
    let mut state = shared.enter();
    let agent = find(&state.world, &user, &source)?;
    check_signs_in(&state.world, agent)?;
    let definition = body.presence_definition.map(|asked| definition_of(&state.world, asked)).transpose()?;
    let future =
        body.future_presence_definition.map(|asked| definition_of(&state.world, asked)).transpose()?;
    check_message(body.message.as_deref())?;
    let asks_for_a_presence = definition.is_some() || future.is_some();
    if !asks_for_a_presence && body.message.is_none() && body.primary.is_none() {
        return Err(Refusal::bad_request(
            "expected presenceDefinition.id, futurePresenceDefinition.id, message or primary",
        ));
    }
    let change = PresenceChange { definition, message: body.message.map(Into::into) };
    check_queues(&shared, &state.world, agent, &change)?;
    let deeds = apply(&shared, &mut state.world, agent, change, future);
    state.tell();
    state.audit(&author, deeds);
    Ok(Json(UserPresenceBody::of(&state.world, &state.world.agents[agent.0])).into_response())
}

/// Changes a presence at once, or after the conversation, as the configuration says; what is asked for
/// the time after the conversation comes on top. Gives what is to be audited of it.
pub(super) fn apply(
    shared: &Shared,
    world: &mut World,
    agent: AgentIx,
    change: PresenceChange,
    future: Option<DefinitionIx>,
) -> Vec<Deed> {
    let before = world.agents[agent.0].presence.clone();
    if shared.config.answers.presence_deferred_while_interacting {
        world.patch_presence_when_free(agent, change);
    } else {
        world.patch_presence(agent, change);
    }
    if let Some(future) = future {
        world.request_future_presence(agent, future);
    }
    deed::presence(&shared.config.answers, world, agent, &before)
}

/// Refuses On Queue to somebody without a queue, when that question is answered so.
pub(super) fn check_queues(
    shared: &Shared,
    world: &World,
    agent: AgentIx,
    change: &PresenceChange,
) -> Result<(), Refusal> {
    let goes = change
        .definition
        .is_some_and(|definition| world.definitions[definition.0].system == SystemPresence::OnQueue);
    let has_joined = world.agents[agent.0].joined_queues().next().is_some();
    if shared.config.answers.on_queue_needs_a_queue && goes && !has_joined {
        return Err(Refusal::invalid_value(
            "presenceDefinition.id: who has joined no queue cannot go On Queue; join one first",
        ));
    }
    Ok(())
}

/// Refuses to move somebody who cannot sign in.
pub(super) fn check_signs_in(world: &World, agent: AgentIx) -> Result<(), Refusal> {
    if world.agents[agent.0].is_active() {
        return Ok(());
    }
    Err(Refusal::bad_request(format!("the user {} is inactive and cannot sign in", world.agents[agent.0].id)))
}

/// Refuses a message that is too long.
pub(super) fn check_message(message: Option<&str>) -> Result<(), Refusal> {
    if message.is_some_and(|message| message.chars().count() > MESSAGE_MAX_CHARS) {
        return Err(Refusal::invalid_value(format!(
            "message: expected at most {MESSAGE_MAX_CHARS} characters"
        )));
    }
    Ok(())
}

/// The definition that is asked for, if it may be.
pub(super) fn definition_of(world: &World, asked: DefinitionAsked) -> Result<DefinitionIx, Refusal> {
    let id = asked.id.ok_or_else(|| Refusal::invalid_value("presenceDefinition.id is missing"))?;
    let known = world.definition(&id).filter(|ix| !world.definitions[ix.0].deactivated);
    known.ok_or_else(|| {
        Refusal::invalid_value(
            "presenceDefinition.id: expected an id of GET /api/v2/presence/definitions that is not deactivated",
        )
    })
}

fn find(world: &World, user: &str, source: &str) -> Result<AgentIx, Refusal> {
    if !source.eq_ignore_ascii_case("purecloud") {
        return Err(Refusal::not_found("The presence source"));
    }
    world.user(user).ok_or_else(|| Refusal::not_found("The user"))
}

/// Whether a label of this language is asked for.
pub(super) fn is_of_locale(language: &str, locale: &str) -> bool {
    locale.eq_ignore_ascii_case("ALL") || language.eq_ignore_ascii_case(locale)
}
