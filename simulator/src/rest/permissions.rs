//! `GET /api/v2/authorization/permissions`: every permission that some route needs, by domain.

use std::collections::BTreeMap;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Query, page::Page, permission};
use crate::refusal::Refusal;

/// Domains a page.
const PAGE_MAX: usize = 100;

/// By entity: the permissions of one domain.
type Domain = BTreeMap<&'static str, Vec<&'static str>>;

/// `GET /api/v2/authorization/permissions`
pub(super) async fn get_permissions(query: Query) -> Result<Response, Refusal> {
    let page = Page::of(&query, PAGE_MAX)?;
    let wanted = query.text("query").unwrap_or_default().to_ascii_lowercase();
    let by_domain = match query.text("queryType").unwrap_or("permission") {
        "domain" => true,
        "permission" => false,
        _ => return Err(Refusal::invalid_value("queryType: expected domain or permission")),
    };
    let mut domains: BTreeMap<&str, Domain> = BTreeMap::new();
    for name in permission::names() {
        let [domain, entity, _] = name.splitn(3, ':').collect::<Vec<_>>()[..] else { continue };
        let sought = if by_domain { domain } else { name };
        if sought.to_ascii_lowercase().contains(&wanted) {
            domains.entry(domain).or_default().entry(entity).or_default().push(name);
        }
    }
    let domains: Vec<_> = domains.into_iter().collect();
    let listing = page.with_total(&query, &domains, |(domain, entities)| described(domain, entities));
    Ok(Json(listing).into_response())
}

fn described(domain: &str, entities: &Domain) -> Value {
    let permissions: BTreeMap<&str, Vec<Value>> = entities
        .iter()
        .map(|(entity, names)| (*entity, names.iter().map(|name| one(name)).collect()))
        .collect();
    json!({ "id": domain, "name": domain, "domain": domain, "permissionMap": permissions })
}

fn one(name: &str) -> Value {
    let mut parts = name.splitn(3, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (domain, entity, action) = (next(), next(), next());
    json!({
        "domain": domain,
        "entityType": entity,
        "action": action,
        "label": format!("{domain} {entity} {action}"),
        "allowsConditions": false,
        "divisionAware": false,
    })
}
