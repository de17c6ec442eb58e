//! `/api/v2/routing/queues/{queueId}/estimatedwaittime`

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use protocol::Timestamp;
use serde_json::{Value, json};

use super::Query;
use crate::{
    refusal::Refusal,
    shared::Shared,
    world::{ConversationKey, Queue},
};

/// `GET /api/v2/routing/queues/{queueId}/estimatedwaittime`: for who would come now, or for a
/// conversation that waits.
pub(super) async fn get_estimate(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let world = &state.world;
    let queue = world.queue(&id).ok_or_else(|| Refusal::not_found("The queue"))?;
    let queue = &world.queues[queue.0];
    let ahead = match query.text("conversationId") {
        None => queue.lines.iter().map(|line| line.waiting.len()).sum(),
        Some(id) => waiting(queue)
            .iter()
            .position(|(_, key)| world.conversations.get(key).is_some_and(|is| is.id == id))
            .ok_or_else(|| Refusal::not_found("The conversation"))?,
    };
    Ok(Json(json!({
        "results": [{ "formula": "SIMPLE", "estimatedWaitTimeSeconds": estimate_s(queue, ahead) }],
    })))
}

/// Who waits, of whatever media type, the longest first.
fn waiting(queue: &Queue) -> BTreeSet<(Timestamp, ConversationKey)> {
    queue.lines.iter().flat_map(|line| line.waiting.iter().copied()).collect()
}

/// Those ahead are served one after the other by everybody who is On Queue, each for the queue's mean
/// handle time; nobody waits for an agent who is free.
fn estimate_s(queue: &Queue, ahead: usize) -> i64 {
    if queue.ready.len() > ahead {
        return 0;
    }
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let seconds = (ahead + 1) as f64 * (queue.talk_ms + queue.wrap_up_ms)
        / 1_000.0
        / f64::from(queue.tally.on_queue_all().max(1));
    #[expect(clippy::cast_possible_truncation, reason = "saturates, which is long enough")]
    let seconds = seconds.round() as i64;
    seconds
}
