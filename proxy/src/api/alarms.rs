//! `/rollcall/walls/{id}/alarms/…`: somebody takes note of an alarm.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use tracing::info;

use crate::{App, feed::Input, gate::MayAcknowledge, problem::Problem};

/// Takes note of an alarm, on all screens of all walls that show it. A second time changes nothing.
pub async fn acknowledge(
    caller: MayAcknowledge,
    State(app): State<Arc<App>>,
    Path((wall, alarm)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let wall = app.wall(&wall)?.id;
    let asked = alarm.clone();
    let (of, by) = (wall.clone(), caller.0.owner());
    let taken = app.feed.ask(|reply| Input::Acknowledge { wall, alarm, reply }).await;
    let taken = taken.ok_or(Problem::Stopping)?.ok_or_else(|| {
        Problem::NotFound(format!("there is no alarm {asked} on the wall {of}, or it is over by now"))
    })?;
    info!(wall.id = %of, alarm.id = taken.id, alarm.level = taken.level.as_str(), by = &*by.name, "alarm acknowledged");
    Ok(StatusCode::NO_CONTENT)
}
