//! `GET /api/v2/notifications/availabletopics`: which topics exist, and what they need.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{permit::requirement_of, subscription::topic_names};
use crate::{
    config::Answers,
    refusal::Refusal,
    rest::{Query, permission::Mode},
    shared::Shared,
};

/// What can be asked for beyond the id. Schemas are not imitated: `schema` adds nothing.
const EXPANDS: [&str; 9] = [
    "description",
    "enforced",
    "schema",
    "visibility",
    "transports",
    "publicApiTemplateUriPaths",
    "requiresPermissions",
    "permissionDetails",
    "topicParameters",
];

/// `GET /api/v2/notifications/availabletopics`
pub(super) async fn get_available_topics(
    State(shared): State<Arc<Shared>>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    // No topic here is a preview, so there is nothing to include or to leave out.
    query.flag("includePreview")?;
    let expand = query.list("expand");
    if expand.iter().any(|name| !EXPANDS.contains(name)) {
        return Err(Refusal::invalid_value(format!("expand: expected some of {}", EXPANDS.join(", "))));
    }
    let topics: Vec<Value> =
        topic_names().map(|name| described(&shared.config.answers, name, &expand)).collect();
    Ok(Json(json!({ "entities": topics })))
}

fn described(answers: &Answers, name: &str, expand: &[&str]) -> Value {
    let requirement = requirement_of(answers, name);
    let own_is_free = requirement.as_ref().is_some_and(|requirement| requirement.mode == Mode::Own);
    let permissions = requirement.map(|requirement| requirement.permissions).unwrap_or_default();
    let parameters = name.split('.').filter(|part| *part == "{id}").count();
    let mut topic = json!({ "id": name });
    for member in expand {
        match *member {
            "description" => topic["description"] = json!(format!("Events of {name}")),
            "enforced" => topic["enforced"] = json!(!permissions.is_empty()),
            "visibility" => topic["visibility"] = json!("Public"),
            "transports" => topic["transports"] = json!(["All"]),
            "publicApiTemplateUriPaths" => topic["publicApiTemplateUriPaths"] = json!([]),
            "requiresPermissions" => {
                topic["requiresPermissions"] = json!(permissions);
                topic["requiresDivisionPermissions"] = json!(false);
                topic["requiresCurrentUser"] = json!(false);
                topic["requiresCurrentUserOrPermission"] = json!(own_is_free);
            }
            "permissionDetails" if permissions.is_empty() => topic["permissionDetails"] = json!([]),
            "permissionDetails" => {
                topic["permissionDetails"] = json!([{
                    "type": "requiresPermissions",
                    "permissions": permissions,
                    "allowsCurrentUser": own_is_free,
                    "enforced": true,
                }]);
            }
            "topicParameters" => topic["topicParameters"] = json!(vec!["id"; parameters]),
            _ => {}
        }
    }
    topic
}
