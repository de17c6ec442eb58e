//! `/api/v2/organizations/limits`: what the simulator allows, by namespace. The keys of rates and of
//! the largest body are Genesys' own; the others are named after what they bound.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use protocol::topic::TOPICS_PER_CHANNEL;
use serde_json::{Value, json};

use super::{BODY_MAX_BYTES, Query, gate::rate_limit_key, page::Page};
use crate::{
    config::{Config, Grant},
    notify::CHANNELS_PER_CLIENT,
    refusal::Refusal,
    shared::Shared,
};

/// Namespaces a page, when the call does not say, and at most.
const PAGE_DEFAULT: usize = 100;
/// Where people read about limits.
const DOCUMENTATION: &str = "https://developer.genesys.cloud/organization/organization/limits";

/// One limit.
struct Limit {
    namespace: &'static str,
    key: &'static str,
    value: usize,
    says: &'static str,
}

/// All limits, those of a namespace together.
fn limits(config: &Config) -> Vec<Limit> {
    let limit = |namespace, key, value, says| Limit { namespace, key, value, says };
    let calls = usize::try_from(config.calls_per_minute).unwrap_or(usize::MAX);
    let mints = usize::try_from(config.token_mints_per_minute).unwrap_or(usize::MAX);
    vec![
        limit("analytics", "aggregates.days.max", 31, "days of an interval"),
        limit(
            "auth.api",
            "client.token.mints.per.minute",
            mints,
            "tokens that a client may ask for a minute",
        ),
        limit(
            "notifications",
            "channels.per.user.app.max",
            CHANNELS_PER_CLIENT,
            "channels of a user and application",
        ),
        limit("notifications", "topics.per.channel.max", TOPICS_PER_CHANNEL, "topics of a channel"),
        limit(
            "platform.api",
            rate_limit_key(Grant::ClientCredentials),
            calls,
            "calls a minute with a token of client credentials",
        ),
        limit("platform.api", rate_limit_key(Grant::Code), calls, "calls a minute with any other token"),
        limit(
            "platform.api",
            "org.app.user.rate.per.minute",
            if config.answers.app_user_limit_is_300 { 300 } else { 3_000 },
            "calls a minute of a user through one application; not counted here",
        ),
        limit(
            "platform.api",
            "org.user.rate.per.minute",
            3_000,
            "calls a minute of a user; not counted here",
        ),
        limit("platform.api", "request.bytes.max", BODY_MAX_BYTES, "bytes of a body"),
        limit("presence", "bulk.users.max", 50, "users of a bulk call"),
        limit("routing", "queue.members.per.call.max", 100, "members that one call adds or changes"),
        limit("workforce.management.adherence", "user.ids.max", 100, "users of one call"),
    ]
}

impl Limit {
    fn described(&self) -> Value {
        json!({ "key": self.key, "namespace": self.namespace, "value": self.value })
    }
}

fn namespaces(limits: &[Limit]) -> Vec<&'static str> {
    let mut names: Vec<_> = limits.iter().map(|limit| limit.namespace).collect();
    names.dedup();
    names
}

/// `GET /api/v2/organizations/limits/namespaces`
pub(super) async fn get_namespaces(
    State(shared): State<Arc<Shared>>,
    query: Query,
) -> Result<Response, Refusal> {
    let page = Page::with_default(&query, PAGE_DEFAULT, PAGE_DEFAULT)?;
    let names = namespaces(&limits(&shared.config));
    Ok(Json(page.with_total(&query, &names, |name| *name)).into_response())
}

/// `GET /api/v2/organizations/limits/namespaces/{namespaceName}`
pub(super) async fn get_namespace(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    of_namespace(&shared.config, &name)
}

/// `GET /api/v2/organizations/limits/namespaces/{namespaceName}/defaults`
pub(super) async fn get_defaults(Path(name): Path<String>) -> Result<Json<Value>, Refusal> {
    of_namespace(&Config::default(), &name)
}

fn of_namespace(config: &Config, name: &str) -> Result<Json<Value>, Refusal> {
    let limits = limits(config);
    let entities: Vec<Value> =
        limits.iter().filter(|limit| limit.namespace == name).map(Limit::described).collect();
    if entities.is_empty() {
        return Err(Refusal::not_found("The namespace"));
    }
    Ok(Json(json!({ "entities": entities })))
}

/// `GET /api/v2/organizations/limits/docs`
pub(super) async fn get_docs(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let defaults = limits(&Config::default());
    let limits = limits(&shared.config);
    let namespaces: Vec<Value> = namespaces(&limits)
        .into_iter()
        .map(|name| {
            let docs: Vec<Value> = limits
                .iter()
                .filter(|limit| limit.namespace == name)
                .map(|limit| {
                    let default = defaults.iter().find(|default| default.key == limit.key);
                    json!({
                        "key": limit.key,
                        "description": limit.says,
                        "defaultValue": default.map_or(limit.value, |default| default.value),
                    })
                })
                .collect();
            json!({ "name": name, "friendlyName": name.replace('.', " "), "limits": docs })
        })
        .collect();
    Json(json!({ "url": DOCUMENTATION, "namespaces": namespaces }))
}
