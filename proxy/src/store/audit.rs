//! The audit log: sealed records, and columns to find them by.

use protocol::UserId;

use super::sql::{Row, Sql, SqlError, Value};
use crate::audit::{
    Kind, Outcome, Record,
    chain::{Checkpoint, Head, Kept, SealKey},
};

/// A record on its way into the log: its words, and the columns to find it by. Whoever appends makes it of the record, many at
/// once; the one thread for which all of them wait is spared that.
pub(super) struct Entry {
    at_ms: i64,
    user: UserId,
    actor: String,
    action: &'static str,
    outcome: Option<&'static str>,
    id: String,
    kind: Kind,
    tag: Option<String>,
    /// The record in JSON, without its number.
    said: String,
}

impl From<Record> for Entry {
    fn from(record: Record) -> Self {
        let said = serde_json::to_string(&record).expect("a record is plain data");
        Self {
            at_ms: record.at.as_ms(),
            user: record.user_id,
            actor: record.actor.name,
            action: record.action.name(),
            outcome: record.outcome.map(Outcome::name),
            id: record.id,
            kind: record.kind,
            tag: record.compliance_tag,
            said,
        }
    }
}

impl Entry {
    /// What is sealed with its number.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// The record that it was made of, when that opens a write.
    pub(super) fn opened(&self) -> Option<Record> {
        let is_opened = self.kind == Kind::Opened;
        is_opened.then(|| serde_json::from_str(&self.said).expect("a record reads what it wrote"))
    }
}

/// Which records to give, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Of whom.
    pub user: Option<String>,
    /// By whom, by name.
    pub actor: Option<String>,
    /// What was to be changed.
    pub action: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
    /// What it is filed under.
    pub tag: Option<String>,
    /// From this moment on, in milliseconds.
    pub from_ms: Option<i64>,
    /// Before this moment.
    pub to_ms: Option<i64>,
    /// How many records to pass over.
    pub skip: u64,
    /// How many to give at most.
    pub most: u32,
}

/// Records with how many there are in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Their texts.
    pub texts: Vec<String>,
    /// How many there are.
    pub total: u64,
}

const MATCHES: &str =
    "(CAST(?1 AS TEXT) IS NULL OR user_id = ?1) AND (CAST(?2 AS TEXT) IS NULL OR actor = ?2)
    AND (CAST(?3 AS TEXT) IS NULL OR action = ?3) AND (CAST(?4 AS TEXT) IS NULL OR outcome = ?4)
    AND (CAST(?5 AS TEXT) IS NULL OR tag = ?5)
    AND (CAST(?6 AS BIGINT) IS NULL OR at_ms >= ?6) AND (CAST(?7 AS BIGINT) IS NULL OR at_ms < ?7)";

const COLUMNS: [&str; 11] =
    ["seq", "at_ms", "user_id", "actor", "action", "outcome", "id", "kind", "text", "seal", "tag"];

/// Records that are read at once where all are gone through.
const PAGE: u32 = 1_000;

/// Appends records behind `before`; the head after them.
pub(super) fn append(
    sql: &mut dyn Sql,
    key: &SealKey,
    before: Head,
    entries: &[&Entry],
) -> Result<Head, SqlError> {
    let mut head = before;
    let mut rows: Vec<Value<'_>> = Vec::with_capacity(entries.len() * COLUMNS.len());
    for entry in entries {
        let (text, next) = head.append(key, &entry.said);
        head = next;
        rows.extend([
            head.seq.into(),
            entry.at_ms.into(),
            entry.user.as_str().into(),
            entry.actor.as_str().into(),
            entry.action.into(),
            entry.outcome.into(),
            entry.id.as_str().into(),
            entry.kind.name().into(),
            text.into(),
            head.seal.into(),
            entry.tag.as_deref().into(),
        ]);
    }
    if head == before {
        return Ok(head);
    }
    sql.insert("audit", &COLUMNS, &rows)?;
    let moved = if before.seq == 0 {
        sql.execute(
            "INSERT INTO audit_head (\"only\", seq, seal) VALUES (1, ?1, ?2)",
            &[head.seq.into(), head.seal.into()],
        )?
    } else {
        sql.execute(
            "UPDATE audit_head SET seq = ?1, seal = ?2 WHERE seq = ?3 AND seal = ?4",
            &[head.seq.into(), head.seal.into(), before.seq.into(), before.seal.into()],
        )?
    };
    // Not behind what somebody else wrote: two chains in one log would be none.
    if moved == 1 { Ok(head) } else { Err(SqlError::other("somebody else has written to the audit log")) }
}

/// The head that the log keeps of itself.
pub(super) fn head(sql: &mut dyn Sql) -> Result<Head, SqlError> {
    let rows = sql.query("SELECT seq, seal FROM audit_head", &[])?;
    rows.first().map_or(Ok(Head::START), of_row)
}

/// What stands for the records that retention took away.
pub(super) fn checkpoint(sql: &mut dyn Sql) -> Result<Option<Checkpoint>, SqlError> {
    let rows = sql.query("SELECT seq, seal, mac FROM audit_checkpoint", &[])?;
    rows.first().map(|row| Ok(Checkpoint { head: of_row(row)?, mac: row.digest(2)? })).transpose()
}

fn of_row(row: &Row) -> Result<Head, SqlError> {
    Ok(Head { seq: row.number(0)?, seal: row.digest(1)? })
}

/// Whether the log ends with a record, or a checkpoint, that this key sealed: to go on with another would end all proof.
pub(super) fn is_sealed_with(sql: &mut dyn Sql, key: &SealKey) -> Result<bool, SqlError> {
    let rows = sql.query("SELECT seq, seal, text FROM audit ORDER BY seq DESC LIMIT 2", &[])?;
    let checkpoint = checkpoint(sql)?;
    if let Some(checkpoint) = checkpoint
        && !checkpoint.is_of(key)
    {
        return Ok(false);
    }
    let Some(last) = rows.first() else { return Ok(true) };
    let before = match rows.get(1) {
        Some(before) => of_row(before)?,
        None => checkpoint.map_or(Head::START, |checkpoint| checkpoint.head),
    };
    Ok(before.is_before(key, &last.text(2)?, last.digest(1)?))
}

/// Whether how its write ended is in the log.
pub(super) fn is_closed(sql: &mut dyn Sql, entry: &Entry) -> Result<bool, SqlError> {
    let (id, closed) = (entry.id.as_str(), Kind::Closed.name());
    let rows = sql.query("SELECT 1 FROM audit WHERE id = ?1 AND kind = ?2", &[id.into(), closed.into()])?;
    Ok(!rows.is_empty())
}

/// Gives records, the newest first.
pub(super) fn find(sql: &mut dyn Sql, query: Query) -> Result<Found, SqlError> {
    let Query { user, actor, action, outcome, tag, from_ms, to_ms, skip, most } = query;
    let mut params: Vec<Value<'_>> = vec![
        user.into(),
        actor.into(),
        action.into(),
        outcome.into(),
        tag.into(),
        from_ms.into(),
        to_ms.into(),
    ];
    let count = sql.query(&format!("SELECT count(*) FROM audit WHERE {MATCHES}"), &params)?;
    let total = count.first().map_or(Ok(0), |row| row.number(0))?;
    params.extend([most.into(), skip.into()]);
    let rows = sql.query(
        &format!("SELECT text FROM audit WHERE {MATCHES} ORDER BY seq DESC LIMIT ?8 OFFSET ?9"),
        &params,
    )?;
    Ok(Found { texts: rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?, total })
}

/// Writes that were opened and not closed: a crash lay between.
pub(super) fn left_open(sql: &mut dyn Sql) -> Result<Vec<String>, SqlError> {
    let rows = sql.query(
        "SELECT text FROM audit AS opened WHERE kind = 'opened' AND NOT EXISTS (
            SELECT 1 FROM audit AS closed WHERE closed.id = opened.id AND closed.kind = 'closed') ORDER BY seq",
        &[],
    )?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Takes the oldest records away, those from before a moment and at most so many; the checkpoint stands for them. How many went.
pub(super) fn forget(sql: &mut dyn Sql, key: &SealKey, before_ms: i64, most: u32) -> Result<u64, SqlError> {
    let oldest = sql.query("SELECT seq, seal, at_ms FROM audit ORDER BY seq LIMIT ?1", &[most.into()])?;
    let mut last = None;
    for row in &oldest {
        if row.integer(2)? >= before_ms {
            break;
        }
        last = Some(of_row(row)?);
    }
    let Some(last) = last else { return Ok(0) };
    let gone = sql.execute("DELETE FROM audit WHERE seq <= ?1", &[last.seq.into()])?;
    let Checkpoint { head, mac } = Checkpoint::seal(key, last);
    sql.execute(
        "INSERT INTO audit_checkpoint (\"only\", seq, seal, mac) VALUES (1, ?1, ?2, ?3)
            ON CONFLICT (\"only\") DO UPDATE SET seq = excluded.seq, seal = excluded.seal, mac = excluded.mac",
        &[head.seq.into(), head.seal.into(), mac.into()],
    )?;
    Ok(gone)
}

/// Every record in the order of the log.
pub(super) fn each<E>(
    sql: &mut dyn Sql,
    mut take: impl FnMut(Kept) -> Result<(), E>,
) -> Result<Result<(), E>, SqlError> {
    let mut after = i64::MIN;
    loop {
        let rows = sql.query(
            "SELECT seq, text, seal FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            &[after.into(), PAGE.into()],
        )?;
        for row in &rows {
            after = row.integer(0)?;
            // A number below zero is none that was given here; as 0 it is out of order.
            let seq = u64::try_from(after).unwrap_or(0);
            if let Err(error) = take(Kept { seq, text: row.text(1)?, seal: row.bytes(2)? }) {
                return Ok(Err(error));
            }
        }
        if rows.len() < PAGE as usize {
            return Ok(Ok(()));
        }
    }
}
