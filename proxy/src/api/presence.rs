//! `GET /api/v2/presence/definitions`, as polled and shared by all, and `GET /rollcall/presences`, the catalogue of what can be set.

use std::sync::Arc;

use axum::{Json, extract::State};
use rules::Catalogue;
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

/// What can be set: the states that every organisation has, each with the organisation's own reasons below it.
pub async fn catalogue(_: MayRead, State(app): State<Arc<App>>) -> Result<Json<Value>, Problem> {
    let catalogue = Catalogue::of(&app.complete_book()?.definitions);
    let choosable = || catalogue.entries().filter(|entry| !entry.is_deactivated);
    let states = choosable().filter(|entry| !entry.is_reason).map(|state| {
        let reasons = choosable().filter(|entry| entry.is_reason && entry.system == state.system);
        let reasons = reasons.map(|reason| json!({ "id": reason.id, "label": reason.label }));
        json!({
            "id": state.id,
            "label": state.label,
            "systemPresence": state.system.in_user(),
            "needsReason": app.guard.needs_reason(&state.system),
            "reasons": reasons.collect::<Vec<Value>>(),
        })
    });
    Ok(Json(json!({ "states": states.collect::<Vec<Value>>() })))
}
