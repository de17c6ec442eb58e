//! A secret: a value or a file, never both, and printed as nothing.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
};

use super::document::{Faults, Found, Key, Reported, Section};

/// The most that is read of a secret's file: far above any secret, far below what could do harm when
/// the path names something else.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// A text that must not be seen. Neither `Debug` nor `Display` shows anything of it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Whoever asks takes care of where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is the secret; the time it takes says nothing of where the two differ.
    #[must_use]
    pub fn is(&self, candidate: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), candidate.as_bytes());
        let differing = own.iter().zip(other).fold(0, |bits, (a, b)| std::hint::black_box(bits | (a ^ b)));
        own.len() == other.len() && differing == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Reads a secret from whichever of the two keys is set.
pub(super) fn read(
    section: &Section<'_>,
    value: &Key,
    file: &Key,
    faults: &mut Faults<'_>,
) -> Result<Option<Found<Secret>>, Reported> {
    refuse_both(section, value, file, faults)?;
    let (text, path) = (section.text(value, faults), section.text(file, faults));
    match (text?, path?) {
        (None, None) => Ok(None),
        (Some(found), _) => Ok(Some(Found { value: Secret::new(found.value), place: found.place })),
        (None, Some(found)) => {
            let path = section.folder().join(found.value);
            match read_file(&path) {
                Ok(value) => Ok(Some(Found { value, place: found.place })),
                Err(error) => {
                    let wrong = format!(
                        "cannot be read: {}: {error}; name a file that holds the secret and nothing else",
                        path.display()
                    );
                    Err(section.fault(found.place, file, &wrong, faults))
                }
            }
        }
    }
}

/// Notes that a secret has two sources.
pub(super) fn refuse_both(
    section: &Section<'_>,
    value: &Key,
    file: &Key,
    faults: &mut Faults<'_>,
) -> Result<(), Reported> {
    let (Some(_), Some(place)) = (section.place_of(value), section.place_of(file)) else { return Ok(()) };
    let (value, file) = (value.name, file.name);
    let sentence = format!("{file} and {value} are both set; keep one of them and remove the other");
    Err(faults.at(place, section.about(&sentence)))
}

fn read_file(path: &std::path::Path) -> io::Result<Secret> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    // Editors and `echo` end a file with a line break that is no part of the secret.
    match text.trim() {
        "" => Err(io::Error::other("the file is empty")),
        secret => Ok(Secret::new(secret)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_nothing() {
        let secret = Secret::new("canary");
        assert_eq!(
            format!("{secret} {secret:?} {:?}", Some(&secret)),
            "Secret(..) Secret(..) Some(Secret(..))"
        );
        assert_eq!(secret.expose(), "canary");
    }

    #[test]
    fn only_the_secret_is_the_secret() {
        let secret = Secret::new("canary");
        assert!(secret.is("canary"));
        for other in ["", "canar", "canary ", "Canary", "canarY"] {
            assert!(!secret.is(other), "{other}");
        }
    }
}
