//! SQLite: a file in the data folder, or memory.

use rusqlite::{
    Connection, ErrorCode, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use super::sql::{Row, Sql, SqlError, Value};

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let full = code == Some(ErrorCode::DiskFull);
        let mend = if full { "; make room on the disk of the data folder" } else { "" };
        Self {
            is_taken: code == Some(ErrorCode::ConstraintViolation),
            ..Self::other(format!("{error}{mend}"))
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(found: ValueRef<'_>) -> Result<Value<'static>, SqlError> {
    Ok(match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        // What is no UTF-8 was written by somebody else.
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec().into()),
        ValueRef::Real(_) => {
            return Err(SqlError::other("a number with a point, which Rollcall never writes"));
        }
    })
}

impl Sql for Connection {
    fn batch(&mut self, sql: &str) -> Result<(), SqlError> {
        Ok(self.execute_batch(sql)?)
    }

    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, SqlError> {
        Ok(self.prepare_cached(sql)?.execute(rusqlite::params_from_iter(params))? as u64)
    }

    fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>, SqlError> {
        let mut statement = self.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut found = statement.query(rusqlite::params_from_iter(params))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let values = (0..columns).map(|at| value(row.get_ref(at)?)).collect::<Result<_, SqlError>>()?;
            rows.push(Row(values));
        }
        Ok(rows)
    }

    fn insert(&mut self, table: &str, columns: &[&str], rows: &[Value<'_>]) -> Result<(), SqlError> {
        let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
        let mut statement = self.prepare_cached(&sql)?;
        for row in rows.chunks(columns.len()) {
            statement.execute(rusqlite::params_from_iter(row))?;
        }
        Ok(())
    }

    fn version(&mut self) -> Result<i64, SqlError> {
        Ok(self.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    fn set_version(&mut self, version: i64) -> Result<(), SqlError> {
        Ok(self.pragma_update(None, "user_version", version)?)
    }

    fn dialect(&self, step: &str) -> String {
        step.to_owned()
    }
}
