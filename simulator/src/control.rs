//! The control face, for tests and demos: the truth, the scenario, the faults and the clock.
//! Answered to this machine only, unless the configuration says otherwise.

mod truth;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    config::is_rate,
    fault::Kind,
    notify::{Fate, Reason},
    refusal::Refusal,
    rest::TypedBody,
    scenario::Scenario,
    shared::Shared,
};

/// How long a fault lasts when the order does not say.
const FAULT_SECONDS_DEFAULT: f64 = 10.0;
/// The longest that a fault can be ordered for: a day.
const FAULT_SECONDS_MAX: f64 = 86_400.0;
/// The furthest that the clock can be moved at once: a week, some million happenings.
const ADVANCE_SECONDS_MAX: f64 = 604_800.0;

/// The routes under `/simulator`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/simulator/truth", get(get_truth))
        .route("/simulator/scenario", post(post_scenario))
        .route("/simulator/faults", post(post_faults))
        .route("/simulator/clock", post(post_clock))
}

type Shareds = State<Arc<Shared>>;

async fn get_truth(State(shared): Shareds) -> Json<truth::Truth> {
    Json(truth::Truth::of(&shared.enter()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ScenarioBody {
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    events_per_second: Option<Option<f64>>,
}

/// What is not named stays as it is; `"eventsPerSecond": null` is the natural pace.
async fn post_scenario(
    State(shared): Shareds,
    TypedBody(body): TypedBody<ScenarioBody>,
) -> Result<Json<Value>, Refusal> {
    let mut state = shared.enter();
    let world = &mut state.world;
    let scenario = match body.name.as_deref() {
        None => world.scenario,
        Some(name) => Scenario::named(name).ok_or_else(|| {
            let names = Scenario::ALL.map(Scenario::name).join(", ");
            Refusal::invalid_value(format!("name: expected one of {names}"))
        })?,
    };
    let rate = body.events_per_second.unwrap_or(world.events_per_second());
    if !rate.is_none_or(is_rate) {
        return Err(Refusal::invalid_value("eventsPerSecond: expected null or a number from 0 to 100000"));
    }
    world.play(scenario, rate);
    tracing::info!(scenario = scenario.name(), events_per_second = rate, "scenario changed");
    Ok(Json(json!({ "name": scenario.name(), "eventsPerSecond": rate })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FaultBody {
    kind: String,
    seconds: Option<f64>,
    rate: Option<f64>,
}

async fn post_faults(
    State(shared): Shareds,
    TypedBody(body): TypedBody<FaultBody>,
) -> Result<Json<Value>, Refusal> {
    let kind = Kind::named(&body.kind).ok_or_else(|| {
        let names = Kind::ALL.map(Kind::name).join(", ");
        Refusal::invalid_value(format!("kind: expected one of {names}"))
    })?;
    let seconds = body.seconds.unwrap_or(FAULT_SECONDS_DEFAULT);
    if !(0.0..=FAULT_SECONDS_MAX).contains(&seconds) {
        return Err(Refusal::invalid_value(format!("seconds: expected 0 to {FAULT_SECONDS_MAX}")));
    }
    let rate = body.rate.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&rate) {
        return Err(Refusal::invalid_value("rate: expected 0 to 1, a share"));
    }
    let mut state = shared.enter();
    let answer = match kind {
        Kind::CloseSockets => {
            let sockets = state.hub.decide_all(Fate::Close(Reason::Fault));
            json!({ "kind": kind.name(), "sockets": sockets })
        }
        Kind::SilentSockets => {
            let sockets = state.hub.decide_all(Fate::Silence);
            json!({ "kind": kind.name(), "sockets": sockets })
        }
        Kind::ServerError => {
            let until = state.world.now.plus_ms(whole_ms(seconds));
            state.faults.server_error(until, rate);
            json!({ "kind": kind.name(), "until": until, "rate": rate })
        }
    };
    tracing::info!(fault = kind.name(), "fault ordered");
    Ok(Json(answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClockBody {
    advance_seconds: f64,
}

async fn post_clock(
    State(shared): Shareds,
    TypedBody(body): TypedBody<ClockBody>,
) -> Result<Json<Value>, Refusal> {
    if !(0.0..=ADVANCE_SECONDS_MAX).contains(&body.advance_seconds) {
        return Err(Refusal::invalid_value(format!("advanceSeconds: expected 0 to {ADVANCE_SECONDS_MAX}")));
    }
    shared.clock.advance_ms(whole_ms(body.advance_seconds));
    Ok(Json(json!({ "now": shared.enter().world.now })))
}

fn whole_ms(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "checked against a bound of some days")]
    let ms = (seconds * 1_000.0).round() as i64;
    ms
}

/// Tells a member that is null from one that is not there.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<f64>>, D::Error> {
    Option::<f64>::deserialize(deserializer).map(Some)
}
