//! What happens at the vendor and reaches all customers: releases, bad releases, outages.
//!
//! How an account takes it is said in `account/state.rs` and where its events are made.

use super::chance::{Chance, Purpose};
use super::names::FEATURES;
use crate::engine::time::Day;

/// The vendor's day, the same for every account.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct VendorDay {
    /// The product was down for hours.
    pub(super) outage: bool,
    /// A release broke this feature.
    pub(super) broken: Option<&'static str>,
}

const OUTAGES_PER_YEAR: f64 = 3.0;
/// Releases come every second Tuesday; this share of them breaks something.
const BAD_RELEASES: f64 = 0.1;

/// The vendor's `day`: a function of seed and day alone, so that accounts stay independent.
pub(super) fn vendor_day(seed: u64, day: Day) -> VendorDay {
    let mut chance = Chance::stream(seed, Purpose::Vendor, u64::from(day.number().cast_unsigned()));
    let outage = chance.happens(OUTAGES_PER_YEAR / 365.0);
    let released = day.number().rem_euclid(14) == 5;
    let broken = (released && chance.happens(BAD_RELEASES)).then(|| chance.pick(FEATURES));
    VendorDay { outage, broken }
}
