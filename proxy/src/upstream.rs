//! Genesys Cloud as the proxy meets it: tokens, calls, sockets. The client secret and the tokens
//! never leave this folder.

pub mod aggregates;
pub mod backoff;
pub mod budget;
pub mod clients;
pub mod clock;
pub mod date;
pub mod directory;
pub mod joined;
pub mod keep;
pub mod mover;
pub mod permits;
pub mod purpose;
pub mod read;
pub mod rest;
pub mod rivals;
pub mod schedules;
pub mod shard;
pub mod socket;
pub mod token;
pub mod truth;

use std::collections::BTreeSet;

pub use clients::Clients;
pub use purpose::Purpose;
pub(crate) use rest::words as plain_words;
pub use rest::{Answer, Rest};

/// The permissions that a refusal names, if it is one for want of permissions; none when it does not say which.
pub(crate) fn permissions_in(error: &UpstreamError) -> Option<Vec<String>> {
    let UpstreamError::Refused { status: 403, message, .. } = error else { return None };
    let is_permission = |word: &&str| {
        let parts: Vec<&str> = word.split(':').collect();
        parts.len() == 3
            && parts
                .iter()
                .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '*'))
    };
    let words = message.split(|c: char| !(c.is_alphanumeric() || c == ':' || c == '*'));
    let named: BTreeSet<String> = words.filter(is_permission).map(str::to_owned).collect();
    Some(named.into_iter().collect())
}

/// Why a call upstream failed.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum UpstreamError {
    /// The client id or secret is wrong, or the region is not the organisation's.
    #[error(
        "Genesys Cloud refused the client id or secret of the OAuth client {client_id} ({reason}); check both, and the region"
    )]
    WrongCredentials {
        /// Which client.
        client_id: String,
        /// In Genesys' words.
        reason: String,
    },
    /// No connection: name, network, TLS, time-out.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// The host that was asked.
        host: String,
        /// In words.
        reason: String,
    },
    /// Too many calls; not before this many milliseconds.
    #[error("rate limit reached; next call in {retry_after_ms} ms")]
    RateLimited {
        /// As upstream wishes.
        retry_after_ms: i64,
    },
    /// The answer is an error.
    #[error("{method} {route} answered {status} {code}: {message}")]
    Refused {
        /// The method.
        method: String,
        /// The path without ids and query.
        route: String,
        /// The HTTP status.
        status: u16,
        /// Genesys' code, if there is one.
        code: String,
        /// Genesys' words.
        message: String,
    },
    /// The answer is not what was asked for.
    #[error("{route} answered something unexpected: {reason}")]
    Unexpected {
        /// The path without ids and query.
        route: String,
        /// In words.
        reason: String,
    },
}

impl UpstreamError {
    /// Whether the thing that was asked for does not exist any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Refused { status: 404 | 410, .. })
    }

    /// In words that every screen may read: they name no OAuth client.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::WrongCredentials { .. } => {
                "Genesys Cloud refused the id or secret of an OAuth client; the log says of which".to_owned()
            }
            Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::Refused { .. }
            | Self::Unexpected { .. } => self.to_string(),
        }
    }

    /// How long upstream asks to wait.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<i64> {
        match self {
            Self::RateLimited { retry_after_ms } => Some(*retry_after_ms),
            Self::WrongCredentials { .. }
            | Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Unexpected { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_screens_are_told_names_no_client() {
        let (client_id, reason) = ("our-client".to_owned(), "invalid_client".to_owned());
        let wrong = UpstreamError::WrongCredentials { client_id, reason };
        assert!(wrong.to_string().contains("our-client") && !wrong.told().contains("our-client"));
        let (host, reason) = ("api.example.com".to_owned(), "connection refused".to_owned());
        let silent = UpstreamError::Unreachable { host, reason };
        assert_eq!(silent.told(), "api.example.com cannot be reached: connection refused");
    }
}
