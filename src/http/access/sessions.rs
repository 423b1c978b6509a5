//! Sessions of browsers: a cookie in exchange for a key, forgotten at the latest after a day.
//!
//! Kept in memory, as hashes: who restarts the process logs in again. Where the key is exchanged
//! is `login.rs`.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use compact_str::CompactString;
use dashmap::DashMap;

use super::{Proof, Viewer, keys};
use crate::config::http;
use crate::engine::time::Timestamp;

/// Most sessions at once; when they are as many, the oldest go.
const SESSIONS_MAX: usize = 10_000;
/// The cookie on an encrypted connection: no other host and no plain connection can set it.
pub const COOKIE: &str = "__Host-pulse";
/// The cookie on a plain connection, as on one's own machine.
const COOKIE_PLAIN: &str = "pulse";

/// The sessions that are open.
pub struct Sessions {
    by_hash: DashMap<[u8; 32], Session>,
    idle_ms: i64,
    limit_ms: i64,
}

struct Session {
    viewer: Viewer,
    began_at: Timestamp,
    seen_at: Timestamp,
}

impl Sessions {
    /// No sessions yet.
    pub fn new(settings: &http::Session) -> Self {
        let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self { by_hash: DashMap::new(), idle_ms: ms(settings.idle), limit_ms: ms(settings.limit) }
    }

    /// Begins a session; answers the value of `Set-Cookie`.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn begin(
        &self,
        viewer: &Viewer,
        is_encrypted: bool,
        now: Timestamp,
    ) -> anyhow::Result<String> {
        self.make_room(now);
        let (id, token) = (keys::random_text()?, keys::random_text()?);
        let proof = Proof::Session(CompactString::from(token));
        let viewer = Viewer { proof, ..viewer.clone() };
        let session = Session { viewer, began_at: now, seen_at: now };
        self.by_hash.insert(keys::hash(&id), session);
        let (name, secure) = if is_encrypted { (COOKIE, "; Secure") } else { (COOKIE_PLAIN, "") };
        let secs = self.limit_ms / 1_000;
        Ok(format!("{name}={id}; Path=/; HttpOnly; SameSite=Lax; Max-Age={secs}{secure}"))
    }

    /// Whose session the cookie names, if it goes on.
    ///
    /// On an encrypted connection only the cookie counts that no other host can have set.
    pub fn find(&self, headers: &HeaderMap, is_encrypted: bool, now: Timestamp) -> Option<Viewer> {
        let hash = keys::hash(cookie(headers, is_encrypted)?);
        let mut session = self.by_hash.get_mut(&hash)?;
        if !self.goes_on(&session, now) {
            drop(session);
            self.by_hash.remove(&hash);
            return None;
        }
        session.seen_at = now;
        Some(session.viewer.clone())
    }

    /// Ends the session that the cookie names; answers the value of `Set-Cookie`.
    pub fn end(&self, headers: &HeaderMap) -> [String; 2] {
        for id in [true, false].into_iter().filter_map(|it| cookie(headers, it)) {
            self.by_hash.remove(&keys::hash(id));
        }
        let gone = |name: &str, secure: &str| {
            format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}")
        };
        [gone(COOKIE, "; Secure"), gone(COOKIE_PLAIN, "")]
    }

    /// Ends the sessions of all others.
    pub fn keep(&self, stays: impl Fn(&Viewer) -> bool) {
        self.by_hash.retain(|_, session| stays(&session.viewer));
    }

    fn goes_on(&self, session: &Session, now: Timestamp) -> bool {
        now.millis_since(session.seen_at) <= self.idle_ms
            && now.millis_since(session.began_at) <= self.limit_ms
    }

    fn make_room(&self, now: Timestamp) {
        if self.by_hash.len() < SESSIONS_MAX {
            return;
        }
        self.by_hash.retain(|_, session| self.goes_on(session, now));
        let oldest = self.by_hash.iter().min_by_key(|it| it.seen_at).map(|it| *it.key());
        if let Some(oldest) = oldest.filter(|_| self.by_hash.len() >= SESSIONS_MAX) {
            self.by_hash.remove(&oldest);
        }
    }
}

/// The id in the cookie.
fn cookie(headers: &HeaderMap, is_encrypted: bool) -> Option<&str> {
    let name = if is_encrypted { COOKIE } else { COOKIE_PLAIN };
    let values = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::http::Role;

    const START: Timestamp = Timestamp::from_millis(1_769_904_000_000);

    fn sessions() -> Sessions {
        let secs = Duration::from_secs;
        Sessions::new(&http::Session { idle: secs(600), limit: secs(3_600) })
    }

    fn zoe() -> Viewer {
        Viewer { name: "zoe".into(), role: Role::Viewer, csms: None, proof: Proof::Key }
    }

    /// What a browser sends back.
    fn sent(cookie: &str) -> HeaderMap {
        let pair = cookie.split(';').next().unwrap();
        HeaderMap::from_iter([(header::COOKIE, format!("a=b; {pair}").parse().unwrap())])
    }

    #[test]
    fn a_session_ends_by_idleness_by_age_and_by_word() {
        let sessions = sessions();
        let cookie = sent(&sessions.begin(&zoe(), false, START).unwrap());
        let minute = |n: i64| START.plus_millis(n * 60_000);
        for n in [0, 9, 18, 27, 36, 45, 54] {
            assert_eq!(sessions.find(&cookie, false, minute(n)).unwrap().name, "zoe");
        }
        assert!(sessions.find(&cookie, false, minute(61)).is_none(), "an hour is over");
        let cookie = sent(&sessions.begin(&zoe(), false, START).unwrap());
        assert!(
            sessions.find(&cookie, false, minute(11)).is_none(),
            "nobody asked for ten minutes"
        );
        assert!(
            sessions.find(&cookie, false, minute(1)).is_none(),
            "what ended does not come back"
        );
        let cookie = sent(&sessions.begin(&zoe(), false, START).unwrap());
        sessions.end(&cookie);
        assert!(sessions.find(&cookie, false, START).is_none());
        assert!(sessions.by_hash.is_empty());
    }

    #[test]
    fn each_login_makes_another_id_and_token() {
        let sessions = sessions();
        let [a, b] = [0, 1].map(|_| sessions.begin(&zoe(), false, START).unwrap());
        let token =
            |cookie: &str| sessions.find(&sent(cookie), false, START).unwrap().csrf().to_owned();
        assert_ne!(a, b);
        assert_ne!(token(&a), token(&b));
        // An id that somebody else chose is not taken over.
        assert!(sessions.find(&sent("pulse=chosen"), false, START).is_none());
    }

    #[test]
    fn a_cookie_that_another_host_can_set_does_not_count_where_it_need_not() {
        let sessions = sessions();
        let plain = sent(&sessions.begin(&zoe(), false, START).unwrap());
        assert!(sessions.find(&plain, true, START).is_none());
        let own = sent(&sessions.begin(&zoe(), true, START).unwrap());
        assert!(sessions.find(&own, true, START).is_some());
    }

    #[test]
    fn cookies_are_for_this_host_and_not_for_scripts() {
        let encrypted = sessions().begin(&zoe(), true, START).unwrap();
        assert!(encrypted.starts_with("__Host-pulse="), "{encrypted}");
        assert!(encrypted.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure"));
        let plain = sessions().begin(&zoe(), false, START).unwrap();
        assert!(plain.starts_with("pulse=") && !plain.contains("Secure"), "{plain}");
    }
}
