//! Each record is sealed together with the seal of the one before it: whoever alters, takes out or moves one breaks every
//! seal from there on. Pure.

use std::fmt::Write as _;

use ring::hmac;
use serde::Deserialize;

/// A seal's bytes.
pub const SEAL_BYTES: usize = 32;

/// What the first record is sealed with.
pub const FIRST: [u8; SEAL_BYTES] = [0; SEAL_BYTES];

/// Where a chain stands: the number of its last record, 0 before the first, and that one's seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last record.
    pub seq: u64,
    /// Its seal.
    pub seal: [u8; SEAL_BYTES],
}

impl Head {
    /// Before the first record.
    pub const START: Self = Self { seq: 0, seal: FIRST };

    /// The next record's text, with its number, and the head after it. `said` is the record in JSON, as it is without a number.
    #[must_use]
    pub fn append(self, key: &SealKey, said: &str) -> (String, Self) {
        let seq = self.seq + 1;
        // The number as its first member, for the price of a copy: all writers wait for this.
        let mut text = String::with_capacity(NUMBER_BYTES + said.len());
        write!(text, "{{\"seq\":{seq},").expect("a String takes everything");
        text.push_str(said.trim_start_matches('{'));
        let seal = key.seal(&self.seal, &text);
        (text, Self { seq, seal })
    }

    /// Whether a text has the seal that it gets behind this head.
    #[must_use]
    pub fn is_before(self, key: &SealKey, text: &str, sealed: [u8; SEAL_BYTES]) -> bool {
        key.seal(&self.seal, text) == sealed
    }
}

/// A number that is put before a record takes no more than this.
const NUMBER_BYTES: usize = r#"{"seq":18446744073709551615,"#.len();

/// A key, ready to seal: what HMAC makes of the key alone is made once, and not for every record.
#[derive(Clone, Debug)]
pub struct SealKey(hmac::Key);

impl SealKey {
    /// Makes a key ready.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    fn seal(&self, before: &[u8; SEAL_BYTES], text: &str) -> [u8; SEAL_BYTES] {
        let mut mac = hmac::Context::with_key(&self.0);
        mac.update(before);
        mac.update(text.as_bytes());
        mac.sign().as_ref().try_into().expect("SHA-256 makes 32 bytes")
    }
}

/// What stands for the records that retention took away: the head that the log had after the last of them, proved by the key, so that
/// nobody else can take records away and say that it was so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The number of the last record that is gone, and its seal, with which the first that is there was sealed.
    pub head: Head,
    /// The proof.
    pub mac: [u8; SEAL_BYTES],
}

/// Keeps a checkpoint's proof apart from every seal: no record's text begins with this.
const CHECKPOINT: &[u8; SEAL_BYTES] = b"Rollcall: checkpoint of an audit";

impl Checkpoint {
    /// Proves that what came before may be gone.
    #[must_use]
    pub fn seal(key: &SealKey, head: Head) -> Self {
        Self { head, mac: key.seal(CHECKPOINT, &format!("{}:{}", head.seq, super::key::hex(&head.seal))) }
    }

    /// Whether this key made it.
    #[must_use]
    pub fn is_of(&self, key: &SealKey) -> bool {
        Self::seal(key, self.head) == *self
    }
}

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub seq: u64,
    /// Its text.
    pub text: String,
    /// Its seal.
    pub seal: Vec<u8>,
}

/// What is wrong with a log, and with which record it begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A number is not there.
    #[error("record {0} is missing: the next one in the log is {1}")]
    Missing(u64, u64),
    /// Another record stands in its place.
    #[error("record {0} stands where record {1} should be")]
    OutOfOrder(u64, u64),
    /// Its seal does not fit.
    #[error("record {0} was altered, or one before it was taken out or put in")]
    Altered(u64),
    /// The columns that it is found by are not what it says.
    #[error(
        "record {0} is as it was sealed, and is filed under something else: who asks for it would not find it"
    )]
    Misfiled(u64),
    /// The checkpoint is none of ours.
    #[error(
        "the checkpoint after record {0} was altered: records were taken away that retention did not take"
    )]
    Checkpoint(u64),
    /// The log once had more records.
    #[error("the log ends with record {0}, and once went on to record {1}")]
    Truncated(u64, u64),
}

/// Follows a chain from its beginning.
#[derive(Debug)]
pub struct Verifier<'a> {
    key: &'a SealKey,
    head: Head,
    /// Where the log ended once, and no longer than that is to be believed of it.
    known: Option<Head>,
}

#[derive(Deserialize)]
struct Numbered {
    seq: u64,
}

impl<'a> Verifier<'a> {
    /// Before the first record, or behind the checkpoint, where there is one. `known` is a head that was put aside elsewhere, which
    /// nobody here can put back.
    ///
    /// # Errors
    /// When the checkpoint was not made with this key.
    pub fn new(
        key: &'a SealKey,
        checkpoint: Option<Checkpoint>,
        known: Option<Head>,
    ) -> Result<Self, Broken> {
        let head = match checkpoint {
            Some(checkpoint) if checkpoint.is_of(key) => checkpoint.head,
            Some(checkpoint) => return Err(Broken::Checkpoint(checkpoint.head.seq)),
            None => Head::START,
        };
        Ok(Self { key, head, known })
    }

    /// Looks at the next record in the order of the log.
    ///
    /// # Errors
    /// When it is not the one that was appended here.
    pub fn next(&mut self, kept: &Kept) -> Result<(), Broken> {
        let expected = self.head.seq + 1;
        if kept.seq > expected {
            return Err(Broken::Missing(expected, kept.seq));
        }
        // A text that is none any more was altered, as its seal says.
        let said = serde_json::from_str(&kept.text).map_or(kept.seq, |said: Numbered| said.seq);
        if said != expected {
            return Err(Broken::OutOfOrder(said, expected));
        }
        let seal = self.key.seal(&self.head.seal, &kept.text);
        if kept.seal != seal {
            return Err(Broken::Altered(kept.seq));
        }
        self.head = Head { seq: kept.seq, seal };
        // With the key a log can be written anew: what was put aside tells.
        match self.known {
            Some(known) if known.seq == kept.seq && known.seal != seal => Err(Broken::Altered(kept.seq)),
            Some(_) | None => Ok(()),
        }
    }

    /// Looks whether the log ends where it should: not before the head that it keeps of itself, `own`, nor before the one that
    /// was put aside.
    ///
    /// # Errors
    /// When the log is shorter than one of them, or another.
    pub fn ends(self, own: Head) -> Result<Head, Broken> {
        for head in [Some(own), self.known].into_iter().flatten() {
            if head.seq > self.head.seq {
                return Err(Broken::Truncated(self.head.seq, head.seq));
            }
        }
        if own != self.head {
            return Err(Broken::Altered(self.head.seq));
        }
        Ok(self.head)
    }
}

#[cfg(test)]
mod tests;
