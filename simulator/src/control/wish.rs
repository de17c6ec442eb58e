//! What the control face can be told, read and checked before anything is done: scenario and clock.
//! Faults are read in `fault`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{config::is_rate, scenario::Scenario, world::World};

/// The furthest that the clock can be moved at once: a week, some million happenings.
const ADVANCE_SECONDS_MAX: f64 = 604_800.0;

/// A scenario and a pace, as JSON says them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SceneBody {
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    events_per_second: Option<Option<f64>>,
}

/// A scenario and a pace; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scene {
    scenario: Option<Scenario>,
    /// `Some(None)` is the natural pace.
    events_per_second: Option<Option<f64>>,
}

impl SceneBody {
    /// The error says what to mend.
    pub(crate) fn check(self) -> Result<Scene, String> {
        let scenario = match self.name.as_deref() {
            None => None,
            Some(name) => Some(Scenario::named(name).ok_or_else(|| {
                let names = Scenario::ALL.map(Scenario::name).join(", ");
                format!("name: expected one of {names}")
            })?),
        };
        if self.events_per_second.flatten().is_some_and(|rate| !is_rate(rate)) {
            return Err("eventsPerSecond: expected null or a number from 0 to 100000".to_owned());
        }
        Ok(Scene { scenario, events_per_second: self.events_per_second })
    }
}

impl Scene {
    /// Plays it from now on; answers what is played.
    pub(crate) fn play(self, world: &mut World) -> Value {
        let scenario = self.scenario.unwrap_or(world.scenario);
        let rate = self.events_per_second.unwrap_or(world.events_per_second());
        world.play(scenario, rate);
        tracing::info!(scenario = scenario.name(), events_per_second = rate, "scenario changed");
        json!({ "name": scenario.name(), "eventsPerSecond": rate })
    }
}

/// How far to move the clock, as JSON says it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClockBody {
    advance_seconds: f64,
}

impl ClockBody {
    /// How far, in milliseconds; the error says what to mend.
    pub(crate) fn check(self) -> Result<i64, String> {
        if !(0.0..=ADVANCE_SECONDS_MAX).contains(&self.advance_seconds) {
            return Err(format!("advanceSeconds: expected 0 to {ADVANCE_SECONDS_MAX}"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "checked against a bound of a week")]
        let ms = (self.advance_seconds * 1_000.0).round() as i64;
        Ok(ms)
    }
}

/// Tells a member that is null from one that is not there.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<f64>>, D::Error> {
    Option::<f64>::deserialize(deserializer).map(Some)
}
