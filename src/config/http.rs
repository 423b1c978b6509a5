//! `http.*`: where pages and API listen, who may use them, and what one request may cost.
//!
//! What the settings mean together is judged in `check.rs`; who somebody is, in `http/access/`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::value::duration;

/// `http.*`
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A YAML list of access keys: `name`, `sha256`, `role` and, to see some accounts only, `csms`.
    pub keys_file: Option<PathBuf>,
    /// Requests a second that one key, or one address without a key, may make.
    pub rate_per_sec: u32,
    /// Bytes of a request's body.
    pub body_bytes_max: usize,
    /// How long an answer may take; streams are as long as their clients like.
    #[serde(with = "duration")]
    pub limit: Duration,
    /// Clients that follow the stream of changes at once.
    pub followers_max: usize,
    /// Browsers that logged in.
    pub session: Session,
    /// A proxy that says who somebody is.
    pub proxy: Proxy,
}

/// `http.session.*`
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// How long it lasts without a request.
    #[serde(with = "duration")]
    pub idle: Duration,
    /// How long it lasts at all.
    #[serde(with = "duration")]
    pub limit: Duration,
}

/// `http.proxy.*`
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// Where the proxy is: networks such as `10.0.0.0/8`, separated by commas. Empty: there is none.
    pub networks: String,
    /// The header in which it names the user; without one it is believed about the connection only.
    pub user_header: Option<String>,
    /// What those users may do.
    pub role: Role,
}

/// What somebody may do; each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read.
    Viewer,
    /// Answer alerts, complete steps, override, check a model.
    Operator,
    /// Put a model in force.
    Admin,
}

impl Role {
    /// All roles, the least first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    /// The name as configured.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }
}

impl Http {
    /// Whether anybody is asked who they are.
    pub fn has_access_rules(&self) -> bool {
        let has_proxy = !self.proxy.networks.trim().is_empty() && self.proxy.user_header.is_some();
        self.keys_file.is_some() || has_proxy
    }
}

impl Proxy {
    /// The networks; an address alone is one of a single address.
    ///
    /// # Errors
    /// The part of the text that is no network, or is the whole of the internet.
    pub fn networks(&self) -> Result<Vec<IpNet>, String> {
        let parts = self.networks.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let address = part.parse::<IpAddr>().map(IpNet::from);
            address.or_else(|_| part.parse()).ok().filter(|network| network.prefix_len() > 0)
        };
        parts.map(|part| network(part).ok_or_else(|| part.to_owned())).collect()
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            keys_file: None,
            rate_per_sec: 50,
            body_bytes_max: 65_536,
            limit: Duration::from_secs(10),
            followers_max: 1_000,
            session: Session::default(),
            proxy: Proxy::default(),
        }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self { idle: Duration::from_secs(8 * 3600), limit: Duration::from_secs(24 * 3600) }
    }
}

impl Default for Proxy {
    fn default() -> Self {
        Self { networks: String::new(), user_header: None, role: Role::Viewer }
    }
}
