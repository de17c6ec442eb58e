//! Which database it is.

use rusqlite::Connection;
use tracing::warn;

use super::{
    StoreError,
    postgres::Postgres,
    sql::{Sql, SqlError},
};

/// A database, to write.
pub(super) enum Engine {
    Sqlite(Connection),
    Postgres(Box<Postgres>),
}

impl Engine {
    pub(super) fn sql(&mut self) -> &mut dyn Sql {
        match self {
            Self::Sqlite(connection) => connection,
            Self::Postgres(connection) => connection.as_mut(),
        }
    }

    /// Makes sure that there is a connection; whether it is a new one.
    pub(super) fn ready(&mut self) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(false),
            Self::Postgres(connection) => connection.ready(),
        }
    }

    /// Undoes what is left of a transaction that could not be committed.
    pub(super) fn roll_back(&mut self) {
        // Where there is none left the database has undone it by itself.
        let _ = self.sql().batch("ROLLBACK");
    }

    /// Why a whole transaction failed.
    pub(super) fn failed(&self, error: SqlError) -> StoreError {
        match self {
            Self::Sqlite(_) => StoreError::Failed(error.reason),
            Self::Postgres(connection) => connection.unsuitable(&error.reason),
        }
    }

    pub(super) fn close(self) {
        match self {
            Self::Sqlite(connection) => {
                // Closing writes what is left in the log of the database into it; if that fails the log stays and serves.
                if let Err((_, error)) = connection.close() {
                    warn!(%error, "the data file was not closed in order");
                }
            }
            // The lock goes with the connection.
            Self::Postgres(connection) => drop(connection),
        }
    }
}
