//! How often an address may be wrong about a key before it has to wait.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
    sync::Mutex,
};

use axum::http::HeaderMap;
use protocol::Timestamp;

/// Somebody who copies a key by hand is wrong a few times; who tries keys is wrong more often.
const WRONG_MAX: u32 = 10;

/// In this time; it begins with the first.
const WINDOW_MS: i64 = 60_000;

/// Addresses that are remembered at once; the oldest is forgotten. Whoever has more of them is not held up by this,
/// but by the length of the keys.
const ADDRESSES_MAX: usize = 10_000;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Where a request comes from: the connection's other end, or, where a TLS proxy on this machine stands between, what that says of
/// it: its entry is the last.
#[must_use]
pub fn address_of(peer: Option<Peer>, headers: &HeaderMap, has_tls_proxy: bool) -> IpAddr {
    let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.0);
    if !has_tls_proxy || !peer.is_loopback() {
        return peer;
    }
    let told = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    told.and_then(|list| list.rsplit(',').next()?.trim().parse().ok()).unwrap_or(peer)
}

/// The addresses that were wrong lately.
#[derive(Default)]
pub struct WrongKeys {
    lately: Mutex<Lately>,
}

#[derive(Default)]
struct Lately {
    by_address: HashMap<IpAddr, (u32, Timestamp)>,
    order: VecDeque<IpAddr>,
}

impl WrongKeys {
    /// Seconds that this address has to wait before any key of it is looked at.
    #[must_use]
    pub fn waits_s(&self, address: IpAddr, now: Timestamp) -> Option<u32> {
        let lately = self.lately.lock().expect("nobody panics while holding the addresses");
        let (wrong, began) = lately.by_address.get(&network_of(address))?;
        let left_ms = WINDOW_MS - now.ms_since(*began);
        (*wrong >= WRONG_MAX && left_ms > 0).then(|| (left_ms as u32).div_ceil(1_000))
    }

    /// A key of this address was wrong.
    pub fn count(&self, address: IpAddr, now: Timestamp) {
        let mut lately = self.lately.lock().expect("nobody panics while holding the addresses");
        let Lately { by_address, order } = &mut *lately;
        let address = network_of(address);
        match by_address.get_mut(&address) {
            Some((wrong, began)) if now.ms_since(*began) < WINDOW_MS => *wrong += 1,
            Some(over) => *over = (1, now),
            None => {
                if order.len() >= ADDRESSES_MAX
                    && let Some(oldest) = order.pop_front()
                {
                    by_address.remove(&oldest);
                }
                order.push_back(address);
                by_address.insert(address, (1, now));
            }
        }
    }
}

/// Of IPv6 one customer has at least a /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn whoever_is_often_wrong_waits_and_others_do_not() {
        let wrong = WrongKeys::default();
        let at = Timestamp::from_ms;
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for n in 0..WRONG_MAX {
            assert_eq!(wrong.waits_s(address("2001:db8::1"), at(n.into())), None);
            wrong.count(address("2001:db8::1"), at(n.into()));
        }
        assert_eq!(wrong.waits_s(address("2001:db8::2"), at(10)), Some(60), "its neighbour is itself");
        assert_eq!(wrong.waits_s(address("2001:db8:0:1::1"), at(10)), None);
        assert_eq!(wrong.waits_s(address("2001:db8::1"), at(WINDOW_MS)), None);
        wrong.count(address("2001:db8::1"), at(WINDOW_MS));
        assert_eq!(wrong.waits_s(address("2001:db8::1"), at(WINDOW_MS)), None, "counted anew");
    }

    #[test]
    fn the_oldest_address_is_forgotten() {
        let wrong = WrongKeys::default();
        let now = Timestamp::from_ms(0);
        for n in 0..=ADDRESSES_MAX as u32 {
            wrong.count(IpAddr::V4(n.into()), now);
        }
        assert_eq!(wrong.lately.lock().unwrap().by_address.len(), ADDRESSES_MAX);
    }

    #[test]
    fn a_proxy_on_this_machine_is_believed_and_nobody_else() {
        let told_to = |has_tls_proxy: bool, peer: &str, header: &'static str| {
            let headers = HeaderMap::from_iter([(
                "x-forwarded-for".parse().unwrap(),
                HeaderValue::from_static(header),
            )]);
            address_of(Some(Peer(peer.parse().unwrap())), &headers, has_tls_proxy).to_string()
        };
        let told = |peer, header| told_to(true, peer, header);
        assert_eq!(told("127.0.0.1", "10.0.0.1, 192.0.2.7"), "192.0.2.7");
        assert_eq!(told("127.0.0.1", "nonsense"), "127.0.0.1");
        assert_eq!(told("198.51.100.1", "192.0.2.7"), "198.51.100.1");
        assert_eq!(
            told_to(false, "127.0.0.1", "192.0.2.7"),
            "127.0.0.1",
            "a program, which may say anything"
        );
    }
}
