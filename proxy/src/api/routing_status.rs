//! `/api/v2/users/{id}/routingstatus`: read from the board, set through the gate.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use protocol::UserId;
use serde_json::json;

use super::write::{self, Body};
use crate::{App, gate::MayWrite, guard::Change, problem::Problem};

/// Members that only upstream writes.
const READ_ONLY: [&str; 3] = ["userId", "startTime", "selfUri"];

/// Sets it: from NOT_RESPONDING to IDLE or OFF_QUEUE.
pub async fn put(
    MayWrite(caller): MayWrite,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let said = write::said(body)?;
    let members = write::members(&said, "routing status", (&["status"], &READ_ONLY))?;
    let status = write::text(members, "status")?
        .ok_or_else(|| Problem::BadRequest("status is missing: {\"status\": \"IDLE\"}".to_owned()))?;
    let change = Change::RoutingStatus(status);
    let asked = write::asked(UserId::new(&id), change, said, &headers)?;
    let done = app.guard.write(&caller, &asked).await?;
    Ok(write::answer(&done, json!(done.stands)))
}
