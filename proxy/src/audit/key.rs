//! The key that seals the log: a file beside the data, for its owner alone. Who has both can forge; back it up apart.

use std::{fs, io, path::Path};

use crate::random;

/// The file in the data folder.
pub const FILE: &str = "audit.key";

/// The key of a folder, made when there is none; `None` when there is none and `may_make` does not hold.
///
/// # Errors
/// When the file cannot be read or written, or holds something else.
pub fn of_folder(folder: &Path, may_make: bool) -> io::Result<Option<[u8; 32]>> {
    let file = folder.join(FILE);
    match fs::read_to_string(&file) {
        Ok(text) => {
            let other =
                || io::Error::other(format!("{} holds no key of 64 hexadecimal digits", file.display()));
            parse(text.trim()).map(Some).ok_or_else(other)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_make => {
            let key = random::key();
            write(&file, &key)?;
            Ok(Some(key))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write(file: &Path, key: &[u8; 32]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut made = options.open(file)?;
    io::Write::write_all(&mut made, format!("{}\n", hex(key)).as_bytes())?;
    // A log that is sealed with a key that a crash took along could never be verified.
    made.sync_all()
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The 32 bytes that 64 hexadecimal digits stand for.
#[must_use]
pub fn parse(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}
