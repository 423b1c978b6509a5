//! A proxy that logs people in: its word counts from its own networks, and from nowhere else.
//!
//! How it logs them in is its own business; nothing of other headers is believed.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};
use compact_str::CompactString;
use ipnet::IpNet;

use super::{Proof, Viewer};
use crate::config::http;
use crate::config::http::Role;

/// Longest name of a user, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// A trusted proxy.
pub(super) struct Proxy {
    networks: Vec<IpNet>,
    user_header: Option<HeaderName>,
    role: Role,
}

impl Proxy {
    /// The proxy of the settings, which were checked; nothing when there is none.
    pub(super) fn new(settings: &http::Proxy) -> Option<Self> {
        let networks = settings.networks().ok().filter(|networks| !networks.is_empty())?;
        let user_header = settings.user_header.as_ref();
        let user_header = user_header.and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok());
        Some(Self { networks, user_header, role: settings.role })
    }

    /// Whom it names.
    pub(super) fn vouches(&self, headers: &HeaderMap, peer: IpAddr) -> Option<Viewer> {
        if !self.is_it(peer) {
            return None;
        }
        // Two names are a proxy that passes on what a client made up.
        let mut names = headers.get_all(self.user_header.as_ref()?).into_iter();
        let name = names.next().filter(|_| names.next().is_none())?.to_str().ok()?.trim();
        let is_name = (1..=NAME_BYTES_MAX).contains(&name.len());
        is_name.then(|| Viewer {
            name: CompactString::from(name),
            role: self.role,
            csms: None,
            proof: Proof::Proxy,
        })
    }

    /// Whether browsers reach it by an encrypted connection.
    pub(super) fn is_encrypted(&self, headers: &HeaderMap, peer: IpAddr) -> bool {
        let scheme = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
        self.is_it(peer) && scheme == Some("https")
    }

    /// The address for which it asks: the one that it added last, as others are hearsay.
    pub(super) fn client(&self, headers: &HeaderMap, peer: IpAddr) -> Option<IpAddr> {
        let named = headers.get_all("x-forwarded-for").into_iter().next_back()?.to_str().ok()?;
        let last = named.rsplit(',').next()?.trim().parse().ok()?;
        self.is_it(peer).then_some(last)
    }

    fn is_it(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.networks.iter().any(|network| network.contains(&peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_from_the_proxys_networks_only() {
        let settings = http::Proxy {
            networks: "10.0.0.0/8, ::1".to_owned(),
            user_header: Some("x-forwarded-user".to_owned()),
            role: Role::Viewer,
        };
        let proxy = Proxy::new(&settings).unwrap();
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-user", "zoe".parse().unwrap());
        for (peer, name) in [
            ("10.1.2.3", Some("zoe")),
            ("::ffff:10.1.2.3", Some("zoe")),
            ("::1", Some("zoe")),
            ("192.168.0.1", None),
            ("127.0.0.1", None),
        ] {
            let found = proxy.vouches(&headers, peer.parse().unwrap());
            assert_eq!(found.as_ref().map(|it| it.name.as_str()), name, "{peer}");
            assert!(found.is_none_or(|it| it.role == Role::Viewer));
        }
        headers.append("x-forwarded-user", "max".parse().unwrap());
        assert!(proxy.vouches(&headers, "10.1.2.3".parse().unwrap()).is_none());
        assert!(Proxy::new(&http::Proxy::default()).is_none());
    }
}
