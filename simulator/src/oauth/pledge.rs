//! What can be turned into tokens: authorization codes, once and soon, and refresh tokens, once.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use protocol::{Timestamp, UserId};
use rand::Rng;
use sha2::{Digest, Sha256};

use super::tokens::secret;

/// How long a code can be redeemed.
const CODE_MS: i64 = 60_000;
/// So many codes, and so many refresh tokens, are kept; beyond it the oldest goes.
const PLEDGES_MAX: usize = 10_000;
/// Letters of a code verifier.
/// Source: RFC 7636, section 4.1.
const VERIFIER_LENGTH: std::ops::RangeInclusive<usize> = 43..=128;

/// What an authorization code stands for.
pub(crate) struct Code {
    pub(crate) client: Arc<str>,
    pub(crate) redirect_uri: String,
    pub(crate) user: UserId,
    /// The hash of the verifier, when the client sent one.
    pub(crate) challenge: Option<String>,
    expires: Timestamp,
}

/// What a refresh token stands for.
#[derive(Clone)]
pub(crate) struct Refresh {
    pub(crate) client: Arc<str>,
    pub(crate) user: UserId,
    /// Whether the client proved itself by its secret, and has to again.
    pub(crate) confidential: bool,
}

/// All that is open.
#[derive(Default)]
pub(crate) struct Pledges {
    codes: BTreeMap<Arc<str>, (u64, Code)>,
    refreshes: BTreeMap<Arc<str>, (u64, Refresh)>,
    given: u64,
}

impl Pledges {
    /// Gives out a code for a person who has signed in.
    pub(crate) fn give_code(
        &mut self,
        client: &str,
        redirect_uri: &str,
        user: &UserId,
        challenge: Option<&str>,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Arc<str> {
        self.codes.retain(|_, (_, code)| code.expires > now);
        let code = Code {
            client: client.into(),
            redirect_uri: redirect_uri.to_owned(),
            user: user.clone(),
            challenge: challenge.map(str::to_owned),
            expires: now.plus_ms(CODE_MS),
        };
        self.given += 1;
        keep(&mut self.codes, self.given, code, rng)
    }

    /// Takes a code; whatever comes of it, it cannot be taken again.
    pub(crate) fn take_code(&mut self, text: &str, now: Timestamp) -> Option<Code> {
        self.codes.remove(text).map(|(_, code)| code).filter(|code| code.expires > now)
    }

    /// Gives out a refresh token.
    pub(crate) fn give_refresh(&mut self, refresh: Refresh, rng: &mut impl Rng) -> Arc<str> {
        self.given += 1;
        keep(&mut self.refreshes, self.given, refresh, rng)
    }

    /// A refresh token, left where it is.
    pub(crate) fn refresh(&self, text: &str) -> Option<&Refresh> {
        self.refreshes.get(text).map(|(_, refresh)| refresh)
    }

    /// Takes a refresh token; the next one is given with the next token.
    pub(crate) fn take_refresh(&mut self, text: &str) {
        self.refreshes.remove(text);
    }

    /// Takes back all that could become a token of this person.
    pub(crate) fn revoke_user(&mut self, user: &UserId) {
        self.codes.retain(|_, (_, code)| code.user != *user);
        self.refreshes.retain(|_, (_, refresh)| refresh.user != *user);
    }
}

/// Whether the verifier is the one that the challenge was made of, by the method S256.
pub(crate) fn proves(verifier: &str, challenge: &str) -> bool {
    VERIFIER_LENGTH.contains(&verifier.len())
        && BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
}

fn keep<T>(held: &mut BTreeMap<Arc<str>, (u64, T)>, order: u64, pledge: T, rng: &mut impl Rng) -> Arc<str> {
    if held.len() >= PLEDGES_MAX {
        let oldest = held.iter().min_by_key(|(_, (order, _))| *order).map(|(text, _)| text.clone());
        if let Some(oldest) = oldest {
            held.remove(&oldest);
        }
    }
    let text = secret(rng);
    held.insert(text.clone(), (order, pledge));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_proves_its_own_challenge_only() {
        // The example of RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(proves(verifier, challenge));
        assert!(!proves(&verifier.replace('d', "e"), challenge));
        assert!(!proves("short", &BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(b"short"))));
    }
}
