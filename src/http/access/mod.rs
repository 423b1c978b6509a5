//! Who asks, and what they may do: keys, sessions of browsers, a trusted proxy.
//!
//! Which route needs which role stands in `http/policy.rs`; where requests pass is `guard.rs`.
//! Who did what is on `cs.commands`, with the name found here.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use compact_str::CompactString;
use tokio::sync::watch;

use crate::config::http::{Http, Role};
use crate::config::layers::ConfigError;
use crate::engine::time::Timestamp;
use keys::Keys;
use limit::Limit;
use proxy::Proxy;
use sessions::Sessions;

pub mod guard;
pub mod keys;
pub mod limit;
mod origin;
mod proxy;
pub mod sessions;

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Their name, as it stands in commands.
    pub name: CompactString,
    /// What they may do.
    pub role: Role,
    /// Whose accounts they may see; nothing means all.
    pub csms: Option<Arc<[CompactString]>>,
    /// How they proved it.
    pub proof: Proof,
}

/// How somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An access key with this request: no browser sends one by itself.
    Key,
    /// A session; what acts in its name must bring this token.
    Session(CompactString),
    /// A trusted proxy's word.
    Proxy,
    /// Nobody is asked on this machine.
    Local,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// The address at its other end: who is a trusted proxy is told by it.
    peer: IpAddr,
    /// The address that counts for limits: that of the client of a trusted proxy, else the peer's.
    pub client: IpAddr,
    /// Whether browsers come by an encrypted connection, or should: beyond this machine a cookie
    /// that travels in plain is never given out.
    pub is_encrypted: bool,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nothing was shown.
    #[error("log in, or send an access key as `Authorization: Bearer …`")]
    NoProof,
    /// The key is not known.
    #[error("the access key is not known: ask whoever runs pulse for another")]
    WrongKey,
    /// A name that belongs to another machine led here.
    #[error("without access keys this service answers to the names of its own machine only")]
    ForeignHost,
}

/// The rules of access.
pub struct Access {
    keys: watch::Sender<Keys>,
    keys_file: Option<PathBuf>,
    proxy: Option<Proxy>,
    /// Browsers that logged in.
    pub sessions: Sessions,
    /// How often somebody may ask.
    pub limit: Limit,
    /// Nobody is asked: the address is a loopback one.
    is_local: bool,
    /// Others than this machine can connect.
    is_exposed: bool,
}

impl Access {
    /// The rules that settings make.
    ///
    /// # Errors
    /// A file of keys that cannot be read or used.
    pub fn new(http: &Http) -> Result<Self, ConfigError> {
        let keys = http.keys_file.as_deref().map(Keys::read).transpose();
        let keys = keys.map_err(|error| ConfigError { problems: vec![format!("{error:#}")] })?;
        Ok(Self::with_keys(http, keys.unwrap_or_default()))
    }

    /// The same with keys at hand.
    pub fn with_keys(http: &Http, keys: Keys) -> Self {
        let is_local = keys.is_empty() && !http.has_access_rules();
        if is_local {
            tracing::info!("no access keys: everybody on this machine may do everything");
        }
        Self {
            keys: watch::Sender::new(keys),
            keys_file: http.keys_file.clone(),
            proxy: Proxy::new(&http.proxy),
            sessions: Sessions::new(&http.session),
            limit: Limit::new(http.rate_per_sec),
            is_local,
            is_exposed: !http.listen.ip().is_loopback(),
        }
    }

    /// Finds out who asks.
    ///
    /// # Errors
    /// Why they are not let in.
    pub fn authenticate(
        &self,
        headers: &HeaderMap,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Viewer, Denied> {
        let shown = headers.get(header::AUTHORIZATION);
        if let Some(key) = shown.and_then(|value| keys::shown(value.to_str().ok()?)) {
            return self.by_key(key);
        }
        if let Some(viewer) = self.sessions.find(headers, connection.is_encrypted, now) {
            return Ok(viewer);
        }
        let vouches = |proxy: &Proxy| proxy.vouches(headers, connection.peer);
        if let Some(viewer) = self.proxy.as_ref().and_then(vouches) {
            return Ok(viewer);
        }
        // What a proxy was shown by its users, and passes on, is none of ours.
        if shown.is_some() {
            return Err(Denied::WrongKey);
        }
        if !self.is_local {
            return Err(Denied::NoProof);
        }
        // A page elsewhere may let its name lead to this machine: then the host is not ours.
        if !origin::is_local_host(headers) {
            return Err(Denied::ForeignHost);
        }
        let (role, proof) = (Role::Admin, Proof::Local);
        Ok(Viewer { name: CompactString::const_new("local"), role, csms: None, proof })
    }

    /// Whose key this is.
    ///
    /// # Errors
    /// When it is nobody's.
    pub fn by_key(&self, key: &str) -> Result<Viewer, Denied> {
        self.keys.borrow().find(key).ok_or(Denied::WrongKey)
    }

    /// Reads the file of keys again; one that cannot be used changes nothing. The sessions of keys
    /// that are gone or not as they were end.
    pub fn read_again(&self) {
        let Some(path) = &self.keys_file else { return };
        match Keys::read(path) {
            Ok(keys) => {
                let unchanged = keys.unchanged_since(&self.keys.borrow());
                self.keys.send_replace(keys);
                self.sessions.keep(|viewer| unchanged.contains(&viewer.name));
                tracing::info!(unchanged = unchanged.len(), "the access keys were read again");
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "the access keys stay as they were");
            }
        }
    }

    /// Tells when the keys were read again: what was begun with one goes on no longer.
    pub fn keys_read(&self) -> watch::Receiver<Keys> {
        self.keys.subscribe()
    }

    /// Where a request comes from, by its headers and the address at the other end.
    pub fn connection(&self, headers: &HeaderMap, peer: IpAddr) -> Connection {
        let proxy = self.proxy.as_ref();
        let says_so = |proxy: &Proxy| proxy.is_encrypted(headers, peer);
        Connection {
            peer,
            client: proxy.and_then(|proxy| proxy.client(headers, peer)).unwrap_or(peer),
            is_encrypted: self.is_exposed || proxy.is_some_and(says_so),
        }
    }
}

impl Viewer {
    /// Whether they may do what needs `role`.
    pub fn may(&self, role: Role) -> bool {
        self.role >= role
    }

    /// The token that forms of their pages carry; empty where none is asked for.
    pub fn csrf(&self) -> &str {
        match &self.proof {
            Proof::Session(token) => token,
            Proof::Key | Proof::Proxy | Proof::Local => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_769_904_000_000);

    #[test]
    fn a_key_that_is_gone_ends_its_sessions_and_a_bad_file_ends_none() {
        let [zoe, max, new] = [(); 3].map(|()| keys::generate().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keys.yaml");
        let write = |keys: [(&str, &str, &str); 2]| {
            let line = |(name, key, role): (&str, &str, &str)| {
                format!("- {{ name: {name}, sha256: '{}', role: {role} }}", keys::listed_hash(key))
            };
            std::fs::write(&file, keys.map(line).join("\n")).unwrap();
        };
        write([("zoe", &zoe, "viewer"), ("max", &max, "admin")]);
        let http = Http { keys_file: Some(file.clone()), ..Http::default() };
        let access = Access::new(&http).unwrap();
        let begin = |key: &str| {
            let cookie = access.sessions.begin(&access.by_key(key).unwrap(), false, NOW).unwrap();
            let pair = cookie.split(';').next().unwrap().parse().unwrap();
            HeaderMap::from_iter([(header::COOKIE, pair)])
        };
        let (of_zoe, of_max) = (begin(&zoe), begin(&max));
        let goes_on = |headers| access.sessions.find(headers, false, NOW).is_some();
        let mut streams = access.keys_read();

        std::fs::write(&file, "- nonsense").unwrap();
        access.read_again();
        assert!(goes_on(&of_zoe) && goes_on(&of_max) && access.by_key(&max).is_ok());
        assert!(!streams.has_changed().unwrap());

        write([("zoe", &zoe, "viewer"), ("max", &new, "admin")]);
        access.read_again();
        assert!(goes_on(&of_zoe) && !goes_on(&of_max), "the key of max is another");
        assert!(access.by_key(&max).is_err() && access.by_key(&new).is_ok());
        assert!(streams.has_changed().unwrap());
        streams.mark_unchanged();

        write([("zoe", &zoe, "operator"), ("max", &new, "admin")]);
        access.read_again();
        assert!(!goes_on(&of_zoe), "what zoe may do is another");
        assert!(streams.has_changed().unwrap());
    }
}
