//! The golden cases of docs/metrics.md: the page is the test's input.

use std::collections::BTreeMap;

use board::{Board, metrics};
use protocol::{
    QueueId, Timestamp, Topic,
    event::rollcall::{Figures, RollcallFigures, RollcallQueue},
    fact::{self, Fact, Part, Value},
    query::aggregates::AggregatesResponse,
    wall::Metric,
};
use serde_json::{json, value::to_raw_value};

const PAGE: &str = include_str!("../../docs/metrics.md");
/// As exact as the page writes its values.
const TOLERANCE: f64 = 0.0005;
const NOTHING: &str = "-";

/// The rows of the table whose header begins with a word, as cells; the header first.
fn table(first_cell: &str) -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| -> Vec<&'static str> {
        let inner = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|'));
        inner.map(|inner| inner.split('|').map(str::trim).collect()).unwrap_or_default()
    };
    let golden = PAGE.split_once("## Golden cases").expect("the page has golden cases").1;
    let rows = golden.lines().skip_while(|line| cells(line).first() != Some(&first_cell));
    let mut rows: Vec<Vec<&str>> = rows.map(cells).take_while(|row| !row.is_empty()).collect();
    assert!(rows.len() > 2, "no table that begins with {first_cell}");
    let width = rows[0].len();
    assert!(
        rows.iter().all(|row| row.len() == width),
        "a row of {first_cell} has too many cells, or too few"
    );
    // The line under the header.
    rows.remove(1);
    rows
}

/// A time of the day of the cases.
fn at(text: &str) -> Timestamp {
    let seconds = if text.len() == 5 { ":00" } else { "" };
    format!("2026-03-02T{text}{seconds}Z").parse().unwrap_or_else(|_| panic!("{text} is no time of day"))
}

fn number(text: &str) -> f64 {
    text.trim().parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn pair(text: &str) -> (f64, f64) {
    let (one, other) = text.split_once('/').unwrap_or_else(|| panic!("{text} is no pair"));
    (number(one), number(other))
}

fn apply(board: &mut Board, topic: Topic, value: Value) {
    let fact = Fact { slot: topic.into(), part: Part::Whole, value, date: None };
    board.apply(&fact, at("10:12"));
}

/// An observation of the table as Genesys Cloud says it, and the group that it stands in.
fn observation(metric: &str, of: &str, cell: &str) -> (Option<String>, serde_json::Value) {
    match metric {
        "oWaiting" | "oInteracting" => {
            (Some(of.to_owned()), json!({"metric": metric, "stats": {"count": number(cell)}}))
        }
        "oLongestWaiting" => {
            let ms = number(cell) * 1_000.0;
            let media = of.strip_suffix(", seconds").expect("its unit");
            (Some(media.to_owned()), json!({"metric": metric, "stats": {"calculatedMetricValue": ms}}))
        }
        "oOnQueueUsers" => {
            (None, json!({"metric": metric, "qualifier": of, "stats": {"count": number(cell)}}))
        }
        other => panic!("{other} is no observation of these cases"),
    }
}

/// A figure of aggregates as Genesys Cloud says it, and its medium.
fn aggregate(metric: &str, of: &str, cell: &str) -> (String, serde_json::Value) {
    let (media, stats) = match metric {
        "nOffered" | "nOverSla" | "tAbandon" => (of, json!({"count": number(cell)})),
        "tAnswered" | "tHandle" => {
            let (seconds, count) = pair(cell);
            let media = of.strip_suffix(", seconds / count").expect("its unit");
            (media, json!({"count": count, "sum": seconds * 1_000.0}))
        }
        "oServiceLevel" => {
            let (numerator, denominator) = pair(cell);
            let ratio = numerator / denominator;
            (of, json!({"numerator": numerator, "denominator": denominator, "ratio": ratio}))
        }
        other => panic!("{other} is no figure of these cases"),
    };
    (media.to_owned(), json!({"metric": metric, "stats": stats}))
}

/// What was asked about one queue, as it came.
#[derive(Default)]
struct Said {
    since: Option<Timestamp>,
    by_media: BTreeMap<String, Vec<serde_json::Value>>,
}

impl Said {
    fn figures(&self, queue: &QueueId) -> Option<Figures> {
        let since = self.since?;
        let results = self.by_media.iter().map(|(media, metrics)| {
            json!({
                "group": {"queueId": queue, "mediaType": media},
                "data": [{"interval": "as asked", "metrics": metrics}],
            })
        });
        let answer = json!({"results": results.collect::<Vec<_>>()});
        let answer: AggregatesResponse = serde_json::from_value(answer).expect("as Genesys Cloud answers");
        let nothing = Figures { since, ..Figures::default() };
        Some(answer.by_queue(since).remove(queue).unwrap_or(nothing))
    }
}

/// The board on which every queue of the table stands.
fn given() -> Board {
    let table = table("given");
    let mut board = Board::default();
    for (column, name) in table[0].iter().enumerate().skip(1) {
        let queue = QueueId::new(name);
        let named = RollcallQueue {
            id: queue.clone(),
            name: (*name).to_owned(),
            service_level: None,
            deleted: false,
        };
        apply(&mut board, Topic::RollcallQueue(queue.clone()), Value::Queue(named));
        let mut observed: BTreeMap<Option<String>, Vec<serde_json::Value>> = BTreeMap::new();
        let (mut interval, mut today) = (Said::default(), Said::default());
        let mut missing_permissions = Vec::new();
        let mut as_of = None;
        for row in &table[1..] {
            let (key, cell) = (row[0], row[column]);
            if cell.is_empty() {
                continue;
            }
            if key == "missing permission" {
                missing_permissions.push(cell.to_owned());
                continue;
            }
            if key == "read at" {
                as_of = Some(at(cell));
                continue;
            }
            let (first, rest) =
                key.split_once(' ').unwrap_or_else(|| panic!("{key} is no row of these cases"));
            let said = match first {
                "interval" => &mut interval,
                "today" => &mut today,
                metric => {
                    let (media, body) = observation(metric, rest, cell);
                    observed.entry(media).or_default().push(body);
                    continue;
                }
            };
            if rest == "since" {
                said.since = Some(at(cell));
            } else {
                let (metric, of) = rest.split_once(' ').expect("a medium");
                let (media, body) = aggregate(metric, of, cell);
                said.by_media.entry(media).or_default().push(body);
            }
        }
        for (media, metrics) in observed {
            let mut group = json!({"queueId": queue});
            if let Some(media) = media {
                group["mediaType"] = media.into();
            }
            let event = to_raw_value(&json!({"group": group, "data": [{"metrics": metrics}]})).expect("JSON");
            let topic = Topic::QueueObservations(queue.clone());
            for fact in fact::of_event(&topic, &event, at("10:12")).expect("an event") {
                board.apply(&fact, at("10:12"));
            }
        }
        let figures = (interval.figures(&queue), today.figures(&queue));
        let read = match figures {
            (Some(interval), Some(today)) => Some((interval, today)),
            (None, None) if missing_permissions.is_empty() => None,
            (None, None) => Some((Figures::default(), Figures::default())),
            (Some(_), None) | (None, Some(_)) => panic!("{name} needs both periods, or none"),
        };
        if let Some((interval, today)) = read {
            let as_of = as_of.expect("when it was read");
            let sums = RollcallFigures { id: queue.clone(), as_of, interval, today, missing_permissions };
            apply(&mut board, Topic::RollcallFigures(queue), Value::Figures(sums));
        }
    }
    board
}

#[test]
fn the_golden_cases_of_the_page_hold() {
    let board = given();
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    for row in &table("figure")[1..] {
        let [figure, of, moment, expected, shown, _because] = row[..] else { panic!("six cells: {row:?}") };
        let metric = Metric::parse(figure).unwrap_or_else(|| panic!("{figure} is no figure"));
        seen.push(metric);
        let queues: Vec<_> = of
            .split(',')
            .map(|name| board.queue(&QueueId::new(name.trim())).unwrap_or_else(|| panic!("no queue {name}")))
            .collect();
        let value = metrics::value(metric, queues.into_iter(), at(moment));
        let same = match (value, expected) {
            (None, NOTHING) => shown == NOTHING,
            (None, _) | (Some(_), NOTHING) => false,
            (Some(value), expected) => {
                (value - number(expected)).abs() <= TOLERANCE
                    && format!("{}", metrics::rounded(metric, value)) == shown
            }
        };
        if !same {
            wrong.push(format!(
                "{figure} of {of} at {moment}: {value:?}, and the page says {expected}, {shown}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for metric in Metric::ALL {
        assert!(seen.contains(metric), "no golden case of {}", metric.as_str());
    }
}

#[test]
fn the_page_defines_every_figure() {
    let defined = PAGE.split_once("## The figures").expect("the definitions").1;
    for metric in Metric::ALL {
        let row = format!("| `{}` |", metric.as_str());
        assert!(defined.contains(&row), "docs/metrics.md has no row for {}", metric.as_str());
    }
}
