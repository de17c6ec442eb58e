//! The audit log: sealed records, and columns to find them by.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::audit::{
    Outcome, Record,
    chain::{Head, Kept, SEAL_BYTES},
};

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
    "(?1 IS NULL OR user_id = ?1) AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR action = ?3)
    AND (?4 IS NULL OR outcome = ?4) AND (?5 IS NULL OR at_ms >= ?5) AND (?6 IS NULL OR at_ms < ?6)";

/// Appends records behind `head`; the head after them.
pub(super) fn append(
    connection: &Connection,
    key: &[u8; 32],
    mut head: Head,
    records: &[Record],
) -> rusqlite::Result<Head> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO audit (seq, at_ms, user_id, actor, action, outcome, id, kind, text, seal)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for record in records {
        let (text, next) = head.append(key, record);
        head = next;
        insert.execute(params![
            head.seq,
            record.at.as_ms(),
            record.user_id.as_str(),
            record.actor.name,
            record.action.name(),
            record.outcome.map(Outcome::name),
            record.id,
            record.kind.name(),
            text,
            head.seal,
        ])?;
    }
    let mut keep = connection
        .prepare_cached("INSERT OR REPLACE INTO audit_head (only, seq, seal) VALUES (1, ?1, ?2)")?;
    keep.execute(params![head.seq, head.seal])?;
    Ok(head)
}

/// The head that the log keeps of itself.
pub(super) fn head(connection: &Connection) -> rusqlite::Result<Head> {
    let kept = connection
        .query_row("SELECT seq, seal FROM audit_head", [], |row| {
            Ok(Head { seq: row.get(0)?, seal: row.get::<_, [u8; SEAL_BYTES]>(1)? })
        })
        .optional()?;
    Ok(kept.unwrap_or(Head::START))
}

/// Gives records, the newest first.
pub(super) fn find(connection: &Connection, query: &Query) -> rusqlite::Result<Found> {
    let Query { user, actor, action, outcome, from_ms, to_ms, skip, most } = query;
    let total = connection
        .prepare_cached(&format!("SELECT count(*) FROM audit WHERE {MATCHES}"))?
        .query_row(params![user, actor, action, outcome, from_ms, to_ms], |row| row.get(0))?;
    let mut select = connection.prepare_cached(&format!(
        "SELECT text FROM audit WHERE {MATCHES} ORDER BY seq DESC LIMIT ?7 OFFSET ?8"
    ))?;
    let rows = select
        .query_map(params![user, actor, action, outcome, from_ms, to_ms, most, skip], |row| row.get(0))?;
    Ok(Found { texts: rows.collect::<rusqlite::Result<_>>()?, total })
}

/// Writes that were opened and not closed: a crash lay between.
pub(super) fn left_open(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut select = connection.prepare(
        "SELECT text FROM audit AS opened WHERE kind = 'opened' AND NOT EXISTS (
            SELECT 1 FROM audit AS closed WHERE closed.id = opened.id AND closed.kind = 'closed') ORDER BY seq",
    )?;
    let rows = select.query_map([], |row| row.get(0))?;
    rows.collect()
}

/// Every record in the order of the log.
pub(super) fn each<E>(
    connection: &Connection,
    mut take: impl FnMut(Kept) -> Result<(), E>,
) -> rusqlite::Result<Result<(), E>> {
    let mut select = connection.prepare("SELECT seq, text, seal FROM audit ORDER BY seq")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        if let Err(error) = take(kept(row)?) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept { seq: row.get(0)?, text: row.get(1)?, seal: row.get(2)? })
}
