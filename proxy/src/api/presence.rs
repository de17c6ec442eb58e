//! `GET /api/v2/presence/definitions`: as polled, shared by all.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{App, gate::MayRead, problem::Problem};

/// The definitions that are not deactivated; Genesys does not page them.
pub async fn definitions(_: MayRead, State(app): State<Arc<App>>) -> Result<Json<Value>, Problem> {
    let book = app.complete_book()?;
    Ok(Json(json!({
        "entities": book.definitions,
        "total": book.definitions.len(),
        "selfUri": "/api/v2/presence/definitions",
    })))
}
