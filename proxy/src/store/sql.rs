//! What both databases have in common: the one SQL that the modules of this folder are written in.
//!
//! Parameters are `?1`, `?2` ...; types are `INTEGER` (64 bits), `TEXT` and `BLOB`; a row is replaced by `ON CONFLICT (...) DO
//! UPDATE`. `postgres.rs` puts this into the words of PostgreSQL; SQLite takes it as it is.

use std::{borrow::Cow, fmt};

/// A parameter, or a value that was found. Parameters are lent where they can be: rows are put in while everybody waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Null,
    Integer(i64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u64> for Value<'_> {
    /// Numbers of records and the like, which never come near the end of what the database can hold.
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a [u8; 32]> for Value<'a> {
    fn from(bytes: &'a [u8; 32]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl From<[u8; 32]> for Value<'_> {
    fn from(bytes: [u8; 32]) -> Self {
        Self::Bytes(Cow::Owned(bytes.to_vec()))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Why the database did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SqlError {
    /// In the database's words.
    pub(super) reason: String,
    /// Whether the connection is gone: what was not committed is undone, and whether a commit under way took effect is not known.
    pub(super) is_lost: bool,
    /// Whether something is there already of which there can be one alone.
    pub(super) is_taken: bool,
}

impl SqlError {
    pub(super) fn other(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_lost: false, is_taken: false }
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// A row that was found.
#[derive(Debug)]
pub(super) struct Row(pub(super) Vec<Value<'static>>);

impl Row {
    pub(super) fn integer(&self, at: usize) -> Result<i64, SqlError> {
        match self.0.get(at) {
            Some(Value::Integer(number)) => Ok(*number),
            other => Err(unexpected(at, "a number", other)),
        }
    }

    /// A number that is never below zero and fits.
    pub(super) fn number<T: TryFrom<i64>>(&self, at: usize) -> Result<T, SqlError> {
        let number = self.integer(at)?;
        T::try_from(number)
            .map_err(|_| SqlError::other(format!("column {at} holds {number}, which is out of range")))
    }

    pub(super) fn text(&self, at: usize) -> Result<String, SqlError> {
        match self.0.get(at) {
            Some(Value::Text(text)) => Ok(text.clone().into_owned()),
            other => Err(unexpected(at, "a text", other)),
        }
    }

    /// A text, where there is one.
    pub(super) fn optional_text(&self, at: usize) -> Result<Option<String>, SqlError> {
        match self.0.get(at) {
            Some(Value::Null) => Ok(None),
            _ => self.text(at).map(Some),
        }
    }

    pub(super) fn bytes(&self, at: usize) -> Result<Vec<u8>, SqlError> {
        match self.0.get(at) {
            Some(Value::Bytes(bytes)) => Ok(bytes.clone().into_owned()),
            other => Err(unexpected(at, "bytes", other)),
        }
    }

    /// Thirty-two bytes: a key or a seal.
    pub(super) fn digest(&self, at: usize) -> Result<[u8; 32], SqlError> {
        let bytes = self.bytes(at)?;
        let length = bytes.len();
        bytes.try_into().map_err(|_| SqlError::other(format!("column {at} holds {length} bytes and not 32")))
    }
}

/// What is found is not quoted: it may be a key.
fn unexpected(at: usize, wanted: &str, found: Option<&Value<'_>>) -> SqlError {
    let found = match found {
        None => "no column",
        Some(Value::Null) => "nothing",
        Some(Value::Integer(_)) => "a number",
        Some(Value::Text(_)) => "a text",
        Some(Value::Bytes(_)) => "bytes",
    };
    SqlError::other(format!("column {at} should hold {wanted} and holds {found}"))
}

/// A connection to a database.
pub(super) trait Sql {
    /// Statements without parameters, of which nothing is wanted back.
    fn batch(&mut self, sql: &str) -> Result<(), SqlError>;

    /// A statement, kept prepared; how many rows it changed.
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, SqlError>;

    /// The rows that a statement finds; kept prepared.
    fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>, SqlError>;

    /// Puts rows into a table: the values of all its columns, row after row.
    fn insert(&mut self, table: &str, columns: &[&str], rows: &[Value<'_>]) -> Result<(), SqlError>;

    /// How many steps of the schema it has seen; 0 of an empty one.
    fn version(&mut self) -> Result<i64, SqlError>;

    /// Writes that down.
    fn set_version(&mut self, version: i64) -> Result<(), SqlError>;

    /// A step of the schema in the words of this database.
    fn dialect(&self, step: &str) -> String;
}

/// Does something of which, if it fails, nothing stays; what else is in the transaction does.
pub(super) fn part<T>(
    sql: &mut dyn Sql,
    work: impl FnOnce(&mut dyn Sql) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    sql.batch("SAVEPOINT part")?;
    match work(sql) {
        Ok(done) => sql.batch("RELEASE SAVEPOINT part").map(|()| done),
        Err(error) => {
            // Where this fails the whole transaction is gone, and its commit says so.
            let _ = sql.batch("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part");
            Err(error)
        }
    }
}

/// Does something in a transaction of its own.
pub(super) fn whole<T>(
    sql: &mut dyn Sql,
    begin: &str,
    work: impl FnOnce(&mut dyn Sql) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    sql.batch(begin)?;
    let done = work(sql).and_then(|done| sql.batch("COMMIT").map(|()| done));
    if done.is_err() {
        // A connection that is gone has undone it.
        let _ = sql.batch("ROLLBACK");
    }
    done
}
