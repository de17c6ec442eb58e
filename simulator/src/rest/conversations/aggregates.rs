//! `POST /api/v2/analytics/conversations/aggregates/query`: figures by half hours, absent where
//! nothing happened.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::filter::{self, Filter, check_dimension, read_interval};
use crate::{
    notify::StatsBody,
    refusal::Refusal,
    rest::{TypedBody, analytics::check_time_zone},
    shared::Shared,
    world::{Cell, Figure, Figures, INTERVAL_MS, ServiceLevel, World, begin_of, interval_of},
};

/// Dimensions by which figures can be grouped and filtered.
const DIMENSIONS: &[&str] =
    &["queueId", "userId", "mediaType", "direction", "originatingDirection", "divisionId", "teamId"];
const DAY_MS: i64 = 24 * 3_600_000;
/// So many entries of data are answered at most.
const ENTRIES_MAX: usize = 100_000;

/// What is asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::rest) struct Question {
    interval: String,
    granularity: Option<String>,
    time_zone: Option<String>,
    #[serde(default)]
    group_by: Vec<String>,
    filter: Option<Filter>,
    metrics: Vec<String>,
    #[serde(default)]
    views: Vec<Value>,
    query_type: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Figure(Figure),
    ServiceLevel,
    /// Genesys has it, and in this world it never happens.
    Never,
}

#[derive(Serialize)]
struct Answer<'a> {
    results: Vec<ResultBody<'a>>,
}

#[derive(Serialize)]
struct ResultBody<'a> {
    group: BTreeMap<&'a str, &'a str>,
    data: Vec<DataBody>,
}

#[derive(Serialize)]
struct DataBody {
    interval: String,
    metrics: Vec<MetricBody>,
}

#[derive(Serialize)]
struct MetricBody {
    metric: &'static str,
    stats: StatsBody,
}

/// What was summed up for one group and period.
#[derive(Default)]
struct Sum {
    figures: Figures,
    /// The target, while all of it has the same.
    target: Option<Option<ServiceLevel>>,
}

/// `POST /api/v2/analytics/conversations/aggregates/query`
pub(in crate::rest) async fn post_query(
    State(shared): State<Arc<Shared>>,
    TypedBody(question): TypedBody<Question>,
) -> Result<Response, Refusal> {
    let (start, end) = read_interval(&question.interval)?;
    check_time_zone(question.time_zone.as_deref())?;
    let metrics = metrics_of(&question.metrics)?;
    for dimension in &question.group_by {
        check_dimension("groupBy", dimension, DIMENSIONS)?;
    }
    if let Some(filter) = &question.filter {
        filter::check(filter, DIMENSIONS)?;
    }
    if !question.views.is_empty() {
        return Err(Refusal::invalid_value("views: not simulated, expected none"));
    }
    if question.query_type.is_some_and(|kind| kind != "groupBy") {
        return Err(Refusal::invalid_value(
            "queryType: topN and bottomN are not simulated, expected groupBy",
        ));
    }
    // Figures are kept by half hours; an interval counts all that it touches.
    let first = interval_of(start);
    let last = interval_of(end.plus_ms(-1));
    let period = match &question.granularity {
        Some(text) => read_period(text)?,
        None => last - first + 1,
    };
    let state = shared.enter();
    let world = &state.world;
    let mut groups: BTreeMap<Vec<Option<&str>>, BTreeMap<i64, Sum>> = BTreeMap::new();
    let mut entries = 0;
    for (cell, figures) in world.figures.between(first, last + 1) {
        let value_of = |dimension: &str| value_of(world, cell, dimension);
        if question.filter.as_ref().is_some_and(|filter| !filter::lets_through(filter, value_of)) {
            continue;
        }
        let group = question.group_by.iter().map(|dimension| value_of(dimension)).collect();
        let sum = groups.entry(group).or_default().entry((cell.interval - first) / period);
        entries += usize::from(matches!(sum, std::collections::btree_map::Entry::Vacant(_)));
        if entries > ENTRIES_MAX {
            return Err(Refusal::bad_request(format!(
                "more than {ENTRIES_MAX} entries: expected a shorter interval or fewer groups"
            )));
        }
        sum.or_default().add(world, cell, figures);
    }
    let results = groups
        .iter()
        .filter_map(|(group, periods)| {
            let data: Vec<DataBody> = periods
                .iter()
                .filter_map(|(n, sum)| {
                    let begin = first + n * period;
                    let span = (begin_of(begin), begin_of((begin + period).min(last + 1)));
                    sum.told(&metrics, world.service_level_of_offered, span)
                })
                .collect();
            let keys = question.group_by.iter().map(String::as_str).zip(group);
            let group = keys.filter_map(|(name, value)| Some((name, (*value)?))).collect();
            (!data.is_empty()).then_some(ResultBody { group, data })
        })
        .collect();
    Ok(Json(Answer { results }).into_response())
}

impl Sum {
    fn add(&mut self, world: &World, cell: &Cell, figures: &Figures) {
        self.figures.add(figures);
        let target = world.queues[cell.queue.0].line(cell.media).service_level;
        let same = |is: ServiceLevel| is.percentage.total_cmp(&target.percentage).is_eq();
        self.target = Some(match self.target {
            None => Some(target),
            Some(is) => is.filter(|is| same(*is)),
        });
    }

    fn told(
        &self,
        metrics: &[(&'static str, Asked)],
        of_offered: bool,
        (start, end): (Timestamp, Timestamp),
    ) -> Option<DataBody> {
        let told = metrics.iter().filter_map(|(metric, asked)| {
            let stats = match asked {
                Asked::Figure(figure) => {
                    let stat = self.figures.of(*figure);
                    (stat.count > 0).then(|| StatsBody::of_figure(*figure, stat))
                }
                Asked::ServiceLevel => {
                    let share = self.figures.service_level(of_offered);
                    (share.all > 0).then(|| StatsBody::of_share(share, self.target.flatten()))
                }
                Asked::Never => None,
            };
            stats.map(|stats| MetricBody { metric, stats })
        });
        let metrics: Vec<MetricBody> = told.collect();
        (!metrics.is_empty()).then(|| DataBody { interval: format!("{start}/{end}"), metrics })
    }
}

fn value_of<'a>(world: &'a World, cell: &Cell, dimension: &str) -> Option<&'a str> {
    match dimension {
        "queueId" => Some(world.queues[cell.queue.0].id.as_str()),
        "userId" => cell.agent.map(|agent| world.agents[agent.0].id.as_str()),
        "mediaType" => Some(cell.media.as_str()),
        "direction" | "originatingDirection" => Some("inbound"),
        "divisionId" => Some(&world.divisions[world.queues[cell.queue.0].division].id),
        "teamId" => world.team_of(cell.agent?).map(|team| team.id.as_str()),
        _ => None,
    }
}

fn metrics_of(names: &[String]) -> Result<Vec<(&'static str, Asked)>, Refusal> {
    if names.is_empty() {
        return Err(Refusal::bad_request("metrics: expected at least one"));
    }
    let mut metrics: Vec<(&'static str, Asked)> = Vec::with_capacity(names.len());
    for name in names {
        let figure = Figure::ALL.into_iter().find(|figure| figure.as_str() == name);
        let metric = if let Some(figure) = figure {
            (figure.as_str(), Asked::Figure(figure))
        } else if name == "oServiceLevel" {
            ("oServiceLevel", Asked::ServiceLevel)
        } else if let Some(never) = NEVER.iter().find(|never| *never == name) {
            (*never, Asked::Never)
        } else {
            return Err(Refusal::invalid_value(format!(
                "metrics: {name} is not a metric of conversation aggregates, expected such as nOffered, \
                 tAnswered or oServiceLevel"
            )));
        };
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    Ok(metrics)
}

/// An ISO period of whole half hours, as a number of them.
fn read_period(text: &str) -> Result<i64, Refusal> {
    let refusal = || {
        Refusal::invalid_value(
            "granularity: expected an ISO 8601 period of whole half hours, such as PT30M, PT1H, P1D or P1W",
        )
    };
    let rest = text.strip_prefix('P').ok_or_else(refusal)?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let days_ms = sum_of(days, &[('W', 7 * DAY_MS), ('D', DAY_MS)]).ok_or_else(refusal)?;
    let time_ms = sum_of(time, &[('H', 3_600_000), ('M', 60_000), ('S', 1_000)]).ok_or_else(refusal)?;
    let ms = days_ms.checked_add(time_ms).ok_or_else(refusal)?;
    if ms <= 0 || ms % INTERVAL_MS != 0 {
        return Err(refusal());
    }
    Ok(ms / INTERVAL_MS)
}

/// The sum of numbers with units, in the order of the units.
fn sum_of(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0_i64;
    for (unit, ms) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            let number: u32 = number.parse().ok()?;
            sum = sum.checked_add(i64::from(number).checked_mul(*ms)?)?;
            text = rest;
        }
    }
    text.is_empty().then_some(sum)
}

/// Metrics that Genesys has and of which nothing ever happens here.
const NEVER: &[&str] = &[
    "nBotInteractions",
    "nCallbackAttempts",
    "nCallbackOverSla",
    "nCallbackScheduled",
    "nCfcOffered",
    "nCobrowseSessions",
    "nConsult",
    "nConsultTransferred",
    "nConversations",
    "nError",
    "nOutbound",
    "nOutboundAbandoned",
    "nOutboundAttempted",
    "nOutboundConnected",
    "nStateTransitionError",
    "nTakeover",
    "oAudioMessageCount",
    "oCallbackServiceLevel",
    "oExternalAudioMessageCount",
    "oExternalMediaCount",
    "oMediaCount",
    "oMessageCount",
    "oMessageSegmentCount",
    "oMessageTurn",
    "oServiceTarget",
    "oSkillExpressionApplications",
    "tActiveCallback",
    "tActiveCallbackComplete",
    "tAgentResponseTime",
    "tAgentVideoConnected",
    "tAverageAgentResponseTime",
    "tAverageCustomerResponseTime",
    "tBarging",
    "tCallbackAbandon",
    "tCallbackConnect",
    "tCallbackNotReached",
    "tCallbackVirtualWait",
    "tCfcAbandon",
    "tCfcAcd",
    "tCfcAnswered",
    "tCfcFlowOut",
    "tCoaching",
    "tCoachingComplete",
    "tConnected",
    "tContacting",
    "tDialing",
    "tFirstConnect",
    "tFirstDial",
    "tFirstEngagement",
    "tFirstResponse",
    "tFlowOut",
    "tIvr",
    "tMonitoring",
    "tMonitoringComplete",
    "tPark",
    "tParkComplete",
    "tScreenMonitoring",
    "tSnippetRecord",
    "tTransmitting",
    "tUserResponseTime",
    "tVoicemail",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_whole_half_hours() {
        for (text, halves) in
            [("PT30M", 1), ("PT1H", 2), ("PT1H30M", 3), ("P1D", 48), ("P1W", 336), ("P1DT1H", 50)]
        {
            assert_eq!(read_period(text).ok(), Some(halves), "{text}");
        }
        for text in ["", "P", "PT", "PT15M", "30M", "PT0M", "P1M", "PT-30M", "PT30MX", "P99999999999D"] {
            assert!(read_period(text).is_err(), "{text}");
        }
    }
}
