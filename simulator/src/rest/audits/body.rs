//! What an entry looks like. Members that have nothing to say are there and empty, as integrators have
//! seen them in organisations of their own.

use serde_json::{Value, json};

use crate::{audit::Entry, world::World};

/// An entry as it is answered; the name of the person only when it was asked for.
pub(super) fn entry_body(world: &World, entry: &Entry, with_names: bool) -> Value {
    let (deed, author) = (&entry.deed, entry.author());
    let mut user = json!({});
    if let Some(id) = author.and_then(|author| author.user.as_ref()) {
        user = json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") });
        if let Some(who) = world.user(id.as_str()).filter(|_| with_names) {
            user["name"] = json!(world.agents[who.0].name);
        }
    }
    let client = author.map_or_else(
        || json!({ "id": "" }),
        |author| json!({ "id": author.client, "selfUri": format!("/api/v2/oauth/clients/{}", author.client) }),
    );
    let mut body = json!({
        "id": entry.id,
        "user": user,
        "client": client,
        "remoteIp": author.and_then(|author| author.remote_ip).into_iter().collect::<Vec<_>>(),
        "serviceName": deed.kind.service,
        "level": deed.level.as_str(),
        "eventDate": entry.at,
        "action": deed.kind.action,
        "entity": deed.entity,
        "entityType": deed.kind.entity_type,
        "status": "SUCCESS",
        "application": "",
        "initiatingAction": {},
        "transactionInitiator": false,
        "propertyChanges": deed.changes,
        "context": deed.context,
        "entityChanges": [],
    });
    if author.is_some_and(|author| author.user.is_some()) {
        body["userHomeOrgId"] = json!(world.organisation.id);
    }
    body
}
