//! `GET /rollcall/audit`: who changed what, the newest first.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use protocol::Timestamp;
use serde_json::{Value, json};

use super::Params;
use crate::{
    App,
    audit::{Action, Outcome},
    gate::MayAudit,
    problem::Problem,
    store::Query,
};

/// Records a page: as many as a person scrolls through.
const PAGE_SIZE_MAX: u32 = 500;

/// What can be asked for.
const KNOWN: [&str; 9] =
    ["userId", "actor", "action", "outcome", "complianceTag", "from", "to", "pageSize", "pageNumber"];

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
    let word = |name: &str, known: &[&str]| match one(name) {
        // Another one would find nothing, which looks like an answer.
        Some(asked) if !known.contains(&asked.as_str()) => {
            Err(Problem::BadRequest(format!("{name}: \"{asked}\" is none of {}", known.join(", "))))
        }
        asked => Ok(asked),
    };
    let (from_ms, to_ms) = (date("from")?, date("to")?);
    if from_ms.zip(to_ms).is_some_and(|(from, to)| from > to) {
        return Err(Problem::BadRequest("from is later than to: exchange them".to_owned()));
    }
    let skip = u64::from(number - 1) * u64::from(size);
    let query = Query {
        user: one("userId").map(|id| id.to_ascii_lowercase()),
        actor: params.text("actor"),
        action: word("action", &Action::ALL.map(Action::name))?,
        outcome: word("outcome", &Outcome::ALL.map(Outcome::name))?,
        tag: params.text("complianceTag"),
        from_ms,
        to_ms,
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
