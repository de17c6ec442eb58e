//! What stands for people on screens that may not know them: the key that it comes from, and the names made up so far.
//!
//! Who is meant is kept as a digest under that key, so that the file names nobody.

use std::fmt;

use super::sql::{Sql, SqlError, Value, part};

/// A made-up name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alias {
    /// Whose it is: a digest of the id.
    pub who: String,
    /// The name.
    pub name: String,
}

/// Everything that is kept of names.
#[derive(Clone, PartialEq, Eq)]
pub struct Names {
    /// What other ids, made-up names and the digests come from.
    pub key: [u8; 32],
    /// Those that were made up, also of people who are gone: nobody else is to be taken for them.
    pub aliases: Vec<Alias>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the key.
        f.debug_struct("Names").field("aliases", &self.aliases.len()).finish_non_exhaustive()
    }
}

/// Reads them; `fresh` becomes the key of a store that has none.
pub(super) fn read(sql: &mut dyn Sql, fresh: [u8; 32]) -> Result<Names, SqlError> {
    sql.execute(
        "INSERT INTO names_key (\"only\", key) VALUES (1, ?1) ON CONFLICT (\"only\") DO NOTHING",
        &[fresh.into()],
    )?;
    let keys = sql.query("SELECT key FROM names_key", &[])?;
    let key = keys.first().ok_or_else(|| SqlError::other("the key of names is not there"))?.digest(0)?;
    let rows = sql.query("SELECT who, name FROM aliases ORDER BY who", &[])?;
    let aliases = rows.iter().map(|row| Ok(Alias { who: row.text(0)?, name: row.text(1)? }));
    Ok(Names { key, aliases: aliases.collect::<Result<_, SqlError>>()? })
}

pub(super) fn keep(sql: &mut dyn Sql, aliases: Vec<Alias>) -> Result<(), SqlError> {
    let rows: Vec<Value<'_>> =
        aliases.iter().flat_map(|alias| [alias.who.as_str().into(), alias.name.as_str().into()]).collect();
    // A first start makes up a name for everybody: all at once, unless one of them is taken.
    match part(sql, |sql| sql.insert("aliases", &["who", "name"], &rows)) {
        Err(error) if error.is_taken => {}
        kept => return kept,
    }
    for Alias { who, name } in aliases {
        // Whoever had the name before gives it up, as with a row that is replaced.
        sql.execute(
            "DELETE FROM aliases WHERE name = ?1 OR who = ?2",
            &[name.as_str().into(), who.as_str().into()],
        )?;
        sql.execute("INSERT INTO aliases (who, name) VALUES (?1, ?2)", &[who.into(), name.into()])?;
    }
    Ok(())
}
