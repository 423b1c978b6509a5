//! How often somebody may ask: so many requests a second, with a burst of as many again.
//!
//! What one request may cost is limited where it is answered.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use compact_str::{CompactString, ToCompactString as _};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// How many questions pass between two looks for those who no longer ask.
const CLEAN_EVERY: u32 = 4_096;
/// Attempts to log in that one address may make in a minute.
const LOGINS_PER_MINUTE: u32 = 10;

/// Counts requests by who asks.
pub struct Limit {
    requests: DefaultKeyedRateLimiter<CompactString>,
    logins: DefaultKeyedRateLimiter<IpAddr>,
    asked: AtomicU32,
}

impl Limit {
    /// A limit of so many requests a second.
    pub fn new(rate_per_sec: u32) -> Self {
        let rate = NonZeroU32::new(rate_per_sec).unwrap_or(NonZeroU32::MIN);
        let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(1));
        let logins = NonZeroU32::MIN.saturating_add(LOGINS_PER_MINUTE - 1);
        Self {
            requests: RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst)),
            logins: RateLimiter::keyed(Quota::per_minute(logins)),
            asked: AtomicU32::new(0),
        }
    }

    /// Whether one more request passes. Who is known counts by name, who is not by address.
    pub fn passes(&self, name: Option<&CompactString>, peer: IpAddr) -> bool {
        if self.asked.fetch_add(1, Ordering::Relaxed) % CLEAN_EVERY == CLEAN_EVERY - 1 {
            self.requests.retain_recent();
            self.logins.retain_recent();
        }
        // A name never looks like an address with a colon before it.
        let by_address = || CompactString::from(":") + peer.to_compact_string().as_str();
        let key = name.cloned().unwrap_or_else(by_address);
        self.requests.check_key(&key).is_ok()
    }

    /// Whether one more attempt to log in passes.
    pub fn login_passes(&self, peer: IpAddr) -> bool {
        self.logins.check_key(&peer).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_burst_of_their_own() {
        let limit = Limit::new(5);
        let peer = "192.0.2.1".parse().unwrap();
        let zoe = CompactString::const_new("zoe");
        let n_passed = |name| (0..1_000).filter(|_| limit.passes(name, peer)).count();
        assert!((10..60).contains(&n_passed(Some(&zoe))));
        assert!((10..60).contains(&n_passed(None)));
        let n_logins = (0..1_000).filter(|_| limit.login_passes(peer)).count();
        assert!((10..15).contains(&n_logins));
    }
}
