//! `/healthz`, `/readyz`, `/metrics`: for whoever watches over the proxy.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};

use crate::{App, waits};

/// After this long a Genesys outage must not keep the proxy out of its load balancer.
const READY_AFTER_MS: i64 = 30_000;

/// The process lives.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The first complete read is done, or has had its time; after that never again because of upstream.
pub async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let late = app.steady.now().ms_since(app.started) >= READY_AFTER_MS;
    let book = app.book.read().expect("nobody panics while holding the book");
    if book.complete || late {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("waiting for the first complete read: {}\n", waits::words(&book, &app.clients.budgets())),
        )
    }
}

/// Figures for Prometheus.
pub async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    // What is true of this moment is taken when it is asked for.
    let now = app.steady.now();
    app.metrics.upstream.note(&app.clients.budgets(), now);
    app.metrics.standing.note_program(app.assets.build(), now.ms_since(app.started));
    app.metrics.standing.note_shards(&app.book(), &app.plans.borrow(), app.capacity, app.clock.now());
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], app.metrics.text())
}
