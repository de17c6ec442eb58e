//! What outlives the process: one SQLite file in the data folder.
//!
//! Everybody else holds a [`Store`] and knows no SQL. Its thread (`store/writer.rs`) takes all that waits into one
//! transaction, commits it to the disk, and answers then. `store/schema.rs` says what the file looks like; each kind
//! of content has a module of its own.

mod attempts;
mod audit;
mod lock;
mod names;
mod restores;
mod samples;
mod schema;
mod writer;

use std::{
    io,
    path::{Path, PathBuf},
};

pub use attempts::Attempts;
pub use audit::{Found, Query};
pub use names::{Alias, Names};
use protocol::Timestamp;
pub use restores::Restore;
use rusqlite::{Connection, OpenFlags};
pub use samples::Sample;
use tokio::sync::{mpsc, oneshot};
use tracing::warn;
use writer::{Job, Log};

use crate::audit::{
    Record,
    chain::{Broken, Head, Verifier},
    key,
};

/// The file in the data folder.
const FILE: &str = "rollcall.db";

/// Jobs in line for the disk: samples come once in 30 seconds, so that this is a disk that has stood still for an hour.
const JOBS_MAX: usize = 128;

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
    /// The file was written by a later version.
    #[error(
        "the data file {} was written by a newer Rollcall (schema {found}, this one knows {known}); start that version, \
         or name another folder with --data DIR",
        file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// The schema it has.
        found: i64,
        /// The newest schema that is known here.
        known: i64,
    },
    /// The audit log is there and what seals it is not.
    #[error(
        "{} is missing, and the audit log in {} is sealed with it: put the file back, or name another folder with --data DIR",
        key.display(), file.display()
    )]
    KeyMissing {
        /// The key's file.
        key: PathBuf,
        /// The data file.
        file: PathBuf,
    },
    /// The audit log is not whole.
    #[error("the audit log is not as it was written: {0}")]
    Broken(#[from] Broken),
    /// A job failed.
    #[error("the data file could not be read or written: {0}")]
    Failed(String),
    /// The store was closed.
    #[error("the data file is closed")]
    Closed,
}

/// A handle to the store. Clones are the same store.
#[derive(Clone, Debug)]
pub struct Store(mpsc::Sender<Job>);

impl Store {
    /// Opens the store of a data folder, which is made when it is not there; without a folder one that is held in
    /// memory and gone with the process.
    ///
    /// # Errors
    /// When the folder cannot be written, or its file is broken or of a newer version.
    pub fn open(folder: Option<&Path>) -> Result<Self, StoreError> {
        let (lock, connection, file) = match folder {
            Some(folder) => {
                make(folder)?;
                let lock = lock::of_folder(folder)?;
                let file = folder.join(FILE);
                (lock, Connection::open(&file), file)
            }
            None => (None, Connection::open_in_memory(), PathBuf::from("in memory")),
        };
        let unusable =
            |reason: rusqlite::Error| StoreError::File { file: file.clone(), reason: reason.to_string() };
        let mut connection = connection.map_err(unusable)?;
        match schema::prepare(&mut connection) {
            Ok(()) => {}
            Err(schema::Unusable::Newer { found, known }) => {
                return Err(StoreError::Newer { file, found, known });
            }
            Err(schema::Unusable::Sqlite(reason)) => return Err(unusable(reason)),
        }
        let head = audit::head(&connection).map_err(unusable)?;
        let key = match folder {
            Some(folder) => {
                let key = key::of_folder(folder, head == Head::START);
                let key =
                    key.map_err(|reason| StoreError::Folder { folder: folder.to_path_buf(), reason })?;
                key.ok_or_else(|| StoreError::KeyMissing { key: folder.join(key::FILE), file: file.clone() })?
            }
            None => crate::random::key(),
        };
        let (jobs_in, jobs) = mpsc::channel(JOBS_MAX);
        let thread = std::thread::Builder::new().name("store".to_owned());
        let started = thread.spawn(move || writer::run(connection, Log { key, head, lock }, jobs));
        started.map_err(|reason| StoreError::File { file, reason: reason.to_string() })?;
        Ok(Self(jobs_in))
    }

    /// Keeps samples and lets go of those from before a moment. Does not wait for the disk: what cannot be kept is a
    /// gap after the next start, and said in the log.
    pub fn keep_samples(&self, samples: Vec<Sample>, from: Timestamp) {
        if self.0.try_send(Job::KeepSamples { samples, from }).is_err() {
            warn!("the disk is behind; samples of waiting conversations are not kept");
        }
    }

    /// All samples that are kept.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn samples(&self) -> Result<Vec<Sample>, StoreError> {
        self.ask(|reply| Job::ReadSamples { reply }).await
    }

    /// Keeps how a shard's attempts stand. Does not wait for the disk.
    pub fn keep_attempts(&self, attempts: Attempts) {
        if self.0.try_send(Job::KeepAttempts { attempts }).is_err() {
            warn!("the disk is behind; after a start channels may be tried sooner than they should");
        }
    }

    /// How the attempts of all shards stood.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn attempts(&self) -> Result<Vec<Attempts>, StoreError> {
        self.ask(|reply| Job::ReadAttempts { reply }).await
    }

    /// Keeps made-up names. Does not wait for the disk: a name that cannot be kept may be another after the next start,
    /// and the log says so.
    pub fn keep_aliases(&self, aliases: Vec<Alias>) {
        if self.0.try_send(Job::KeepAliases { aliases }).is_err() {
            warn!("the disk is behind; made-up names are not kept, and may be others after the next start");
        }
    }

    /// The key of other ids and made-up names, `fresh` in a store that has none yet, and the names made up so far.
    ///
    /// # Errors
    /// When they cannot be read, or the key not be kept.
    pub async fn names(&self, fresh: [u8; 32]) -> Result<Names, StoreError> {
        self.ask(|reply| Job::ReadNames { fresh, reply }).await
    }

    /// Appends to the audit log; the records are on the disk when this ends well.
    ///
    /// # Errors
    /// When they could not be written: none of them is there.
    pub async fn append(&self, records: Vec<Record>) -> Result<(), StoreError> {
        self.ask(|reply| Job::Append { records, reply: Some(reply) }).await
    }

    /// Appends to the audit log without waiting for the disk: refusals, which must not be a way to hold anybody up.
    /// False when the disk is behind.
    #[must_use]
    pub fn append_later(&self, records: Vec<Record>) -> bool {
        self.0.try_send(Job::Append { records, reply: None }).is_ok()
    }

    /// Records of the audit log, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn find_records(&self, query: Query) -> Result<Found, StoreError> {
        self.ask(|reply| Job::FindRecords { query, reply }).await
    }

    /// Writes that were opened and not closed, as texts of the records that open them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn left_open(&self) -> Result<Vec<String>, StoreError> {
        self.ask(|reply| Job::LeftOpen { reply }).await
    }

    /// Keeps what a skill is to be again, in the place of what was kept of it before; it is on the disk when this ends well.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn keep_restore(&self, restore: Restore) -> Result<(), StoreError> {
        self.ask(|reply| Job::KeepRestore { restore, reply }).await
    }

    /// Forgets what is kept of a skill.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn forget_restore(&self, restore: Restore) -> Result<(), StoreError> {
        self.ask(|reply| Job::ForgetRestore { restore, reply }).await
    }

    /// All skills that are to be restored.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn restores(&self) -> Result<Vec<Restore>, StoreError> {
        self.ask(|reply| Job::ReadRestores { reply }).await
    }

    /// Ends when all that was asked before is on the disk and the file is closed.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.0.send(Job::Close { reply }).await.is_ok() {
            // An error means that it is closed already.
            let _ = closed.await;
        }
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(job(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// Follows the audit log of a data folder from its beginning to its end, also while a proxy writes to it. `known` is a head
/// that was put aside elsewhere. Gives the head, and how many records there are.
///
/// # Errors
/// When the folder cannot be read, or names the first record that is not as it was written.
pub fn verify_audit(folder: &Path, known: Option<Head>) -> Result<Head, StoreError> {
    let (mut connection, file) = read_only(folder)?;
    let unusable =
        |reason: rusqlite::Error| StoreError::File { file: file.clone(), reason: reason.to_string() };
    // One view of both: a record that comes meanwhile is in neither.
    let view = connection.transaction().map_err(unusable)?;
    let key = key::of_folder(folder, false)
        .map_err(|reason| StoreError::Folder { folder: folder.to_path_buf(), reason })?
        .ok_or_else(|| StoreError::KeyMissing { key: folder.join(key::FILE), file: file.clone() })?;
    let own = audit::head(&view).map_err(unusable)?;
    let mut verifier = Verifier::new(&key);
    audit::each(&view, |kept| verifier.next(&kept)).map_err(unusable)??;
    Ok(verifier.ends([own].into_iter().chain(known))?)
}

/// Gives the text of every record of a data folder, in the order of the log.
///
/// # Errors
/// When the folder cannot be read.
pub fn export_audit(folder: &Path, mut take: impl FnMut(&str)) -> Result<(), StoreError> {
    let (connection, file) = read_only(folder)?;
    let each = audit::each(&connection, |kept| {
        take(&kept.text);
        Ok::<(), std::convert::Infallible>(())
    });
    match each.map_err(|reason| StoreError::File { file, reason: reason.to_string() })? {
        Ok(()) => Ok(()),
        Err(never) => match never {},
    }
}

fn read_only(folder: &Path) -> Result<(Connection, PathBuf), StoreError> {
    let file = folder.join(FILE);
    match Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY) {
        Ok(connection) => Ok((connection, file)),
        Err(reason) => Err(StoreError::File { file, reason: reason.to_string() }),
    }
}

/// Makes the folder, for its owner alone, and tries whether it can be written.
fn make(folder: &Path) -> Result<(), StoreError> {
    let unwritable = |reason| StoreError::Folder { folder: folder.to_path_buf(), reason };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(unwritable)?;
    // SQLite would say no more than that it is unable to open its file.
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).map_err(unwritable)
}
