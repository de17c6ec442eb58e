//! Attempts to get a channel that did not last: back-off goes on where the process before left it.

use protocol::Timestamp;
use rusqlite::{Connection, params};

/// How a shard's attempts stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Which shard.
    pub shard: u16,
    /// Attempts since it was live for a while, the present one among them; 0: it is.
    pub count: u32,
    /// Since when.
    pub at: Timestamp,
}

pub(super) fn keep(connection: &Connection, attempts: Attempts) -> rusqlite::Result<()> {
    let Attempts { shard, count, at } = attempts;
    connection
        .prepare("INSERT OR REPLACE INTO attempts (shard, count, at_ms) VALUES (?1, ?2, ?3)")?
        .execute(params![shard, count, at.as_ms()])?;
    Ok(())
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Vec<Attempts>> {
    let mut select = connection.prepare("SELECT shard, count, at_ms FROM attempts ORDER BY shard")?;
    let rows = select.query_map([], |row| {
        Ok(Attempts { shard: row.get(0)?, count: row.get(1)?, at: Timestamp::from_ms(row.get(2)?) })
    })?;
    rows.collect()
}
