//! Samples of waiting conversations: the last hour of every queue.

use protocol::{QueueId, Timestamp};
use rusqlite::{Connection, params};

/// How many waited in a queue at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// In which queue.
    pub queue: QueueId,
    /// How many.
    pub waiting: u32,
}

pub(super) fn keep(connection: &Connection, samples: &[Sample], from: Timestamp) -> rusqlite::Result<()> {
    let mut insert =
        connection.prepare("INSERT OR REPLACE INTO samples (at_ms, queue, waiting) VALUES (?1, ?2, ?3)")?;
    for sample in samples {
        insert.execute(params![sample.at.as_ms(), sample.queue.as_str(), sample.waiting])?;
    }
    connection.prepare("DELETE FROM samples WHERE at_ms < ?1")?.execute(params![from.as_ms()])?;
    Ok(())
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Vec<Sample>> {
    let mut select = connection.prepare("SELECT at_ms, queue, waiting FROM samples ORDER BY at_ms, queue")?;
    let rows = select.query_map([], |row| {
        Ok(Sample {
            at: Timestamp::from_ms(row.get(0)?),
            queue: QueueId::new(row.get_ref(1)?.as_str()?),
            waiting: row.get(2)?,
        })
    })?;
    rows.collect()
}
