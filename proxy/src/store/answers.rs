//! Answers to requests with an `Idempotency-Key`, for a day.

use protocol::Timestamp;

use super::sql::{Sql, SqlError};

/// How long a key is known.
const KEPT_MS: i64 = 24 * 3_600_000;

/// A key, and whose it is.
pub type OwnedKey = (String, String);

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: it is taken now.
    First,
    /// It came with another request.
    Other,
    /// It came with this one, and was not answered.
    LeftOpen,
    /// It came with this one.
    Answered(KeptAnswer),
}

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its status.
    pub status: u16,
    /// Headers that are part of it.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

/// Takes a key for the request with this print, unless it is known.
pub(super) fn claim(
    sql: &mut dyn Sql,
    (owner, key): &OwnedKey,
    print: [u8; 32],
    now: Timestamp,
) -> Result<Claim, SqlError> {
    sql.execute("DELETE FROM answers WHERE at_ms < ?1", &[now.plus_ms(-KEPT_MS).as_ms().into()])?;
    let of = [owner.as_str().into(), key.as_str().into()];
    let rows =
        sql.query("SELECT print, status, headers, body FROM answers WHERE owner = ?1 AND name = ?2", &of)?;
    let Some(row) = rows.first() else {
        let [owner, key] = of;
        sql.execute(
            "INSERT INTO answers (owner, name, print, at_ms, status, headers, body) VALUES (?1, ?2, ?3, ?4, 0, '', '')",
            &[owner, key, print.into(), now.as_ms().into()],
        )?;
        return Ok(Claim::First);
    };
    if row.digest(0)? != print {
        return Ok(Claim::Other);
    }
    let status: u16 = row.number(1)?;
    if status == 0 {
        return Ok(Claim::LeftOpen);
    }
    let headers = serde_json::from_str(&row.text(2)?).unwrap_or_default();
    Ok(Claim::Answered(KeptAnswer { status, headers, body: row.text(3)? }))
}

/// Keeps the answer to a key; without one the key is free again.
pub(super) fn keep(
    sql: &mut dyn Sql,
    (owner, key): &OwnedKey,
    answer: Option<KeptAnswer>,
) -> Result<(), SqlError> {
    let Some(KeptAnswer { status, headers, body }) = answer else {
        sql.execute(
            "DELETE FROM answers WHERE owner = ?1 AND name = ?2",
            &[owner.as_str().into(), key.as_str().into()],
        )?;
        return Ok(());
    };
    let headers = serde_json::json!(headers).to_string();
    sql.execute(
        "UPDATE answers SET status = ?3, headers = ?4, body = ?5 WHERE owner = ?1 AND name = ?2",
        &[owner.as_str().into(), key.as_str().into(), i64::from(status).into(), headers.into(), body.into()],
    )?;
    Ok(())
}
