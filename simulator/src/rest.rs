//! The face of REST: the routes of this part on one page, and what every call passes through.
//!
//! | file | holds |
//! | --- | --- |
//! | [`gate`] | correlation id, token, rate headers, faults, counting |
//! | [`cors`] | what lets pages of other addresses call |
//! | [`permission`] | which permissions a route needs |
//! | [`query`], [`page`] | query parameters as SDKs send them; paging as Genesys answers it |
//! | [`body`] | what users, queues and presences look like |
//! | [`download`] | large answers by an address of their own |
//! | [`typed_body`], [`complaint`] | bodies of calls, and what is said about those that are wrong |
//! | the others | one file per family of routes |

mod abilities;
mod analytics;
mod audits;
mod author;
pub(crate) mod body;
mod complaint;
mod conversations;
mod cors;
mod download;
mod gate;
mod groups;
mod limits;
mod me;
mod members;
mod observations;
mod page;
pub(crate) mod permission;
mod permissions;
mod presence_bulk;
mod presences;
mod query;
mod queues;
mod routing_status;
mod scopes;
mod settings;
mod teams;
mod tokens;
mod typed_body;
mod user_queues;
mod user_search;
mod user_state;
mod user_writes;
mod users;
mod wait_time;
mod workforce;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::{delete, get, post},
};

pub(crate) use self::{
    audits::AuditQueries,
    conversations::DetailJobs,
    download::Downloads,
    query::Query,
    typed_body::{AnyBody, ExactBody, SharedBody, TypedBody},
    workforce::Jobs,
};
use crate::{control, notify, oauth, refusal::Refusal, shared::Shared};

/// Largest body of a call.
/// Source: Genesys' limit `request.bytes.max`.
pub(crate) const BODY_MAX_BYTES: usize = 512_000;

/// Every route of the simulator.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/oauth/authorize", get(oauth::get_authorize).post(oauth::post_authorize))
        .route("/oauth/token", post(oauth::post_token))
        .route("/channels/{channelId}", get(notify::get_socket))
        .route("/api/v2/analytics/conversations/activity/query", post(conversations::post_activity_query))
        .route("/api/v2/analytics/conversations/aggregates/query", post(conversations::post_aggregates_query))
        .route("/api/v2/analytics/conversations/details/query", post(conversations::post_details_query))
        .route("/api/v2/authorization/divisionspermitted/me", get(me::get_divisions_permitted))
        .route("/api/v2/authorization/permissions", get(permissions::get_permissions))
        .route("/api/v2/analytics/agents/status/counts", post(analytics::agents_status::post_counts))
        .route("/api/v2/analytics/agents/status/query", post(analytics::agents_status::post_query))
        .route("/api/v2/analytics/agents/{userId}/status", get(analytics::agents_status::get_status))
        .route("/api/v2/analytics/queues/observations/query", post(observations::post_query))
        .route("/api/v2/analytics/routing/activity/query", post(analytics::activity::post_routing))
        .route("/api/v2/analytics/teams/activity/query", post(analytics::activity::post_teams))
        .route("/api/v2/analytics/users/activity/query", post(analytics::activity::post_users))
        .route("/api/v2/analytics/users/aggregates/query", post(analytics::user_aggregates::post_query))
        .route("/api/v2/analytics/users/details/query", post(analytics::user_details::post_query))
        .route("/api/v2/analytics/users/observations/query", post(analytics::user_observations::post_query))
        .route("/api/v2/date", get(tokens::get_date))
        .route("/api/v2/oauth/scopes", get(scopes::get_scopes))
        .route("/api/v2/oauth/scopes/{scopeId}", get(scopes::get_scope))
        .route("/api/v2/organizations/limits/docs", get(limits::get_docs))
        .route("/api/v2/organizations/limits/namespaces", get(limits::get_namespaces))
        .route("/api/v2/organizations/limits/namespaces/{namespaceName}", get(limits::get_namespace))
        .route("/api/v2/organizations/limits/namespaces/{namespaceName}/defaults", get(limits::get_defaults))
        .route("/api/v2/organizations/me", get(me::get_organization))
        .merge(settings::routes())
        .route("/api/v2/presence/definitions", get(presences::get_definitions))
        .route("/api/v2/presence/definitions/{definitionId}", get(presences::get_definition))
        .route("/api/v2/routing/queues", get(queues::get_queues))
        .route("/api/v2/routing/queues/{queueId}", get(queues::get_queue).put(queues::put_queue))
        .route("/api/v2/routing/queues/divisionviews", get(queues::get_division_views))
        .route("/api/v2/routing/queues/divisionviews/all", get(queues::get_all_division_views))
        .route("/api/v2/routing/queues/{queueId}/estimatedwaittime", get(wait_time::get_estimate))
        .route(
            "/api/v2/tokens/me",
            get(tokens::get_token).head(tokens::head_token).delete(tokens::delete_token),
        )
        .route("/api/v2/tokens/{userId}", delete(tokens::delete_tokens_of_user))
        .route("/api/v2/users", get(users::get_users))
        .route("/api/v2/users/me", get(me::get_me))
        .route("/api/v2/users/query", get(user_search::get_query))
        .route("/api/v2/users/search", get(user_search::get_search).post(user_search::post_search))
        .route("/api/v2/users/{userId}", get(users::get_user).patch(user_writes::patch_user))
        .route(
            "/api/v2/users/{userId}/outofoffice",
            get(user_writes::get_out_of_office).put(user_writes::put_out_of_office),
        )
        .route(
            "/api/v2/users/{userId}/presences/{sourceId}",
            get(presences::get_user_presence).patch(presences::patch_user_presence),
        )
        .route(
            "/api/v2/users/{userId}/routingstatus",
            get(routing_status::get_routing_status).put(routing_status::put_routing_status),
        )
        .merge(conversations::routes_of_jobs())
        .merge(abilities::routes())
        .merge(audits::routes())
        .route("/downloads/{downloadId}", get(download::get_download))
        .merge(workforce::routes())
        .merge(groups::routes())
        .merge(members::routes())
        .merge(presence_bulk::routes())
        .merge(teams::routes())
        .merge(user_queues::routes())
        .merge(user_state::routes())
        .merge(notify::routes())
        .merge(control::routes())
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(shared.clone(), gate::pass))
        .layer(from_fn(cors::pass))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .with_state(shared.clone())
}

async fn no_such_route() -> Refusal {
    Refusal::not_found("The requested resource")
}

async fn no_such_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method.not.allowed",
        "the resource does not know this method",
    )
}
