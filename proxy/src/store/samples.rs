//! Samples of waiting conversations: the last hour of every queue.

use protocol::{QueueId, Timestamp};

use super::sql::{Sql, SqlError};

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

pub(super) fn keep(sql: &mut dyn Sql, samples: &[Sample], from: Timestamp) -> Result<(), SqlError> {
    for sample in samples {
        sql.execute(
            "INSERT INTO samples (at_ms, queue, waiting) VALUES (?1, ?2, ?3)
                ON CONFLICT (at_ms, queue) DO UPDATE SET waiting = excluded.waiting",
            &[sample.at.as_ms().into(), sample.queue.as_str().into(), sample.waiting.into()],
        )?;
    }
    sql.execute("DELETE FROM samples WHERE at_ms < ?1", &[from.as_ms().into()])?;
    Ok(())
}

pub(super) fn read(sql: &mut dyn Sql) -> Result<Vec<Sample>, SqlError> {
    let rows = sql.query("SELECT at_ms, queue, waiting FROM samples ORDER BY at_ms, queue", &[])?;
    let samples = rows.iter().map(|row| {
        Ok(Sample {
            at: Timestamp::from_ms(row.integer(0)?),
            queue: QueueId::new(&row.text(1)?),
            waiting: row.number(2)?,
        })
    });
    samples.collect()
}
