//! The address of a server: scheme, host and port, and nothing behind them.

use std::fmt;

use url::{Host, Url};

/// An origin as browsers know it, such as `https://wall.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    is_secure: bool,
    is_loopback: bool,
}

impl Origin {
    /// Takes an http or https address; the error says what is wrong without quoting it, since an
    /// address may carry a password.
    ///
    /// # Errors
    /// When it is no address, or has more to it than scheme, host and port.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let Ok(url) = Url::parse(text) else { return Err("is not an address") };
        if !matches!(url.scheme(), "http" | "https") {
            return Err("must begin with https:// or http://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not carry a user or a password");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("must end after host and port");
        }
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err("has no host"),
        };
        Ok(Self { text: url.origin().ascii_serialization(), is_secure: url.scheme() == "https", is_loopback })
    }

    /// The origin without a slash at the end; the port only when it is not the scheme's own.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port, as a `Host` header names them.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.text.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// The same for WebSockets: `wss://wall.example.com`.
    #[must_use]
    pub fn socket_origin(&self) -> String {
        format!("{}://{}", if self.is_secure { "wss" } else { "ws" }, self.authority())
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether it is this machine: localhost, 127.0.0.0/8 or ::1.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_the_shortest_way() {
        for (text, expected, socket) in [
            ("https://Wall.Example.com/", "https://wall.example.com", "wss://wall.example.com"),
            ("https://wall.example.com:443", "https://wall.example.com", "wss://wall.example.com"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081", "ws://127.0.0.1:8081"),
            ("http://[::1]:8081/", "http://[::1]:8081", "ws://[::1]:8081"),
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!((origin.as_str(), origin.socket_origin().as_str()), (expected, socket));
        }
        assert_eq!(Origin::parse("http://localhost:80").unwrap().authority(), "localhost");
    }

    #[test]
    fn loopback_is_this_machine_alone() {
        for (text, expected) in [
            ("http://localhost:1", true),
            ("http://127.0.0.9", true),
            ("http://[::1]", true),
            ("http://localhost.example.com", false),
            ("http://192.168.0.1", false),
        ] {
            assert_eq!(Origin::parse(text).unwrap().is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_without_being_quoted() {
        for text in
            ["", "wall", "ftp://canary", "https://canary:canary@x", "https://x/canary", "https://x/?canary"]
        {
            assert!(!Origin::parse(text).unwrap_err().contains("canary"), "{text}");
        }
    }
}
