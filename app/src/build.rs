//! Which build this page is of. A page may stay open for months: when the server says that it carries another
//! build, the page is loaded again, at a moment when the server answers, and never in a loop.

use std::{cell::RefCell, time::Duration};

use leptos::prelude::{set_timeout, window};
use web_sys::{Storage, js_sys::Date};

use crate::embed;

/// When the page was last loaded again for this, in milliseconds since 1970; kept over the reload.
const RELOADED_AT: &str = "rollcall.reloaded";

/// Two servers of different builds behind one address must not make a wall flicker.
const LEAST_APART_MS: i64 = 600_000;

/// Pages are loaded again at any moment of this time: thousands of walls fetch the new build.
const SPREAD_S: f64 = 5.0;

/// The build of this page, once it is known.
#[derive(Default)]
pub struct Build {
    own: RefCell<Option<String>>,
}

impl Build {
    /// Hears with each snapshot which build the server carries. The first one is that of the page, which has just
    /// come from there; another one later loads the page again.
    pub fn hear(&self, told: &str) {
        let now = Date::now() as i64;
        if self.learn(told) && may_reload(reloaded_at(), now) {
            // Without a place to remember it there would be no end to it.
            if storage().is_some_and(|kept| kept.set_item(RELOADED_AT, &now.to_string()).is_ok()) {
                // All walls hear of it in the same moment. Until its own this page goes on as it is.
                let wait = Duration::from_secs_f64(SPREAD_S * js_sys::Math::random());
                set_timeout(
                    || {
                        embed::before_reload();
                        // A page that cannot be reloaded goes on as it is.
                        let _ = window().location().reload();
                    },
                    wait,
                );
            }
        }
    }
}

impl Build {
    /// The build of this page; empty before it is known.
    #[must_use]
    pub fn own(&self) -> String {
        self.own.borrow().clone().unwrap_or_default()
    }

    /// Whether what is told is another build than that of this page.
    fn learn(&self, told: &str) -> bool {
        self.own.borrow_mut().get_or_insert_with(|| told.to_owned()) != told
    }
}

fn may_reload(last: Option<i64>, now: i64) -> bool {
    // A clock that was set back must not forbid it for ever.
    last.is_none_or(|last| !(0..LEAST_APART_MS).contains(&(now - last)))
}

fn reloaded_at() -> Option<i64> {
    storage()?.get_item(RELOADED_AT).ok()??.parse().ok()
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_build_than_the_first_is_a_reason() {
        let build = Build::default();
        assert!(!build.learn("one") && !build.learn("one"), "its own, again and again");
        assert!(build.learn("two") && build.learn("two"), "until it is loaded again");
        assert!(!build.learn("one"), "the server went back");
        // What a cache on the way answered: the page of the build before, which takes the server's word for its own.
        let again = Build::default();
        assert!(!again.learn("two") && !again.learn("two"));
    }

    #[test]
    fn a_page_is_loaded_again_at_most_every_ten_minutes() {
        assert!(may_reload(None, 5));
        assert!(!may_reload(Some(1_000), 1_000) && !may_reload(Some(1_000), 600_999));
        assert!(may_reload(Some(1_000), 601_000));
        assert!(may_reload(Some(1_000), 500), "the clock was set back");
    }
}
