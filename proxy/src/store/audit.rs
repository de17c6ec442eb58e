//! The audit log: sealed records, and columns to find them by.

use protocol::{Timestamp, UserId};
use serde::Deserialize;

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

const COLUMNS: [&str; 11] =
    ["seq", "at_ms", "user_id", "actor", "action", "outcome", "id", "kind", "text", "seal", "tag"];

/// The version of the store that first had tags.
const TAGS_SINCE: i64 = 8;

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
    let mut asked: Vec<(&str, Value<'_>)> = Vec::new();
    for (column, text) in [
        ("user_id =", user),
        ("actor =", actor),
        ("action =", action),
        ("outcome =", outcome),
        ("tag =", tag),
    ] {
        asked.extend(text.map(|text| (column, text.into())));
    }
    if let Some(from_ms) = from_ms {
        // What is older is not gone through: others wait for this thread.
        let first =
            sql.query("SELECT coalesce(min(seq), 0) FROM audit WHERE at_ms >= ?1", &[from_ms.into()])?;
        let first = first.first().map_or(Ok(0), |row| row.integer(0))?;
        if first == 0 {
            return Ok(Found { texts: Vec::new(), total: 0 });
        }
        asked.extend([("seq >=", first.into()), ("at_ms >=", from_ms.into())]);
    }
    asked.extend(to_ms.map(|to_ms| ("at_ms <", to_ms.into())));
    let (conditions, mut params): (Vec<String>, Vec<Value<'_>>) = asked
        .into_iter()
        .zip(1..)
        .map(|((condition, value), place)| (format!("{condition} ?{place}"), value))
        .unzip();
    let matches =
        if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    let count = sql.query(&format!("SELECT count(*) FROM audit {matches}"), &params)?;
    let total = count.first().map_or(Ok(0), |row| row.number(0))?;
    let places = [params.len() + 1, params.len() + 2];
    params.extend([most.into(), skip.into()]);
    let rows = sql.query(
        &format!(
            "SELECT text FROM audit {matches} ORDER BY seq DESC LIMIT ?{} OFFSET ?{}",
            places[0], places[1]
        ),
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

/// Takes the oldest records away, those from before a moment and at most so many; the checkpoint stands for them. How many went. What
/// was altered stays, and with it all that came after: it is for `verify` to name.
pub(super) fn forget(sql: &mut dyn Sql, key: &SealKey, before_ms: i64, most: u32) -> Result<u64, SqlError> {
    #[derive(Deserialize)]
    struct Dated {
        at: Timestamp,
    }
    let oldest = sql.query("SELECT seq, seal, text FROM audit ORDER BY seq LIMIT ?1", &[most.into()])?;
    let begin = checkpoint(sql)?.map_or(Head::START, |checkpoint| checkpoint.head);
    let mut last = begin;
    for row in &oldest {
        let (next, text) = (of_row(row)?, row.text(2)?);
        // When it was is sealed; the column can be altered by whoever has no key.
        let is_old = serde_json::from_str(&text).is_ok_and(|dated: Dated| dated.at.as_ms() < before_ms);
        if !is_old {
            break;
        }
        if next.seq != last.seq + 1 || !last.is_before(key, &text, next.seal) {
            let words = format!(
                "record {} is not as it was sealed; `rollcall audit verify` says more, and nothing is taken away",
                next.seq
            );
            return Err(SqlError::other(words));
        }
        last = next;
    }
    if last == begin {
        return Ok(0);
    }
    let gone = sql.execute("DELETE FROM audit WHERE seq <= ?1", &[last.seq.into()])?;
    let Checkpoint { head, mac } = Checkpoint::seal(key, last);
    sql.execute(
        "INSERT INTO audit_checkpoint (\"only\", seq, seal, mac) VALUES (1, ?1, ?2, ?3)
            ON CONFLICT (\"only\") DO UPDATE SET seq = excluded.seq, seal = excluded.seal, mac = excluded.mac",
        &[head.seq.into(), head.seal.into(), mac.into()],
    )?;
    Ok(gone)
}

/// The columns that a record is found by, as they are.
#[derive(Debug)]
pub(super) struct Filed(Row);

impl Filed {
    /// Whether they are those of what was sealed: by others a record is hidden from whoever asks for it.
    pub(super) fn is_of(&self, text: &str) -> bool {
        let Ok(record) = serde_json::from_str::<Record>(text) else { return false };
        let entry = Entry::from(record);
        let row = &self.0;
        let is_text = |at: usize, expected: &str| row.text(at).is_ok_and(|text| text == expected);
        let is_optional = |at: usize, expected: Option<&str>| {
            row.optional_text(at).is_ok_and(|text| text.as_deref() == expected)
        };
        row.integer(3).is_ok_and(|at_ms| at_ms == entry.at_ms)
            && is_text(4, entry.user.as_str())
            && is_text(5, &entry.actor)
            && is_text(6, entry.action)
            && is_optional(7, entry.outcome)
            && is_text(8, &entry.id)
            && is_text(9, entry.kind.name())
            && is_optional(10, entry.tag.as_deref())
    }
}

/// Every record in the order of the log.
pub(super) fn each<E>(
    sql: &mut dyn Sql,
    mut take: impl FnMut(Kept, Filed) -> Result<(), E>,
) -> Result<Result<(), E>, SqlError> {
    let mut after = i64::MIN;
    // A log of an older version is read as well, before anybody goes on with it.
    let tag = if sql.version()? < TAGS_SINCE { "CAST(NULL AS TEXT)" } else { "tag" };
    loop {
        let rows = sql.query(
            &format!(
                "SELECT seq, text, seal, at_ms, user_id, actor, action, outcome, id, kind, {tag} FROM audit
                    WHERE seq > ?1 ORDER BY seq LIMIT ?2"
            ),
            &[after.into(), PAGE.into()],
        )?;
        let is_last = rows.len() < PAGE as usize;
        for row in rows {
            after = row.integer(0)?;
            // A number below zero is none that was given here; as 0 it is out of order.
            let seq = u64::try_from(after).unwrap_or(0);
            let kept = Kept { seq, text: row.text(1)?, seal: row.bytes(2)? };
            if let Err(error) = take(kept, Filed(row)) {
                return Ok(Err(error));
            }
        }
        if is_last {
            return Ok(Ok(()));
        }
    }
}
