//! `GET /rollcall/audit`: who changed what, the newest first.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use protocol::Timestamp;
use serde_json::{Value, json};

use super::Params;
use crate::{App, gate::MayAudit, problem::Problem, store::Query};

/// Records a page: as many as a person scrolls through.
const PAGE_SIZE_MAX: u32 = 500;

/// What can be asked for.
const KNOWN: [&str; 8] = ["userId", "actor", "action", "outcome", "from", "to", "pageSize", "pageNumber"];

/// Records, by whom, of whom, and when.
pub async fn find(
    _: MayAudit,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let params = Params::parse(query.as_deref());
    // A filter that is not known would be taken for one that finds everything.
    params.only(&KNOWN)?;
    let (number, size) = params.paging(PAGE_SIZE_MAX)?;
    let one = |name: &str| params.list(name).first().cloned();
    let date = |name: &str| match one(name) {
        None => Ok(None),
        Some(text) => text
            .parse::<Timestamp>()
            .map(|at| Some(at.as_ms()))
            .map_err(|error| Problem::BadRequest(format!("{name}: {error}"))),
    };
    let skip = u64::from(number - 1) * u64::from(size);
    let query = Query {
        user: one("userId").map(|id| id.to_ascii_lowercase()),
        actor: one("actor"),
        action: one("action"),
        outcome: one("outcome"),
        from_ms: date("from")?,
        to_ms: date("to")?,
        skip,
        most: size,
    };
    let found =
        app.store.find_records(query).await.map_err(|error| Problem::Unreadable(error.to_string()))?;
    let entities: Vec<Value> = found
        .texts
        .iter()
        .map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!({ "text": text })))
        .collect();
    Ok(Json(json!({
        "entities": entities,
        "pageSize": size,
        "pageNumber": number,
        "total": found.total,
        "pageCount": found.total.div_ceil(u64::from(size)),
    })))
}
