//! Historical adherence: a report is ordered, made, and fetched by download.

pub(super) mod single;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
use rand::Rng;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    super::{TypedBody, download},
    accepted, chosen,
    jobs::{Announcement, listener},
    management_unit,
};
use crate::{
    oauth::Caller,
    refusal::Refusal,
    shared::Shared,
    world::{
        AgentIx, SystemPresence, World,
        activity_code::Category,
        adherence::{Impact, history::Stretch},
        calendar::Zone,
        guid,
    },
};

const DAY_MS: i64 = 24 * 3_600_000;
/// The longest time of one item of an order, and of one that includes exceptions.
const SPAN_DAYS: i64 = 31;
const SPAN_DAYS_WITH_EXCEPTIONS: i64 = 7;
/// Items of one order.
const ITEMS_MAX: usize = 50;

/// What is ordered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    items: Vec<Item>,
    time_zone: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    management_unit_id: String,
    user_ids: Option<Vec<String>>,
    #[serde(flatten)]
    span: Span,
}

/// The time that a report is about, and what is told of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    start_date: Timestamp,
    end_date: Timestamp,
    #[serde(default)]
    include_exceptions: bool,
    #[serde(default)]
    include_actuals: bool,
}

impl Span {
    fn check(&self) -> Result<(), Refusal> {
        let days = if self.include_exceptions { SPAN_DAYS_WITH_EXCEPTIONS } else { SPAN_DAYS };
        let span_ms = self.end_date.ms_since(self.start_date);
        if span_ms <= 0 || span_ms > days * DAY_MS {
            let message = format!("endDate: expected later than startDate, by at most {days} days");
            return Err(Refusal::invalid_value(message));
        }
        Ok(())
    }
}

fn zone_named(name: &str) -> Result<Zone, Refusal> {
    Zone::named(name)
        .ok_or_else(|| Refusal::invalid_value("timeZone: expected an IANA name, such as Europe/Berlin"))
}

/// `POST .../adherence/historical/bulk`
pub(super) async fn post_bulk(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    TypedBody(order): TypedBody<Order>,
) -> Result<Response, Refusal> {
    if order.items.is_empty() || order.items.len() > ITEMS_MAX {
        return Err(Refusal::invalid_value(format!("items: expected 1 to {ITEMS_MAX}")));
    }
    let zone = zone_named(&order.time_zone)?;
    let mut state = shared.enter();
    let mut reports = Vec::with_capacity(order.items.len());
    for item in &order.items {
        item.span.check()?;
        let unit = management_unit(&state.world, &item.management_unit_id)?;
        reports.push(report(&state.world, item, unit, &zone));
    }
    let urls: Vec<String> =
        reports.into_iter().map(|report| download::keep(&shared, &mut state, report)).collect();
    let id = guid::of(state.secrets.random());
    let announcement = listener(&shared, &caller).map(|listener| Announcement {
        topic: format!("v2.users.{listener}.workforcemanagement.adherence.historical.bulk"),
        body: json!({ "id": id, "downloadUrls": urls, "queryState": "Complete" }),
    });
    let now = state.world.now;
    state.jobs.begin(id.clone(), now, urls, announcement);
    Ok((accepted(&shared), Json(job_body(&id, None))).into_response())
}

/// `GET .../adherence/historical/bulk/jobs/{jobId}`
pub(super) async fn get_bulk_job(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let state = shared.enter();
    let job = state.jobs.get(&id).ok_or_else(|| Refusal::not_found("The job"))?;
    if job.ready <= state.world.now {
        return Ok((StatusCode::OK, Json(job_body(&id, Some(&job.urls)))).into_response());
    }
    Ok((accepted(&shared), Json(job_body(&id, None))).into_response())
}

fn job_body(id: &str, urls: Option<&[String]>) -> Value {
    let job = json!({
        "id": id,
        "status": if urls.is_some() { "Complete" } else { "Processing" },
        "selfUri": format!("/api/v2/workforcemanagement/adherence/historical/bulk/jobs/{id}"),
    });
    urls.map_or_else(|| json!({ "job": job }), |urls| json!({ "job": job, "downloadUrls": urls }))
}

fn report(world: &World, item: &Item, unit: usize, zone: &Zone) -> Value {
    let unit = &world.workforce.management_units[unit];
    let agents = chosen(world, &unit.agents, item.user_ids.as_deref());
    let mut lookup = Lookup::default();
    let users: Vec<Value> =
        agents.into_iter().map(|agent| of_user(world, agent, &item.span, zone, &mut lookup)).collect();
    json!({
        "startDate": item.span.start_date,
        "endDate": item.span.end_date,
        "managementUnitId": unit.id,
        "userResults": users,
        "lookupIdToSecondaryPresenceId": lookup.ids,
    })
}

/// Short names for the organisation's own presences, given out as they occur.
#[derive(Default)]
struct Lookup {
    ids: Map<String, Value>,
    by_definition: BTreeMap<String, String>,
}

impl Lookup {
    fn of(&mut self, definition: &str) -> String {
        let next = self.by_definition.len().to_string();
        let short = self.by_definition.entry(definition.to_owned()).or_insert(next).clone();
        self.ids.insert(short.clone(), definition.into());
        short
    }
}

fn of_user(world: &World, agent: AgentIx, span: &Span, zone: &Zone, lookup: &mut Lookup) -> Value {
    let stretches = world.adherence_history(agent, span.start_date, span.end_date);
    let mut whole = Sums::default();
    let mut days: BTreeMap<i64, Sums> = BTreeMap::new();
    for stretch in &stretches {
        whole.add(world, stretch);
        // A stretch over midnight counts for both days.
        let mut start = stretch.start;
        while start < stretch.end {
            let day = zone.day_of(start);
            let end = zone.at(day.plus(1), 0).min(stretch.end);
            let begins = zone.at(day, 0).max(span.start_date).ms_since(span.start_date) / 1_000;
            days.entry(begins).or_default().add(world, &Stretch { start, end, ..*stretch });
            start = end;
        }
    }
    let offset = |at: Timestamp| at.ms_since(span.start_date) / 1_000;
    let mut body = whole.percentages();
    body["userId"] = json!(world.agents[agent.0].id);
    body["impact"] = whole.impact().as_str().into();
    body["dayMetrics"] = days.into_iter().map(|(begins, sums)| sums.of_day(begins)).collect();
    if span.include_exceptions {
        let exceptions = stretches.iter().filter(|stretch| stretch.is_exception());
        body["exceptionInfo"] = exceptions
            .map(|stretch| {
                let definition = &world.definitions[stretch.done.definition.0];
                let mut exception = json!({
                    "startOffsetSeconds": offset(stretch.start),
                    "endOffsetSeconds": offset(stretch.end),
                    "scheduledActivityCategory": stretch.category().as_str(),
                    "actualActivityCategory": stretch.actual.as_str(),
                    "systemPresence": definition.system.compact(),
                    "routingStatus": stretch.done.routing.as_str(),
                    "impact": stretch.impact().as_str(),
                });
                if let Some(code) = stretch.scheduled {
                    exception["scheduledActivityCodeId"] = code.code().id.into();
                }
                if !definition.primary {
                    exception["secondaryPresenceLookupId"] = lookup.of(definition.id.as_str()).into();
                }
                exception
            })
            .collect();
    }
    if span.include_actuals {
        body["actuals"] = stretches
            .chunk_by(|a, b| a.done.definition == b.done.definition)
            .filter_map(|same| {
                let (first, last) = (same.first()?, same.last()?);
                let definition = &world.definitions[first.done.definition.0];
                let mut actual = json!({
                    "actualActivityCategory": first.actual.as_str(),
                    "startOffsetSeconds": offset(first.start),
                    "endOffsetSeconds": offset(last.end),
                });
                if !definition.primary {
                    actual["actualSecondaryPresenceLookupId"] = lookup.of(definition.id.as_str()).into();
                }
                Some(actual)
            })
            .collect();
    }
    body
}

/// What adds up over a time, in milliseconds.
#[derive(Clone, Copy, Default)]
struct Sums {
    scheduled: i64,
    scheduled_on_queue: i64,
    on_queue: i64,
    exceptions: i64,
    exception_count: i64,
    positive: i64,
    negative: i64,
    present: i64,
    /// The last exception ends here; one that goes on is counted once.
    exception_until: Option<Timestamp>,
}

impl Sums {
    fn add(&mut self, world: &World, stretch: &Stretch) {
        let ms = stretch.end.ms_since(stretch.start);
        let scheduled = stretch.category();
        if !matches!(scheduled, Category::Unscheduled | Category::TimeOff) {
            self.scheduled += ms;
        }
        if scheduled == Category::OnQueueWork {
            self.scheduled_on_queue += ms;
        }
        if stretch.actual == Category::OnQueueWork {
            self.on_queue += ms;
        }
        if world.definitions[stretch.done.definition.0].system != SystemPresence::Offline {
            self.present += ms;
        }
        if stretch.is_exception() {
            self.exceptions += ms;
            self.exception_count += i64::from(self.exception_until != Some(stretch.start));
            self.exception_until = Some(stretch.end);
            match stretch.impact() {
                Impact::Positive => self.positive += ms,
                Impact::Negative => self.negative += ms,
                Impact::Neutral => {}
            }
        }
    }

    fn impact(&self) -> Impact {
        match self.positive.cmp(&self.negative) {
            std::cmp::Ordering::Greater => Impact::Positive,
            std::cmp::Ordering::Less => Impact::Negative,
            std::cmp::Ordering::Equal => Impact::Neutral,
        }
    }

    /// Left out where nothing was scheduled.
    fn percentages(&self) -> Value {
        let mut body = json!({});
        if self.scheduled > 0 {
            body["adherencePercentage"] = percent(self.scheduled - self.exceptions, self.scheduled).into();
        }
        if self.scheduled_on_queue > 0 {
            body["conformancePercentage"] = percent(self.on_queue, self.scheduled_on_queue).into();
        }
        body
    }

    fn of_day(&self, begins_s: i64) -> Value {
        let mut body = self.percentages();
        for (name, value) in [
            ("dayStartOffsetSeconds", begins_s),
            ("adherenceScheduleSeconds", self.scheduled / 1_000),
            ("conformanceScheduleSeconds", self.scheduled_on_queue / 1_000),
            ("conformanceActualSeconds", self.on_queue / 1_000),
            ("exceptionCount", self.exception_count),
            ("exceptionDurationSeconds", self.exceptions / 1_000),
            ("impactSeconds", (self.positive - self.negative) / 1_000),
            ("scheduleLengthSeconds", self.scheduled / 1_000),
            ("actualLengthSeconds", self.present / 1_000),
        ] {
            body[name] = value.into();
        }
        body
    }
}

fn percent(part_ms: i64, whole_ms: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "hours in milliseconds")]
    let percent = part_ms.max(0) as f64 * 100.0 / whole_ms as f64;
    (percent * 100.0).round() / 100.0
}
