//! Why there is no store, or why it did not do what it was asked: each with what mends it.

use std::{io, path::PathBuf};

use crate::audit::chain::Broken;

/// Why there is no store, or why it did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made or written.
    #[error(
        "the data folder {} cannot be written: {reason}; name another with --data DIR, or data = \"...\" in the \
         configuration",
        folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// Another process has it.
    #[error(
        "the data folder {} is in use by another Rollcall; stop that one, or name another folder with --data DIR",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process has the database.
    #[error(
        "the database {database} is in use by another Rollcall; stop that one, or name another database with url under [store]"
    )]
    DatabaseInUse {
        /// The database.
        database: String,
    },
    /// Nobody answers there.
    #[error("the database {database} cannot be reached: {reason}; start it, or correct url under [store]")]
    Unreachable {
        /// The database.
        database: String,
        /// What was tried, and what came of it.
        reason: String,
    },
    /// It does not let us in.
    #[error(
        "the database {database} does not let Rollcall in: {reason}; set ROLLCALL_STORE_PASSWORD, or password_file under [store]"
    )]
    LoginRefused {
        /// The database.
        database: String,
        /// What it says.
        reason: String,
    },
    /// It cannot be used, or not now.
    #[error("the database {database} cannot be used: {reason}")]
    Unsuitable {
        /// The database.
        database: String,
        /// Why not, and what mends it where that is known.
        reason: String,
    },
    /// The file cannot be opened.
    #[error(
        "the data file {} cannot be used: {reason}; move it away to begin with an empty one, or name another folder \
         with --data DIR",
        file.display()
    )]
    File {
        /// The file.
        file: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// The store was written by a later version.
    #[error(
        "{place} was written by a newer Rollcall (schema {found}, this one knows {known}); start that version, \
         or name another {other}"
    )]
    Newer {
        /// The file or the database.
        place: String,
        /// The schema it has.
        found: i64,
        /// The newest schema that is known here.
        known: i64,
        /// What else could be named, and how.
        other: &'static str,
    },
    /// The audit log is there and what seals it is not.
    #[error(
        "{} is missing, and the audit log in {place} is sealed with it: put the file back, or name another folder with --data DIR",
        key.display()
    )]
    KeyMissing {
        /// The key's file.
        key: PathBuf,
        /// The file or the database.
        place: String,
    },
    /// The audit log is sealed with another key.
    #[error(
        "the end of the audit log in {place} is not sealed with {}: put the key back that belongs to it; if it does belong to it, \
         `rollcall audit verify` names the record that was altered",
        key.display()
    )]
    KeyOther {
        /// The key's file.
        key: PathBuf,
        /// The file or the database.
        place: String,
    },
    /// The audit log is not whole.
    #[error("the audit log is not as it was written: {0}")]
    Broken(#[from] Broken),
    /// A job failed.
    #[error("the store could not be read or written: {0}")]
    Failed(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    pub(super) fn failed(reason: &str) -> Self {
        Self::Failed(reason.to_owned())
    }
}
