//! The tokens that were given out, and how many calls were made with each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::{Timestamp, UserId};
use rand::Rng;

use super::Rights;
use crate::config::Grant;

/// So many tokens are kept; a client that mints without end loses its oldest.
const TOKENS_MAX: usize = 10_000;
/// Letters of a token.
const TOKEN_LENGTH: usize = 86;
/// The window in which the calls of a token, and the tokens of a client, are counted.
const WINDOW_MS: i64 = 60_000;
/// Letters of a token that are shown to people; the rest would let whoever reads them call.
const SHOWN_OF_TOKEN: usize = 6;

/// Whom a token stands for.
#[derive(Clone)]
pub(crate) struct Holder {
    pub(crate) client: Arc<str>,
    pub(crate) grant: Grant,
    /// The person; none for the client itself.
    pub(crate) user: Option<UserId>,
    pub(crate) rights: Rights,
}

/// Who calls: a token, and whom it stands for.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) token: Arc<str>,
    pub(crate) client: Arc<str>,
    pub(crate) grant: Grant,
    pub(crate) user: Option<UserId>,
    pub(crate) rights: Rights,
}

/// The tokens that were given out.
#[derive(Default)]
pub(crate) struct Tokens {
    by_text: BTreeMap<Arc<str>, Token>,
    minted: u64,
    mints: BTreeMap<String, Window>,
}

struct Token {
    holder: Holder,
    order: u64,
    expires: Timestamp,
    opened_channel: bool,
    calls: Window,
}

/// What was counted since when.
#[derive(Clone, Copy)]
struct Window {
    since: Timestamp,
    count: u32,
}

impl Window {
    /// Counts one more, in a new window when the last one is over.
    fn count(&mut self, now: Timestamp) -> Usage {
        if self.is_over(now) {
            *self = Self { since: now, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        self.usage(now)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now.ms_since(self.since) >= WINDOW_MS
    }

    fn usage(&self, now: Timestamp) -> Usage {
        let rest_ms = WINDOW_MS - now.ms_since(self.since);
        Usage { count: self.count, reset_s: (rest_ms + 999) / 1_000 }
    }
}

/// What was counted in the present minute, as the three headers say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) count: u32,
    pub(crate) reset_s: i64,
}

/// A token as the truth shows it.
pub(crate) struct Shown<'a> {
    /// Its first letters.
    pub(crate) name: String,
    pub(crate) holder: &'a Holder,
    pub(crate) expires: Timestamp,
    /// The calls of the present minute.
    pub(crate) count: u32,
}

impl Tokens {
    /// Counts a wish for a token; the error says when the client, which has minted its fill, may
    /// ask again.
    pub(crate) fn may_mint(&mut self, client: &str, now: Timestamp, per_minute: u32) -> Result<(), Usage> {
        let window = self.mints.entry(client.to_owned()).or_insert(Window { since: now, count: 0 });
        let usage = window.count(now);
        if usage.count > per_minute { Err(usage) } else { Ok(()) }
    }

    /// Gives out a token.
    pub(crate) fn mint(
        &mut self,
        holder: Holder,
        now: Timestamp,
        seconds: u32,
        rng: &mut impl Rng,
    ) -> Arc<str> {
        self.by_text.retain(|_, token| token.expires > now);
        if self.by_text.len() >= TOKENS_MAX {
            let oldest =
                self.by_text.iter().min_by_key(|(_, token)| token.order).map(|(text, _)| text.clone());
            if let Some(oldest) = oldest {
                self.by_text.remove(&oldest);
            }
        }
        self.minted += 1;
        let text = secret(rng);
        self.by_text.insert(
            text.clone(),
            Token {
                holder,
                order: self.minted,
                expires: now.plus_ms(i64::from(seconds) * 1_000),
                opened_channel: false,
                calls: Window { since: now, count: 0 },
            },
        );
        text
    }

    /// Who calls with this token, if it is valid.
    pub(crate) fn caller(&self, text: &str, now: Timestamp) -> Option<Caller> {
        let (text, token) = self.by_text.get_key_value(text)?;
        let Holder { client, grant, user, rights } = &token.holder;
        (token.expires > now).then(|| Caller {
            token: text.clone(),
            client: client.clone(),
            grant: *grant,
            user: user.clone(),
            rights: rights.clone(),
        })
    }

    /// Counts a call.
    pub(crate) fn count(&mut self, caller: &Caller, now: Timestamp) -> Usage {
        let Some(token) = self.by_text.get_mut(&caller.token) else { return Usage { count: 1, reset_s: 60 } };
        token.calls.count(now)
    }

    /// Whether the token has opened a channel, so that faults strike it.
    pub(crate) fn has_opened_channel(&self, caller: &Caller) -> bool {
        self.by_text.get(&caller.token).is_some_and(|token| token.opened_channel)
    }

    /// Remembers that the token has opened a channel.
    pub(crate) fn opened_channel(&mut self, caller: &Caller) {
        if let Some(token) = self.by_text.get_mut(&caller.token) {
            token.opened_channel = true;
        }
    }

    /// Takes a token back.
    pub(crate) fn revoke(&mut self, caller: &Caller) {
        self.by_text.remove(&caller.token);
    }

    /// Takes all tokens of a person back; answers which those were.
    pub(crate) fn revoke_user(&mut self, user: &UserId) -> BTreeSet<Arc<str>> {
        let is_theirs = |token: &Token| token.holder.user.as_ref() == Some(user);
        let theirs =
            self.by_text.iter().filter(|(_, token)| is_theirs(token)).map(|(text, _)| text.clone()).collect();
        self.by_text.retain(|_, token| !is_theirs(token));
        theirs
    }

    /// The callers whom faults reach: those that have opened a channel, or all.
    pub(crate) fn in_reach(&self, now: Timestamp, all: bool) -> Vec<Caller> {
        let reached = self.by_text.iter().filter(|(_, token)| all || token.opened_channel);
        reached.filter_map(|(text, _)| self.caller(text, now)).collect()
    }

    /// How many tokens are valid.
    pub(crate) fn len(&self, now: Timestamp) -> usize {
        self.by_text.values().filter(|token| token.expires > now).count()
    }

    /// The valid tokens, the oldest first.
    pub(crate) fn shown(&self, now: Timestamp) -> Vec<Shown<'_>> {
        let mut valid: Vec<_> = self.by_text.iter().filter(|(_, token)| token.expires > now).collect();
        valid.sort_by_key(|(_, token)| token.order);
        valid
            .into_iter()
            .map(|(text, token)| Shown {
                name: text.chars().take(SHOWN_OF_TOKEN).chain("...".chars()).collect(),
                holder: &token.holder,
                expires: token.expires,
                count: if token.calls.is_over(now) { 0 } else { token.calls.count },
            })
            .collect()
    }
}

/// A word that nobody guesses, for tokens and what can be turned into them.
pub(super) fn secret(rng: &mut impl Rng) -> Arc<str> {
    (0..TOKEN_LENGTH).map(|_| letter(rng)).collect::<String>().into()
}

fn letter(rng: &mut impl Rng) -> char {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char::from(LETTERS[rng.random_range(0..LETTERS.len())])
}
