//! Records of the audit log as a person reads them: a write in one line, and what it changed. Pure.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Timestamp, UserId};
use serde::Deserialize;
use serde_json::Value;

/// A record as the proxy tells it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// Of the write.
    pub id: String,
    /// `opened`, `closed`, `refused`, `observed` or `seen`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Of whom.
    pub user_id: String,
    /// What was to be changed.
    pub action: String,
    /// The request.
    pub asked: Value,
    /// What stood.
    pub before: Value,
    /// What stands.
    pub after: Value,
    /// How it ended.
    pub outcome: String,
    /// Why not.
    pub code: String,
    /// The same in words.
    pub words: String,
    /// From the call upstream to its answer.
    pub answered_ms: Option<i64>,
    /// From the call upstream to the event that tells of its effect.
    pub seen_ms: Option<i64>,
    /// As in the proxy's log.
    pub correlation_id: String,
    /// As Genesys Cloud calls it.
    pub upstream_correlation_id: String,
    /// What it is filed under.
    pub compliance_tag: String,
}

/// Who asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Actor {
    /// What kind of caller.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    /// The newest first.
    pub entities: Vec<Record>,
    /// How many there are.
    pub total: u64,
    /// On how many pages.
    pub page_count: u64,
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Of whom.
    pub user: Option<UserId>,
    /// By whom.
    pub actor: String,
    /// What was to be changed.
    pub action: String,
    /// How it ended.
    pub outcome: String,
    /// What it is filed under.
    pub tag: String,
    /// Not before.
    pub from: String,
    /// Not after.
    pub to: String,
}

impl Sought {
    /// The question of one page.
    #[must_use]
    pub fn query(&self, page: u64, size: u32, escape: impl Fn(&str) -> String) -> String {
        let user = self.user.as_ref().map_or("", UserId::as_str);
        let filters = [
            ("userId", user),
            ("actor", &self.actor),
            ("action", &self.action),
            ("outcome", &self.outcome),
            ("complianceTag", &self.tag),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let mut query = format!("pageSize={size}&pageNumber={page}");
        for (name, value) in filters.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.push_str(&format!("&{name}={}", escape(value)));
        }
        query
    }
}

/// The records of a page, each write once: how it ended, with what stood before and what events told of it. A write that is not
/// closed on this page is shown as it was opened; what events told of a write of another page is told there.
#[must_use]
pub fn joined(records: Vec<Record>) -> Vec<Record> {
    let mut all: Vec<Record> = Vec::new();
    let mut told: Vec<Record> = Vec::new();
    // The newest first, so that what events told comes before what closes a write, and that before what opens it.
    for mut record in records {
        match record.kind.as_str() {
            "seen" => told.push(record),
            "opened" => match all.iter_mut().find(|known| known.id == record.id && known.kind == "closed") {
                Some(closed) => {
                    if closed.before.is_null() {
                        closed.before = record.before;
                    }
                }
                None => all.push(record),
            },
            _ => {
                if let Some(seen) = told.iter().find(|seen| seen.id == record.id) {
                    record.seen_ms = seen.seen_ms;
                    record.code.clone_from(&seen.code);
                    record.words.clone_from(&seen.words);
                }
                all.push(record);
            }
        }
    }
    all
}

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which member, as in `presenceDefinition.id`.
    pub member: String,
    /// What stood there; empty for nothing.
    pub before: String,
    /// What stands there.
    pub after: String,
}

/// Members that say nothing of what was changed.
const PLAIN: [&str; 1] = ["selfUri"];

/// What a write changed, by the names of its members; nothing when one of the two is not known.
#[must_use]
pub fn differences(record: &Record) -> Vec<Difference> {
    if record.before.is_null() || record.after.is_null() {
        return Vec::new();
    }
    let (before, after) = (flat(&record.before), flat(&record.after));
    let members: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |member: &String| {
        let of = |known: &BTreeMap<String, String>| known.get(member).cloned().unwrap_or_default();
        let (before, after) = (of(&before), of(&after));
        (before != after).then(|| Difference { member: member.clone(), before, after })
    };
    members.into_iter().filter_map(differs).collect()
}

fn flat(value: &Value) -> BTreeMap<String, String> {
    let mut members = BTreeMap::new();
    flatten("", value, &mut members);
    members
}

fn flatten(path: &str, value: &Value, members: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter().filter(|(name, _)| !PLAIN.contains(&name.as_str())) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, members);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            members.insert(path.to_owned(), text.clone());
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            members.insert(path.to_owned(), value.to_string());
        }
    }
}

/// The columns of a table for spreadsheets.
const COLUMNS: [&str; 13] = [
    "at",
    "actorKind",
    "actor",
    "userId",
    "agent",
    "action",
    "outcome",
    "code",
    "words",
    "before",
    "after",
    "upstreamCorrelationId",
    "complianceTag",
];

/// Records as a table for spreadsheets; `name_of` tells the name of an agent.
#[must_use]
pub fn csv(records: &[Record], name_of: impl Fn(&str) -> String) -> String {
    let mut text = COLUMNS.join(",");
    text.push_str("\r\n");
    for record in records {
        let json = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
        let cells = [
            record.at.to_string(),
            record.actor.kind.clone(),
            record.actor.name.clone(),
            record.user_id.clone(),
            name_of(&record.user_id),
            record.action.clone(),
            record.outcome.clone(),
            record.code.clone(),
            record.words.clone(),
            json(&record.before),
            json(&record.after),
            record.upstream_correlation_id.clone(),
            record.compliance_tag.clone(),
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell. What a spreadsheet would take for a formula begins with an apostrophe.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(id: &str, kind: &str, before: Value, after: Value) -> Record {
        Record { id: id.to_owned(), kind: kind.to_owned(), before, after, ..Record::default() }
    }

    #[test]
    fn a_write_is_one_line_with_what_stood_before() {
        let page = vec![
            record("d", "seen", Value::Null, Value::Null),
            record("b", "refused", Value::Null, Value::Null),
            Record {
                seen_ms: Some(40),
                code: "write.overwrote".to_owned(),
                ..record("a", "seen", json!({ "message": "theirs" }), Value::Null)
            },
            record("a", "closed", Value::Null, json!({ "message": "new" })),
            record("a", "opened", json!({ "message": "old" }), Value::Null),
            record("c", "opened", json!({ "message": "lost" }), Value::Null),
        ];
        let lines = joined(page);
        let kinds: Vec<_> = lines.iter().map(|line| (line.id.as_str(), line.kind.as_str())).collect();
        assert_eq!(kinds, [("b", "refused"), ("a", "closed"), ("c", "opened")]);
        assert_eq!(lines[1].before, json!({ "message": "old" }));
        assert_eq!((lines[1].seen_ms, lines[1].code.as_str()), (Some(40), "write.overwrote"));
    }

    #[test]
    fn only_what_differs_is_shown_member_by_member() {
        let before = json!({ "presenceDefinition": { "id": "1", "systemPresence": "Available" }, "message": "", "primary": true, "selfUri": "/a" });
        let after = json!({ "presenceDefinition": { "id": "2", "systemPresence": "Available" }, "message": "tea", "primary": true, "selfUri": "/b", "source": "X" });
        let found = differences(&record("a", "closed", before.clone(), after));
        let found: Vec<_> =
            found.iter().map(|one| (one.member.as_str(), one.before.as_str(), one.after.as_str())).collect();
        assert_eq!(found, [("message", "", "tea"), ("presenceDefinition.id", "1", "2"), ("source", "", "X")]);
        assert!(
            differences(&record("a", "opened", before, Value::Null)).is_empty(),
            "it may not have happened"
        );
    }

    #[test]
    fn what_is_not_sought_is_not_asked() {
        let sought =
            Sought { user: Some(UserId::new("u-1")), outcome: "refused".to_owned(), ..Sought::default() };
        assert_eq!(sought.query(2, 50, str::to_owned), "pageSize=50&pageNumber=2&userId=u-1&outcome=refused");
    }

    #[test]
    fn a_spreadsheet_runs_nothing() {
        let compliance_tag = "=case 7".to_owned();
        let line = Record { words: "=HYPERLINK(\"x\"), no".to_owned(), compliance_tag, ..Record::default() };
        let table = csv(&[line], |_| "+Anna".to_owned());
        assert!(table.contains("\"'=HYPERLINK(\"\"x\"\"), no\"") && table.contains(",'+Anna,"), "{table}");
        assert!(table.ends_with(",'=case 7\r\n"), "{table}");
        assert_eq!(table.lines().count(), 2);
    }
}
