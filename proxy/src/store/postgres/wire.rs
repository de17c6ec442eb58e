//! Values and errors, from our words into the library's and back.

use std::error::Error as _;

use bytes::BytesMut;
use postgres::{
    error::SqlState,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

use super::super::sql::{Row, SqlError, Value};

type Refused = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Refused> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => number.to_sql(ty, out),
            // A text of PostgreSQL cannot hold this character; it stands in columns to search by, never in what is sealed.
            Self::Text(text) if text.contains('\0') => text.replace('\0', "\u{fffd}").to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(ty)
    }

    to_sql_checked!();
}

/// A row that was found.
pub(super) fn row(found: &postgres::Row) -> Result<Row, SqlError> {
    let values = found.columns().iter().enumerate().map(|(at, column)| {
        let value = match *column.type_() {
            Type::INT8 => found.try_get::<_, Option<i64>>(at).map(Value::from),
            Type::INT4 => found.try_get::<_, Option<i32>>(at).map(|n| n.map(i64::from).into()),
            Type::TEXT => found.try_get::<_, Option<String>>(at).map(Value::from),
            Type::BYTEA => {
                let bytes = found.try_get::<_, Option<Vec<u8>>>(at);
                bytes.map(|bytes| bytes.map_or(Value::Null, |bytes| Value::Bytes(bytes.into())))
            }
            ref other => return Err(SqlError::other(format!("column {at} is of the type {other}"))),
        };
        value.map_err(|error| self::error(&error))
    });
    Ok(Row(values.collect::<Result<_, _>>()?))
}

/// What went wrong, in the server's words where it said some.
pub(super) fn error(error: &postgres::Error) -> SqlError {
    // Its own words alone: details would quote what is in the tables.
    let reason = match (error.as_db_error(), error.source()) {
        (Some(said), _) => format!("{} (SQLSTATE {})", said.message(), said.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    };
    let goes = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    let is_lost = error.is_closed()
        || error.code().map_or_else(
            || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>),
            |code| goes.contains(code),
        );
    let is_taken = error.code() == Some(&SqlState::UNIQUE_VIOLATION);
    SqlError { reason, is_lost, is_taken }
}
