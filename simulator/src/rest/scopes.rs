//! `/api/v2/oauth/scopes`: what a person can allow a client to do in their name.

use axum::{Json, extract::Path};
use serde_json::{Value, json};

use crate::refusal::Refusal;

/// Names of scopes; each has a `:readonly` form unless the second member says that none is known.
/// Source: developer center, "Permissions and scopes in the public API".
const SCOPES: [(&str, Form); 62] = [
    ("ai-studio", Form::Both),
    ("alerting", Form::Both),
    ("analytics", Form::Both),
    ("architect", Form::Both),
    ("assistants", Form::Both),
    ("audits", Form::ReadOnly),
    ("authorization", Form::Both),
    ("billing", Form::ReadOnly),
    ("business-rules", Form::Both),
    ("case-management", Form::Both),
    ("coaching", Form::Both),
    ("content-management", Form::Both),
    ("conversations", Form::Both),
    ("devices", Form::Both),
    ("dialog", Form::Both),
    ("employee-performance", Form::Both),
    ("external-contacts", Form::Both),
    ("fax", Form::Both),
    ("gdpr", Form::Both),
    ("geolocation", Form::Both),
    ("greetings", Form::Both),
    ("groups", Form::Both),
    ("identity-providers", Form::ReadOnly),
    ("integrations", Form::Both),
    ("journey", Form::Both),
    ("knowledge", Form::Both),
    ("language-understanding", Form::Both),
    ("learning", Form::Both),
    ("license", Form::Both),
    ("locations", Form::Both),
    ("messaging", Form::Both),
    ("messaging-platform", Form::Both),
    ("notifications", Form::ReadWrite),
    ("oauth", Form::Both),
    ("organization", Form::Both),
    ("organization-authorization", Form::Both),
    ("outbound", Form::Both),
    ("presence", Form::Both),
    ("process-automation", Form::Both),
    ("quality", Form::Both),
    ("recordings", Form::Both),
    ("response-management", Form::Both),
    ("routing", Form::Both),
    ("scim", Form::Both),
    ("scripts", Form::Both),
    ("search", Form::ReadOnly),
    ("speech-and-text-analytics", Form::Both),
    ("stations", Form::Both),
    ("streaming-events", Form::ReadOnly),
    ("telephony", Form::Both),
    ("textbots", Form::Both),
    ("upload", Form::Both),
    ("user-basic-info", Form::Both),
    ("user-recordings", Form::Both),
    ("users", Form::Both),
    ("users-rules", Form::Both),
    ("voicemail", Form::Both),
    ("web-chat", Form::Both),
    ("webdeployments", Form::Both),
    ("widgets", Form::Both),
    ("workforce-management", Form::Both),
    ("workitems", Form::Both),
];

/// In which forms a scope exists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Both,
    ReadOnly,
    ReadWrite,
}

/// The ids of all scopes.
pub(super) fn ids() -> impl Iterator<Item = String> {
    SCOPES.into_iter().flat_map(|(name, form)| {
        let whole = (form != Form::ReadOnly).then(|| name.to_owned());
        let readonly = (form != Form::ReadWrite).then(|| format!("{name}:readonly"));
        whole.into_iter().chain(readonly)
    })
}

/// `GET /api/v2/oauth/scopes`
pub(super) async fn get_scopes() -> Json<Value> {
    let entities: Vec<Value> = ids().map(|id| described(&id)).collect();
    Json(json!({ "total": entities.len(), "entities": entities, "selfUri": "/api/v2/oauth/scopes" }))
}

/// `GET /api/v2/oauth/scopes/{scopeId}`
pub(super) async fn get_scope(Path(asked): Path<String>) -> Result<Json<Value>, Refusal> {
    let known = ids().find(|id| *id == asked).ok_or_else(|| Refusal::not_found("The scope"))?;
    Ok(Json(described(&known)))
}

fn described(id: &str) -> Value {
    let description = match id.strip_suffix(":readonly") {
        Some(name) => format!("Read {}", name.replace('-', " ")),
        None => format!("Read and change {}", id.replace('-', " ")),
    };
    json!({ "id": id, "description": description, "selfUri": format!("/api/v2/oauth/scopes/{id}") })
}
