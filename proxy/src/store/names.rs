//! What stands for people on screens that may not know them: the key that it comes from, and the names made up so far.
//!
//! Who is meant is kept as a digest under that key, so that the file names nobody.

use std::fmt;

use rusqlite::{Connection, params};

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

/// Reads them; `fresh` becomes the key of a file that has none.
pub(super) fn read(connection: &Connection, fresh: [u8; 32]) -> rusqlite::Result<Names> {
    connection.execute("INSERT OR IGNORE INTO names_key (only, key) VALUES (1, ?1)", params![fresh])?;
    let key = connection.query_row("SELECT key FROM names_key", [], |row| row.get(0))?;
    let mut select = connection.prepare("SELECT who, name FROM aliases ORDER BY who")?;
    let rows = select.query_map([], |row| Ok(Alias { who: row.get(0)?, name: row.get(1)? }))?;
    Ok(Names { key, aliases: rows.collect::<rusqlite::Result<_>>()? })
}

pub(super) fn keep(connection: &Connection, aliases: &[Alias]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT OR REPLACE INTO aliases (who, name) VALUES (?1, ?2)")?;
    for alias in aliases {
        insert.execute(params![alias.who, alias.name])?;
    }
    Ok(())
}
