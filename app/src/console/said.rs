//! How a change ended, in a sentence: for the note on the page and for those who listen.

use super::writes::{End, Write};
use crate::words::{self, Say, Word, fill_in, say};

/// The sentence.
#[must_use]
pub fn how_it_ended(write: &Write) -> String {
    let parts = [("name", &*write.name), ("state", write.wish.label.as_str())];
    let is_of_skill = write.wish.is_of_skill();
    let words = match &write.end {
        None => Say::WritePending,
        Some(End::Confirmed) if write.is_over => Say::ChangedSince,
        Some(End::Confirmed) if write.undoes.is_some() && is_of_skill => Say::SkillUndone,
        Some(End::Confirmed) if write.undoes.is_some() => Say::WriteUndone,
        Some(End::Confirmed) if is_of_skill => Say::SkillConfirmed,
        Some(End::Confirmed) => Say::WriteConfirmed,
        Some(End::NoChange) if is_of_skill => Say::SkillNoChange,
        Some(End::NoChange) => Say::WriteNoChange,
        Some(End::Deferred) => Say::WriteDeferred,
        Some(End::Superseded) => Say::WriteSuperseded,
        Some(End::Unconfirmed(_)) => Say::WriteUnconfirmed,
        Some(End::Refused(_)) if is_of_skill => Say::SkillRefused,
        Some(End::Refused(_)) if write.undoes.is_some() => Say::UndoRefused,
        Some(End::Refused(_)) => Say::WriteRefused,
    };
    fill_in(words, &parts)
}

/// What there is to say beyond it: why not, or how long it took.
#[must_use]
pub fn more(write: &Write) -> String {
    match &write.end {
        Some(End::Refused(no)) if no.words.is_empty() => say(Say::NoReason).to_owned(),
        Some(End::Refused(no)) => no.words.clone(),
        Some(End::Unconfirmed(words)) if words.is_empty() && write.wish.is_of_skill() => {
            say(Say::SkillNotSeen).to_owned()
        }
        Some(End::Unconfirmed(words)) if words.is_empty() => say(Say::NotSeen).to_owned(),
        Some(End::Unconfirmed(words)) => words.clone(),
        Some(End::Confirmed) => {
            let ms = write.took_ms.unwrap_or_default();
            words::filled(Word::Milliseconds, &[("ms", &words::number(ms as f64))])
        }
        None | Some(End::NoChange | End::Deferred | End::Superseded) => String::new(),
    }
}
