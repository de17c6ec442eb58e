//! A timeline: an incident as a list of steps, each at its second, that the simulator plays by its
//! own clock.
//!
//! Pure: it is read and checked as a whole, and says which step is due; `control` carries steps out.

use anyhow::{anyhow, bail};
use protocol::Timestamp;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    control::{ClockBody, Scene, SceneBody},
    fault::Order,
};

/// The latest that a step can be played: a month.
const AT_SECONDS_MAX: f64 = 31.0 * 86_400.0;
/// Steps of a timeline: more than a month of one a minute.
const STEPS_MAX: usize = 50_000;
/// So many faults of a timeline are reported together.
const COMPLAINTS_MAX: usize = 20;
const MEMBERS: &str = "at, and one of scenario, fault, clock; a note if you like";

/// A scripted incident. Its form stands in `docs/simulator.md`, an example in `docs/incident.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
struct Step {
    at_ms: i64,
    note: Option<String>,
    action: Action,
    /// As it was written.
    said: Value,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Another kind of day, another pace.
    Scenario(Scene),
    /// Something goes wrong.
    Fault(Box<Order>),
    /// The clock is moved by so many milliseconds.
    Clock(i64),
}

/// A timeline that is played.
pub(crate) struct Playing {
    began: Timestamp,
    steps: Vec<Step>,
    /// What each played step did, and when.
    played: Vec<(Timestamp, Value)>,
}

impl Timeline {
    /// Reads a timeline, a JSON list of steps.
    ///
    /// # Errors
    /// When anything in it is wrong: every step in question with its line and what to mend.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let raw: Vec<&RawValue> = serde_json::from_str(text)
            .map_err(|error| anyhow!("a timeline is a JSON list of steps ({MEMBERS}): {error}"))?;
        if raw.len() > STEPS_MAX {
            bail!("{} steps; a timeline holds at most {STEPS_MAX}", raw.len());
        }
        let mut steps: Vec<Step> = Vec::with_capacity(raw.len());
        let mut complaints = Vec::new();
        for (number, raw) in (1..).zip(raw) {
            let earlier_ms = steps.last().map_or(0, |step| step.at_ms);
            match Step::read(raw.get(), earlier_ms) {
                Ok(step) => steps.push(step),
                Err(complaint) => {
                    complaints.push(format!("step {number} (line {}): {complaint}", line_of(text, raw)));
                }
            }
        }
        if complaints.is_empty() {
            return Ok(Self { steps });
        }
        let more = complaints.len().saturating_sub(COMPLAINTS_MAX);
        complaints.truncate(COMPLAINTS_MAX);
        if more > 0 {
            complaints.push(format!("and {more} more"));
        }
        bail!("the timeline is not played: {}", complaints.join("; "))
    }

    /// Begins now.
    pub(crate) fn play(self, now: Timestamp) -> Playing {
        Playing { began: now, steps: self.steps, played: Vec::new() }
    }
}

impl Step {
    fn read(text: &str, earlier_ms: i64) -> Result<Self, String> {
        let said: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let members = said.as_object().ok_or_else(|| format!("expected an object with {MEMBERS}"))?;
        let known = ["at", "note", "scenario", "fault", "clock"];
        if let Some(stranger) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("{stranger} is not known; expected {MEMBERS}"));
        }
        let at = members.get("at").and_then(Value::as_f64).filter(|at| (0.0..=AT_SECONDS_MAX).contains(at));
        let at = at.ok_or_else(|| format!("at: expected seconds since the start, 0 to {AT_SECONDS_MAX}"))?;
        #[expect(clippy::cast_possible_truncation, reason = "checked against a bound of a month")]
        let at_ms = (at * 1_000.0).round() as i64;
        if at_ms < earlier_ms {
            return Err("at: earlier than the step before it; write steps in the order of time".to_owned());
        }
        let note = match members.get("note") {
            None => None,
            Some(Value::String(note)) => Some(note.clone()),
            Some(_) => return Err("note: expected a text".to_owned()),
        };
        let action = Action::read(members)?;
        Ok(Self { at_ms, note, action, said })
    }
}

impl Action {
    fn read(members: &Map<String, Value>) -> Result<Self, String> {
        let given = (members.get("scenario"), members.get("fault"), members.get("clock"));
        match given {
            (Some(scene), None, None) => {
                let body: SceneBody = typed(scene).map_err(|error| format!("scenario: {error}"))?;
                body.check().map(Self::Scenario).map_err(|error| format!("scenario: {error}"))
            }
            (None, Some(fault), None) => Order::read(fault)
                .map(|order| Self::Fault(Box::new(order)))
                .map_err(|error| format!("fault: {error}")),
            (None, None, Some(clock)) => {
                let body: ClockBody = typed(clock).map_err(|error| format!("clock: {error}"))?;
                body.check().map(Self::Clock).map_err(|error| format!("clock: {error}"))
            }
            _ => Err(format!("expected {MEMBERS}")),
        }
    }
}

impl Playing {
    /// The next step, if it is due by now, and when it was due.
    pub(crate) fn due(&self, now: Timestamp) -> Option<(Timestamp, Action)> {
        let step = self.steps.get(self.played.len())?;
        let at = self.began.plus_ms(step.at_ms);
        (at <= now).then(|| (at, step.action.clone()))
    }

    /// The step that was due has been played, and did this.
    pub(crate) fn played(&mut self, at: Timestamp, did: Value) {
        if let Some(step) = self.steps.get(self.played.len()) {
            tracing::info!(step = self.played.len() + 1, note = step.note.as_deref(), "timeline step played");
        }
        self.played.push((at, did));
    }

    /// As `GET /simulator/timeline` shows it.
    pub(crate) fn described(&self) -> Value {
        let steps: Vec<Value> = self
            .steps
            .iter()
            .enumerate()
            .map(|(number, step)| {
                let mut shown = step.said.clone();
                if let Some((at, did)) = self.played.get(number) {
                    shown["played"] = json!(at);
                    shown["did"] = did.clone();
                }
                shown
            })
            .collect();
        let next = self.steps.get(self.played.len()).map(|step| self.began.plus_ms(step.at_ms));
        let mut all = json!({ "began": self.began, "steps": steps });
        if let Some(next) = next {
            all["next"] = json!(next);
        }
        all
    }
}

/// The line on which a step begins; it is a slice of the text.
fn line_of(text: &str, raw: &RawValue) -> usize {
    let offset = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

fn typed<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_is_refused_as_a_whole_with_every_step_in_question() {
        let check = |text: &str, hints: &[&str]| {
            let refusal = Timeline::read(text).unwrap_err().to_string();
            for hint in hints {
                assert!(refusal.contains(hint), "{text}: {refusal}");
            }
        };
        check("{}", &["a JSON list of steps", "line 1"]);
        check("[\n{\"at\": 0,}]", &["line 2"]);
        check(
            "[\n {\"at\": 0, \"scenario\": {\"name\": \"rush\"}},\n\n {\"at\": 5, \"fault\": {\"kind\": \"slow\", \"rate\": 2}},\n \
             {\"at\": \"x\", \"clock\": {\"advanceSeconds\": 1}}]",
            &[
                "step 2 (line 4): fault: rate: expected a number from 0 to 1",
                "step 3 (line 5): at: expected seconds",
            ],
        );
        check(r#"[{"at": 1}]"#, &["one of scenario, fault, clock"]);
        check(r#"[{"at": 1, "clock": {"advanceSeconds": 1}, "fault": {}}]"#, &["one of"]);
        check(r#"[{"at": 1, "clock": {"advanceSeconds": -1}}]"#, &["clock: advanceSeconds: expected 0 to"]);
        check(r#"[{"at": 1, "clock": {"back": 1}}]"#, &["clock: unknown field `back`"]);
        check(r#"[{"at": 1, "scenario": {"name": "doom"}}]"#, &["scenario: name: expected one of calm"]);
        check(r#"[{"at": 1, "noise": 1}]"#, &["noise is not known"]);
        check(
            r#"[{"at": 2, "clock": {"advanceSeconds": 1}}, {"at": 1, "clock": {"advanceSeconds": 1}}]"#,
            &["step 2 (line 1): at: earlier"],
        );
    }

    #[test]
    fn steps_are_due_one_after_the_other() {
        let timeline = Timeline::read(
            r#"[{"at": 1, "note": "later", "clock": {"advanceSeconds": 9}}, {"at": 1.5, "fault": {"kind": "reorder"}}]"#,
        );
        let start = Timestamp::from_ms(1_000);
        let mut playing = timeline.unwrap().play(start);
        assert_eq!(playing.due(start), None);
        assert_eq!(playing.due(start.plus_ms(5_000)), Some((start.plus_ms(1_000), Action::Clock(9_000))));
        playing.played(start.plus_ms(1_000), json!({}));
        assert!(playing.due(start.plus_ms(1_499)).is_none());
        assert_eq!(playing.described()["next"], json!(start.plus_ms(1_500)));
        playing.played(start.plus_ms(1_500), json!({ "kind": "reorder" }));
        let shown = playing.described();
        assert_eq!((&shown["steps"][0]["note"], &shown["next"]), (&json!("later"), &Value::Null));
        assert_eq!(shown["steps"][1]["did"]["kind"], "reorder");
    }
}
