//! What a screen holds instead of its key: a pass that says whose it is and since when, signed with the key itself.
//!
//! Nothing has to be kept for it, so that a screen stays let in when the proxy starts again; and when its key is taken
//! out of the configuration, every pass bought with it is worth nothing.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use protocol::Timestamp;
use sha2::{Digest, Sha256};

use crate::{config::ScreenKey, random};

/// A screen's cookie holds this long, which is as long as browsers keep one; a screen in use gets a new one each day.
pub const SESSION_LIFE_MS: i64 = 400 * 24 * 3_600_000;

/// From this age on a cookie is written anew.
const RENEWED_AFTER_MS: i64 = 24 * 3_600_000;

/// A framed page's token: short, because it passes through the memory of a page inside another one.
pub const TOKEN_LIFE_MS: i64 = 10 * 60_000;

/// A pass is some hundred characters; what is longer is none.
const PASS_CHARS_MAX: usize = 300;

/// What a pass is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In a cookie.
    Session,
    /// As a bearer token of a framed page.
    Token,
}

impl Kind {
    const fn letter(self) -> &'static str {
        match self {
            Self::Session => "s",
            Self::Token => "t",
        }
    }

    const fn life_ms(self) -> i64 {
        match self {
            Self::Session => SESSION_LIFE_MS,
            Self::Token => TOKEN_LIFE_MS,
        }
    }
}

/// A pass that holds.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The key that it was bought with.
    pub key: Arc<ScreenKey>,
    /// Tells the screens of one key apart.
    pub id: Arc<str>,
    /// Old enough to be written anew.
    pub is_ageing: bool,
}

/// The keys of the configuration.
pub struct Keys {
    keys: Vec<(Arc<ScreenKey>, [u8; 32])>,
}

impl Keys {
    /// Takes them.
    #[must_use]
    pub fn new(keys: &[ScreenKey]) -> Self {
        let with_digest = |key: &ScreenKey| (Arc::new(key.clone()), digest(key.secret.expose()));
        Self { keys: keys.iter().map(with_digest).collect() }
    }

    /// Whether there is any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key with this secret. Digests of one length are compared, all of all of them: the time it takes says nothing.
    #[must_use]
    pub fn find(&self, secret: &str) -> Option<&Arc<ScreenKey>> {
        let asked = digest(secret);
        let mut found = None;
        for (key, digest) in &self.keys {
            let differing =
                digest.iter().zip(asked).fold(0, |bits, (a, b)| std::hint::black_box(bits | (a ^ b)));
            if differing == 0 {
                found = Some(key);
            }
        }
        found
    }

    /// A new pass for a key; of the screen `id`, when it had one before.
    #[must_use]
    pub fn issue(&self, kind: Kind, key: &ScreenKey, id: Option<&str>, now: Timestamp) -> String {
        let fresh = || random::token("");
        let id = id.map_or_else(fresh, str::to_owned);
        let said = format!("{}.{}.{id}.{}", kind.letter(), key.name, now.as_ms() / 1_000);
        let seal = BASE64_URL_SAFE_NO_PAD.encode(mac(key, &said).finalize().into_bytes());
        format!("{said}.{seal}")
    }

    /// Reads a pass; `None` unless it is of this kind, ours, and not over.
    #[must_use]
    pub fn read(&self, kind: Kind, text: &str, now: Timestamp) -> Option<Pass> {
        if text.len() > PASS_CHARS_MAX {
            return None;
        }
        let (said, seal) = text.rsplit_once('.')?;
        let mut parts = said.split('.');
        let (letter, name, id, issued) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if letter != kind.letter() {
            return None;
        }
        let key = self.keys.iter().map(|(key, _)| key).find(|key| *key.name == *name)?;
        mac(key, said).verify_slice(&BASE64_URL_SAFE_NO_PAD.decode(seal).ok()?).ok()?;
        let age_ms = now.ms_since(Timestamp::from_ms(issued.parse::<i64>().ok()?.checked_mul(1_000)?));
        // The clock may have been set back since, by a little.
        (age_ms < kind.life_ms()).then(|| Pass {
            key: key.clone(),
            id: id.into(),
            is_ageing: age_ms >= RENEWED_AFTER_MS,
        })
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn mac(key: &ScreenKey, said: &str) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.secret.expose().as_bytes()).expect("a key of any length serves");
    mac.update(b"rollcall pass ");
    mac.update(said.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use protocol::{WallId, wall::Names};

    use super::*;
    use crate::config::Secret;

    fn key(name: &str, secret: &str) -> ScreenKey {
        ScreenKey {
            name: name.into(),
            secret: Secret::new(secret),
            walls: vec![WallId::new("floor")],
            names: Names::Full,
            embed: false,
        }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn a_pass_holds_for_its_key_its_kind_and_its_time() {
        let keys = Keys::new(&[key("lobby", "one secret of many"), key("canteen", "another of them")]);
        let lobby = keys.find("one secret of many").unwrap();
        let pass = keys.issue(Kind::Token, lobby, None, at(1_000));
        let read = |text: &str, ms| keys.read(Kind::Token, text, at(ms));
        assert_eq!(*read(&pass, 1_000).unwrap().key.name, *"lobby");
        assert!(read(&pass, TOKEN_LIFE_MS + 999).is_some() && read(&pass, TOKEN_LIFE_MS + 1_000).is_none());
        assert!(keys.read(Kind::Session, &pass, at(1_000)).is_none());
        for forged in [
            pass.replace("lobby", "canteen"),
            pass.replace(".1.", ".2."),
            pass.replacen('t', "s", 1),
            pass[..pass.len() - 1].to_owned(),
            format!("{pass}."),
            String::new(),
            "....".to_owned(),
        ] {
            assert!(read(&forged, 1_000).is_none(), "{forged}");
        }
    }

    #[test]
    fn a_pass_outlives_a_start_but_not_its_key() {
        let keys = Keys::new(&[key("lobby", "one secret of many")]);
        let pass = keys.issue(Kind::Session, keys.find("one secret of many").unwrap(), Some("tv1"), at(0));
        let again = Keys::new(&[key("lobby", "one secret of many")]);
        assert_eq!(*again.read(Kind::Session, &pass, at(5)).unwrap().id, *"tv1");
        assert!(again.read(Kind::Session, &pass, at(RENEWED_AFTER_MS)).unwrap().is_ageing);
        let other = Keys::new(&[key("lobby", "a secret of its own")]);
        assert!(other.read(Kind::Session, &pass, at(5)).is_none());
        assert!(Keys::new(&[]).read(Kind::Session, &pass, at(5)).is_none());
    }

    #[test]
    fn only_the_whole_secret_is_found() {
        let keys = Keys::new(&[key("lobby", "one secret of many")]);
        for wrong in ["", "one secret of man", "one secret of many ", "ONE SECRET OF MANY"] {
            assert!(keys.find(wrong).is_none(), "{wrong}");
        }
    }
}
