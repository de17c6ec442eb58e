//! How a change ended, in a sentence: for the note on the page and for those who listen.

use super::writes::{End, Write};
use crate::words::{self, Say, Word, fill_in, say};

/// The sentence.
#[must_use]
pub fn how_it_ended(write: &Write) -> String {
    let parts = [("name", &*write.name), ("state", write.wish.label.as_str())];
    match &write.end {
        None => fill_in(Say::WritePending, &parts),
        Some(End::Confirmed) if write.undoes.is_some() => fill_in(Say::WriteUndone, &parts),
        Some(End::Confirmed) => fill_in(Say::WriteConfirmed, &parts),
        Some(End::NoChange) => fill_in(Say::WriteNoChange, &parts),
        Some(End::Deferred) => fill_in(Say::WriteDeferred, &parts),
        Some(End::Superseded) => fill_in(Say::WriteSuperseded, &parts),
        Some(End::Unconfirmed(_)) => fill_in(Say::WriteUnconfirmed, &parts),
        Some(End::Refused(_)) if write.undoes.is_some() => fill_in(Say::UndoRefused, &parts),
        Some(End::Refused(_)) => fill_in(Say::WriteRefused, &parts),
    }
}

/// What there is to say beyond it: why not, or how long it took.
#[must_use]
pub fn more(write: &Write) -> String {
    match &write.end {
        Some(End::Refused(no)) if no.words.is_empty() => say(Say::NoReason).to_owned(),
        Some(End::Refused(no)) => no.words.clone(),
        Some(End::Unconfirmed(words)) if words.is_empty() => say(Say::NotSeen).to_owned(),
        Some(End::Unconfirmed(words)) => words.clone(),
        Some(End::Confirmed) => {
            let ms = write.took_ms.unwrap_or_default();
            words::filled(Word::Milliseconds, &[("ms", &words::number(ms as f64))])
        }
        None | Some(End::NoChange | End::Deferred | End::Superseded) => String::new(),
    }
}
