//! The control face, for tests and demos: the truth, the scenario, the faults, the clock and the
//! timeline.
//! Answered to this machine only, unless the configuration says otherwise.

mod strike;
mod truth;
mod wish;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use serde_json::{Value, json, value::RawValue};

#[cfg(test)]
pub(crate) use self::truth::agents_and_queues;
pub(crate) use self::{
    strike::strike,
    wish::{ClockBody, Scene, SceneBody},
};
use crate::{fault::Order, refusal::Refusal, rest::ExactBody, shared::Shared, timeline::Timeline};

/// The routes under `/simulator`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/simulator/truth", get(get_truth))
        .route("/simulator/scenario", post(post_scenario))
        .route("/simulator/faults", get(get_faults).post(post_faults).delete(delete_faults))
        .route("/simulator/clock", post(post_clock))
        .route("/simulator/timeline", get(get_timeline).post(post_timeline).delete(delete_timeline))
}

type Shareds = State<Arc<Shared>>;

async fn get_truth(State(shared): Shareds) -> Json<truth::Truth> {
    Json(truth::Truth::of(&shared.enter(), shared.config.calls_per_minute))
}

/// What is not named stays as it is; `"eventsPerSecond": null` is the natural pace.
async fn post_scenario(
    State(shared): Shareds,
    ExactBody(body): ExactBody<SceneBody>,
) -> Result<Json<Value>, Refusal> {
    let scene = body.check().map_err(Refusal::invalid_value)?;
    Ok(Json(scene.play(&mut shared.enter().world)))
}

async fn get_faults(State(shared): Shareds) -> Json<Value> {
    let state = shared.enter();
    Json(json!({ "faults": state.faults.listed(state.world.now) }))
}

async fn post_faults(
    State(shared): Shareds,
    ExactBody(body): ExactBody<Value>,
) -> Result<Json<Value>, Refusal> {
    let order = Order::read(&body).map_err(Refusal::invalid_value)?;
    Ok(Json(strike(&mut shared.enter(), &shared.config, order)))
}

async fn delete_faults(State(shared): Shareds) -> Json<Value> {
    Json(json!({ "ended": strike::end_all(&mut shared.enter()) }))
}

async fn post_clock(
    State(shared): Shareds,
    ExactBody(body): ExactBody<ClockBody>,
) -> Result<Json<Value>, Refusal> {
    shared.clock.advance_ms(body.check().map_err(Refusal::invalid_value)?);
    Ok(Json(json!({ "now": shared.enter().world.now })))
}

async fn get_timeline(State(shared): Shareds) -> Result<Json<Value>, Refusal> {
    let state = shared.enter();
    let playing = state.timeline.as_ref().ok_or_else(|| Refusal::not_found("a timeline that is played"))?;
    Ok(Json(playing.described()))
}

/// Plays a timeline from now on, in the place of one that is played.
async fn post_timeline(
    State(shared): Shareds,
    ExactBody(body): ExactBody<Box<RawValue>>,
) -> Result<Json<Value>, Refusal> {
    let timeline = Timeline::read(body.get()).map_err(|error| Refusal::invalid_value(error.to_string()))?;
    {
        let mut state = shared.enter();
        let now = state.world.now;
        state.timeline = Some(timeline.play(now));
    }
    // Entering again plays what is due at once.
    get_timeline(State(shared)).await
}

/// The steps that are left are not played; faults in force stay.
async fn delete_timeline(State(shared): Shareds) -> Result<Json<Value>, Refusal> {
    let playing = shared.enter().timeline.take();
    let playing = playing.ok_or_else(|| Refusal::not_found("a timeline that is played"))?;
    Ok(Json(playing.described()))
}
