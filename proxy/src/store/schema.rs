//! What the store looks like, and how an older one becomes a newer one.

use super::sql::{Sql, SqlError, whole};

/// One step a version, in order; what was released is never changed. The store knows how many it has seen.
///
/// Written for SQLite in the words that `postgres.rs` can put into PostgreSQL's: `INTEGER`, `TEXT`, `BLOB`, `STRICT`, `WITHOUT
/// ROWID`; `only`, a word of its grammar, in double quotes.
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
        \"only\" INTEGER PRIMARY KEY CHECK (\"only\" = 1),
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
        \"only\" INTEGER PRIMARY KEY CHECK (\"only\" = 1),
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
    // 6: the last of the records that retention took away, sealed apart.
    "CREATE TABLE audit_checkpoint (
        \"only\" INTEGER PRIMARY KEY CHECK (\"only\" = 1),
        seq INTEGER NOT NULL,
        seal BLOB NOT NULL CHECK (length(seal) = 32),
        mac BLOB NOT NULL CHECK (length(mac) = 32)
    ) STRICT",
    // 7: answers to requests with a key of their caller's; without a status the request was not answered.
    "CREATE TABLE answers (
        owner TEXT NOT NULL,
        name TEXT NOT NULL,
        print BLOB NOT NULL CHECK (length(print) = 32),
        at_ms INTEGER NOT NULL,
        status INTEGER NOT NULL,
        headers TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (owner, name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX answers_by_age ON answers (at_ms)",
    // 8: what a caller files a write under.
    "ALTER TABLE audit ADD COLUMN tag TEXT;
    ALTER TABLE skill_restores ADD COLUMN tag TEXT",
    // 9: what happened since a moment is found without going through all that was before.
    "CREATE INDEX audit_by_time ON audit (at_ms, seq)",
];

/// Why a store cannot be used.
pub(super) enum Unusable {
    /// A later version wrote it.
    Newer { found: i64, known: i64 },
    /// The database says no.
    Sql(SqlError),
}

impl From<SqlError> for Unusable {
    fn from(error: SqlError) -> Self {
        Self::Sql(error)
    }
}

/// Refuses a store that a later version wrote, before anything is written: that version shall find it as it left it.
pub(super) fn known(sql: &mut dyn Sql) -> Result<(), Unusable> {
    let (found, known) = (sql.version()?, STEPS.len() as i64);
    if found > known { Err(Unusable::Newer { found, known }) } else { Ok(()) }
}

/// Makes a store of any known version one of this version. `begin` opens a transaction that no two take at once.
pub(super) fn prepare(sql: &mut dyn Sql, begin: &str) -> Result<(), Unusable> {
    known(sql)?;
    let steps = |sql: &mut dyn Sql| {
        let found = sql.version()?;
        for (step, after) in STEPS.iter().zip(1..).skip(usize::try_from(found).unwrap_or(0)) {
            let step = sql.dialect(step);
            sql.batch(&step)?;
            sql.set_version(after)?;
        }
        Ok(())
    };
    Ok(whole(sql, begin, steps)?)
}
