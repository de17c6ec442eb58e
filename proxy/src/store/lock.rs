//! One Rollcall a folder: two would both number the audit log's records, and both make up names.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use tracing::warn;

use super::StoreError;

/// In the data folder. It stays there, empty; the system gives the lock back when its holder ends, however that was.
const FILE: &str = "rollcall.lock";

/// Takes the folder for this process; `None` where the file system knows no locks, as some network ones.
pub(super) fn of_folder(folder: &Path) -> Result<Option<File>, StoreError> {
    let unusable = |reason| StoreError::Folder { folder: folder.to_path_buf(), reason };
    let options = File::options().create(true).truncate(false).write(true).open(folder.join(FILE));
    let file = options.map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { folder: folder.to_path_buf() }),
        Err(TryLockError::Error(reason)) if reason.kind() == io::ErrorKind::Unsupported => {
            warn!(%reason, "the data folder cannot be locked; see that no other Rollcall uses it");
            Ok(None)
        }
        Err(TryLockError::Error(reason)) => Err(unusable(reason)),
    }
}
