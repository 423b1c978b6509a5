//! Where a browser's request comes from: our own pages, or another site's.
//!
//! Tokens of forms are checked in `guard.rs`; this is what holds where there is no session.

use axum::http::{HeaderMap, Uri, header};

/// Whether the host that was asked for is this machine by one of its own names.
pub(super) fn is_local_host(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let Ok(uri) = host.parse::<Uri>() else { return false };
    let name = uri.host().unwrap_or_default();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Whether another site's page sent this. Programs that are no browsers say nothing and pass.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => !matches!(site, "same-origin" | "none"),
        None => text("origin").is_some_and(|origin| {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_none() || host != text("host")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (header::HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn our_own_names_are_local() {
        for (host, is_local) in [
            ("localhost:8080", true),
            ("127.0.0.1", true),
            ("[::1]:8080", true),
            ("LOCALHOST", true),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_local_host(&headers(&[("host", host)])), is_local, "{host}");
        }
        assert!(!is_local_host(&HeaderMap::new()));
    }

    #[test]
    fn another_sites_pages_are_foreign() {
        let cases: [(&[(&'static str, &str)], bool); 7] = [
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site"), ("origin", "http://a"), ("host", "a")], true),
            (&[("origin", "http://localhost:1"), ("host", "localhost:1")], false),
            (&[("origin", "null"), ("host", "localhost:1")], true),
            (&[("host", "localhost:1")], false),
        ];
        for (pairs, foreign) in cases {
            assert_eq!(is_foreign(&headers(pairs)), foreign, "{pairs:?}");
        }
    }
}
