//! What outlives the process: one SQLite file in the data folder, or a PostgreSQL database.
//!
//! Everybody else holds a [`Store`] and knows no SQL. Its thread (`store/writer.rs`) takes all that waits into one
//! transaction, commits it to the disk, and answers then. `store/schema.rs` says what the store looks like; each kind
//! of content has a module of its own, written once in what both databases understand (`store/sql.rs`).

mod answers;
mod attempts;
mod audit;
mod engine;
mod error;
mod lock;
mod names;
mod postgres;
mod read;
mod restores;
mod samples;
mod schema;
mod sql;
mod sqlite;
mod writer;

use std::path::{Path, PathBuf};

pub use answers::{Claim, KeptAnswer, OwnedKey};
pub use attempts::Attempts;
pub use audit::{Found, Query};
use engine::Engine;
pub use error::StoreError;
pub use names::{Alias, Names};
pub use postgres::Database;
use postgres::Postgres;
use protocol::Timestamp;
pub use read::{export_audit, verify_audit};
pub use restores::Restore;
use rusqlite::Connection;
pub use samples::Sample;
use sql::{Sql, SqlError};
use tokio::sync::{mpsc, oneshot};
use tracing::warn;
use writer::{Append, Asked, Job, Log, Writer};

use crate::audit::{Record, chain::SealKey, key};

/// The names that 50,000 people get at a first start need more than the 2 MB that are usual, in which page after page would be put
/// away and fetched again. What is not needed is not taken.
const CACHE: &str = "PRAGMA cache_size = -16384";

/// The file in the data folder.
const FILE: &str = "rollcall.db";

/// Jobs in line for the disk: samples come once in 30 seconds, so that this is a disk that has stood still for an hour.
const JOBS_MAX: usize = 128;

/// How long another process may hold SQLite's file, such as a backup: longer is a fault.
const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

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
        let place = format!("the data file {}", file.display());
        let unusable = |error: SqlError| StoreError::File { file: file.clone(), reason: error.reason };
        let mut connection = connection.map_err(|error| unusable(error.into()))?;
        connection.busy_timeout(BUSY).map_err(|error| unusable(error.into()))?;
        let prepared = schema::known(&mut connection).and_then(|()| {
            // What is committed is on the disk.
            connection
                .batch("PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA temp_store = memory")?;
            connection.batch(CACHE)?;
            schema::prepare(&mut connection, "BEGIN IMMEDIATE")
        });
        prepared.map_err(|error| match error {
            schema::Unusable::Newer { found, known } => {
                StoreError::Newer { place: place.clone(), found, known, other: "folder with --data DIR" }
            }
            schema::Unusable::Sql(error) => unusable(error),
        })?;
        let engine = Engine::Sqlite(connection);
        let (jobs_in, jobs) = mpsc::channel(JOBS_MAX);
        let writer = begin(engine, folder, lock, &place)?;
        let started = thread().spawn(move || writer.run(jobs));
        started.map_err(|reason| unusable(SqlError::other(reason.to_string())))?;
        Ok(Self(jobs_in))
    }

    /// Opens the store in a database. The folder keeps the key that seals the audit log; it is made when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be written, or the database not be used: it cannot be reached, lets nobody in, is in use, too old, or
    /// of a newer version.
    pub async fn connect(folder: &Path, database: Database) -> Result<Self, StoreError> {
        make(folder)?;
        let lock = lock::of_folder(folder)?;
        let folder = folder.to_path_buf();
        let (jobs_in, jobs) = mpsc::channel(JOBS_MAX);
        let (tell, told) = oneshot::channel();
        // The connection is waited for on the store's own thread, as everything is that it does.
        let started = thread().spawn(move || {
            let place = format!("the database {database}");
            let begun = Postgres::connect(database).and_then(|mut connection| {
                schema::prepare(&mut connection, "BEGIN").map_err(|error| match error {
                    schema::Unusable::Newer { found, known } => StoreError::Newer {
                        place: place.clone(),
                        found,
                        known,
                        other: "database with url under [store]",
                    },
                    schema::Unusable::Sql(error) => connection.unsuitable(&error.reason),
                })?;
                begin(Engine::Postgres(Box::new(connection)), Some(&folder), lock, &place)
            });
            match begun {
                // Whoever asked may have gone meanwhile: then there are no jobs either.
                Ok(writer) => {
                    let _ = tell.send(Ok(()));
                    writer.run(jobs);
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        });
        started.map_err(|reason| StoreError::failed(&reason.to_string()))?;
        told.await.map_err(|_| StoreError::Closed)??;
        Ok(Self(jobs_in))
    }

    /// Keeps samples and lets go of those from before a moment. Does not wait for the disk: what cannot be kept is a
    /// gap after the next start, and said in the log.
    pub fn keep_samples(&self, samples: Vec<Sample>, from: Timestamp) {
        let otherwise = "samples of waiting conversations were not kept";
        self.later(otherwise, move |sql| samples::keep(sql, &samples, from));
    }

    /// All samples that are kept.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn samples(&self) -> Result<Vec<Sample>, StoreError> {
        self.read(samples::read).await
    }

    /// Keeps how a shard's attempts stand. Does not wait for the disk.
    pub fn keep_attempts(&self, attempts: Attempts) {
        let otherwise =
            "attempts to get a channel were not kept; after a start channels may be tried too soon";
        self.later(otherwise, move |sql| attempts::keep(sql, attempts));
    }

    /// How the attempts of all shards stood.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn attempts(&self) -> Result<Vec<Attempts>, StoreError> {
        self.read(attempts::read).await
    }

    /// Keeps made-up names. Does not wait for the disk: a name that cannot be kept may be another after the next start,
    /// and the log says so.
    pub fn keep_aliases(&self, aliases: Vec<Alias>) {
        let otherwise = "made-up names were not kept; after the next start they may be others";
        self.later(otherwise, move |sql| names::keep(sql, aliases));
    }

    /// The key of other ids and made-up names, `fresh` in a store that has none yet, and the names made up so far.
    ///
    /// # Errors
    /// When they cannot be read, or the key not be kept.
    pub async fn names(&self, fresh: [u8; 32]) -> Result<Names, StoreError> {
        self.write(move |sql| names::read(sql, fresh)).await
    }

    /// Appends to the audit log; the records are on the disk when this ends well.
    ///
    /// # Errors
    /// When they could not be written: none of them is there.
    pub async fn append(&self, records: Vec<Record>) -> Result<(), StoreError> {
        let entries = records.into_iter().map(Into::into).collect();
        self.ask(|reply| Job::Append(Append { entries, once: false, reply: Some(reply) })).await
    }

    /// Appends the record of how a write ended, unless the log has one: what was said to have failed may be there all the same.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn append_once(&self, closing: Record) -> Result<(), StoreError> {
        let entries = vec![closing.into()];
        self.ask(|reply| Job::Append(Append { entries, once: true, reply: Some(reply) })).await
    }

    /// The same, and says later whether they were written. `None` when the disk is behind.
    #[must_use]
    pub fn append_soon(&self, records: Vec<Record>) -> Option<oneshot::Receiver<Result<(), StoreError>>> {
        let entries = records.into_iter().map(Into::into).collect();
        let (reply, written) = oneshot::channel();
        let append = Append { entries, once: false, reply: Some(reply) };
        self.0.try_send(Job::Append(append)).is_ok().then_some(written)
    }

    /// Appends to the audit log without waiting for the disk: refusals, which must not be a way to hold anybody up.
    /// False when the disk is behind.
    #[must_use]
    pub fn append_later(&self, records: Vec<Record>) -> bool {
        let entries = records.into_iter().map(Into::into).collect();
        self.0.try_send(Job::Append(Append { entries, once: false, reply: None })).is_ok()
    }

    /// Records of the audit log, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn find_records(&self, query: Query) -> Result<Found, StoreError> {
        self.read(move |sql| audit::find(sql, query)).await
    }

    /// Writes that were opened and not closed, as texts of the records that open them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn left_open(&self) -> Result<Vec<String>, StoreError> {
        self.read(audit::left_open).await
    }

    /// Keeps what a skill is to be again, in the place of what was kept of it before; it is on the disk when this ends well.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn keep_restore(&self, restore: Restore) -> Result<(), StoreError> {
        self.write(move |sql| restores::keep(sql, &restore)).await
    }

    /// Forgets what is kept of a skill.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn forget_restore(&self, restore: Restore) -> Result<(), StoreError> {
        self.write(move |sql| restores::forget(sql, &restore.user, &restore.skill)).await
    }

    /// All skills that are to be restored.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn restores(&self) -> Result<Vec<Restore>, StoreError> {
        self.read(restores::read).await
    }

    /// Takes an `Idempotency-Key` for the request with this print, or says what is known of it.
    ///
    /// # Errors
    /// When it could not be read or written.
    pub async fn claim(&self, key: OwnedKey, print: [u8; 32], now: Timestamp) -> Result<Claim, StoreError> {
        self.write(move |sql| answers::claim(sql, &key, print, now)).await
    }

    /// Keeps the answer to a key; without one the key is free again.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn answered(&self, key: OwnedKey, answer: Option<KeptAnswer>) -> Result<(), StoreError> {
        self.write(move |sql| answers::keep(sql, &key, answer)).await
    }

    /// Takes the oldest records of the audit log away, those from before a moment and at most so many; a checkpoint stands for
    /// them. How many went.
    ///
    /// # Errors
    /// When they could not be taken away: all of them are there.
    pub async fn forget_records(&self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.ask(|reply| Job::Forget { before_ms: before.as_ms(), most, reply }).await
    }

    /// Ends when all that was asked before is on the disk and the store is closed.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.0.send(Job::Close { reply }).await.is_ok() {
            // An error means that it is closed already.
            let _ = closed.await;
        }
    }

    /// Asks for what is there.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let work = Some(work);
        self.ask(|reply| Job::Do(Box::new(Asked { only_reads: true, work, done: None, then: Ok(reply) })))
            .await
    }

    /// Changes something; it is on the disk when this ends well.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let work = Some(work);
        self.ask(|reply| Job::Do(Box::new(Asked { only_reads: false, work, done: None, then: Ok(reply) })))
            .await
    }

    /// Changes something for which nobody waits; `otherwise` is what the log says when that fails.
    fn later(
        &self,
        otherwise: &'static str,
        work: impl FnOnce(&mut dyn Sql) -> Result<(), SqlError> + Send + 'static,
    ) {
        let asked = Asked { only_reads: false, work: Some(work), done: None, then: Err(otherwise) };
        if self.0.try_send(Job::Do(Box::new(asked))).is_err() {
            warn!("the disk is behind: {otherwise}");
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

fn thread() -> std::thread::Builder {
    std::thread::Builder::new().name("store".to_owned())
}

/// Goes on where the audit log ends, with the key that it was sealed with.
fn begin(
    mut engine: Engine,
    folder: Option<&Path>,
    lock: Option<std::fs::File>,
    place: &str,
) -> Result<Writer, StoreError> {
    let head = audit::head(engine.sql()).map_err(|error| engine.failed(error))?;
    let key = match folder {
        Some(folder) => {
            let key = key::of_folder(folder, head.seq == 0);
            let key = key.map_err(|reason| StoreError::Folder { folder: folder.to_path_buf(), reason })?;
            let file = folder.join(key::FILE);
            let key =
                key.ok_or_else(|| StoreError::KeyMissing { key: file.clone(), place: place.to_owned() })?;
            let key = SealKey::new(&key);
            if !audit::is_sealed_with(engine.sql(), &key).map_err(|error| engine.failed(error))? {
                return Err(StoreError::KeyOther { key: file, place: place.to_owned() });
            }
            key
        }
        None => SealKey::new(&crate::random::key()),
    };
    Ok(Writer::new(engine, Log { key, head, lock }))
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
