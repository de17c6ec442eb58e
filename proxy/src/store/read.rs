//! The audit log read from outside, also while a proxy writes to it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{
    BUSY, Database, FILE, StoreError, audit,
    engine::Engine,
    postgres::Postgres,
    sql::{Sql, SqlError, whole},
};
use crate::audit::{
    chain::{Broken, Head, SealKey, Verifier},
    key,
};

/// Follows the audit log from its beginning, or from its checkpoint, to its end. The key is in the data folder; so is the log, unless it
/// is in a database. `known` is a head that was put aside elsewhere. Gives the head.
///
/// # Errors
/// When the log cannot be read, or names the first record that is not as it was written.
pub fn verify_audit(
    folder: &Path,
    database: Option<&Database>,
    known: Option<Head>,
) -> Result<Head, StoreError> {
    let key = key::of_folder(folder, false)
        .map_err(|reason| StoreError::Folder { folder: folder.to_path_buf(), reason })?;
    let key = key.ok_or_else(|| StoreError::KeyMissing {
        key: folder.join(key::FILE),
        place: database.map_or_else(
            || folder.join(FILE).display().to_string(),
            |database| format!("the database {database}"),
        ),
    })?;
    let key = SealKey::new(&key);
    look(folder, database, |sql| {
        let checkpoint = audit::checkpoint(sql)?;
        let own = audit::head(sql)?;
        let mut verifier = match Verifier::new(&key, checkpoint, known) {
            Ok(verifier) => verifier,
            Err(broken) => return Ok(Err(broken)),
        };
        let each = audit::each(sql, |kept, filed| {
            verifier.next(&kept)?;
            if filed.is_of(&kept.text) { Ok(()) } else { Err(Broken::Misfiled(kept.seq)) }
        })?;
        Ok(each.and_then(|()| verifier.ends(own)))
    })?
    .map_err(StoreError::Broken)
}

/// Gives the text of every record, in the order of the log.
///
/// # Errors
/// When the log cannot be read.
pub fn export_audit(
    folder: &Path,
    database: Option<&Database>,
    mut take: impl FnMut(&str) + Send,
) -> Result<(), StoreError> {
    let each = look(folder, database, |sql| {
        audit::each(sql, |kept, _| {
            take(&kept.text);
            Ok::<(), std::convert::Infallible>(())
        })
    });
    match each? {
        Ok(()) => Ok(()),
        Err(never) => match never {},
    }
}

/// Reads in one view of everything: what comes meanwhile is not in it.
fn look<T: Send>(
    folder: &Path,
    database: Option<&Database>,
    work: impl FnOnce(&mut dyn Sql) -> Result<T, SqlError> + Send,
) -> Result<T, StoreError> {
    let Some(database) = database else {
        let file = folder.join(FILE);
        let unusable = |error: SqlError| StoreError::File { file: file.clone(), reason: error.reason };
        let connection = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let mut connection = connection.map_err(|error| unusable(error.into()))?;
        connection.busy_timeout(BUSY).map_err(|error| unusable(error.into()))?;
        return whole(&mut connection, "BEGIN", work).map_err(unusable);
    };
    let of_database = || {
        let mut engine = Engine::Postgres(Box::new(Postgres::look_at(database.clone())?));
        let view = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        whole(engine.sql(), view, work).map_err(|error| engine.failed(error))
    };
    // The library waits on a runtime of its own, for which a thread that has one has no room.
    std::thread::scope(|threads| {
        threads.spawn(of_database).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
