//! Records as rows of a table.

use super::Record;

/// The names of the columns.
pub const CSV_HEAD: &str = "at,kind,id,actor_kind,actor,user_id,action,outcome,code,words,before,after,answered_ms,correlation_id,\
    upstream_correlation_id,compliance_tag,address,seen_ms,conflicts,retries,etag";

/// A record's row; of a text that is no record, that text alone in the column of words.
#[must_use]
pub fn csv_row(text: &str) -> String {
    let Ok(record) = serde_json::from_str::<Record>(text) else {
        return format!(",,,,,,,,,{},,,,,,,,,,,", field(text));
    };
    let optional = |text: &Option<String>| text.as_deref().map(field).unwrap_or_default();
    let value =
        |value: &serde_json::Value| if value.is_null() { String::new() } else { field(&value.to_string()) };
    let figure = |figure: Option<i64>| figure.map(|figure| figure.to_string()).unwrap_or_default();
    [
        record.at.to_string(),
        record.kind.name().to_owned(),
        field(&record.id),
        field(&record.actor.kind),
        field(&record.actor.name),
        field(record.user_id.as_str()),
        record.action.name().to_owned(),
        record.outcome.map(|outcome| outcome.name().to_owned()).unwrap_or_default(),
        optional(&record.code),
        optional(&record.words),
        value(&record.before),
        value(&record.after),
        figure(record.answered_ms),
        optional(&record.correlation_id),
        optional(&record.upstream_correlation_id),
        optional(&record.compliance_tag),
        optional(&record.address),
        figure(record.seen_ms),
        record.conflicts.to_string(),
        record.retries.to_string(),
        optional(&record.etag),
    ]
    .join(",")
}

/// As RFC 4180 writes a field. What a spreadsheet would take for a formula gets an apostrophe before it: names and messages
/// are other people's.
fn field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_as_many_fields_as_the_head_and_no_formulas() {
        let text = r#"{"seq":1,"id":"w","kind":"closed","at":"2026-01-02T03:04:05.678Z","actor":{"kind":"machine","name":"=HYPERLINK(\"x\")"},
            "userId":"u","action":"presence","outcome":"noChange","words":"no, \"never\"","upstreamCorrelationId":"c-1","complianceTag":"=case 7","retries":2}"#;
        let row = csv_row(text);
        assert_eq!(
            row,
            r#"2026-01-02T03:04:05.678Z,closed,w,machine,"'=HYPERLINK(""x"")",u,presence,noChange,,"no, ""never""",,,,,c-1,'=case 7,,,0,2,"#
        );
        assert_eq!(CSV_HEAD.matches(',').count(), 20);
        assert_eq!(csv_row("no record").matches(',').count(), 20);
    }
}
