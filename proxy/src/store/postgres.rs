//! PostgreSQL, by URL: a schema `rollcall` of the database that it names, for one Rollcall at a time.

mod database;
mod wire;

use std::{collections::HashMap, time::Duration};

pub use database::Database;
use postgres::{Client, NoTls, Statement, error::SqlState, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    StoreError,
    sql::{Row, Sql, SqlError, Value},
};

/// The oldest whose manual still describes everything that is used here, as `server_version_num` counts.
const VERSION_MIN: u32 = 130_000;

/// An advisory lock of the database: whoever has it writes. `rollcall` in ASCII.
const LOCK: i64 = 0x726f_6c6c_6361_6c6c;

/// Longer than a connection within an organisation takes; whoever writes waits for it.
const CONNECT: Duration = Duration::from_secs(3);

/// What is sent and not acknowledged for so long never comes there.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

/// Of each session. What is committed is on the server's disk; the server notices within half a minute when nobody is there any more,
/// and gives the lock back; nothing is waited for longer than a write waits.
const SESSION: &str =
    "SET search_path TO rollcall; SET synchronous_commit TO on; SET statement_timeout TO '10s';
    SET tcp_keepalives_idle TO 10; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3";

/// Rows that one statement inserts: as many jobs as a transaction has.
const ROWS: usize = 64;

/// A connection, made anew when it was lost.
pub(super) struct Postgres {
    database: Database,
    client: Option<Client>,
    statements: HashMap<String, Statement>,
}

impl Postgres {
    /// Connects, to write: nobody else does meanwhile.
    pub(super) fn connect(database: Database) -> Result<Self, StoreError> {
        let mut connection = Self { database, client: None, statements: HashMap::new() };
        connection.ready()?;
        Ok(connection)
    }

    /// Connects, to read.
    pub(super) fn look_at(database: Database) -> Result<Self, StoreError> {
        let client = log_in(&database)?;
        let mut connection = Self { database, client: Some(client), statements: HashMap::new() };
        let session = connection.batch(SESSION);
        session.map_err(|error| connection.unsuitable(&error.reason))?;
        Ok(connection)
    }

    /// Connects anew if the connection was lost; whether it did.
    pub(super) fn ready(&mut self) -> Result<bool, StoreError> {
        if self.client.as_ref().is_some_and(|client| !client.is_closed()) {
            return Ok(false);
        }
        self.client = None;
        self.statements.clear();
        self.client = Some(log_in(&self.database)?);
        if let Err(error) = self.begin_session() {
            // Half a session is none.
            self.client = None;
            return Err(error);
        }
        Ok(true)
    }

    /// Takes the lock, and looks whether it is a server that can be used.
    fn begin_session(&mut self) -> Result<(), StoreError> {
        let unsuitable = |error: SqlError| StoreError::Unsuitable {
            database: self.database.to_string(),
            reason: error.reason,
        };
        let Some(client) = &mut self.client else { return Err(unsuitable(lost())) };
        let mut show = |what: &str| {
            let rows = client.query(what, &[]).map_err(|error| wire::error(&error))?;
            let text = rows.first().map(|row| row.try_get::<_, String>(0));
            text.transpose().map_err(|error| wire::error(&error)).map(Option::unwrap_or_default)
        };
        let version = show("SHOW server_version_num").map_err(unsuitable)?;
        if version.parse().unwrap_or(0) < VERSION_MIN {
            let name = show("SHOW server_version").map_err(unsuitable)?;
            return Err(self.unsuitable(&format!(
                "it is PostgreSQL {name}, and Rollcall needs {} or later; use a newer server",
                VERSION_MIN / 10_000
            )));
        }
        let encoding = show("SHOW server_encoding").map_err(unsuitable)?;
        if encoding != "UTF8" {
            return Err(self.unsuitable(&format!(
                "its encoding is {encoding}, and names need UTF8; make one with `createdb --encoding UTF8 --template template0`"
            )));
        }
        let taken = client.query("SELECT pg_try_advisory_lock($1)", &[&LOCK]);
        let taken = taken.map_err(|error| unsuitable(wire::error(&error)))?;
        if !taken.first().is_some_and(|row| row.get::<_, bool>(0)) {
            return Err(StoreError::DatabaseInUse { database: self.database.to_string() });
        }
        let is_there = client.query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'rollcall'", &[]);
        let is_there = is_there.map_err(|error| unsuitable(wire::error(&error)))?;
        if is_there.is_empty() {
            client
                .batch_execute("CREATE SCHEMA rollcall")
                .map_err(|error| unsuitable(wire::error(&error)))?;
        }
        client.batch_execute(SESSION).map_err(|error| unsuitable(wire::error(&error)))
    }

    pub(super) fn unsuitable(&self, reason: &str) -> StoreError {
        StoreError::Unsuitable { database: self.database.to_string(), reason: reason.to_owned() }
    }

    /// Does something with a statement, which is prepared once a connection.
    fn with<T>(
        &mut self,
        sql: &str,
        work: impl FnOnce(&mut Client, &Statement) -> Result<T, postgres::Error>,
    ) -> Result<T, SqlError> {
        let Some(client) = &mut self.client else { return Err(lost()) };
        let statement = match self.statements.get(sql) {
            Some(statement) => statement.clone(),
            None => {
                let made = client.prepare(&sql.replace('?', "$")).map_err(|error| wire::error(&error))?;
                self.statements.insert(sql.to_owned(), made.clone());
                made
            }
        };
        work(client, &statement).map_err(|error| wire::error(&error))
    }
}

fn lost() -> SqlError {
    SqlError { is_lost: true, ..SqlError::other("there is no connection") }
}

/// A connection to the server, or why there is none, in words that say what mends it.
fn log_in(database: &Database) -> Result<Client, StoreError> {
    let mut config = database.config().clone();
    config.application_name("rollcall").connect_timeout(CONNECT).tcp_user_timeout(UNACKNOWLEDGED);
    config.notice_callback(|_| {});
    let client = if database.is_encrypted() {
        match MakeRustlsConnect::with_native_certs() {
            Ok((tls, _)) => config.connect(tls),
            Err(errors) => {
                let why: Vec<String> = errors.iter().map(ToString::to_string).collect();
                let reason = format!("no authority of this machine can be read: {}", why.join(", "));
                return Err(StoreError::Unreachable { database: database.to_string(), reason });
            }
        }
    } else {
        config.connect(NoTls)
    };
    client.map_err(|error| {
        let (place, reason) = (database.to_string(), wire::error(&error).reason);
        let refuses = [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION];
        match error.code() {
            Some(code) if refuses.contains(code) => StoreError::LoginRefused { database: place, reason },
            Some(code) if *code == SqlState::INVALID_CATALOG_NAME => StoreError::Unsuitable {
                database: place,
                reason: format!(
                    "{reason}; make it with `createdb --encoding UTF8`, or correct url under [store]"
                ),
            },
            Some(_) | None if database.lacks_password(&reason) => {
                let reason = "it asks for a password, and none is set".to_owned();
                StoreError::LoginRefused { database: place, reason }
            }
            Some(_) | None => StoreError::Unreachable { database: place, reason },
        }
    })
}

/// Parameters as the library takes them.
fn borrowed<'a>(params: &'a [Value<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

impl Sql for Postgres {
    fn batch(&mut self, sql: &str) -> Result<(), SqlError> {
        let Some(client) = &mut self.client else { return Err(lost()) };
        client.batch_execute(sql).map_err(|error| wire::error(&error))
    }

    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, SqlError> {
        self.with(sql, |client, statement| client.execute(statement, &borrowed(params)))
    }

    fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>, SqlError> {
        let rows = self.with(sql, |client, statement| client.query(statement, &borrowed(params)))?;
        rows.iter().map(wire::row).collect()
    }

    fn insert(&mut self, table: &str, columns: &[&str], rows: &[Value<'_>]) -> Result<(), SqlError> {
        for rows in rows.chunks(ROWS * columns.len()) {
            let places = (1..=rows.len()).step_by(columns.len()).map(|first| {
                let places: Vec<String> = (first..first + columns.len()).map(|n| format!("?{n}")).collect();
                format!("({})", places.join(", "))
            });
            let places: Vec<String> = places.collect();
            let sql = format!("INSERT INTO {table} ({}) VALUES {}", columns.join(", "), places.join(", "));
            self.execute(&sql, rows)?;
        }
        Ok(())
    }

    fn version(&mut self) -> Result<i64, SqlError> {
        let is_there = self.query(
            "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'rollcall' AND tablename = 'schema_version'",
            &[],
        )?;
        if is_there.is_empty() {
            return Ok(0);
        }
        let rows = self.query("SELECT version FROM schema_version", &[])?;
        rows.first().map_or(Ok(0), |row| row.integer(0))
    }

    fn set_version(&mut self, version: i64) -> Result<(), SqlError> {
        self.batch(&format!(
            "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL);
            DELETE FROM schema_version; INSERT INTO schema_version VALUES ({version})"
        ))
    }

    fn dialect(&self, step: &str) -> String {
        let step = step.replace(" STRICT, WITHOUT ROWID", "").replace(" STRICT", "");
        step.replace("INTEGER", "BIGINT").replace("BLOB", "BYTEA")
    }
}
