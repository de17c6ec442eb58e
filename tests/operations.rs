//! What operators are promised: every figure of `/metrics` is in docs/operations.md and the other way round, and dashboard
//! and alert rules ask for nothing that does not exist.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use harness::{
    House, SOON, http,
    page::{Page, metric},
    still, until,
};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../docs/operations.md");
const ALERTS: &str = include_str!("../docs/operations/alerts.yml");
const DASHBOARD: &str = include_str!("../docs/operations/grafana.json");

/// Grafana takes more, people do not.
const DASHBOARD_BYTES_MAX: usize = 100_000;

/// Type and labels of a metric.
type Shape = (String, BTreeSet<String>);

/// The rows of the tables under a heading of the page, as cells.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    lines.map(|line| line.trim().trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// What stands in backquotes.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn documented() -> BTreeMap<String, Shape> {
    let row = |cells: Vec<&str>| {
        assert_eq!(cells.len(), 6, "{cells:?}");
        (quoted(cells[0]).into_iter().next().unwrap(), (cells[1].to_owned(), quoted(cells[2])))
    };
    rows("Metrics").into_iter().map(row).collect()
}

/// The figures of a text of `/metrics`, each with the labels that its samples have.
fn printed(text: &str) -> BTreeMap<String, Shape> {
    let mut metrics = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (family, kind) = line.split_once(' ').unwrap();
        let name = if kind == "counter" { format!("{family}_total") } else { family.to_owned() };
        let sample = if kind == "histogram" { format!("{name}_count") } else { name.clone() };
        let labels = text.lines().filter_map(|line| {
            let labels = line.strip_prefix(&sample)?.strip_prefix('{')?.split_once('}')?.0;
            Some(labels.split("\",").map(|label| label.split('=').next().unwrap().to_owned()))
        });
        metrics.insert(name, (kind.to_owned(), labels.flatten().collect()));
        assert!(text.contains(&format!("# HELP {family} ")), "{family} has a help text");
    }
    metrics
}

/// The figures of a proxy that has had a screen and lost a channel, so that all that it counts has been counted.
async fn of_a_run() -> BTreeMap<String, Shape> {
    let house = House::start(still(20, 2)).await;
    house.scenario("calm", Some(50.0)).await;
    let base = house.proxy.base_url();
    let page = Page::open(&base).await;
    drop(page.wall("floor").await);
    house
        .upstream
        .send(reqwest::Method::POST, "/simulator/faults", &json!({ "kind": "close_sockets" }))
        .await;
    for counted in ["screens_closed", "shards_lost", "upstream_frames"] {
        let name = format!("rollcall_{counted}_total");
        until(SOON, &name, || async { (metric(&base, &name).await > 0.0).then_some(()) }).await;
    }
    let text = http().get(format!("{base}/metrics")).send().await.unwrap().text().await.unwrap();
    house.stop().await;
    printed(&text)
}

#[tokio::test]
async fn every_figure_is_documented_and_every_documented_figure_exists() {
    let (printed, documented) = (of_a_run().await, documented());
    let names = |metrics: &BTreeMap<String, Shape>| metrics.keys().cloned().collect::<BTreeSet<_>>();
    let (there, told) = (names(&printed), names(&documented));
    let untold: Vec<_> = there.difference(&told).collect();
    assert!(untold.is_empty(), "not in docs/operations.md: {untold:?}");
    let missing: Vec<_> = told.difference(&there).collect();
    assert!(missing.is_empty(), "in docs/operations.md, not in /metrics: {missing:?}");
    assert_eq!(printed, documented, "types and labels");
}

/// Every name of a figure in a text, with the labels that are asked of it in braces.
fn asked(text: &str) -> Vec<(String, Vec<String>)> {
    let mut asked = Vec::new();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (at, _) in text.match_indices("rollcall_") {
        let (name, rest) = text[at..].split_at(text[at..].find(|c| !is_name(c)).unwrap_or(text.len() - at));
        let braces =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(inside, _)| inside);
        let labels =
            braces.split(',').filter_map(|label| Some(label.split_once(['=', '!'])?.0.trim().to_owned()));
        asked.push((name.to_owned(), labels.collect()));
    }
    asked
}

/// Whether these can be asked for, in the table; that the table is true is another test.
fn can_be_asked(text: &str, own_labels: &[&str]) -> usize {
    let documented = documented();
    let asked = asked(text);
    for (name, labels) in &asked {
        let plain = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let shape = documented
            .get(name)
            .filter(|(kind, _)| kind != "histogram")
            .or_else(|| documented.get(plain?).filter(|(kind, _)| kind == "histogram"));
        let (_, known) = shape.unwrap_or_else(|| panic!("there is no {name}"));
        for label in labels {
            assert!(known.contains(label) || own_labels.contains(&label.as_str()), "{name} has no {label}");
        }
    }
    asked.len()
}

#[test]
fn alert_rules_ask_for_what_exists_and_are_listed() {
    let rules = ALERTS.lines().filter(|line| !line.trim_start().starts_with("mend:"));
    assert!(can_be_asked(&rules.collect::<Vec<_>>().join("\n"), &[]) >= 20);
    assert!(can_be_asked(ALERTS, &[]) >= 20, "also in the words for people");
    let rules: Vec<&str> = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let listed: Vec<String> = rows("Dashboard and alerts").iter().flat_map(|row| quoted(row[0])).collect();
    assert_eq!(listed, rules);
    for part in ["severity:", "summary:", "mend:", "expr:"] {
        assert_eq!(ALERTS.matches(part).count(), rules.len(), "each rule has its {part}");
    }
}

#[test]
fn the_dashboard_can_be_imported_and_asks_for_what_exists() {
    assert!(DASHBOARD.len() < DASHBOARD_BYTES_MAX, "{}", DASHBOARD.len());
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut shown = BTreeSet::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "whoever imports it says which");
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            assert!(can_be_asked(expression, &["job", "instance"]) > 0, "{expression}");
            shown.extend(asked(expression).into_iter().map(|(name, _)| name.replace("_bucket", "")));
        }
    }
    let ids: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "panels have ids of their own");
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert!(variables.iter().any(|v| v["name"] == "datasource" && v["type"] == "datasource"));
    let documented: BTreeSet<String> = documented().into_keys().collect();
    let absent: Vec<_> = documented.difference(&shown).collect();
    assert!(absent.is_empty(), "on no panel: {absent:?}");
}

/// Where Prometheus' own tool is installed, it has the last word.
#[test]
fn prometheus_takes_the_rules_and_they_fire_when_they_should() {
    let folder = env!("CARGO_MANIFEST_DIR");
    for arguments in [
        ["check", "rules", "docs/operations/alerts.yml"],
        ["test", "rules", "tests/operations/alerts.test.yml"],
    ] {
        let Ok(ended) = Command::new("promtool").current_dir(folder).args(arguments).output() else { return };
        let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        assert!(ended.status.success(), "{said}");
    }
    let tested = include_str!("operations/alerts.test.yml");
    for rule in ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(tested.contains(&format!("\"{rule}\"")), "{rule} has a case");
    }
}

/// The sources below a folder.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The fields of a log line, as they stand in the source before its words: `shard, client = self.place, %error`.
fn fields(before_words: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in before_words.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(c);
        }
    }
    let name =
        |part: &String| part.split(" = ").next().unwrap().trim().trim_start_matches(['%', '?']).to_owned();
    parts.iter().map(name).filter(|name| !name.is_empty()).collect()
}

/// A run shows but some of the lines; the source has all of them.
#[test]
fn every_field_of_the_log_is_documented_and_every_documented_field_is_written() {
    let mut found = Vec::new();
    for folder in ["src", "proxy/src", "simulator/src"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    let mut written: BTreeSet<String> =
        ["timestamp", "level", "target", "message"].iter().map(ToString::to_string).collect();
    for source in &found {
        for level in ["trace!(", "debug!(", "info!(", "warn!(", "error!("] {
            for (at, _) in source.match_indices(level) {
                let rest = &source[at + level.len()..];
                written.extend(fields(&rest[..rest.find('"').unwrap()]));
            }
        }
    }
    let documented: BTreeSet<String> = rows("Logs").iter().flat_map(|row| quoted(row[0])).collect();
    let untold: Vec<_> = written.difference(&documented).collect();
    assert!(untold.is_empty(), "not in docs/operations.md: {untold:?}");
    let missing: Vec<_> = documented.difference(&written).collect();
    assert!(missing.is_empty(), "in docs/operations.md, written by no line: {missing:?}");
}
