//! The usage facet: what the account's users and programs do with the product.
//!
//! The shapes of its windows live in `window.rs`; anchors and weights in the model file.

use std::ops::{AddAssign, Sub, SubAssign};

use serde::{Deserialize, Serialize};

use crate::engine::event::event_types;
use crate::engine::field::{Finite, Id, Ids};
use crate::engine::id::{IdKey, name_hash};
use crate::engine::stamp::Moment;
use crate::engine::time::Day;
use crate::engine::window::HORIZON_DAYS;
use crate::engine::window::day_ring::DayRing;
use crate::engine::window::distinct_days::DistinctDays;
use crate::engine::window::id_map::IdMap;

use super::feed::Feed;

use meters::{Meter, Reading};

pub mod meters;
pub mod metrics;
pub mod signals;

// Events

event_types! {
    /// The types of `cs.product-usage`.
    pub enum Event in "cs.product-usage" {
        /// A user worked with the product.
        "session" => Session(Session<'a>),
        /// A user logged in.
        "login" => Login(Login<'a>),
        /// A feature was used; without a user it counts as API calls.
        "feature_used" => FeatureUsed(FeatureUsed<'a>),
        /// Programs called the API.
        "api_call" => ApiCall(ApiCall),
        /// How much of a metered limit is used.
        "plan_usage" => PlanUsage(PlanUsage<'a>),
    }
}

/// Fields of `session`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Session<'a> {
    /// Who worked.
    #[serde(borrow)]
    pub user_id: Id<'a>,
    /// Length in seconds.
    pub duration_s: Option<u32>,
    /// Features touched.
    pub features: Option<Ids<'a>>,
}

/// Fields of `login`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Login<'a> {
    /// Who logged in.
    #[serde(borrow)]
    pub user_id: Id<'a>,
}

/// Fields of `feature_used`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FeatureUsed<'a> {
    /// Which feature.
    #[serde(borrow)]
    pub feature: Id<'a>,
    /// Who used it; a program when absent.
    pub user_id: Option<Id<'a>>,
    /// How often; 1 when absent.
    pub count: Option<u32>,
}

/// Fields of `api_call`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct ApiCall {
    /// Calls made.
    pub count: u32,
    /// Calls of those that failed.
    pub errors: Option<u32>,
}

/// Fields of `plan_usage`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PlanUsage<'a> {
    /// Name of the meter.
    #[serde(borrow)]
    pub meter: Id<'a>,
    /// Used so far, in the meter's unit.
    pub used: Finite,
    /// The plan's limit, in the meter's unit.
    pub limit: Finite,
}

// State

/// Most users of an account that are followed one by one; beyond, figures are estimates.
pub const USERS_MAX: usize = 8192;
/// Most features of an account that are followed one by one.
pub const FEATURES_MAX: usize = 1024;
/// Most meters of an account; the one not heard of for longest goes.
pub const METERS_MAX: usize = 16;
/// A session counts as at most this long.
pub const SESSION_MAX_SECS: u32 = 7200;
/// How many days sessions and errors are remembered for.
pub const SESSION_DAYS: usize = 64;

/// How the product is used: what `cs.product-usage` told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// The stream of `cs.product-usage`.
    pub feed: Feed,
    /// Users, and the days on which each was active.
    pub users: DistinctDays<USERS_MAX>,
    /// Active user-days: distinct pairs of user and day.
    pub user_days: DayRing<u32, HORIZON_DAYS>,
    /// Features, by the public hash of their names, and the days on which each was used.
    pub features: DistinctDays<FEATURES_MAX>,
    /// Calls of programs.
    pub calls: DayRing<u64, HORIZON_DAYS>,
    /// Calls that failed.
    pub errors: DayRing<u64, SESSION_DAYS>,
    /// Sessions and logins.
    pub sessions: DayRing<Sessions, SESSION_DAYS>,
    /// Whether there ever was a session or login.
    pub is_any_session_ever: bool,
    /// Whether a program ever called.
    pub is_any_call_ever: bool,
    /// Calls of programs, ever.
    pub calls_ever: u64,
    /// Meters by the public hash of their names.
    pub meters: IdMap<Meter, METERS_MAX>,
}

/// Sessions and logins of some days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sessions {
    /// How many there were.
    pub count: u32,
    /// Sessions whose length is known.
    pub timed: u32,
    /// Their lengths together, each at most [`SESSION_MAX_SECS`].
    pub secs: u64,
}

impl Event<'_> {
    /// Whether `scoring.md` §1 lists this type.
    pub(super) const fn makes_live(&self) -> bool {
        match self {
            Self::Session(_) | Self::Login(_) | Self::FeatureUsed(_) | Self::ApiCall(_) => true,
            Self::PlanUsage(_) => false,
        }
    }
}

impl Usage {
    pub(super) fn fold(&mut self, event: &Event<'_>, moment: Moment<'_>, key: &IdKey) {
        let day = moment.at.day();
        match event {
            Event::Session(session) => {
                self.note_user(&session.user_id, day, key);
                self.note_session(day, session.duration_s);
                for feature in session.features.as_deref().unwrap_or_default() {
                    self.note_feature(feature, day);
                }
            }
            Event::Login(login) => {
                self.note_user(&login.user_id, day, key);
                self.note_session(day, None);
            }
            Event::FeatureUsed(used) => {
                self.note_feature(&used.feature, day);
                match &used.user_id {
                    Some(user) => self.note_user(user, day, key),
                    None => self.note_calls(day, used.count.unwrap_or(1)),
                }
            }
            Event::ApiCall(call) => {
                self.note_calls(day, call.count);
                self.errors.add(day, u64::from(call.errors.unwrap_or(0)));
            }
            Event::PlanUsage(usage) => self.note_meter(usage, moment),
        }
    }

    /// Forgets who a user was: their days no longer count as somebody's, only as use.
    pub(super) fn erase_user(&mut self, user: u64) {
        self.users.erase(user);
    }

    fn note_user(&mut self, user: &str, day: Day, key: &IdKey) {
        let user_days = &mut self.user_days;
        if self.users.record(key.hash(user), day, |dropped| user_days.subtract(dropped, 1)) {
            self.user_days.add(day, 1);
        }
    }

    fn note_session(&mut self, day: Day, secs: Option<u32>) {
        let length = secs.map_or(0, |secs| u64::from(secs.min(SESSION_MAX_SECS)));
        let session = Sessions { count: 1, timed: u32::from(secs.is_some()), secs: length };
        self.sessions.add(day, session);
        self.is_any_session_ever = true;
    }

    fn note_feature(&mut self, feature: &str, day: Day) {
        self.features.record(name_hash(feature), day, |_| {});
    }

    fn note_calls(&mut self, day: Day, count: u32) {
        self.calls.add(day, u64::from(count));
        self.calls_ever = self.calls_ever.saturating_add(u64::from(count));
        self.is_any_call_ever = true;
    }

    fn note_meter(&mut self, usage: &PlanUsage<'_>, moment: Moment<'_>) {
        let reading = || Reading {
            meter: compact_str::CompactString::new(&*usage.meter),
            used: usage.used.get(),
            limit: usage.limit.get(),
        };
        self.meters.update(
            name_hash(&usage.meter),
            |meter| meter.note(moment, reading),
            |meter| meter.reading.at(),
        );
    }
}

impl AddAssign for Sessions {
    fn add_assign(&mut self, more: Self) {
        self.count += more.count;
        self.timed += more.timed;
        self.secs += more.secs;
    }
}

impl SubAssign for Sessions {
    fn sub_assign(&mut self, less: Self) {
        *self = *self - less;
    }
}

impl Sub for Sessions {
    type Output = Self;

    fn sub(self, less: Self) -> Self {
        Self {
            count: self.count - less.count,
            timed: self.timed - less.timed,
            secs: self.secs - less.secs,
        }
    }
}
