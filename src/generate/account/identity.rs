//! Who an account is: name, segment, place, size, temper. None of it changes.
//!
//! Seats, revenue and dates, which do change, are in `contract.rs`; the hidden state in `state.rs`.

use crate::engine::account::profile::Segment;
use crate::engine::time::Day;
use crate::generate::calendar::{ZONES, Zone};
use crate::generate::chance::{Chance, Purpose};
use crate::generate::names::{CSMS_HIGH_TOUCH, CSMS_SCALED, FEATURES, INTEGRATIONS, company};
use crate::generate::texts::Language;

/// What stays the same about an account.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) number: u32,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) segment: Segment,
    pub(super) zone: &'static Zone,
    pub(super) language: Language,
    pub(super) currency: &'static str,
    pub(super) plan: &'static str,
    pub(super) csm: &'static str,
    pub(super) parent: Option<String>,
    pub(super) created_on: Day,
    /// Features that it bought the product for, the dearest first.
    pub(super) core_features: Vec<&'static str>,
    /// Features that it may come to like besides.
    pub(super) optional_features: Vec<&'static str>,
    /// The system that it connects through the API, if any.
    pub(super) integration: Option<&'static str>,
    /// How readily its people answer and turn up, about 0.6 to 1.3.
    pub(super) openness: f64,
    /// How many days after the due date it likes to pay; mostly below 0.
    pub(super) pays_after_days: f64,
}

/// Share of the accounts that sign during the first year of the history.
const NEW_ACCOUNTS: f64 = 0.2;

impl Identity {
    pub(super) fn draw(seed: u64, number: u32, chance: &mut Chance, first_day: Day) -> Self {
        let (name, id) = named(seed, number);
        let segment = match chance.unit() {
            0.0..0.64 => Segment::Smb,
            0.64..0.88 => Segment::MidMarket,
            0.88..0.97 => Segment::Enterprise,
            _ => Segment::Strategic,
        };
        let created_on = if chance.happens(NEW_ACCOUNTS) {
            first_day.plus(chance.whole(1, 360))
        } else {
            first_day.plus(-chance.whole(400, 1_900))
        };
        let zone = &ZONES[chance.place(ZONES.len())];
        let mut features = FEATURES.to_vec();
        let core_count = chance.whole(4, 6) as usize;
        let core_features = take(chance, &mut features, core_count);
        let optional_count = chance.whole(2, 6) as usize;
        let optional_features = take(chance, &mut features, optional_count);
        let small = segment == Segment::Smb;
        let has_parent = number > 20 && !small && chance.happens(0.08);
        Self {
            number,
            segment,
            zone,
            language: language_of(chance, zone),
            currency: currency_of(zone),
            plan: plan_of(segment),
            csm: if small { chance.pick(CSMS_SCALED) } else { chance.pick(CSMS_HIGH_TOUCH) },
            parent: has_parent.then(|| named(seed, number - 1 - chance.whole(0, 19) as u32).1),
            created_on,
            core_features,
            optional_features,
            integration: chance
                .happens(if small { 0.25 } else { 0.6 })
                .then(|| chance.pick(INTEGRATIONS)),
            openness: chance.between(0.6, 1.3),
            pays_after_days: -4.0 + 5.0 * chance.normal(),
            name,
            id,
        }
    }

    /// Whether it signs within the history that begins with `first_day`.
    pub(super) fn is_new(&self, first_day: Day) -> bool {
        self.created_on >= first_day
    }

    /// One figure by segment: SMB, mid-market, enterprise, strategic.
    pub(super) const fn by_segment(&self, figures: [f64; 4]) -> f64 {
        match self.segment {
            Segment::Smb => figures[0],
            Segment::MidMarket => figures[1],
            Segment::Enterprise => figures[2],
            Segment::Strategic => figures[3],
        }
    }
}

/// The name and id of any account, so that others can speak of it.
fn named(seed: u64, number: u32) -> (String, String) {
    company(&mut Chance::stream(seed, Purpose::Name, u64::from(number)), number)
}

/// Takes `count` features at random, the commoner ones more often.
fn take(chance: &mut Chance, from: &mut Vec<&'static str>, count: usize) -> Vec<&'static str> {
    let draw = |chance: &mut Chance, from: &mut Vec<&'static str>| {
        let place = chance.unit() * chance.unit() * from.len() as f64;
        from.remove(place as usize)
    };
    (0..count).map(|_| draw(chance, from)).collect()
}

fn language_of(chance: &mut Chance, zone: &Zone) -> Language {
    let local = match zone.name {
        "Europe/Berlin" => Language::German,
        "Europe/Paris" => Language::French,
        "Europe/Madrid" => Language::Spanish,
        _ => Language::English,
    };
    if chance.happens(0.6) { local } else { Language::English }
}

fn currency_of(zone: &Zone) -> &'static str {
    match zone.name {
        "Europe/London" => "GBP",
        "Europe/Berlin" | "Europe/Paris" | "Europe/Madrid" => "EUR",
        _ => "USD",
    }
}

const fn plan_of(segment: Segment) -> &'static str {
    match segment {
        Segment::Smb => "starter",
        Segment::MidMarket => "business",
        Segment::Enterprise | Segment::Strategic => "enterprise",
    }
}
