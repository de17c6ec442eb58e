//! Which database, and as whom.

use std::{fmt, net::IpAddr};

use postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};

use crate::config::Secret;

/// A PostgreSQL database. Its password is shown nowhere.
#[derive(Clone)]
pub struct Database {
    config: Config,
    /// User, hosts and database.
    name: String,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.name).finish()
    }
}

impl Database {
    /// The database that a URL such as `postgres://rollcall@db.example.com/rollcall` names.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that begins with the key's name.
    pub fn parse(url: &str) -> Result<Self, String> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err("must begin with postgres://".to_owned());
        }
        let mut config: Config =
            url.parse().map_err(|error: postgres::Error| format!("cannot be read: {error}"))?;
        if config.get_password().is_some() {
            return Err("must not hold the password, since addresses are shown; use password_file".to_owned());
        }
        let (Some(user), Some(name)) = (config.get_user(), config.get_dbname()) else {
            return Err("must name a user and a database".to_owned());
        };
        if config.get_hosts().is_empty() {
            return Err("must name a host".to_owned());
        }
        let ports = config.get_ports();
        let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5_432);
            match host {
                Host::Tcp(host) => format!("{host}:{port}"),
                #[cfg(unix)]
                Host::Unix(folder) => format!("{}/.s.PGSQL.{port}", folder.display()),
            }
        });
        let name = format!("{user}@{}/{name}", hosts.collect::<Vec<_>>().join(","));
        let is_elsewhere = config.get_hosts().iter().any(|host| !is_local(host));
        // What is elsewhere is spoken to in secret, unless the address says `sslmode=disable`: a server that offers no TLS may be
        // another one. On this machine nobody listens in.
        if !url.contains("sslmode=") {
            config.ssl_mode(if is_elsewhere { SslMode::Require } else { SslMode::Disable });
        }
        // Of several hosts the one that takes writes.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self { config, name })
    }

    /// With this password.
    #[must_use]
    pub fn with_password(mut self, password: &Secret) -> Self {
        self.config.password(password.expose());
        self
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.config.get_ssl_mode() != SslMode::Disable
    }

    /// Whether what the library says means that a password is asked for and there is none.
    pub(super) fn lacks_password(&self, said: &str) -> bool {
        self.config.get_password().is_none() && said.contains("password missing")
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_secrets_and_faults_are_named() {
        let database = Database::parse("postgres://rollcall@db.example.com/wall").unwrap();
        let database = database.with_password(&Secret::new("canary"));
        assert_eq!(database.to_string(), "rollcall@db.example.com:5432/wall");
        assert!(!format!("{database:?}").contains("canary"));
        for (url, wrong) in [
            ("mysql://a@b/c", "must begin with postgres://"),
            ("postgres://a:canary@b/c", "must not hold the password"),
            ("postgres://b/c", "must name a user"),
            ("postgres://a@b", "must name a user and a database"),
            ("postgres://a@b:x/c", "cannot be read"),
        ] {
            let said = Database::parse(url).unwrap_err();
            assert!(said.contains(wrong) && !said.contains("canary"), "{url}: {said}");
        }
    }

    #[test]
    fn what_is_elsewhere_is_spoken_to_in_secret() {
        for (url, encrypted) in [
            ("postgres://a@db.example.com/c", true),
            ("postgres://a@db.example.com/c?sslmode=disable", false),
            ("postgres://a@127.0.0.1/c", false),
            ("postgres://a@127.0.0.1/c?sslmode=require", true),
            ("postgres://a@localhost,db.example.com/c", true),
        ] {
            assert_eq!(Database::parse(url).unwrap().is_encrypted(), encrypted, "{url}");
        }
    }
}
