//! Entries of the audit log as events: `v2.audits.entitytype.{id}.entityid.{id}`.

use serde_json::{Value, json};

use crate::{audit::Entry, world::World};

/// The topic that tells of an entry.
pub(crate) fn topic(entry: &Entry) -> String {
    format!("v2.audits.entitytype.{}.entityid.{}", entry.deed.kind.entity_type, entry.deed.entity.id)
}

/// The event. Its members are called otherwise than in reads.
pub(crate) fn body(world: &World, entry: &Entry) -> Value {
    let (deed, author) = (&entry.deed, entry.author());
    let mut body = json!({
        "id": entry.id,
        "remoteIp": author.and_then(|author| author.remote_ip).into_iter().collect::<Vec<_>>(),
        "serviceName": deed.kind.service,
        "level": deed.level.as_str(),
        "eventTime": entry.at,
        "action": deed.kind.action,
        "entityType": deed.kind.entity_type,
        "entity": deed.entity,
        "propertyChanges": deed.changes,
        "context": deed.context,
    });
    let Some(author) = author else { return body };
    body["clientId"] =
        json!({ "id": author.client, "selfUri": format!("/api/v2/oauth/clients/{}", author.client) });
    if let Some(id) = &author.user {
        body["userId"] = json!(id);
        body["userHomeOrgId"] = json!(world.organisation.id);
        let mut user = json!({ "id": id, "selfUri": format!("/api/v2/users/{id}") });
        if let Some(who) = world.user(id.as_str()) {
            user["name"] = json!(world.agents[who.0].name);
            body["userDisplay"] = json!(world.agents[who.0].name);
        }
        body["username"] = user;
    }
    body
}
