//! The keys above the first section: where Rollcall is reached.

use std::net::{Ipv4Addr, SocketAddr};

use super::{
    document::{Faults, Key, Reported, Section},
    origin::Origin,
};

/// Where Rollcall listens and by what address people reach it.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The address and port to listen on; port 0 takes a free one. Key `listen`, option `--listen`,
    /// no variable; default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// The address that people type, when something stands before Rollcall; sockets and links are
    /// made from it. Key `public_url`, no variable; default: the address of `listen`.
    pub public_url: Option<Origin>,
}

/// Where Rollcall listens when nothing else is said.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

const LISTEN: Key = Key { name: "listen", example: "\"127.0.0.1:8080\"" };
const PUBLIC_URL: Key = Key { name: "public_url", example: "\"https://wall.example.com\"" };
/// Every key above the first section.
pub(super) const KEYS: &[Key] = &[LISTEN, PUBLIC_URL];

/// Says why an address cannot be listened on without sign-in, when it cannot.
pub(super) fn refuse_open(listen: SocketAddr) -> Result<(), String> {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    Err(format!(
        "{listen} can be reached by others, and without sign-in everybody there would be let in; \
         listen on this machine alone, e.g. 127.0.0.1:{}",
        listen.port()
    ))
}

pub(super) fn read(
    section: &Section<'_>,
    option: Option<SocketAddr>,
    faults: &mut Faults<'_>,
) -> Result<ServerConfig, Reported> {
    let listen = listen(section, option, faults);
    let public_url = public_url(section, faults);
    Ok(ServerConfig { listen: listen?, public_url: public_url? })
}

fn listen(
    section: &Section<'_>,
    option: Option<SocketAddr>,
    faults: &mut Faults<'_>,
) -> Result<SocketAddr, Reported> {
    let in_file = section.text(&LISTEN, faults)?;
    let in_file = in_file.map(|found| match found.value.parse::<SocketAddr>() {
        Ok(address) => Ok((address, found.place)),
        Err(_) => Err(section.fault(found.place, &LISTEN, "must be an address and a port", faults)),
    });
    let (address, place) = match (option, in_file.transpose()?) {
        (Some(address), _) => (address, None),
        (None, Some((address, place))) => (address, Some(place)),
        (None, None) => (DEFAULT_LISTEN, None),
    };
    let name = if place.is_some() { "listen" } else { "--listen" };
    refuse_open(address).map_err(|fault| faults.at_source(place, format!("{name} {fault}")))?;
    Ok(address)
}

fn public_url(section: &Section<'_>, faults: &mut Faults<'_>) -> Result<Option<Origin>, Reported> {
    let Some(found) = section.text(&PUBLIC_URL, faults)? else { return Ok(None) };
    let origin =
        Origin::parse(found.value).map_err(|wrong| section.fault(found.place, &PUBLIC_URL, wrong, faults))?;
    if !origin.is_secure() && !origin.is_loopback() {
        let wrong = "must begin with https:// unless it is this machine: without TLS browsers drop the \
                     session's cookie and refuse wake locks";
        return Err(section.fault(found.place, &PUBLIC_URL, wrong, faults));
    }
    Ok(Some(origin))
}
