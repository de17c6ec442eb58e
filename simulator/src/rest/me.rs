//! The caller as a person, and what a caller may know about itself.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use protocol::UserId;
use serde_json::{Value, json};

use super::{
    Query,
    body::{DefinitionBody, Expand, UserBody},
    permission, tokens,
};
use crate::{
    oauth::{Caller, Rights, Role},
    refusal::Refusal,
    shared::Shared,
    world::{AgentIx, Named, World},
};

/// The person who calls. A token of client credentials belongs to nobody.
pub(crate) fn person<'a>(shared: &Shared, caller: &'a Caller) -> Result<&'a UserId, Refusal> {
    caller.user.as_ref().ok_or_else(|| {
        if shared.config.answers.no_user_is_not_found {
            return Refusal::not_found("The user of a client credentials token");
        }
        Refusal::bad_request(
            "This request requires a user context. Client credentials cannot be used for requests that \
             require a user context; sign a person in by authorization code.",
        )
    })
}

/// `GET /api/v2/users/me`
pub(super) async fn get_me(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let user = person(&shared, &caller)?;
    let names = query.list("expand");
    let state = shared.enter();
    let world = &state.world;
    let agent = world.user(user.as_str()).ok_or_else(|| Refusal::not_found("The user"))?;
    let body = UserBody::of(world, agent, Expand::of(&names));
    let mut me =
        serde_json::to_value(body).map_err(|_| Refusal::bad_request("the user cannot be written"))?;
    for name in names {
        // Names that are not simulated are passed over, as `expand` promises nothing.
        match name.to_ascii_lowercase().as_str() {
            "authorization" => me["authorization"] = authorization(world, agent, &caller.rights),
            "date" => me["date"] = json!({ "currentDate": world.now }),
            "organization" => me["organization"] = organisation(world),
            "token" => me["token"] = tokens::token_info(world, &caller),
            "divisionedpresencedefinitions" => {
                let all: Vec<_> = world
                    .definitions
                    .iter()
                    .map(|definition| DefinitionBody::of(definition, |_| true))
                    .collect();
                me["divisionedPresenceDefinitions"] = json!(all);
            }
            _ => {}
        }
    }
    Ok(Json(me))
}

fn authorization(world: &World, agent: AgentIx, rights: &Rights) -> Value {
    let role = Role::of(world, agent);
    let permissions: Vec<&str> = permission::names().filter(|name| rights.include(name)).collect();
    json!({ "roles": [{ "id": role.id(), "name": role.as_str() }], "permissions": permissions })
}

/// `GET /api/v2/organizations/me`
pub(super) async fn get_organization(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(organisation(&shared.enter().world))
}

fn organisation(world: &World) -> Value {
    let Named { id, name } = &world.organisation;
    json!({
        "id": id,
        "name": name,
        "defaultLanguage": "en-US",
        "defaultCountryCode": "US",
        "thirdPartyOrgName": name.to_ascii_lowercase().replace(' ', "-"),
        "domain": format!("{}.example", name.to_ascii_lowercase().replace(' ', "-")),
        "version": 1,
        "state": "active",
        "voicemailEnabled": false,
        "productPlatform": "GenesysCloud",
        "selfUri": format!("/api/v2/organizations/{id}"),
    })
}

/// `GET /api/v2/authorization/divisionspermitted/me`: permissions go for all divisions or none.
pub(super) async fn get_divisions_permitted(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    person(&shared, &caller)?;
    let asked = query.text("permission").ok_or_else(|| Refusal::bad_request("permission is missing"))?;
    let name = query.text("name").unwrap_or_default().to_lowercase();
    let state = shared.enter();
    let permitted = caller.rights.include(asked);
    let divisions: Vec<Value> = state
        .world
        .divisions
        .iter()
        .enumerate()
        .filter(|(_, division)| permitted && division.name.to_lowercase().contains(&name))
        .map(|(ix, division)| {
            json!({
                "id": division.id,
                "name": division.name,
                "description": "",
                "homeDivision": ix == 0,
                "selfUri": format!("/api/v2/authorization/divisions/{}", division.id),
            })
        })
        .collect();
    Ok(Json(divisions.into()))
}
