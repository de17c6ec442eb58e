//! A client of the organisation: the program that asks for tokens, what it may be granted, and what
//! it may do.

use std::collections::BTreeSet;

/// A grant that a client can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The client itself, without a person: client credentials.
    ClientCredentials,
    /// A person by authorization code, with PKCE or with the client's secret.
    Code,
    /// A person by the implicit grant: the token in the fragment of the redirect.
    Token,
}

impl Grant {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ClientCredentials, Self::Code, Self::Token];

    /// As Genesys names it on the client.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "CLIENT-CREDENTIALS",
            Self::Code => "CODE",
            Self::Token => "TOKEN",
        }
    }
}

/// An OAuth client. With Genesys a client has one grant; here it may have several, so that one
/// client is enough to begin with.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// What it may be granted. Default: all.
    pub grants: Vec<Grant>,
    /// Where people may be sent back to, letter by letter. Default: none, which means every address
    /// of this machine (localhost, 127.0.0.1, `[::1]`), on any port.
    pub redirect_uris: Vec<String>,
    /// What it may do with a token of its own; `None` is everything. What a person may do is the
    /// person's affair. Default `None`.
    pub permissions: Option<BTreeSet<String>>,
    /// How long its tokens are valid; `None` is the configuration's value. Default `None`.
    pub token_seconds: Option<u32>,
}

impl Client {
    /// A client that may do everything.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
            grants: Grant::ALL.to_vec(),
            redirect_uris: Vec::new(),
            permissions: None,
            token_seconds: None,
        }
    }

    /// The same client with these permissions and no others.
    #[must_use]
    pub fn with_permissions<T: Into<String>>(mut self, permissions: impl IntoIterator<Item = T>) -> Self {
        self.permissions = Some(permissions.into_iter().map(Into::into).collect());
        self
    }

    /// Whether people may be sent back there.
    pub(crate) fn may_send_to(&self, redirect_uri: &str) -> bool {
        if self.redirect_uris.is_empty() {
            return is_loopback(redirect_uri);
        }
        self.redirect_uris.iter().any(|known| known == redirect_uri)
    }
}

/// Whether the address is one of this machine. A fragment or a name before the host is refused: they
/// would make it look like what it is not.
fn is_loopback(uri: &str) -> bool {
    let Some(rest) = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://")) else {
        return false;
    };
    let is_plain = uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>".contains(&byte));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let is_here = ["localhost", "127.0.0.1", "[::1]"].into_iter().any(|host| {
        authority.strip_prefix(host).is_some_and(|after| match after.strip_prefix(':') {
            Some(port) => port.parse::<u16>().is_ok(),
            None => after.is_empty(),
        })
    });
    is_plain && is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for uri in
            ["http://localhost/", "http://127.0.0.1:8080/back?x=1", "https://[::1]:8443/back", "http://[::1]"]
        {
            assert!(is_loopback(uri), "{uri}");
        }
        for uri in [
            "http://example.com/",
            "http://localhost.example.com/",
            "http://localhost@example.com/",
            "http://localhost:80@example.com/",
            "http://[::1].example.com/",
            "http://localhost#@example.com",
            "http://127.0.0.1\\@example.com",
            "ftp://localhost/",
            "localhost",
            "",
        ] {
            assert!(!is_loopback(uri), "{uri}");
        }
    }

    #[test]
    fn listed_addresses_are_compared_letter_by_letter() {
        let client =
            Client { redirect_uris: vec!["https://a.example/x".to_owned()], ..Client::new("a", "b") };
        assert!(client.may_send_to("https://a.example/x"));
        assert!(!client.may_send_to("https://a.example/x?y"));
        assert!(!client.may_send_to("http://localhost/"));
    }
}
