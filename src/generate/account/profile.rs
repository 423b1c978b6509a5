//! The profile as the CRM publishes it, whenever something in it changed.
//!
//! What is in it stands in `identity.rs` and `contract.rs`.

use super::contract::Contract;
use super::today::Today;
use crate::engine::account::profile::Segment;
use crate::engine::time::SECOND_MS;
use crate::generate::body::{Body, Profile};

const PRODUCTS: &[&str] = &["core", "insights", "connect"];

/// Publishes the whole profile; the first one comes before anything else of the account.
pub(super) fn announce(today: &mut Today<'_>, contract: &Contract, sponsor: Option<&str>) {
    let who = today.who;
    let at = if today.age_days == 0 {
        today.hour(8.0)
    } else if contract.is_introduced() {
        today.office()
    } else {
        today.outbox.since().plus_millis(i64::from(who.number % 50) * SECOND_MS)
    };
    let products = who.by_segment([1.0, 2.0, 3.0, 3.0]) as usize;
    let profile = Profile {
        name: &who.name,
        segment: who.segment,
        strategic: who.segment == Segment::Strategic,
        arr_cents: contract.arr_cents,
        currency: who.currency,
        seats: contract.seats,
        plan: who.plan,
        products: &PRODUCTS[..products],
        core_features: &who.core_features,
        csm: who.csm,
        sponsor,
        parent: who.parent.as_deref(),
        timezone: who.zone.name,
        created_at: who.created_on.start(),
        contract_start: contract.start.start(),
        contract_end: (!contract.is_monthly()).then(|| contract.end.start()),
        notice_days: contract.notice_days,
        term_months: contract.term_months,
    };
    today.send(at, &Body::AccountUpdated(profile));
}
