//! The last resort: when the app itself fails, a wall says so in words and starts again instead of standing still.

use std::{panic, time::Duration};

use leptos::prelude::{document, set_timeout, window};
use web_sys::{Storage, console};

use crate::{
    embed,
    words::{self, Word},
};

/// Where the number of crashes in a row is kept over the reload.
const COUNT: &str = "rollcall.crashes";

/// The first wait; doubled with each crash in a row.
const FIRST_WAIT_S: u64 = 2;

/// The longest wait: a wall that nobody looks after comes back within a minute after the cause is gone.
const LONGEST_WAIT_S: u64 = 60;

/// After this time without a crash the next one counts as the first.
const CALM: Duration = Duration::from_mins(1);

/// For a crash before there are words.
const IN_ENGLISH: &str = "The wall stopped because of a fault of its own. It starts again soon.";

/// Says what happened instead of leaving a dead page, and reloads it.
pub fn install() {
    panic::set_hook(Box::new(|info| {
        console::error_1(&info.to_string().into());
        let crashes = count();
        set_count(crashes.saturating_add(1));
        let wait = wait_s(crashes);
        if let Some(body) = document().body() {
            body.set_text_content(None);
            if let Ok(notice) = document().create_element("p") {
                notice.set_id("boot");
                // The only attribute; a name that is valid.
                let _ = notice.set_attribute("role", "alert");
                let words = words::filled(Word::Crashed, &[("seconds", &wait.to_string())]);
                let words = if words.is_empty() { IN_ENGLISH } else { &words };
                notice.set_text_content(Some(words));
                let _ = body.append_child(&notice);
            }
        }
        set_timeout(
            || {
                embed::before_reload();
                // A page that cannot be reloaded stays with its notice.
                let _ = window().location().reload();
            },
            Duration::from_secs(wait),
        );
    }));
    set_timeout(|| set_count(0), CALM);
}

fn wait_s(crashes: u32) -> u64 {
    FIRST_WAIT_S.saturating_mul(1 << crashes.min(10)).min(LONGEST_WAIT_S)
}

fn count() -> u32 {
    storage().and_then(|storage| storage.get_item(COUNT).ok()?).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn set_count(crashes: u32) {
    if let Some(storage) = storage() {
        // Without room for a digit every crash counts as the first.
        let _ = match crashes {
            0 => storage.remove_item(COUNT),
            _ => storage.set_item(COUNT, &crashes.to_string()),
        };
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        assert_eq!([0, 1, 2, 5, u32::MAX].map(wait_s), [2, 4, 8, 60, 60]);
    }
}
