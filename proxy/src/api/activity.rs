//! `GET /rollcall/activity`: writes in figures.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde_json::{Value, json};

use super::Params;
use crate::{
    App,
    audit::{Record, activity},
    gate::MayAudit,
    problem::Problem,
    store::Query,
};

/// What can be asked for.
const KNOWN: [&str; 3] = ["userId", "actor", "minutes"];

/// Minutes that are looked at unless something else is asked for, and at most: a day.
const MINUTES: u32 = 60;
const MINUTES_MAX: u32 = 24 * 60;

/// Records that are looked at, the newest first: some ten megabytes, a moment's work.
const RECORDS_MAX: u32 = 20_000;

/// Figures of all writes, of one agent's or of one caller's.
pub async fn get(
    _: MayAudit,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let params = Params::parse(query.as_deref());
    params.only(&KNOWN)?;
    let one = |name: &str| params.list(name).first().cloned();
    let minutes = match one("minutes") {
        None => MINUTES,
        Some(text) => {
            text.parse().ok().filter(|minutes| (1..=MINUTES_MAX).contains(minutes)).ok_or_else(|| {
                Problem::BadRequest(format!("minutes: a whole number from 1 to {MINUTES_MAX}"))
            })?
        }
    };
    let to = app.guard.now();
    let mut from = to.plus_ms(-60_000 * i64::from(minutes));
    let query = Query {
        user: one("userId").map(|id| id.to_ascii_lowercase()),
        actor: params.text("actor"),
        from_ms: Some(from.as_ms()),
        most: RECORDS_MAX,
        ..Query::default()
    };
    let found =
        app.store.find_records(query).await.map_err(|error| Problem::Unreadable(error.to_string()))?;
    let unreadable = |error: serde_json::Error| Problem::Unreadable(format!("a record: {error}"));
    let records = found
        .texts
        .iter()
        .map(|text| serde_json::from_str(text).map_err(unreadable))
        .collect::<Result<Vec<Record>, Problem>>()?;
    if found.total > u64::from(RECORDS_MAX)
        && let Some(oldest) = records.last()
    {
        // There are more than are looked at: the figures are of the time of those that are.
        from = oldest.at;
    }
    let mut answer = json!(activity::of(&records, to.ms_since(from)));
    answer["from"] = json!(from);
    answer["to"] = json!(to);
    Ok(Json(answer))
}
