//! An order, as `POST /simulator/faults` and a timeline give it.

use serde_json::{Map, Value, json};

use super::{
    kind::{Kind, Target},
    route::Route,
};

/// The longest that a fault can be ordered for: a day.
const SECONDS_MAX: f64 = 86_400.0;
/// The longest that an event or an answer can be held back: an hour.
const DELAY_SECONDS_MAX: f64 = 3_600.0;
/// How late events and answers are when the order does not say.
const DELAY_SECONDS_DEFAULT: f64 = 2.0;
/// The longest wait that a 429 can ask for: an hour. SDKs give up above three minutes.
const RETRY_AFTER_SECONDS_MAX: f64 = 3_600.0;
/// The statuses of an ailing service.
const STATUSES: [u16; 4] = [500, 502, 503, 504];

/// What shall go wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) kind: Kind,
    /// How long; `None` is until it is ended.
    pub(crate) lasts_ms: Option<i64>,
    /// The share that is struck.
    pub(crate) rate: f64,
    /// The calls that are meant; none named means all of `/api/v2`.
    pub(super) route: Option<Route>,
    /// What the topic's name contains, in lower case; none named means all.
    pub(super) topic: Option<String>,
    pub(super) delay_ms: i64,
    pub(super) retry_after_s: Option<i64>,
    pub(super) status: u16,
}

impl Order {
    /// Reads an order; the error says what to mend.
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        let members = value.as_object().ok_or("expected an object with a kind")?;
        let names = || Kind::ALL.map(Kind::name).join(", ");
        let kind = match members.get("kind") {
            None => return Err(format!("kind is missing; expected one of {}", names())),
            Some(Value::String(name)) => Kind::named(name),
            Some(_) => None,
        };
        let kind = kind.ok_or_else(|| format!("kind: expected one of {}", names()))?;
        if let Some(stranger) = members.keys().find(|name| !kind.members().contains(&name.as_str())) {
            let known = kind.members().join(", ");
            return Err(format!("{stranger} means nothing to {}; it knows {known}", kind.name()));
        }
        let seconds = number(members, "seconds", 0.0, SECONDS_MAX)?;
        let retry_after = number(members, "retryAfterSeconds", 0.0, RETRY_AFTER_SECONDS_MAX)?;
        let delay = number(members, "delaySeconds", 0.0, DELAY_SECONDS_MAX)?;
        // What strikes a moment is over with it, however long it was ordered for.
        let seconds = match kind.target() {
            Target::Moment => Some(0.0),
            Target::Closing | Target::Calls | Target::Events | Target::Topics => {
                seconds.or(kind.seconds_by_default())
            }
        };
        Ok(Self {
            kind,
            lasts_ms: seconds.map(whole_ms),
            rate: number(members, "rate", 0.0, 1.0)?.unwrap_or(1.0),
            route: text(members, "route")?.map(|text| Route::read(&text)).transpose()?,
            topic: text(members, "topic")?.map(|text| text.to_lowercase()),
            delay_ms: whole_ms(delay.unwrap_or(DELAY_SECONDS_DEFAULT)),
            // Retry-After knows whole seconds only.
            retry_after_s: retry_after.map(|seconds| (whole_ms(seconds) + 999) / 1_000),
            status: status(members)?,
        })
    }

    /// Whether it concerns the same as another: a later one takes the place of the earlier.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        self.kind == other.kind && self.route == other.route && self.topic == other.topic
    }

    /// Whether it names this topic.
    pub(super) fn names_topic(&self, topic: &str) -> bool {
        self.topic.as_ref().is_none_or(|part| topic.to_lowercase().contains(part))
    }

    /// As it was understood, defaults included.
    pub(crate) fn described(&self) -> Value {
        let mut order = json!({ "kind": self.kind.name(), "rate": self.rate });
        if let Some(route) = &self.route {
            order["route"] = json!(route.to_string());
        }
        if let Some(topic) = &self.topic {
            order["topic"] = json!(topic);
        }
        if self.kind.members().contains(&"delaySeconds") {
            #[expect(clippy::cast_precision_loss, reason = "an hour at most")]
            let seconds = self.delay_ms as f64 / 1_000.0;
            order["delaySeconds"] = json!(seconds);
        }
        if let Some(seconds) = self.retry_after_s {
            order["retryAfterSeconds"] = json!(seconds);
        }
        if self.kind == Kind::ServerError {
            order["status"] = json!(self.status);
        }
        order
    }
}

fn number(members: &Map<String, Value>, name: &str, least: f64, most: f64) -> Result<Option<f64>, String> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let number = value.as_f64().filter(|number| (least..=most).contains(number));
    number.map(Some).ok_or_else(|| format!("{name}: expected a number from {least} to {most}"))
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(|text| Some(text.to_owned())).ok_or_else(|| format!("{name}: expected a text that is not empty"))
}

fn status(members: &Map<String, Value>) -> Result<u16, String> {
    let Some(value) = members.get("status") else { return Ok(503) };
    let status = STATUSES.into_iter().find(|status| value.as_u64() == Some(u64::from(*status)));
    status.ok_or_else(|| "status: expected 500, 502, 503 or 504".to_owned())
}

fn whole_ms(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "checked against a bound of a day")]
    let ms = (seconds * 1_000.0).round() as i64;
    ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_refused_with_what_to_mend() {
        let check = |order: Value, hint: &str| {
            let refusal = Order::read(&order).unwrap_err();
            assert!(refusal.contains(hint), "{order}: {refusal}");
        };
        check(json!([]), "an object");
        check(json!({}), "close_sockets");
        check(json!({ "kind": 7 }), "deny_topic");
        check(
            json!({ "kind": "server_error", "topic": "presence" }),
            "it knows kind, seconds, rate, route, status",
        );
        check(json!({ "kind": "close_sockets", "route": "/api" }), "route means nothing to close_sockets");
        check(json!({ "kind": "delay", "delaySeconds": "2" }), "delaySeconds: expected a number");
        check(json!({ "kind": "slow", "delaySeconds": 4_000 }), "to 3600");
        check(json!({ "kind": "slow", "route": "users" }), "route: ");
        check(json!({ "kind": "slow", "rate": 1.1 }), "rate: expected a number from 0 to 1");
        check(json!({ "kind": "slow", "seconds": null }), "seconds: ");
        check(json!({ "kind": "deny_topic", "topic": "" }), "topic: ");
        check(json!({ "kind": "server_error", "status": 418 }), "500, 502, 503 or 504");
        check(json!({ "kind": "rate_limit_no_header", "retryAfterSeconds": 3 }), "means nothing");
    }

    #[test]
    fn every_kind_can_be_ordered_with_nothing_but_its_name() {
        for kind in Kind::ALL {
            let order = Order::read(&json!({ "kind": kind.name() })).unwrap();
            assert_eq!((order.kind, order.rate), (kind, 1.0));
            // The surface that all kinds share.
            Order::read(&json!({ "kind": kind.name(), "seconds": 1, "rate": 0.5 })).unwrap();
        }
    }
}
