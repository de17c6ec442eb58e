//! Every route, on one page. What is not here is 404.

use std::sync::Arc;

use axum::{
    Extension, Router,
    http::{Method, Uri},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, head, post, put},
};

use crate::{
    App,
    api::{
        activity, alarms, audit, embed, health, notifications, page, presence, presences, publish, queues,
        routing_status, skills, status, temporary_skills, token, users, walls,
    },
    caller::{Action, Caller, CallerKind, permit},
    gate::gate,
    idempotency,
    problem::Problem,
};

/// All routes of the proxy.
pub fn router(app: Arc<App>) -> Router {
    let channel = "/api/v2/notifications/channels/{id}";
    let subscriptions = get(notifications::subscriptions)
        .post(notifications::add)
        .put(notifications::replace)
        .delete(notifications::remove);
    Router::new()
        // The page.
        .route("/", get(page::index))
        .route("/walls", get(page::index))
        .route("/wall/{id}", get(page::wall))
        .route("/console", get(page::console))
        .route("/console/{page}", get(page::console))
        .route("/channels/{id}", get(page::socket))
        // Ours.
        .route("/embed/{wall}", get(embed::page))
        .route(embed::TOKEN_PATH, post(embed::token))
        .route("/rollcall/walls", get(walls::list))
        .route("/rollcall/walls/{id}", get(walls::get))
        .route("/rollcall/walls/{id}/channel", post(walls::open))
        .route("/rollcall/walls/{id}/alarms/{alarm}/acknowledge", post(alarms::acknowledge))
        .route("/rollcall/status", get(status::get))
        .route("/rollcall/presences", get(presence::catalogue))
        .route("/rollcall/users/{id}/skills", get(temporary_skills::list))
        .route("/rollcall/activity", get(activity::get))
        .route("/rollcall/audit", get(audit::find))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        // Genesys'.
        .route("/oauth/token", post(token::post))
        .route("/api/v2/users", get(users::list))
        .route("/api/v2/users/{id}", get(users::get))
        .route("/api/v2/users/{id}/routingskills", get(skills::list))
        .merge(writes(&app))
        .route("/api/v2/users/{id}/queues", get(users::queues))
        .route("/api/v2/users/presence", get(publish::open))
        .route("/api/v2/presence/definitions", get(presence::definitions))
        .route("/api/v2/routing/queues", get(queues::list))
        .route("/api/v2/routing/queues/{id}", get(queues::get))
        .route("/api/v2/routing/queues/{id}/members", get(queues::members))
        .route("/api/v2/analytics/queues/observations/query", post(queues::observations))
        .route("/api/v2/notifications/availabletopics", get(notifications::available))
        .route("/api/v2/notifications/channels", get(notifications::list).post(notifications::create))
        .route(channel, head(notifications::head))
        .route(&format!("{channel}/subscriptions"), subscriptions)
        // All else: what Genesys has and we do not, and the app's files.
        .route("/api/{*rest}", axum::routing::any(unknown))
        .route("/rollcall/{*rest}", axum::routing::any(unknown))
        .method_not_allowed_fallback(wrong_method)
        .fallback(page::file)
        .layer(from_fn_with_state(app.clone(), gate))
        .with_state(app)
}

/// What changes agents: each request may carry an `Idempotency-Key`.
fn writes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route(
            "/rollcall/users/{id}/skills/{skill}",
            post(temporary_skills::change).delete(temporary_skills::restore),
        )
        .route("/api/v2/users/{id}/presences/{source}", get(users::get_presence).patch(presences::patch))
        .route("/api/v2/users/{id}/routingstatus", get(users::get_routing_status).put(routing_status::put))
        .route("/api/v2/users/{id}/routingskills/bulk", put(skills::put_bulk).patch(skills::patch_bulk))
        .route("/api/v2/users/{id}/routingskills/{skill}", put(skills::put))
        .route("/api/v2/users/presences/bulk", put(presences::put_bulk))
        .route_layer(from_fn_with_state(app.clone(), idempotency::once))
}

async fn unknown(caller: Option<Extension<Caller>>, uri: Uri) -> Response {
    if let Err(problem) = may_know(caller) {
        return problem.into_response();
    }
    Problem::NotFound(format!("{} is not served here", uri.path())).into_response()
}

/// Those that there are stand in `Allow`, which the router adds.
async fn wrong_method(caller: Option<Extension<Caller>>, method: Method, uri: Uri) -> Response {
    match may_know(caller) {
        Ok(()) => Problem::WrongMethod(format!("{} is not served by {method}", uri.path())).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Who holds no role is not told what there is.
fn may_know(caller: Option<Extension<Caller>>) -> Result<(), Problem> {
    match caller {
        Some(Extension(caller)) if matches!(caller.kind, CallerKind::Screen(_)) => {
            permit(&caller, Action::Read)
        }
        Some(_) | None => Ok(()),
    }
}
