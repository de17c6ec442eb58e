//! What the file looks like, and how an older one becomes a newer one.

use rusqlite::{Connection, TransactionBehavior};

/// One step a version, in order; what was released is never changed. The file knows how many it has seen.
const STEPS: &[&str] = &[
    // 1: conversations that waited, by queue and moment.
    "CREATE TABLE samples (
        at_ms INTEGER NOT NULL,
        queue TEXT NOT NULL,
        waiting INTEGER NOT NULL,
        PRIMARY KEY (at_ms, queue)
    ) STRICT, WITHOUT ROWID",
    // 2: made-up names and what they come from.
    "CREATE TABLE names_key (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        key BLOB NOT NULL CHECK (length(key) = 32)
    ) STRICT;
    CREATE TABLE aliases (
        who TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    ) STRICT, WITHOUT ROWID",
    // 3: attempts to get a channel that did not last.
    "CREATE TABLE attempts (
        shard INTEGER NOT NULL PRIMARY KEY,
        count INTEGER NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT",
    // 4: who changed what, sealed, and where the log ends.
    "CREATE TABLE audit (
        seq INTEGER NOT NULL PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        user_id TEXT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        outcome TEXT,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        seal BLOB NOT NULL
    ) STRICT;
    CREATE INDEX audit_of_user ON audit (user_id, seq);
    CREATE INDEX audit_of_write ON audit (id, kind);
    CREATE TABLE audit_head (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        seq INTEGER NOT NULL,
        seal BLOB NOT NULL CHECK (length(seal) = 32)
    ) STRICT",
    // 5: skills that were changed for a while.
    "CREATE TABLE skill_restores (
        user_id TEXT NOT NULL,
        skill_id TEXT NOT NULL,
        until_ms INTEGER NOT NULL,
        actor TEXT NOT NULL,
        before TEXT NOT NULL,
        changed TEXT NOT NULL,
        PRIMARY KEY (user_id, skill_id)
    ) STRICT, WITHOUT ROWID",
];

/// How long another process may hold the file, such as a backup: longer is a fault.
const BUSY_MS: u32 = 5_000;

/// Why a file cannot be used.
pub(super) enum Unusable {
    /// A later version wrote it.
    Newer { found: i64, known: i64 },
    /// SQLite says no.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Unusable {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Makes a file of any known version one of this version. What is committed is on the disk: WAL with full
/// synchronisation.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), Unusable> {
    connection.busy_timeout(std::time::Duration::from_millis(u64::from(BUSY_MS)))?;
    let known = STEPS.len() as i64;
    let found = version(connection)?;
    // Before anything is written: the other version shall find its file as it left it.
    if found > known {
        return Err(Unusable::Newer { found, known });
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    // Immediate, so that two processes that start at once do not both take the steps.
    let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&all)?;
    for (step, after) in STEPS.iter().zip(1..).skip(usize::try_from(found).unwrap_or(0)) {
        all.execute_batch(step)?;
        all.pragma_update(None, "user_version", after)?;
    }
    all.commit()?;
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
