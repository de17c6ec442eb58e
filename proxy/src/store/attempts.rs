//! Attempts to get a channel that did not last: back-off goes on where the process before left it.

use protocol::Timestamp;

use super::sql::{Sql, SqlError};

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

pub(super) fn keep(sql: &mut dyn Sql, attempts: Attempts) -> Result<(), SqlError> {
    let Attempts { shard, count, at } = attempts;
    sql.execute(
        "INSERT INTO attempts (shard, count, at_ms) VALUES (?1, ?2, ?3)
            ON CONFLICT (shard) DO UPDATE SET count = excluded.count, at_ms = excluded.at_ms",
        &[u32::from(shard).into(), count.into(), at.as_ms().into()],
    )?;
    Ok(())
}

pub(super) fn read(sql: &mut dyn Sql) -> Result<Vec<Attempts>, SqlError> {
    let rows = sql.query("SELECT shard, count, at_ms FROM attempts ORDER BY shard", &[])?;
    let attempts = rows.iter().map(|row| {
        Ok(Attempts { shard: row.number(0)?, count: row.number(1)?, at: Timestamp::from_ms(row.integer(2)?) })
    });
    attempts.collect()
}
